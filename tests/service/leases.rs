//! Leases that are renewed or expire, a store that is down, and requests that become too old.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use countersign::replay::{Claim, Lease, Memory, ReplayGuard, SavedResponse};
use countersign::sign::{self, Delivery};
use countersign::tower::{VerifiedBody, VerifyLayer};
use countersign::vonage::ContactCenter;
use countersign::{Error, ErrorKind, Head, ReplayKey, Secret, Tolerance, UnixTime, Verifier};
use http::{Request, Response, StatusCode};
use tokio::runtime::Handle;
use tokio::time::{Instant, sleep};
use tower::{Layer, Service};

use crate::frames::{Frames, Step};
use crate::guards::{Asked, Guard, Later};
use crate::memory::Stopped;
use crate::world::{
    BODY, Handler, NOW, answer, call, guarded, http, message, poll_once, rejected, rejection, sms, stalled,
    token, vogent, vogent_delivery, webhook, webhook_request, with_body,
};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// A guard in memory with Tokio's clock. On demand it stops answering, fails, or answers late after it has acted.
#[derive(Clone, Debug)]
struct Store {
    memory: Memory,
    down: Arc<AtomicBool>,
    stuck: Arc<AtomicBool>,
    /// In milliseconds.
    late: Arc<AtomicU64>,
}

impl Store {
    fn new() -> Self {
        let start = Instant::now();
        let memory = Memory::new(1000).clock(move || start.elapsed());
        Self { memory, down: Arc::default(), stuck: Arc::default(), late: Arc::default() }
    }

    fn layer(&self) -> VerifyLayer {
        guarded(self.clone())
    }

    async fn ask<T>(&self, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        while self.stuck.load(Ordering::Relaxed) {
            sleep(SECOND).await;
        }
        if self.down.load(Ordering::Relaxed) {
            return Err(ErrorKind::ReplayGuardUnavailable.into());
        }
        let answer = answer.await;
        let late = self.late.load(Ordering::Relaxed);
        if late > 0 {
            sleep(Duration::from_millis(late)).await;
        }
        answer
    }
}

impl ReplayGuard for Store {
    async fn claim(&self, key: &ReplayKey, lease: Duration) -> Result<Claim, Error> {
        self.ask(self.memory.claim(key, lease)).await
    }

    async fn renew(&self, lease: &Lease, time: Duration) -> Result<bool, Error> {
        self.ask(self.memory.renew(lease, time)).await
    }

    async fn complete(
        &self,
        lease: &Lease,
        ttl: Duration,
        response: Option<&SavedResponse>,
    ) -> Result<bool, Error> {
        self.ask(self.memory.complete(lease, ttl, response)).await
    }

    async fn release(&self, lease: &Lease) -> Result<(), Error> {
        self.ask(self.memory.release(lease)).await
    }
}

/// A handler that counts its calls. Call n, counted from 0, takes the nth duration, or the last.
fn slow(
    times: impl Into<Vec<Duration>>,
) -> (
    impl Service<Request<VerifiedBody>, Response = Response<String>, Error = Infallible, Future: Send> + Clone,
    Arc<AtomicUsize>,
) {
    let (times, calls): (Vec<_>, Arc<AtomicUsize>) = (times.into(), Arc::default());
    let counted = Arc::clone(&calls);
    let service = tower::service_fn(move |_| {
        let number = counted.fetch_add(1, Ordering::Relaxed);
        let time = times[number.min(times.len() - 1)];
        async move {
            sleep(time).await;
            Ok(Response::new(format!("attempt {number}")))
        }
    });
    (service, calls)
}

