//! JSON in the style of other programs: the same members in the same order.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::Write as _;

use serde::de::IgnoredAny;
use serde_json::Deserializer;
use serde_json::value::RawValue;

/// A program's style of JSON.
#[derive(Clone, Copy)]
pub(super) struct Style {
    /// The words for the layout and for the escapes.
    pub(super) words: [&'static str; 2],
    pub(super) comma: &'static str,
    pub(super) colon: &'static str,
    /// The indentation in spaces, if each member has its own line.
    pub(super) indent: Option<usize>,
    /// The characters that are escaped without need.
    pub(super) escapes: fn(char) -> bool,
    /// The numbers that are written with this many digits after the point. The lowest bit is the first number.
    pub(super) numbers: u64,
    pub(super) digits: usize,
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
pub(super) fn sorted(json: &[u8]) -> Option<String> {
    sorted_value(serde_json::from_slice(json).ok()?, MAX_DEPTH)
}

impl Style {
    /// Writes a JSON text in this style. `None` if it is nested too deeply for a webhook.
    pub(super) fn write(self, json: &[u8]) -> Option<Vec<u8>> {
        let mut out = Vec::with_capacity(json.len());
        let (mut depth, mut number, mut is_open) = (0_usize, 1_u64, false);
        for token in tokens(json) {
            let closes = matches!(token, b"}" | b"]");
            depth = depth.saturating_sub(closes.into());
            if is_open != closes {
                self.break_line(depth, &mut out);
            }
            is_open = matches!(token, b"{" | b"[");
            depth = depth.saturating_add(is_open.into());
            match token {
                b"," => {
                    out.extend_from_slice(self.comma.as_bytes());
                    self.break_line(depth, &mut out);
                }
                b":" => out.extend_from_slice(self.colon.as_bytes()),
                [b'"', ..] => self.write_string(&plain(token), &mut out),
                _ if is_number(token) => {
                    let is_rewritten = self.numbers & number != 0;
                    let rewritten = if is_rewritten { with_digits(token, self.digits) } else { None };
                    out.extend_from_slice(rewritten.as_ref().map_or(token, String::as_bytes));
                    number = number.checked_shl(1).unwrap_or_default();
                }
                _ => out.extend_from_slice(token),
            }
            if depth > MAX_DEPTH {
                return None;
            }
        }
        Some(out)
    }

    fn break_line(self, depth: usize, out: &mut Vec<u8>) {
        if let Some(width) = self.indent {
            out.push(b'\n');
            out.resize(out.len().saturating_add(depth.saturating_mul(width)), b' ');
        }
    }

    /// Writes a string with only the necessary escapes.
    fn write_string(self, text: &str, out: &mut Vec<u8>) {
        for piece in text.split_inclusive(self.escapes) {
            let escaped = piece.chars().next_back().filter(|last| (self.escapes)(*last));
            out.extend_from_slice(piece.strip_suffix(self.escapes).unwrap_or(piece).as_bytes());
            match escaped {
                None => {}
                Some('/') => out.extend_from_slice(br"\/"),
                Some(other) => {
                    for unit in other.encode_utf16(&mut [0; 2]) {
                        // Writing to a vector cannot fail.
                        let _ = write!(out, "\\u{unit:04x}");
                    }
                }
            }
        }
    }
}

/// The number with zeros up to this many digits after its point, or for no digits, without zeros at its end. `None` if it has an
/// exponent.
fn with_digits(number: &[u8], digits: usize) -> Option<String> {
    let number = str::from_utf8(number).ok().filter(|number| !number.contains(['e', 'E']))?;
    Some(match number.split_once('.') {
        Some(_) if digits == 0 => number.trim_end_matches('0').trim_end_matches('.').to_owned(),
        Some((whole, decimals)) => format!("{whole}.{decimals:0<digits$}"),
        None if digits == 0 => number.to_owned(),
        None => format!("{number}.{:0<digits$}", ""),
    })
}

/// The tokens of a JSON text, without the white space between them.
fn tokens(json: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = json;
    std::iter::from_fn(move || {
        rest = rest.trim_ascii_start();
        let length = if b"{}[],:".contains(rest.first()?) {
            1
        } else {
            let mut values = Deserializer::from_slice(rest).into_iter::<IgnoredAny>();
            values.next()?.ok()?;
            values.byte_offset()
        };
        let (token, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(token)
    })
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

fn sorted_value(value: &RawValue, depth: usize) -> Option<String> {
    let (inner, json) = (depth.checked_sub(1)?, value.get());
    if let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(json) {
        let written = members.into_iter().map(|(name, value)| {
            Some(format!("{}:{}", serde_json::to_string(&name).ok()?, sorted_value(value, inner)?))
        });
        return Some(format!("{{{}}}", written.collect::<Option<Vec<_>>>()?.join(",")));
    }
    let Ok(values) = serde_json::from_str::<Vec<&RawValue>>(json) else { return Some(json.to_owned()) };
    let written = values.into_iter().map(|value| sorted_value(value, inner));
    Some(format!("[{}]", written.collect::<Option<Vec<_>>>()?.join(",")))
}

const MAX_DEPTH: usize = 16;
