//! Claims written with escapes.

use countersign::sign;
use countersign::vonage::SignedWebhook;
use countersign::{ErrorKind, Tenants};

use crate::support::{KEY, NOW, accepts, refuses, secret};

const BODY: &str = "{}";

fn signer() -> sign::TokenSigner {
    sign::TokenSigner::new(&secret(KEY), NOW)
}

#[test]
fn an_escaped_claim_is_its_decoded_text() {
    let webhook = SignedWebhook::new(secret(KEY)).clock(|| NOW).api_key("abc").unwrap();
    let escaped = signer()
        .claim_json("jti", r#""\u0031\"2""#)
        .claim_json("api_key", r#""a\u0062c""#)
        .claim_json("application_id", r#""plain""#)
        .claim_json("iss", r#""V\u006fnage""#);
    let verified = accepts(&webhook, escaped.post(BODY).request());
    let claims = verified.claims().unwrap();
    assert_eq!((claims.id(), claims.issuer()), (Some("1\"2"), Some("Vonage")));
    assert_eq!((claims.text("api_key"), claims.text("application_id")), (Some("abc"), Some("plain")));

    let other = signer().claim_json("api_key", r#""a\u0063c""#);
    refuses(&webhook, other.post(BODY).request(), ErrorKind::ClaimMismatch);
    let nul = signer().claim_json("api_key", r#""abc\u0000""#);
    refuses(&webhook, nul.post(BODY).request(), ErrorKind::ClaimMalformed);
}

#[test]
fn an_escaped_api_key_selects_its_tenant() {
    let tenants = Tenants::new([("abc", secret(KEY))]).unwrap();
    let webhook = SignedWebhook::tenants(tenants).clock(|| NOW);
    let named = |json| signer().claim_json("api_key", json).post(BODY);
    assert_eq!(accepts(&webhook, named(r#""a\u0062c""#).request()).tenant(), Some("abc"));
    refuses(&webhook, named(r#""a\u0063c""#).request(), ErrorKind::TenantUnknown);
}
