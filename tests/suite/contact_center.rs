//! Rules of the Contact Center only.

use countersign::vonage::ContactCenter;
use countersign::{ConfigError, ErrorKind, Head, Keyring, Request, Secret, Tolerance, UnixTime, sign};

use crate::support::{KEY, NOW, OTHER_KEY, accepts, rejects, secret, token};

fn verifier() -> ContactCenter {
    ContactCenter::new(secret(KEY)).unwrap().clock(|| NOW)
}

fn signer() -> sign::ContactCenterSigner {
    sign::ContactCenterSigner::new(&secret(KEY), NOW).unwrap()
}

#[test]
fn the_key_is_the_decoded_secret() {
    let claims = format!(
        r#"{{"iat":{NOW},"exp":{},"payload_hash":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}}"#,
        NOW.as_secs() + 300
    );
    for (key, right) in [(&b"qZ7xW2pL9vT4kR8mJ3nB6c"[..], true), (KEY.as_bytes(), false)] {
        let headers = [("Vonage-Signature", format!("Bearer {}", token(r#"{"alg":"HS256"}"#, &claims, key)))];
        let request = Request::new(Head::new("POST", &headers), "{}");
        if right {
            let _ = accepts(&verifier(), request);
        } else {
            rejects(&verifier(), request, ErrorKind::SignatureMismatch);
        }
    }
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
fn padding_of_the_secret_makes_no_difference() {
    let unpadded = ContactCenter::new(secret(KEY.trim_end_matches('='))).unwrap().clock(|| NOW);
    let _ = accepts(&unpadded, signer().post("{}").request());
}

#[test]
fn expiry_is_required_and_exact() {
    let delivery = signer().post("{}");
    let at = |seconds: i64| {
        let now = UnixTime::from_secs(NOW.as_secs() + seconds);
        verifier().clock(move || now)
    };
    let _ = accepts(&at(299), delivery.request());
    rejects(&at(300), delivery.request(), ErrorKind::TokenExpired);
    rejects(&at(300).insecure_accept_any_age(), delivery.request(), ErrorKind::TokenExpired);
    let leeway = Tolerance::either_way(std::time::Duration::from_secs(1)).unwrap();
    let _ = accepts(&at(300).leeway(leeway), delivery.request());
    rejects(&at(301).insecure_accept_any_age().leeway(leeway), delivery.request(), ErrorKind::TokenExpired);
    rejects(&verifier(), signer().without_claim("exp").post("{}").request(), ErrorKind::ClaimMissing);
}

#[test]
fn the_settings_of_a_signed_webhook_hold() {
    let renamed = sign::TokenSigner::new(&Secret::from_base64(KEY).unwrap(), NOW)
        .claim_json("exp", &(NOW.as_secs() + 300).to_string())
        .header("X-Moved")
        .post("{}");
    let _ = accepts(&verifier().header("x-moved").unwrap(), renamed.request());
    rejects(&verifier(), renamed.request(), ErrorKind::TokenMissing);
    rejects(&verifier().max_body(1), signer().post("{}").request(), ErrorKind::BodyTooLarge);

    let second = Tolerance::either_way(std::time::Duration::from_secs(1)).unwrap();
    let later = UnixTime::from_secs(NOW.as_secs() + 2);
    rejects(
        &verifier().tolerance(second).clock(move || later),
        signer().post("{}").request(),
        ErrorKind::TimestampStale,
    );

    let rotation = Keyring::new([secret(OTHER_KEY), secret(KEY)]).unwrap();
    let rotated = ContactCenter::new(rotation).unwrap().clock(|| NOW);
    assert_eq!(accepts(&rotated, signer().post("{}").request()).key().index(), 1);
    rejects(
        &verifier(),
        signer().claim_json("iss", "\"Nexmo\"").post("{}").request(),
        ErrorKind::ClaimMismatch,
    );
}

#[test]
fn only_a_body_is_signed() {
    let get = sign::TokenSigner::new(&Secret::from_base64(KEY).unwrap(), NOW)
        .claim_json("exp", "9999999999")
        .header("vonage-signature")
        .get("a=1");
    rejects(&verifier(), get.request(), ErrorKind::MethodUnsupported);
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
fn the_word_bearer_is_required_in_its_own_header() {
    let delivery = signer().post("{}");
    let bare = delivery.header("vonage-signature").unwrap().replace("Bearer ", "");
    let delivery = delivery.without_header("vonage-signature").with_header("Vonage-Signature", &bare);
    rejects(&verifier(), delivery.request(), ErrorKind::TokenMalformed);
}
