//! The layer's events, feature `tracing`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::future::{pending, ready};
use std::io;
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use bytes::Bytes;
use countersign::axum::Signed;
use countersign::replay::{Claim, Lease, Memory, ReplayGuard, SavedResponse};
use countersign::sign;
use countersign::tower::{TenantLookup, VerifiedBody, VerifyLayer};
use countersign::vonage::{SignatureMethod, SignedWebhook, Sms};
use countersign::{Error, ErrorKind, Head, Keyring, ReplayKey, Secret, Tenants, Verification, Verifier};
use http::{Response, StatusCode};
use tower::{Layer as _, Service as _, ServiceExt as _};
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Instrument, Level, Metadata, Subscriber};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{EnvFilter, Layer as _, fmt as lines};

use crate::frames::{Frames, Step};
use crate::guards::{HalfDown, Recorder};
use crate::world::{BODY, Handler, NOW, call, guarded, http, secret, webhook_delivery, webhook_request};

/// Remembers each event and each field of a span as `name=value`.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<Vec<Heard>>>);

type Heard = (Level, BTreeMap<String, String>);

impl Listener {
    fn hear(&self, level: Level, record: impl FnOnce(&mut Fields)) {
        let mut fields = Fields::default();
        record(&mut fields);
        self.0.lock().unwrap().push((level, fields.0));
    }

