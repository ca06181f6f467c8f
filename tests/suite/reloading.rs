//! A verifier that is replaced while the service runs.

use std::sync::Arc;
use std::thread;

use countersign::{ElevenLabs, ErrorKind, Keyring, Reloading, Secret, Svix, Twilio, Verifier, Vogent, sign};

use crate::support::{KEY, OTHER_KEY, accepts, rejects, secret};

const BODY: &str = r#"{"event":"dial.started"}"#;

#[test]
fn a_request_is_verified_by_the_current_verifier() {
    let reloading = Reloading::new(Vogent::new(secret(KEY)));
    let (old, new) = (sign::vogent(&secret(KEY), BODY), sign::vogent(&secret(OTHER_KEY), BODY));
    let _ = accepts(&reloading, old.request());
    rejects(&reloading, new.request(), ErrorKind::SignatureMismatch);

    reloading.replace(Vogent::new(Keyring::new([secret(OTHER_KEY), secret(KEY)]).unwrap()));
    assert_eq!(accepts(&reloading, old.request()).key().index(), 1);
    assert_eq!(accepts(&reloading, new.request()).key().index(), 0);

    reloading.replace(Vogent::new(secret(OTHER_KEY)));
    rejects(&reloading, old.request(), ErrorKind::SignatureMismatch);
}

#[test]
fn a_begun_verification_keeps_its_verifier() {
    let reloading = Reloading::new(Vogent::new(secret(KEY)));
    let delivery = sign::vogent(&secret(KEY), BODY);
    let mut verification = reloading.begin(delivery.head()).unwrap();
    verification.update(&delivery.body()[..5]).unwrap();
    let first = Arc::downgrade(&reloading.current());

    reloading.replace(Vogent::new(secret(OTHER_KEY)));
    verification.update(&delivery.body()[5..]).unwrap();
    assert!(first.upgrade().is_some());
    assert!(verification.finish().is_ok());
    // Its keys are dropped with its last request.
    assert!(first.upgrade().is_none());
    rejects(&reloading, delivery.request(), ErrorKind::SignatureMismatch);
}

#[test]
fn reloading_has_the_settings_of_its_verifier() {
    let svix = Svix::new(Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()).unwrap();
    let plain: [Arc<dyn Verifier>; 2] = [Arc::new(svix), Arc::new(ElevenLabs::new(secret(KEY)))];
    for plain in plain {
        let reloading = Reloading::new(Arc::clone(&plain));
        assert_eq!(reloading.scheme(), plain.scheme());
        assert_eq!((reloading.replays(), reloading.retry_period()), (plain.replays(), plain.retry_period()));
        assert_eq!(reloading.body_limit(), plain.body_limit());
        assert_eq!(format!("{reloading:?}"), format!("Reloading({plain:?})"));
    }

    let reloading = Reloading::new(Vogent::new(secret(KEY)).max_body(BODY.len()));
    let delivery = sign::vogent(&secret(KEY), BODY);
    let mut verification = reloading.begin(delivery.head()).unwrap();
    assert!(!verification.keeps_body());
    let long = verification.update(format!("{BODY} ").as_bytes()).unwrap_err();
    assert_eq!(long.kind(), ErrorKind::BodyTooLarge);
    assert_eq!(verification.finish().unwrap_err().kind(), ErrorKind::BodyTooLarge);

    let base = countersign::BaseUrl::new("https://example.com").unwrap();
    let twilio = Reloading::new(Twilio::new(base, secret(KEY)));
    let headers = [("x-twilio-signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="), ("content-type", FORM)];
    let head = countersign::Head::new("POST", &headers).with_target("/");
    assert!(twilio.begin(head).unwrap().keeps_body());
}

#[test]
fn a_verifier_is_replaced_during_requests() {
    let reloading = Reloading::new(Vogent::new(secret(KEY)));
    let delivery = sign::vogent(&secret(KEY), BODY);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..500).for_each(|_| drop(accepts(&reloading, delivery.request()))));
        }
        for _ in 0..100 {
            // The key keeps its index, since `accepts` compares whole proofs.
            reloading.replace(Vogent::new(Keyring::new([secret(KEY), secret(OTHER_KEY)]).unwrap()));
        }
    });
}

const FORM: &str = "application/x-www-form-urlencoded";
