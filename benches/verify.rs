//! What verifying costs: `verify/N` is a whole verification through `Arc<dyn Verifier>` on an `http::Request`, `floor/N`
//! is the keyed hashing of the same bytes with the RustCrypto crates and nothing else. N counts the bytes hashed: the
//! body's, or those of the string the parameters sign.
//!
//! Beside them, in the groups where there is another way to arrive: `query/N` and `json/N` are the same parameters in a
//! query and in JSON (`verify/N` is the form), `rotation/N` is a verifier of two secrets of which the older one signed,
//! `threads/N` is N threads at once on one shared verifier, each with its own deliveries.
//!
//! `cargo bench --bench verify`; claims are ratios of two medians in one run, as `.ci/ratios` prints them.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::format_collect,
    clippy::unwrap_used,
    reason = "a bench that cannot be set up has nothing to measure"
)]
#![allow(missing_docs, reason = "criterion's macros")]

use std::hint::black_box;
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Instant;

use countersign::sign::{self, Delivery};
use countersign::vonage::{self, Method};
use countersign::{Keyring, Secret, UnixTime, Verifier, Vogent, Voxagent};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

const NOW: UnixTime = UnixTime::from_secs(1_763_712_000);
const KEY: &str = "ZYtdTtGV3BCFN7tWmOWr1md66XsquMggr4W2cTtXtcPgfnI0Xw";
const BODY_BYTES: [usize; 3] = [256, 1024, 65_536];

/// A realistic inbound SMS: ten parameters with `sig`.
const INBOUND_SMS: [(&str, &str); 9] = [
    ("msisdn", "447700900001"),
    ("to", "447700900000"),
    ("messageId", "0A0000000123ABCD1"),
    ("text", "Hello from Vonage, is my appointment tomorrow still on?"),
    ("type", "text"),
    ("keyword", "HELLO"),
    ("message-timestamp", "2025-11-21 08:00:00"),
    ("timestamp", "1763712000"),
    ("nonce", "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"),
];
const ANSWER_QUERY: &str = "to=19432445023&endpoint_type=phone&from=12016131021&conversation_uuid=\
    CON-59d439b9-3e75-4f7d-a5c9-8030aee26ac4&uuid=aade2718c73eada70cfd2096847a1d52&region_url=https%3A%2F%2F\
    api-us-3.vonage.com";

fn secret() -> Secret {
    Secret::new(KEY).unwrap()
}

