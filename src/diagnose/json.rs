//! JSON as other programs write it: the same members in the same order.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use memchr::memchr2;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// How a program writes JSON.
#[derive(Clone, Copy, Debug)]
pub(super) struct Style {
    pub(super) layout: Layout,
    pub(super) escapes: Escapes,
    pub(super) numbers: Numbers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    Compact,
    /// A space after each comma and colon.
    Spaced,
    /// One line a member, indented by so many spaces.
    Pretty(usize),
}

/// What is escaped in strings beyond what must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Escapes {
    Nothing,
    /// Non-ASCII, as `\u0000`.
    NonAscii,
    /// `/`, as `\/`.
    Slash,
    NonAsciiAndSlash,
    /// `<`, `>` and `&`, as `\u0000`.
    Html,
}

/// How numbers are written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Numbers {
    AsTheyAre,
    /// These have their zeros after the point in another way: the first number by the lowest bit. All bits: all numbers.
    Rewritten(u64, Zeros),
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Zeros {
    /// `1.0` for `1`.
    One,
    /// `1.00` for `1`, `1.50` for `1.5`.
    Two,
    /// `1` for `1.0`, `1.5` for `1.50`.
    None,
}

/// Whether a text is one array or object.
pub(super) fn is_json(text: &[u8]) -> bool {
    text.trim_ascii_start().first().is_some_and(|first| b"{[".contains(first))
        && serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// The numbers in a JSON text.
pub(super) fn count_numbers(json: &[u8]) -> usize {
    tokens(json).filter(|token| is_number(token)).count()
}

/// The JSON text with the members of every object sorted by name. `None` where it is nested too deeply to be a webhook's.
pub(super) fn sorted(json: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(json.len());
    write_sorted(serde_json::from_slice(json).ok()?, MAX_DEPTH, &mut out)?;
    Some(out)
}

impl Style {
    /// Writes a JSON text in this style. `None` where it is nested too deeply to be a webhook's.
    pub(super) fn write(self, json: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let (mut depth, mut number, mut is_open) = (0_usize, 1_u64, false);
        for token in tokens(json) {
            let closes = matches!(token, b"}" | b"]");
            if closes {
                depth = depth.saturating_sub(1);
            }
            if is_open != closes {
                self.break_line(depth, out);
            }
            is_open = false;
            match token {
                b"{" | b"[" => {
                    out.extend_from_slice(token);
                    depth = depth.checked_add(1).filter(|depth| *depth <= MAX_DEPTH)?;
                    is_open = true;
                }
                b"," => {
                    out.extend_from_slice(if self.layout == Layout::Spaced { b", " } else { b"," });
                    self.break_line(depth, out);
                }
                b":" => out.extend_from_slice(if self.layout == Layout::Compact { b":" } else { b": " }),
                [b'"', ..] => self.escapes.write(&plain(token), out),
                _ if is_number(token) => {
                    out.extend_from_slice(&self.numbers.of(token, number));
                    number = if number == LAST_NUMBER { number } else { number << 1 };
                }
                _ => out.extend_from_slice(token),
            }
        }
        Some(())
    }

    fn break_line(self, depth: usize, out: &mut Vec<u8>) {
        if let Layout::Pretty(width) = self.layout {
            out.push(b'\n');
            out.resize(out.len().saturating_add(depth.saturating_mul(width)), b' ');
        }
    }
}

impl Numbers {
    /// The number as it is written.
    fn of(self, number: &[u8], bit: u64) -> Cow<'_, [u8]> {
        let Self::Rewritten(chosen, zeros) = self else { return number.into() };
        if chosen & bit == 0 || number.iter().any(|byte| b"eE".contains(byte)) {
            return number.into();
        }
        let decimals = number.iter().rev().position(|byte| *byte == b'.');
        match (zeros, decimals) {
            (Zeros::One, None) => [number, b".0"].concat().into(),
            (Zeros::Two, None) => [number, b".00"].concat().into(),
            (Zeros::Two, Some(1)) => [number, b"0"].concat().into(),
            (Zeros::None, Some(_)) => {
                let zeros = number.iter().rev().take_while(|byte| **byte == b'0').count();
                let kept = number.get(..number.len().saturating_sub(zeros)).unwrap_or_default();
                kept.strip_suffix(b".").unwrap_or(kept).into()
            }
            _ => number.into(),
        }
    }
}

