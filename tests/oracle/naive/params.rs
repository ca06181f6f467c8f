//! Decoded parameters. They are read first and checked later, so that a signer can sign what a verifier must reject.

use super::json::{self, Value};
use super::mac;

pub(crate) type Params = Vec<(Vec<u8>, Vec<u8>)>;

/// Decodes a query or a form.
pub(crate) fn urlencoded(raw: &[u8]) -> Option<Params> {
    let mut params = Params::new();
    for pair in raw.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
        let mut halves = pair.splitn(2, |byte| *byte == b'=');
        let name = unescape(halves.next()?)?;
        let value = unescape(halves.next().unwrap_or_default())?;
        params.push((name, value));
    }
    Some(params)
}

/// Reads a flat JSON object.
pub(crate) fn flat_json(raw: &[u8]) -> Option<Params> {
    let mut params = Params::new();
    for (name, value) in json::object(raw)? {
        let value = match value {
            Value::Null => String::new(),
            Value::Literal(text) | Value::Text(text) => text,
            Value::Nested => return None,
        };
        params.push((name.into_bytes(), value.into_bytes()));
    }
    Some(params)
}

/// Whether no name is empty or appears twice, and there are at most 1,000.
pub(crate) fn are_acceptable(params: &Params) -> bool {
    let mut names: Vec<_> = params.iter().map(|(name, _)| name).collect();
    names.sort();
    let repeated = (1..names.len()).any(|at| names[at] == names[at - 1]);
    !repeated && names.iter().all(|name| !name.is_empty()) && params.len() <= 1_000
}

pub(crate) fn get<'p>(params: &'p Params, name: &str) -> Option<&'p [u8]> {
    params.iter().find(|(given, _)| given == name.as_bytes()).map(|(_, value)| value.as_slice())
}

fn unescape(text: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut at = 0;
    while at < text.len() {
        match text[at] {
            b'+' => bytes.push(b' '),
            b'%' => {
                bytes.push(mac::digit(*text.get(at + 1)?)? * 16 + mac::digit(*text.get(at + 2)?)?);
                at += 2;
            }
            byte => bytes.push(byte),
        }
        at += 1;
    }
    Some(bytes)
}
