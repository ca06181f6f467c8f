//! What the layer tells with the feature `tracing`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use countersign::replay::{Memory, ReplayGuard};
use countersign::sign;
use countersign::tower::VerifyLayer;
use countersign::vonage::SignedWebhook;
use countersign::{Error, ErrorKind, Keyring, ReplayKey, Secret};
use http::StatusCode;
use tower::Layer as _;
use tracing::field::{Field, Visit};
use tracing::instrument::WithSubscriber;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::world::{BODY, Handler, NOW, call, http, secret, webhook_delivery};

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
        self.hear(*span.metadata().level(), |fields| span.record(fields));
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, values: &Record<'_>) {
        self.hear(Level::INFO, |fields| values.record(fields));
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        self.hear(*event.metadata().level(), |fields| event.record(fields));
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn fields<const COUNT: usize>(pairs: [(&str, &str); COUNT]) -> BTreeMap<String, String> {
    pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
}

#[tokio::test]
async fn each_delivery_has_one_event_and_a_span_with_its_key() {
    let old = Secret::new("the older secret").unwrap();
    let keyring = Keyring::new([secret(), old.clone()]).unwrap();
    let webhook = SignedWebhook::new(keyring).clock(|| NOW);
    let layer = VerifyLayer::new(webhook).replay_guard(Memory::new(10), Duration::from_secs(361)).unwrap();
    let mut service = layer.layer(Handler::default().service());
    let by_old = sign::SignedWebhook::new(&old, NOW).claim("jti", "2").post(BODY);

    let span = (Level::INFO, fields([("scheme", "vonage-jwt")]));
    let recorded =
        |key| [(Level::INFO, fields([("key", key)])), (Level::INFO, fields([("coverage", "body")]))];
    let verified = |level, key, message| {
        (level, fields([("scheme", "vonage-jwt"), ("key", key), ("coverage", "body"), ("message", message)]))
    };
    let refused = |level, code, status, error| {
        let common = [("scheme", "vonage-jwt"), ("code", code), ("status", status), ("error", error)];
        let mut all = fields(common);
        all.insert("message".to_owned(), "webhook refused".to_owned());
        (level, all)
    };
    let newest = || [recorded("0").to_vec(), vec![verified(Level::DEBUG, "0", "webhook verified")]].concat();
    let older = "webhook verified with an older secret";
    let replayed = refused(Level::INFO, "replayed", "409", "delivery has been received before");
    for (delivery, events) in [
        (webhook_delivery("1"), newest()),
        (by_old, [recorded("1").to_vec(), vec![verified(Level::INFO, "1", older)]].concat()),
        (webhook_delivery("1"), [newest(), vec![replayed]].concat()),
        (
            webhook_delivery("3").with_body("{}"),
            vec![refused(
                Level::INFO,
                "payload_hash_mismatch",
                "401",
                "payload is not the one the token was signed for",
            )],
        ),
        (
            webhook_delivery("3").without_header("authorization"),
            vec![refused(Level::INFO, "token_missing", "401", "header `authorization` is missing")],
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

#[tokio::test]
async fn that_a_claim_cannot_be_given_back_is_told() {
    #[derive(Debug)]
    struct HalfDown;
    impl ReplayGuard for HalfDown {
        async fn claim(&self, _: &ReplayKey, _: Duration) -> Result<(), Error> {
            Ok(())
        }

        async fn release(&self, _: &ReplayKey) -> Result<(), Error> {
            Err(ErrorKind::ReplayGuardUnavailable.into())
        }
    }

    let webhook = SignedWebhook::new(secret()).clock(|| NOW);
    let layer = VerifyLayer::new(webhook).replay_guard(HalfDown, Duration::from_secs(361)).unwrap();
    let mut service = layer.layer(Handler::default().answering(|_| StatusCode::INTERNAL_SERVER_ERROR));
    let listener = Listener::default();
    call(&mut service, http(&webhook_delivery("1"))).with_subscriber(listener.clone()).await;
    let told = fields([
        ("scheme", "vonage-jwt"),
        ("code", "replay_guard_unavailable"),
        ("message", "webhook not handled and still claimed"),
    ]);
    assert_eq!(listener.take().pop(), Some((Level::WARN, told)));
}
