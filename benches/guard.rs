//! What the replay guard in memory adds to a request behind the layer: `bare` is the layer without a guard, `guarded/N` with one that
//! holds N keys. A signed webhook of 1 KiB, whose body and handler are ready at once, in process.
//!
//! `cargo bench --bench guard --features tower,replay-memory`; both sides are measured in one run.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has nothing to measure"
)]
#![allow(missing_docs, reason = "criterion's macros")]

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use countersign::replay::Memory;
use countersign::tower::{Body, VerifyLayer};
use countersign::vonage::SignedWebhook;
use countersign::{ReplayKey, Secret, UnixTime, Verified, sign};
use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use http::{Request, Response};
use http_body_util::Full;
use tower::{Layer, Service, service_fn};

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const DONE_FOR: Duration = Duration::from_secs(72 * 3600);

fn guard(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("layer");
    let mut run = |name: BenchmarkId, layer: VerifyLayer| {
        let mut service = layer.layer(service_fn(handle));
        let request = request();
        let mut call = |request| {
            let future = pin!(service.call(request));
            match future.poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Ok(response)) => response,
                _ => Response::new("not ready"),
            }
        };
        group.bench_function(name, |bencher| {
            bencher.iter_batched(|| request.clone(), &mut call, BatchSize::SmallInput);
        });
        // What was measured was handled.
        assert_eq!(call(request.clone()).into_body(), "handled");
    };
    run(BenchmarkId::new("bare", 0), layer());
    for keys in [1_000, 100_000, 1_000_000] {
        run(BenchmarkId::new("guarded", keys), guarded(keys));
    }
    run(BenchmarkId::new("bare", 1), layer());
}

async fn handle(_: Request<Body>) -> Result<Response<&'static str>, Infallible> {
    Ok(Response::new("handled"))
}

fn layer() -> VerifyLayer {
    VerifyLayer::new(SignedWebhook::new(secret()).clock(|| NOW))
}

/// Each request has another key, as if another `jti`. The guard's clock goes on with each, so that so many keys are remembered
/// at any time.
fn guarded(keys: u32) -> VerifyLayer {
    let requests = Arc::new(AtomicU64::new(0));
    let pace = DONE_FOR / keys;
    let elapsed = Arc::clone(&requests);
    let memory = Memory::new(usize::MAX).clock(move || {
        let requests = u32::try_from(elapsed.load(Ordering::Relaxed)).unwrap();
        pace * requests
    });
    let layer = layer()
        .replay_key(move |verified: &Verified, _| {
            let request = requests.fetch_add(1, Ordering::Relaxed).to_be_bytes();
            Some(ReplayKey::new([verified.replay_key()?.as_bytes(), &request[..]]))
        })
        .replay_guard(memory)
        .unwrap();
    let mut service = layer.layer(service_fn(handle));
    for _ in 0..keys {
        let handled = pin!(service.call(request())).poll(&mut Context::from_waker(Waker::noop()));
        assert!(handled.is_ready());
    }
    layer
}

fn request() -> Request<Full<Bytes>> {
    let body = format!(r#"{{"status":"answered","text":"{}"}}"#, "a".repeat(1024));
    let delivery =
        sign::SignedWebhook::new(&secret(), NOW).claim("jti", JTI).claim("api_key", "a1b2c3d4").post(body);
    delivery.to_http("/webhook").unwrap().map(Full::from)
}

fn secret() -> Secret {
    Secret::new("signature-secret-of-the-account").unwrap()
}

const JTI: &str = "aaaaaaaa-bbbb-cccc-dddd-0123456789ab";

criterion_group!(benches, guard);
criterion_main!(benches);
