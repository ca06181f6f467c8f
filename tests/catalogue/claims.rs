//! 121 to 136: claims and `payload_hash`.

use countersign::ErrorKind::{
    self, ClaimMalformed, ClaimMismatch, ClaimMissing, ClaimsMalformed, PayloadHashMalformed,
    PayloadHashMismatch, PayloadHashMissing, SignatureMismatch, TimestampFuture, TimestampStale,
    TokenExpired, TokenPremature,
};
use countersign::vonage::SignedWebhook;
use countersign::{Tolerance, sign};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::forged::Forged;
use crate::framing::{claims_of, encode, jwt_schemes, key_of, with_token};
use crate::run::Run;
use crate::schemes::{Scheme, Subject};
use crate::support::{KEY, NOW, OTHER_KEY, secret, token};

const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;
const NO_TEXT: [&str; 7] = ["null", "1", "true", "[]", "{}", "[\"x\"]", "\"a\\u0000b\""];

cases! {
    case_121_a_right_token_with_another_request,
    case_122_no_payload_hash,
    case_123_a_payload_hash_that_is_none_or_anothers,
    case_124_a_payload_hash_in_upper_case,
    case_125_payload_hash_twice,
    case_126_payload_hash_by_another_name_or_within_another_claim,
    case_127_exp_that_is_no_number,
    case_128_exp_past_now_and_to_come,
    case_129_exp_at_and_beyond_the_types_ends,
    case_130_nbf_to_come_or_no_number,
    case_131_iat_missing_early_late_or_no_number,
    case_132_a_claim_twice,
    case_133_who_issued_it_for_whom,
    case_134_claims_that_are_not_one_object,
    case_135_a_wrong_signature_over_malformed_claims,
    case_136_the_hash_of_the_body_written_again,
    case_158_claims_nobody_asked_for,
}

fn case_121_a_right_token_with_another_request(run: &mut Run) {
    let signer = || sign::TokenSigner::new(&secret(KEY), NOW);
    let (first, second) = (signer().post("{\"a\":1}"), signer().post("{\"a\":2}"));
    let (get, other) = (signer().get("a=1&b=2"), signer().get("a=1&b=3"));
    let subject = Scheme::JwtPost.subject();
    for (token, request) in
        [(&first, &second), (&second, &first), (&get, &other), (&other, &get), (&first, &get), (&get, &first)]
    {
        let value = token.header("authorization").unwrap();
        let _ = run.accepts(&subject, token);
        run.rejects(&subject, Forged::from(request).header("authorization", value), PayloadHashMismatch);
    }
}

fn case_122_no_payload_hash(run: &mut Run) {
    for scheme in jwt_schemes() {
        for body in ["", "{}"] {
            let unhashed = without(scheme, "payload_hash");
            let forged = signed(scheme, &unhashed);
            let forged = if scheme.delivery().method() == "POST" { forged.body(body) } else { forged };
            run.rejects(&scheme.subject(), forged, PayloadHashMissing);
        }
    }
}

fn case_123_a_payload_hash_that_is_none_or_anothers(run: &mut Run) {
    for scheme in jwt_schemes() {
        let right = hash_of(scheme);
        for json in NO_TEXT {
            run.rejects(&scheme.subject(), with(scheme, "payload_hash", json), PayloadHashMalformed);
        }
        for text in [
            String::new(),
            right[..63].to_owned(),
            format!("{right}0"),
            right[1..].to_owned(),
            format!(" {right}"),
            format!("{right} "),
            format!("{right}\n"),
            format!("0x{right}"),
            format!("sha256={right}"),
            format!("{}g", &right[..63]),
            format!("{}\u{ff10}", &right[..63]),
            format!("{}\0", &right[..63]),
            encode(&hex::decode(&right).unwrap()),
            right.repeat(2),
            right[..40].to_owned(),
        ] {
            let json = Value::from(text).to_string();
            run.rejects(&scheme.subject(), with(scheme, "payload_hash", &json), PayloadHashMalformed);
        }
        let body = scheme.delivery().body().to_vec();
        for other in [
            Vec::new(),
            [&body[..], b"\n"].concat(),
            b"{\"a\":1}".to_vec(),
            hex::decode(&right).unwrap(),
            right.clone().into(),
        ] {
            let json = format!("\"{}\"", hex::encode(Sha256::digest(other)));
            run.rejects(&scheme.subject(), with(scheme, "payload_hash", &json), PayloadHashMismatch);
        }
        for bit in 0..256 {
            let mut hash = hex::decode(&right).unwrap();
            hash[bit / 8] ^= 1 << (bit % 8);
            let json = format!("\"{}\"", hex::encode(hash));
            run.rejects(&scheme.subject(), with(scheme, "payload_hash", &json), PayloadHashMismatch);
        }
    }
}

