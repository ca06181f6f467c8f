//! Tenants with secrets in a store.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use bytes::Bytes;
use countersign::ErrorKind::{
    self, AlgorithmMismatch, BodyTooLarge, BodyUnexpected, MediaTypeUnsupported, MethodUnsupported,
    ParameterRepeated, SignatureMalformed, SignatureMismatch, SignatureMissing, TenantMissing,
    TenantStoreTimeout, TenantStoreUnavailable, TenantUnknown, TokenAwaited, TokenMissing,
};
use countersign::sign::{self, Delivery, Unsigned};
use countersign::tower::{TenantLookup, Verify, VerifyLayer};
use countersign::vonage::{SignatureMethod, SignedWebhook, Sms};
use countersign::{BaseUrl, Head, Keyring, Secret, SinchVoice, Twilio};
use http::{Request, Response};
use http_body_util::Full;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tower::{Layer, Service, ServiceExt};

use crate::world::{
    BODY, BoxHandler, Handler, NOW, call, http, poll_once, rejected, rejected_unread, rejection,
};

/// A store that counts its queries, and behaves as told.
#[derive(Clone, Default)]
struct Store(Arc<Mutex<Told>>);

#[derive(Default)]
struct Told {
    queries: usize,
    /// The number of running queries, and their maximum.
    running: usize,
    most: usize,
    latency: Duration,
    state: State,
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
struct Running(Store);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.now().running -= 1;
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<Option<Keyring>, io::Error>> + Send>>;

impl Store {
    fn now(&self) -> MutexGuard<'_, Told> {
        self.0.lock().unwrap()
    }

    fn queries(&self) -> usize {
        self.now().queries
    }

    /// The function that asks this store.
    fn asked(&self) -> impl Fn(String) -> Answer + Send + Sync + use<> {
        let store = self.clone();
        move |api_key| {
            let mut now = store.now();
            (now.queries, now.running) = (now.queries + 1, now.running + 1);
            now.most = now.most.max(now.running);
            let (running, state, latency) = (Running(store.clone()), now.state, now.latency);
            drop(now);
            assert!(!matches!(state, State::PanicsAtOnce), "the store panics when it is called");
            Box::pin(async move {
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
            })
        }
    }

    fn lookup(&self) -> TenantLookup {
        TenantLookup::by_head(SignedWebhook::untrusted_api_key, self.asked(), |tenants| {
            SignedWebhook::tenants(tenants).clock(|| NOW)
        })
        .unwrap()
    }

    /// A lookup of the SMS API, by the account in the parameters.
    fn sms_lookup(&self) -> TenantLookup {
        TenantLookup::by_request(Sms::untrusted_api_key, self.asked(), |tenants| {
            Sms::tenants(SignatureMethod::Sha256, tenants)
        })
        .unwrap()
    }
}

