//! The layer's events, feature `tracing`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;
use std::future::{Future, pending, ready};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use bytes::Bytes;
use countersign::axum::Signed;
use countersign::replay::{Claim, Memory};
use countersign::sign;
use countersign::tower::{TenantLookup, VerifiedBody, VerifyLayer};
use countersign::vonage::{SignatureMethod, SignedWebhook, Sms};
use countersign::{Error, ErrorKind, Head, Keyring, Secret, Tenants, Verification, Verifier};
use http::{Request, Response, StatusCode};
use tower::{Layer as _, Service as _, ServiceExt as _, service_fn};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::{DefaultGuard, set_default};
use tracing::{Event, Instrument, Level, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};
use tracing_subscriber::{EnvFilter, fmt as lines, registry};

use crate::frames::{Frames, Step};
use crate::guards::{Guard, Later};
use crate::world::{
    BODY, Handler, NOW, answer, call, guarded, http, poll_once, secret, stalled, webhook, webhook_delivery,
    webhook_request,
};

/// Remembers each event and each field of a span as `name=value`.
#[derive(Clone, Default)]
struct Listener(Arc<Mutex<Vec<Heard>>>);

type Heard = (Level, BTreeMap<String, String>);

impl Listener {
    fn listen(&self) -> DefaultGuard {
        set_default(registry().with(self.clone()))
    }

    fn hear(&self, level: Level, record: impl FnOnce(&mut Fields)) {
        let mut fields = Fields::default();
        record(&mut fields);
        self.0.lock().unwrap().push((level, fields.0));
    }

    fn take(&self) -> Vec<Heard> {
        std::mem::take(&mut *self.0.lock().unwrap())
    }
}