fn case_124_a_payload_hash_in_upper_case(run: &mut Run) {
    for scheme in jwt_schemes() {
        for text in [hash_of(scheme).to_uppercase(), hash_of(scheme).replace('a', "A")] {
            let _ = run.accepts(&scheme.subject(), with(scheme, "payload_hash", &format!("\"{text}\"")));
        }
    }
}

fn case_125_payload_hash_twice(run: &mut Run) {
    for scheme in jwt_schemes() {
        let (right, wrong) = (hash_of(scheme), "0".repeat(64));
        for (first, second) in [(&right, &right), (&right, &wrong), (&wrong, &right)] {
            for name in ["payload_hash", "payload\\u005fhash"] {
                let rest = without(scheme, "payload_hash");
                let inner = rest.trim_matches(['{', '}']);
                let claims = format!("{{\"payload_hash\":\"{first}\",{inner},\"{name}\":\"{second}\"}}");
                run.rejects(&scheme.subject(), signed(scheme, &claims), ClaimsMalformed);
                let claims = format!("{{\"{name}\":\"{first}\",\"payload_hash\":\"{second}\",{inner}}}");
                run.rejects(&scheme.subject(), signed(scheme, &claims), ClaimsMalformed);
            }
        }
    }
}

fn case_126_payload_hash_by_another_name_or_within_another_claim(run: &mut Run) {
    for scheme in jwt_schemes() {
        let (rest, right) = (without(scheme, "payload_hash"), hash_of(scheme));
        for member in [
            format!("\"Payload_Hash\":\"{right}\""),
            format!("\"payloadHash\":\"{right}\""),
            format!("\"payload-hash\":\"{right}\""),
            format!("\"payload_hash \":\"{right}\""),
            format!("\"payload_hash\\u0000\":\"{right}\""),
            format!("\"a\":{{\"payload_hash\":\"{right}\"}}"),
            format!("\"a\":[{{\"payload_hash\":\"{right}\"}}]"),
        ] {
            let claims = format!("{},{member}}}", rest.trim_end_matches('}'));
            run.rejects(&scheme.subject(), signed(scheme, &claims), PayloadHashMissing);
        }
    }
}

fn case_127_exp_that_is_no_number(run: &mut Run) {
    for scheme in jwt_schemes() {
        for json in ["\"never\"", "\"9999999999\"", "true", "null", "[]", "{}", "[9999999999]", "\"\""] {
            run.rejects(&scheme.subject(), with(scheme, "exp", json), ClaimMalformed);
        }
    }
}

fn case_128_exp_past_now_and_to_come(run: &mut Run) {
    let now = NOW.as_secs();
    for scheme in jwt_schemes() {
        for exp in [i64::MIN, -1, 0, now - 1, now] {
            run.rejects(&scheme.subject(), with(scheme, "exp", &exp.to_string()), TokenExpired);
        }
        for exp in [now + 1, now + 300, i64::MAX] {
            let _ = run.accepts(&scheme.subject(), with(scheme, "exp", &exp.to_string()));
        }
    }
    let lenient: Subject = SignedWebhook::new(secret(KEY))
        .clock(|| NOW)
        .leeway(Tolerance::either_way(std::time::Duration::from_secs(10)).unwrap())
        .into();
    for (exp, valid) in [(now - 11, false), (now - 10, false), (now - 9, true), (now, true)] {
        let token = with(Scheme::JwtPost, "exp", &exp.to_string());
        if valid {
            drop(run.accepts(&lenient, token));
        } else {
            run.rejects(&lenient, token, TokenExpired);
        }
    }
}