impl Escapes {
    /// Writes a string in which nothing is escaped but what must be.
    fn write(self, text: &str, out: &mut Vec<u8>) {
        for c in text.chars() {
            match c {
                '/' if matches!(self, Self::Slash | Self::NonAsciiAndSlash) => out.extend_from_slice(br"\/"),
                c if self.escapes(c) => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                    }
                }
                c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
    }

    fn escapes(self, c: char) -> bool {
        match self {
            Self::NonAscii | Self::NonAsciiAndSlash => !c.is_ascii(),
            Self::Html => matches!(c, '<' | '>' | '&'),
            Self::Nothing | Self::Slash => false,
        }
    }
}

/// After "the body's JSON is written".
impl fmt::Display for Style {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.layout {
            Layout::Compact => f.write_str("compactly")?,
            Layout::Spaced => f.write_str("with a space after commas and colons")?,
            Layout::Pretty(width) => write!(f, "in lines indented by {width}")?,
        }
        f.write_str(match self.escapes {
            Escapes::Nothing => "",
            Escapes::NonAscii => ", non-ASCII escaped",
            Escapes::Slash => ", `/` escaped",
            Escapes::NonAsciiAndSlash => ", non-ASCII and `/` escaped",
            Escapes::Html => ", `<`, `>` and `&` escaped",
        })?;
        match self.numbers {
            Numbers::AsTheyAre => Ok(()),
            Numbers::Rewritten(_, Zeros::One) => f.write_str(", numbers as `1.0`"),
            Numbers::Rewritten(_, Zeros::Two) => f.write_str(", numbers as `1.50`"),
            Numbers::Rewritten(_, Zeros::None) => f.write_str(", numbers without zeros at their ends"),
        }
    }
}

/// The tokens of a JSON text, without the white space between them.
fn tokens(json: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = json;
    std::iter::from_fn(move || {
        rest = rest.trim_ascii_start();
        let length = match rest.first()? {
            b'"' => string_length(rest),
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            _ => rest.iter().position(|byte| b" \t\r\n,]}".contains(byte)).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(token)
    })
}

/// How long the string is that a text begins with, its quotation marks included.
fn string_length(text: &[u8]) -> usize {
    let mut at = 1_usize;
    while let Some(rest) = text.get(at..) {
        let Some(found) = memchr2(b'"', b'\\', rest) else { break };
        at = at.saturating_add(found);
        match text.get(at) {
            Some(b'"') => return at.saturating_add(1),
            _ => at = at.saturating_add(2),
        }
    }
    text.len()
}

fn is_number(token: &[u8]) -> bool {
    token.first().is_some_and(|first| *first == b'-' || first.is_ascii_digit())
}

/// The string with nothing escaped but what must be. One that holds half a surrogate pair stays as it is.
fn plain(string: &[u8]) -> Cow<'_, str> {
    let decoded = || serde_json::to_string(&serde_json::from_slice::<String>(string).ok()?).ok();
    let plain = if string.contains(&b'\\') { decoded() } else { None };
    plain.map_or_else(|| String::from_utf8_lossy(string), Cow::Owned)
}

fn write_sorted(value: &RawValue, depth: usize, out: &mut Vec<u8>) -> Option<()> {
    let inner = depth.checked_sub(1)?;
    let mut before: &[u8] = b"";
    let mut next = |out: &mut Vec<u8>| out.extend_from_slice(std::mem::replace(&mut before, b","));
    match value.get().as_bytes().first()? {
        b'{' => {
            out.push(b'{');
            for (name, value) in serde_json::from_str::<BTreeMap<String, &RawValue>>(value.get()).ok()? {
                next(out);
                serde_json::to_writer(&mut *out, &name).ok()?;
                out.push(b':');
                write_sorted(value, inner, out)?;
            }
            out.push(b'}');
        }
        b'[' => {
            out.push(b'[');
            for value in serde_json::from_str::<Vec<&RawValue>>(value.get()).ok()? {
                next(out);
                write_sorted(value, inner, out)?;
            }
            out.push(b']');
        }
        _ => out.extend_from_slice(value.get().as_bytes()),
    }
    Some(())
}

const MAX_DEPTH: usize = 16;
const LAST_NUMBER: u64 = 1 << 63;