impl<S: Subscriber> Layer<S> for Listener {
    fn on_new_span(&self, span: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        assert_eq!((span.metadata().name(), span.metadata().target()), ("webhook", "countersign"));
        self.hear(*span.metadata().level(), |fields| span.record(fields));
    }

    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        self.hear(Level::INFO, |fields| values.record(fields));
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        assert_eq!(event.metadata().target(), "countersign");
        self.hear(*event.metadata().level(), |fields| event.record(fields));
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

/// What is logged while this runs, in the background too.
async fn heard(running: impl Future) -> Vec<Heard> {
    let listener = Listener::default();
    let _default = listener.listen();
    running.await;
    listener.take()
}

fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

/// An event with these fields and those of every event here.
fn event(level: Level, pairs: &[(&str, &str)]) -> Heard {
    (level, fields(&[pairs, &[("scheme", "vonage-jwt"), ("path", "/webhook")]].concat()))
}

fn warning(message: &str, more: &[(&str, &str)]) -> Heard {
    event(Level::WARN, &[&[("message", message)], more].concat())
}

#[tokio::test]
async fn each_request_has_one_event_and_a_span_with_its_key() {
    let old = Secret::new("the older secret").unwrap();
    let keyring = Keyring::new([secret(), old.clone()]).unwrap();
    let layer = VerifyLayer::new(SignedWebhook::new(keyring).clock(|| NOW));
    let mut service = layer.replay_guard(Memory::new(10)).unwrap().layer(Handler::default().service());
    let by_old = sign::TokenSigner::new(&old, NOW).claim("jti", "2").post(BODY);

    let verified = |level, key, message| {
        let [recorded_key, recorded_coverage] = [("key", key), ("coverage", "body")];
        let recorded = [recorded_key, recorded_coverage].map(|pair| (Level::INFO, fields(&[pair])));
        let event = event(level, &[recorded_key, recorded_coverage, ("message", message)]);
        [&recorded[..], &[event]].concat()
    };
    let rejected = |code, error| {
        let [message, status] = [("message", "webhook rejected"), ("status", "401")];
        vec![event(Level::INFO, &[message, ("code", code), status, ("error", error)])]
    };
    let changed = rejected("payload_hash_mismatch", "payload does not match its signed hash");
    let missing = rejected("token_missing", "header `authorization` is missing");
    for (delivery, events) in [
        (webhook_delivery("1"), verified(Level::DEBUG, "0", "webhook verified")),
        (by_old, verified(Level::INFO, "1", "webhook verified with an older secret")),
        (webhook_delivery("1"), verified(Level::INFO, "0", "webhook already handled")),
        (webhook_delivery("3").with_body("{}"), changed),
        (webhook_delivery("3").without_header("authorization"), missing),
    ] {
        let heard = heard(call(&mut service, http(&delivery))).await;
        assert_eq!(heard, [vec![event(Level::INFO, &[])], events].concat());

        let text = format!("{heard:?}");
        let signature = delivery.header("authorization").and_then(|token| token.rsplit('.').next());
        for secret in ["s3cr3t", "the older secret", signature.unwrap_or("s3cr3t")] {
            assert!(!text.contains(secret));
        }
    }
}

/// The events after verification, with this guard and a handler of this duration.
async fn events_of(guard: Guard, status: StatusCode, time: Duration) -> Vec<Heard> {
    let mut service = guarded(guard).layer(service_fn(move |_| async move {
        if !time.is_zero() {
            tokio::time::sleep(time).await;
        }
        answer(status)
    }));
    let mut heard = heard(async {
        call(&mut service, webhook_request("1")).await;
        tokio::time::sleep(Duration::from_secs(120)).await;
    })
    .await;
    heard.retain(|(_, fields)| fields.get("message").is_some_and(|message| message != "webhook verified"));
    heard
}

#[tokio::test(start_paused = true)]
async fn problems_with_a_lease_have_events() {
    let (ok, failed) = (StatusCode::OK, StatusCode::INTERNAL_SERVER_ERROR);
    let unavailable = &[("code", "replay_guard_unavailable")][..];
    let not_renewed = || warning("webhook's lease not renewed", unavailable);
    let ended = || warning("webhook's lease ended while it is handled", &[]);
    let forgotten = |code| warning("webhook handled and not remembered", code);
    let taken = || forgotten(&[("code", "lease_taken")]);
    // Every 5 s for a minute.
    let never = || {
        let not_yet = vec![warning("webhook handled and not yet remembered", unavailable); 12];
        [not_yet, vec![forgotten(unavailable)]].concat()
    };
    let not_handled = || warning("webhook not handled", &[("status", "500")]);
    let still_leased = || warning("webhook not handled and still leased", unavailable);
    let down = Err(ErrorKind::ReplayGuardUnavailable);
    for (later, status, seconds, expected) in [
        (Ok(true), ok, 0, vec![]),
        (Ok(true), failed, 120, vec![not_handled()]),
        (down, failed, 0, vec![not_handled(), still_leased()]),
        (down, ok, 0, never()),
        (Ok(false), ok, 0, vec![taken()]),
        (Ok(false), ok, 30, vec![ended(), taken()]),
        // At 20 s, then every 5 s until the minute ends.
        (down, ok, 120, [vec![not_renewed(); 9], vec![ended()], never()].concat()),
    ] {
        let guard = Guard::later(Later::Answer(later.map_err(Error::from)));
        assert_eq!(events_of(guard, status, Duration::from_secs(seconds)).await, expected);
    }
}

/// The events when the runtime ends before the store knows of the completion.
#[test]
fn an_ending_runtime_reports_open_leases() {
    for (status, told) in [
        (Some(StatusCode::OK), warning("webhook handled and not remembered", &[("code", "given_up")])),
        (None, warning("webhook's lease is left to run out", &[])),
    ] {
        let listener = Listener::default();
        let _default = listener.listen();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let begun = Arc::new(Mutex::new(false));
            let begins = Arc::clone(&begun);
            let mut service = guarded(Guard::later(Later::Never)).layer(service_fn(move |_| {
                *begins.lock().unwrap() = true;
                async move {
                    let Some(status) = status else { return pending().await };
                    answer(status)
                }
            }));
            let mut call = Box::pin(service.call(webhook_request("1")));
            while !*begun.lock().unwrap() {
                assert!(poll_once(call.as_mut()).is_pending());
            }
            drop(call);
        });
        drop(runtime);
        assert_eq!(listener.take().pop(), Some(told));
    }
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_is_dropped_and_a_response_that_is_not_saved_have_events() {
    let layer = guarded(Memory::new(10)).remember_responses(3);
    let mut service = layer.layer(service_fn(async |request: Request<VerifiedBody>| {
        if request.headers().contains_key("x-slow") {
            pending::<()>().await;
        }
        Ok::<_, Infallible>(Response::new("longer than the limit".to_owned()))
    }));
    let mut warned = heard(async {
        assert_eq!(call(&mut service, webhook_request("1")).await.status(), StatusCode::OK);
        let short = async |_| Ok::<_, Infallible>(Response::new("ok".to_owned()));
        call(&mut layer.layer(service_fn(short)), webhook_request("3")).await;
        let mut leaves = webhook_request("2");
        leaves.headers_mut().insert("x-slow", 1.into());
        assert!(tokio::time::timeout(Duration::from_secs(1), service.call(leaves)).await.is_err());
    })
    .await;
    warned.retain(|(level, _)| *level == Level::WARN);
    let expected = ["webhook handled and its response not saved", "webhook not handled"];
    assert_eq!(warned, expected.map(|message| warning(message, &[])));
}

