//! The module `sign`: requests as the platforms send them.

use countersign::schemes::Registered;
use countersign::sign::{Delivery, Unsigned};
use countersign::vonage::{ContactCenter, SignatureMethod, SignedWebhook, Sms};
use countersign::{
    BaseUrl, Error, ErrorKind, LiveKit, MessageBird, PlivoV3, StaticToken, Tenants, UnixTime, Verifier,
    Vogent, sign,
};

use crate::support::{KEY, NOW, accepts, secret};

#[test]
fn a_delivery_has_getters_for_its_parts() {
    let delivery = sign::vogent(&secret(KEY), "{}").with_header("X-Other", "a").with_header("x-other", "b");
    assert_eq!((delivery.method(), delivery.query(), delivery.body()), ("POST", "", b"{}".as_slice()));
    let names: Vec<_> = delivery.headers().iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["content-type", "x-elto-signature", "X-Other", "x-other"]);
    assert_eq!((delivery.header("X-OTHER"), delivery.header("X-None")), (Some("a"), None));
    assert_eq!(delivery.without_header("x-other").headers().len(), 2);
}

#[test]
fn parameters_are_escaped_as_a_form_escapes_them() {
    let sms = sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).param("text", "a b&c=d*-._~ü");
    let query = sms.query();
    assert!(query.query().starts_with("text=a+b%26c%3Dd*-._%7E%C3%BC&sig="), "{}", query.query());
}

#[test]
fn a_hash_is_in_lower_case_and_an_hmac_in_upper_case() {
    for method in SignatureMethod::ALL {
        let delivery = sign::SmsSigner::new(*method, &secret(KEY)).param("text", "Hello").query();
        let sig = delivery.query().split("sig=").nth(1).unwrap();
        let expected =
            if *method == SignatureMethod::Md5Hash { sig.to_lowercase() } else { sig.to_uppercase() };
        assert_eq!(sig, expected, "{}", method.as_str());
    }
}

#[test]
fn tokens_of_different_times_have_different_identifiers() {
    let webhook = SignedWebhook::new(secret(KEY)).insecure_accept_any_age().clock(|| NOW);
    let id = |at: UnixTime, body: &str| {
        let delivery = sign::TokenSigner::new(&secret(KEY), at).post(body);
        webhook.verify(delivery.request()).unwrap().claims().unwrap().id().unwrap().to_owned()
    };
    let (first, later) = (id(NOW, "{}"), id(UnixTime::from_secs(NOW.as_secs() + 1), "{}"));
    assert_ne!(first, later);
    assert_ne!(first, id(NOW, "[]"));
    assert_eq!(first, id(NOW, "{}"));
}

#[test]
fn a_signer_prints_no_claim() {
    let printed = format!("{:?}", sign::TokenSigner::new(&secret(KEY), NOW).claim("api_key", "a1b2c3d4"));
    assert!(printed.contains("claims: 3") && !printed.contains("a1b2c3d4"), "{printed}");
}

fn signed_webhook() -> SignedWebhook {
    SignedWebhook::new(secret(KEY)).clock(|| NOW)
}

fn signed(verifier: &dyn Registered, unsigned: &Unsigned) -> Result<Delivery, Error> {
    verifier.sign(&secret(KEY).into(), unsigned)
}