#[tokio::test(start_paused = true)]
async fn a_lease_is_renewed_at_each_third_for_its_whole_time_while_the_handler_runs() {
    let guard = Guard::default();
    let layer = VerifyLayer::new(webhook()).lease(SECOND * 9).unwrap().replay_guard(guard.clone()).unwrap();
    call(&mut layer.layer(slow([SECOND * 62]).0), webhook_request("1")).await;
    let renewals = vec![Asked::Renew(SECOND * 9); 20];
    let done = Asked::Complete(MINUTE * 60 * 72);
    assert_eq!(guard.events(), [vec![Asked::Claim(SECOND * 9)], renewals, vec![done]].concat());
}

/// A lease begins in the store before the layer hears of it.
#[tokio::test(start_paused = true)]
async fn a_store_that_answers_within_the_lease_keeps_it() {
    let store = Store::new();
    store.late.store(700, Ordering::Relaxed);
    let mut service = store.layer().lease(SECOND).unwrap().layer(slow([MINUTE]).0);
    let first = tokio::spawn(service.call(webhook_request("1")));
    for _ in 0..50 {
        sleep(SECOND / 3).await;
        assert_eq!(rejected(&mut service, webhook_request("1")).await, Some(ErrorKind::ReplayInProgress));
    }
    assert_eq!(first.await.unwrap().unwrap().body(), "attempt 0");
}

#[tokio::test(start_paused = true)]
async fn a_claim_that_is_answered_after_its_lease_is_not_handled() {
    let store = Store::new();
    store.late.store(1000, Ordering::Relaxed);
    let handler = Handler::default();
    let mut service = store.layer().lease(SECOND).unwrap().layer(handler.service());
    let found = rejected(&mut service, webhook_request("1")).await;
    assert_eq!((found, handler.count()), (Some(ErrorKind::ReplayGuardUnavailable), 0));
    store.late.store(999, Ordering::Relaxed);
    assert_eq!(call(&mut service, webhook_request("1")).await.body(), "handled");
}