fn case_129_exp_at_and_beyond_the_types_ends(run: &mut Run) {
    for scheme in jwt_schemes() {
        for json in [
            "1e400",
            "-1e400",
            "NaN",
            "Infinity",
            "9223372036854775808",
            "-9223372036854775809",
            "18446744073709551615",
            "18446744073709551616",
            "0x7fffffff",
            "1_000",
            "+1",
            "01",
            "-",
            "--1",
            "1.",
        ] {
            run.rejects_as(&scheme.subject(), with(scheme, "exp", json), &[ClaimMalformed, ClaimsMalformed]);
        }
        for (json, rejected) in [
            ("9007199254740993", false),
            ("9223372036854775807", false),
            ("-9223372036854775808", true),
            ("-1", true),
            ("-0", true),
        ] {
            let token = with(scheme, "exp", json);
            if rejected {
                run.rejects(&scheme.subject(), token, TokenExpired);
            } else {
                drop(run.accepts(&scheme.subject(), token));
            }
        }
    }
}

fn case_130_nbf_to_come_or_no_number(run: &mut Run) {
    let now = NOW.as_secs();
    for scheme in jwt_schemes() {
        for nbf in [now + 1, now + 60, i64::MAX] {
            run.rejects(&scheme.subject(), with(scheme, "nbf", &nbf.to_string()), TokenPremature);
        }
        for nbf in [now, now - 1, 0, i64::MIN] {
            let _ = run.accepts(&scheme.subject(), with(scheme, "nbf", &nbf.to_string()));
        }
        for json in [&format!("\"{now}\""), "null", "true", "[]"] {
            run.rejects(&scheme.subject(), with(scheme, "nbf", json), ClaimMalformed);
        }
    }
}

fn case_131_iat_missing_early_late_or_no_number(run: &mut Run) {
    let now = NOW.as_secs();
    for scheme in jwt_schemes() {
        run.rejects(&scheme.subject(), signed(scheme, &without(scheme, "iat")), ClaimMissing);
        for (iat, kind) in [
            (now + 61, TimestampFuture),
            (i64::MAX, TimestampFuture),
            (now - 301, TimestampStale),
            (0, TimestampStale),
            (i64::MIN, TimestampStale),
        ] {
            run.rejects(&scheme.subject(), with(scheme, "iat", &iat.to_string()), kind);
        }
        for json in [&format!("\"{now}\""), "null", "true", "[]", "{}"] {
            run.rejects(&scheme.subject(), with(scheme, "iat", json), ClaimMalformed);
        }
    }
}

fn case_132_a_claim_twice(run: &mut Run) {
    for scheme in jwt_schemes() {
        let genuine = claims_of(scheme);
        let inner = genuine.trim_matches(['{', '}']);
        for (name, json) in [
            ("exp", "9999999999"),
            ("nbf", "0"),
            ("api_key", "\"a\""),
            ("application_id", "\"a\""),
            ("x", "1"),
            ("", "{}"),
        ] {
            let claims = format!("{{\"{name}\":{json},{inner},\"{name}\":{json}}}");
            let twice = if inner.contains(&format!("\"{name}\":")) {
                format!("{{{inner},\"{name}\":{json}}}")
            } else {
                claims
            };
            run.rejects(&scheme.subject(), signed(scheme, &twice), ClaimsMalformed);
        }
        for (name, json) in
            [("iat", NOW.to_string()), ("jti", "\"x\"".to_owned()), ("iss", "\"Vonage\"".to_owned())]
        {
            for member in [
                format!("\"{name}\":{json}"),
                format!("\"\\u00{:02x}{}\":{json}", name.as_bytes()[0], &name[1..]),
            ] {
                run.rejects(
                    &scheme.subject(),
                    signed(scheme, &format!("{{{inner},{member}}}")),
                    ClaimsMalformed,
                );
                run.rejects(
                    &scheme.subject(),
                    signed(scheme, &format!("{{{member},{inner}}}")),
                    ClaimsMalformed,
                );
            }
        }
    }
}

