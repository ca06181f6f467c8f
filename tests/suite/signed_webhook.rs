//! Rules of Vonage's signed webhooks only. The catalogue has the attacks on their tokens.

use std::time::Duration;

use countersign::ErrorKind::{
    BodyTooLarge, BodyUnexpected, ClaimMalformed, ClaimMismatch, ClaimMissing, ClaimsMalformed,
    MethodUnsupported, ParameterMalformed, ParameterRepeated, ParametersTooMany, PayloadHashMalformed,
    PayloadHashMismatch, PayloadHashMissing, QueryTooLong, SignatureMismatch, TenantMissing, TenantUnknown,
    TimestampFuture, TimestampStale, TokenAwaited, TokenExpired, TokenMalformed, TokenMissing,
    TokenPremature,
};
use countersign::sign::{self, Delivery};
use countersign::vonage::SignedWebhook;
use countersign::{ConfigError, Coverage, Keyring, Tenants, Tolerance, UnixTime, Verifier};
use sha2::{Digest, Sha256};

use crate::support::{KEY, NOW, OTHER_KEY, accepts, rejects, secret};

const BODY: &str = r#"{"status":"answered","price":1.50,"url":"https:\/\/example.com"}"#;

fn verifier() -> SignedWebhook {
    SignedWebhook::new(secret(KEY)).clock(|| NOW)
}

fn signer() -> sign::TokenSigner {
    sign::TokenSigner::new(&secret(KEY), NOW)
}

