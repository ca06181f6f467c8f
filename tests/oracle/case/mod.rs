//! Genuine and altered requests: a verifier's setup, a request signed for it, and often a
//! change of either.

mod hex_hmac;
mod sms;
mod token;

use crate::choices::Choices;
use crate::naive::{Keys, Request, Scheme, Setup};

#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) setup: Setup,
    pub(crate) request: Request,
    /// The size of the body's chunks.
    pub(crate) chunk: usize,
}

impl Case {
    pub(crate) fn of(choices: &mut Choices<'_>) -> Self {
        let scheme = choices.pick(&[
            Scheme::Vogent,
            Scheme::HexHmac,
            Scheme::Sms,
            Scheme::Sms,
            Scheme::Sms,
            Scheme::SignedWebhook,
            Scheme::SignedWebhook,
            Scheme::ContactCenter,
        ]);
        let chunk = 1 + choices.below(100);
        let (setup, mut request) = match scheme {
            Scheme::Vogent | Scheme::HexHmac => hex_hmac::case(scheme, choices),
            Scheme::Sms => sms::case(choices),
            Scheme::SignedWebhook | Scheme::ContactCenter => token::case(scheme, choices),
        };
        if choices.one_in(24) {
            disturb(&mut request, choices);
        }
        for (name, _) in &mut request.headers {
            *name = in_any_case(name, choices.byte());
        }
        Self { setup, request, chunk }
    }
}

/// Changes the text around the signature.
fn disturb(request: &mut Request, choices: &mut Choices<'_>) {
    let header = choices.below(request.headers.len().max(1));
    match choices.below(8) {
        0 => request.method = choices.pick(&["PUT", "get", "GET", "POST", ""]).into(),
        1 => request.headers.extend(request.headers.get(header).cloned()),
        2 => request.headers.truncate(header),
        3 => request.body.extend(b"{}"),
        4 => request.query.extend(b"&x=1"),
        5 => request.headers.push(("x-other".to_owned(), b"1".to_vec())),
        6 => {
            // About the limit of a header.
            if let Some((_, value)) = request.headers.get_mut(header) {
                value.resize(16 * 1024 + choices.below(2), b'a');
            }
        }
        _ => {
            if let Some((_, value)) = request.headers.get_mut(header) {
                choices.edit().apply(value);
            }
        }
    }
}

/// One to three keys, with lengths around a hash's block size.
fn keyring(choices: &mut Choices<'_>) -> Vec<Vec<u8>> {
    (0..=choices.below(3)).map(|index| key(b"nos"[index], choices)).collect()
}

fn key(letter: u8, choices: &mut Choices<'_>) -> Vec<u8> {
    vec![letter; choices.pick(&[16, 1, 63, 64, 65, 127, 128, 129, 200])]
}

/// A key of the keyring, or a stranger's.
fn signer(keys: &[Vec<u8>], choices: &mut Choices<'_>) -> Vec<u8> {
    if choices.one_in(12) { key(b'x', choices) } else { choices.pick(keys) }
}

/// Keys and the signing one, or tenants and the signing one with its name.
fn keys_or_tenants(choices: &mut Choices<'_>) -> (Keys, Vec<u8>, Option<&'static str>) {
    let keys = keyring(choices);
    let signer = signer(&keys, choices);
    if !choices.one_in(4) {
        return (Keys::One(keys), signer, None);
    }
    let name = choices.pick(&["acct", "a_b"]);
    let tenants = vec![(name.to_owned(), keys), ("other".to_owned(), vec![b"another's".to_vec()])];
    (Keys::Tenants(tenants), signer, Some(name))
}

/// No limit, or a limit around the body's length.
fn max_body(length: usize, choices: &mut Choices<'_>) -> Option<usize> {
    match choices.below(24) {
        1..=3 => Some(length),
        4 => Some(length.saturating_sub(1)),
        _ => None,
    }
}

fn in_any_case(text: &str, letters: u8) -> String {
    let change = |(index, c): (usize, char)| {
        if letters >> (index % 8) & 1 == 1 { c.to_ascii_uppercase() } else { c }
    };
    text.chars().enumerate().map(change).collect()
}