#[test]
fn a_verifier_accepts_what_it_signs_with_its_own_settings() {
    let json = Unsigned::json("{}");
    let tenants = || Tenants::new([("a1b2c3d4", secret(KEY))]).unwrap();
    let contact_center = ContactCenter::new(secret(KEY)).unwrap().clock(|| NOW);
    let form = Unsigned::form("text=Hello&sig=00&timestamp=1&api-key=other");
    let query = Unsigned::new("GET", "").target("/sms?text=Hello");
    let cases: [(Box<dyn Registered>, Unsigned); 11] = [
        (Box::new(signed_webhook().header("X-Vonage-Webhook-Auth-Token").unwrap()), json.clone()),
        (Box::new(signed_webhook().api_key("a1b2c3d4").unwrap()), json.clone()),
        (Box::new(signed_webhook().application_id("app").unwrap()), json.clone()),
        (Box::new(SignedWebhook::tenants(tenants()).clock(|| NOW)), json.clone().tenant("a1b2c3d4")),
        (Box::new(contact_center.header("X-Token").unwrap()), json.clone()),
        (Box::new(LiveKit::new(secret(KEY)).clock(|| NOW).api_key("app").unwrap()), json.clone()),
        (Box::new(Sms::tenants(SignatureMethod::Sha256, tenants())), form.clone().tenant("a1b2c3d4")),
        (Box::new(Sms::new(SignatureMethod::Sha256, secret(KEY))), form),
        (Box::new(Sms::new(SignatureMethod::Sha256, secret(KEY))), query),
        (
            Box::new(Sms::new(SignatureMethod::Sha256, secret(KEY))),
            Unsigned::new("POST", r#"{"text":"Hello"}"#)
                .header("content-type", "application/json; charset=utf-8"),
        ),
        (Box::new(signed_webhook()), Unsigned::new("GET", "").target("/answer?to=1")),
    ];
    for (verifier, unsigned) in cases {
        let (verifier, unsigned) = (&*verifier, unsigned.header("x-other", "1").time(NOW));
        let delivery = signed(verifier, &unsigned).unwrap();
        let _verified = accepts(verifier, delivery.request());
        assert_eq!(delivery.header("x-other"), Some("1"), "{}", verifier.scheme());
        let sent = [delivery.target().as_bytes(), delivery.body()].concat();
        let is_sms = verifier.scheme() == "vonage-sms";
        assert_eq!(String::from_utf8_lossy(&sent).contains("Hello"), is_sms, "{}", verifier.scheme());
    }
    let delivery = signed(&signed_webhook(), &Unsigned::new("GET", "").target("/answer?to=1")).unwrap();
    assert_eq!(delivery.target(), "/answer?to=1");
    let contact_center = ContactCenter::new(secret(KEY)).unwrap().clock(|| NOW);
    let delivery = signed(&contact_center, &json.id("event-1")).unwrap();
    assert_eq!(accepts(&contact_center, delivery.request()).claims().unwrap().id(), Some("event-1"));
}

#[test]
fn a_verifier_does_not_sign_what_it_rejects_with_any_signature() {
    use ErrorKind::{
        BodyUnexpected, ClaimMissing, HeaderRepeated, MediaTypeUnsupported, MethodUnsupported,
        ParameterRepeated, PayloadHashMismatch,
    };

    let sms = || Box::new(Sms::new(SignatureMethod::Sha256, secret(KEY)));
    let post_only = || signed_webhook().methods(["POST"]).unwrap();
    let get = |target: &str, body: &str| Unsigned::new("GET", body).target(target);
    let base = || BaseUrl::new("https://example.com").unwrap();
    let messagebird = || Box::new(MessageBird::new(base(), secret(KEY)).clock(|| NOW));
    let plivo = PlivoV3::new(base(), secret(KEY));
    let static_token = || Box::new(StaticToken::new("x-token", secret(KEY)).unwrap());
    let json = || Unsigned::json("{}");
    let cases: [(Box<dyn Registered>, Unsigned, ErrorKind); 15] = [
        (Box::new(plivo), json(), BodyUnexpected),
        (Box::new(signed_webhook()), json().header("authorization", "Bearer a"), HeaderRepeated),
        (messagebird(), json().id(""), ClaimMissing),
        (messagebird(), json().target("*"), PayloadHashMismatch),
        (static_token(), get("/", ""), MethodUnsupported),
        (static_token(), json().header("x-token", "a"), HeaderRepeated),
        (Box::new(signed_webhook()), Unsigned::new("PUT", "{}"), MethodUnsupported),
        (Box::new(post_only()), get("/", ""), MethodUnsupported),
        (Box::new(signed_webhook()), get("/?a=1&a=2", ""), ParameterRepeated),
        (Box::new(signed_webhook()), get("/", "{}"), BodyUnexpected),
        (Box::new(ContactCenter::new(secret(KEY)).unwrap().clock(|| NOW)), get("/", ""), MethodUnsupported),
        (sms(), Unsigned::new("PUT", "a=1"), MethodUnsupported),
        (sms(), Unsigned::new("POST", "a=1"), MediaTypeUnsupported),
        (sms(), Unsigned::form("a=1&a=2"), ParameterRepeated),
        (sms(), get("/?a=1", "{}"), BodyUnexpected),
    ];
    for (verifier, unsigned, kind) in cases {
        let rejected = signed(&*verifier, &unsigned.time(NOW)).map(drop).map_err(|error| error.kind());
        assert_eq!(rejected, Err(kind), "{}", verifier.scheme());
    }
}

/// So a test can send a body over the limit.
#[test]
fn a_signer_ignores_the_limit_of_the_body() {
    let long = format!("text={}", "x".repeat(1024 * 1024));
    let sms = |limit| Sms::new(SignatureMethod::Sha256, secret(KEY)).max_body(limit);
    let cases: [(Box<dyn Registered>, Unsigned, Option<ErrorKind>); 4] = [
        (Box::new(sms(2 * 1024 * 1024)), Unsigned::form(&*long), None),
        (Box::new(sms(1024 * 1024)), Unsigned::form(&*long), Some(ErrorKind::BodyTooLarge)),
        (Box::new(signed_webhook().max_body(1)), Unsigned::json("{}"), Some(ErrorKind::BodyTooLarge)),
        (Box::new(Vogent::new(secret(KEY)).max_body(1)), Unsigned::json("{}"), Some(ErrorKind::BodyTooLarge)),
    ];
    for (verifier, unsigned, kind) in cases {
        let delivery = signed(&*verifier, &unsigned.time(NOW)).unwrap();
        let rejected = verifier.verify(delivery.request()).err().map(|error| error.kind());
        assert_eq!(rejected, kind, "{}", verifier.scheme());
    }
}
