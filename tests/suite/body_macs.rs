//! Platforms that sign only the raw body, and static tokens, which sign nothing.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::ErrorKind::{
    self, HeaderRepeated, HeaderTooLong, MethodUnsupported, SignatureMalformed, SignatureMismatch,
    SignatureMissing,
};
use countersign::schemes::{Scheme, Settings};
use countersign::sign::{Signer, Unsigned};
use countersign::{
    Agora, Bland, CalCom, ConfigError, Coverage, Famulor, Genesys, Head, Keyring, Replays, Request, Secret,
    SinchNumbers, StaticToken, Verified, Verifier,
};

use crate::support::{KEY, OTHER_KEY, accepts, rejects, secret, verdict};

/// A request, and whether the vendor publishes it. The others were made for these tests.
struct Vector {
    scheme: &'static str,
    source: Option<&'static str>,
    secret: &'static str,
    header: &'static str,
    signature: &'static str,
    body: &'static str,
}

const VECTORS: [Vector; 8] = [
    Vector {
        scheme: "bland",
        source: None,
        secret: "bland-secret",
        header: "X-Webhook-Signature",
        signature: "facdf7c23ac31348b5ab2a036c0f9a9779a2b649769e2a9f90ea7be4a46817c5",
        body: r#"{"event":"call.ended"}"#,
    },
    Vector {
        scheme: "cal-com",
        source: None,
        secret: "cal-secret",
        header: "X-Cal-Signature-256",
        signature: "b6b403c0d1226e05a0032416f34c3f7a3b9c4bd6574f699474109b197e37f293",
        body: r#"{"event":"call.ended"}"#,
    },
    Vector {
        scheme: "agora",
        source: Some("the documentation of Agora, Conversational AI"),
        secret: "secret",
        header: "Agora-Signature-V2",
        signature: "de96da5acf03b0021ac3b4fa2225e7ae6f3533a30d50bb02c08ea4fa748bda24",
        body: r#"{"eventType":10,"noticeId":"4eb720f0-8da7-11e9-a43e-53f411c2761f","notifyMs":1560408533119,"payload":{"a":"1","b":2},"productId":1}"#,
    },
    Vector {
        scheme: "agora",
        source: Some("the documentation of Agora, notifications"),
        secret: "secret",
        header: "Agora-Signature-V2",
        signature: "6d3320c60b11101395b7fc8f9068748808a0aa1bfa064438e39d1bc2c7d74d99",
        body: r#"{"eventMs":1560408533119,"eventType":10,"noticeId":"4eb720f0-8da7-11e9-a43e-53f411c2761f","notifyMs":1560408533119,"payload":{"a":"1","b":2},"productId":1}"#,
    },
    Vector {
        scheme: "famulor",
        source: Some("the vendor's node for n8n"),
        secret: "test-secret",
        header: "X-Famulor-Signature",
        signature: "sha256=90c33d548fe338f3655514dee22323669af00679a98b9d9cbc8ac2ee9deafe04",
        body: r#"{"event":"call.completed"}"#,
    },
    Vector {
        scheme: "genesys",
        source: None,
        secret: "genesys-secret",
        header: "X-Hub-Signature-256",
        signature: "sha256=4G5TUd/AGeavAobfB7vfh7HZBvpSXigVlIkcPUK0BAY=",
        body: r#"{"type":"Text","text":"Hello"}"#,
    },
    Vector {
        scheme: "sinch-numbers",
        source: Some("sinch/sinch-sdk-python"),
        secret: "my-callback-secret",
        header: "X-Sinch-Signature",
        signature: "d2107528d5d52897a97dc6e24e09a208036ccd83",
        body: r#"{"eventId":"event_id","timestamp":"2025-04-08T10:38:04.854087603","projectId":"project-id","resourceId":"+1234567890","resourceType":"ACTIVE_NUMBER","eventType":"PROVISIONING_TO_VOICE_PLATFORM","status":"SUCCEEDED","failureCode":null,"internalFailureCode":null}"#,
    },
    Vector {
        scheme: "sinch-numbers",
        source: Some("sinch/sinch-sdk-node"),
        secret: "my-callback-secret",
        header: "X-Sinch-Signature",
        signature: "b93021e0182c2772dbcdf4e8983ae8f409e78c3b",
        body: r#"{"eventId":"01hpa0mww4m79q8j2dwn3ggbgz","timestamp":"2024-02-10T17:22:09.412722588","projectId":"37b62a7b-0177-abcd-efgh-e10f848de123","resourceId":"+17818510001","resourceType":"ACTIVE_NUMBER","eventType":"DEPROVISIONING_FROM_VOICE_PLATFORM","status":"SUCCEEDED","failureCode":null}"#,
    },
];

