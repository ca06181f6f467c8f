//! The cost of verification. `verify/N` is a whole verification through `Arc<dyn Verifier>` on an `http::Request`. `floor/N` is
//! only the keyed hashing of the same bytes with the RustCrypto crates. N is the number of bytes hashed: those of the body, or
//! of the string that the parameters sign.
//!
//! `query/N` and `json/N` have the same parameters in a query and in JSON (`verify/N` is the form). `rotation/N` is a verifier
//! with two secrets, of which the older signed. `threads/N` is N threads on one shared verifier.
//!
//! `cargo bench --bench verify`. `benches/README.md` has ratios of two medians of one run.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::format_collect,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has nothing to measure"
)]
#![allow(missing_docs, reason = "criterion's macros")]
#![allow(dead_code, reason = "cases for the other bench")]

mod cases;

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::Instant;

use cases::{Case, KEY, METHODS};
use countersign::vonage::SignatureMethod;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

const BODY_BYTES: [usize; 3] = [256, 1024, 65_536];

fn bodies(criterion: &mut Criterion) {
    for bytes in BODY_BYTES {
        for case in cases::bodies(bytes) {
            verify(criterion, &case);
            if case.name == "verify" {
                floor(criterion, &case, &keyed::<Hmac<Sha256>>());
            }
            if (case.group, case.name, bytes) == ("vogent", "verify", 1024) {
                threads(criterion, &case);
            }
        }
    }
}

fn sms(criterion: &mut Criterion) {
    for (method, group) in METHODS {
        let cases = cases::sms(method, group);
        for case in cases.iter().filter(|case| case.name != "json" || method == SignatureMethod::Sha256) {
            verify(criterion, case);
        }
        let case = &cases[0];
        match method {
            SignatureMethod::Md5 => floor(criterion, case, &keyed::<Hmac<Md5>>()),
            SignatureMethod::Sha1 => floor(criterion, case, &keyed::<Hmac<Sha1>>()),
            SignatureMethod::Sha256 => floor(criterion, case, &keyed::<Hmac<Sha256>>()),
            SignatureMethod::Sha512 => floor(criterion, case, &keyed::<Hmac<Sha512>>()),
            _ => run(criterion, case, "floor", || {
                Md5::new().chain_update(black_box(&case.message)).chain_update(KEY).finalize()
            }),
        }
    }
}

fn jwt(criterion: &mut Criterion) {
    for case in BODY_BYTES.map(cases::jwt_post).iter().chain([&cases::jwt_get()]) {
        verify(criterion, case);
        floor(criterion, case, &keyed::<Hmac<Sha256>>());
    }
}

fn platforms(criterion: &mut Criterion) {
    for bytes in BODY_BYTES {
        let case = cases::standard_webhooks(bytes);
        verify(criterion, &case);
        floor(criterion, &case, &keyed::<Hmac<Sha256>>());
    }
    let case = cases::twilio();
    verify(criterion, &case);
    floor(criterion, &case, &keyed::<Hmac<Sha1>>());
    #[cfg(feature = "ed25519")]
    telnyx(criterion);
}

/// The floor is the check of the signature over the whole message.
#[cfg(feature = "ed25519")]
fn telnyx(criterion: &mut Criterion) {
    use base64::prelude::{BASE64_STANDARD, Engine};
    use ed25519_dalek::{Signature, SigningKey};

    let case = cases::telnyx(1024);
    verify(criterion, &case);
    let key = SigningKey::from_bytes(&[7; 32]).verifying_key();
    let tag = BASE64_STANDARD.decode(case.delivery.header("telnyx-signature-ed25519").unwrap()).unwrap();
    let tag = Signature::from_slice(&tag).unwrap();
    assert!(key.verify_strict(&case.message, &tag).is_ok());
    run(criterion, &case, "floor", || key.verify_strict(black_box(&case.message), &tag));
}

fn verify(criterion: &mut Criterion, case: &Case) {
    let request = case.delivery.to_http("/webhook").unwrap();
    assert!(case.verifier.verify((&request).into()).is_ok());
    run(criterion, case, case.name, || case.verifier.verify(black_box(&request).into()));
}

fn floor<M: Mac + Clone>(criterion: &mut Criterion, case: &Case, keyed: &M) {
    run(criterion, case, "floor", || {
        let tag = keyed.clone().chain_update(black_box(&case.message)).finalize().into_bytes();
        (tag, case.hashed.as_ref().map(|hashed| Sha256::digest(black_box(hashed))))
    });
}

fn keyed<M: Mac + KeyInit>() -> M {
    KeyInit::new_from_slice(KEY.as_bytes()).unwrap()
}

fn run<R>(criterion: &mut Criterion, case: &Case, name: &str, mut routine: impl FnMut() -> R) {
    let mut group = criterion.benchmark_group(case.group);
    group.throughput(Throughput::Bytes(case.bytes as u64));
    group.bench_function(BenchmarkId::new(name, case.bytes), |bencher| bencher.iter(&mut routine));
    group.finish();
}

/// Each thread verifies the requests of an iteration.
fn threads(criterion: &mut Criterion, case: &Case) {
    let mut group = criterion.benchmark_group(case.group);
    for count in [1, 2] {
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::new("threads", count), |bencher| {
            bencher.iter_custom(|iterations| {
                let ready = Barrier::new(count + 1);
                let run = || {
                    let request = case.delivery.to_http("/webhook").unwrap();
                    ready.wait();
                    for _ in 0..iterations {
                        let _ = black_box(case.verifier.verify(black_box(&request).into()));
                    }
                };
                thread::scope(|scope| {
                    let threads: Vec<_> = (0..count).map(|_| scope.spawn(run)).collect();
                    ready.wait();
                    let start = Instant::now();
                    for thread in threads {
                        thread.join().unwrap();
                    }
                    start.elapsed()
                })
            });
        });
    }
    group.finish();
}

criterion_group!(benches, bodies, platforms, sms, jwt);
criterion_main!(benches);
