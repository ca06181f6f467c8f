//! What refusals and proofs call what they are about.

use countersign::vonage::{Method, SignedWebhook, Sms};
use countersign::{Coverage, Verifier, sign};

use crate::support::{KEY, NOW, secret};

#[test]
fn a_refusal_names_the_parameter_or_the_claim() {
    let sms = Sms::new(Method::Sha256, secret(KEY));
    let delivery = sign::Sms::new(Method::Sha256, &secret(KEY)).param("text", "Hello").query();
    let unsigned = sms.verify(delivery.with_query("text=Hello").request()).unwrap_err();
    assert_eq!(unsigned.to_string(), "parameter `sig` is missing");

    let webhook = SignedWebhook::new(secret(KEY)).clock(|| NOW);
    let delivery = sign::SignedWebhook::new(&secret(KEY), NOW).without_claim("iat").post("{}");
    assert_eq!(webhook.verify(delivery.request()).unwrap_err().to_string(), "claim `iat` is missing");
}

#[test]
fn a_proof_shows_that_there_is_a_signature_and_not_which() {
    let sms = Sms::new(Method::Sha256, secret(KEY));
    let delivery = sign::Sms::new(Method::Sha256, &secret(KEY)).param("text", "Hello").query();
    assert!(format!("{:?}", sms.verify(delivery.request()).unwrap()).contains("Signature(Tag)"));
}

#[test]
fn a_coverage_has_a_name() {
    let all = [Coverage::Body, Coverage::Query, Coverage::Params, Coverage::Token];
    assert_eq!(all.map(Coverage::as_str), ["body", "query", "params", "token"]);
}
