//! Tokens: their header, their claims, and what they cover.
//!
//! The input is seven bytes of choices, the header's JSON, a line feed, the claims' JSON with `$` for the right payload hash, a
//! line feed, and the body or the query.

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
use naive::{Request, Scheme, Setup, base64, params, token};
use setups::{KEYS, of_tenants, setup};

static VERIFIERS: LazyLock<Vec<(Setup, Box<dyn Verifier>)>> = LazyLock::new(|| {
    let webhook = |keys| setup(Scheme::SignedWebhook, Function::HmacSha256, keys);
    let contact_center = setup(Scheme::ContactCenter, Function::HmacSha256, 2);
    let leeway = (5, 7);
    setups::build(vec![
        webhook(1),
        webhook(3),
        of_tenants(webhook(1)),
        Setup { header: Some("X-Moved".to_owned()), leeway, ..webhook(1) },
        Setup { unhashed_body: true, window: None, max_body: Some(16), ..webhook(1) },
        Setup {
            api_key: Some("acct".to_owned()),
            application_id: Some("app".to_owned()),
            window: Some((0, 0)),
            ..webhook(1)
        },
        Setup { any_issuer: true, window: None, leeway, ..contact_center.clone() },
        contact_center,
    ])
});

fuzz_target!(|input: &[u8]| {
    let [choice, flags, kind, at, at_high, byte, chunk, text @ ..] = input else { return };
    let (setup, verifier) = &VERIFIERS[usize::from(*choice) % VERIFIERS.len()];
    let mut parts = text.splitn(3, |byte| *byte == b'\n').map(<[u8]>::to_vec);
    let [header, claims, payload] = [(); 3].map(|()| parts.next().unwrap_or_default());
    let key = KEYS[usize::from(flags & 3)];
    let edit = Edit { kind: *kind, at: u16::from_le_bytes([*at, *at_high]), byte: *byte };
    let is_get = flags & 4 != 0;

    let covered = if is_get {
        let object = params::urlencoded(&payload).and_then(|params| token::query_object(&params));
        object.map(String::into_bytes).unwrap_or_default()
    } else {
        payload.clone()
    };
    let hash = mac::hex(&mac::sha256(&covered));
    let claims = claims.split(|byte| *byte == b'$').collect::<Vec<_>>().join(hash.as_bytes());

    let mut token = format!("{}.{}", base64::encode_url(&header), base64::encode_url(&claims)).into_bytes();
    if flags & 8 != 0 {
        edit.apply(&mut token);
    }
    let tag = Function::HmacSha256.tag(key, &token);
    token.extend(format!(".{}", base64::encode_url(&tag)).into_bytes());
    if flags & 16 != 0 {
        edit.apply(&mut token);
    }
    let word: &[u8] = if flags & 32 != 0 { b"" } else { b"Bearer " };
    let headers = vec![(setup.header().to_owned(), [word, &token].concat())];
    let request = if is_get {
        let body = if flags & 64 != 0 { b"{}".to_vec() } else { Vec::new() };
        Request { method: "GET".to_owned(), query: payload, headers, body }
    } else {
        Request { method: "POST".to_owned(), headers, body: payload, ..Request::default() }
    };
    law::compare(&**verifier, setup, &request, 1 + usize::from(*chunk));
});
