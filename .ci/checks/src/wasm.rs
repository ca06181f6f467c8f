//! Verifies requests on wasm32-unknown-unknown, which has no system clock. `wasm.mjs` calls each export. A failed assertion traps.

use std::time::Duration;

use countersign::vonage::{SignatureMethod, SignedWebhook, Sms};
use countersign::{Error, ErrorKind, Head, Request, Secret, Tolerance, UnixTime, Verified, Verifier, sign};
use serde_json::Value;

const NOW: UnixTime = UnixTime::from_secs(1_763_712_000);

#[unsafe(no_mangle)]
pub extern "C" fn bits() {
    assert_eq!(usize::BITS, 32);
}

/// Accepts the captured token, and rejects it five minutes and a second later.
#[unsafe(no_mangle)]
pub extern "C" fn with_a_clock() {
    assert_eq!(captured(|webhook| webhook.clock(|| NOW)), Ok(()));
    let later = || UnixTime::from_secs(NOW.as_secs() + 301);
    assert_eq!(captured(|webhook| webhook.clock(later)), Err(ErrorKind::TimestampStale));
}

/// Rejects the token and an SMS with a tolerance, because the time is unknown, and accepts an SMS without one.
#[unsafe(no_mangle)]
pub extern "C" fn without_a_clock() {
    assert_eq!(captured(|webhook| webhook), Err(ErrorKind::ClockUnavailable));
    let secret = Secret::new("s3cr3t").unwrap();
    let delivery =
        sign::SmsSigner::new(SignatureMethod::Sha256, &secret).param("text", "Hello").timestamp(NOW).form();
    let sms = || Sms::new(SignatureMethod::Sha256, secret.clone());
    let tolerance = Tolerance::either_way(Duration::from_secs(300)).unwrap();
    assert_eq!(kind(sms().tolerance(tolerance).verify(delivery.request())), Err(ErrorKind::ClockUnavailable));
    assert_eq!(kind(sms().verify(delivery.request())), Ok(()));
}

/// Verifies the example's genuine token.
fn captured(set: impl FnOnce(SignedWebhook) -> SignedWebhook) -> Result<(), ErrorKind> {
    let line = DELIVERIES.lines().find(|line| line.contains(r#""id": "jwt genuine, POST""#)).unwrap();
    let record: Value = serde_json::from_str(line).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let pair = |pair: &Value| (text(&pair[0]), text(&pair[1]));
    let headers: Vec<_> = record["headers"].as_array().unwrap().iter().map(pair).collect();
    let webhook = set(SignedWebhook::new(Secret::new(text(&record["secret"])).unwrap()));
    kind(webhook.verify(Request::new(Head::new("POST", &headers), &text(&record["body"]))))
}

fn kind(verdict: Result<Verified, Error>) -> Result<(), ErrorKind> {
    verdict.map(drop).map_err(|error| error.kind())
}

const DELIVERIES: &str = include_str!("../../../examples/deliveries.jsonl");