/// A POST of `BODY` with this header.
fn with_authorization(value: &str) -> Delivery {
    signer().post(BODY).without_header("authorization").with_header("Authorization", value)
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

/// A request whose token has this JSON as a claim.
fn claiming(name: &str, json: &str) -> Delivery {
    signer().claim_json(name, json).post(BODY)
}

/// Rounding never extends a token's validity: `iat` and `exp` are rounded down and `nbf` up.
#[test]
fn times_are_rounded_to_seconds() {
    let now = NOW.as_secs();
    for (name, json, seconds) in [
        ("iat", format!("{now}.0"), now),
        ("iat", format!("{now}.999999999999999999999"), now),
        ("iat", "1.763712e9".to_owned(), now),
        ("iat", format!("{now}7e-1"), now),
        ("iat", format!("{}.5", now - 300), now - 300),
        ("iat", format!("{}.9", now + 60), now + 60),
        ("exp", format!("{}.0", now + 1), now + 1),
        ("exp", i64::MAX.to_string(), i64::MAX),
        ("nbf", format!("{}.999", now - 1), now),
        ("nbf", format!("{now}.000"), now),
        ("nbf", i64::MIN.to_string(), i64::MIN),
    ] {
        let verified = accepts(&verifier(), claiming(name, &json).request());
        let claims = verified.claims().unwrap();
        let found = match name {
            "iat" => claims.issued_at(),
            "exp" => claims.expires_at(),
            _ => claims.not_before(),
        };
        assert_eq!(found.map(UnixTime::as_secs), Some(seconds), "{name} {json}");
    }
    rejects(&verifier(), claiming("iat", &format!("{}.9", now - 301)).request(), TimestampStale);
    rejects(&verifier(), claiming("iat", "-0.5").request(), TimestampStale);
    rejects(&verifier(), claiming("iat", &format!("{}.1", now + 61)).request(), TimestampFuture);
    rejects(&verifier(), claiming("exp", "1e-400").request(), TokenExpired);
    rejects(&verifier(), claiming("exp", &format!("{now}.9")).request(), TokenExpired);
    rejects(&verifier(), claiming("nbf", &format!("{now}.1")).request(), TokenPremature);
    let verified = accepts(&verifier().insecure_accept_any_age(), claiming("iat", "-0.5").request());
    assert_eq!(verified.signed_at().unwrap().as_secs(), -1);
}

#[test]
fn any_age_still_needs_iat_and_a_valid_exp_and_nbf() {
    let any_age = || verifier().insecure_accept_any_age();
    let now = NOW.as_secs();
    for seconds in [-100_000_000, 100_000_000] {
        let _ = accepts(&any_age(), claiming("iat", &(now + seconds).to_string()).request());
    }
    rejects(&any_age(), signer().without_claim("iat").post(BODY).request(), ClaimMissing);
    rejects(&any_age(), claiming("exp", &now.to_string()).request(), TokenExpired);
    rejects(&any_age(), claiming("nbf", &(now + 1).to_string()).request(), TokenPremature);
}

#[test]
fn leeway_applies_to_exp_and_nbf() {
    let lenient = || verifier().leeway(Tolerance::new(seconds(10), seconds(5)).unwrap());
    let at = |name: &str, offset: i64| claiming(name, &(NOW.as_secs() + offset).to_string());
    let _ = accepts(&lenient(), at("exp", -9).request());
    rejects(&lenient(), at("exp", -10).request(), TokenExpired);
    let _ = accepts(&lenient(), at("nbf", 5).request());
    rejects(&lenient(), at("nbf", 6).request(), TokenPremature);
    let forever = verifier().leeway(Tolerance::either_way(Duration::MAX).unwrap());
    for extreme in [i64::MIN, i64::MAX].map(|time| time.to_string()) {
        let both = signer().claim_json("exp", &extreme).claim_json("nbf", &extreme).post(BODY);
        let _ = accepts(&forever, both.request());
    }
}

/// The catalogue has required accounts and applications.
#[test]
fn a_required_account_or_application_has_a_name() {
    assert_eq!(verifier().api_key("").unwrap_err(), ConfigError::NameEmpty);
    assert_eq!(verifier().application_id("").unwrap_err(), ConfigError::NameEmpty);
}

#[test]
fn the_last_required_account_replaces_the_one_before_and_nothing_else() {
    let set = |webhook: SignedWebhook, account| webhook.api_key(account).unwrap();
    let webhook = set(set(verifier(), "first").application_id("app").unwrap(), "second");
    let signed = |account, application| {
        signer().claim("api_key", account).claim("application_id", application).post(BODY)
    };
    let _ = accepts(&webhook, signed("second", "app").request());
    for (account, application) in [("first", "app"), ("second", "other")] {
        rejects(&webhook, signed(account, application).request(), ClaimMismatch);
    }
}

#[test]
fn an_escaped_claim_is_its_decoded_text() {
    let escaped = signer()
        .claim_json("jti", r#""\u0031\"2""#)
        .claim_json("api_key", r#""a\u0062c""#)
        .claim_json("application_id", r#""plain""#)
        .claim_json("iss", r#""V\u006fnage""#);
    let verified = accepts(&verifier().api_key("abc").unwrap(), escaped.post(BODY).request());
    let claims = verified.claims().unwrap();
    assert_eq!((claims.id(), claims.issuer()), (Some("1\"2"), Some("Vonage")));
    assert_eq!((claims.text("api_key"), claims.text("application_id")), (Some("abc"), Some("plain")));
    for (json, kind) in [(r#""a\u0063c""#, ClaimMismatch), (r#""abc\u0000""#, ClaimMalformed)] {
        rejects(&verifier().api_key("abc").unwrap(), claiming("api_key", json).request(), kind);
    }
}

#[test]
fn a_token_without_a_hash_is_accepted_only_if_configured() {
    for delivery in [
        signer().without_claim("payload_hash").post(BODY),
        signer().without_claim("payload_hash").post(""),
        signer().without_claim("payload_hash").get("a=1"),
    ] {
        rejects(&verifier(), delivery.request(), PayloadHashMissing);
        let verified = accepts(&verifier().insecure_accept_unhashed_body(), delivery.request());
        assert_eq!(verified.coverage(), Coverage::Token);
    }
    let lax = verifier().insecure_accept_unhashed_body();
    rejects(&lax, claiming("payload_hash", "null").request(), PayloadHashMalformed);
    let hashed = signer().post(BODY).with_body("{}");
    rejects(&verifier().insecure_accept_unhashed_body(), hashed.request(), PayloadHashMismatch);
    let get = signer().get("a=1").with_body("{}");
    rejects(&verifier().max_body(1), get.request(), BodyUnexpected);
    let post = signer().post(BODY);
    let _ = accepts(&verifier().max_body(BODY.len()), post.request());
    rejects(&verifier().max_body(BODY.len() - 1), post.request(), BodyTooLarge);
    let limited = verifier().insecure_accept_unhashed_body().max_body(1);
    rejects(&limited, signer().without_claim("payload_hash").post(BODY).request(), BodyTooLarge);
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
        rejects(&verifier(), get(query, object).request(), PayloadHashMismatch);
    }
}

#[test]
fn an_ambiguous_or_invalid_query_is_rejected() {
    let object = r#"{"a":"1"}"#;
    for query in ["a=1&a=1", "a=1&%61=2", "a=1&b=2&a=3"] {
        rejects(&verifier(), get(query, object).request(), ParameterRepeated);
    }
    for query in ["a=%", "a=%zz", "=1", "a=%ff", "%c0%af=1"] {
        rejects(&verifier(), get(query, object).request(), ParameterMalformed);
    }
    let many: Vec<_> = (0..1_001).map(|index| format!("p{index}=1")).collect();
    rejects(&verifier(), get(&many.join("&"), object).request(), ParametersTooMany);
    rejects(&verifier(), get(&"a".repeat(65_537), object).request(), QueryTooLong);
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
    let rejection = |verifier: &SignedWebhook, delivery: &Delivery| {
        let error = verifier.begin(delivery.head()).map(drop).unwrap_err();
        (error.kind(), error.status(), error.is_retryable())
    };
    let retrying = verifier().retry_unsigned();
    assert_eq!(rejection(&verifier(), &unsigned), (TokenMissing, 401, false));
    assert_eq!(rejection(&retrying, &unsigned), (TokenAwaited, 503, true));
    // A blank header is no token, and `Bearer` alone is none.
    for blank in ["", " ", "\t", "Bearer", "bearer", "Bearer ", "BEARER \t "] {
        let blank = unsigned.clone().with_header("authorization", blank);
        assert_eq!(rejection(&verifier(), &blank), (TokenMissing, 401, false));
        assert_eq!(rejection(&retrying, &blank), (TokenAwaited, 503, true));
        let moved = unsigned.clone().with_header("x-moved", blank.header("authorization").unwrap());
        let moved_retrying = verifier().retry_unsigned().header("x-moved").unwrap();
        assert_eq!(rejection(&moved_retrying, &moved), (TokenAwaited, 503, true));
    }
    // Other errors stay 4xx.
    for malformed in ["Bearer null", "Basic eDp5", "Bearer a.b.c", "Bearerx", "Bearer  x", "x"] {
        let malformed = unsigned.clone().with_header("authorization", malformed);
        assert_eq!(rejection(&retrying, &malformed), (TokenMalformed, 401, false));
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
                assert_eq!(rejection(verifier, &delivery), (MethodUnsupported, 405, false), "{method}");
            }
        }
    }
    let _ = accepts(&retrying, signer().post(BODY).request());
}

/// A token proves a body, or a query with the same parameters.
#[test]
fn the_methods_can_be_restricted() {
    let (body, query) = (signer().post(r#"{"a":"1"}"#), signer().get("a=1"));
    let as_get = body.clone().with_method("GET").with_body("").with_query("a=1");
    let as_post = query.clone().with_method("POST").with_query("").with_body(r#"{"a":"1"}"#);
    let (posts, gets) = ([&body, &as_post], [&query, &as_get]);
    for (method, accepted, rejected) in [("POST", posts, gets), ("GET", gets, posts)] {
        let restricted = || verifier().methods([method]).unwrap();
        for (accepted, rejected) in accepted.into_iter().zip(rejected) {
            let _ = accepts(&verifier(), accepted.request());
            let _ = accepts(&restricted(), accepted.request());
            rejects(&restricted(), rejected.request(), MethodUnsupported);
        }
    }
    for methods in [&[][..], &["PUT"], &["POST", "get"]] {
        assert_eq!(verifier().methods(methods).unwrap_err(), ConfigError::MethodsInvalid, "{methods:?}");
    }
    // The hash decides.
    rejects(&verifier(), signer().post(BODY).with_method("GET").request(), PayloadHashMismatch);
    rejects(&verifier(), signer().get("a=1").with_method("POST").request(), PayloadHashMismatch);
}

#[test]
fn a_moved_token_may_stand_alone() {
    let bare = signer().post(BODY).header("authorization").unwrap().replace("Bearer ", "");
    let moved = || verifier().header("X-Vonage-Webhook-Auth-Token").unwrap();
    for value in [bare.clone(), format!("Bearer {bare}"), format!("bearer {bare}")] {
        let delivery = with_authorization("Basic eA==").with_header("x-vonage-webhook-auth-token", &value);
        let _ = accepts(&moved(), delivery.request());
    }
    for value in [format!("Basic {bare}"), format!("Bearer  {bare}"), format!(" {bare}")] {
        let delivery = with_authorization("").with_header("x-vonage-webhook-auth-token", &value);
        rejects(&moved(), delivery.request(), TokenMalformed);
    }
    // The default header keeps its rule, also when it is set by name.
    for webhook in [verifier(), verifier().header("authorization").unwrap()] {
        rejects(&webhook, with_authorization(&bare).request(), TokenMalformed);
        rejects(&webhook, with_authorization(&format!(" {bare}")).request(), TokenMalformed);
    }
    assert_eq!(verifier().header("").unwrap_err(), ConfigError::HeaderNameInvalid);
}

#[test]
fn the_verified_api_key_selects_the_tenant() {
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
    rejects(&webhook, signed(KEY, "second").request(), SignatureMismatch);
    rejects(&webhook, signed(KEY, "third").request(), TenantUnknown);
    rejects(&webhook, signed(KEY, "").request(), TenantUnknown);
    rejects(&webhook, signer().post(BODY).request(), TenantMissing);
    rejects(&webhook, signer().claim_json("api_key", "1").post(BODY).request(), ClaimMalformed);
    let escaped = claiming("api_key", r#""f\u0069rst""#);
    assert_eq!(accepts(&webhook, escaped.request()).tenant(), Some("first"));
}

#[test]
fn the_untrusted_api_key_is_read_before_verification() {
    let delivery = signer().claim("api_key", "a1b2c3d4").post(BODY);
    assert_eq!(SignedWebhook::untrusted_api_key(delivery.head()).unwrap(), "a1b2c3d4");
    let kind = |delivery: Delivery| SignedWebhook::untrusted_api_key(delivery.head()).unwrap_err().kind();
    assert_eq!(kind(signer().post(BODY)), TenantMissing);
    assert_eq!(kind(with_authorization("x")), TokenMalformed);
    let moved = countersign::HeaderName::new("x-moved").unwrap();
    let carried = signer().claim("api_key", "a1b2c3d4").header("x-moved").post(BODY);
    assert_eq!(SignedWebhook::untrusted_api_key_in(&moved, carried.head()).unwrap(), "a1b2c3d4");
    assert!(SignedWebhook::untrusted_api_key_in(&moved, delivery.head()).is_err());
    assert_eq!(kind(with_authorization("Bearer")), TokenMissing);
    for deleted in [delivery.clone(), delivery.clone().without_header("authorization")] {
        assert_eq!(kind(deleted.clone().with_method("DELETE")), MethodUnsupported);
        let moved = SignedWebhook::untrusted_api_key_in(&moved, deleted.with_method("DELETE").head());
        assert_eq!(moved.unwrap_err().kind(), MethodUnsupported);
    }
    assert_eq!(kind(delivery.without_header("authorization")), TokenMissing);
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
    for unusable in [r#""""#, "1", "null", "[]", "{}", "true", r#""a\u0000""#] {
        assert_eq!(key(claiming("jti", unusable)), None, "{unusable}");
    }
}

#[test]
fn a_wrong_head_is_rejected_before_the_body() {
    for (delivery, kind) in [
        (with_authorization("x"), TokenMalformed),
        (claiming("iat", "0"), TimestampStale),
        (signer().get("a=1").with_query("a=2"), PayloadHashMismatch),
    ] {
        assert_eq!(verifier().begin(delivery.head()).unwrap_err().kind(), kind);
    }
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
    rejects(&verifier(), with_unread(254).request(), ClaimsMalformed);
}
