//! The module `sign`: requests as the platforms send them.

use countersign::vonage::{SignatureMethod, SignedWebhook};
use countersign::{UnixTime, Verifier, sign};

use crate::support::{KEY, NOW, secret};

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