fn case_133_who_issued_it_for_whom(run: &mut Run) {
    for scheme in jwt_schemes() {
        for issuer in ["vonage", "Nexmo", "", "Vonage ", " Vonage", "Vonage\0", "V\u{43e}nage"] {
            let json = Value::from(issuer).to_string();
            run.rejects_as(&scheme.subject(), with(scheme, "iss", &json), &[ClaimMismatch, ClaimMalformed]);
        }
        for json in NO_TEXT {
            run.rejects(&scheme.subject(), with(scheme, "iss", json), ClaimMalformed);
        }
        // The audience and the subject are not documented, so they are not read.
        for name in ["aud", "sub"] {
            for json in NO_TEXT {
                let _ = run.accepts(&scheme.subject(), with(scheme, name, json));
            }
        }
    }
    let webhook = || SignedWebhook::new(secret(KEY)).clock(|| NOW);
    for (subject, name) in [
        (webhook().api_key("expected").unwrap().into(), "api_key"),
        (webhook().application_id("expected").unwrap().into(), "application_id"),
    ] {
        let _ = run.accepts(&subject, with(Scheme::JwtPost, name, "\"expected\""));
        run.rejects(&subject, Scheme::JwtPost.delivery(), ClaimMissing);
        for other in ["other", "", "Expected", "expected ", "expecte", "expected0"] {
            let json = Value::from(other).to_string();
            run.rejects(&subject, with(Scheme::JwtPost, name, &json), ClaimMismatch);
        }
        for json in NO_TEXT {
            run.rejects(&subject, with(Scheme::JwtPost, name, json), ClaimMalformed);
        }
    }
}

fn case_134_claims_that_are_not_one_object(run: &mut Run) {
    for scheme in jwt_schemes() {
        let genuine = claims_of(scheme);
        let inner = genuine.trim_matches(['{', '}']);
        for claims in [
            String::new(),
            "[]".into(),
            "\"x\"".into(),
            "1".into(),
            "null".into(),
            "{".into(),
            "}".into(),
            format!("[{genuine}]"),
            format!("{genuine}x"),
            format!("{genuine}{{}}"),
            format!("{genuine}\0"),
            format!("\u{feff}{genuine}"),
            format!("{{{inner},}}"),
            format!("{{,{inner}}}"),
            format!("{{{inner}"),
            format!("{{{inner} \"x\":1}}"),
            format!("{{{inner},x:1}}"),
            format!("{{{inner},'x':1}}"),
            format!("{{{inner},\"x\":\"\\ud800\"}}"),
            format!("{{{inner},\"x\":\"\0\"}}"),
            format!("{{{inner},\"x\":\"\n\"}}"),
            format!("{{{inner},\"x\":\"\\q\"}}"),
            format!("{{{inner},\"x\":[}}"),
            format!("{{{inner},\"x\":NaN}}"),
            format!("{{{inner},\"x\":1}}//"),
            format!("{{{inner},\"x\":{}", "[".repeat(5_000)),
        ] {
            run.rejects(&scheme.subject(), signed(scheme, &claims), ClaimsMalformed);
        }
        // Bytes that are not text, and text with escaped NULs.
        for bytes in [&b"\xff"[..], b"\xc0\xaf", b"\xed\xa0\x80"] {
            let claims = [format!("{{{inner},\"x\":\"").as_bytes(), bytes, b"\"}"].concat();
            let input = format!("{}.{}", encode(HEADER.as_bytes()), encode(&claims));
            let tag = crate::secrets::hmac::<Sha256>(64, &key_of(scheme), input.as_bytes());
            let forged = with_token(scheme, &format!("{input}.{}", encode(&tag)));
            run.rejects(&scheme.subject(), forged, ClaimsMalformed);
        }
        run.rejects(&scheme.subject(), with(scheme, "iss", "\"a\\u0000b\""), ClaimMalformed);
        let _ = run.accepts(&scheme.subject(), with(scheme, "x", "\"a\\u0000b\""));
        let long = format!("{{{inner},\"x\":\"{}\"}}", "x".repeat(1 << 20));
        run.rejects(&scheme.subject(), signed(scheme, &long), ErrorKind::HeaderTooLong);
    }
}

