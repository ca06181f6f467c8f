//! Tenants with secrets in a store.

use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use countersign::ErrorKind::{
    self, AlgorithmMismatch, BodyTooLarge, BodyUnexpected, MediaTypeUnsupported, MethodUnsupported,
    ParameterRepeated, SignatureMalformed, SignatureMismatch, SignatureMissing, TenantMissing,
    TenantStoreTimeout, TenantStoreUnavailable, TenantUnknown, TokenAwaited, TokenMissing,
};
use countersign::replay::Memory;
use countersign::sign::{self, Delivery, Unsigned};
use countersign::tower::{TenantLookup, VerifyLayer};
use countersign::vonage::{SignatureMethod, SignedWebhook, Sms};
use countersign::{BaseUrl, Head, Keyring, Secret, SinchVoice, Twilio};
use http::{Request, Response, StatusCode};
use http_body_util::Full;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tower::{Layer, Service, ServiceExt};

use crate::frames::Frames;
use crate::leases::poll_once;
use crate::world::{BODY, Handler, NOW, call, http, rejected, rejection, with_body};

/// A store that counts its queries, and behaves as told.
#[derive(Clone, Default)]
struct Store {
    queries: Arc<AtomicUsize>,
    /// The number of running queries, and their maximum.
    running: Arc<AtomicUsize>,
    most: Arc<AtomicUsize>,
    latency: Arc<Mutex<Duration>>,
    state: Arc<Mutex<State>>,
}

#[derive(Clone, Copy, Default)]
enum State {
    #[default]
    Up,
    Down,
    /// Has no accounts.
    Empty,
    /// Has other secrets.
    Rotated,
    Panics,
    PanicsAtOnce,
    NeverAnswers,
}

/// Counts a query as running until it is answered or dropped.
struct Running(Arc<AtomicUsize>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Store {
    fn ask(self, api_key: String) -> impl Future<Output = Result<Option<Keyring>, io::Error>> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        let now_running = self.running.fetch_add(1, Ordering::Relaxed) + 1;
        self.most.fetch_max(now_running, Ordering::Relaxed);
        let running = Running(Arc::clone(&self.running));
        let (state, latency) = (*self.state.lock().unwrap(), *self.latency.lock().unwrap());
        assert!(!matches!(state, State::PanicsAtOnce), "the store panics when it is called");
        async move {
            let _running = running;
            tokio::time::sleep(latency).await;
            tokio::task::yield_now().await;
            match state {
                State::Up if api_key.starts_with("known") => Ok(Some(secret_of(&api_key).into())),
                State::Rotated => Ok(Some(secret_of("rotated").into())),
                State::Up | State::Empty => Ok(None),
                State::Down => Err(io::ErrorKind::ConnectionRefused.into()),
                State::Panics | State::PanicsAtOnce => panic!("the store panics"),
                State::NeverAnswers => std::future::pending().await,
            }
        }
    }

    fn queries(&self) -> usize {
        self.queries.load(Ordering::Relaxed)
    }

    fn turn(&self, state: State) {
        *self.state.lock().unwrap() = state;
    }

    fn answer_after(&self, latency: Duration) {
        *self.latency.lock().unwrap() = latency;
    }

    fn lookup(&self) -> TenantLookup {
        let store = self.clone();
        TenantLookup::by_head(
            SignedWebhook::untrusted_api_key,
            move |api_key| store.clone().ask(api_key),
            |tenants| SignedWebhook::tenants(tenants).clock(|| NOW),
        )
        .unwrap()
    }
}

/// A lookup of the SMS API, by the account in the parameters.
fn sms_lookup(store: &Store) -> TenantLookup {
    let store = store.clone();
    TenantLookup::by_request(
        Sms::untrusted_api_key,
        move |api_key| store.clone().ask(api_key),
        |tenants| Sms::tenants(SignatureMethod::Sha256, tenants),
    )
    .unwrap()
}

/// A message to `known-1`.
fn message(signed_by: &str) -> sign::SmsSigner {
    let signer = sign::SmsSigner::new(SignatureMethod::Sha256, &secret_of(signed_by));
    signer.param("api-key", "known-1").param("text", "hello")
}

fn secret_of(api_key: &str) -> Secret {
    Secret::new(format!("secret of {api_key}")).unwrap()
}

