//! 121 to 136: claims and `payload_hash`.

use countersign::ErrorKind::{
    self, ClaimMalformed, ClaimMismatch, ClaimMissing, ClaimsMalformed, PayloadHashMalformed,
    PayloadHashMismatch, PayloadHashMissing, SignatureMismatch, TimestampFuture, TimestampStale,
    TokenExpired, TokenPremature,
};
use countersign::sign;
use countersign::vonage::SignedWebhook;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::forged::Forged;
use crate::framing::{claims_of, encode, key_of, with_token};
use crate::run::Run;
use crate::schemes::Scheme;
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
    case_127_128_129_130_131_times_that_are_no_number_early_late_and_at_the_types_ends,
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
    let subject = Scheme::JwtPost.verifier();
    for (token, request) in
        [(&first, &second), (&second, &first), (&get, &other), (&other, &get), (&first, &get), (&get, &first)]
    {
        let value = token.header("authorization").unwrap();
        let _ = run.accepts(&subject, token);
        run.rejects(&subject, Forged::from(request).header("authorization", value), PayloadHashMismatch);
    }
}

fn case_122_no_payload_hash(run: &mut Run) {
    for scheme in Scheme::ALL {
        for body in ["", "{}"] {
            let unhashed = without(scheme, "payload_hash");
            let forged = signed(scheme, &unhashed);
            let forged = if scheme.delivery().method() == "POST" { forged.body(body) } else { forged };
            run.rejects(&scheme.verifier(), forged, PayloadHashMissing);
        }
    }
}

fn case_123_a_payload_hash_that_is_none_or_anothers(run: &mut Run) {
    for scheme in Scheme::ALL {
        let right = hash_of(scheme);
        for json in NO_TEXT {
            run.rejects(&scheme.verifier(), with(scheme, "payload_hash", json), PayloadHashMalformed);
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
            run.rejects(&scheme.verifier(), with(scheme, "payload_hash", &json), PayloadHashMalformed);
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
            run.rejects(&scheme.verifier(), with(scheme, "payload_hash", &json), PayloadHashMismatch);
        }
        for bit in 0..256 {
            let mut hash = hex::decode(&right).unwrap();
            hash[bit / 8] ^= 1 << (bit % 8);
            let json = format!("\"{}\"", hex::encode(hash));
            run.rejects(&scheme.verifier(), with(scheme, "payload_hash", &json), PayloadHashMismatch);
        }
    }
}

fn case_124_a_payload_hash_in_upper_case(run: &mut Run) {
    for scheme in Scheme::ALL {
        for text in [hash_of(scheme).to_uppercase(), hash_of(scheme).replace('a', "A")] {
            let _ = run.accepts(&scheme.verifier(), with(scheme, "payload_hash", &format!("\"{text}\"")));
        }
    }
}

fn case_125_payload_hash_twice(run: &mut Run) {
    for scheme in Scheme::ALL {
        let (right, wrong) = (hash_of(scheme), "0".repeat(64));
        for (first, second) in [(&right, &right), (&right, &wrong), (&wrong, &right)] {
            for name in ["payload_hash", "payload\\u005fhash"] {
                let rest = without(scheme, "payload_hash");
                let inner = rest.trim_matches(['{', '}']);
                let claims = format!("{{\"payload_hash\":\"{first}\",{inner},\"{name}\":\"{second}\"}}");
                run.rejects(&scheme.verifier(), signed(scheme, &claims), ClaimsMalformed);
                let claims = format!("{{\"{name}\":\"{first}\",\"payload_hash\":\"{second}\",{inner}}}");
                run.rejects(&scheme.verifier(), signed(scheme, &claims), ClaimsMalformed);
            }
        }
    }
}

