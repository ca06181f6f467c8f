//! A replay guard in the layer: handled, repeated and rejected requests.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign::replay::{Claim, Lease, Memory, ReplayGuard, SavedResponse};
use countersign::sign::{self, Delivery, Unsigned};
use countersign::tower::VerifyLayer;
use countersign::vonage::{ContactCenter, SignatureMethod, SignedWebhook, Sms};
use countersign::{
    BaseUrl, ConfigError, Coverage, Error, ErrorKind, Keyring, Parameters, ReplayKey, Replays, Secret,
    SignalWire, Svix, Tolerance, Twilio, UnixTime, Verified, Verifier,
};
use http::{Response, StatusCode};
use tower::{Layer, Service, ServiceExt};

use crate::frames::{Frames, Step};
use crate::memory::Stopped;
use crate::world::{
    Anything, BODY, Handler, NOW, call, guarded, http, rejected, rejection, secret, vogent, vogent_delivery,
    webhook, webhook_delivery, webhook_request, with_body,
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const THREE_DAYS: Duration = Duration::from_secs(72 * 3600);

/// Attack 70.
#[tokio::test]
async fn a_duplicate_is_answered_without_the_handler() {
    let handler = Handler::default();
    let mut service = guarded(Memory::new(1000)).layer(handler.service());
    for (id, body, handled) in [("1", "handled", 1), ("1", "", 1), ("2", "handled", 2), ("1", "", 2)] {
        let response = call(&mut service, webhook_request(id)).await;
        assert_eq!((response.status(), response.body().as_str()), (StatusCode::OK, body));
        assert!(response.extensions().get::<Error>().is_none());
        assert_eq!(handler.count(), handled);
    }
}

#[tokio::test]
async fn the_answer_to_a_duplicate_can_be_set() {
    let handler = Handler::default();
    let mut conflict = guarded(Memory::new(1000)).on_duplicate(StatusCode::CONFLICT).layer(handler.service());
    let named =
        |verified: &Verified| Response::new(format!("had {}", verified.claims().unwrap().id().unwrap()));
    let mut named = guarded(Memory::new(1000)).on_duplicate(named).layer(handler.service());
    call(&mut conflict, webhook_request("1")).await;
    call(&mut named, webhook_request("1")).await;
    let response = call(&mut conflict, webhook_request("1")).await;
    assert_eq!((response.status(), response.body().as_str()), (StatusCode::CONFLICT, ""));
    assert!(response.extensions().get::<Error>().is_none());
    let response = call(&mut named, webhook_request("1")).await;
    assert_eq!((response.status(), response.body().as_str()), (StatusCode::OK, "had 1"));
    assert_eq!(handler.count(), 2);
}

/// Sends each of two requests twice through layers with a shared guard. Returns how many were handled.
async fn handled_of_two_twice(layers: [VerifyLayer; 2], sent: [&Delivery; 2]) -> usize {
    let handler = Handler::default();
    for _ in 0..2 {
        for (layer, delivery) in layers.iter().zip(sent) {
            let response = call(&mut layer.layer(handler.service()), http(delivery)).await;
            assert_eq!(response.status(), StatusCode::OK);
        }
    }
    handler.count()
}

/// Attack 157.
#[tokio::test]
async fn one_guard_keeps_schemes_senders_and_accounts_apart() {
    let [sales, support] =
        ["bXlfc2VjcmV0X2tleQ==", "YW5vdGhlcl9zZWNyZXQ="].map(|text| Secret::new(text).unwrap());
    let contact_center =
        |key: &Secret| VerifyLayer::new(ContactCenter::new(key.clone()).unwrap().clock(|| NOW));
    let interaction = |key: &Secret| {
        sign::ContactCenterSigner::new(key, NOW).unwrap().claim_json("jti", r#""1""#).post("{}")
    };
    let message = sign::TokenSigner::new(&secret(), NOW).claim_json("jti", r#""1""#).post("{}");
    let named = |layer: VerifyLayer, name: &str| layer.sender(name).unwrap();
    let guard = Arc::new(Memory::new(1000));
    let shared = |layer: VerifyLayer| layer.replay_guard(Arc::clone(&guard)).unwrap();

    // Another scheme.
    let layers = [VerifyLayer::new(webhook()), contact_center(&sales)].map(shared);
    assert_eq!(handled_of_two_twice(layers, [&message, &interaction(&sales)]).await, 2);

    // Two subscriptions without accounts in their tokens: separate if named, in any order of the settings.
    let layers =
        [shared(named(contact_center(&sales), "sales")), named(shared(contact_center(&support)), "support")];
    assert_eq!(handled_of_two_twice(layers, [&interaction(&sales), &interaction(&support)]).await, 2);
    // Without names they share their keys, as documented. The first's `1` was claimed above.
    let layers = [&sales, &support].map(|key| shared(contact_center(key)));
    assert_eq!(handled_of_two_twice(layers, [&interaction(&sales), &interaction(&support)]).await, 0);

    // Two endpoints of Svix, which get one event with one identifier.
    let svix = |key: &Secret| Svix::new(key.clone()).unwrap().clock(|| NOW);
    let event = |key: &Secret| svix(key).sign(key.clone(), &Unsigned::json("{}").id("msg_1")).unwrap();
    let [to_sales, to_support] = [&sales, &support].map(event);
    let layers = [&sales, &support].map(|key| shared(VerifyLayer::new(svix(key))));
    assert_eq!(handled_of_two_twice(layers, [&to_sales, &to_support]).await, 1);
    let layers = [(&sales, "sales"), (&support, "support")]
        .map(|(key, name)| shared(named(VerifyLayer::new(svix(key)), name)));
    assert_eq!(handled_of_two_twice(layers, [&to_sales, &to_support]).await, 2);

    // Other accounts of one layer.
    let of_account = |name: &str| {
        sign::TokenSigner::new(&secret(), NOW).claim("jti", "7").claim("api_key", name).post(BODY)
    };
    let layers = [shared(VerifyLayer::new(webhook())), shared(VerifyLayer::new(webhook()))];
    assert_eq!(handled_of_two_twice(layers, [&of_account("a"), &of_account("b")]).await, 2);
    // Another split gives another key.
    let layers = ["ab", "a"].map(|name| shared(named(VerifyLayer::new(webhook()), name)));
    assert_eq!(handled_of_two_twice(layers, [&of_account("c"), &of_account("bc")]).await, 2);
}

#[tokio::test]
async fn an_event_signed_with_another_key_is_a_duplicate() {
    let newer = Secret::new("the newer secret").unwrap();
    let webhook = |keyring: Keyring| SignedWebhook::new(keyring).clock(|| NOW);
    let guard = Arc::new(Memory::new(1000));
    let layer = |keyring| VerifyLayer::new(webhook(keyring)).replay_guard(Arc::clone(&guard)).unwrap();
    let both = Keyring::new([newer.clone(), secret()]).unwrap();
    let resigned =
        sign::TokenSigner::new(&newer, NOW).claim("jti", "1").claim("api_key", "a1b2c3d4").post(BODY);
    let handled =
        handled_of_two_twice([layer(secret().into()), layer(both)], [&webhook_delivery("1"), &resigned])
            .await;
    assert_eq!(handled, 1);
}

#[tokio::test]
async fn a_rejected_request_claims_nothing() {
    let guard = Recorder::default();
    let layer = guarded(guard.clone());
    let mut service = layer.layer(Handler::default().service());
    let broken = || Frames::new([Step::Data(b"{".to_vec()), Step::Error]);
    let forged = Frames::chunks(b"{}", 2);
    let unnamed = sign::TokenSigner::new(&secret(), NOW).without_claim("jti").post("{}");
    for (request, kind) in [
        (with_body(&webhook_delivery("1"), forged), ErrorKind::PayloadHashMismatch),
        (with_body(&webhook_delivery("1"), broken()), ErrorKind::BodyInterrupted),
        // A genuine request without an identifier.
        (with_body(&unnamed, Frames::chunks(b"{}", 2)), ErrorKind::ReplayKeyMissing),
    ] {
        assert_eq!(rejected(&mut service, request).await, Some(kind));
    }
    assert_eq!(guard.events(), []);
}

#[tokio::test]
async fn a_failed_request_is_handled_again() {
    for status in
        [100, 199, 300, 302, 400, 404, 422, 429, 500, 503].map(|status| StatusCode::from_u16(status).unwrap())
    {
        let handler = Handler::default();
        let first = move |call| if call == 0 { status } else { StatusCode::from_u16(299).unwrap() };
        let mut service = guarded(Memory::new(1000)).layer(handler.answering(first));
        for (answer, handled) in [(status.as_u16(), 1), (299, 2), (200, 2)] {
            let response = call(&mut service, webhook_request("1")).await;
            assert_eq!((response.status().as_u16(), handler.count()), (answer, handled));
        }
    }
}

#[tokio::test]
async fn a_failed_or_cancelled_handler_releases_its_lease() {
    #[derive(Clone, Copy)]
    enum Failure {
        Error,
        Panic,
        Stall,
    }
    for failure in [Failure::Error, Failure::Panic, Failure::Stall] {
        let guard = Recorder::default();
        let layer = guarded(guard.clone());
        let mut service = layer.layer(tower::service_fn(move |_| async move {
            match failure {
                Failure::Error => Err::<Response<String>, _>("failed"),
                Failure::Panic => panic!("a handler's bug"),
                Failure::Stall => std::future::pending().await,
            }
        }));
        let call = tokio::spawn(service.call(webhook_request("1")));
        while guard.events().is_empty() {
            tokio::task::yield_now().await;
        }
        if matches!(failure, Failure::Stall) {
            call.abort();
        }
        assert!(call.await.map_or(true, |result| result.is_err()));
        // With a slow guard, it continues in the background.
        while guard.events().len() < 2 {
            tokio::task::yield_now().await;
        }
        assert_eq!(guard.events(), [Asked::Claim(MINUTE), Asked::Release]);
    }

    // An error is passed on after the release.
    let guard = Recorder::default();
    let failing = |_| async { Err::<Response<String>, _>("failed") };
    let mut service = guarded(guard.clone()).layer(tower::service_fn(failing));
    assert!(service.call(webhook_request("1")).await.is_err());
    assert_eq!(guard.events(), [Asked::Claim(MINUTE), Asked::Release]);
}

/// Attack 164.
#[tokio::test]
async fn a_duplicate_in_progress_is_retried_and_handled_if_the_first_fails() {
    let clock = Stopped::default();
    let handler = Handler::default();
    let layer = guarded(clock.memory(10));
    let (permit, waiting) = tokio::sync::oneshot::channel::<()>();
    let waiting = Arc::new(Mutex::new(Some(waiting)));
    let slow = tower::service_fn(move |_| {
        let waiting = waiting.lock().unwrap().take().unwrap();
        async move {
            waiting.await.unwrap();
            Err::<Response<String>, _>("failed after a while")
        }
    });
    let first = tokio::spawn(layer.layer(slow).oneshot(webhook_request("1")));
    while !format!("{layer:?}").contains("count: 1,") {
        tokio::task::yield_now().await;
    }

    let mut service = layer.layer(handler.service());
    for (passed, retry_after) in [(0, "60"), (10_500, "50"), (49_499, "1"), (0, "1")] {
        clock.pass(Duration::from_millis(passed));
        let response = call(&mut service, webhook_request("1")).await;
        assert_eq!(rejection(&response), Some(ErrorKind::ReplayInProgress));
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()["retry-after"], retry_after);
        assert_eq!(response.extensions().get::<Error>().unwrap().retry_after(), retry_after.parse().ok());
    }
    permit.send(()).unwrap();
    assert!(first.await.unwrap().is_err());
    assert_eq!(call(&mut service, webhook_request("1")).await.body(), "handled");
    assert_eq!(handler.count(), 1);
}

#[tokio::test]
async fn a_custom_rejection_keeps_its_retry_after() {
    let guard = Recorder::default();
    guard.say(Claim::InProgress { remaining: Duration::from_millis(1001) });
    let layer = guarded(guard);
    let own = |set: bool| {
        layer.clone().on_rejection(move |_: &Error| {
            let mut response = Response::new("later".to_owned());
            if set {
                response.headers_mut().insert("retry-after", "7".parse().unwrap());
            }
            response
        })
    };
    for (set, retry_after) in [(false, "2"), (true, "7")] {
        let response = call(&mut own(set).layer(Handler::default().service()), webhook_request("1")).await;
        assert_eq!(
            (response.body().as_str(), &response.headers()["retry-after"]),
            ("later", &retry_after.parse().unwrap())
        );
    }
    // No other rejection has `Retry-After`.
    let mut service = layer.layer(Handler::default().service());
    let response = call(&mut service, http(&webhook_delivery("1").with_body("{}"))).await;
    assert!(response.headers().get("retry-after").is_none());
}

#[test]
fn a_useless_guard_is_rejected_at_construction() {
    let with_guard = |layer: VerifyLayer| layer.replay_guard(Memory::new(1)).map(drop);
    let undetectable = Err(ConfigError::ReplayUndetectable);
    assert_eq!(with_guard(VerifyLayer::new(vogent())), undetectable);
    assert_eq!(with_guard(VerifyLayer::new(vogent()).replay_key_of_body()), Ok(()));
    assert_eq!(with_guard(VerifyLayer::new(vogent()).replay_key(|_, _| None)), Ok(()));
    assert_eq!(with_guard(VerifyLayer::new(webhook().insecure_accept_any_age())), Ok(()));
    assert_eq!(with_guard(VerifyLayer::new(Sms::new(SignatureMethod::Sha256, secret()))), Ok(()));

    let layer = || VerifyLayer::new(webhook());
    for short in [Duration::ZERO, Duration::from_nanos(999_999_999)] {
        assert_eq!(layer().lease(short).map(drop), Err(ConfigError::LeaseTooShort));
    }
    assert_eq!(layer().lease(Duration::from_secs(1)).map(drop), Ok(()));
    assert_eq!(layer().done_for(Duration::ZERO).map(drop), Err(ConfigError::DurationZero));
    assert_eq!(layer().sender("").map(drop), Err(ConfigError::NameEmpty));
}

#[tokio::test]
async fn completion_lasts_for_the_retry_period_or_the_window() {
    let hours = |hours: u64| Duration::from_secs(hours * 3600);
    let window = |past, future| Tolerance::new(hours(past), hours(future)).unwrap();
    let contact_center = |leeway| {
        let key = Secret::new("bXlfc2VjcmV0X2tleQ==").unwrap();
        ContactCenter::new(key).unwrap().clock(|| NOW).tolerance(window(900, 0)).leeway(window(leeway, 0))
    };
    let interaction = |age| {
        let key = Secret::new("bXlfc2VjcmV0X2tleQ==").unwrap();
        sign::ContactCenterSigner::new(&key, UnixTime::from_secs(NOW.as_secs() - age)).unwrap().post(BODY)
    };
    let sms = || Sms::new(SignatureMethod::Sha256, secret()).clock(|| NOW);
    let message = || sign::SmsSigner::new(SignatureMethod::Sha256, &secret()).timestamp(NOW).query();
    let minute = |time: Duration| time + MINUTE;
    let layer = |verifier: Arc<dyn Verifier>| VerifyLayer::new(verifier);
    for (layer, delivery, expected) in [
        (layer(Arc::new(webhook())), webhook_delivery("1"), THREE_DAYS),
        (layer(Arc::new(sms())), message(), THREE_DAYS),
        (layer(Arc::new(webhook())).done_for(HOUR).unwrap(), webhook_delivery("1"), HOUR),
        // The last second counts, and another machine's clock may be a minute slow.
        (
            layer(Arc::new(webhook())).done_for(Duration::from_secs(1)).unwrap(),
            webhook_delivery("1"),
            minute(Duration::from_secs(301)),
        ),
        (
            layer(Arc::new(webhook().tolerance(window(100, 100)))),
            webhook_delivery("1"),
            minute(hours(100) + Duration::from_secs(1)),
        ),
        (
            layer(Arc::new(sms().tolerance(window(200, 1)))),
            message(),
            minute(hours(200) + Duration::from_secs(1)),
        ),
        (layer(Arc::new(sms())).done_for(HOUR).unwrap(), message(), HOUR),
        // The earlier of `exp` and the window: here `exp`, five minutes after an `iat` of a minute ago.
        (
            layer(Arc::new(contact_center(100))),
            interaction(60),
            minute(hours(100) + Duration::from_secs(240)),
        ),
        (
            layer(Arc::new(contact_center(1000))),
            interaction(60),
            minute(hours(899) + Duration::from_secs(3541)),
        ),
        // A custom scheme states its retry period, and how long a request verifies.
        (layer(Arc::new(Anything(Replays::Ever, None))), vogent_delivery(), hours(5)),
        (layer(Arc::new(Anything(Replays::Within(hours(4)), None))), vogent_delivery(), hours(5)),
        (layer(Arc::new(Anything(Replays::Within(hours(6)), None))), vogent_delivery(), minute(hours(6))),
    ] {
        let guard = Recorder::default();
        let layer = layer.replay_guard(guard.clone()).unwrap();
        call(&mut layer.layer(Handler::default().service()), http(&delivery)).await;
        assert_eq!(guard.events(), [Asked::Claim(MINUTE), Asked::Complete(expected)]);
    }
}

#[tokio::test]
async fn a_body_can_be_the_replay_key() {
    let handler = Handler::default();
    let layer = VerifyLayer::new(vogent()).replay_key_of_body().replay_guard(Memory::new(10)).unwrap();
    let mut service = layer.layer(handler.service());
    let other = sign::vogent(&secret(), r#"{"event":"dial.ended"}"#);
    for (delivery, handled) in [(&vogent_delivery(), 1), (&vogent_delivery(), 1), (&other, 2), (&other, 2)] {
        assert_eq!(call(&mut service, http(delivery)).await.status(), StatusCode::OK);
        assert_eq!(handler.count(), handled);
    }
}

#[tokio::test]
async fn a_custom_key_gets_only_covered_parts() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let recorded = Arc::clone(&seen);
    let key = move |verified: &Verified, body: Option<&bytes::Bytes>| {
        recorded.lock().unwrap().push((verified.coverage(), body.map(|body| body.to_vec())));
        Some(ReplayKey::new([body.map_or("no body", |_| "a body")]))
    };
    let unhashed = || webhook().insecure_accept_unhashed_body();
    let signer = || sign::TokenSigner::new(&secret(), NOW);
    let sms =
        || sign::SmsSigner::new(SignatureMethod::Sha256, &secret()).param("text", "hello").timestamp(NOW);
    let verify_sms = || Arc::new(Sms::new(SignatureMethod::Sha256, secret()));
    let body = || Some(BODY.as_bytes().to_vec());
    let signalwire = SignalWire::new(BaseUrl::new("https://example.com").unwrap(), secret());
    let to_url = signalwire.sign(secret(), &Unsigned::json(BODY).target("/webhook")).unwrap();
    let cases: [(Arc<dyn Verifier>, Delivery, _); 7] = [
        (Arc::new(signalwire), to_url, (Coverage::UrlBody, body())),
        (Arc::new(vogent()), vogent_delivery(), (Coverage::Body, body())),
        (Arc::new(webhook()), signer().post(BODY), (Coverage::Body, body())),
        (Arc::new(webhook()), signer().get("a=1"), (Coverage::Query, None)),
        (Arc::new(unhashed()), signer().without_claim("payload_hash").post(BODY), (Coverage::Token, None)),
        (verify_sms(), sms().form(), (Coverage::Params, None)),
        (verify_sms(), sms().query(), (Coverage::Params, None)),
    ];
    for (verifier, delivery, given) in cases {
        let layer = VerifyLayer::new(verifier).replay_key(key.clone()).replay_guard(Memory::new(10)).unwrap();
        call(&mut layer.layer(Handler::default().service()), http(&delivery)).await;
        assert_eq!(seen.lock().unwrap().pop(), Some(given));
    }
}

#[tokio::test]
async fn the_identifier_is_the_key_if_the_body_is_uncovered() {
    let token = |id: &str| sign::TokenSigner::new(&secret(), NOW).claim("jti", id).get("a=1");
    let sms =
        |text| sign::SmsSigner::new(SignatureMethod::Sha256, &secret()).param("text", text).timestamp(NOW);
    let verify_sms = || Arc::new(Sms::new(SignatureMethod::Sha256, secret()));
    let cases: [(Arc<dyn Verifier>, [Delivery; 2]); 3] = [
        (Arc::new(webhook()), [token("1"), token("2")]),
        (verify_sms(), [sms("a").form(), sms("b").form()]),
        (verify_sms(), [sms("a").query(), sms("b").query()]),
    ];
    for (verifier, [one, other]) in cases {
        let layer = VerifyLayer::new(verifier).replay_key_of_body().replay_guard(Memory::new(10)).unwrap();
        assert_eq!(handled_of_two_twice([layer.clone(), layer], [&one, &other]).await, 2);
    }
}

/// Nothing separates the signed parameters of Twilio, so one signature fits several forms. The guide has the strict key.
#[tokio::test]
async fn a_form_that_is_cut_elsewhere_is_no_new_event() {
    const CALL: &str = "CA00000000000000000000000000000001";

    fn lax(form: &Parameters) -> Option<ReplayKey> {
        Some(ReplayKey::new([form.get("CallSid")?, form.get("CallStatus")?]))
    }
    fn strict(form: &Parameters) -> Option<ReplayKey> {
        let call = form.get("CallSid").filter(|call| call.len() == 34)?;
        let status =
            form.get("CallStatus").filter(|status| [&b"ringing"[..], b"completed"].contains(status))?;
        Some(ReplayKey::new([call, status]))
    }

    let twilio = || Twilio::new(BaseUrl::new("https://example.com").unwrap(), secret());
    let genuine = format!("CallSid={CALL}&CallStatus=completed&Called=%2B1&Caller=%2B2");
    let signed = twilio().sign(secret(), &Unsigned::form(&*genuine).target("/webhook")).unwrap();
    let cut = [
        genuine,
        format!("CallSid={CALL}&CallStatus=completedCalled%2B1&Caller=%2B2"),
        format!("CallSid={CALL}&CallStatus=completedCal&led=%2B1Caller%2B2"),
        format!("CallSid={CALL}&CallStatus=completedCalled%2B1Caller%2B2"),
    ];
    for (key, handled) in [(lax as fn(&Parameters) -> Option<ReplayKey>, 4), (strict, 1)] {
        let handler = Handler::default();
        let layer = VerifyLayer::new(twilio())
            .replay_key(move |verified, _| key(&verified.parameters()?))
            .replay_guard(Memory::new(10))
            .unwrap();
        let mut service = layer.layer(handler.service());
        for body in &cut {
            call(&mut service, http(&signed.clone().with_body(body.as_str()))).await;
        }
        assert_eq!(handler.count(), handled);
    }
}

/// A call of the guard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Asked {
    Claim(Duration),
    Renew(Duration),
    Complete(Duration),
    Release,
}

/// Records its calls in order, and delays its answers. Grants every claim by default.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder(Arc<Mutex<(Vec<Asked>, Option<Claim>)>>);

impl Recorder {
    pub(crate) fn events(&self) -> Vec<Asked> {
        self.0.lock().unwrap().0.clone()
    }

    fn say(&self, claim: Claim) {
        self.0.lock().unwrap().1 = Some(claim);
    }

    async fn hear(&self, asked: Asked) {
        tokio::task::yield_now().await;
        self.0.lock().unwrap().0.push(asked);
    }
}

impl ReplayGuard for Recorder {
    async fn claim(&self, key: &ReplayKey, lease: Duration) -> Result<Claim, Error> {
        self.hear(Asked::Claim(lease)).await;
        Ok(self.0.lock().unwrap().1.clone().unwrap_or_else(|| Claim::Leased(Lease::new(*key))))
    }

    async fn renew(&self, _: &Lease, time: Duration) -> Result<bool, Error> {
        self.hear(Asked::Renew(time)).await;
        Ok(true)
    }

    async fn complete(&self, _: &Lease, ttl: Duration, _: Option<&SavedResponse>) -> Result<bool, Error> {
        self.hear(Asked::Complete(ttl)).await;
        Ok(true)
    }

    async fn release(&self, _: &Lease) -> Result<(), Error> {
        self.hear(Asked::Release).await;
        Ok(())
    }
}

/// After a claim, every call of the store has one outcome. `None` is no answer.
#[derive(Debug)]
pub(crate) struct HalfDown {
    /// By default the claim is granted.
    pub(crate) claim: Result<Option<Claim>, ErrorKind>,
    pub(crate) later: Option<Result<bool, ErrorKind>>,
}

impl HalfDown {
    async fn answer(&self) -> Result<bool, Error> {
        match self.later {
            Some(answer) => Ok(answer?),
            None => std::future::pending().await,
        }
    }
}

impl ReplayGuard for HalfDown {
    async fn claim(&self, key: &ReplayKey, _: Duration) -> Result<Claim, Error> {
        Ok(self.claim.clone()?.unwrap_or_else(|| Claim::Leased(Lease::new(*key))))
    }

    async fn renew(&self, _: &Lease, _: Duration) -> Result<bool, Error> {
        self.answer().await
    }

    async fn complete(&self, _: &Lease, _: Duration, _: Option<&SavedResponse>) -> Result<bool, Error> {
        self.answer().await
    }

    async fn release(&self, _: &Lease) -> Result<(), Error> {
        self.answer().await.map(drop)
    }
}
