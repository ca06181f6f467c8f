//! JSON in the style of other programs: the same members in the same order.

use std::borrow::Cow;
use std::collections::BTreeMap;

use memchr::memchr2;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

/// A program's style of JSON.
#[derive(Clone, Copy)]
pub(super) struct Style {
    pub(super) layout: Layout,
    pub(super) escapes: Escapes,
    /// The numbers with other zeros after the point. The lowest bit is the first number.
    pub(super) numbers: u64,
    pub(super) zeros: Zeros,
}

/// The characters that are escaped without need.
pub(super) type Escapes = fn(char) -> bool;

/// The separators, and the indentation in spaces if each member has its own line.
#[derive(Clone, Copy)]
pub(super) struct Layout {
    pub(super) comma: &'static str,
    pub(super) colon: &'static str,
    pub(super) indent: Option<usize>,
}

/// How the zeros after a point are written.
#[derive(Clone, Copy)]
pub(super) enum Zeros {
    /// `1.0` for `1`.
    One,
    /// `1.00` for `1`, `1.50` for `1.5`.
    Two,
    /// `1` for `1.0`, `1.5` for `1.50`.
    None,
}

/// Whether a text is a single array or object.
pub(super) fn is_json(text: &[u8]) -> bool {
    text.trim_ascii_start().first().is_some_and(|first| b"{[".contains(first))
        && serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// Counts the numbers in a JSON text.
pub(super) fn count_numbers(json: &[u8]) -> usize {
    tokens(json).filter(|token| is_number(token)).count()
}

/// The JSON text with sorted members. `None` if it is nested too deeply for a webhook.
pub(super) fn sorted(json: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(json.len());
    write_sorted(serde_json::from_slice(json).ok()?, MAX_DEPTH, &mut out)?;
    Some(out)
}

impl Style {
    /// Writes a JSON text in this style. `None` if it is nested too deeply for a webhook.
    pub(super) fn write(self, json: &[u8], out: &mut Vec<u8>) -> Option<()> {
        let (mut depth, mut number, mut is_open) = (0_usize, 1_u64, false);
        for token in tokens(json) {
            let closes = matches!(token, b"}" | b"]");
            depth = depth.saturating_sub(closes.into());
            if is_open != closes {
                self.break_line(depth, out);
            }
            is_open = matches!(token, b"{" | b"[");
            depth = depth.saturating_add(is_open.into());
            match token {
                b"," => {
                    out.extend_from_slice(self.layout.comma.as_bytes());
                    self.break_line(depth, out);
                }
                b":" => out.extend_from_slice(self.layout.colon.as_bytes()),
                [b'"', ..] => self.write_string(&plain(token), out),
                _ if is_number(token) => {
                    let rewritten = if self.numbers & number == 0 { None } else { self.zeros.rewrite(token) };
                    out.extend_from_slice(rewritten.as_deref().unwrap_or(token));
                    number = number.checked_shl(1).unwrap_or_default();
                }
                _ => out.extend_from_slice(token),
            }
            if depth > MAX_DEPTH {
                return None;
            }
        }
        Some(())
    }

    fn break_line(self, depth: usize, out: &mut Vec<u8>) {
        if let Some(width) = self.layout.indent {
            out.push(b'\n');
            out.resize(out.len().saturating_add(depth.saturating_mul(width)), b' ');
        }
    }

    /// Writes a string with only the necessary escapes.
    fn write_string(self, text: &str, out: &mut Vec<u8>) {
        for c in text.chars() {
            match c {
                '/' if (self.escapes)(c) => out.extend_from_slice(br"\/"),
                c if (self.escapes)(c) => {
                    for unit in c.encode_utf16(&mut [0; 2]) {
                        out.extend_from_slice(format!("\\u{unit:04x}").as_bytes());
                    }
                }
                c => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
    }
}

impl Zeros {
    /// The rewritten number. `None` if nothing changes.
    fn rewrite(self, number: &[u8]) -> Option<Vec<u8>> {
        let decimals = number.iter().rev().position(|byte| *byte == b'.');
        let added: &[u8] = match (self, decimals) {
            _ if number.iter().any(|byte| b"eE".contains(byte)) => return None,
            (Self::One, None) => b".0",
            (Self::Two, None) => b".00",
            (Self::Two, Some(1)) => b"0",
            (Self::None, Some(_)) => {
                let text = str::from_utf8(number).ok()?;
                return Some(text.trim_end_matches('0').trim_end_matches('.').into());
            }
            _ => return None,
        };
        Some([number, added].concat())
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

/// The length of the string at the start of a text, with its quotation marks.
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

/// The string with only the necessary escapes. A string with half a surrogate pair stays unchanged.
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