fn case_135_a_wrong_signature_over_malformed_claims(run: &mut Run) {
    for scheme in jwt_schemes() {
        for claims in ["", "x", "{", "[]", "{\"iat\":\"x\"}", "{\"exp\":0,\"iat\":0}", "\u{feff}"] {
            let forged = with_token(scheme, &token(HEADER, claims, OTHER_KEY.as_bytes()));
            run.rejects(&scheme.subject(), forged, SignatureMismatch);
        }
    }
}

fn case_136_the_hash_of_the_body_written_again(run: &mut Run) {
    let original = r#"{"b": 1.50, "a": "caf\u00e9 \/"}"#;
    for rewritten in
        [r#"{"b":1.50,"a":"caf\u00e9 \/"}"#, r#"{"b":1.5,"a":"café /"}"#, r#"{"a":"café /","b":1.5}"#]
    {
        let hash = format!("\"{}\"", hex::encode(Sha256::digest(rewritten)));
        let token =
            sign::TokenSigner::new(&secret(KEY), NOW).claim_json("payload_hash", &hash).post(original);
        run.rejects(&Scheme::JwtPost.subject(), &token, PayloadHashMismatch);
        let _ = run.accepts(&Scheme::JwtPost.subject(), Forged::from(&token).body(rewritten));
        let token = sign::ContactCenterSigner::new(&secret(KEY), NOW)
            .unwrap()
            .claim_json("payload_hash", &hash)
            .post(original);
        run.rejects(&Scheme::ContactCenter.subject(), &token, PayloadHashMismatch);
    }
}

/// The scheme's genuine request, with a correctly signed token of these claims.
fn signed(scheme: Scheme, claims: &str) -> Forged {
    with_token(scheme, &token(HEADER, claims, &key_of(scheme)))
}

/// The genuine claims without one.
fn without(scheme: Scheme, name: &str) -> String {
    let mut claims: serde_json::Map<String, Value> = serde_json::from_str(&claims_of(scheme)).unwrap();
    claims.remove(name);
    Value::Object(claims).to_string()
}

/// The scheme's genuine request with this JSON as a claim, correctly signed.
fn with(scheme: Scheme, name: &str, json: &str) -> Forged {
    let rest = without(scheme, name);
    signed(scheme, &format!("{},\"{name}\":{json}}}", rest.trim_end_matches('}')))
}

fn hash_of(scheme: Scheme) -> String {
    let claims: Value = serde_json::from_str(&claims_of(scheme)).unwrap();
    claims["payload_hash"].as_str().unwrap().to_owned()
}

/// A claim that is not read may have any type. Case 133 has those that are read. Times may have a fraction.
fn case_158_claims_nobody_asked_for(run: &mut Run) {
    let now = NOW.as_secs();
    for scheme in jwt_schemes() {
        for name in ["api_key", "application_id", "jti"] {
            for json in NO_TEXT {
                let verified = run.accepts(&scheme.subject(), with(scheme, name, json));
                let claims = verified.claims().unwrap();
                run.holds([claims.text("api_key"), claims.text("application_id")] == [None, None]);
            }
        }
        // `iat` and `exp` are rounded down and `nbf` up, so rounding never extends a token's validity.
        for (name, json, rejected) in [
            ("iat", format!("{now}.9"), None),
            ("iat", format!("{now}.0e0"), None),
            ("iat", format!("{}.1", now + 61), Some(TimestampFuture)),
            ("exp", format!("{now}.9"), Some(TokenExpired)),
            ("exp", format!("{}.0", now + 1), None),
            ("exp", "9.9e9".to_owned(), None),
            ("exp", "1e400".to_owned(), Some(ClaimMalformed)),
            ("nbf", format!("{now}.1"), Some(TokenPremature)),
            ("nbf", format!("{}.9", now - 1), None),
            ("nbf", "-0.5".to_owned(), None),
        ] {
            let token = with(scheme, name, &json);
            match rejected {
                Some(kind) => run.rejects(&scheme.subject(), token, kind),
                None => drop(run.accepts(&scheme.subject(), token)),
            }
        }
    }
}
