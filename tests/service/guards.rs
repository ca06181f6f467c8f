//! A replay guard in the layer.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign::replay::{Memory, ReplayGuard};
use countersign::tower::VerifyLayer;
use countersign::vonage::{ContactCenter, Method, Sms};
use countersign::{ConfigError, Error, ErrorKind, ReplayKey, Secret, Tolerance, Voxagent, sign};
use http::StatusCode;
use tower::{Layer, Service, ServiceExt};

use crate::frames::{Frames, Step};
use crate::world::{Handler, NOW, call, http, refusal, secret, vogent, webhook, webhook_delivery, with_body};

const WINDOW: Duration = Duration::from_secs(361);

fn guarded() -> VerifyLayer {
    VerifyLayer::new(webhook()).replay_guard(Memory::new(1000), WINDOW).unwrap()
}

#[tokio::test]
async fn the_second_of_two_is_refused() {
    let handler = Handler::default();
    let mut service = guarded().layer(handler.service());
    for (id, refused) in [("1", None), ("1", Some(ErrorKind::Replayed)), ("2", None)] {
        let response = call(&mut service, http(&webhook_delivery(id))).await;
        assert_eq!(refusal(&response), refused);
    }
    assert_eq!(handler.count(), 2);
}

#[tokio::test]
async fn one_guard_serves_several_schemes_apart() {
    let key = Secret::new("bXlfc2VjcmV0X2tleQ==").unwrap();
    let guard = Arc::new(Memory::new(1000));
    let contact_center = ContactCenter::new(key.clone()).unwrap().clock(|| NOW);
    let handler = Handler::default();
    let webhooks = VerifyLayer::new(webhook()).replay_guard(Arc::clone(&guard), WINDOW).unwrap();
    let interactions = VerifyLayer::new(contact_center).replay_guard(guard, WINDOW).unwrap();
    let id = r#""1""#;
    let message = sign::SignedWebhook::new(&secret(), NOW).claim_json("jti", id).post("{}");
    let interaction = sign::ContactCenter::new(&key, NOW).unwrap().claim_json("jti", id).post("{}");
    for refused in [None, Some(ErrorKind::Replayed)] {
        let of_message = call(&mut webhooks.layer(handler.service()), http(&message)).await;
        let of_interaction = call(&mut interactions.layer(handler.service()), http(&interaction)).await;
        assert_eq!([refusal(&of_message), refusal(&of_interaction)], [refused; 2]);
    }
}

#[tokio::test]
async fn of_many_at_once_one_is_handled() {
    let handler = Handler::default();
    let service = guarded().layer(handler.service());
    let calls: Vec<_> =
        (0..64).map(|_| tokio::spawn(service.clone().oneshot(http(&webhook_delivery("1"))))).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(handler.count(), 1);
}

#[tokio::test]
async fn what_does_not_verify_never_enters_the_guard() {
    let handler = Handler::default();
    let mut service = guarded().layer(handler.service());
    let genuine = webhook_delivery("1");
    let altered = http(&genuine.clone().with_body("{}"));
    assert_eq!(refusal(&call(&mut service, altered).await), Some(ErrorKind::PayloadHashMismatch));
    assert_eq!(refusal(&call(&mut service, http(&genuine)).await), None);
}

#[tokio::test]
async fn what_the_handler_failed_at_gets_through_again() {
    for status in
        [StatusCode::INTERNAL_SERVER_ERROR, StatusCode::SERVICE_UNAVAILABLE, StatusCode::TOO_MANY_REQUESTS]
    {
        let handler = Handler::default();
        let first = move |call| if call == 0 { status } else { StatusCode::OK };
        let mut service = guarded().layer(handler.answering(first));
        assert_eq!(call(&mut service, http(&webhook_delivery("1"))).await.status(), status);
        assert_eq!(call(&mut service, http(&webhook_delivery("1"))).await.status(), StatusCode::OK);
        assert_eq!(
            refusal(&call(&mut service, http(&webhook_delivery("1"))).await),
            Some(ErrorKind::Replayed)
        );
    }
}

#[tokio::test]
async fn what_the_handler_did_not_want_stays_claimed() {
    let handler = Handler::default();
    let mut service = guarded().layer(handler.answering(|_| StatusCode::UNPROCESSABLE_ENTITY));
    call(&mut service, http(&webhook_delivery("1"))).await;
    assert_eq!(refusal(&call(&mut service, http(&webhook_delivery("1"))).await), Some(ErrorKind::Replayed));
}