fn build(scheme: &str, secret: &str, header: Option<&str>) -> Box<dyn Verifier> {
    let mut settings = Settings::default();
    settings.keyring = Some(self::secret(secret).into());
    settings.header = header.map(str::to_owned);
    Box::new(Scheme::named(scheme).unwrap().build(&settings).unwrap())
}

#[track_caller]
fn verify(
    verifier: &dyn Verifier,
    method: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Verified, ErrorKind> {
    let headers = headers.to_vec();
    verdict(verifier, Request::new(Head::new(method, &headers), body)).map_err(|error| error.kind())
}

#[test]
fn vectors_are_accepted_and_altered_ones_rejected() {
    assert_eq!(VECTORS.iter().filter(|vector| vector.source.is_some()).count(), 5);
    for Vector { scheme, secret, header, signature, body, .. } in VECTORS {
        let verifier = build(scheme, secret, None);
        assert_eq!(verifier.scheme(), scheme);
        let kind = |method: &str, headers: &[(&str, &str)], body: &str| {
            verify(&*verifier, method, headers, body.as_bytes()).map(|verified| verified.coverage())
        };
        let right = [(header, signature)];
        assert_eq!(kind("POST", &right, body), Ok(Coverage::Body), "{scheme}");
        // A framework reads the query of a GET, which is not signed.
        for method in ["GET", "DELETE", "HEAD"] {
            assert_eq!(kind(method, &right, body), Err(MethodUnsupported), "{scheme}");
        }
        for altered in [&format!("{body}\n"), &body.replace(':', ": "), &body[1..], ""] {
            assert_eq!(kind("POST", &right, altered), Err(SignatureMismatch), "{scheme} {altered}");
        }
        let other = build(scheme, "another", None);
        assert_eq!(verify(&*other, "POST", &right, body.as_bytes()), Err(SignatureMismatch));
        let text = signature.trim_start_matches("sha256=");
        let bytes = hex::decode(text).unwrap_or_else(|_| BASE64_STANDARD.decode(text).unwrap());
        let in_other_encoding =
            if scheme == "genesys" { hex::encode(&bytes) } else { BASE64_STANDARD.encode(&bytes) };
        for wrong in [
            &format!("{signature},{signature}"),
            &format!("v1={text}"),
            &signature.replace("sha256", "SHA256").replace(text, &format!("{text} ")),
            &signature.replace(text, &in_other_encoding),
            &signature.replace(text, ""),
            "no-secret-provided",
        ] {
            assert_eq!(kind("POST", &[(header, wrong)], body), Err(SignatureMalformed), "{scheme} {wrong:?}");
        }
        // The prefix is required.
        let bare = kind("POST", &[(header, text)], body);
        let expected = if text == signature { Ok(Coverage::Body) } else { Err(SignatureMalformed) };
        assert_eq!(bare, expected, "{scheme}");
        // A gateway may rename the header.
        let renamed = build(scheme, secret, Some("X-Renamed"));
        assert!(verify(&*renamed, "POST", &[("x-renamed", signature)], body.as_bytes()).is_ok());
        assert_eq!(verify(&*renamed, "POST", &right, body.as_bytes()), Err(SignatureMissing));
        assert_eq!(verifier.replays(), Replays::Undetectable);
    }
}

#[test]
fn hex_is_of_either_case_and_base64_is_not() {
    for Vector { scheme, secret, header, signature, body, .. } in VECTORS {
        let verifier = build(scheme, secret, None);
        let text = signature.trim_start_matches("sha256=");
        let upper = signature.replace(text, &text.to_uppercase());
        let found = verify(&*verifier, "POST", &[(header, &upper)], body.as_bytes()).map(|it| it.coverage());
        let expected = if scheme == "genesys" { Err(SignatureMismatch) } else { Ok(Coverage::Body) };
        assert_eq!(found, expected, "{scheme}");
    }
}

#[test]
fn agora_never_falls_back_to_sha1() {
    // Published, beside the signature by SHA-256.
    let (v1, body) = ("5a3bb6a6d9fad2ea9ae3fb707a14c9d7f3136df1", VECTORS[2].body);
    let agora = Agora::new(secret("secret"));
    let kind = |headers: &[(&str, &str)]| verify(&agora, "POST", headers, body.as_bytes()).map(drop);
    assert_eq!(kind(&[("Agora-Signature", v1)]), Err(SignatureMissing));
    let (v2, wrong) = (VECTORS[2].signature, "0".repeat(64));
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

#[test]
fn a_body_of_any_type_is_signed_raw() {
    let verifiers: [(&dyn Signer, usize); 6] = [
        (&Bland::new(secret(KEY)), 64),
        (&CalCom::new(secret(KEY)), 64),
        (&Agora::new(secret(KEY)), 64),
        (&Famulor::new(secret(KEY)), 64 + 7),
        (&Genesys::new(secret(KEY)), 44 + 7),
        (&SinchNumbers::new(secret(KEY)), 40),
    ];
    for (verifier, length) in verifiers {
        for body in [&b""[..], b"a=1&b=2", b"\xff\x00", b"{\"a\":1}"] {
            let form = Unsigned::form(body);
            for unsigned in [form, Unsigned::json(body), Unsigned::new("PUT", body)] {
                let signed = verifier.sign(&(&secret(KEY)).into(), &unsigned).unwrap();
                assert_eq!(accepts(&verifier, signed.request()).coverage(), Coverage::Body);
                let (_, signature) = signed.headers().last().unwrap();
                assert_eq!(signature.len(), length);
                let added = signed.clone().with_body([body, b"&"].concat());
                rejects(&verifier, added.request(), SignatureMismatch);
                let other = verifier.sign(&(&secret(OTHER_KEY)).into(), &unsigned).unwrap();
                rejects(&verifier, other.request(), SignatureMismatch);
            }
        }
    }
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
                let verified = verify(&plain, method, &[("x-webhook-secret", given)], body).unwrap();
                assert_eq!((verified.coverage(), verified.key().index()), (Coverage::None, index));
                assert_eq!((verified.replay_key(), verified.signed_at()), (None, None));
                assert_eq!((verified.parameters(), verified.valid_until()), (None, None));
            }
        }
    }
    assert_eq!((plain.scheme(), plain.replays()), ("static-token", Replays::Undetectable));
    assert_eq!(verify(&plain, "GET", &[("x-webhook-secret", KEY)], b""), Err(MethodUnsupported));
    let gets = token("X-Webhook-Secret", "").methods(["GET"]).unwrap();
    assert!(verify(&gets, "GET", &[("x-webhook-secret", KEY)], b"").is_ok());
    assert_eq!(verify(&gets, "POST", &[("x-webhook-secret", KEY)], b""), Err(MethodUnsupported));
    assert_eq!(token("a", "").methods([""; 0]).unwrap_err(), ConfigError::MethodsInvalid);
    assert_eq!(StaticToken::new("a b", secret(KEY)).unwrap_err(), ConfigError::HeaderNameInvalid);
}

