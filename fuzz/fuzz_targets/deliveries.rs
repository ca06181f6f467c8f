//! Whole requests, as a line of the format of captured requests and through the dispatch of `examples/deliveries`.
//!
//! The input is the choices with which the oracle's test makes a request.

#![no_main]

#[path = "../../tests/oracle/case/mod.rs"]
mod case;
#[path = "../../tests/oracle/choices.rs"]
mod choices;
#[path = "../../tests/oracle/edit.rs"]
mod edit;
#[path = "../../tests/oracle/law.rs"]
mod law;
#[allow(dead_code, reason = "another target's part")]
#[path = "../../tests/oracle/naive/mod.rs"]
mod naive;
#[allow(dead_code, reason = "the example's own part")]
#[path = "../../examples/deliveries/record.rs"]
mod record;
#[allow(dead_code, reason = "the example's own part")]
#[path = "../../examples/deliveries/verdict.rs"]
mod verdict;

use case::Case;
use choices::Choices;
use libfuzzer_sys::fuzz_target;
use naive::mac::Function;
use naive::{Keys, Request, Scheme, Setup, base64};
use record::Record;
use serde_json::{Map, Value, json};
use verdict::Verdict;

fuzz_target!(|input: &[u8]| {
    let Case { setup, request, chunk } = Case::of(&mut Choices(input));
    law::compare(&*law::verifier(&setup), &setup, &request, chunk);

    let setup = expressible(setup);
    let Some(line) = line(&setup, &request) else { return };
    let record = Record::parse(line.as_bytes()).unwrap();
    let given = match Verdict::of(&record) {
        Verdict::Accepted(verified) => Some(law::proof(&verified)),
        Verdict::Rejected(_) => None,
        Verdict::Misconfigured(reason) => panic!("{reason}: {line}"),
    };
    let expected = naive::verdict(&setup, &request);
    assert!(given == expected, "the oracle says {expected:?}, the dispatch {given:?}: {line}");
});

/// The setup without settings for which the format has no field.
fn expressible(setup: Setup) -> Setup {
    let Setup { scheme, function, header, now, .. } = setup;
    let mut keys = setup.keys;
    if let Keys::Tenants(tenants) = &mut keys {
        for (_, keys) in tenants {
            keys.truncate(1);
        }
    }
    let plain = Setup::new(scheme, function, keys);
    let window = match setup.window {
        Some(window) if plain.window != Some(window) => Some((window.0, window.0)),
        window => window,
    };
    Setup { header, window, now, ..plain }
}

/// The line. `None` if a header is not text.
fn line(setup: &Setup, request: &Request) -> Option<String> {
    let mut line = Map::new();
    let mut set = |name: &str, value: Value| line.insert(name.to_owned(), value);
    set("id", json!("fuzzed"));
    set(
        "scheme",
        json!(match setup.scheme {
            Scheme::Vogent => "vogent",
            Scheme::HexHmac => "hex-hmac",
            Scheme::Sms => "vonage-sms",
            Scheme::SignedWebhook => "vonage-jwt",
            Scheme::ContactCenter => "vonage-contact-center",
        }),
    );
    set(
        "algorithm",
        json!(match setup.function {
            Function::Md5Suffix => "md5hash",
            Function::HmacMd5 => "md5",
            Function::HmacSha1 => "sha1",
            Function::HmacSha256 => "sha256",
            Function::HmacSha512 => "sha512",
        }),
    );
    let text = |key: &Vec<u8>| match setup.scheme {
        Scheme::ContactCenter => base64::encode_standard(key),
        _ => String::from_utf8_lossy(key).into_owned(),
    };
    match &setup.keys {
        Keys::One(keys) if keys.len() == 1 => {
            set("secret_b64", base64::encode_standard(text(&keys[0]).as_bytes()).into())
        }
        Keys::One(keys) => set("secrets", keys.iter().map(text).collect()),
        Keys::Tenants(tenants) => {
            let keys: Map<_, _> =
                tenants.iter().map(|(name, keys)| (name.clone(), text(&keys[0]).into())).collect();
            set("keys", keys.into())
        }
    };
    if let Some(header) = &setup.header {
        set("header", json!(header));
    }
    match setup.window {
        Some((300, 60)) => {}
        Some((past, _)) => drop(set("tolerance_s", json!(past))),
        None => drop(set("tolerance_s", Value::Null)),
    }
    set("now", json!(setup.now));
    set("method", json!(request.method));
    set("query_b64", base64::encode_standard(&request.query).into());
    set("body_b64", base64::encode_standard(&request.body).into());
    let headers: Option<Vec<_>> = request
        .headers
        .iter()
        .map(|(name, value)| Some(json!([name, std::str::from_utf8(value).ok()?])))
        .collect();
    set("headers", headers?.into());
    Some(Value::Object(line).to_string())
}
