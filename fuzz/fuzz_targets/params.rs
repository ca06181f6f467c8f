//! Parameters of a query, a form or a JSON object, with the SMS API's `sig`. Also those of a query with a token.
//!
//! The input is eight bytes of choices and the parameters as sent, without `sig`, which the target adds.

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
use naive::{Request, Scheme, Setup, params, sms, token};
use setups::{KEYS, NOW, of_tenants, setup};

static VERIFIERS: LazyLock<Vec<(Setup, Box<dyn Verifier>)>> = LazyLock::new(|| {
    let mut setups = vec![setup(Scheme::SignedWebhook, Function::HmacSha256, 3)];
    for function in [
        Function::HmacSha256,
        Function::Md5Suffix,
        Function::HmacMd5,
        Function::HmacSha1,
        Function::HmacSha512,
    ] {
        let sms = setup(Scheme::Sms, function, 1);
        setups.push(Setup { window: Some((300, 60)), ..setup(Scheme::Sms, function, 2) });
        setups.push(of_tenants(sms.clone()));
        setups.push(Setup { max_body: Some(64), ..sms.clone() });
        setups.push(sms);
    }
    setups::build(setups)
});

fuzz_target!(|input: &[u8]| {
    let [choice, flags, source, kind, at, at_high, byte, chunk, text @ ..] = input else { return };
    let (setup, verifier) = &VERIFIERS[usize::from(*choice) % VERIFIERS.len()];
    let key = KEYS[usize::from(flags & 3)];
    let edit = (flags & 4 != 0).then_some(Edit {
        kind: *kind,
        at: u16::from_le_bytes([*at, *at_high]),
        byte: *byte,
    });
    let request = if setup.scheme == Scheme::SignedWebhook {
        with_token(text, key, edit)
    } else {
        with_sig(setup.function, text, key, *flags, *source, edit)
    };
    law::compare(&**verifier, setup, &request, 1 + usize::from(*chunk));
});

/// A GET with the right token for its query, edited afterwards.
fn with_token(text: &[u8], key: &[u8], edit: Option<Edit>) -> Request {
    let object = params::urlencoded(text).and_then(|params| token::query_object(&params)).unwrap_or_default();
    let hash = mac::hex(&mac::sha256(object.as_bytes()));
    let claims = format!("{{\"iat\":{NOW},\"payload_hash\":\"{hash}\"}}");
    let token = setups::token(&claims, key);
    let mut query = text.to_vec();
    if let Some(edit) = edit {
        edit.apply(&mut query);
    }
    let headers = vec![("Authorization".to_owned(), format!("Bearer {token}").into_bytes())];
    Request { method: "GET".to_owned(), query, headers, ..Request::default() }
}

/// A request of the SMS API with the right `sig`, edited afterwards.
fn with_sig(
    function: Function,
    text: &[u8],
    key: &[u8],
    flags: u8,
    source: u8,
    edit: Option<Edit>,
) -> Request {
    let is_json = source % 4 == 2;
    let parsed = if is_json { params::flat_json(text) } else { params::urlencoded(text) };
    let mut sent = text.to_vec();
    if let Some(params) = parsed.filter(|_| flags & 8 == 0) {
        let mut sig = sms::sign(function, key, &params, flags & 16 != 0);
        if flags & 32 != 0 {
            sig.make_ascii_uppercase();
        }
        if is_json {
            let open = text.iter().position(|byte| *byte == b'{').map_or(0, |open| open + 1);
            let comma = if params.is_empty() { "" } else { "," };
            sent.splice(open..open, format!("\"sig\":\"{sig}\"{comma}").into_bytes());
        } else if flags & 64 != 0 {
            sent.splice(0..0, format!("sig={sig}&").into_bytes());
        } else {
            sent.extend(format!("&sig={sig}").into_bytes());
        }
    }
    if let Some(edit) = edit {
        edit.apply(&mut sent);
    }
    let content_type: &[u8] = match source {
        128.. => b"Application/X-WWW-Form-Urlencoded ; charset=utf-8",
        _ if is_json => b"application/json",
        _ => b"application/x-www-form-urlencoded",
    };
    let headers = vec![("content-type".to_owned(), content_type.to_vec())];
    if source.is_multiple_of(4) {
        Request { method: "GET".to_owned(), query: sent, ..Request::default() }
    } else {
        Request { method: "POST".to_owned(), headers, body: sent, ..Request::default() }
    }
}