    fn take(&self) -> Vec<Heard> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

#[derive(Default)]
struct Fields(BTreeMap<String, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        assert_eq!((span.metadata().name(), span.metadata().target()), ("webhook", "countersign"));
        self.hear(*span.metadata().level(), |fields| span.record(fields));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        self.hear(Level::INFO, |fields| values.record(fields));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        assert_eq!(event.metadata().target(), "countersign");
        self.hear(*event.metadata().level(), |fields| event.record(fields));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn fields<const COUNT: usize>(pairs: [(&str, &str); COUNT]) -> BTreeMap<String, String> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

/// The fields of an event, with those of every event here.
fn event<const COUNT: usize>(pairs: [(&str, &str); COUNT]) -> BTreeMap<String, String> {
    let mut all = fields(pairs);
    all.extend(fields([("scheme", "vonage-jwt"), ("path", "/webhook")]));
    all
}

#[tokio::test]
async fn each_request_has_one_event_and_a_span_with_its_key() {
    let old = Secret::new("the older secret").unwrap();
    let keyring = Keyring::new([secret(), old.clone()]).unwrap();
    let webhook = SignedWebhook::new(keyring).clock(|| NOW);
    let layer = VerifyLayer::new(webhook).replay_guard(Memory::new(10)).unwrap();
    let mut service = layer.layer(Handler::default().service());
    let by_old = sign::TokenSigner::new(&old, NOW).claim("jti", "2").post(BODY);

    let span = (Level::INFO, event([]));
    let recorded =
        |key| [(Level::INFO, fields([("key", key)])), (Level::INFO, fields([("coverage", "body")]))];
    let verified =
        |level, key, message| (level, event([("key", key), ("coverage", "body"), ("message", message)]));
    let rejected = |level, code, status, error| {
        let message = ("message", "webhook rejected");
        (level, event([message, ("code", code), ("status", status), ("error", error)]))
    };
    let newest = || [recorded("0").to_vec(), vec![verified(Level::DEBUG, "0", "webhook verified")]].concat();
    let older = "webhook verified with an older secret";
    let duplicate = verified(Level::INFO, "0", "webhook already handled");
    for (delivery, events) in [
        (webhook_delivery("1"), newest()),
        (by_old, [recorded("1").to_vec(), vec![verified(Level::INFO, "1", older)]].concat()),
        (webhook_delivery("1"), [recorded("0").to_vec(), vec![duplicate]].concat()),
        (
            webhook_delivery("3").with_body("{}"),
            vec![rejected(
                Level::INFO,
                "payload_hash_mismatch",
                "401",
                "payload does not match its signed hash",
            )],
        ),
        (
            webhook_delivery("3").without_header("authorization"),
            vec![rejected(Level::INFO, "token_missing", "401", "header `authorization` is missing")],
        ),
    ] {
        let listener = Listener::default();
        call(&mut service, http(&delivery)).with_subscriber(listener.clone()).await;
        let heard = listener.take();
        assert_eq!(heard, [vec![span.clone()], events].concat());

        let text = format!("{heard:?}");
        let signature =
            delivery.header("authorization").and_then(|token| token.rsplit_once('.')).map(|(_, tag)| tag);
        for secret in ["s3cr3t", "the older secret", signature.unwrap_or("s3cr3t")] {
            assert!(!text.contains(secret));
        }
    }
}

/// The events after verification, with this guard and a handler of this duration.
async fn events_of(guard: impl ReplayGuard + 'static, status: StatusCode, time: Duration) -> Vec<Heard> {
    let mut service = guarded(guard).layer(tower::service_fn(move |_| async move {
        if !time.is_zero() {
            tokio::time::sleep(time).await;
        }
        Ok::<_, Infallible>(Response::builder().status(status).body(String::new()).unwrap())
    }));
    let listener = Listener::default();
    // Background events count too.
    let _default = tracing::subscriber::set_default(listener.clone());
    call(&mut service, webhook_request("1")).await;
    tokio::time::sleep(Duration::from_secs(120)).await;
    let mut heard = listener.take();
    heard.retain(|(_, fields)| fields.get("message").is_some_and(|message| message != "webhook verified"));
    heard
}

#[tokio::test(start_paused = true)]
async fn problems_with_a_lease_have_events() {
    let warning = |message: &str, code: Option<&str>| {
        let mut all = event([("message", message)]);
        all.extend(code.map(|code| ("code".to_owned(), code.to_owned())));
        (Level::WARN, all)
    };
    let (ok, failed) = (StatusCode::OK, StatusCode::INTERNAL_SERVER_ERROR);
    let (at_once, half_a_minute, two_minutes) =
        (Duration::ZERO, Duration::from_secs(30), Duration::from_secs(120));
    let unavailable = Some("replay_guard_unavailable");
    let not_renewed = || warning("webhook's lease not renewed", unavailable);
    let ended = || warning("webhook's lease ended while it is handled", None);
    let forgotten = |code| warning("webhook handled and not remembered", code);
    // Every 5 s for a minute.
    let never = || {
        let not_yet = vec![warning("webhook handled and not yet remembered", unavailable); 12];
        [not_yet, vec![forgotten(unavailable)]].concat()
    };
    let not_handled = || {
        let (level, mut all) = warning("webhook not handled", None);
        all.insert("status".to_owned(), "500".to_owned());
        (level, all)
    };
    let down = Err(ErrorKind::ReplayGuardUnavailable);
    for (later, status, time, expected) in [
        (Ok(true), ok, at_once, vec![]),
        (Ok(true), failed, two_minutes, vec![not_handled()]),
        (
            down,
            failed,
            at_once,
            vec![not_handled(), warning("webhook not handled and still leased", unavailable)],
        ),
        (down, ok, at_once, never()),
        (Ok(false), ok, at_once, vec![forgotten(Some("lease_taken"))]),
        (Ok(false), ok, half_a_minute, vec![ended(), forgotten(Some("lease_taken"))]),
        // At 20 s, then every 5 s until the minute ends.
        (down, ok, two_minutes, [vec![not_renewed(); 9], vec![ended()], never()].concat()),
    ] {
        assert_eq!(events_of(HalfDown { claim: Ok(None), later: Some(later) }, status, time).await, expected);
    }
}

/// The events when the runtime ends before the store knows of the completion.
#[test]
fn an_ending_runtime_reports_open_leases() {
    for (status, told) in [
        (
            Some(StatusCode::OK),
            fields([("code", "given_up"), ("message", "webhook handled and not remembered")]),
        ),
        (None, fields([("message", "webhook's lease is left to run out")])),
    ] {
        let listener = Listener::default();
        let _default = tracing::subscriber::set_default(listener.clone());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let webhook = SignedWebhook::new(secret()).clock(|| NOW);
            let layer =
                VerifyLayer::new(webhook).replay_guard(HalfDown { claim: Ok(None), later: None }).unwrap();
            let (begun, handled) = (Arc::new(Mutex::new(false)), status);
            let begins = Arc::clone(&begun);
            let mut service = layer.layer(tower::service_fn(move |_| {
                *begins.lock().unwrap() = true;
                async move {
                    let Some(status) = handled else { return pending().await };
                    Ok::<_, Infallible>(Response::builder().status(status).body(String::new()).unwrap())
                }
            }));
            let mut call = Box::pin(service.call(webhook_request("1")));
            while !*begun.lock().unwrap() {
                assert!(call.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
            }
            drop(call);
        });
        drop(runtime);
        let mut all = event([]);
        all.extend(told);
        assert_eq!(listener.take().pop(), Some((Level::WARN, all)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_is_dropped_and_a_response_that_is_not_saved_have_events() {
    let listener = Listener::default();
    let (stays, leaves) = (webhook_request("1"), webhook_request("2"));
    let layer = guarded(Memory::new(10)).remember_responses(3);
    let mut service = layer.layer(tower::service_fn(async |request: http::Request<VerifiedBody>| {
        if request.headers().contains_key("x-slow") {
            pending::<()>().await;
        }
        Ok::<_, Infallible>(Response::new("longer than the limit".to_owned()))
    }));
    async {
        assert_eq!(call(&mut service, stays).await.status(), StatusCode::OK);
        let short = async |_| Ok::<_, Infallible>(Response::new("ok".to_owned()));
        call(&mut layer.layer(tower::service_fn(short)), webhook_request("3")).await;
        let (mut parts, body) = leaves.into_parts();
        parts.headers.insert("x-slow", http::HeaderValue::from_static("1"));
        let slow = service.call(http::Request::from_parts(parts, body));
        assert!(tokio::time::timeout(Duration::from_secs(1), slow).await.is_err());
    }
    .with_subscriber(listener.clone())
    .await;
    let warned = listener.take().into_iter().filter(|(level, _)| *level == Level::WARN);
    let warned: Vec<_> = warned.map(|(_, fields)| fields).collect();
    let expected = ["webhook handled and its response not saved", "webhook not handled"];
    assert_eq!(warned, expected.map(|message| event([("message", message)])));
}

/// One event says that the request verified, and why the handler did not get it.
#[tokio::test(start_paused = true)]
async fn a_verified_request_that_the_guard_rejects_has_one_event() {
    let in_progress = Some(Claim::InProgress { remaining: Duration::from_secs(9) });
    for (claim, level, code, error) in [
        // Another running attempt is no warning.
        (Ok(in_progress), Level::INFO, "replay_in_progress", "event is already being handled"),
        (
            Err(ErrorKind::ReplayGuardUnavailable),
            Level::WARN,
            "replay_guard_unavailable",
            "replay guard is unavailable",
        ),
    ] {
        let told = events_of(HalfDown { claim, later: Some(Ok(true)) }, StatusCode::OK, Duration::ZERO).await;
        let message = ("message", "webhook verified and held back");
        let proof = [("key", "0"), ("coverage", "body")];
        let mut all = event([message, ("code", code), ("status", "503"), ("error", error)]);
        all.extend(fields(proof));
        assert_eq!(told, [(level, all)]);
    }
}

/// A store of your own is down. Nothing but its error says why.
#[derive(Debug)]
struct Down {
    claims: bool,
}

impl Down {
    fn error() -> Error {
        Error::new(ErrorKind::ReplayGuardUnavailable).caused_by(io::Error::other("disk is full"))
    }
}

impl ReplayGuard for Down {
    async fn claim(&self, key: &ReplayKey, _: Duration) -> Result<Claim, Error> {
        if self.claims { Ok(Claim::Leased(Lease::new(*key))) } else { Err(Self::error()) }
    }

    async fn renew(&self, _: &Lease, _: Duration) -> Result<bool, Error> {
        Err(Self::error())
    }

    async fn complete(&self, _: &Lease, _: Duration, _: Option<&SavedResponse>) -> Result<bool, Error> {
        Err(Self::error())
    }

    async fn release(&self, _: &Lease) -> Result<(), Error> {
        Err(Self::error())
    }
}

/// A verifier of your own that asks a service.
#[derive(Debug)]
struct Away;

impl Verifier for Away {
    fn begin<'v>(&'v self, _: Head<'_>) -> Result<Verification<'v>, Error> {
        Err(Error::new(ErrorKind::ClockUnavailable).caused_by(io::Error::other("no answer")))
    }
}

#[tokio::test(start_paused = true)]
async fn the_cause_of_an_error_is_in_the_event() {
    let minute = Duration::from_secs(60);
    for (claims, status, messages) in [
        (false, StatusCode::OK, &["webhook verified and held back"][..]),
        (
            true,
            StatusCode::BAD_GATEWAY,
            &["webhook's lease not renewed", "webhook not handled and still leased"],
        ),
        (true, StatusCode::OK, &["webhook's lease not renewed", "webhook handled and not yet remembered"]),
    ] {
        let told = events_of(Down { claims }, status, minute).await;
        let caused = told.iter().filter(|(_, fields)| fields.contains_key("cause"));
        let mut found: Vec<_> = caused.map(|(_, fields)| [&*fields["message"], &*fields["cause"]]).collect();
        found.dedup();
        assert_eq!(found, messages.iter().map(|message| [message, "disk is full"]).collect::<Vec<_>>());
    }

    let listener = Listener::default();
    let mut service = VerifyLayer::new(Away).layer(Handler::default().service());
    call(&mut service, webhook_request("1")).with_subscriber(listener.clone()).await;
    let (level, told) = listener.take().pop().unwrap();
    assert_eq!((level, &*told["cause"]), (Level::WARN, "no answer"));
}

/// The layer reads the response to save it, so that no server reports the error.
#[tokio::test]
async fn a_response_that_cannot_be_read_has_an_event() {
    fn half() -> Response<axum::body::Body> {
        let steps = [Step::Data(b"half".to_vec()), Step::Error];
        Response::new(axum::body::Body::new(Frames::new(steps).exactly(8)))
    }
    let layer = guarded(Memory::new(10)).remember_responses(100);
    let mut service = layer.layer(tower::service_fn(async |_| Ok::<_, Infallible>(half())));
    let listener = Listener::default();
    let response = call(&mut service, webhook_request("1")).with_subscriber(listener.clone()).await;
    assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    let told = fields([("message", "webhook's response not readable"), ("cause", "connection reset")]);
    let heard = listener.take();
    assert!(heard.contains(&(Level::WARN, told)));
    let not_saved = event([("message", "webhook handled and its response not saved")]);
    assert!(!heard.contains(&(Level::WARN, not_saved)), "nothing was handled");
}

#[tokio::test]
async fn the_verified_tenant_is_in_the_event() {
    let tenants = || Tenants::new([("a1b2c3d4", secret())]).unwrap();
    let layer = VerifyLayer::new(SignedWebhook::tenants(tenants()).clock(|| NOW));
    let mut service = layer.replay_guard(Memory::new(10)).unwrap().layer(Handler::default().service());
    let tenant = || fields([("tenant", "a1b2c3d4")]);
    for (delivery, message, proved) in [
        (webhook_delivery("1"), "webhook verified", true),
        (webhook_delivery("1"), "webhook already handled", true),
        // A forged request may name anything.
        (webhook_delivery("2").with_body("{}"), "webhook rejected", false),
    ] {
        let listener = Listener::default();
        call(&mut service, http(&delivery)).with_subscriber(listener.clone()).await;
        let heard = listener.take();
        let (_, last) = heard.last().unwrap();
        assert_eq!(last["message"], message);
        assert_eq!(last.get("tenant").is_some(), proved);
        assert_eq!(heard.contains(&(Level::INFO, tenant())), proved, "recorded in the span");
    }
}

/// One account of many has the wrong secret.
#[tokio::test]
async fn a_rejection_shows_the_known_account_that_it_claims() {
    let store = |name: String| ready(Ok::<_, io::Error>((name == "a1b2c3d4").then(|| secret().into())));
    let by_head = TenantLookup::by_head(SignedWebhook::untrusted_api_key, store, SignedWebhook::tenants);
    let hint = |request: countersign::Request<'_>| SignedWebhook::untrusted_api_key(request.head());
    let by_request = TenantLookup::by_request(hint, store, SignedWebhook::tenants);
    let services = [by_head, by_request]
        .map(|lookup| VerifyLayer::tenants(lookup.unwrap()).layer(Handler::default().service()));
    let claims = [("a1b2c3d4", "signature_mismatch", Some("a1b2c3d4")), ("stranger", "tenant_unknown", None)];
    for (mut service, (account, code, shown)) in
        services.into_iter().flat_map(|service| claims.map(|claim| (service.clone(), claim)))
    {
        let other = Secret::new("another secret").unwrap();
        let forged = sign::TokenSigner::new(&other, NOW).claim("api_key", account).post(BODY);
        let listener = Listener::default();
        call(&mut service, http(&forged)).with_subscriber(listener.clone()).await;
        let (_, told) = listener.take().pop().unwrap();
        assert_eq!((&*told["code"], told.get("claimed_tenant").map(String::as_str)), (code, shown));
        assert!(!told.contains_key("tenant"));
    }
}

#[tokio::test]
async fn the_path_of_an_event_is_short_and_without_a_query() {
    let handler = Handler::default();
    let mut service = VerifyLayer::new(SignedWebhook::new(secret()).clock(|| NOW)).layer(handler.service());
    for (target, path) in [
        ("/webhook?sig=4711".to_owned(), "/webhook".to_owned()),
        (format!("/{}", "é".repeat(300)), format!("/{}", "é".repeat(255))),
        ("*".to_owned(), "*".to_owned()),
    ] {
        let mut request = webhook_request("1");
        *request.uri_mut() = target.parse().unwrap();
        let listener = Listener::default();
        call(&mut service, request).with_subscriber(listener.clone()).await;
        for (_, fields) in listener.take().iter().filter(|(_, fields)| fields.contains_key("scheme")) {
            assert_eq!(fields["path"], path);
        }
    }
}

/// Layer and extractor emit the same events. Behind a nested router, they have the received path.
#[tokio::test]
async fn extractor_and_layer_emit_the_same_events() {
    let verifier = || SignedWebhook::tenants(Tenants::new([("a1b2c3d4", secret())]).unwrap()).clock(|| NOW);
    let extracted = Router::new()
        .route("/webhook", post(|_: Signed<Bytes, SignedWebhook>| async {}))
        .with_state(Arc::new(verifier()));
    let layered = Router::new().route("/webhook", post(async || {})).layer(VerifyLayer::new(verifier()));
    for delivery in [
        webhook_delivery("1"),
        webhook_delivery("1").with_body("{}"),
        webhook_delivery("1").without_header("authorization"),
    ] {
        let mut told = vec![];
        for router in [&extracted, &layered] {
            let router = Router::new().nest("/api", router.clone());
            let request = delivery.to_http("/api/webhook").unwrap().map(axum::body::Body::from);
            let listener = Listener::default();
            router.oneshot(request).with_subscriber(listener.clone()).await.unwrap();
            told.push(listener.take());
        }
        assert_eq!(told[0], told[1]);
        let (_, last) = told[0].last().unwrap();
        assert_eq!(last["path"], "/api/webhook");
    }
}

#[tokio::test]
async fn a_query_that_becomes_too_long_has_an_event() {
    let sms = || Sms::new(SignatureMethod::Sha256, secret());
    let router = Router::new().route("/", get(|_: Signed<Bytes, Sms>| async {})).with_state(Arc::new(sms()));
    let signer = sign::SmsSigner::new(SignatureMethod::Sha256, &secret());
    let message = signer.param("text", &",".repeat(22_000)).query();
    let query = format!("{}&flag=", message.query().replace("%2C", ","));
    let request = message.with_query(&query).to_http("/").unwrap().map(axum::body::Body::from);
    let listener = Listener::default();
    router.oneshot(request).with_subscriber(listener.clone()).await.unwrap();
    let (_, told) = listener.take().pop().unwrap();
    assert_eq!((&*told["message"], &*told["code"]), ("webhook rejected", "query_too_long"));
}

#[tokio::test]
async fn an_abandoned_lease_is_reported() {
    let recorder = Recorder::default();
    let mut service = guarded(recorder.clone())
        .layer(tower::service_fn(|_| pending::<Result<Response<String>, Infallible>>()));
    let listener = Listener::default();
    let mut stalled = Box::pin(service.call(webhook_request("1")).with_subscriber(listener.clone()));
    while recorder.events().is_empty() {
        assert!(stalled.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    let told = listener.clone();
    let outside = move || tracing::subscriber::with_default(told, || drop(stalled));
    std::thread::spawn(outside).join().unwrap();
    let told = event([("message", "webhook's lease is left to run out")]);
    assert_eq!(listener.take().pop(), Some((Level::WARN, told)));
}

/// What a subscriber wrote.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The text of a cause can come from the request, as that of a parser does.
#[tokio::test]
async fn a_cause_cannot_begin_a_line() {
    #[derive(Debug)]
    struct Parses;

    impl Verifier for Parses {
        fn begin<'v>(&'v self, _: Head<'_>) -> Result<Verification<'v>, Error> {
            Err(Error::new(ErrorKind::HeaderMalformed).caused_by(io::Error::other("no `a\nINFO forged`")))
        }
    }

    let written = Lines::default();
    let writer = written.clone();
    let _default = tracing::subscriber::set_default(
        lines().with_writer(move || writer.clone()).with_ansi(false).finish(),
    );
    call(&mut VerifyLayer::new(Parses).layer(Handler::default().service()), webhook_request("1")).await;
    let text = String::from_utf8(std::mem::take(&mut written.0.lock().unwrap())).unwrap();
    assert!(text.contains("forged") && text.lines().count() == 1, "{text}");
}

#[tokio::test]
async fn the_handlers_events_are_in_the_span() {
    let written = Lines::default();
    let writer = written.clone();
    let _default = tracing::subscriber::set_default(
        lines().with_writer(move || writer.clone()).with_ansi(false).finish(),
    );
    for layer in [guarded(Memory::new(1)), guarded(Memory::new(1)).finish_when_client_leaves()] {
        let mut service = layer.layer(tower::service_fn(async |_| {
            tracing::info!("handling");
            Ok::<_, Infallible>(Response::new(String::new()))
        }));
        call(&mut service, webhook_request("1")).await;
    }
    let text = String::from_utf8(std::mem::take(&mut written.0.lock().unwrap())).unwrap();
    assert_eq!(
        text.lines().filter(|line| line.contains("webhook{") && line.ends_with("handling")).count(),
        2
    );
}

/// A service logs only the warnings of this crate. The outer span has the request's identifier.
#[tokio::test(start_paused = true)]
async fn a_disabled_span_hides_no_outer_span() {
    let filter = || EnvFilter::new("info,countersign=warn");
    for by_layer in [false, true] {
        let written = Lines::default();
        let writer = written.clone();
        let writer = move || writer.clone();
        let _default = if by_layer {
            let layer = lines::layer().with_writer(writer).with_ansi(false).with_filter(filter());
            tracing::subscriber::set_default(tracing_subscriber::registry().with(layer))
        } else {
            let all = lines().with_writer(writer).with_ansi(false).with_env_filter(filter());
            tracing::subscriber::set_default(all.finish())
        };
        for finishes in [false, true] {
            // The handler's event, and one in the background.
            let guard = HalfDown { claim: Ok(None), later: Some(Err(ErrorKind::ReplayGuardUnavailable)) };
            let layer = guarded(guard);
            let layer = if finishes { layer.finish_when_client_leaves() } else { layer };
            let mut service = layer.layer(tower::service_fn(async |_| {
                tracing::info!("handling");
                Ok::<_, Infallible>(Response::new(String::new()))
            }));
            let request = tracing::info_span!("request", id = 4711);
            call(&mut service, webhook_request("1")).instrument(request).await;
            tokio::time::sleep(Duration::from_secs(120)).await;
        }
        let text = String::from_utf8(std::mem::take(&mut written.0.lock().unwrap())).unwrap();
        assert_eq!(text.matches("handling").count(), 2, "{text}");
        assert_eq!(text.matches("not remembered").count(), 2, "{text}");
        for line in text.lines() {
            assert!(line.contains("request{id=4711}"), "{by_layer} {line}");
        }
    }
}
