//! Tenants whose secrets are in a store.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use countersign::replay::Memory;
use countersign::sign::{self, Delivery};
use countersign::tower::{TenantLookup, VerifyLayer};
use countersign::vonage::{Method, SignedWebhook, Sms};
use countersign::{ErrorKind, Keyring, Secret};
use http::{Response, StatusCode};
use tower::{Layer, ServiceExt};

use crate::frames::Frames;
use crate::world::{BODY, Handler, NOW, call, http, refusal, with_body};

/// A store that counts its questions, and fails or stalls when it is told to.
#[derive(Clone, Default)]
struct Store {
    questions: Arc<AtomicUsize>,
    down: Arc<AtomicBool>,
    slow: Arc<AtomicBool>,
}

impl Store {
    async fn ask(self, api_key: String) -> Result<Option<Keyring>, io::Error> {
        self.questions.fetch_add(1, Ordering::Relaxed);
        if self.slow.load(Ordering::Relaxed) {
            tokio::time::sleep(Duration::from_secs(3600)).await;
        }
        tokio::task::yield_now().await;
        if self.down.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        Ok(api_key.starts_with("known").then(|| secret_of(&api_key).into()))
    }

    fn questions(&self) -> usize {
        self.questions.load(Ordering::Relaxed)
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

fn secret_of(api_key: &str) -> Secret {
    Secret::new(format!("secret of {api_key}")).unwrap()
}

fn delivery(api_key: &str, signed_by: &str) -> Delivery {
    sign::SignedWebhook::new(&secret_of(signed_by), NOW).claim("api_key", api_key).post(BODY)
}

async fn deliver(lookup: TenantLookup, deliveries: &[Delivery]) -> (Vec<Option<ErrorKind>>, Handler) {
    let handler = Handler::default();
    let mut service = VerifyLayer::tenants(lookup).layer(handler.service());
    let mut refusals = Vec::new();
    for delivery in deliveries {
        let response: Response<String> = call(&mut service, http(delivery)).await;
        refusals.push(refusal(&response));
    }
    (refusals, handler)
}

#[tokio::test]
async fn each_tenants_secret_is_looked_up_once_and_tried_alone() {
    let store = Store::default();
    let deliveries = [
        delivery("known-1", "known-1"),
        delivery("known-1", "known-1"),
        delivery("known-2", "known-2"),
        delivery("known-1", "known-2"),
    ];
    let (refusals, handler) = deliver(store.lookup(), &deliveries).await;
    assert_eq!(refusals, [None, None, None, Some(ErrorKind::SignatureMismatch)]);
    let tenants: Vec<_> =
        handler.take().into_iter().map(|handled| handled.verified.tenant().unwrap().to_owned()).collect();
    assert_eq!(
        (tenants, store.questions()),
        (["known-1", "known-1", "known-2"].map(str::to_owned).to_vec(), 2)
    );
}

#[tokio::test]
async fn that_a_tenant_is_unknown_is_remembered_too() {
    let store = Store::default();
    let stranger = delivery("stranger", "stranger");
    let (refusals, handler) = deliver(store.lookup(), &[stranger.clone(), stranger]).await;
    assert_eq!((refusals, handler.count()), (vec![Some(ErrorKind::ApiKeyUnknown); 2], 0));
    assert_eq!(store.questions(), 1);
}

#[tokio::test]
async fn names_that_are_nobodys_are_not_looked_up() {
    let store = Store::default();
    let (long, missing) =
        ("known".repeat(100), sign::SignedWebhook::new(&secret_of("known"), NOW).post(BODY));
    let (refusals, _) =
        deliver(store.lookup(), &[delivery(&long, &long), delivery("", "known"), missing]).await;
    let [unknown, missing] = [ErrorKind::ApiKeyUnknown, ErrorKind::ApiKeyMissing].map(Some);
    assert_eq!((refusals, store.questions()), (vec![unknown, unknown, missing], 0));

    let [longest, longer] = [250, 251].map(|length| format!("known-{}", "x".repeat(length)));
    let deliveries = [delivery(&longest, &longest), delivery(&longer, &longer)];
    let (refusals, _) = deliver(store.lookup(), &deliveries).await;
    assert_eq!((refusals, store.questions()), (vec![None, unknown], 1));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_and_one_that_is_slow_are_told_apart_and_asked_again() {
    let (store, handler) = (Store::default(), Handler::default());
    let mut service = VerifyLayer::tenants(store.lookup()).layer(handler.service());
    let genuine = || http(&delivery("known-1", "known-1"));

    store.down.store(true, Ordering::Relaxed);
    for _ in 0..2 {
        assert_eq!(refusal(&call(&mut service, genuine()).await), Some(ErrorKind::TenantStoreUnavailable));
    }
    store.down.store(false, Ordering::Relaxed);
    store.slow.store(true, Ordering::Relaxed);
    assert_eq!(refusal(&call(&mut service, genuine()).await), Some(ErrorKind::TenantStoreTimeout));
    store.slow.store(false, Ordering::Relaxed);
    assert_eq!(refusal(&call(&mut service, genuine()).await), None);
    assert_eq!((store.questions(), handler.count()), (4, 1));
    assert!(ErrorKind::TenantStoreTimeout.is_retryable() && ErrorKind::TenantStoreUnavailable.is_retryable());
}

#[tokio::test]
async fn many_at_once_ask_the_store_once() {
    let (store, handler) = (Store::default(), Handler::default());
    let service = VerifyLayer::tenants(store.lookup()).layer(handler.service());
    let calls: Vec<_> = (0..32)
        .map(|_| tokio::spawn(service.clone().oneshot(http(&delivery("known-1", "known-1")))))
        .collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!((store.questions(), handler.count()), (1, 32));
}

#[tokio::test]
async fn what_is_kept_has_its_lifetime_and_its_bound() {
    let store = Store::default();
    let moment = Duration::from_millis(1);
    let lookup = store.lookup().known(10, moment).unknown(10, moment);
    let handler = Handler::default();
    let mut service = VerifyLayer::tenants(lookup).layer(handler.service());
    for (name, questions) in [("known-1", 1), ("known-1", 2), ("stranger", 3), ("stranger", 4)] {
        call(&mut service, http(&delivery(name, name))).await;
        assert_eq!(store.questions(), questions);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn strangers_push_no_tenant_out() {
    let store = Store::default();
    let lookup = store.lookup().unknown(10, Duration::from_secs(3600));
    let mut deliveries = vec![delivery("known-1", "known-1")];
    deliveries.extend((0..500).map(|number| delivery(&format!("stranger-{number}"), "stranger")));
    deliveries.push(delivery("known-1", "known-1"));
    let (refusals, handler) = deliver(lookup, &deliveries).await;
    assert_eq!((refusals.first(), refusals.last(), handler.count()), (Some(&None), Some(&None), 2));
    assert_eq!(store.questions(), 501);
}

#[tokio::test]
async fn an_unsigned_request_is_refused_with_nothing_read_and_nobody_asked() {
    let store = Store::default();
    let body = Frames::chunks(BODY.as_bytes(), 8);
    let polls = body.polls();
    let unsigned = with_body(&delivery("known-1", "known-1").without_header("authorization"), body);
    let mut service = VerifyLayer::tenants(store.lookup()).layer(Handler::default().service());
    assert_eq!(refusal(&call(&mut service, unsigned).await), Some(ErrorKind::TokenMissing));
    assert_eq!((polls.load(Ordering::Relaxed), store.questions()), (0, 0));
}

#[tokio::test]
async fn a_tenant_is_named_by_the_body_where_the_scheme_has_it_there() {
    let store = Store::default();
    let asked = store.clone();
    let lookup = || {
        let asked = asked.clone();
        let ask = move |api_key| asked.clone().ask(api_key);
        TenantLookup::by_request(Sms::untrusted_api_key, ask, |tenants| Sms::tenants(Method::Sha256, tenants))
            .unwrap()
    };
    let message = |signed_by: &str| {
        sign::Sms::new(Method::Sha256, &secret_of(signed_by))
            .param("api-key", "known-1")
            .param("text", "hello")
    };
    let deliveries = [
        message("known-1").form(),
        message("known-1").json(),
        message("known-1").query(),
        message("known-2").form(),
        message("known-1").form().with_body("text=hello"),
    ];
    let (refusals, handler) = deliver(lookup(), &deliveries).await;
    let [mismatch, missing] = [ErrorKind::SignatureMismatch, ErrorKind::ApiKeyMissing].map(Some);
    assert_eq!(refusals, [None, None, None, mismatch, missing]);
    let bodies: Vec<_> = handler.take().into_iter().map(|handled| handled.body.to_vec()).collect();
    assert_eq!(bodies, deliveries[..3].iter().map(|delivery| delivery.body().to_vec()).collect::<Vec<_>>());
    assert_eq!(store.questions(), 1);

    let mut limited = VerifyLayer::tenants(lookup()).max_body(5).layer(Handler::default().service());
    assert_eq!(refusal(&call(&mut limited, http(&deliveries[0])).await), Some(ErrorKind::BodyTooLarge));
}

#[tokio::test(start_paused = true)]
async fn the_stores_time_can_be_set_and_nothing_of_it_is_shown() {
    let store = Store::default();
    store.slow.store(true, Ordering::Relaxed);
    for (patience, refused) in [(3599, Some(ErrorKind::TenantStoreTimeout)), (3601, None)] {
        let lookup = store.lookup().patience(Duration::from_secs(patience));
        assert_eq!(format!("{lookup:?}"), r#"TenantLookup { scheme: "vonage-jwt", .. }"#);
        let (refusals, _) = deliver(lookup, &[delivery("known-1", "known-1")]).await;
        assert_eq!(refusals, [refused]);
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
