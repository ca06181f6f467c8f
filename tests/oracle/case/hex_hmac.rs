//! Signed bodies.

use super::{in_any_case, keyring, max_body, signer};
use crate::choices::Choices;
use crate::naive::mac::{self, Function};
use crate::naive::{Keys, Request, Scheme, Setup};

pub(crate) fn case(scheme: Scheme, choices: &mut Choices<'_>) -> (Setup, Request) {
    let function = choices.pick(&[Function::HmacSha256, Function::HmacSha1, Function::HmacSha512]);
    let keys = keyring(choices);
    let key = signer(&keys, choices);
    let mut body = choices.pick(&[&br#"{"event":"dial.started"}"#[..], b"", b"\xff\0"]).to_vec();
    body.extend(choices.bytes(40));

    let mut setup = Setup::new(scheme, function, Keys::One(keys));
    if scheme != Scheme::Vogent || choices.one_in(4) {
        setup.header = Some("X-Signature".to_owned());
    }
    setup.max_body = max_body(body.len(), choices);

    let tag = function.tag(&key, &body);
    let mut value = in_any_case(&mac::hex(&tag), choices.byte()).into_bytes();
    match choices.below(12) {
        8 => choices.edit().apply(&mut value),
        9 => choices.edit().apply(&mut body),
        10 => {
            let before = choices.pick(&[&b" "[..], b"0x", b"sha256=", b"\t", b"0"]);
            value.splice(0..0, before.iter().copied());
        }
        11 => {
            let after = choices.pick(&[&b" "[..], b",", b"00", b"\n", b"0"]);
            value.extend(after);
        }
        _ => {}
    }
    let headers = vec![(setup.header().to_owned(), value)];
    let method = if choices.one_in(8) { choices.pick(&["PUT", "PATCH", "GET", "BREW"]) } else { "POST" };
    (setup, Request { method: method.to_owned(), headers, body, ..Request::default() })
}
