//! Rules of the Contact Center only.

use countersign::vonage::ContactCenter;
use countersign::{ConfigError, ErrorKind, Secret, Tolerance, UnixTime, sign};

use crate::support::{KEY, NOW, accepts, rejects, secret};

fn verifier() -> ContactCenter {
    ContactCenter::new(secret(KEY)).unwrap().clock(|| NOW)
}

fn signer() -> sign::ContactCenterSigner {
    sign::ContactCenterSigner::new(&secret(KEY), NOW).unwrap()
}

/// The catalogue's requests show that the key is the decoded secret.
#[test]
fn the_secret_may_be_unpadded() {
    let unpadded = ContactCenter::new(secret(KEY.trim_end_matches('='))).unwrap().clock(|| NOW);
    let _ = accepts(&unpadded, signer().post("{}").request());
}

#[test]
fn a_secret_that_is_not_base64_is_rejected_at_construction() {
    for text in ["not base64!", "abc!", "bXlf c2Vj", "bXlfc2Vj-_8="] {
        assert_eq!(ContactCenter::new(secret(text)).unwrap_err(), ConfigError::SecretNotBase64, "{text}");
    }
    let undecoded = Secret::verbatim("====").unwrap();
    assert_eq!(ContactCenter::new(undecoded).unwrap_err(), ConfigError::SecretNotBase64);
}

#[test]
fn any_issuer_is_accepted_only_if_configured() {
    for issuer in ["\"vcc\"", "\"\""] {
        let delivery = signer().claim_json("iss", issuer).post("{}");
        rejects(&verifier(), delivery.request(), ErrorKind::ClaimMismatch);
        let _ = accepts(&verifier().accept_any_issuer(), delivery.request());
    }
    let wrong_type = signer().claim_json("iss", "1").post("{}");
    rejects(&verifier(), wrong_type.request(), ErrorKind::ClaimMalformed);
    let verified = accepts(&verifier().accept_any_issuer(), wrong_type.request());
    assert_eq!(verified.claims().unwrap().issuer(), None);
    let _ = accepts(&verifier(), signer().without_claim("iss").post("{}").request());
}

#[test]
fn exp_is_required_and_exact() {
    let delivery = signer().post("{}");
    let at = |seconds: i64| {
        let now = UnixTime::from_secs(NOW.as_secs() + seconds);
        verifier().clock(move || now)
    };
    let second = Tolerance::either_way(std::time::Duration::from_secs(1)).unwrap();
    let _ = accepts(&at(299), delivery.request());
    let _ = accepts(&at(300).leeway(second), delivery.request());
    for (verifier, kind) in [
        (at(300), ErrorKind::TokenExpired),
        (at(300).insecure_accept_any_age(), ErrorKind::TokenExpired),
        (at(301).insecure_accept_any_age().leeway(second), ErrorKind::TokenExpired),
        (at(2).tolerance(second), ErrorKind::TimestampStale),
    ] {
        rejects(&verifier, delivery.request(), kind);
    }
    rejects(&verifier(), signer().without_claim("exp").post("{}").request(), ErrorKind::ClaimMissing);
}

#[test]
fn the_header_can_be_renamed() {
    let renamed = sign::TokenSigner::new(&Secret::from_base64(KEY).unwrap(), NOW)
        .claim_json("exp", &(NOW.as_secs() + 300).to_string())
        .header("X-Moved")
        .post("{}");
    let _ = accepts(&verifier().header("x-moved").unwrap(), renamed.request());
    rejects(&verifier(), renamed.request(), ErrorKind::TokenMissing);
}