/// A JSON body of exactly so many bytes.
fn body(bytes: usize) -> Vec<u8> {
    let frame = r#"{"event":"dial.transcript","text":""}"#.len();
    format!(r#"{{"event":"dial.transcript","text":"{}"}}"#, "x".repeat(bytes - frame)).into_bytes()
}

fn verify(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    bytes: usize,
    verifier: &Arc<dyn Verifier>,
    delivery: &Delivery,
) {
    let request = delivery.to_http("/webhook").unwrap();
    assert!(verifier.verify((&request).into()).is_ok());
    group.throughput(Throughput::Bytes(bytes as u64));
    group.bench_function(BenchmarkId::new(name, bytes), |bencher| {
        bencher.iter(|| verifier.verify(black_box(&request).into()));
    });
}

/// Each of so many threads verifies the deliveries of an iteration.
fn threads(group: &mut BenchmarkGroup<'_, WallTime>, verifier: &Arc<dyn Verifier>, delivery: &Delivery) {
    for count in [1, 2] {
        group.throughput(Throughput::Elements(count as u64));
        group.bench_function(BenchmarkId::new("threads", count), |bencher| {
            bencher.iter_custom(|iterations| {
                let ready = Barrier::new(count + 1);
                let run = || {
                    let request = delivery.to_http("/webhook").unwrap();
                    ready.wait();
                    for _ in 0..iterations {
                        let _ = black_box(verifier.verify(black_box(&request).into()));
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
}

fn floor<R>(group: &mut BenchmarkGroup<'_, WallTime>, bytes: usize, mut hash: impl FnMut() -> R) {
    group.bench_function(BenchmarkId::new("floor", bytes), |bencher| bencher.iter(&mut hash));
}

fn hmac<M: Mac + Clone>(keyed: &M, message: &[u8]) -> hmac::digest::Output<M> {
    keyed.clone().chain_update(black_box(message)).finalize().into_bytes()
}

fn bodies(criterion: &mut Criterion) {
    let keyed = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
    let vogent = Arc::new(Vogent::new(secret()));
    let rotated = Keyring::new([Secret::new("the newer of the two secrets").unwrap(), secret()]).unwrap();
    let rotated: Arc<dyn Verifier> = Arc::new(Vogent::new(rotated));
    let voxagent = Arc::new(Voxagent::new("X-Webhook-Signature", secret()).unwrap());
    for name in ["vogent", "voxagent"] {
        let mut group = criterion.benchmark_group(name);
        for bytes in BODY_BYTES {
            let body = body(bytes);
            let (verifier, delivery): (Arc<dyn Verifier>, _) = match name {
                "vogent" => (vogent.clone(), sign::vogent(&secret(), &*body)),
                _ => (voxagent.clone(), sign::voxagent("X-Webhook-Signature", &secret(), &*body)),
            };
            verify(&mut group, "verify", bytes, &verifier, &delivery);
            floor(&mut group, bytes, || hmac(&keyed, &body));
            if name == "vogent" {
                verify(&mut group, "rotation", bytes, &rotated, &delivery);
            }
            if (name, bytes) == ("vogent", 1024) {
                threads(&mut group, &verifier, &delivery);
            }
        }
        group.finish();
    }
}

fn sms(criterion: &mut Criterion) {
    let mut sorted = INBOUND_SMS;
    sorted.sort_unstable();
    let string: String = sorted.iter().map(|(name, value)| format!("&{name}={value}")).collect();
    let message = string.as_bytes();

    let group = |criterion: &mut Criterion, name: &str, method, floor_of: &mut dyn FnMut()| {
        let mut group = criterion.benchmark_group(name);
        let signer = || {
            INBOUND_SMS
                .iter()
                .fold(sign::Sms::new(method, &secret()), |signer, (name, value)| signer.param(name, value))
        };
        let verifier: Arc<dyn Verifier> = Arc::new(vonage::Sms::new(method, secret()));
        verify(&mut group, "verify", message.len(), &verifier, &signer().form());
        verify(&mut group, "query", message.len(), &verifier, &signer().query());
        if method == Method::Sha256 {
            verify(&mut group, "json", message.len(), &verifier, &signer().json());
        }
        floor(&mut group, message.len(), floor_of);
        group.finish();
    };
    group(criterion, "vonage-sms-md5hash", Method::Md5Hash, &mut || {
        black_box(Md5::new().chain_update(black_box(message)).chain_update(KEY).finalize());
    });
    let keyed = Hmac::<Md5>::new_from_slice(KEY.as_bytes()).unwrap();
    group(criterion, "vonage-sms-md5", Method::Md5, &mut || _ = black_box(hmac(&keyed, message)));
    let keyed = Hmac::<Sha1>::new_from_slice(KEY.as_bytes()).unwrap();
    group(criterion, "vonage-sms-sha1", Method::Sha1, &mut || _ = black_box(hmac(&keyed, message)));
    let keyed = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
    group(criterion, "vonage-sms-sha256", Method::Sha256, &mut || _ = black_box(hmac(&keyed, message)));
    let keyed = Hmac::<Sha512>::new_from_slice(KEY.as_bytes()).unwrap();
    group(criterion, "vonage-sms-sha512", Method::Sha512, &mut || _ = black_box(hmac(&keyed, message)));
}

fn jwt(criterion: &mut Criterion) {
    let keyed = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
    let verifier: Arc<dyn Verifier> = Arc::new(vonage::SignedWebhook::new(secret()).clock(|| NOW));
    let signer = || {
        sign::SignedWebhook::new(&secret(), NOW)
            .claim("api_key", "a1b2c3d4")
            .claim("application_id", "aaaaaaaa-bbbb-cccc-dddd-0123456789ab")
    };
    // The floor hashes what the token signs and what it was signed for.
    let signing_input = |delivery: &Delivery| {
        let token = delivery.header("authorization").unwrap().strip_prefix("Bearer ").unwrap();
        token.rsplit_once('.').unwrap().0.as_bytes().to_vec()
    };

    let mut group = criterion.benchmark_group("vonage-jwt-post");
    for bytes in BODY_BYTES {
        let body = body(bytes);
        let delivery = signer().post(&*body);
        let signing_input = signing_input(&delivery);
        verify(&mut group, "verify", bytes, &verifier, &delivery);
        floor(&mut group, bytes, || (hmac(&keyed, &signing_input), Sha256::digest(black_box(&body))));
    }
    group.finish();

    let mut group = criterion.benchmark_group("vonage-jwt-get");
    let delivery = signer().get(ANSWER_QUERY);
    let signing_input = signing_input(&delivery);
    let pairs: Vec<_> =
        ANSWER_QUERY.split('&').map(|pair| pair.replace("%3A", ":").replace("%2F", "/")).collect();
    let members: Vec<_> =
        pairs.iter().map(|pair| format!("\"{}\"", pair.replacen('=', "\":\"", 1))).collect();
    let object = format!("{{{}}}", members.join(","));
    verify(&mut group, "verify", object.len(), &verifier, &delivery);
    floor(&mut group, object.len(), || (hmac(&keyed, &signing_input), Sha256::digest(black_box(&object))));
    group.finish();
}

criterion_group!(benches, bodies, sms, jwt);
criterion_main!(benches);