#[tokio::test]
async fn a_handler_that_errs_panics_or_is_given_up_gives_its_claim_back() {
    #[derive(Clone, Copy)]
    enum Failure {
        Error,
        Panic,
        Stall,
    }
    for failure in [Failure::Error, Failure::Panic, Failure::Stall] {
        let guard = Arc::new(Recorder::default());
        let layer = VerifyLayer::new(webhook()).replay_guard(Shared(Arc::clone(&guard)), WINDOW).unwrap();
        let mut service = layer.layer(tower::service_fn(move |_| async move {
            match failure {
                Failure::Error => Err::<http::Response<String>, _>("failed"),
                Failure::Panic => panic!("a handler's bug"),
                Failure::Stall => std::future::pending().await,
            }
        }));
        let call = tokio::spawn(service.call(http(&webhook_delivery("1"))));
        while guard.events().is_empty() {
            tokio::task::yield_now().await;
        }
        if matches!(failure, Failure::Stall) {
            call.abort();
        }
        assert!(call.await.map_or(true, |result| result.is_err()));
        // Of a guard that takes its time, it goes on in the background.
        while guard.events().len() < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(guard.events(), ["claim", "release"]);
    }
}

#[tokio::test]
async fn a_body_that_is_not_whole_claims_nothing() {
    let guard = Arc::new(Recorder::default());
    let layer = VerifyLayer::new(webhook()).replay_guard(Shared(Arc::clone(&guard)), WINDOW).unwrap();
    let broken = with_body(&webhook_delivery("1"), Frames::new([Step::Data(b"{".to_vec()), Step::Error]));
    call(&mut layer.layer(Handler::default().service()), broken).await;
    assert_eq!(guard.events(), [""; 0]);
}

#[tokio::test]
async fn a_delivery_without_a_key_is_refused() {
    let handler = Handler::default();
    let unnamed = sign::SignedWebhook::new(&secret(), NOW).without_claim("jti").post("{}");
    let response = call(&mut guarded().layer(handler.service()), http(&unnamed)).await;
    assert_eq!((refusal(&response), handler.count()), (Some(ErrorKind::ReplayKeyMissing), 0));
}

#[tokio::test]
async fn a_guard_that_cannot_tell_lets_nothing_pass() {
    #[derive(Debug)]
    struct Down;
    impl ReplayGuard for Down {
        async fn claim(&self, _: &ReplayKey, _: Duration) -> Result<(), Error> {
            Err(ErrorKind::ReplayGuardUnavailable.into())
        }

        async fn release(&self, _: &ReplayKey) -> Result<(), Error> {
            Err(ErrorKind::ReplayGuardUnavailable.into())
        }
    }
    let handler = Handler::default();
    let layer = VerifyLayer::new(webhook()).replay_guard(Down, WINDOW).unwrap();
    let response = call(&mut layer.layer(handler.service()), http(&webhook_delivery("1"))).await;
    assert_eq!((refusal(&response), handler.count()), (Some(ErrorKind::ReplayGuardUnavailable), 0));
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
}

#[test]
fn a_guard_that_would_be_of_no_use_is_refused_at_construction() {
    let guarded = |layer: VerifyLayer, seconds| {
        layer.replay_guard(Memory::new(1), Duration::from_secs(seconds)).map(drop)
    };
    let voxagent = Voxagent::new("x-signature", secret()).unwrap();
    let any_age = || webhook().insecure_accept_any_age();
    let sms = || Sms::new(Method::Sha256, secret());
    let hour = Tolerance::either_way(Duration::from_secs(3600)).unwrap();
    for (layer, seconds, result) in [
        (VerifyLayer::new(vogent()), u64::MAX, Err(ConfigError::ReplayUndetectable)),
        (VerifyLayer::new(voxagent), u64::MAX, Err(ConfigError::ReplayUndetectable)),
        (VerifyLayer::new(webhook()), 360, Err(ConfigError::ReplayForgottenTooSoon)),
        (VerifyLayer::new(webhook()), 361, Ok(())),
        (VerifyLayer::new(any_age()), 1, Ok(())),
        (VerifyLayer::new(sms()), 1, Ok(())),
        (VerifyLayer::new(sms().tolerance(hour)), 7200, Err(ConfigError::ReplayForgottenTooSoon)),
        (VerifyLayer::new(sms().tolerance(hour)), 7201, Ok(())),
    ] {
        assert_eq!(guarded(layer, seconds), result);
    }
}

/// Says what it was asked, one thing after another, and takes its time.
#[derive(Debug, Default)]
struct Recorder(Mutex<Vec<&'static str>>);

impl Recorder {
    fn events(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().clone()
    }
}

#[derive(Debug)]
struct Shared(Arc<Recorder>);

impl ReplayGuard for Shared {
    async fn claim(&self, _: &ReplayKey, _: Duration) -> Result<(), Error> {
        tokio::task::yield_now().await;
        self.0.0.lock().unwrap().push("claim");
        Ok(())
    }

    async fn release(&self, _: &ReplayKey) -> Result<(), Error> {
        tokio::task::yield_now().await;
        self.0.0.lock().unwrap().push("release");
        Ok(())
    }
}
