//! Platforms that sign only the raw body, and static tokens, which sign nothing.

use countersign::ErrorKind::{
    HeaderTooLong, MethodUnsupported, SignatureMalformed, SignatureMismatch, SignatureMissing,
};
use countersign::schemes::{Scheme, Settings};
use countersign::sign::Unsigned;
use countersign::{Agora, ConfigError, Coverage, Keyring, Replays, Secret, StaticToken, Verifier};

use crate::support::{KEY, OTHER_KEY, accepts, rejects, secret, verify};
use crate::timestamped::{Vector, vectors};

/// The vectors without a time. `timestamped` has them accepted, and rejected after a change.
fn untimed() -> impl Iterator<Item = Vector> {
    vectors().into_iter().filter(|vector| vector.time.is_empty())
}

#[test]
fn the_prefix_of_a_signature_is_required() {
    let prefixed: Vec<_> = untimed().filter(|vector| vector.headers[0].1.starts_with("sha256=")).collect();
    assert_eq!(prefixed.len(), 2);
    for vector in prefixed {
        for other in ["", "SHA256=", "sha1=", "v1=", "sha256"] {
            let altered = vector.replaced("sha256=", other);
            rejects(&*vector.verifier(0), altered.request(), SignatureMalformed);
        }
    }
}

#[test]
fn a_gateway_may_rename_the_header() {
    for mut vector in untimed() {
        vector.header = Some("X-Renamed".to_owned());
        rejects(&*vector.verifier(0), vector.request(), SignatureMissing);
        vector.headers[0].0 = "x-renamed".to_owned();
        let _ = accepts(&*vector.verifier(0), vector.request());
    }
}

#[test]
fn agora_never_falls_back_to_sha1() {
    // Published, beside the signature by SHA-256.
    let v1 = "5a3bb6a6d9fad2ea9ae3fb707a14c9d7f3136df1";
    let vector = untimed().find(|vector| vector.scheme == "agora").unwrap();
    let agora = Agora::new(secret("secret"));
    let kind =
        |headers: &[(&str, &str)]| verify(&agora, "POST", "/", headers, vector.body.as_bytes()).map(drop);
    assert_eq!(kind(&[("Agora-Signature", v1)]), Err(SignatureMissing));
    let (v2, wrong) = (&*vector.headers[0].1, "0".repeat(64));
    assert_eq!(kind(&[("Agora-Signature-V2", v1)]), Err(SignatureMalformed));
    let both = [("Agora-Signature", v1), ("Agora-Signature-V2", &*wrong)];
    assert_eq!(kind(&both), Err(SignatureMismatch));
    // The other header is ignored.
    for other in [v1, "", "x"] {
        assert_eq!(kind(&[("Agora-Signature", other), ("Agora-Signature-V2", v2)]), Ok(()));
    }
    let twice = [("Agora-Signature", v1), ("Agora-Signature", v1), ("Agora-Signature-V2", v2)];
    assert_eq!(kind(&twice), Ok(()));
}

fn token(header: &str, prefix: &str) -> StaticToken {
    let keyring = Keyring::new([secret(KEY), secret(OTHER_KEY)]).unwrap();
    StaticToken::new(header, keyring).unwrap().prefix(prefix)
}

#[test]
fn a_static_token_proves_nothing_of_a_request() {
    let plain = token("X-Webhook-Secret", "");
    for method in ["POST", "PUT", "PATCH"] {
        for body in [&b""[..], b"{}", b"anything", b"\xff"] {
            for (given, index) in [(KEY, 0), (OTHER_KEY, 1)] {
                let verified = verify(&plain, method, "/", &[("x-webhook-secret", given)], body).unwrap();
                assert_eq!((verified.coverage(), verified.key().index()), (Coverage::None, index));
                assert_eq!((verified.replay_key(), verified.signed_at()), (None, None));
                assert_eq!((verified.parameters(), verified.valid_until()), (None, None));
            }
        }
    }
    assert_eq!((plain.scheme(), plain.replays()), ("static-token", Replays::Undetectable));
    assert_eq!(verify(&plain, "GET", "/", &[("x-webhook-secret", KEY)], b""), Err(MethodUnsupported));
    let gets = token("X-Webhook-Secret", "").methods(["GET"]).unwrap();
    assert!(verify(&gets, "GET", "/", &[("x-webhook-secret", KEY)], b"").is_ok());
    assert_eq!(verify(&gets, "POST", "/", &[("x-webhook-secret", KEY)], b""), Err(MethodUnsupported));
    assert_eq!(token("a", "").methods([""; 0]).unwrap_err(), ConfigError::MethodsInvalid);
    assert_eq!(StaticToken::new("a b", secret(KEY)).unwrap_err(), ConfigError::HeaderNameInvalid);
}

/// The conformance table has the header cut, extended, repeated, blank and missing.
#[test]
fn a_static_token_is_compared_whole_after_its_prefix() {
    let (plain, bearer) = (token("X-Token", ""), token("Authorization", "Bearer "));
    let check = |verifier, name, value: &str, expected| {
        let found = verify(verifier, "POST", "/", &[(name, value)], b"{}").map(drop);
        assert_eq!(found, expected, "{name}: {value:.40}");
    };
    let both = format!("{KEY},{OTHER_KEY}");
    let (spaced, longest) = (format!(" {KEY}"), "x".repeat(16 * 1024));
    for wrong in [&KEY[1..], &KEY.to_lowercase(), &KEY.to_uppercase(), &both, &spaced, "x", &longest] {
        check(&plain, "X-Token", wrong, Err(SignatureMismatch));
        let too_long = wrong.len() + "Bearer ".len() > 16 * 1024;
        let expected = if too_long { HeaderTooLong } else { SignatureMismatch };
        check(&bearer, "Authorization", &format!("Bearer {wrong}"), Err(expected));
    }
    check(&plain, "X-Token", &format!("Bearer {KEY}"), Err(SignatureMismatch));
    check(&plain, "X-Token", "", Err(SignatureMalformed));
    check(&bearer, "Authorization", &format!("Bearer {KEY}"), Ok(()));
    for malformed in [KEY, &format!("bearer {KEY}"), &format!("Bearer{KEY}"), "Bearer ", "Bearer", ""] {
        check(&bearer, "Authorization", malformed, Err(SignatureMalformed));
    }
}

#[test]
fn a_static_token_signs_and_is_built_from_settings() {
    let mut settings = Settings::default();
    settings.keyring = Some(secret(KEY).into());
    let scheme = Scheme::named("static-token").unwrap();
    assert_eq!(scheme.build(&settings).map(drop).unwrap_err(), ConfigError::HeaderNameInvalid);
    settings.header = Some("Authorization".to_owned());
    settings.prefix = Some("Bearer ".to_owned());
    let verifier = scheme.build(&settings).unwrap();
    let signed = verifier.sign(&secret(KEY).into(), &Unsigned::json("{}")).unwrap();
    assert_eq!(signed.header("authorization"), Some(&*format!("Bearer {KEY}")));
    let _ = accepts(&*verifier, signed.with_body("other").request());
    let other = verifier.sign(&secret(OTHER_KEY).into(), &Unsigned::json("{}")).unwrap();
    rejects(&*verifier, other.request(), SignatureMismatch);
    // A header holds text.
    let bytes = Secret::verbatim([0xff]).unwrap();
    let unwritable = verifier.sign(&bytes.into(), &Unsigned::json("{}")).map(drop).unwrap_err();
    assert_eq!(unwritable.kind(), SignatureMalformed);
}