#[test]
fn a_static_token_is_compared_whole() {
    let kind =
        |verifier: &StaticToken, headers: &[(&str, &str)]| verify(verifier, "POST", headers, b"{}").map(drop);
    let (plain, bearer) = (token("X-Token", ""), token("Authorization", "Bearer "));
    for wrong in [
        &KEY[1..],
        &KEY[..KEY.len() - 1],
        &format!("{KEY}="),
        &format!("{KEY} "),
        &format!(" {KEY}"),
        &KEY.to_lowercase(),
        &KEY.to_uppercase(),
        &format!("{KEY},{OTHER_KEY}"),
        &format!("Bearer {KEY}"),
        &format!("{KEY}{OTHER_KEY}"),
        "x",
        &"x".repeat(16 * 1024),
    ] {
        assert_eq!(kind(&plain, &[("X-Token", wrong)]), Err(SignatureMismatch), "{wrong}");
        let value = format!("Bearer {wrong}");
        let expected = if value.len() > 16 * 1024 { HeaderTooLong } else { SignatureMismatch };
        assert_eq!(kind(&bearer, &[("Authorization", &value)]), Err(expected), "{wrong}");
    }
    assert_eq!(kind(&plain, &[("X-Token", KEY)]), Ok(()));
    assert_eq!(kind(&bearer, &[("Authorization", &format!("Bearer {KEY}"))]), Ok(()));
    for malformed in [KEY, &format!("bearer {KEY}"), &format!("Bearer{KEY}"), "Bearer ", "Bearer", ""] {
        assert_eq!(kind(&bearer, &[("Authorization", malformed)]), Err(SignatureMalformed));
    }
    assert_eq!(kind(&plain, &[("X-Token", "")]), Err(SignatureMalformed));
    assert_eq!(kind(&plain, &[]), Err(SignatureMissing));
    assert_eq!(kind(&plain, &[("X-Token", KEY), ("x-token", KEY)]), Err(HeaderRepeated));
    assert_eq!(kind(&plain, &[("X-Token", KEY), ("x-token", "")]), Err(HeaderRepeated));
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
