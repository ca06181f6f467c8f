//! Verifies captured requests on a target without a system clock. Each export returns a number, a count or bits as documented
//! there. `.ci/wasm/run.mjs` has the expected values.

use std::time::Duration;

use countersign::vonage::{SignatureMethod, SignedWebhook, Sms};
use countersign::{ErrorKind, Head, Request, Secret, Tolerance, UnixTime, Verified, Verifier, sign};
use serde_json::Value;

const NOW: UnixTime = UnixTime::from_secs(1_763_712_000);

/// Verifies the captured token with a clock: 1 if it is accepted, and 2 if it is rejected five minutes and a second later.
#[unsafe(no_mangle)]
pub extern "C" fn with_a_clock() -> u32 {
    let accepted = captured(|webhook| webhook.clock(|| NOW)).is_ok();
    let later = captured(|webhook| webhook.clock(|| UnixTime::from_secs(NOW.as_secs() + 301)));
    u32::from(accepted) | u32::from(later == Err(ErrorKind::TimestampStale)) << 1
}

/// The same without a clock: 1 if it is rejected because the time is unknown, 2 for the same with an SMS and a tolerance, 4 if
/// an SMS without a tolerance is accepted.
#[unsafe(no_mangle)]
pub extern "C" fn without_a_clock() -> u32 {
    let secret = Secret::new("s3cr3t").unwrap();
    let delivery =
        sign::SmsSigner::new(SignatureMethod::Sha256, &secret).param("text", "Hello").timestamp(NOW).form();
    let sms = || Sms::new(SignatureMethod::Sha256, secret.clone());
    let tolerance = Tolerance::either_way(Duration::from_secs(300)).unwrap();
    let timed = kind(sms().tolerance(tolerance).verify(delivery.request()));
    let untimed = kind(sms().verify(delivery.request()));
    u32::from(captured(|webhook| webhook) == Err(ErrorKind::ClockUnavailable))
        | u32::from(timed == Err(ErrorKind::ClockUnavailable)) << 1
        | u32::from(untimed.is_ok()) << 2
}

/// Pointers' bits.
#[unsafe(no_mangle)]
pub extern "C" fn bits() -> u32 {
    usize::BITS
}

/// Verifies the example's genuine token.
fn captured(set: impl FnOnce(SignedWebhook) -> SignedWebhook) -> Result<(), ErrorKind> {
    let line = DELIVERIES.lines().find(|line| line.contains(r#""id": "jwt genuine, POST""#)).unwrap();
    let record: Value = serde_json::from_str(line).unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let headers: Vec<(String, String)> =
        record["headers"].as_array().unwrap().iter().map(|pair| (text(&pair[0]), text(&pair[1]))).collect();
    let webhook = set(SignedWebhook::new(Secret::new(text(&record["secret"])).unwrap()));
    kind(webhook.verify(Request::new(Head::new("POST", &headers), &text(&record["body"]))))
}

fn kind(verdict: Result<Verified, countersign::Error>) -> Result<(), ErrorKind> {
    verdict.map(drop).map_err(|error| error.kind())
}

const DELIVERIES: &str = include_str!("../../../examples/deliveries.jsonl");