/// The layer of a lookup, with a handler.
fn served(lookup: TenantLookup) -> (Verify<BoxHandler>, Handler) {
    let handler = Handler::default();
    (VerifyLayer::tenants(lookup).layer(handler.service()), handler)
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

type Call = JoinHandle<Result<Response<String>, Infallible>>;

/// Sends a genuine request of each of these accounts at the same time.
fn flood(service: &Verify<BoxHandler>, names: impl IntoIterator<Item = String>) -> Vec<Call> {
    names.into_iter().map(|name| tokio::spawn(service.clone().oneshot(genuine(&name)))).collect()
}

/// The names of so many accounts.
fn names(name: &str, numbers: std::ops::Range<usize>) -> impl Iterator<Item = String> {
    numbers.map(move |number| format!("{name}-{number}"))
}

/// The outcomes of spawned calls.
async fn outcomes(calls: Vec<Call>) -> Vec<Option<ErrorKind>> {
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

/// Sends requests one after the other, and requires these outcomes.
async fn serves<const N: usize>(lookup: TenantLookup, cases: [(Delivery, Option<ErrorKind>); N]) -> Handler {
    let (mut service, handler) = served(lookup);
    for (delivery, expected) in cases {
        assert_eq!(rejected(&mut service, http(&delivery)).await, expected, "{delivery:?}");
    }
    handler
}

#[tokio::test]
async fn each_tenants_secret_is_queried_once_and_used_alone() {
    let store = Store::default();
    let genuine = |name| (delivery(name, name), None);
    let forged = (delivery("known-1", "known-2"), Some(SignatureMismatch));
    let cases = [genuine("known-1"), genuine("known-1"), genuine("known-2"), forged];
    let handled = serves(store.lookup(), cases).await.take();
    let tenants: Vec<_> = handled.iter().map(|handled| handled.verified.tenant().unwrap()).collect();
    assert_eq!((tenants, store.queries()), (vec!["known-1", "known-1", "known-2"], 2));
}

#[tokio::test]
async fn invalid_names_are_not_looked_up() {
    let store = Store::default();
    let unnamed = sign::TokenSigner::new(&secret_of("known"), NOW).post(BODY);
    let [long, longer, longest] = [500, 251, 250].map(|length| format!("known-{}", "x".repeat(length)));
    let cases = [
        (delivery(&long, &long), Some(TenantUnknown)),
        (delivery("", "known"), Some(TenantUnknown)),
        (unnamed, Some(TenantMissing)),
        (delivery(&longer, &longer), Some(TenantUnknown)),
        (delivery(&longest, &longest), None),
    ];
    serves(store.lookup(), cases).await;
    assert_eq!(store.queries(), 1);
}

#[tokio::test(start_paused = true)]
async fn errors_and_timeouts_of_the_store_differ_and_are_not_cached() {
    let store = Store::default();
    let (mut service, handler) = served(store.lookup());
    store.now().state = State::Down;
    for _ in 0..2 {
        let response = call(&mut service, genuine("known-1")).await;
        assert_eq!(rejection(&response), Some(TenantStoreUnavailable));
        assert_eq!(cause(&response), "connection refused");
    }
    store.now().state = State::Up;
    store.now().latency = HOUR;
    assert_eq!(rejected(&mut service, genuine("known-1")).await, Some(TenantStoreTimeout));
    store.now().latency = Duration::ZERO;
    assert_eq!(rejected(&mut service, genuine("known-1")).await, None);
    assert_eq!((store.queries(), handler.count()), (4, 1));
    assert!(TenantStoreTimeout.is_retryable() && TenantStoreUnavailable.is_retryable());
}

#[tokio::test(start_paused = true)]
async fn answers_are_kept_for_their_ttl() {
    let store = Store::default();
    let lookup =
        store.lookup().cache_known(10, 4 * SECOND).renew_after(4 * SECOND).cache_unknown(10, 2 * SECOND);
    let (mut service, _) = served(lookup);
    for (name, wait, queries) in [
        ("known-1", 3999, 1),
        ("known-1", 1, 1),
        ("known-1", 0, 2),
        ("stranger", 1999, 3),
        ("stranger", 1, 3),
        ("stranger", 0, 4),
    ] {
        call(&mut service, genuine(name)).await;
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
    let (mut service, _) = served(store.lookup().renew_after(5 * SECOND));
    for (wait, queries) in [(4990, 1), (10, 1), (1, 2)] {
        assert_eq!(rejected(&mut service, genuine("known-1")).await, None);
        tokio::time::sleep(Duration::from_millis(wait)).await;
        assert_eq!(store.queries(), queries, "{wait}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_renewal_has_one_task_however_many_requests_come() {
    let store = Store::default();
    let (mut service, _) = served(store.lookup().max_queries(1).timeout(20 * SECOND));
    assert_eq!(rejected(&mut service, genuine("known-1")).await, None);
    store.now().latency = 10 * SECOND;
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
    store.now().state = State::Down;
    let (mut service, _) = served(store.lookup());
    let mut first = Box::pin(service.call(genuine("known-1")));
    assert!(poll_once(first.as_mut()).is_pending());
    tokio::time::sleep(SECOND).await;
    store.now().state = State::Up;
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
    let store = Store::default();
    let (mut service, _) = served(store.lookup());
    let started = Instant::now();
    let at = |second: u64| tokio::time::sleep_until(started + Duration::from_secs(second));
    let old = || genuine("known-1");
    let rotated = || http(&delivery("known-1", "rotated"));
    assert_eq!(rejected(&mut service, old()).await, None);

    // After half of the TTL one query is sent, and no request waits for it.
    at(29).await;
    assert_eq!(rejected(&mut service, old()).await, None);
    assert_eq!(store.queries(), 1);
    store.now().latency = SECOND;
    store.now().state = State::Rotated;
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
    store.now().latency = Duration::ZERO;
    store.now().state = State::Down;
    at(80).await;
    for _ in 0..100 {
        assert_eq!(rejected(&mut service, rotated()).await, None);
        tokio::time::sleep(SECOND / 10).await;
    }
    assert!((11..=13).contains(&store.queries()), "{}", store.queries());
    at(92).await;
    assert_eq!(rejected(&mut service, rotated()).await, Some(TenantStoreUnavailable));

    // The account is gone: it is rejected once the store has said so.
    store.now().state = State::Rotated;
    assert_eq!(rejected(&mut service, rotated()).await, None);
    store.now().state = State::Empty;
    at(123).await;
    assert_eq!(rejected(&mut service, rotated()).await, None);
    tokio::time::sleep(SECOND).await;
    assert_eq!(rejected(&mut service, rotated()).await, Some(TenantUnknown));
}

/// Attack 159. The flood takes 42 seconds of the store's time.
#[tokio::test(start_paused = true)]
async fn known_tenants_are_served_and_renewed_during_a_flood_of_unknown_names() {
    let store = Store::default();
    store.now().latency = SECOND / 10;
    let lookup = store.lookup().cache_known(10, SECOND).timeout(60 * SECOND);
    let (mut service, handler) = served(lookup);
    assert_eq!(rejected(&mut service, genuine("known-1")).await, None);

    let flood = flood(&service, names("made-up", 0..5000));
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
    assert_eq!((store.now().most <= 16, handler.count()), (true, 402));
}

#[tokio::test(start_paused = true)]
async fn at_most_the_set_number_of_queries_runs_and_others_wait_until_their_timeout() {
    let store = Store::default();
    for (set, expected) in
        [(0, 1), (1, 1), (2, 1), (3, 2), (4, 3), (5, 4), (8, 6), (16, 12), (usize::MAX, 100)]
    {
        store.now().most = 0;
        store.now().latency = SECOND / 1000;
        let (service, _) = served(store.lookup().max_queries(set));
        let calls = flood(&service, names("stranger", 0..100));
        assert_eq!(outcomes(calls).await, [Some(TenantUnknown); 100]);
        assert_eq!(store.now().most, expected, "{set}");
    }

    // A timeout of 2 seconds, one query at a time, 0.9 seconds each: the third comes too late for its request.
    store.now().latency = SECOND * 9 / 10;
    let (mut service, _) = served(store.lookup().max_queries(1));
    let asked = store.queries();
    let calls = flood(&service, names("known", 1..5));
    let late = Some(TenantStoreTimeout);
    assert_eq!(outcomes(calls).await, [None, None, late, late]);
    assert_eq!(store.queries() - asked, 3);
    // The third query was still answered. The fourth was not sent, since its client had left.
    tokio::time::sleep(SECOND).await;
    assert_eq!(rejected(&mut service, genuine("known-3")).await, None);
    assert_eq!(store.queries() - asked, 3);
    assert!(format!("{service:?}").contains("queries: 0"), "{service:?}");

    // By default 16.
    let (service, _) = served(store.lookup().cache_known(100, SECOND).timeout(HOUR));
    for _ in 0..2 {
        store.now().most = 0;
        assert_eq!(outcomes(flood(&service, names("known", 0..20))).await, [None; 20]);
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!(store.now().most, 16);
}

#[tokio::test(start_paused = true)]
async fn with_two_queries_a_flood_of_unknown_names_delays_no_known_account() {
    for (set, delayed) in [(1, true), (2, false), (3, false), (4, false), (16, false)] {
        let store = Store::default();
        let (mut service, _) = served(store.lookup().max_queries(set).cache_known(100, 10 * SECOND));
        assert_eq!(rejected(&mut service, genuine("known-1")).await, None);

        // The entry expires, and the store is slow.
        tokio::time::sleep(11 * SECOND).await;
        store.now().latency = SECOND * 3 / 2;
        let flood = flood(&service, names("stranger", 0..100));
        tokio::time::sleep(SECOND / 10).await;
        let expected = delayed.then_some(TenantStoreTimeout);
        assert_eq!(rejected(&mut service, genuine("known-1")).await, expected, "{set}");
        for request in flood {
            request.abort();
        }
    }
}

/// Attack 159.
#[tokio::test(start_paused = true)]
async fn a_query_continues_when_its_clients_leave() {
    let store = Store::default();
    store.now().latency = SECOND / 2;
    let (mut service, handler) = served(store.lookup().max_queries(1));
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
    for name in names("known", 3..100) {
        let cut = tokio::time::timeout(SECOND / 1000, service.clone().oneshot(genuine(&name))).await;
        assert!(cut.is_err());
    }
    assert_eq!(rejection(&first.await.unwrap().unwrap()), None);
    tokio::time::sleep(SECOND).await;
    assert_eq!(store.queries(), 2);
    assert!(format!("{service:?}").contains("queries: 0"), "{service:?}");
}

#[tokio::test(start_paused = true)]
async fn a_waiting_request_gets_the_answer_of_another_query() {
    let store = Store::default();
    store.now().latency = SECOND;
    let (service, handler) = served(store.lookup().max_queries(1));
    // Each would wait longer than its timeout.
    let calls = flood(&service, vec!["known-1".to_owned(); 100]);
    let started = Instant::now();
    assert_eq!(outcomes(calls).await, [None; 100]);
    assert!(started.elapsed() <= SECOND + TICK, "{:?}", started.elapsed());
    assert_eq!((store.queries(), handler.count()), (1, 100));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_panics_or_hangs_delays_only_its_own_query() {
    let store = Store::default();
    let (mut service, _) = served(store.lookup().max_queries(1));
    let request = || genuine("known-1");
    for (state, kind) in [
        (State::Panics, TenantStoreUnavailable),
        (State::PanicsAtOnce, TenantStoreUnavailable),
        (State::NeverAnswers, TenantStoreTimeout),
    ] {
        store.now().state = state;
        for _ in 0..3 {
            assert_eq!(rejected(&mut service, request()).await, Some(kind));
        }
    }
    // The request left, and the query still ended.
    let cut = tokio::time::timeout(SECOND, service.clone().oneshot(request())).await;
    assert!(cut.is_err());
    tokio::time::sleep(2 * SECOND).await;
    assert_eq!(store.now().running, 0);
    store.now().state = State::Up;
    assert_eq!((rejected(&mut service, request()).await, store.queries()), (None, 11));

    // A cached tenant is served during a failed renewal.
    for state in [State::Panics, State::PanicsAtOnce, State::NeverAnswers] {
        store.now().state = state;
        tokio::time::sleep(31 * SECOND).await;
        assert_eq!(rejected(&mut service, request()).await, None);
        tokio::time::sleep(3 * SECOND).await;
        store.now().state = State::Up;
        assert_eq!(rejected(&mut service, request()).await, None);
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!(store.queries(), 17);
}

/// A query runs on the runtime of its first request.
#[test]
fn queries_end_with_their_runtime() {
    let store = Store::default();
    store.now().state = State::NeverAnswers;
    let (service, _) = served(store.lookup().max_queries(1).timeout(HOUR));
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
    store.now().state = State::Up;
    assert_eq!(rejection(&stays.block_on(request()).unwrap()), None);
    assert_eq!(store.queries(), 2);
}

#[tokio::test]
async fn unknown_accounts_evict_no_tenant() {
    let store = Store::default();
    let (mut service, handler) = served(store.lookup().cache_unknown(10, HOUR));
    for name in
        ["known-1".to_owned()].into_iter().chain(names("stranger", 0..500)).chain(["known-1".to_owned()])
    {
        call(&mut service, genuine(&name)).await;
    }
    assert_eq!((store.queries(), handler.count()), (501, 2));
}

#[tokio::test]
async fn the_body_can_name_the_tenant() {
    let store = Store::default();
    let genuine = [message("known-1").form(), message("known-1").json(), message("known-1").query()];
    let [form, json, query] = genuine.clone();
    let unnamed = form.clone().with_body(format!("text=hello&sig={}", "0".repeat(64)));
    let cases = [
        (form.clone(), None),
        (json, None),
        (query, None),
        (message("known-2").form(), Some(SignatureMismatch)),
        (unnamed, Some(TenantMissing)),
    ];
    let handler = serves(store.sms_lookup(), cases).await;
    let bodies: Vec<_> = handler.take().into_iter().map(|handled| handled.body).collect();
    assert_eq!(bodies, genuine.map(|delivery| delivery.body().to_vec()));
    assert_eq!(store.queries(), 1);

    let limited = VerifyLayer::tenants(store.sms_lookup()).max_body(5);
    let mut limited = limited.layer(handler.service());
    assert_eq!(rejected(&mut limited, http(&form)).await, Some(BodyTooLarge));
}

#[tokio::test]
async fn an_invalid_token_sends_no_query() {
    let store = Store::default();
    let post_only = TenantLookup::by_head(SignedWebhook::untrusted_api_key, store.asked(), |tenants| {
        SignedWebhook::tenants(tenants).methods(["POST"]).unwrap().retry_unsigned()
    })
    .unwrap();
    let ((mut by_default, _), (mut post_only, _)) = (served(store.lookup()), served(post_only));
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
        for other in ["DELETE", "GET"] {
            let request = delivery(name, name).with_method(other);
            assert_eq!(rejected_unread(&mut post_only, &request).await, method);
        }
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
    let (mut service, _) = served(store.sms_lookup());
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
    let base = || BaseUrl::new("https://example.com").unwrap();
    let lookup = TenantLookup::by_rule(asked.asked(), move |tenants| Ok(Twilio::tenants(base(), tenants)));
    let signed = |params: &str, signed_by: &str| {
        let secret = secret_of(signed_by);
        let unsigned = Unsigned::form(params).target("/webhook");
        Twilio::new(base(), secret.clone()).sign(&secret, &unsigned).unwrap()
    };
    let genuine = signed("AccountSid=known-1&Body=hello", "known-1");
    let unpadded = genuine.header("x-twilio-signature").unwrap().trim_end_matches('=').to_owned();
    let malformed =
        genuine.clone().without_header("x-twilio-signature").with_header("x-twilio-signature", &unpadded);
    let cases = [
        (genuine.clone(), None),
        (signed("AccountSid=known-1&Body=hello", "known-2"), Some(SignatureMismatch)),
        (signed("AccountSid=stranger&Body=hello", "known-1"), Some(TenantUnknown)),
        (signed("Body=hello", "known-1"), Some(TenantMissing)),
        (signed("AccountSid=known-1&AccountSid=known-2", "known-1"), Some(ParameterRepeated)),
        (genuine.with_method("PUT"), Some(MethodUnsupported)),
        (malformed, Some(SignatureMalformed)),
    ];
    let handler = serves(lookup.unwrap(), cases).await;
    assert_eq!((handler.take()[0].verified.tenant(), asked.queries()), (Some("known-1"), 2));

    // The secrets in this store are not base64.
    let lookup = TenantLookup::by_rule(store.asked(), SinchVoice::tenants);
    let secret = Secret::new("AAAA").unwrap();
    let unsigned = Unsigned::json("{}").tenant("known-1").time(NOW);
    let signed = SinchVoice::new(secret.clone()).unwrap().sign(&secret, &unsigned).unwrap();
    let (mut service, _) = served(lookup.unwrap());
    let response = call(&mut service, http(&signed)).await;
    assert_eq!(rejection(&response), Some(TenantStoreUnavailable));
    assert_eq!(cause(&response), "secret is not base64");
}

#[tokio::test(start_paused = true)]
async fn the_timeout_of_the_store_can_be_set() {
    let store = Store::default();
    store.now().latency = HOUR;
    for (timeout, expected) in [(3599, Some(TenantStoreTimeout)), (3601, None)] {
        let lookup = store.lookup().timeout(Duration::from_secs(timeout));
        assert_eq!(format!("{lookup:?}"), r#"TenantLookup { scheme: "vonage-jwt", queries: 0, .. }"#);
        assert_eq!(rejected(&mut served(lookup).0, genuine("known-1")).await, expected);
    }
}

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(3600);
/// How late a Tokio timer may be.
const TICK: Duration = Duration::from_millis(1);
