//! JSON in the style of other programs: the same members in the same order.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::iter;

use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use super::charsets::replaced;

/// What a program writes between the tokens of JSON.
pub(super) struct Layout {
    pub(super) comma: &'static str,
    pub(super) colon: &'static str,
    /// The indentation in spaces, if each member has its own line.
    pub(super) indent: Option<usize>,
}

/// Whether a text is a single array or object.
pub(super) fn is_json(text: &[u8]) -> bool {
    text.trim_ascii_start().first().is_some_and(|first| b"{[".contains(first))
        && serde_json::from_slice::<IgnoredAny>(text).is_ok()
}

/// The JSON text without white space and with only the necessary escapes. `None` if it is nested too deeply for a webhook.
pub(super) fn compact(json: &str) -> Option<String> {
    let mut depth = 0_usize;
    let plain = tokens(json).map(|token| {
        depth = match token {
            "{" | "[" => depth.checked_add(1).filter(|depth| *depth <= MAX_DEPTH)?,
            "}" | "]" => depth.saturating_sub(1),
            _ => depth,
        };
        Some(plain(token))
    });
    plain.collect()
}

/// The compact JSON text with sorted members.
pub(super) fn sorted(json: &str) -> Option<String> {
    if let Ok(members) = serde_json::from_str::<BTreeMap<String, &RawValue>>(json) {
        let written = members.into_iter().map(|(name, value)| {
            Some(format!("{}:{}", serde_json::to_string(&name).ok()?, sorted(value.get())?))
        });
        return Some(format!("{{{}}}", written.collect::<Option<Vec<_>>>()?.join(",")));
    }
    let Ok(values) = serde_json::from_str::<Vec<&RawValue>>(json) else { return Some(json.to_owned()) };
    let written = values.into_iter().map(|value| sorted(value.get()));
    Some(format!("[{}]", written.collect::<Option<Vec<_>>>()?.join(",")))
}

/// Counts the numbers in a JSON text.
pub(super) fn count_numbers(json: &str) -> usize {
    tokens(json).filter(|token| is_number(token)).count()
}

/// The compact JSON text with the chosen numbers written with this many digits after the point. The lowest bit of `chosen` is the
/// first number, and the highest is each after the 63rd.
pub(super) fn with_digits(json: &str, chosen: u64, digits: usize) -> String {
    let mut bit = 1_u64;
    let rewritten = tokens(json).map(|token| {
        if !is_number(token) {
            return token.into();
        }
        let is_chosen = chosen & bit != 0;
        bit = bit.checked_mul(2).unwrap_or(bit);
        if is_chosen { number_with_digits(token, digits) } else { token.into() }
    });
    rewritten.collect()
}

/// The JSON text with these characters escaped as well.
pub(super) fn escaped(json: &str, escapes: fn(char) -> bool) -> String {
    replaced(json, escapes, |c, out| match c {
        '/' => out.push_str(r"\/"),
        _ => out.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}"))),
    })
}

impl Layout {
    /// Lays out a compact JSON text.
    pub(super) fn write(&self, json: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(json.len());
        let (mut depth, mut is_open) = (0_usize, false);
        for token in tokens(json) {
            let closes = matches!(token, "}" | "]");
            depth = depth.saturating_sub(closes.into());
            if is_open != closes {
                self.break_line(depth, &mut out);
            }
            is_open = matches!(token, "{" | "[");
            depth = depth.saturating_add(is_open.into());
            let written = match token {
                "," => self.comma,
                ":" => self.colon,
                _ => token,
            };
            out.extend_from_slice(written.as_bytes());
            if token == "," {
                self.break_line(depth, &mut out);
            }
        }
        out
    }

    fn break_line(&self, depth: usize, out: &mut Vec<u8>) {
        if let Some(width) = self.indent {
            out.push(b'\n');
            out.resize(out.len().saturating_add(depth.saturating_mul(width)), b' ');
        }
    }
}

/// The number with zeros up to this many digits after its point, or for no digits, without zeros at its end. Unchanged if it has an
/// exponent.
fn number_with_digits(number: &str, digits: usize) -> Cow<'_, str> {
    match number.split_once('.') {
        _ if number.contains(['e', 'E']) => number.into(),
        Some(_) if digits == 0 => number.trim_end_matches('0').trim_end_matches('.').into(),
        Some((whole, decimals)) => format!("{whole}.{decimals:0<digits$}").into(),
        None if digits == 0 => number.into(),
        None => format!("{number}.{:0<digits$}", "").into(),
    }
}

/// The tokens of a JSON text, without the white space between them.
fn tokens(json: &str) -> impl Iterator<Item = &str> {
    let mut rest = json;
    iter::from_fn(move || {
        rest = rest.trim_ascii_start();
        let length = match rest.as_bytes().first()? {
            b'"' => {
                let mut is_escaped = false;
                let ends = |byte| {
                    let ends = byte == b'"' && !is_escaped;
                    is_escaped = byte == b'\\' && !is_escaped;
                    ends
                };
                rest.bytes().skip(1).position(ends)?.checked_add(2)?
            }
            b'{' | b'}' | b'[' | b']' | b',' | b':' => 1,
            _ => rest.find([',', ']', '}', ' ', '\t', '\r', '\n']).unwrap_or(rest.len()),
        };
        let (token, after) = rest.split_at_checked(length)?;
        rest = after;
        Some(token)
    })
}

fn is_number(token: &str) -> bool {
    token.starts_with(|first: char| first == '-' || first.is_ascii_digit())
}

/// The token with only the necessary escapes. A string with half a surrogate pair stays unchanged.
fn plain(token: &str) -> Cow<'_, str> {
    let decoded = || serde_json::to_string(&serde_json::from_str::<String>(token).ok()?).ok();
    let plain = if token.contains('\\') { decoded() } else { None };
    plain.map_or(Cow::Borrowed(token), Cow::Owned)
}

const MAX_DEPTH: usize = 16;
