//! A recursive parser of JSON (RFC 8259).

use std::collections::VecDeque;

/// A member's value. Arrays and objects are only checked to be JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    /// `true`, `false` or a number, as written.
    Literal(String),
    Text(String),
    Nested,
}

/// The members of the text's only object, in order, with repeated names.
pub(crate) fn object(text: &[u8]) -> Option<Vec<(String, Value)>> {
    std::str::from_utf8(text).ok()?;
    let mut parser = Parser { text, at: 0 };
    let mut members = Vec::new();
    parser.space();
    parser.object(&mut |name, value| {
        // `\ud800` and similar are JSON but no text. Here text is needed.
        members.push((name.into_text()?, value.into_value()?));
        Some(())
    })?;
    parser.space();
    (parser.at == text.len()).then_some(members)
}

/// The value of the only member with this name. `None` if the name repeats.
pub(crate) fn member<'m>(members: &'m [(String, Value)], name: &str) -> Option<&'m Value> {
    members.iter().find(|(given, _)| given == name).map(|(_, value)| value)
}

pub(crate) fn has_repeated_name(members: &[(String, Value)]) -> bool {
    (1..members.len()).any(|at| members[..at].iter().any(|(name, _)| *name == members[at].0))
}

/// Rounds a number down or up by moving its point digit by digit.
pub(crate) fn rounded(literal: &str, up: bool) -> Option<i64> {
    if !literal.starts_with(|first: char| first == '-' || first.is_ascii_digit()) {
        return None;
    }
    let is_negative = literal.starts_with('-');
    let (mantissa, exponent) = literal.split_once(['e', 'E']).unwrap_or((literal, "0"));
    let (left, right) = mantissa.trim_start_matches('-').split_once('.').unwrap_or((mantissa, "0"));
    let mut left: VecDeque<char> = left.trim_start_matches('-').chars().collect();
    let mut right: VecDeque<char> = right.chars().collect();
    // No token has more digits, so further moves only move zeros.
    let moves = exponent.parse().unwrap_or(if exponent.starts_with('-') { i64::MIN } else { i64::MAX });
    for _ in 0..moves.clamp(0, 50_000) {
        left.push_back(right.pop_front().unwrap_or('0'));
    }
    for _ in moves.clamp(-50_000, 0)..0 {
        right.push_front(left.pop_back().unwrap_or('0'));
    }
    let left: String = left.iter().collect();
    let left = left.trim_start_matches('0');
    let whole = if left.is_empty() { 0 } else { left.parse::<i128>().ok()? };
    let signed = if is_negative { -whole } else { whole };
    let has_fraction = right.iter().any(|digit| *digit != '0');
    let away = match (has_fraction, up, is_negative) {
        (true, true, false) => 1,
        (true, false, true) => -1,
        _ => 0,
    };
    i64::try_from(signed + away).ok()
}

/// Writes a string as `JSON.stringify` does.
pub(crate) fn stringify(text: &str) -> String {
    let mut json = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\u{8}' => json.push_str("\\b"),
            '\t' => json.push_str("\\t"),
            '\n' => json.push_str("\\n"),
            '\u{c}' => json.push_str("\\f"),
            '\r' => json.push_str("\\r"),
            '\0'..='\u{1f}' => json.extend(format!("\\u{:04x}", u32::from(c)).chars()),
            _ => json.push(c),
        }
    }
    json.push('"');
    json
}

struct Parser<'t> {
    text: &'t [u8],
    at: usize,
}

/// A string's UTF-16, since escapes may give half a surrogate pair.
struct Utf16(Vec<u16>);

enum Parsed {
    Text(Utf16),
    Other(Value),
}

impl Parser<'_> {
    fn object(&mut self, member: &mut dyn FnMut(Utf16, Parsed) -> Option<()>) -> Option<()> {
        self.expect(b"{")?;
        self.space();
        if self.expect(b"}").is_some() {
            return Some(());
        }
        loop {
            self.space();
            let name = self.string()?;
            self.space();
            self.expect(b":")?;
            self.space();
            let value = self.value()?;
            member(name, value)?;
            self.space();
            if self.expect(b"}").is_some() {
                return Some(());
            }
            self.expect(b",")?;
        }
    }

    fn array(&mut self) -> Option<()> {
        self.expect(b"[")?;
        self.space();
        if self.expect(b"]").is_some() {
            return Some(());
        }
        loop {
            self.space();
            self.value()?;
            self.space();
            if self.expect(b"]").is_some() {
                return Some(());
            }
            self.expect(b",")?;
        }
    }

    fn value(&mut self) -> Option<Parsed> {
        Some(Parsed::Other(match self.peek()? {
            b'"' => return self.string().map(Parsed::Text),
            b'{' => self.object(&mut |_, _| Some(())).map(|()| Value::Nested)?,
            b'[' => self.array().map(|()| Value::Nested)?,
            b'n' => self.expect(b"null").map(|()| Value::Null)?,
            b't' => self.expect(b"true").map(|()| Value::Literal("true".to_owned()))?,
            b'f' => self.expect(b"false").map(|()| Value::Literal("false".to_owned()))?,
            _ => Value::Literal(self.number()?),
        }))
    }

    fn number(&mut self) -> Option<String> {
        let start = self.at;
        let _ = self.expect(b"-");
        if self.expect(b"0").is_none() {
            self.digits()?;
        }
        if self.expect(b".").is_some() {
            self.digits()?;
        }
        if self.expect(b"e").or_else(|| self.expect(b"E")).is_some() {
            let _ = self.expect(b"+").or_else(|| self.expect(b"-"));
            self.digits()?;
        }
        Some(String::from_utf8(self.text[start..self.at].to_vec()).unwrap())
    }

    fn digits(&mut self) -> Option<()> {
        let start = self.at;
        while self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            self.at += 1;
        }
        (self.at > start).then_some(())
    }

    fn string(&mut self) -> Option<Utf16> {
        self.expect(b"\"")?;
        let mut text = Vec::new();
        loop {
            let start = self.at;
            while !matches!(self.peek()?, b'"' | b'\\' | 0..=0x1f) {
                self.at += 1;
            }
            text.extend(std::str::from_utf8(&self.text[start..self.at]).unwrap().encode_utf16());
            if self.expect(b"\"").is_some() {
                return Some(Utf16(text));
            }
            self.expect(b"\\")?;
            text.push(self.escape()?);
        }
    }

    fn escape(&mut self) -> Option<u16> {
        let letter = self.peek()?;
        self.at += 1;
        Some(match letter {
            b'"' | b'\\' | b'/' => u16::from(letter),
            b'b' => 8,
            b'f' => 12,
            b'n' => 10,
            b'r' => 13,
            b't' => 9,
            b'u' => {
                let mut unit = 0;
                for _ in 0..4 {
                    unit = unit * 16 + u16::from(super::mac::digit(self.peek()?)?);
                    self.at += 1;
                }
                unit
            }
            _ => return None,
        })
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn expect(&mut self, word: &[u8]) -> Option<()> {
        if !self.text[self.at..].starts_with(word) {
            return None;
        }
        self.at += word.len();
        Some(())
    }
}

impl Utf16 {
    fn into_text(self) -> Option<String> {
        String::from_utf16(&self.0).ok()
    }
}

impl Parsed {
    fn into_value(self) -> Option<Value> {
        match self {
            Self::Text(text) => text.into_text().map(Value::Text),
            Self::Other(value) => Some(value),
        }
    }
}
