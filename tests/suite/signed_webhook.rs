//! Rules of Vonage's signed webhooks only.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use countersign::sign::{self, Delivery};
use countersign::vonage::SignedWebhook;
use countersign::{
    ConfigError, Coverage, ErrorKind, Head, Keyring, Request, Tenants, Tolerance, UnixTime, Verifier,
};
use sha2::{Digest, Sha256};

use crate::support::{KEY, NOW, OTHER_KEY, accepts, refuses, secret, token};

const BODY: &str = r#"{"status":"answered","price":1.50,"url":"https:\/\/example.com"}"#;
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// More names than usual, with the last one repeated.
const MANY_NAMES_ONE_TWICE: &str = r#"{"alg":"HS256","a":1,"b":1,"c":1,"d":1,"e":1,"f":1,"g":1,"h":1,"i":1,"j":1,"k":1,
    "l":1,"m":1,"n":1,"o":1,"p":1,"q":1,"r":1,"r":1}"#;

fn verifier() -> SignedWebhook {
    SignedWebhook::new(secret(KEY)).clock(|| NOW)
}

fn signer() -> sign::TokenSigner {
    sign::TokenSigner::new(&secret(KEY), NOW)
}

/// Members of genuine claims for `payload`, without the braces.
fn claims(payload: &str) -> String {
    format!(r#""iat":{NOW},"iss":"Vonage","payload_hash":"{}""#, hex::encode(Sha256::digest(payload)))
}

/// A POST of `BODY` with this header.
fn with_authorization(value: &str) -> Delivery {
    signer().post(BODY).without_header("authorization").with_header("Authorization", value)
}

fn with_token(token: &str) -> Delivery {
    with_authorization(&format!("Bearer {token}"))
}

/// A correctly signed token with this header and these claims.
fn signed(header: &str, claims: &str) -> Delivery {
    with_token(&token(header, claims, KEY.as_bytes()))
}

/// A correctly signed token with one more claim.
fn with_claim(member: &str) -> Delivery {
    signed(HEADER, &format!("{{{},{member}}}", claims(BODY)))
}

#[test]
fn the_scheme_word_is_bearer_in_any_case_and_one_space() {
    let right = token(HEADER, &format!("{{{}}}", claims(BODY)), KEY.as_bytes());
    for word in ["Bearer", "bearer", "BEARER", "bEaReR"] {
        let _ = accepts(&verifier(), with_authorization(&format!("{word} {right}")).request());
    }
    for value in [
        format!("Bearer{right}"),
        format!("Bearer  {right}"),
        format!("Bearer {right} x"),
        format!("Bearer\t{right}"),
        format!("Basic {right}"),
        format!("Token {right}"),
        right.clone(),
        format!(" Bearer {right}"),
    ] {
        let refused = verifier().verify(with_authorization(&value).request()).unwrap_err().kind();
        let spaced = value.ends_with(" x");
        let expected = if spaced { ErrorKind::SignatureMalformed } else { ErrorKind::TokenMalformed };
        assert_eq!(refused, expected, "{value}");
    }
}

#[test]
fn a_token_has_three_segments_of_base64url() {
    let right = token(HEADER, &format!("{{{}}}", claims(BODY)), KEY.as_bytes());
    let parts: Vec<_> = right.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!() };
    for (text, kind) in [
        (header.to_owned(), ErrorKind::TokenMalformed),
        (format!("{header}.{payload}"), ErrorKind::TokenMalformed),
        (format!("{right}."), ErrorKind::TokenMalformed),
        (format!("{right}.{signature}"), ErrorKind::TokenMalformed),
        (format!("{right}.a.b"), ErrorKind::TokenMalformed),
        (".".to_owned(), ErrorKind::TokenMalformed),
        ("..".to_owned(), ErrorKind::TokenMalformed),
        ("...".to_owned(), ErrorKind::TokenMalformed),
        (".".repeat(16_000), ErrorKind::TokenMalformed),
        (format!(".{payload}.{signature}"), ErrorKind::TokenMalformed),
        (format!("{header}..{signature}"), ErrorKind::SignatureMismatch),
        (format!("{header}.{payload}."), ErrorKind::SignatureMalformed),
        (format!("{header}=.{payload}.{signature}"), ErrorKind::TokenMalformed),
        (format!("{header}.{payload}=.{signature}"), ErrorKind::TokenMalformed),
        (format!("{header}.{payload}.{signature}="), ErrorKind::SignatureMalformed),
        (format!("{header}.{payload}A.{signature}"), ErrorKind::SignatureMismatch),
        (format!("{header}.{payload}.{}", "A".repeat(43)), ErrorKind::SignatureMismatch),
        (format!("{header}.{payload}.{}", "A".repeat(42)), ErrorKind::SignatureMalformed),
        (format!("{header}.{payload}.{}", "A".repeat(44)), ErrorKind::SignatureMalformed),
        (format!("{header}.{payload}.{}", "A".repeat(86)), ErrorKind::SignatureMalformed),
        (r#"{"payload":"","protected":"","signature":""}"#.to_owned(), ErrorKind::TokenMalformed),
    ] {
        let refused = verifier().verify(with_token(&text).request()).unwrap_err().kind();
        let tolerated = if text.contains(&format!("{payload}A.")) {
            // One more digit may also make the base64 invalid.
            [kind, ErrorKind::TokenMalformed]
        } else {
            [kind, kind]
        };
        assert!(tolerated.contains(&refused), "{text}: {refused:?}");
    }
}

#[test]
fn any_byte_outside_the_alphabet_at_any_position_is_rejected() {
    let right = token(HEADER, &format!("{{{}}}", claims(BODY)), KEY.as_bytes());
    for position in 0..right.len() {
        for byte in [b' ', b'\t', b'+', b'/', b'=', 0, 0x7f, 0x80, 0xff, b'.'] {
            if right.as_bytes()[position] == byte {
                continue;
            }
            let mut value = [b"Bearer ", right.as_bytes()].concat();
            value[7 + position] = byte;
            let headers = [("authorization", value)];
            let request = Request::new(Head::new("POST", &headers), BODY);
            let refused = verifier().verify(request).unwrap_err().kind();
            let in_signature = position > right.rfind('.').unwrap() && byte != b'.';
            let expected =
                if in_signature { ErrorKind::SignatureMalformed } else { ErrorKind::TokenMalformed };
            assert_eq!(refused, expected, "{byte:#x} at {position}");
        }
    }
}

#[test]
fn other_spellings_of_the_same_signature_are_rejected() {
    let right = token(HEADER, &format!("{{{}}}", claims(BODY)), KEY.as_bytes());
    let (rest, last) = right.split_at(right.len() - 1);
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let value = alphabet.find(last).unwrap();
    assert_eq!(value % 4, 0);
    for bits in 1..4 {
        let other = &alphabet[value + bits..=value + bits];
        refuses(&verifier(), with_token(&format!("{rest}{other}")).request(), ErrorKind::SignatureMalformed);
    }
}

#[test]
fn the_algorithm_is_hs256_and_nothing_else() {
    let claims = format!("{{{}}}", claims(BODY));
    for header in [
        r#"{"alg":"HS256"}"#,
        r#"{"alg":"H\u0053256"}"#,
        " {\"typ\" : \"JWT\" ,\n\"alg\":\"HS256\" } ",
        r#"{"alg":"HS256","typ":"not JWT","cty":"x"}"#,
        r#"{"alg":"HS256","zip":"DEF","enc":"A128GCM","b64":true}"#,
        r#"{"alg":"HS256","kid":"../../etc/passwd"}"#,
        r#"{"alg":"HS256","kid":5,"jku":[],"jwk":{"kty":"oct","k":"AAAA"},"x5u":null,"x5c":"x"}"#,
    ] {
        let _ = accepts(&verifier(), signed(header, &claims).request());
    }
    for algorithm in [
        r#""none""#,
        r#""None""#,
        r#""NONE""#,
        r#""nOnE""#,
        "null",
        "256",
        "true",
        "[\"HS256\"]",
        "{}",
        r#""""#,
        r#""HS384""#,
        r#""HS512""#,
        r#""hs256""#,
        r#""HS256 ""#,
        r#"" HS256""#,
        r#""HS256\u0000""#,
        r#""HS-256""#,
        r#""SHA256""#,
        r#""RS256""#,
        r#""ES256""#,
        r#""PS256""#,
        r#""EdDSA""#,
    ] {
        let header = format!("{{\"alg\":{algorithm}}}");
        refuses(&verifier(), signed(&header, &claims).request(), ErrorKind::AlgorithmMismatch);
    }
    refuses(&verifier(), signed("{}", &claims).request(), ErrorKind::AlgorithmMismatch);
    let unsigned = format!("{}.{}.", encode(r#"{"alg":"none"}"#), encode(&claims));
    refuses(&verifier(), with_token(&unsigned).request(), ErrorKind::AlgorithmMismatch);
}

#[test]
fn the_header_is_one_object_with_each_name_once() {
    let claims = format!("{{{}}}", claims(BODY));
    for header in [
        r#"{"alg":"none","alg":"HS256"}"#,
        r#"{"alg":"HS256","alg":"none"}"#,
        r#"{"alg":"HS256","\u0061lg":"HS256"}"#,
        r#"{"\u0061lg":"HS256","alg":"HS256"}"#,
        r#"{"\u0061lg":"HS256","\u0061lg":"HS256"}"#,
        r#"{"alg":"HS256","x":1,"x":1}"#,
        MANY_NAMES_ONE_TWICE,
        "[]",
        "\"x\"",
        "1",
        "null",
        "",
        "{",
        r#"{"alg":"HS256"}x"#,
        r#"{"alg":"HS256"}{}"#,
        r#"{"alg":"HS256",}"#,
        "\u{feff}{\"alg\":\"HS256\"}",
        r#"{"alg":"HS256","x":"\ud800"}"#,
        "{\"alg\":\"HS256\",\"x\":\"\0\"}",
        "{\"alg\":\"HS256\",\"x\":[[[",
    ] {
        refuses(&verifier(), signed(header, &claims).request(), ErrorKind::TokenMalformed);
    }
    let latin = BASE64_URL_SAFE_NO_PAD.encode(b"{\"alg\":\"HS256\",\"x\":\"\xe9\"}");
    refuses(
        &verifier(),
        with_token(&format!("{latin}.e30.{}", "A".repeat(43))).request(),
        ErrorKind::TokenMalformed,
    );
    let nested = format!("{{\"alg\":\"HS256\",\"x\":{}{}}}", "[".repeat(3_000), "]".repeat(3_000));
    let _ = accepts(&verifier(), signed(&nested, &claims).request());
    let deep = format!("{{\"alg\":\"HS256\",\"x\":{}", "[".repeat(100_000));
    refuses(&verifier(), signed(&deep, &claims).request(), ErrorKind::HeaderTooLong);
}

#[test]
fn extensions_are_rejected() {
    let claims = format!("{{{}}}", claims(BODY));
    for member in [
        r#""crit":["x"]"#,
        r#""crit":[]"#,
        r#""crit":"exp""#,
        r#""crit":["alg"]"#,
        r#""crit":["exp"]"#,
        r#""crit":null"#,
        r#""crit":["b64"],"b64":true"#,
        r#""b64":false"#,
        r#""b64":false,"crit":["b64"]"#,
        r#""b64":"false""#,
        r#""b64":null"#,
    ] {
        let header = format!("{{\"alg\":\"HS256\",{member}}}");
        refuses(&verifier(), signed(&header, &claims).request(), ErrorKind::ExtensionUnsupported);
    }
}

#[test]
fn the_signature_comes_before_the_claims() {
    let forged = with_token(&token(HEADER, "not claims at all", OTHER_KEY.as_bytes()));
    refuses(&verifier(), forged.request(), ErrorKind::SignatureMismatch);
    let forged = with_token(&token(HEADER, &format!("{{{},\"exp\":0}}", claims(BODY)), OTHER_KEY.as_bytes()));
    refuses(&verifier().clock(|| UnixTime::from_secs(-1)), forged.request(), ErrorKind::SignatureMismatch);
    // Another text with the same meaning, with the old signature.
    let right = token(HEADER, &format!("{{{}}}", claims(BODY)), KEY.as_bytes());
    let (_, rest) = right.split_once('.').unwrap();
    let other = format!("{}.{rest}", encode("{\"alg\": \"HS256\", \"typ\": \"JWT\"}"));
    refuses(&verifier(), with_token(&other).request(), ErrorKind::SignatureMismatch);
}

#[test]
fn claims_are_one_object_with_each_name_once() {
    let genuine = claims(BODY);
    for payload in [
        "[]".to_owned(),
        "\"x\"".to_owned(),
        "1".to_owned(),
        "null".to_owned(),
        String::new(),
        "{".to_owned(),
        format!("{{{genuine}}}x"),
        format!("{{{genuine}}}{{}}"),
        format!("\u{feff}{{{genuine}}}"),
        format!("{{{genuine},\"x\":\"\\ud800\"}}"),
        format!("{{{genuine},\"x\":\"\0\"}}"),
        format!("{{{genuine},\"iat\":{NOW}}}"),
        format!("{{{genuine},\"x\":1,\"x\":1}}"),
        format!("{{{genuine},\"pay\\u006coad_hash\":\"\"}}"),
        format!("{{\"\\u0069at\":{NOW},{genuine}}}"),
        format!("{{\"payload_hash\":\"{}\",{genuine}}}", "0".repeat(64)),
        format!("{{{genuine},\"x\":NaN}}"),
    ] {
        refuses(&verifier(), signed(HEADER, &payload).request(), ErrorKind::ClaimsMalformed);
    }
    let _ = accepts(
        &verifier(),
        with_claim(r#""x":{"payload_hash":1,"a":[1,2]},"scp":null,"big":1e400"#).request(),
    );
}

#[test]
fn times_are_numbers() {
    let hash = hex::encode(Sha256::digest(BODY));
    let wrong = ["\"1763712000\"", "true", "null", "[]", "{}", "9223372036854775808", "1e400", "\"never\""];
    for name in ["iat", "exp", "nbf"] {
        for value in wrong {
            let members = if name == "iat" {
                format!(r#"{{"iat":{value},"payload_hash":"{hash}"}}"#)
            } else {
                format!(r#"{{{},"{name}":{value}}}"#, claims(BODY))
            };
            refuses(&verifier(), signed(HEADER, &members).request(), ErrorKind::ClaimMalformed);
        }
    }
    let without = format!(r#"{{"payload_hash":"{hash}"}}"#);
    refuses(&verifier(), signed(HEADER, &without).request(), ErrorKind::ClaimMissing);
    refuses(
        &verifier().insecure_accept_any_age(),
        signed(HEADER, &without).request(),
        ErrorKind::ClaimMissing,
    );
}

#[test]
fn fractions_of_seconds_never_extend_a_tokens_validity() {
    let now = NOW.as_secs();
    let hash = hex::encode(Sha256::digest(BODY));
    let issued = |iat: &str| signed(HEADER, &format!(r#"{{"iat":{iat},"payload_hash":"{hash}"}}"#));
    for (iat, seconds) in [
        (format!("{now}.0"), now),
        (format!("{now}.999999999999999999999"), now),
        ("1.763712e9".to_owned(), now),
        (format!("{now}7e-1"), now),
        (format!("{}.5", now - 300), now - 300),
        (format!("{}.9", now + 60), now + 60),
    ] {
        let verified = accepts(&verifier(), issued(&iat).request());
        assert_eq!(verified.signed_at().unwrap().as_secs(), seconds, "{iat}");
    }
    refuses(&verifier(), issued(&format!("{}.9", now - 301)).request(), ErrorKind::TimestampStale);
    refuses(&verifier(), issued(&format!("{}.1", now + 61)).request(), ErrorKind::TimestampFuture);
    refuses(&verifier(), issued("-0.5").request(), ErrorKind::TimestampStale);
    let verified = accepts(&verifier().insecure_accept_any_age(), issued("-0.5").request());
    assert_eq!(verified.signed_at().unwrap().as_secs(), -1);

    for (exp, valid) in
        [(format!("{now}.999"), false), (format!("{}.0", now + 1), true), ("1e-400".to_owned(), false)]
    {
        let delivery = with_claim(&format!("\"exp\":{exp}"));
        if valid {
            let verified = accepts(&verifier(), delivery.request());
            assert_eq!(verified.claims().unwrap().expires_at().unwrap().as_secs(), now + 1);
        } else {
            refuses(&verifier(), delivery.request(), ErrorKind::TokenExpired);
        }
    }
    for (nbf, valid) in
        [(format!("{now}.001"), false), (format!("{}.999", now - 1), true), (format!("{now}.000"), true)]
    {
        let delivery = with_claim(&format!("\"nbf\":{nbf}"));
        if valid {
            let verified = accepts(&verifier(), delivery.request());
            assert_eq!(verified.claims().unwrap().not_before().unwrap().as_secs(), now);
        } else {
            refuses(&verifier(), delivery.request(), ErrorKind::TokenPremature);
        }
    }
}

#[test]
fn expiry_and_beginning_hold_to_the_second() {
    let now = NOW.as_secs();
    let any_age = || verifier().insecure_accept_any_age();
    for (exp, valid) in
        [(now + 1, true), (now, false), (now - 1, false), (-1, false), (i64::MIN, false), (i64::MAX, true)]
    {
        let delivery = with_claim(&format!("\"exp\":{exp}"));
        if valid {
            let verified = accepts(&verifier(), delivery.request());
            assert_eq!(verified.claims().unwrap().expires_at().unwrap().as_secs(), exp);
        } else {
            refuses(&verifier(), delivery.request(), ErrorKind::TokenExpired);
            refuses(&any_age(), delivery.request(), ErrorKind::TokenExpired);
        }
    }
    for (nbf, valid) in [(now - 1, true), (now, true), (now + 1, false), (i64::MAX, false), (i64::MIN, true)]
    {
        let delivery = with_claim(&format!("\"nbf\":{nbf}"));
        if valid {
            let verified = accepts(&verifier(), delivery.request());
            assert_eq!(verified.claims().unwrap().not_before().unwrap().as_secs(), nbf);
        } else {
            refuses(&any_age(), delivery.request(), ErrorKind::TokenPremature);
        }
    }
}

#[test]
fn leeway_shifts_expiry_and_beginning() {
    let now = NOW.as_secs();
    let seconds = std::time::Duration::from_secs;
    let lenient = || verifier().leeway(Tolerance::new(seconds(10), seconds(5)).unwrap());
    let _ = accepts(&lenient(), with_claim(&format!("\"exp\":{}", now - 9)).request());
    refuses(&lenient(), with_claim(&format!("\"exp\":{}", now - 10)).request(), ErrorKind::TokenExpired);
    let _ = accepts(&lenient(), with_claim(&format!("\"nbf\":{}", now + 5)).request());
    refuses(&lenient(), with_claim(&format!("\"nbf\":{}", now + 6)).request(), ErrorKind::TokenPremature);
    let forever = verifier().leeway(Tolerance::either_way(std::time::Duration::MAX).unwrap());
    for extreme in [i64::MIN, i64::MAX] {
        let _ = accepts(&forever, with_claim(&format!("\"exp\":{extreme},\"nbf\":{extreme}")).request());
    }
}

#[test]
fn the_window_is_the_callers() {
    let at = |seconds: i64| {
        sign::TokenSigner::new(&secret(KEY), UnixTime::from_secs(NOW.as_secs() + seconds)).post(BODY)
    };
    let second = Tolerance::either_way(std::time::Duration::from_secs(1)).unwrap();
    for seconds in [-1, 0, 1] {
        let _ = accepts(&verifier().tolerance(second), at(seconds).request());
    }
    refuses(&verifier().tolerance(second), at(-2).request(), ErrorKind::TimestampStale);
    refuses(&verifier().tolerance(second), at(2).request(), ErrorKind::TimestampFuture);
    for seconds in [-100_000_000, 100_000_000] {
        let _ = accepts(&verifier().insecure_accept_any_age(), at(seconds).request());
    }
    // Milliseconds instead of seconds.
    let milliseconds =
        sign::TokenSigner::new(&secret(KEY), UnixTime::from_secs(NOW.as_secs() * 1000)).post(BODY);
    refuses(&verifier(), milliseconds.request(), ErrorKind::TimestampFuture);
}

#[test]
fn the_issuer_is_vonage_where_there_is_one() {
    let hash = hex::encode(Sha256::digest(BODY));
    let issued = |iss: &str| signed(HEADER, &format!(r#"{{"iat":{NOW},"payload_hash":"{hash}"{iss}}}"#));
    let _ = accepts(&verifier(), issued("").request());
    assert_eq!(
        accepts(&verifier(), issued(r#","iss":"Vonage""#).request()).claims().unwrap().issuer(),
        Some("Vonage")
    );
    for iss in ["vonage", "Nexmo", "", "Vonage "] {
        refuses(&verifier(), issued(&format!(r#","iss":"{iss}""#)).request(), ErrorKind::ClaimMismatch);
    }
    for iss in ["null", "1", "[\"Vonage\"]", r#""Vonage\u0000""#] {
        refuses(&verifier(), issued(&format!(r#","iss":{iss}"#)).request(), ErrorKind::ClaimMalformed);
    }
}

#[test]
fn required_account_and_application_are_required() {
    let delivery = signer().claim("api_key", "a1b2c3d4").claim("application_id", "app").post(BODY);
    let verified =
        accepts(&verifier().api_key("a1b2c3d4").unwrap().application_id("app").unwrap(), delivery.request());
    let claims = verified.claims().unwrap();
    assert_eq!((claims.text("api_key"), claims.text("application_id")), (Some("a1b2c3d4"), Some("app")));
    assert_eq!(claims.issued_at(), Some(NOW));

    refuses(&verifier().api_key("other").unwrap(), delivery.request(), ErrorKind::ClaimMismatch);
    refuses(&verifier().application_id("other").unwrap(), delivery.request(), ErrorKind::ClaimMismatch);
    refuses(&verifier().api_key("a1b2c3d4").unwrap(), signer().post(BODY).request(), ErrorKind::ClaimMissing);
    refuses(
        &verifier().application_id("app").unwrap(),
        signer().post(BODY).request(),
        ErrorKind::ClaimMissing,
    );
    assert_eq!(verifier().api_key("").unwrap_err(), ConfigError::NameEmpty);
    assert_eq!(verifier().application_id("").unwrap_err(), ConfigError::NameEmpty);
}

#[test]
fn an_unread_claim_may_have_any_type() {
    for value in ["1", "null", "[]", "{}", "true", r#""a\u0000""#, r#""\u0000""#] {
        let odd = |name| signer().without_claim("jti").claim_json(name, value).post(BODY);
        for name in ["jti", "api_key", "application_id"] {
            let verified = accepts(&verifier(), odd(name).request());
            let claims = verified.claims().unwrap();
            assert_eq!(
                (claims.id(), claims.text("api_key"), claims.text("application_id")),
                (None, None, None)
            );
            // A guard rejects requests without a replay key.
            assert_eq!(verified.replay_key(), None);
        }
        let of_account = verifier().api_key("a1b2c3d4").unwrap();
        refuses(&of_account, odd("api_key").request(), ErrorKind::ClaimMalformed);
        let of_application = verifier().application_id("app").unwrap();
        refuses(&of_application, odd("application_id").request(), ErrorKind::ClaimMalformed);
        refuses(&verifier(), odd("iss").request(), ErrorKind::ClaimMalformed);
        let tenants = Tenants::new([("a1b2c3d4", secret(KEY))]).unwrap();
        refuses(&SignedWebhook::tenants(tenants), odd("api_key").request(), ErrorKind::ClaimMalformed);
        let twice = with_claim(&format!(r#""api_key":{value},"api_key":{value}"#));
        refuses(&verifier(), twice.request(), ErrorKind::ClaimsMalformed);
    }
}

#[test]
fn the_payload_hash_is_64_hex_digits_of_either_case() {
    let right = hex::encode(Sha256::digest(BODY));
    let with_hash = |json: &str| signer().claim_json("payload_hash", json).post(BODY);
    let _ = accepts(&verifier(), with_hash(&format!("\"{}\"", right.to_uppercase())).request());
    for json in [
        "null".to_owned(),
        "1".to_owned(),
        "[]".to_owned(),
        "\"\"".to_owned(),
        format!("\"{}\"", &right[..63]),
        format!("\"{right}0\""),
        format!("\" {right}\""),
        format!("\"{right}\\n\""),
        format!("\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(BODY))),
    ] {
        refuses(&verifier(), with_hash(&json).request(), ErrorKind::PayloadHashMalformed);
        let lax = verifier().insecure_accept_unhashed_body();
        refuses(&lax, with_hash(&json).request(), ErrorKind::PayloadHashMalformed);
    }
    for other in ["", "{}"].map(str::to_owned).into_iter().chain([format!("{BODY}\n")]) {
        let json = format!("\"{}\"", hex::encode(Sha256::digest(other)));
        refuses(&verifier(), with_hash(&json).request(), ErrorKind::PayloadHashMismatch);
    }
    for name in ["Payload_Hash", "payloadHash", "payload-hash"] {
        let misnamed = signer().without_claim("payload_hash").claim(name, &right).post(BODY);
        refuses(&verifier(), misnamed.request(), ErrorKind::PayloadHashMissing);
    }
}

#[test]
fn a_token_without_a_hash_is_accepted_only_if_configured() {
    for delivery in [
        signer().without_claim("payload_hash").post(BODY),
        signer().without_claim("payload_hash").post(""),
        signer().without_claim("payload_hash").get("a=1"),
    ] {
        refuses(&verifier(), delivery.request(), ErrorKind::PayloadHashMissing);
        let verified = accepts(&verifier().insecure_accept_unhashed_body(), delivery.request());
        assert_eq!(verified.coverage(), Coverage::Token);
    }
    let hashed = signer().post(BODY).with_body("{}");
    refuses(&verifier().insecure_accept_unhashed_body(), hashed.request(), ErrorKind::PayloadHashMismatch);
    let get = signer().get("a=1").with_body("{}");
    refuses(&verifier().max_body(1), get.request(), ErrorKind::BodyUnexpected);
    let post = signer().post(BODY);
    let _ = accepts(&verifier().max_body(BODY.len()), post.request());
    refuses(&verifier().max_body(BODY.len() - 1), post.request(), ErrorKind::BodyTooLarge);
    let limited = verifier().insecure_accept_unhashed_body().max_body(1);
    refuses(&limited, signer().without_claim("payload_hash").post(BODY).request(), ErrorKind::BodyTooLarge);
}

#[test]
fn the_raw_body_is_hashed() {
    let delivery = signer().post(BODY);
    for changed in [
        BODY.replace("1.50", "1.5"),
        BODY.replace("\\/", "/"),
        BODY.replace(':', ": "),
        format!("{BODY}\n"),
        String::new(),
    ] {
        refuses(&verifier(), delivery.clone().with_body(changed).request(), ErrorKind::PayloadHashMismatch);
    }
    let reserialised =
        signer().claim("payload_hash", &hex::encode(Sha256::digest(BODY.replace("\\/", "/")))).post(BODY);
    refuses(&verifier(), reserialised.request(), ErrorKind::PayloadHashMismatch);
    let _ = accepts(&verifier(), signer().post(&b"\xff\x00not text"[..]).request());
    let _ = accepts(&verifier(), signer().post("").request());
    // The query of a POST is not signed.
    let _ = accepts(&verifier(), delivery.with_query("a=%zz").request());
}

/// A GET of `query` with a token that contains the hash of `object`.
fn get(query: &str, object: &str) -> Delivery {
    signer().claim("payload_hash", &hex::encode(Sha256::digest(object))).get(query)
}

#[test]
fn the_query_of_a_get_is_hashed_as_a_json_object() {
    for (query, object) in [
        ("to=1&from=2", r#"{"to":"1","from":"2"}"#),
        ("b=2&a=1&c", r#"{"b":"2","a":"1","c":""}"#),
        ("&to=1&&from=2&", r#"{"to":"1","from":"2"}"#),
        ("u=https%3A%2F%2Fa.b%2f&s=a+b%20c%2B", r#"{"u":"https://a.b/","s":"a b c+"}"#),
        ("q=%22%5C%2F%08%0C%0A%0D%09%1F%7F%00", "{\"q\":\"\\\"\\\\/\\b\\f\\n\\r\\t\\u001f\u{7f}\\u0000\"}"),
        ("n=caf%C3%A9%E2%80%A8%F0%9F%98%80", "{\"n\":\"café\u{2028}😀\"}"),
        ("a%26b=1&c%3Dd=e=f", r#"{"a&b":"1","c=d":"e=f"}"#),
        ("a=1;b=2", r#"{"a":"1;b=2"}"#),
        ("2=b&1=a", r#"{"2":"b","1":"a"}"#),
        ("", "{}"),
        ("", ""),
        ("&&", "{}"),
    ] {
        let verified = accepts(&verifier(), get(query, object).request());
        assert_eq!(verified.coverage(), Coverage::Query, "{query}");
    }
    for (query, object) in [
        ("to=1&from=2", r#"{"from":"2","to":"1"}"#),
        ("to=1&from=2", r#"{"to":1,"from":2}"#),
        ("to=1&from=2", r#"{"to": "1","from": "2"}"#),
        ("to=1&from=2", "to=1&from=2"),
        ("to=1&from=2", "{}"),
        ("to=1&from=2", ""),
        ("u=%2F", r#"{"u":"\/"}"#),
        ("n=%C3%A9", r#"{"n":"\u00e9"}"#),
        ("", "{} "),
    ] {
        refuses(&verifier(), get(query, object).request(), ErrorKind::PayloadHashMismatch);
    }
}

#[test]
fn an_ambiguous_or_invalid_query_is_rejected() {
    let object = r#"{"a":"1"}"#;
    for query in ["a=1&a=1", "a=1&%61=2", "a=1&b=2&a=3"] {
        refuses(&verifier(), get(query, object).request(), ErrorKind::ParameterRepeated);
    }
    for query in ["a=%", "a=%zz", "=1", "a=%ff", "%c0%af=1"] {
        refuses(&verifier(), get(query, object).request(), ErrorKind::ParameterMalformed);
    }
    let many: Vec<_> = (0..1_001).map(|index| format!("p{index}=1")).collect();
    refuses(&verifier(), get(&many.join("&"), object).request(), ErrorKind::ParametersTooMany);
    refuses(&verifier(), get(&"a".repeat(65_537), object).request(), ErrorKind::QueryTooLong);
}

#[test]
fn a_get_returns_its_decoded_query_in_order() {
    let raw = format!("z=%C3%A9+%26&a=&long={}&b=%22", "x".repeat(2_000));
    let object = format!(r#"{{"z":"é &","a":"","long":"{}","b":"\""}}"#, "x".repeat(2_000));
    for (raw, object, count) in [
        (raw.as_str(), object, 4),
        ("z=1&a=2", r#"{"z":"1","a":"2"}"#.to_owned(), 2),
        ("", "{}".to_owned(), 0),
    ] {
        let parameters = accepts(&verifier(), get(raw, &object).request()).parameters().unwrap();
        let names: Vec<_> = parameters.iter().map(|(name, _)| name.to_vec()).collect();
        assert_eq!(names.len(), count);
        assert!(names.iter().zip([b"z", b"a"]).all(|(name, expected)| name == expected));
    }
    // The query of a POST is not covered. A token alone covers nothing.
    let post = signer().post(BODY).with_query("a=1");
    assert_eq!(accepts(&verifier(), post.request()).parameters(), None);
    let bare = signer().without_claim("payload_hash").get("a=1");
    let verified = accepts(&verifier().insecure_accept_unhashed_body(), bare.request());
    assert_eq!((verified.coverage(), verified.parameters()), (Coverage::Token, None));
}

#[test]
fn an_unsigned_request_gets_503_only_if_configured() {
    let unsigned = signer().post(BODY).without_header("authorization");
    let refusal = |verifier: &SignedWebhook, delivery: &Delivery| {
        let error = verifier.begin(delivery.head()).map(drop).unwrap_err();
        (error.kind(), error.status(), error.is_retryable())
    };
    let retrying = verifier().retry_unsigned();
    assert_eq!(refusal(&verifier(), &unsigned), (ErrorKind::TokenMissing, 401, false));
    assert_eq!(refusal(&retrying, &unsigned), (ErrorKind::TokenAwaited, 503, true));
    // A blank header is no token, and `Bearer` alone is none.
    for blank in ["", " ", "\t", "Bearer", "bearer", "Bearer ", "BEARER \t "] {
        let blank = unsigned.clone().with_header("authorization", blank);
        assert_eq!(refusal(&verifier(), &blank), (ErrorKind::TokenMissing, 401, false));
        assert_eq!(refusal(&retrying, &blank), (ErrorKind::TokenAwaited, 503, true));
        let moved = unsigned.clone().with_header("x-moved", blank.header("authorization").unwrap());
        let moved_retrying = verifier().retry_unsigned().header("x-moved").unwrap();
        assert_eq!(refusal(&moved_retrying, &moved), (ErrorKind::TokenAwaited, 503, true));
    }
    // Other errors stay 4xx.
    for malformed in ["Bearer null", "Basic eDp5", "Bearer a.b.c", "Bearerx", "Bearer  x", "x"] {
        let malformed = unsigned.clone().with_header("authorization", malformed);
        assert_eq!(refusal(&retrying, &malformed), (ErrorKind::TokenMalformed, 401, false));
    }
    // So does an unsupported method, with or without a token.
    let post_only = verifier().retry_unsigned().methods(["POST"]).unwrap();
    for (verifier, methods) in [
        (&retrying, &["DELETE", "BREW", "OPTIONS", "HEAD", "PUT", "post", ""][..]),
        (&post_only, &["DELETE", "GET"]),
    ] {
        for method in methods {
            for delivery in
                [&unsigned, &unsigned.clone().with_header("authorization", "Bearer"), &signer().post(BODY)]
            {
                let delivery = delivery.clone().with_method(method);
                assert_eq!(
                    refusal(verifier, &delivery),
                    (ErrorKind::MethodUnsupported, 405, false),
                    "{method}"
                );
            }
        }
    }
    let _ = accepts(&retrying, signer().post(BODY).request());
}

#[test]
fn other_methods_are_rejected() {
    for method in ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "post", "get", "Get", ""] {
        refuses(&verifier(), signer().post(BODY).with_method(method).request(), ErrorKind::MethodUnsupported);
    }
    // A token proves a body, or a query with the same parameters, unless the verifier takes only one of them.
    let (body, query) = (signer().post(r#"{"a":"1"}"#), signer().get("a=1"));
    let as_get = body.clone().with_method("GET").with_body("").with_query("a=1");
    let as_post = query.clone().with_method("POST").with_query("").with_body(r#"{"a":"1"}"#);
    for delivery in [&body, &query, &as_get, &as_post] {
        let _ = accepts(&verifier(), delivery.request());
    }
    for (method, taken, refused) in
        [("POST", [&body, &as_post], [&query, &as_get]), ("GET", [&query, &as_get], [&body, &as_post])]
    {
        let held = || verifier().methods([method]).unwrap();
        for (taken, refused) in taken.into_iter().zip(refused) {
            let _ = accepts(&held(), taken.request());
            refuses(&held(), refused.request(), ErrorKind::MethodUnsupported);
        }
    }
    for methods in [&[][..], &["PUT"], &["POST", "get"]] {
        assert_eq!(verifier().methods(methods).unwrap_err(), ConfigError::MethodsInvalid, "{methods:?}");
    }
    // The hash decides.
    refuses(&verifier(), signer().post(BODY).with_method("GET").request(), ErrorKind::PayloadHashMismatch);
    refuses(&verifier(), signer().get("a=1").with_method("POST").request(), ErrorKind::PayloadHashMismatch);
}

#[test]
fn a_moved_token_may_stand_alone() {
    let bare = signer().post(BODY).header("authorization").unwrap().replace("Bearer ", "");
    let moved = || verifier().header("X-Vonage-Webhook-Auth-Token").unwrap();
    for value in [bare.clone(), format!("Bearer {bare}"), format!("bearer {bare}")] {
        let delivery = with_authorization("Basic eA==").with_header("x-vonage-webhook-auth-token", &value);
        let _ = accepts(&moved(), delivery.request());
    }
    for value in [format!("Basic {bare}"), format!("Bearer  {bare}")] {
        let delivery = with_authorization("").with_header("x-vonage-webhook-auth-token", &value);
        refuses(&moved(), delivery.request(), ErrorKind::TokenMalformed);
    }
    // The default header keeps its rule when it is set by name.
    refuses(
        &verifier().header("authorization").unwrap(),
        with_authorization(&bare).request(),
        ErrorKind::TokenMalformed,
    );
    assert_eq!(verifier().header("").unwrap_err(), ConfigError::HeaderNameInvalid);
}

#[test]
fn tenants_are_told_apart_by_the_verified_api_key() {
    let tenants = Tenants::new([
        ("first", Keyring::new([secret("new-of-first"), secret(KEY)]).unwrap()),
        ("second", secret(OTHER_KEY).into()),
    ])
    .unwrap();
    let webhook = SignedWebhook::tenants(tenants).clock(|| NOW);
    let signed = |key: &str, api_key: &str| {
        sign::TokenSigner::new(&secret(key), NOW).claim("api_key", api_key).post(BODY)
    };

    let verified = accepts(&webhook, signed(KEY, "first").request());
    assert_eq!((verified.tenant(), verified.key().index()), (Some("first"), 1));
    assert_eq!(accepts(&webhook, signed(OTHER_KEY, "second").request()).tenant(), Some("second"));
    refuses(&webhook, signed(KEY, "second").request(), ErrorKind::SignatureMismatch);
    refuses(&webhook, signed(KEY, "third").request(), ErrorKind::TenantUnknown);
    refuses(&webhook, signed(KEY, "").request(), ErrorKind::TenantUnknown);
    refuses(&webhook, signer().post(BODY).request(), ErrorKind::TenantMissing);
    refuses(&webhook, signer().claim_json("api_key", "1").post(BODY).request(), ErrorKind::ClaimMalformed);
    let twice = with_claim(r#""api_key":"first","api_key":"second""#);
    refuses(&webhook, twice.request(), ErrorKind::ClaimsMalformed);
}

#[test]
fn the_untrusted_api_key_is_for_a_look_up() {
    let delivery = signer().claim("api_key", "a1b2c3d4").post(BODY);
    assert_eq!(SignedWebhook::untrusted_api_key(delivery.head()).unwrap(), "a1b2c3d4");
    let kind = |delivery: Delivery| SignedWebhook::untrusted_api_key(delivery.head()).unwrap_err().kind();
    assert_eq!(kind(signer().post(BODY)), ErrorKind::TenantMissing);
    assert_eq!(kind(with_authorization("x")), ErrorKind::TokenMalformed);
    let moved = countersign::HeaderName::new("x-moved").unwrap();
    let carried = signer().claim("api_key", "a1b2c3d4").header("x-moved").post(BODY);
    assert_eq!(SignedWebhook::untrusted_api_key_in(&moved, carried.head()).unwrap(), "a1b2c3d4");
    assert!(SignedWebhook::untrusted_api_key_in(&moved, delivery.head()).is_err());
    assert_eq!(kind(with_authorization("Bearer")), ErrorKind::TokenMissing);
    for deleted in [delivery.clone(), delivery.clone().without_header("authorization")] {
        assert_eq!(kind(deleted.clone().with_method("DELETE")), ErrorKind::MethodUnsupported);
        let moved = SignedWebhook::untrusted_api_key_in(&moved, deleted.with_method("DELETE").head());
        assert_eq!(moved.unwrap_err().kind(), ErrorKind::MethodUnsupported);
    }
    assert_eq!(kind(delivery.without_header("authorization")), ErrorKind::TokenMissing);
}

#[test]
fn replay_keys_differ_by_token_and_account() {
    let key = |delivery: Delivery| accepts(&verifier(), delivery.request()).replay_key();
    let first = key(signer().claim("jti", "1").claim("api_key", "a").post(BODY));
    assert!(first.is_some());
    assert_eq!(first, key(signer().claim("jti", "1").claim("api_key", "a").post("{}")));
    assert_ne!(first, key(signer().claim("jti", "2").claim("api_key", "a").post(BODY)));
    assert_ne!(first, key(signer().claim("jti", "1").claim("api_key", "b").post(BODY)));
    assert_ne!(
        key(signer().claim("jti", "1:2").claim("api_key", "3").post(BODY)),
        key(signer().claim("jti", "1").claim("api_key", "2:3").post(BODY))
    );
    assert_ne!(key(signer().post(BODY)), key(signer().post("{}")));
    assert_eq!(key(signer().without_claim("jti").post(BODY)), None);
    assert_eq!(key(signer().claim("jti", "").post(BODY)), None);
}

#[test]
fn a_clock_that_cannot_tell_the_time_refuses() {
    struct Broken;
    impl countersign::Clock for Broken {
        fn now(&self) -> Option<UnixTime> {
            None
        }
    }
    refuses(&verifier().clock(Broken), signer().post(BODY).request(), ErrorKind::ClockUnavailable);
    let before_1970 = verifier().clock(|| UnixTime::from_secs(-1));
    refuses(&before_1970, signer().post(BODY).request(), ErrorKind::ClockUnavailable);
    let far_ahead = verifier().clock(|| UnixTime::from_secs(i64::MAX));
    refuses(&far_ahead, signer().post(BODY).request(), ErrorKind::TimestampStale);
}

#[test]
fn a_refusal_of_the_head_needs_no_body() {
    assert_eq!(
        verifier().begin(with_authorization("x").head()).unwrap_err().kind(),
        ErrorKind::TokenMalformed
    );
    let stale = sign::TokenSigner::new(&secret(KEY), UnixTime::from_secs(0)).post(BODY);
    assert_eq!(verifier().begin(stale.head()).unwrap_err().kind(), ErrorKind::TimestampStale);
    let altered = signer().get("a=1").with_query("a=2");
    assert_eq!(verifier().begin(altered.head()).unwrap_err().kind(), ErrorKind::PayloadHashMismatch);
}

fn encode(text: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(text)
}

#[test]
fn at_most_256_claims_are_read_beside_the_times() {
    let with_unread = |count| {
        (0..count)
            .fold(signer(), |signer, index| signer.claim_json(&format!("unread-{index}"), "0"))
            .post(BODY)
    };
    // Beside `iss`, `jti` and `payload_hash`.
    let _ = accepts(&verifier(), with_unread(253).request());
    refuses(&verifier(), with_unread(254).request(), ErrorKind::ClaimsMalformed);
}
