//! draft

#![allow(clippy::disallowed_methods, reason = "this package chooses jsonwebtoken's backend")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::SystemTime;

use aws_lc_rs::digest;
use countersign::sign::{self, Delivery};
use countersign::{Secret, UnixTime, Verifier, Vogent, vonage};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use jwt_simple::algorithms::{HS256Key, MACLike};
use jwt_simple::common::VerificationOptions;
use jwt_simple::prelude::{Duration, UnixTimeStamp};
use serde::{Deserialize, Serialize};
use standardwebhooks::Webhook;
use webhook_verify::{Provider, VerifyOptions};

const NOW: UnixTime = UnixTime::from_secs(1_763_712_000);
const KEY: &str = "ZYtdTtGV3BCFN7tWmOWr1md66XsquMggr4W2cTtXtcPgfnI0Xw";

fn secret() -> Secret {
    Secret::new(KEY).unwrap()
}

/// A JSON body of exactly so many bytes.
fn body(bytes: usize) -> Vec<u8> {
    let frame = r#"{"event":"dial.transcript","text":""}"#.len();
    format!(r#"{{"event":"dial.transcript","text":"{}"}}"#, "x".repeat(bytes - frame)).into_bytes()
}

/// Measures one peer: `arrive` makes of a delivery what the peer takes, before the clock runs; `verify` is measured.
fn measure<T, R>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    name: &str,
    delivery: &Delivery,
    arrive: impl Fn(&Delivery) -> T,
    verify: impl Fn(&T) -> Option<R>,
) {
    let mut altered = delivery.body().to_vec();
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    let altered = arrive(&delivery.clone().with_body(altered));
    let genuine = arrive(delivery);
    assert!(verify(&genuine).is_some(), "{name} refuses the genuine delivery");
    assert!(verify(&altered).is_none(), "{name} accepts an altered body");
    group.bench_function(name, |bencher| bencher.iter(|| verify(black_box(&genuine))));
    assert!(verify(&genuine).is_some(), "{name} came to refuse the delivery while it was measured");
}

fn hex(criterion: &mut Criterion) {
    let vogent: Arc<dyn Verifier> = Arc::new(Vogent::new(secret()));
    let webhook_verify_secret = webhook_verify::Secret::new(KEY);
    let webhook = Webhook::from_bytes(KEY.into()).unwrap();
    let ring_key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, KEY.as_bytes());
    let aws_key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, KEY.as_bytes());

    for bytes in [256, 1024, 65_536] {
        let delivery = sign::vogent(&secret(), body(bytes));
        let mut group = criterion.benchmark_group(format!("hex/{bytes}"));
        group.throughput(Throughput::Bytes(bytes as u64));
        let to_http = |delivery: &Delivery| delivery.to_http("/webhook").unwrap();
        let to_parts = |delivery: &Delivery| (delivery.header(SIGNATURE).unwrap().to_owned(), delivery.body().to_vec());

        measure(&mut group, "countersign", &delivery, to_http, |request| vogent.verify(request.into()).ok());

        let github = format!("sha256={}", delivery.header(SIGNATURE).unwrap());
        let hub = delivery.clone().without_header(SIGNATURE).with_header("X-Hub-Signature-256", &github);
        measure(&mut group, "webhook-verify", &hub, to_http, |request| {
            let (headers, body) = (request.headers(), request.body());
            webhook_verify::verify(Provider::GitHub, headers, body, &webhook_verify_secret, VerifyOptions::default()).ok()
        });
        measure(&mut group, "webhook-verify-vec", &hub, |d| (d.headers().to_vec(), d.body().to_vec()), |(headers, body)| {
            webhook_verify::verify(Provider::GitHub, headers, body, &webhook_verify_secret, VerifyOptions::default()).ok()
        });

        let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
        let signature = webhook.sign("msg_1", now as i64, delivery.body()).unwrap();
        let standard = delivery.clone().without_header(SIGNATURE)
            .with_header("webhook-id", "msg_1")
            .with_header("webhook-timestamp", &now.to_string())
            .with_header("webhook-signature", &signature);
        measure(&mut group, "standardwebhooks", &standard, to_http, |request| {
            webhook.verify(request.body(), request.headers()).ok()
        });

        measure(&mut group, "ring", &delivery, to_parts, |(signature, body)| {
            let mut tag = [0; 32];
            hex::decode_to_slice(signature, &mut tag).ok()?;
            ring::hmac::verify(&ring_key, body, &tag).ok()
        });
        measure(&mut group, "aws-lc-rs", &delivery, to_parts, |(signature, body)| {
            let mut tag = [0; 32];
            hex::decode_to_slice(signature, &mut tag).ok()?;
            aws_lc_rs::hmac::verify(&aws_key, body, &tag).ok()
        });
        group.finish();
    }
}

#[derive(Serialize, Deserialize)]
struct Claims {
    payload_hash: String,
}

fn covers(payload_hash: &str, body: &[u8]) -> Option<()> {
    let mut hash = [0; 32];
    hex::decode_to_slice(payload_hash, &mut hash).ok()?;
    (digest::digest(&digest::SHA256, body).as_ref() == hash).then_some(())
}

fn jwt(criterion: &mut Criterion) {
    let webhook: Arc<dyn Verifier> = Arc::new(vonage::SignedWebhook::new(secret()).clock(|| NOW));
    let decoding_key = DecodingKey::from_secret(KEY.as_bytes());
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    let hs256 = HS256Key::from_bytes(KEY.as_bytes());
    let options = VerificationOptions {
        artificial_time: Some(UnixTimeStamp::from_secs(1_763_712_000)),
        time_tolerance: Some(Duration::from_secs(60)),
        max_validity: Some(Duration::from_secs(300)),
        ..VerificationOptions::default()
    };
    let bytes = 1024;
    let delivery = sign::SignedWebhook::new(&secret(), NOW)
        .claim("api_key", "a1b2c3d4")
        .claim("application_id", "aaaaaaaa-bbbb-cccc-dddd-0123456789ab")
        .post(body(bytes));
    let to_parts = |delivery: &Delivery| {
        let token = delivery.header("authorization").unwrap().strip_prefix("Bearer ").unwrap();
        (token.to_owned(), delivery.body().to_vec())
    };
    let mut group = criterion.benchmark_group("jwt/1024");
    group.throughput(Throughput::Bytes(bytes as u64));
    measure(&mut group, "countersign", &delivery, |delivery| delivery.to_http("/webhook").unwrap(), |request| {
        webhook.verify(request.into()).ok()
    });
    measure(&mut group, "jsonwebtoken", &delivery, to_parts, |(token, body)| {
        let token = jsonwebtoken::decode::<Claims>(token, &decoding_key, &validation).ok()?;
        covers(&token.claims.payload_hash, body)?;
        Some(token)
    });
    measure(&mut group, "jwt-simple", &delivery, to_parts, |(token, body)| {
        let claims = hs256.verify_token::<Claims>(token, Some(options.clone())).ok()?;
        covers(&claims.custom.payload_hash, body)?;
        Some(claims)
    });
    group.finish();
}

const SIGNATURE: &str = "x-elto-signature";

criterion_group!(benches, hex, jwt);
criterion_main!(benches);