#[tokio::test(start_paused = true)]
async fn an_outage_shorter_than_the_lease_loses_nothing() {
    let store = Store::new();
    let (handler, calls) = slow([MINUTE * 3]);
    let mut service = store.layer().layer(handler);
    let first = tokio::spawn(service.call(webhook_request("1")));
    // Renewed at 20 s, so the lease lasts until 80 s.
    sleep(SECOND * 21).await;
    store.down.store(true, Ordering::Relaxed);
    let found = rejected(&mut service, webhook_request("1")).await;
    assert_eq!(found, Some(ErrorKind::ReplayGuardUnavailable));
    sleep(SECOND * 53).await;
    store.down.store(false, Ordering::Relaxed);
    sleep(SECOND * 60).await;
    let found = call(&mut service, webhook_request("1")).await;
    assert_eq!(rejection(&found), Some(ErrorKind::ReplayInProgress));
    // Renewed at 75, 95 and 115 s.
    assert_eq!(found.headers()["retry-after"], "41");
    assert_eq!(first.await.unwrap().unwrap().body(), "attempt 0");
    assert_eq!(rejected(&mut service, webhook_request("1")).await, None);
    assert_eq!(calls.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn after_a_longer_outage_the_first_attempt_cannot_change_the_lease_of_the_second() {
    // The second attempt ends after the first, and fails or succeeds.
    for fails in [false, true] {
        let store = Store::new();
        let (first_handler, first_calls) = slow([MINUTE * 3]);
        let first = tokio::spawn(store.layer().layer(first_handler).call(webhook_request("1")));
        sleep(SECOND * 21).await;
        store.down.store(true, Ordering::Relaxed);
        sleep(SECOND * 60).await;
        store.down.store(false, Ordering::Relaxed);

        let status = if fails { StatusCode::BAD_GATEWAY } else { StatusCode::OK };
        let mut other = store.layer().layer(tower::service_fn(move |_| async move {
            sleep(MINUTE * 10).await;
            Ok::<_, Infallible>(Response::builder().status(status).body("other".to_owned()).unwrap())
        }));
        let second = tokio::spawn(other.call(webhook_request("1")));
        sleep(SECOND).await;
        // The first continues to its end, and its response is sent.
        assert_eq!(first.await.unwrap().unwrap().body(), "attempt 0");
        let mut service = store.layer().layer(Handler::default().service());
        for _ in 0..5 {
            assert_eq!(rejected(&mut service, webhook_request("1")).await, Some(ErrorKind::ReplayInProgress));
            sleep(MINUTE).await;
        }
        assert_eq!(second.await.unwrap().unwrap().body(), "other");
        let last = call(&mut service, webhook_request("1")).await;
        assert_eq!((rejection(&last), &**last.body()), (None, if fails { "handled" } else { "" }));
        assert_eq!(first_calls.load(Ordering::Relaxed), 1);
    }
}

/// A completion is retried for the length of a lease.
#[tokio::test(start_paused = true)]
async fn an_event_is_handled_again_only_if_its_completion_is_lost() {
    for (outage, handled) in [(54, 1), (61, 2)] {
        let (store, handler) = (Store::new(), Handler::default());
        let (down, begun, mut inner) = (Arc::clone(&store.down), handler.clone(), handler.service());
        let mut service = store.layer().layer(tower::service_fn(move |request| {
            // The store is down from the first handler's start.
            down.store(begun.count() == 0, Ordering::Relaxed);
            inner.call(request)
        }));
        // The handler's response is still sent, since its work is done.
        assert_eq!(call(&mut service, webhook_request("1")).await.body(), "handled");
        sleep(SECOND * outage).await;
        store.down.store(false, Ordering::Relaxed);
        if handled == 1 {
            let found = rejected(&mut service, webhook_request("1")).await;
            assert_eq!(found, Some(ErrorKind::ReplayInProgress));
            sleep(SECOND * 2).await;
        } else {
            assert_eq!(call(&mut service, webhook_request("1")).await.body(), "handled");
        }
        assert_eq!(rejected(&mut service, webhook_request("1")).await, None);
        assert_eq!(handler.count(), handled);
    }
}

/// The store is slow, then down, and the clients leave meanwhile.
#[tokio::test(start_paused = true)]
async fn all_handled_events_are_completed_when_their_clients_leave() {
    let (store, handler) = (Store::new(), Handler::default());
    let (stuck, mut inner, layer) = (Arc::clone(&store.stuck), handler.service(), store.layer());
    let mut failing = Box::pin(layer.layer(stalled()).call(webhook_request("failing")));
    assert!(poll_once(failing.as_mut()).is_pending());
    let mut service = layer.layer(tower::service_fn(move |request| {
        stuck.store(true, Ordering::Relaxed);
        inner.call(request)
    }));
    let mut calls = Vec::new();
    for number in 0..500 {
        store.stuck.store(false, Ordering::Relaxed);
        let mut call = Box::pin(service.call(webhook_request(&number.to_string())));
        assert!(poll_once(call.as_mut()).is_pending());
        calls.push(call);
    }
    assert_eq!(handler.count(), 500);
    let before = tasks();
    drop(calls);
    assert_eq!(tasks() - before, 500);
    // They take no release's place.
    drop(failing);
    assert_eq!(tasks() - before, 501);
    store.down.store(true, Ordering::Relaxed);
    store.stuck.store(false, Ordering::Relaxed);
    sleep(SECOND * 2).await;
    store.down.store(false, Ordering::Relaxed);
    sleep(SECOND * 5).await;
    assert_eq!(tasks(), before);
    for number in 0..500 {
        assert_eq!(rejected(&mut service, webhook_request(&number.to_string())).await, None);
    }
    assert_eq!(handler.count(), 500);
}

fn tasks() -> usize {
    Handle::current().metrics().num_alive_tasks()
}

/// An attacker replays a genuine request and hangs up, also before the store answers the claim, which the store has made.
#[tokio::test(start_paused = true)]
async fn a_client_that_hangs_up_does_not_prevent_handling() {
    for (late, finishes, attempts) in [(0, true, 1), (0, false, 2), (500, true, 1)] {
        let store = Store::new();
        store.late.store(late, Ordering::Relaxed);
        let layer = if finishes { store.layer().finish_when_client_leaves() } else { store.layer() };
        let (handler, calls) = slow([SECOND]);
        let mut service = layer.remember_responses(100).layer(handler);
        let hung_up = tokio::time::timeout(SECOND / 4, service.call(webhook_request("1"))).await;
        assert!(hung_up.is_err());
        let found = rejected(&mut service, webhook_request("1")).await;
        assert_eq!(found, finishes.then_some(ErrorKind::ReplayInProgress));
        sleep(SECOND * 2).await;
        let last = call(&mut service, webhook_request("1")).await;
        assert_eq!(last.body(), &format!("attempt {}", attempts - 1));
        assert_eq!(calls.load(Ordering::Relaxed), attempts);
    }
}

#[tokio::test]
async fn without_a_guard_no_request_continues() {
    let mut service = VerifyLayer::new(webhook()).finish_when_client_leaves().layer(stalled());
    let mut call = Box::pin(service.call(webhook_request("1")));
    assert!(poll_once(call.as_mut()).is_pending());
    assert_eq!(tasks(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_stays_gets_the_answer_of_the_background_task() {
    let handler = Handler::default();
    let status = |call| if call == 0 { StatusCode::BAD_GATEWAY } else { StatusCode::CREATED };
    let mut service = Store::new().layer().finish_when_client_leaves().layer(handler.answering(status));
    for (status, handled) in [(502, 1), (201, 2), (200, 2)] {
        let response = call(&mut service, webhook_request("1")).await;
        assert_eq!((response.status().as_u16(), handler.count()), (status, handled));
    }

    // Errors and panics are passed on. Both release the lease.
    for panics in [false, true] {
        let store = Store::new();
        let layer = store.layer().finish_when_client_leaves();
        let mut failing = layer.layer(tower::service_fn(move |_| async move {
            assert!(!panics, "planned");
            Err::<Response<String>, _>("failed")
        }));
        let failed = tokio::spawn(failing.call(webhook_request("1"))).await;
        assert_eq!(
            failed.map_err(|error| error.is_panic()).map(Result::err),
            if panics { Err(true) } else { Ok(Some("failed")) }
        );
        tokio::task::yield_now().await;
        assert_eq!(call(&mut layer.layer(handler.service()), webhook_request("1")).await.body(), "handled");
    }
}

/// A custom guard that panics, even while the handler's panic unwinds, ends the task but not the process.
#[tokio::test]
async fn a_guard_that_panics_ends_only_its_task() {
    for outcome in [Some(StatusCode::OK), Some(StatusCode::BAD_GATEWAY), None] {
        let mut service = guarded(Guard::later(Later::Panic))
            .layer(tower::service_fn(move |_| async move { answer(outcome.expect("planned")) }));
        let call = tokio::spawn(service.call(webhook_request("1")));
        assert!(call.await.unwrap_err().is_panic());
        tokio::task::yield_now().await;
    }
}

/// The handler blocks its thread for longer than the lease, so nothing renews it, and nobody else claims it.
#[tokio::test(start_paused = true)]
async fn an_event_handled_after_its_lease_expired_is_completed_if_unclaimed() {
    let clock = Stopped::default();
    let (handler, passing) = (Handler::default(), clock.clone());
    let mut inner = handler.service();
    let mut service = guarded(clock.memory(10)).layer(tower::service_fn(move |request| {
        passing.pass(MINUTE * 2);
        inner.call(request)
    }));
    for body in ["handled", "", ""] {
        let answer = call(&mut service, webhook_request("1")).await;
        assert_eq!((rejection(&answer), &**answer.body()), (None, body));
    }
    assert_eq!(handler.count(), 1);
}

/// Attack 163, in memory: the process with the lease has crashed.
#[tokio::test]
async fn after_a_crash_a_retry_is_handled_when_the_lease_has_expired() {
    let clock = Stopped::default();
    let layer = guarded(clock.memory(10));
    let mut crashed = Box::pin(layer.layer(stalled()).call(webhook_request("1")));
    assert!(poll_once(crashed.as_mut()).is_pending());
    std::mem::forget(crashed);

    let handler = Handler::default();
    let mut service = layer.layer(handler.service());
    let in_progress = Some(ErrorKind::ReplayInProgress);
    for (passed, expected) in [(0, in_progress), (59, in_progress), (1, None)] {
        clock.pass(SECOND * passed);
        assert_eq!(rejected(&mut service, webhook_request("1")).await, expected);
    }
    assert_eq!(handler.count(), 1);
}

/// Attack 161.
#[tokio::test]
async fn a_store_that_is_down_leaves_no_task_behind() {
    let before = tasks();
    let store = Store::new();
    let layer = VerifyLayer::new(vogent()).replay_key_of_body().replay_guard(store.clone()).unwrap();
    let mut service = layer.layer(Handler::default().service());
    store.down.store(true, Ordering::Relaxed);
    let request = vogent_delivery();
    for _ in 0..100_000 {
        let response = call(&mut service, http(&request)).await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    assert_eq!(
        (tasks(), format!("{:?}", store.memory)),
        (before, "Memory { count: 0, capacity: 1000, .. }".to_owned())
    );

    // Abandoned claims.
    store.stuck.store(true, Ordering::Relaxed);
    for _ in 0..10_000 {
        drop(poll_once(Box::pin(service.call(http(&request))).as_mut()));
        // A task has a limited polling budget.
        tokio::task::yield_now().await;
    }
    assert_eq!(tasks(), before);
}

/// Attack 161, for requests claimed before the store stopped answering.
#[tokio::test]
async fn background_releases_are_bounded() {
    for (stuck, left) in [(true, 64), (false, 0)] {
        let store = Store::new();
        let mut service = store.layer().layer(stalled());
        let mut calls = Vec::new();
        for number in 0..1000 {
            let mut call = Box::pin(service.call(webhook_request(&number.to_string())));
            assert!(poll_once(call.as_mut()).is_pending());
            calls.push(call);
            tokio::task::yield_now().await;
        }
        assert!(format!("{store:?}").contains("count: 1000,"), "{store:?}");
        let before = tasks();
        store.stuck.store(stuck, Ordering::Relaxed);
        drop(calls);
        // A store that answers releases all leases at once, however many there are.
        assert_eq!(format!("{store:?}").contains("count: 0,"), !stuck, "{store:?}");
        tokio::task::yield_now().await;
        assert_eq!(tasks() - before, left);
    }
}

#[tokio::test]
async fn background_slots_are_freed_when_the_store_answers() {
    let guard = Guard::default();
    let mut service = guarded(guard.clone()).layer(stalled());
    for round in 1..=200 {
        let mut call = Box::pin(service.call(webhook_request("1")));
        while guard.events().len() < 2 * round - 1 {
            assert!(poll_once(call.as_mut()).is_pending());
        }
        drop(call);
        while guard.events().len() < 2 * round {
            tokio::task::yield_now().await;
        }
    }
    assert_eq!(guard.events().iter().filter(|asked| **asked == Asked::Release).count(), 200);
}

/// A clock that the test moves, and a window of one second.
#[derive(Clone)]
struct Watch(Arc<AtomicI64>);

impl Watch {
    fn new() -> Self {
        Self(Arc::new(AtomicI64::new(NOW.as_secs())))
    }

    fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::AcqRel);
    }

    fn clock(&self) -> impl Fn() -> UnixTime + Send + Sync + 'static {
        let now = Arc::clone(&self.0);
        move || UnixTime::from_secs(now.load(Ordering::Acquire))
    }

    /// Each scheme that signs the time, with a genuine request.
    fn schemes(&self) -> Vec<(Arc<dyn Verifier>, Delivery, ErrorKind)> {
        let second = Tolerance::either_way(SECOND).unwrap();
        let webhook = || Arc::new(webhook().clock(self.clock()).tolerance(second));
        let sms = || Arc::new(sms().clock(self.clock()).tolerance(second));
        let key = Secret::new("bXlfc2VjcmV0X2tleQ==").unwrap();
        let contact_center = ContactCenter::new(key.clone()).unwrap().clock(self.clock());
        // `exp` comes before the end of the window.
        let expires = (NOW.as_secs() + 2).to_string();
        let interaction = sign::ContactCenterSigner::new(&key, NOW).unwrap().claim_json("exp", &expires);
        let stale = ErrorKind::TimestampStale;
        vec![
            (webhook(), token().post(BODY), stale),
            (webhook(), token().get("to=1&from=2"), stale),
            (Arc::new(contact_center), interaction.post(BODY), ErrorKind::TokenExpired),
            (sms(), message("hello").query(), stale),
            (sms(), message("hello").form(), stale),
            (sms(), message("hello").json(), stale),
        ]
    }
}

/// Attack 156: the body ends within the window, or after the guard's TTL.
#[tokio::test]
async fn a_slow_body_is_a_duplicate_or_too_late() {
    for (scheme, late) in (0..6).flat_map(|scheme| [(scheme, false), (scheme, true)]) {
        let (watch, guards_clock) = (Watch::new(), Stopped::default());
        let (verifier, delivery, kind) = watch.schemes().remove(scheme);
        let layer = VerifyLayer::new(verifier).done_for(SECOND).unwrap();
        let layer = layer.replay_guard(guards_clock.memory(10)).unwrap();
        let (handler, (body, end)) = (Handler::default(), held(delivery.body()));
        let mut slow = Box::pin(layer.layer(handler.service()).call(with_body(&delivery, body)));
        assert!(poll_once(slow.as_mut()).is_pending());
        watch.pass(1);
        for _ in 0..2 {
            let response = call(&mut layer.layer(handler.service()), http(&delivery)).await;
            assert_eq!(response.status(), StatusCode::OK);
        }

        if late {
            // An hour, so that the guard's TTL has certainly ended.
            guards_clock.pass(SECOND * 3600);
            watch.pass(1);
        }
        end.store(true, Ordering::Release);
        let response = slow.await.unwrap();
        assert_eq!(
            (rejection(&response), response.body().as_str()),
            (late.then_some(kind), ""),
            "{delivery:?}"
        );
        assert_eq!(handler.count(), 1);
    }
}

/// Without the layer.
#[test]
fn a_verification_that_is_finished_too_late_is_rejected() {
    for scheme in 0..6 {
        for (passed, late) in [(0, false), (1, false), (2, true), (i64::MAX / 2, true)] {
            let watch = Watch::new();
            let (verifier, delivery, kind) = watch.schemes().remove(scheme);
            let mut verification = verifier.begin(delivery.head()).unwrap();
            verification.update(delivery.body()).unwrap();
            watch.pass(passed);
            let verdict = verification.finish().map_err(|error| error.kind());
            let until = Some(UnixTime::from_secs(NOW.as_secs() + 1));
            let expected = if late { Err(kind) } else { Ok(until) };
            assert_eq!(verdict.map(|proof| proof.valid_until()), expected, "{scheme}: {passed}");
        }
    }
    let head = Head::new("POST", &[("a", "b")]);
    assert!(webhook().begin(head).is_err());
}

/// A body that waits before its last byte until the flag is set.
fn held(body: &[u8]) -> (Frames, Arc<AtomicBool>) {
    let end = Arc::new(AtomicBool::new(false));
    let (first, last) = body.split_at(body.len().saturating_sub(1));
    let steps = [Step::Data(first.to_vec()), Step::Wait(Arc::clone(&end)), Step::Data(last.to_vec())];
    (Frames::new(steps), end)
}