fn case_126_payload_hash_by_another_name_or_within_another_claim(run: &mut Run) {
    for scheme in Scheme::ALL {
        let (rest, right) = (without(scheme, "payload_hash"), hash_of(scheme));
        let names = r"Payload_Hash|payloadHash|payload-hash|payload_hash |payload_hash\u0000";
        let renamed = names.split('|').map(|name| format!("\"{name}\":\"{right}\""));
        let nested = format!("\"a\":{{\"payload_hash\":\"{right}\"}}");
        let listed = format!("\"a\":[{{\"payload_hash\":\"{right}\"}}]");
        for member in renamed.chain([nested, listed]) {
            let claims = format!("{},{member}}}", rest.trim_end_matches('}'));
            run.rejects(&scheme.verifier(), signed(scheme, &claims), PayloadHashMissing);
        }
    }
}

fn case_127_128_129_130_131_times_that_are_no_number_early_late_and_at_the_types_ends(run: &mut Run) {
    let now = NOW.as_secs();
    let no_number = format!(r#""never"|"9999999999"|"{now}"|true|null|[]|{{}}|[9999999999]|"""#);
    let beyond =
        "1e400|-1e400|9223372036854775808|-9223372036854775809|18446744073709551615|18446744073709551616";
    let no_json = "NaN|Infinity|0x7fffffff|1_000|+1|01|-|--1|1.";
    let times = |times: &[i64]| times.iter().map(i64::to_string).collect::<Vec<_>>().join("|");
    let (least, most) = (i64::MIN, i64::MAX);
    let mut cases = vec![
        ("exp", times(&[least, -1, 0, now - 1, now]), Some(TokenExpired)),
        ("exp", "-0".to_owned(), Some(TokenExpired)),
        ("exp", times(&[now + 1, now + 300, 9_007_199_254_740_993, most]), None),
        ("nbf", times(&[now + 1, now + 60, most]), Some(TokenPremature)),
        ("nbf", times(&[now, now - 1, 0, least]), None),
        ("iat", times(&[now + 61, most]), Some(TimestampFuture)),
        ("iat", times(&[now - 301, 0, least]), Some(TimestampStale)),
    ];
    for name in ["exp", "nbf", "iat"] {
        cases.push((name, no_number.clone(), Some(ClaimMalformed)));
        cases.push((name, beyond.to_owned(), Some(ClaimMalformed)));
        cases.push((name, no_json.to_owned(), Some(ClaimsMalformed)));
    }
    for scheme in Scheme::ALL {
        run.rejects(&scheme.verifier(), signed(scheme, &without(scheme, "iat")), ClaimMissing);
        for (name, texts, rejected) in &cases {
            for json in texts.split('|') {
                let forged = with(scheme, name, json);
                match rejected {
                    Some(kind) => run.rejects(&scheme.verifier(), forged, *kind),
                    None => drop(run.accepts(&scheme.verifier(), forged)),
                }
            }
        }
    }
}

fn case_132_a_claim_twice(run: &mut Run) {
    for scheme in Scheme::ALL {
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
            run.rejects(&scheme.verifier(), signed(scheme, &twice), ClaimsMalformed);
        }
        for (name, json) in
            [("iat", NOW.to_string()), ("jti", "\"x\"".to_owned()), ("iss", "\"Vonage\"".to_owned())]
        {
            for member in [
                format!("\"{name}\":{json}"),
                format!("\"\\u00{:02x}{}\":{json}", name.as_bytes()[0], &name[1..]),
            ] {
                run.rejects(
                    &scheme.verifier(),
                    signed(scheme, &format!("{{{inner},{member}}}")),
                    ClaimsMalformed,
                );
                run.rejects(
                    &scheme.verifier(),
                    signed(scheme, &format!("{{{member},{inner}}}")),
                    ClaimsMalformed,
                );
            }
        }
    }
}