/// One event says that the request verified, and why the handler did not get it.
#[tokio::test(start_paused = true)]
async fn a_verified_request_that_the_guard_rejects_has_one_event() {
    let in_progress = Claim::InProgress { remaining: Duration::from_secs(9) };
    let down = Err(ErrorKind::ReplayGuardUnavailable.into());
    for (claim, level, code, error) in [
        // Another running attempt is no warning.
        (Ok(in_progress), Level::INFO, "replay_in_progress", "event is already being handled"),
        (down, Level::WARN, "replay_guard_unavailable", "replay guard is unavailable"),
    ] {
        let told = events_of(Guard::claim(claim), StatusCode::OK, Duration::ZERO).await;
        let message = ("message", "webhook verified and held back");
        let proof = [message, ("key", "0"), ("coverage", "body")];
        let held_back = [&proof[..], &[("code", code), ("status", "503"), ("error", error)]].concat();
        assert_eq!(told, [event(level, &held_back)]);
    }
}

/// A verifier of your own that fails, for a cause.
#[derive(Debug)]
struct Fails(&'static str);

impl Verifier for Fails {
    fn begin<'v>(&'v self, _: Head<'_>) -> Result<Verification<'v>, Error> {
        Err(Error::new(ErrorKind::ClockUnavailable).caused_by(io::Error::other(self.0)))
    }
}

/// Nothing but the error of a store of your own says why it is down.
#[tokio::test(start_paused = true)]
async fn the_cause_of_an_error_is_in_the_event() {
    let full = || Error::new(ErrorKind::ReplayGuardUnavailable).caused_by(io::Error::other("disk is full"));
    let later = || Guard::later(Later::Answer(Err(full())));
    let not_renewed = "webhook's lease not renewed";
    for (guard, status, messages) in [
        (Guard::claim(Err(full())), StatusCode::OK, &["webhook verified and held back"][..]),
        (later(), StatusCode::BAD_GATEWAY, &[not_renewed, "webhook not handled and still leased"]),
        (later(), StatusCode::OK, &[not_renewed, "webhook handled and not yet remembered"]),
    ] {
        let told = events_of(guard, status, Duration::from_secs(60)).await;
        let caused = told.iter().filter(|(_, fields)| fields.contains_key("cause"));
        let mut found: Vec<_> = caused.map(|(_, fields)| [&*fields["message"], &*fields["cause"]]).collect();
        found.dedup();
        assert_eq!(found, messages.iter().map(|message| [message, "disk is full"]).collect::<Vec<_>>());
    }

    let mut service = VerifyLayer::new(Fails("no answer")).layer(Handler::default().service());
    let (level, told) = heard(call(&mut service, webhook_request("1"))).await.pop().unwrap();
    assert_eq!((level, &*told["cause"]), (Level::WARN, "no answer"));
}

/// The layer reads the response to save it, so that no server reports the error.
#[tokio::test]
async fn a_response_that_cannot_be_read_has_an_event() {
    let mut service = guarded(Memory::new(10)).remember_responses(100).layer(service_fn(async |_| {
        let half = Frames::new([Step::Data(b"half".to_vec()), Step::Error]).exactly(8);
        Ok::<_, Infallible>(Response::new(axum::body::Body::new(half)))
    }));
    let heard = heard(async {
        let response = call(&mut service, webhook_request("1")).await;
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
    })
    .await;
    let told = fields(&[("message", "webhook's response not readable"), ("cause", "connection reset")]);
    assert!(heard.contains(&(Level::WARN, told)));
    let not_saved = warning("webhook handled and its response not saved", &[]);
    assert!(!heard.contains(&not_saved), "nothing was handled");
}

/// Verifies for one account.
fn tenants() -> SignedWebhook {
    SignedWebhook::tenants(Tenants::new([("a1b2c3d4", secret())]).unwrap()).clock(|| NOW)
}

#[tokio::test]
async fn the_verified_tenant_is_in_the_event() {
    let layer = VerifyLayer::new(tenants()).replay_guard(Memory::new(10)).unwrap();
    let mut service = layer.layer(Handler::default().service());
    for (delivery, message, proved) in [
        (webhook_delivery("1"), "webhook verified", true),
        (webhook_delivery("1"), "webhook already handled", true),
        // A forged request may name anything.
        (webhook_delivery("2").with_body("{}"), "webhook rejected", false),
    ] {
        let heard = heard(call(&mut service, http(&delivery))).await;
        let (_, last) = heard.last().unwrap();
        assert_eq!((&*last["message"], last.contains_key("tenant")), (message, proved));
        let recorded = (Level::INFO, fields(&[("tenant", "a1b2c3d4")]));
        assert_eq!(heard.contains(&recorded), proved, "recorded in the span");
    }
}

/// One account of many has the wrong secret.
#[tokio::test]
async fn a_rejection_shows_the_known_account_that_it_claims() {
    let store = |name: String| ready(Ok::<_, io::Error>((name == "a1b2c3d4").then(|| secret().into())));
    let by_head = TenantLookup::by_head(SignedWebhook::untrusted_api_key, store, SignedWebhook::tenants);
    let hint = |request: countersign::Request<'_>| SignedWebhook::untrusted_api_key(request.head());
    let by_request = TenantLookup::by_request(hint, store, SignedWebhook::tenants);
    for lookup in [by_head, by_request] {
        let mut service = VerifyLayer::tenants(lookup.unwrap()).layer(Handler::default().service());
        for (account, code, shown) in
            [("a1b2c3d4", "signature_mismatch", Some("a1b2c3d4")), ("stranger", "tenant_unknown", None)]
        {
            let other = Secret::new("another secret").unwrap();
            let forged = sign::TokenSigner::new(&other, NOW).claim("api_key", account).post(BODY);
            let (_, told) = heard(call(&mut service, http(&forged))).await.pop().unwrap();
            assert_eq!((&*told["code"], told.get("claimed_tenant").map(String::as_str)), (code, shown));
            assert!(!told.contains_key("tenant"));
        }
    }
}

#[tokio::test]
async fn the_path_of_an_event_is_short_and_without_a_query() {
    let mut service = VerifyLayer::new(webhook()).layer(Handler::default().service());
    for (target, path) in [
        ("/webhook?sig=4711".to_owned(), "/webhook".to_owned()),
        (format!("/{}", "é".repeat(300)), format!("/{}", "é".repeat(255))),
        ("*".to_owned(), "*".to_owned()),
    ] {
        let mut request = webhook_request("1");
        *request.uri_mut() = target.parse().unwrap();
        let heard = heard(call(&mut service, request)).await;
        for (_, fields) in heard.iter().filter(|(_, fields)| fields.contains_key("scheme")) {
            assert_eq!(fields["path"], path);
        }
    }
}

/// Layer and extractor emit the same events. Behind a nested router, they have the received path.
#[tokio::test]
async fn extractor_and_layer_emit_the_same_events() {
    let extracted = post(|_: Signed<Bytes, SignedWebhook>| async {});
    let extracted = Router::new().route("/webhook", extracted).with_state(Arc::new(tenants()));
    let layered = Router::new().route("/webhook", post(async || {})).layer(VerifyLayer::new(tenants()));
    for delivery in [
        webhook_delivery("1"),
        webhook_delivery("1").with_body("{}"),
        webhook_delivery("1").without_header("authorization"),
    ] {
        let mut told = vec![];
        for router in [&extracted, &layered] {
            let router = Router::new().nest("/api", router.clone());
            let request = delivery.to_http("/api/webhook").unwrap().map(axum::body::Body::from);
            told.push(heard(router.oneshot(request)).await);
        }
        assert_eq!(told[0], told[1]);
        assert_eq!(told[0].last().unwrap().1["path"], "/api/webhook");
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
    let (_, told) = heard(router.oneshot(request)).await.pop().unwrap();
    assert_eq!((&*told["message"], &*told["code"]), ("webhook rejected", "query_too_long"));
}

#[tokio::test]
async fn an_abandoned_lease_is_reported() {
    let guard = Guard::default();
    let (listener, mut service) = (Listener::default(), guarded(guard.clone()).layer(stalled()));
    let default = listener.listen();
    let mut stalled = Box::pin(service.call(webhook_request("1")));
    while guard.events().is_empty() {
        assert!(poll_once(stalled.as_mut()).is_pending());
    }
    drop(default);
    let elsewhere = listener.clone();
    let outside = move || {
        let _default = elsewhere.listen();
        drop(stalled);
    };
    std::thread::spawn(outside).join().unwrap();
    assert_eq!(listener.take().pop(), Some(warning("webhook's lease is left to run out", &[])));
}

/// What a subscriber wrote.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

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
    let written = Lines::default();
    let writer = written.clone();
    let _default = set_default(lines().with_writer(move || writer.clone()).with_ansi(false).finish());
    let mut service = VerifyLayer::new(Fails("no `a\nINFO forged`")).layer(Handler::default().service());
    call(&mut service, webhook_request("1")).await;
    let text = written.take();
    assert!(text.contains("forged") && text.lines().count() == 1, "{text}");
}

#[tokio::test]
async fn the_handlers_events_are_in_the_span() {
    let written = Lines::default();
    let writer = written.clone();
    let _default = set_default(lines().with_writer(move || writer.clone()).with_ansi(false).finish());
    for layer in [guarded(Memory::new(1)), guarded(Memory::new(1)).finish_when_client_leaves()] {
        let mut service = layer.layer(service_fn(async |_| {
            tracing::info!("handling");
            Ok::<_, Infallible>(Response::new(String::new()))
        }));
        call(&mut service, webhook_request("1")).await;
    }
    let text = written.take();
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
            set_default(registry().with(layer))
        } else {
            let all = lines().with_writer(writer).with_ansi(false).with_env_filter(filter());
            set_default(all.finish())
        };
        for finishes in [false, true] {
            // The handler's event, and one in the background.
            let down = Later::Answer(Err(ErrorKind::ReplayGuardUnavailable.into()));
            let layer = guarded(Guard::later(down));
            let layer = if finishes { layer.finish_when_client_leaves() } else { layer };
            let mut service = layer.layer(service_fn(async |_| {
                tracing::info!("handling");
                answer(StatusCode::OK)
            }));
            let request = tracing::info_span!("request", id = 4711);
            call(&mut service, webhook_request("1")).instrument(request).await;
            tokio::time::sleep(Duration::from_secs(120)).await;
        }
        let text = written.take();
        assert_eq!(text.matches("handling").count(), 2, "{text}");
        assert_eq!(text.matches("not remembered").count(), 2, "{text}");
        for line in text.lines() {
            assert!(line.contains("request{id=4711}"), "{by_layer} {line}");
        }
    }
}