fn delivery(api_key: &str, signed_by: &str) -> Delivery {
    sign::TokenSigner::new(&secret_of(signed_by), NOW).claim("api_key", api_key).post(BODY)
}

/// A genuine request of this account.
fn genuine(api_key: &str) -> Request<Full<Bytes>> {
    http(&delivery(api_key, api_key))
}

/// The outcomes of spawned calls.
async fn outcomes(calls: Vec<JoinHandle<Result<Response<String>, Infallible>>>) -> Vec<Option<ErrorKind>> {
    let mut outcomes = Vec::new();
    for call in calls {
        outcomes.push(rejection(&call.await.unwrap().unwrap()));
    }
    outcomes
}

fn cause(response: &Response<String>) -> String {
    let error = response.extensions().get::<countersign::Error>().unwrap();
    std::error::Error::source(error).unwrap().to_string()
}

async fn deliver(lookup: TenantLookup, deliveries: &[Delivery]) -> (Vec<Option<ErrorKind>>, Handler) {
    let handler = Handler::default();
    let mut service = VerifyLayer::tenants(lookup).layer(handler.service());
    let mut rejections = Vec::new();
    for delivery in deliveries {
        rejections.push(rejected(&mut service, http(delivery)).await);
    }
    (rejections, handler)
}

#[tokio::test]
async fn each_tenants_secret_is_queried_once_and_used_alone() {
    let store = Store::default();
    let deliveries = [
        delivery("known-1", "known-1"),
        delivery("known-1", "known-1"),
        delivery("known-2", "known-2"),
        delivery("known-1", "known-2"),
    ];
    let (rejections, handler) = deliver(store.lookup(), &deliveries).await;
    assert_eq!(rejections, [None, None, None, Some(SignatureMismatch)]);
    let tenants: Vec<_> =
        handler.take().into_iter().map(|handled| handled.verified.tenant().unwrap().to_owned()).collect();
    assert_eq!(
        (tenants, store.queries()),
        (["known-1", "known-1", "known-2"].map(str::to_owned).to_vec(), 2)
    );
}

#[tokio::test]
async fn invalid_names_are_not_looked_up() {
    let store = Store::default();
    let (long, missing) = ("known".repeat(100), sign::TokenSigner::new(&secret_of("known"), NOW).post(BODY));
    let (rejections, _) =
        deliver(store.lookup(), &[delivery(&long, &long), delivery("", "known"), missing]).await;
    let [unknown, missing] = [TenantUnknown, TenantMissing].map(Some);
    assert_eq!((rejections, store.queries()), (vec![unknown, unknown, missing], 0));

    let [longest, longer] = [250, 251].map(|length| format!("known-{}", "x".repeat(length)));
    let deliveries = [delivery(&longest, &longest), delivery(&longer, &longer)];
    let (rejections, _) = deliver(store.lookup(), &deliveries).await;
    assert_eq!((rejections, store.queries()), (vec![None, unknown], 1));
}

#[tokio::test(start_paused = true)]
async fn errors_and_timeouts_of_the_store_differ_and_are_not_cached() {
    let (store, handler) = (Store::default(), Handler::default());
    let mut service = VerifyLayer::tenants(store.lookup()).layer(handler.service());
    store.turn(State::Down);
    for _ in 0..2 {
        let response = call(&mut service, genuine("known-1")).await;
        assert_eq!(rejection(&response), Some(TenantStoreUnavailable));
        assert_eq!(cause(&response), "connection refused");
    }
    store.turn(State::Up);
    store.answer_after(HOUR);
    assert_eq!(rejected(&mut service, genuine("known-1")).await, Some(TenantStoreTimeout));
    store.answer_after(Duration::ZERO);
    assert_eq!(rejected(&mut service, genuine("known-1")).await, None);
    assert_eq!((store.queries(), handler.count()), (4, 1));
    assert!(TenantStoreTimeout.is_retryable() && TenantStoreUnavailable.is_retryable());
}

#[tokio::test]
async fn concurrent_requests_send_one_query() {
    let (store, handler) = (Store::default(), Handler::default());
    let service = VerifyLayer::tenants(store.lookup()).layer(handler.service());
    let calls: Vec<_> = (0..32).map(|_| tokio::spawn(service.clone().oneshot(genuine("known-1")))).collect();
    assert_eq!(outcomes(calls).await, [None; 32]);
    assert_eq!((store.queries(), handler.count()), (1, 32));
}

