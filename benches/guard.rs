//! What the layer, and a replay guard in memory, add to a verification. `verifier` is the verification alone, `bare` the layer
//! without a guard, `guarded/N` with a guard that holds N keys. Signed webhooks of 1 KiB, whose bodies and handler are ready at
//! once, in process.
//!
//! `cargo bench --bench guard --features tower,replay-memory` measures all in one run.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has nothing to measure"
)]
#![allow(missing_docs, reason = "criterion's macros")]

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use countersign::replay::Memory;
use countersign::tower::{VerifiedBody, VerifyLayer};
use countersign::vonage::SignedWebhook;
use countersign::{ReplayKey, Secret, UnixTime, Verifier, sign};
use criterion::{BatchSize, BenchmarkId, Criterion, criterion_group, criterion_main};
use http::{Request, Response};
use http_body_util::Full;
use tower::{Layer, Service, service_fn};

const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
const DONE_FOR: Duration = Duration::from_secs(72 * 3600);

fn guard(criterion: &mut Criterion) {
    let requests: Vec<_> = (0..POOL).map(request).collect();
    let mut group = criterion.benchmark_group("layer");
    let verifier: Arc<dyn Verifier> = Arc::new(webhook());
    let mut next = requests.iter().cycle();
    group.bench_function("verifier", |bencher| {
        let verify =
            |request: Request<Bytes>| verifier.verify((&request).into()).map(|proof| (proof, request));
        bencher.iter_batched(|| next.next().unwrap().clone(), verify, BatchSize::SmallInput);
    });
    let requests: Vec<_> = requests.into_iter().map(|request| request.map(Full::from)).collect();
    let mut run = |name: BenchmarkId, layer: VerifyLayer| {
        let mut service = layer.layer(service_fn(handle));
        let mut call = |request| {
            let future = pin!(service.call(request));
            match future.poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Ok(response)) => response,
                _ => Response::new("not ready"),
            }
        };
        let mut next = requests.iter().cycle();
        let mut next = || next.next().unwrap().clone();
        group.bench_function(name, |bencher| {
            bencher.iter_batched(&mut next, &mut call, BatchSize::SmallInput);
        });
        // Checks that the measured request was handled.
        assert_eq!(call(next()).into_body(), "handled");
    };
    run(BenchmarkId::new("bare", 0), layer());
    run(BenchmarkId::new("guarded", 1_000), by_identifier(1_000));
    for keys in [100_000, 1_000_000] {
        run(BenchmarkId::new("guarded", keys), by_number(keys, &requests[0]));
    }
    run(BenchmarkId::new("bare", 1), layer());
}

async fn handle(_: Request<VerifiedBody>) -> Result<Response<&'static str>, Infallible> {
    Ok(Response::new("handled"))
}

fn layer() -> VerifyLayer {
    VerifyLayer::new(webhook())
}

fn webhook() -> SignedWebhook {
    SignedWebhook::new(secret()).clock(|| NOW)
}

/// Uses the `jti`. The guard's clock advances with each request, so that it always holds `keys` keys, fewer than the pool has.
fn by_identifier(keys: u32) -> VerifyLayer {
    let (pace, asked) = (DONE_FOR / keys, AtomicU32::new(0));
    // The clock is read twice per request: at the claim and at completion.
    let memory = Memory::new(usize::MAX).clock(move || pace * (asked.fetch_add(1, Ordering::Relaxed) / 2));
    layer().replay_guard(memory).unwrap()
}

/// Uses a number instead of the `jti`, if that many requests would not fit in memory. It hashes one block more.
fn by_number(keys: u32, request: &Request<Full<Bytes>>) -> VerifyLayer {
    let (pace, number) = (DONE_FOR / keys, Arc::new(AtomicU32::new(0)));
    let numbered = Arc::clone(&number);
    let memory = Memory::new(usize::MAX).clock(move || pace * number.load(Ordering::Relaxed));
    let layer = layer()
        .replay_key(move |_, _| {
            Some(ReplayKey::new([numbered.fetch_add(1, Ordering::Relaxed).to_be_bytes()]))
        })
        .replay_guard(memory)
        .unwrap();
    let mut service = layer.layer(service_fn(handle));
    for _ in 0..keys {
        let handled = pin!(service.call(request.clone())).poll(&mut Context::from_waker(Waker::noop()));
        assert!(handled.is_ready());
    }
    layer
}

fn request(number: u32) -> Request<Bytes> {
    let body = format!(r#"{{"status":"answered","text":"{}"}}"#, "a".repeat(1024));
    let jti = format!("aaaaaaaa-bbbb-cccc-dddd-{number:012}");
    let delivery =
        sign::TokenSigner::new(&secret(), NOW).claim("jti", &jti).claim("api_key", "a1b2c3d4").post(body);
    delivery.to_http("/webhook").unwrap().map(Bytes::from)
}

fn secret() -> Secret {
    Secret::new("signature-secret-of-the-account").unwrap()
}

const POOL: u32 = 2_048;

criterion_group!(benches, guard);
criterion_main!(benches);
