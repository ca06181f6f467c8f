//! A replay guard in the layer: handled, repeated and rejected requests.

use std::future::pending;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign::replay::{Claim, Lease, Memory, ReplayGuard, SavedResponse};
use countersign::sign::{self, Delivery, Unsigned};
use countersign::tower::VerifyLayer;
use countersign::vonage::{ContactCenter, SignedWebhook};
use countersign::{
    BaseUrl, ConfigError, Coverage, Error, ErrorKind, Keyring, Parameters, ReplayKey, Replays, Secret,
    SignalWire, Svix, Tenants, Tolerance, Twilio, UnixTime, Verified, Verifier,
};
use http::{Response, StatusCode};
use tower::util::BoxCloneService;
use tower::{Layer, Service, ServiceExt};

use crate::frames::{Frames, Step};
use crate::memory::Stopped;
use crate::world::{
    Anything, BODY, Handler, NOW, call, guarded, http, message, rejected, rejection, secret, sms, token,
    vogent, vogent_delivery, webhook, webhook_delivery, webhook_request, with_body,
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
    let layer = || guarded(Memory::new(1000));
    let named =
        |verified: &Verified| Response::new(format!("had {}", verified.claims().unwrap().id().unwrap()));
    let handler = Handler::default();
    let conflict = BoxCloneService::new(layer().on_duplicate(StatusCode::CONFLICT).layer(handler.service()));
    let named = BoxCloneService::new(layer().on_duplicate(named).layer(handler.service()));
    for (mut service, status, body) in
        [(conflict, StatusCode::CONFLICT, ""), (named, StatusCode::OK, "had 1")]
    {
        call(&mut service, webhook_request("1")).await;
        let response = call(&mut service, webhook_request("1")).await;
        assert_eq!((response.status(), response.body().as_str()), (status, body));
        assert!(response.extensions().get::<Error>().is_none());
    }
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
    let keys = ["bXlfc2VjcmV0X2tleQ==", "YW5vdGhlcl9zZWNyZXQ="].map(|text| Secret::new(text).unwrap());
    let contact_center =
        |key: &Secret| VerifyLayer::new(ContactCenter::new(key.clone()).unwrap().clock(|| NOW));
    let interactions = keys
        .each_ref()
        .map(|key| sign::ContactCenterSigner::new(key, NOW).unwrap().claim_json("jti", r#""1""#).post("{}"));
    let [sales, support] = &keys;
    let named = |layer: VerifyLayer, name: &str| layer.sender(name).unwrap();
    let guard = Arc::new(Memory::new(1000));
    let shared = |layer: VerifyLayer| layer.replay_guard(Arc::clone(&guard)).unwrap();

    // Another scheme.
    let layers = [VerifyLayer::new(webhook()), contact_center(sales)].map(shared);
    let message = token().claim_json("jti", r#""1""#).post("{}");
    assert_eq!(handled_of_two_twice(layers, [&message, &interactions[0]]).await, 2);

    // Two subscriptions without accounts in their tokens: separate if named, in any order of the settings.
    let layers =
        [shared(named(contact_center(sales), "sales")), named(shared(contact_center(support)), "support")];
    assert_eq!(handled_of_two_twice(layers, interactions.each_ref()).await, 2);
    // Without names they share their keys, as documented. The first's `1` was claimed above.
    let layers = keys.each_ref().map(|key| shared(contact_center(key)));
    assert_eq!(handled_of_two_twice(layers, interactions.each_ref()).await, 0);

    // Two endpoints of Svix, which get one event with one identifier.
    let svix = |key: &Secret| Svix::new(key.clone()).unwrap().clock(|| NOW);
    let event = |key: &Secret| svix(key).sign(key.clone(), &Unsigned::json("{}").id("msg_1")).unwrap();
    let events = keys.each_ref().map(event);
    let layers = keys.each_ref().map(|key| shared(VerifyLayer::new(svix(key))));
    assert_eq!(handled_of_two_twice(layers, events.each_ref()).await, 1);
    let layers = [(sales, "sales"), (support, "support")]
        .map(|(key, name)| shared(named(VerifyLayer::new(svix(key)), name)));
    assert_eq!(handled_of_two_twice(layers, events.each_ref()).await, 2);

    // Other accounts of one layer.
    let of_account = |name: &str| token().claim("jti", "7").claim("api_key", name).post(BODY);
    let layers = [(), ()].map(|()| shared(VerifyLayer::new(webhook())));
    assert_eq!(handled_of_two_twice(layers, [&of_account("a"), &of_account("b")]).await, 2);
    let tenants = || Tenants::new(["tenant 1", "tenant 2"].map(|name| (name, secret()))).unwrap();
    let layers = [(), ()].map(|()| shared(VerifyLayer::new(SignedWebhook::tenants(tenants()).clock(|| NOW))));
    assert_eq!(handled_of_two_twice(layers, [&of_account("tenant 1"), &of_account("tenant 2")]).await, 2);
    // Another split gives another key.
    let layers = ["ab", "a"].map(|name| shared(named(VerifyLayer::new(webhook()), name)));
    assert_eq!(handled_of_two_twice(layers, [&of_account("c"), &of_account("bc")]).await, 2);
}

#[tokio::test]
async fn an_event_signed_with_another_key_is_a_duplicate() {
    let newer = Secret::new("the newer secret").unwrap();
    let guard = Arc::new(Memory::new(1000));
    let layers = [secret().into(), Keyring::new([newer.clone(), secret()]).unwrap()].map(|keyring| {
        let webhook = SignedWebhook::new(keyring).clock(|| NOW);
        VerifyLayer::new(webhook).replay_guard(Arc::clone(&guard)).unwrap()
    });
    let [old, new] = [&secret(), &newer].map(|key| {
        sign::TokenSigner::new(key, NOW).claim("jti", "1").claim("api_key", "a1b2c3d4").post(BODY)
    });
    assert_eq!(handled_of_two_twice(layers, [&old, &new]).await, 1);
}

#[tokio::test]
async fn a_rejected_request_claims_nothing() {
    let guard = Guard::default();
    let mut service = guarded(guard.clone()).layer(Handler::default().service());
    let whole = || Frames::chunks(b"{}", 2);
    let broken = Frames::new([Step::Data(b"{".to_vec()), Step::Error]);
    let unnamed = token().without_claim("jti").post("{}");
    for (delivery, body, kind) in [
        (webhook_delivery("1"), whole(), ErrorKind::PayloadHashMismatch),
        (webhook_delivery("1"), broken, ErrorKind::BodyInterrupted),
        // A genuine request without an identifier.
        (unnamed, whole(), ErrorKind::ReplayKeyMissing),
    ] {
        assert_eq!(rejected(&mut service, with_body(&delivery, body)).await, Some(kind));
    }
    assert_eq!(guard.events(), []);
}

#[tokio::test]
async fn a_failed_request_is_handled_again() {
    for failure in [100, 199, 300, 302, 400, 404, 422, 429, 500, 503] {
        let handler = Handler::default();
        let answers = move |call| StatusCode::from_u16(if call == 0 { failure } else { 299 }).unwrap();
        let mut service = guarded(Memory::new(1000)).layer(handler.answering(answers));
        for (answer, handled) in [(failure, 1), (299, 2), (200, 2)] {
            let response = call(&mut service, webhook_request("1")).await;
            assert_eq!((response.status().as_u16(), handler.count()), (answer, handled));
        }
    }
}

#[tokio::test]
async fn a_failed_or_cancelled_handler_releases_its_lease() {
    for failure in ["error", "panic", "stall"] {
        let guard = Guard::default();
        let mut service = guarded(guard.clone()).layer(tower::service_fn(move |_| async move {
            match failure {
                "error" => Err::<Response<String>, _>("failed"),
                "panic" => panic!("a handler's bug"),
                _ => pending().await,
            }
        }));
        let call = tokio::spawn(service.call(webhook_request("1")));
        while guard.events().is_empty() {
            tokio::task::yield_now().await;
        }
        if failure == "stall" {
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
    let guard = Guard::default();
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
    let layer = guarded(Guard::claim(Ok(Claim::InProgress { remaining: Duration::from_millis(1001) })));
    for (own, retry_after) in [(None, "2"), (Some("7"), "7")] {
        let custom = layer.clone().on_rejection(move |_: &Error| {
            let response = own
                .into_iter()
                .fold(Response::builder(), |response, seconds| response.header("retry-after", seconds));
            response.body("later".to_owned()).unwrap()
        });
        let response = call(&mut custom.layer(Handler::default().service()), webhook_request("1")).await;
        assert_eq!(response.body(), "later");
        assert_eq!(response.headers()["retry-after"], retry_after);
    }
    // No other rejection has `Retry-After`.
    let mut service = layer.layer(Handler::default().service());
    let response = call(&mut service, http(&webhook_delivery("1").with_body("{}"))).await;
    assert!(response.headers().get("retry-after").is_none());
}

#[test]
fn a_useless_guard_is_rejected_at_construction() {
    for (layer, expected) in [
        (VerifyLayer::new(vogent()), Err(ConfigError::ReplayUndetectable)),
        (VerifyLayer::new(vogent()).replay_key_of_body(), Ok(())),
        (VerifyLayer::new(vogent()).replay_key(|_, _| None), Ok(())),
        (VerifyLayer::new(webhook().insecure_accept_any_age()), Ok(())),
        (VerifyLayer::new(sms()), Ok(())),
    ] {
        assert_eq!(layer.replay_guard(Memory::new(1)).map(drop), expected);
    }

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
    fn layer(verifier: impl Verifier + 'static) -> VerifyLayer {
        VerifyLayer::new(verifier)
    }

    let window = |past, future| Tolerance::new(HOUR * past, HOUR * future).unwrap();
    let key = || Secret::new("bXlfc2VjcmV0X2tleQ==").unwrap();
    let contact_center = |leeway| {
        let contact_center = ContactCenter::new(key()).unwrap().clock(|| NOW);
        layer(contact_center.tolerance(window(900, 0)).leeway(window(leeway, 0)))
    };
    // A minute old.
    let interaction = || {
        let signed_at = UnixTime::from_secs(NOW.as_secs() - 60);
        sign::ContactCenterSigner::new(&key(), signed_at).unwrap().post(BODY)
    };
    let (sms, query) = (|| sms().clock(|| NOW), || message("hello").query());
    let own = |replays| layer(Anything(replays, None));
    let second = Duration::from_secs(1);
    // The last second counts, and another machine's clock may be a minute slow.
    let least = MINUTE + second;
    for (layer, delivery, expected) in [
        (layer(webhook()), webhook_delivery("1"), THREE_DAYS),
        (layer(sms()), query(), THREE_DAYS),
        (layer(webhook()).done_for(HOUR).unwrap(), webhook_delivery("1"), HOUR),
        (layer(webhook()).done_for(second).unwrap(), webhook_delivery("1"), MINUTE * 5 + least),
        (layer(webhook().tolerance(window(100, 100))), webhook_delivery("1"), HOUR * 100 + least),
        (layer(sms().tolerance(window(200, 1))), query(), HOUR * 200 + least),
        (layer(sms()).done_for(HOUR).unwrap(), query(), HOUR),
        // The earlier of `exp` and the window: here `exp`, five minutes after an `iat` of a minute ago.
        (contact_center(100), interaction(), HOUR * 100 + MINUTE * 5),
        (contact_center(1000), interaction(), HOUR * 900 + second),
        // A custom scheme states its retry period, and how long a request verifies.
        (own(Replays::Ever), vogent_delivery(), HOUR * 5),
        (own(Replays::Within(HOUR * 4)), vogent_delivery(), HOUR * 5),
        (own(Replays::Within(HOUR * 6)), vogent_delivery(), HOUR * 6 + MINUTE),
    ] {
        let guard = Guard::default();
        let layer = layer.replay_guard(guard.clone()).unwrap();
        call(&mut layer.layer(Handler::default().service()), http(&delivery)).await;
        assert_eq!(guard.events(), [Asked::Claim(MINUTE), Asked::Complete(expected)]);
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
    let unhashed = webhook().insecure_accept_unhashed_body();
    let body = || Some(BODY.as_bytes().to_vec());
    let signalwire = SignalWire::new(BaseUrl::new("https://example.com").unwrap(), secret());
    let to_url = signalwire.sign(secret(), &Unsigned::json(BODY).target("/webhook")).unwrap();
    let cases: [(Arc<dyn Verifier>, Delivery, _); 7] = [
        (Arc::new(signalwire), to_url, (Coverage::UrlBody, body())),
        (Arc::new(vogent()), vogent_delivery(), (Coverage::Body, body())),
        (Arc::new(webhook()), token().post(BODY), (Coverage::Body, body())),
        (Arc::new(webhook()), token().get("a=1"), (Coverage::Query, None)),
        (Arc::new(unhashed), token().without_claim("payload_hash").post(BODY), (Coverage::Token, None)),
        (Arc::new(sms()), message("hello").form(), (Coverage::Params, None)),
        (Arc::new(sms()), message("hello").query(), (Coverage::Params, None)),
    ];
    for (verifier, delivery, given) in cases {
        let layer = VerifyLayer::new(verifier).replay_key(key.clone()).replay_guard(Memory::new(10)).unwrap();
        call(&mut layer.layer(Handler::default().service()), http(&delivery)).await;
        assert_eq!(seen.lock().unwrap().pop(), Some(given));
    }
}

#[tokio::test]
async fn the_body_can_be_the_key_and_the_identifier_is_it_if_the_body_is_uncovered() {
    let webhooks = ["1", "2"].map(|id| token().claim("jti", id).get("a=1"));
    let cases: [(Arc<dyn Verifier>, [Delivery; 2]); 4] = [
        (Arc::new(vogent()), [BODY, "{}"].map(|body| sign::vogent(&secret(), body))),
        (Arc::new(webhook()), webhooks),
        (Arc::new(sms()), ["a", "b"].map(|text| message(text).form())),
        (Arc::new(sms()), ["a", "b"].map(|text| message(text).query())),
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

/// A guard that records its calls in order, and delays its answers. It grants every claim, unless a test sets another answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guard {
    claim: Option<Result<Claim, Error>>,
    later: Later,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// The answer to every call after a claim.
#[derive(Clone, Debug, Default)]
#[allow(dead_code, reason = "its tests need more features")]
pub(crate) enum Later {
    #[default]
    Yes,
    Answer(Result<bool, Error>),
    Never,
    Panic,
}

impl Guard {
    pub(crate) fn claim(claim: Result<Claim, Error>) -> Self {
        Self { claim: Some(claim), ..Self::default() }
    }

    pub(crate) fn later(later: Later) -> Self {
        Self { later, ..Self::default() }
    }

    pub(crate) fn events(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    async fn hear(&self, asked: Asked) {
        tokio::task::yield_now().await;
        self.asked.lock().unwrap().push(asked);
    }

    async fn answer(&self, asked: Asked) -> Result<bool, Error> {
        let answer = match &self.later {
            Later::Yes => Ok(true),
            Later::Answer(answer) => answer.clone(),
            Later::Never => pending().await,
            Later::Panic => panic!("planned"),
        };
        self.hear(asked).await;
        answer
    }
}

impl ReplayGuard for Guard {
    async fn claim(&self, key: &ReplayKey, lease: Duration) -> Result<Claim, Error> {
        self.hear(Asked::Claim(lease)).await;
        self.claim.clone().unwrap_or_else(|| Ok(Claim::Leased(Lease::new(*key))))
    }

    async fn renew(&self, _: &Lease, time: Duration) -> Result<bool, Error> {
        self.answer(Asked::Renew(time)).await
    }

    async fn complete(&self, _: &Lease, ttl: Duration, _: Option<&SavedResponse>) -> Result<bool, Error> {
        self.answer(Asked::Complete(ttl)).await
    }

    async fn release(&self, _: &Lease) -> Result<(), Error> {
        self.answer(Asked::Release).await.map(drop)
    }
}