#[tokio::test(start_paused = true)]
async fn answers_are_kept_for_their_ttl() {
    let store = Store::default();
    let lookup =
        store.lookup().cache_known(10, 4 * SECOND).renew_after(4 * SECOND).cache_unknown(10, 2 * SECOND);
    let mut service = VerifyLayer::tenants(lookup).layer(Handler::default().service());
    for (name, wait, queries) in [
        ("known-1", 3999, 1),
        ("known-1", 1, 1),
        ("known-1", 0, 2),
        ("stranger", 1999, 3),
        ("stranger", 1, 3),
        ("stranger", 0, 4),
    ] {
        call(&mut service, http(&delivery(name, name))).await;
        assert_eq!(store.queries(), queries, "{name}");
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }

    // By default an unknown account is cached for ten seconds.
    let mut service = VerifyLayer::tenants(store.lookup()).layer(Handler::default().service());
    for (wait, queries) in [(9999, 5), (1, 5), (0, 6)] {
        call(&mut service, genuine("stranger")).await;
        assert_eq!(store.queries(), queries);
        tokio::time::sleep(Duration::from_millis(wait)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_age_of_a_renewal_can_be_set() {
    let store = Store::default();
    let mut service =
        VerifyLayer::tenants(store.lookup().renew_after(5 * SECOND)).layer(Handler::default().service());
    for (wait, queries) in [(4990, 1), (10, 1), (1, 2)] {
        assert_eq!(rejected(&mut service, genuine("known-1")).await, None);
        tokio::time::sleep(Duration::from_millis(wait)).await;
        assert_eq!(store.queries(), queries, "{wait}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_renewal_has_one_task_however_many_requests_come() {
    let store = Store::default();
    let lookup = store.lookup().max_queries(1).timeout(20 * SECOND);
    let mut service = VerifyLayer::tenants(lookup).layer(Handler::default().service());
    assert_eq!(rejected(&mut service, genuine("known-1")).await, None);
    store.answer_after(10 * SECOND);
    tokio::time::sleep(30 * SECOND).await;
    for _ in 0..50 {
        assert_eq!(rejected(&mut service, genuine("known-1")).await, None);
        tokio::time::sleep(SECOND / 10).await;
    }
    assert_eq!(Handle::current().metrics().num_alive_tasks(), 1);
}

/// A request has not read its answer yet, and others come.
#[tokio::test(start_paused = true)]
async fn an_answered_query_is_not_joined_and_ends_no_other() {
    let store = Store::default();
    store.turn(State::Down);
    let mut service = VerifyLayer::tenants(store.lookup()).layer(Handler::default().service());
    let mut first = Box::pin(service.call(genuine("known-1")));
    assert!(poll_once(first.as_mut()).is_pending());
    tokio::time::sleep(SECOND).await;
    store.turn(State::Up);
    let mut second = Box::pin(service.call(genuine("known-1")));
    assert!(poll_once(second.as_mut()).is_pending());
    assert_eq!(rejection(&first.await.unwrap()), Some(TenantStoreUnavailable));
    assert_eq!(rejected(&mut service, genuine("known-1")).await, None);
    assert_eq!(rejection(&second.await.unwrap()), None);
    assert_eq!(store.queries(), 2);
}

/// With a TTL of 60 seconds.
#[tokio::test(start_paused = true)]
async fn a_cached_tenant_is_served_during_renewal_until_it_expires() {
    let (store, handler) = (Store::default(), Handler::default());
    let mut service = VerifyLayer::tenants(store.lookup()).layer(handler.service());
    let started = Instant::now();
    let at = |second: u64| tokio::time::sleep_until(started + Duration::from_secs(second));
    let old = || genuine("known-1");
    let rotated = || http(&delivery("known-1", "rotated"));
    assert_eq!(rejected(&mut service, old()).await, None);

    // After half of the TTL one query is sent, and no request waits for it.
    at(29).await;
    assert_eq!(rejected(&mut service, old()).await, None);
    assert_eq!(store.queries(), 1);
    store.answer_after(SECOND);
    store.turn(State::Rotated);
    at(30).await;
    for _ in 0..50 {
        assert_eq!(rejected(&mut service, old()).await, None);
        tokio::task::yield_now().await;
    }
    assert_eq!((store.queries(), started.elapsed()), (2, 30 * SECOND));
    at(32).await;
    assert_eq!(rejected(&mut service, old()).await, Some(SignatureMismatch));
    assert_eq!(rejected(&mut service, rotated()).await, None);
    assert_eq!(store.queries(), 2);

    // The store fails: cached entries are served until they expire, with one query per second.
    store.answer_after(Duration::ZERO);
    store.turn(State::Down);
    at(80).await;
    for _ in 0..100 {
        assert_eq!(rejected(&mut service, rotated()).await, None);
        tokio::time::sleep(SECOND / 10).await;
    }
    assert!((11..=13).contains(&store.queries()), "{}", store.queries());
    at(92).await;
    assert_eq!(rejected(&mut service, rotated()).await, Some(TenantStoreUnavailable));

    // The account is gone: it is rejected once the store has said so.
    store.turn(State::Rotated);
    assert_eq!(rejected(&mut service, rotated()).await, None);
    store.turn(State::Empty);
    at(123).await;
    assert_eq!(rejected(&mut service, rotated()).await, None);
    tokio::time::sleep(SECOND).await;
    assert_eq!(rejected(&mut service, rotated()).await, Some(TenantUnknown));
}

/// Attack 159. The flood takes 42 seconds of the store's time.
#[tokio::test(start_paused = true)]
async fn known_tenants_are_served_and_renewed_during_a_flood_of_unknown_names() {
    let (store, handler) = (Store::default(), Handler::default());
    store.answer_after(SECOND / 10);
    let lookup = store.lookup().cache_known(10, SECOND).timeout(60 * SECOND);
    let mut service = VerifyLayer::tenants(lookup).layer(handler.service());
    assert_eq!(rejected(&mut service, genuine("known-1")).await, None);

    let flood: Vec<_> = (0..5000)
        .map(|number| http(&delivery(&format!("made-up-{number}"), "stranger")))
        .map(|request| tokio::spawn(service.clone().oneshot(request)))
        .collect();
    let started = Instant::now();
    for _ in 0..400 {
        assert_eq!(rejected(&mut service, genuine("known-1")).await, None);
        tokio::time::sleep(SECOND / 10).await;
    }
    // No wait: the entry was renewed during the flood.
    assert_eq!(started.elapsed(), 40 * SECOND);
    assert!(flood.iter().any(|request| !request.is_finished()));
    // An expired entry waits for one query and does not queue behind the flood.
    tokio::time::sleep(SECOND).await;
    assert_eq!(rejected(&mut service, genuine("known-1")).await, None);
    assert!(started.elapsed() <= 41 * SECOND + SECOND / 5);
    assert_eq!(outcomes(flood).await, [Some(TenantUnknown); 5000]);
    assert_eq!((store.most.load(Ordering::Relaxed) <= 16, handler.count()), (true, 402));
}

#[tokio::test(start_paused = true)]
async fn at_most_the_set_number_of_queries_runs_and_others_wait_until_their_timeout() {
    let (store, handler) = (Store::default(), Handler::default());
    for (set, expected) in
        [(0, 1), (1, 1), (2, 1), (3, 2), (4, 3), (5, 4), (8, 6), (16, 12), (usize::MAX, 100)]
    {
        store.most.store(0, Ordering::Relaxed);
        store.answer_after(SECOND / 1000);
        let service = VerifyLayer::tenants(store.lookup().max_queries(set)).layer(handler.service());
        let calls: Vec<_> = (0..100)
            .map(|number| http(&delivery(&format!("stranger-{number}"), "stranger")))
            .map(|request| tokio::spawn(service.clone().oneshot(request)))
            .collect();
        assert_eq!(outcomes(calls).await, [Some(TenantUnknown); 100]);
        assert_eq!(store.most.load(Ordering::Relaxed), expected, "{set}");
    }

    // A timeout of 2 seconds, one query at a time, 0.9 seconds each: the third comes too late for its request.
    store.answer_after(SECOND * 9 / 10);
    let mut service = VerifyLayer::tenants(store.lookup().max_queries(1)).layer(handler.service());
    let asked = store.queries();
    let calls: Vec<_> = (1..=4)
        .map(|number| format!("known-{number}"))
        .map(|name| tokio::spawn(service.clone().oneshot(http(&delivery(&name, &name)))))
        .collect();
    let late = Some(TenantStoreTimeout);
    assert_eq!(outcomes(calls).await, [None, None, late, late]);
    assert_eq!(store.queries() - asked, 3);
    // The third query was still answered. The fourth was not sent, since its client had left.
    tokio::time::sleep(SECOND).await;
    assert_eq!(rejected(&mut service, genuine("known-3")).await, None);
    assert_eq!(store.queries() - asked, 3);
    assert!(format!("{service:?}").contains("queries: 0"), "{service:?}");

    // By default 16.
    let lookup = store.lookup().cache_known(100, SECOND).timeout(HOUR);
    let service = VerifyLayer::tenants(lookup).layer(handler.service());
    for _ in 0..2 {
        store.most.store(0, Ordering::Relaxed);
        let calls = (0..20).map(|number| genuine(&format!("known-{number}")));
        let calls = calls.map(|request| tokio::spawn(service.clone().oneshot(request))).collect();
        assert_eq!(outcomes(calls).await, [None; 20]);
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!(store.most.load(Ordering::Relaxed), 16);
}

#[tokio::test(start_paused = true)]
async fn with_two_queries_a_flood_of_unknown_names_delays_no_known_account() {
    for (set, delayed) in [(1, true), (2, false), (3, false), (4, false), (16, false)] {
        let (store, handler) = (Store::default(), Handler::default());
        let lookup = store.lookup().max_queries(set).cache_known(100, 10 * SECOND);
        let mut service = VerifyLayer::tenants(lookup).layer(handler.service());
        let known = || genuine("known-1");
        assert_eq!(rejected(&mut service, known()).await, None);

        // The entry expires, and the store is slow.
        tokio::time::sleep(11 * SECOND).await;
        store.answer_after(SECOND * 3 / 2);
        let flood: Vec<_> = (0..100)
            .map(|number| http(&delivery(&format!("stranger-{number}"), "stranger")))
            .map(|request| tokio::spawn(service.clone().oneshot(request)))
            .collect();
        tokio::time::sleep(SECOND / 10).await;
        let expected = delayed.then_some(TenantStoreTimeout);
        assert_eq!(rejected(&mut service, known()).await, expected, "{set}");
        for request in flood {
            request.abort();
        }
    }
}

/// Attack 159.
#[tokio::test(start_paused = true)]
async fn a_query_continues_when_its_clients_leave() {
    let (store, handler) = (Store::default(), Handler::default());
    store.answer_after(SECOND / 2);
    let mut service = VerifyLayer::tenants(store.lookup().max_queries(1)).layer(handler.service());
    let request = || genuine("known-1");
    for _ in 0..200 {
        let cut = tokio::time::timeout(SECOND / 1000, service.clone().oneshot(request())).await;
        assert!(cut.is_err());
    }
    // Nobody waits when the answer comes.
    tokio::time::sleep(SECOND).await;
    assert_eq!((store.queries(), handler.count()), (1, 0));
    assert_eq!(rejected(&mut service, request()).await, None);
    assert_eq!(store.queries(), 1);

    // Requests that leave before their turn send no query.
    let first = tokio::spawn(service.clone().oneshot(genuine("known-2")));
    tokio::task::yield_now().await;
    for number in 3..100 {
        let name = format!("known-{number}");
        let request = http(&delivery(&name, &name));
        assert!(tokio::time::timeout(SECOND / 1000, service.clone().oneshot(request)).await.is_err());
    }
    assert_eq!(rejection(&first.await.unwrap().unwrap()), None);
    tokio::time::sleep(SECOND).await;
    assert_eq!(store.queries(), 2);
    assert!(format!("{service:?}").contains("queries: 0"), "{service:?}");
}

#[tokio::test(start_paused = true)]
async fn a_waiting_request_gets_the_answer_of_another_query() {
    let (store, handler) = (Store::default(), Handler::default());
    store.answer_after(SECOND);
    let service = VerifyLayer::tenants(store.lookup().max_queries(1)).layer(handler.service());
    // Each would wait longer than its timeout.
    let calls: Vec<_> = (0..100).map(|_| tokio::spawn(service.clone().oneshot(genuine("known-1")))).collect();
    let started = Instant::now();
    assert_eq!(outcomes(calls).await, [None; 100]);
    assert_eq!((store.queries(), started.elapsed() <= SECOND + TICK), (1, true));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_panics_or_hangs_delays_only_its_own_query() {
    let (store, handler) = (Store::default(), Handler::default());
    let mut service = VerifyLayer::tenants(store.lookup().max_queries(1)).layer(handler.service());
    let request = || genuine("known-1");
    for (state, kind) in [
        (State::Panics, TenantStoreUnavailable),
        (State::PanicsAtOnce, TenantStoreUnavailable),
        (State::NeverAnswers, TenantStoreTimeout),
    ] {
        store.turn(state);
        for _ in 0..3 {
            assert_eq!(rejected(&mut service, request()).await, Some(kind));
        }
    }
    // The request left, and the query still ended.
    let cut = tokio::time::timeout(SECOND, service.clone().oneshot(request())).await;
    assert!(cut.is_err());
    tokio::time::sleep(2 * SECOND).await;
    assert_eq!(store.running.load(Ordering::Relaxed), 0);
    store.turn(State::Up);
    assert_eq!((rejected(&mut service, request()).await, store.queries()), (None, 11));

    // A cached tenant is served during a failed renewal.
    for state in [State::Panics, State::PanicsAtOnce, State::NeverAnswers] {
        store.turn(state);
        tokio::time::sleep(31 * SECOND).await;
        assert_eq!(rejected(&mut service, request()).await, None);
        tokio::time::sleep(3 * SECOND).await;
        store.turn(State::Up);
        assert_eq!(rejected(&mut service, request()).await, None);
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!(store.queries(), 17);
}

/// A query runs on the runtime of its first request.
#[test]
fn queries_end_with_their_runtime() {
    let (store, handler) = (Store::default(), Handler::default());
    store.turn(State::NeverAnswers);
    let lookup = store.lookup().max_queries(1).timeout(HOUR);
    let service = VerifyLayer::tenants(lookup).layer(handler.service());
    let request = || service.clone().oneshot(genuine("known-1"));
    let runtime = || tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (gone, stays) = (runtime(), runtime());
    gone.block_on(async {
        let call = tokio::spawn(request());
        while store.queries() == 0 {
            tokio::task::yield_now().await;
        }
        call.abort();
    });
    let rejected = stays.block_on(async {
        let call = tokio::spawn(request());
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        assert!(!call.is_finished());
        gone.shutdown_background();
        call.await.unwrap().unwrap()
    });
    assert_eq!(rejection(&rejected), Some(TenantStoreUnavailable));
    store.turn(State::Up);
    assert_eq!(rejection(&stays.block_on(request()).unwrap()), None);
    assert_eq!(store.queries(), 2);
}

#[tokio::test]
async fn unknown_accounts_evict_no_tenant() {
    let store = Store::default();
    let lookup = store.lookup().cache_unknown(10, Duration::from_secs(3600));
    let mut deliveries = vec![delivery("known-1", "known-1")];
    deliveries.extend((0..500).map(|number| delivery(&format!("stranger-{number}"), "stranger")));
    deliveries.push(delivery("known-1", "known-1"));
    let (rejections, handler) = deliver(lookup, &deliveries).await;
    assert_eq!((rejections.first(), rejections.last(), handler.count()), (Some(&None), Some(&None), 2));
    assert_eq!(store.queries(), 501);
}

#[tokio::test]
async fn the_body_can_name_the_tenant() {
    let store = Store::default();
    let deliveries = [
        message("known-1").form(),
        message("known-1").json(),
        message("known-1").query(),
        message("known-2").form(),
        message("known-1").form().with_body(format!("text=hello&sig={}", "0".repeat(64))),
    ];
    let (rejections, handler) = deliver(sms_lookup(&store), &deliveries).await;
    let [mismatch, missing] = [SignatureMismatch, TenantMissing].map(Some);
    assert_eq!(rejections, [None, None, None, mismatch, missing]);
    let bodies: Vec<_> = handler.take().into_iter().map(|handled| handled.body.to_vec()).collect();
    assert_eq!(bodies, deliveries[..3].iter().map(|delivery| delivery.body().to_vec()).collect::<Vec<_>>());
    assert_eq!(store.queries(), 1);

    let mut limited =
        VerifyLayer::tenants(sms_lookup(&store)).max_body(5).layer(Handler::default().service());
    assert_eq!(rejected(&mut limited, http(&deliveries[0])).await, Some(BodyTooLarge));
}

/// Sends a request. Requires that it is rejected and its body is not read.
async fn rejected_unread<S, E>(service: &mut S, delivery: &Delivery) -> ErrorKind
where
    S: Service<Request<Frames>, Response = Response<String>, Error = E>,
    E: std::fmt::Debug,
{
    let body = Frames::chunks(delivery.body(), 8);
    let polls = body.polls();
    let kind = rejected(service, with_body(delivery, body)).await.unwrap();
    assert_eq!(polls.load(Ordering::Relaxed), 0);
    kind
}

#[tokio::test]
async fn an_invalid_token_sends_no_query() {
    let store = Store::default();
    let asked = store.clone();
    let post_only = TenantLookup::by_head(
        SignedWebhook::untrusted_api_key,
        move |api_key| asked.clone().ask(api_key),
        |tenants| SignedWebhook::tenants(tenants).methods(["POST"]).unwrap().retry_unsigned(),
    )
    .unwrap();
    let mut by_default = VerifyLayer::tenants(store.lookup()).layer(Handler::default().service());
    let mut post_only = VerifyLayer::tenants(post_only).layer(Handler::default().service());
    let posted = || delivery("known-1", "known-1");
    let with_token =
        |value: &str| posted().without_header("authorization").with_header("authorization", value);
    let [method, algorithm] = [MethodUnsupported, AlgorithmMismatch];
    let [missing, awaited] = [TokenMissing, TokenAwaited];
    for (delivery, kind, post_only_kind) in [
        (posted().with_method("DELETE"), method, method),
        (posted().with_method("BREW"), method, method),
        (with_token("Bearer").with_method("OPTIONS"), method, method),
        (with_token("Bearer e30.e30.e30"), algorithm, algorithm),
        (with_token("Bearer"), missing, awaited),
        (posted().without_header("authorization"), missing, awaited),
    ] {
        assert_eq!(rejected_unread(&mut by_default, &delivery).await, kind);
        assert_eq!(rejected_unread(&mut post_only, &delivery).await, post_only_kind);
    }
    assert_eq!(rejected_unread(&mut post_only, &posted().with_method("GET")).await, method);
    assert_eq!(store.queries(), 0);

    // Known and unknown accounts get the same answer.
    for name in ["known-1", "stranger"] {
        let _ = call(&mut post_only, genuine(name)).await;
        let gotten = delivery(name, name).with_method("GET");
        assert_eq!(rejected_unread(&mut post_only, &gotten).await, method);
    }
    assert_eq!(store.queries(), 2);
}

#[tokio::test]
async fn a_hints_own_rejection_is_the_answer() {
    let hint = |_: Head<'_>| Err(TenantMissing.into());
    let store = |_| std::future::ready(Ok::<_, io::Error>(None));
    let lookup = TenantLookup::by_head(hint, store, SignedWebhook::tenants).unwrap();
    let mut service = VerifyLayer::tenants(lookup).layer(Handler::default().service());
    assert_eq!(rejected(&mut service, genuine("known-1")).await, Some(TenantMissing));
}

#[tokio::test]
async fn an_invalid_sms_sends_no_query() {
    let store = Store::default();
    let mut service = VerifyLayer::tenants(sms_lookup(&store)).layer(Handler::default().service());
    let form = || message("known-1").form();
    for (delivery, kind) in [
        (form().with_method("DELETE"), MethodUnsupported),
        (form().without_header("content-type"), MediaTypeUnsupported),
    ] {
        assert_eq!(rejected_unread(&mut service, &delivery).await, kind);
    }
    let with_sig = |sig: &str| form().with_body(format!("api-key=known-1&text=hello&sig={sig}"));
    // The suite has what `untrusted_api_key` rejects.
    for (delivery, kind) in [
        (form().with_body("api-key=known-1&text=hello"), SignatureMissing),
        (with_sig("x"), SignatureMalformed),
        (message("known-1").query().with_body("x"), BodyUnexpected),
    ] {
        assert_eq!(rejected(&mut service, http(&delivery)).await, Some(kind));
    }
    assert_eq!(store.queries(), 0);
    assert_eq!((rejected(&mut service, http(&form())).await, store.queries()), (None, 1));
}

#[tokio::test]
async fn a_rule_reads_the_account() {
    let (store, asked) = (Store::default(), Store::default());
    let ask = asked.clone();
    let base = || BaseUrl::new("https://example.com").unwrap();
    let lookup = TenantLookup::by_rule(
        move |account| ask.clone().ask(account),
        move |tenants| Ok(Twilio::tenants(base(), tenants)),
    );
    let signed = |params: &str, signed_by: &str| {
        let secret = secret_of(signed_by);
        let unsigned = Unsigned::form(params).target("/webhook");
        Twilio::new(base(), secret.clone()).sign(&secret, &unsigned).unwrap()
    };
    let genuine = signed("AccountSid=known-1&Body=hello", "known-1");
    let unpadded = genuine.header("x-twilio-signature").unwrap().trim_end_matches('=').to_owned();
    let deliveries = [
        genuine.clone(),
        signed("AccountSid=known-1&Body=hello", "known-2"),
        signed("AccountSid=stranger&Body=hello", "known-1"),
        signed("Body=hello", "known-1"),
        signed("AccountSid=known-1&AccountSid=known-2", "known-1"),
        genuine.clone().with_method("PUT"),
        genuine.without_header("x-twilio-signature").with_header("x-twilio-signature", &unpadded),
    ];
    let (rejections, handler) = deliver(lookup.unwrap(), &deliveries).await;
    let expected = [
        None,
        Some(SignatureMismatch),
        Some(TenantUnknown),
        Some(TenantMissing),
        Some(ParameterRepeated),
        Some(MethodUnsupported),
        Some(SignatureMalformed),
    ];
    assert_eq!(rejections, expected);
    assert_eq!((handler.take()[0].verified.tenant(), asked.queries()), (Some("known-1"), 2));

    // The secrets in this store are not base64.
    let lookup = TenantLookup::by_rule(move |name| store.clone().ask(name), SinchVoice::tenants);
    let secret = Secret::new("AAAA").unwrap();
    let unsigned = Unsigned::json("{}").tenant("known-1").time(NOW);
    let signed = SinchVoice::new(secret.clone()).unwrap().sign(&secret, &unsigned).unwrap();
    let mut service = VerifyLayer::tenants(lookup.unwrap()).layer(Handler::default().service());
    let response = call(&mut service, http(&signed)).await;
    assert_eq!(rejection(&response), Some(TenantStoreUnavailable));
    assert_eq!(cause(&response), "secret is not base64");
}

#[tokio::test(start_paused = true)]
async fn the_timeout_of_the_store_can_be_set() {
    let store = Store::default();
    store.answer_after(HOUR);
    for (timeout, rejected) in [(3599, Some(TenantStoreTimeout)), (3601, None)] {
        let lookup = store.lookup().timeout(Duration::from_secs(timeout));
        assert_eq!(format!("{lookup:?}"), r#"TenantLookup { scheme: "vonage-jwt", queries: 0, .. }"#);
        let (rejections, _) = deliver(lookup, &[delivery("known-1", "known-1")]).await;
        assert_eq!(rejections, [rejected]);
    }
}

#[tokio::test]
async fn a_replay_guard_keeps_accounts_apart() {
    let handler = Handler::default();
    let layer = VerifyLayer::tenants(Store::default().lookup()).replay_guard(Memory::new(10)).unwrap();
    let mut service = layer.layer(handler.service());
    for (account, handled) in [("known-1", 1), ("known-2", 2), ("known-1", 2), ("known-2", 2)] {
        let sent = delivery(account, account);
        assert_eq!(call(&mut service, http(&sent)).await.status(), StatusCode::OK);
        assert_eq!(handler.count(), handled);
    }
}

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
/// How late a Tokio timer may be.
const TICK: Duration = Duration::from_millis(1);
