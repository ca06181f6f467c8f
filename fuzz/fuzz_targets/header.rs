//! Header values: hex signatures, and the headers of a token.
//!
//! The input is six bytes of choices, a value in which `$` stands for the right signature or token, a line feed, and the body.

#![no_main]

#[path = "../../tests/oracle/edit.rs"]
mod edit;
#[path = "../../tests/oracle/law.rs"]
mod law;
#[allow(dead_code, reason = "another target's part")]
#[path = "../../tests/oracle/naive/mod.rs"]
mod naive;
mod setups;

use std::sync::LazyLock;

use countersign::Verifier;
use edit::Edit;
use libfuzzer_sys::fuzz_target;
use naive::mac::{self, Function};
use naive::{Request, Scheme, Setup};
use setups::{KEYS, NOW, setup};

static VERIFIERS: LazyLock<Vec<(Setup, Box<dyn Verifier>)>> = LazyLock::new(|| {
    let named = |scheme, function, keys, header: &str| Setup {
        header: Some(header.to_owned()),
        ..setup(scheme, function, keys)
    };
    setups::build(vec![
        setup(Scheme::Vogent, Function::HmacSha256, 1),
        named(Scheme::HexHmac, Function::HmacSha1, 2, "X-Hex"),
        named(Scheme::HexHmac, Function::HmacSha256, 3, "X-Hex"),
        named(Scheme::HexHmac, Function::HmacSha512, 1, "X-Hex"),
        setup(Scheme::SignedWebhook, Function::HmacSha256, 1),
        named(Scheme::SignedWebhook, Function::HmacSha256, 2, "X-Moved"),
        setup(Scheme::ContactCenter, Function::HmacSha256, 1),
    ])
});

fuzz_target!(|input: &[u8]| {
    let [choice, flags, kind, at, byte, chunk, text @ ..] = input else { return };
    let (setup, verifier) = &VERIFIERS[usize::from(*choice) % VERIFIERS.len()];
    let mut parts = text.splitn(2, |byte| *byte == b'\n');
    let template = parts.next().unwrap_or_default();
    let body = parts.next().unwrap_or_default().to_vec();

    let mut value = template.to_vec();
    if template.contains(&b'$') {
        let right = right(setup, KEYS[usize::from(flags & 3)], &body, flags & 4 != 0);
        value = template.split(|byte| *byte == b'$').collect::<Vec<_>>().join(right.as_bytes());
    }
    if flags & 8 != 0 {
        Edit { kind: *kind, at: (*at).into(), byte: *byte }.apply(&mut value);
    }
    let name = if flags & 16 != 0 { setup.header().to_uppercase() } else { setup.header().to_owned() };
    let mut headers = vec![(name, value)];
    if flags & 32 != 0 {
        headers.push((setup.header().to_owned(), template.to_vec()));
    }
    let request = Request { method: "POST".to_owned(), headers, body, ..Request::default() };
    law::compare(&**verifier, setup, &request, 1 + usize::from(*chunk));
});

/// The right signature or token of this body.
fn right(setup: &Setup, key: &[u8], body: &[u8], upper_case: bool) -> String {
    if matches!(setup.scheme, Scheme::SignedWebhook | Scheme::ContactCenter) {
        let hash = mac::hex(&mac::sha256(body));
        let claims = format!("{{\"iat\":{NOW},\"exp\":{},\"payload_hash\":\"{hash}\"}}", NOW + 300);
        return setups::token(&claims, key);
    }
    let tag = mac::hex(&setup.function.tag(key, body));
    if upper_case { tag.to_uppercase() } else { tag }
}