fn case_133_who_issued_it_for_whom(run: &mut Run) {
    for scheme in Scheme::ALL {
        for issuer in ["vonage", "Nexmo", "", "Vonage ", " Vonage", "Vonage\0", "V\u{43e}nage"] {
            let json = Value::from(issuer).to_string();
            run.rejects_as(&scheme.verifier(), with(scheme, "iss", &json), &[ClaimMismatch, ClaimMalformed]);
        }
        for json in NO_TEXT {
            run.rejects(&scheme.verifier(), with(scheme, "iss", json), ClaimMalformed);
        }
        let _ = run.accepts(&scheme.verifier(), signed(scheme, &without(scheme, "iss")));
        // The audience and the subject are not documented, so they are not read.
        for name in ["aud", "sub"] {
            for json in NO_TEXT {
                let _ = run.accepts(&scheme.verifier(), with(scheme, name, json));
            }
        }
    }
    let webhook = || SignedWebhook::new(secret(KEY)).clock(|| NOW);
    for (subject, name) in [
        (webhook().api_key("expected").unwrap(), "api_key"),
        (webhook().application_id("expected").unwrap(), "application_id"),
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
    for scheme in Scheme::ALL {
        let genuine = claims_of(scheme);
        let inner = genuine.trim_matches(['{', '}']);
        // `R` is the genuine members.
        let texts = [
            r#"|[]|"x"|1|null|{|}|[{R}]|{R}x|{R}{}|{R,}|{,R}|{R|{R "x":1}|{R,x:1}|{R,'x':1}|{R,"x":"\ud800"}"#,
            r#"{R,"x":"\q"}|{R,"x":[}|{R,"x":NaN}|{R,"x":1}//"#,
            "{R}\0|\u{feff}{R}|{R,\"x\":\"\0\"}|{R,\"x\":\"\n\"}",
            &format!("{{R,\"x\":{}", "[".repeat(5_000)),
        ];
        for claims in texts.iter().flat_map(|line| line.split('|')).map(|text| text.replace('R', inner)) {
            run.rejects(&scheme.verifier(), signed(scheme, &claims), ClaimsMalformed);
        }
        // Bytes that are not text, and text with escaped NULs.
        for bytes in [&b"\xff"[..], b"\xc0\xaf", b"\xed\xa0\x80"] {
            let claims = [format!("{{{inner},\"x\":\"").as_bytes(), bytes, b"\"}"].concat();
            let input = format!("{}.{}", encode(HEADER.as_bytes()), encode(&claims));
            let tag = crate::secrets::hmac::<Sha256>(64, &key_of(scheme), input.as_bytes());
            let forged = with_token(scheme, &format!("{input}.{}", encode(&tag)));
            run.rejects(&scheme.verifier(), forged, ClaimsMalformed);
        }
        run.rejects(&scheme.verifier(), with(scheme, "iss", "\"a\\u0000b\""), ClaimMalformed);
        let _ = run.accepts(&scheme.verifier(), with(scheme, "x", "\"a\\u0000b\""));
        let long = format!("{{{inner},\"x\":\"{}\"}}", "x".repeat(1 << 20));
        run.rejects(&scheme.verifier(), signed(scheme, &long), ErrorKind::HeaderTooLong);
    }
}

fn case_135_a_wrong_signature_over_malformed_claims(run: &mut Run) {
    for scheme in Scheme::ALL {
        for claims in ["", "x", "{", "[]", "{\"iat\":\"x\"}", "{\"exp\":0,\"iat\":0}", "\u{feff}"] {
            let forged = with_token(scheme, &token(HEADER, claims, OTHER_KEY.as_bytes()));
            run.rejects(&scheme.verifier(), forged, SignatureMismatch);
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
        run.rejects(&Scheme::JwtPost.verifier(), &token, PayloadHashMismatch);
        let _ = run.accepts(&Scheme::JwtPost.verifier(), Forged::from(&token).body(rewritten));
        let token = sign::ContactCenterSigner::new(&secret(KEY), NOW)
            .unwrap()
            .claim_json("payload_hash", &hash)
            .post(original);
        run.rejects(&Scheme::ContactCenter.verifier(), &token, PayloadHashMismatch);
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

/// A claim that is not read may have any type. Case 133 has those that are read.
fn case_158_claims_nobody_asked_for(run: &mut Run) {
    for scheme in Scheme::ALL {
        for name in ["api_key", "application_id", "jti", "scp"] {
            for json in NO_TEXT {
                let verified = run.accepts(&scheme.verifier(), with(scheme, name, json));
                let claims = verified.claims().unwrap();
                run.holds([claims.text("api_key"), claims.text("application_id")] == [None, None]);
            }
        }
    }
}
