//! The cost of a verification here and in other libraries. `hex/N` is a body of N bytes with an HMAC-SHA256. `jwt/1024` is a
//! body of 1,024 bytes with a token that holds its hash. Every library gets the same bodies and the same key, and keeps what it
//! can between requests. It must accept the genuine request and reject one with a changed byte.
//!
//! `countersign` is a whole verification through `Arc<dyn Verifier>` on an `http::Request`. It finds the header, rejects a
//! second one, bounds its length, starts from a keyed state, compares with `subtle` and returns a proof. It compares a token's
//! usual headers encoded, without decoding.
//!
//! What each library does less or more, as read in its source (versions as in `Cargo.lock`):
//!
//! - `webhook-verify`: its GitHub provider on pairs of strings, as in its documentation. On an `http::HeaderMap` it was slower.
//!   It keeps the secret as text and keys the HMAC per request. It takes the first of repeated headers and bounds none. It
//!   decodes the hex into a `Vec` and compares with `subtle`. Its hash is the same build as ours, with our feature `zeroize`.
//! - `standardwebhooks` has its own rule: base64, with an identifier and a time signed with the body, copied into a string per
//!   request. It always reads the system's clock, so requests are signed just before the measurement. It keys the HMAC per
//!   request. It takes the first of repeated headers. Its hash is `hmac-sha256`, which does not use the processor's SHA
//!   instructions. It compares every byte of the base64 text, without a barrier to the optimiser.
//! - `svix`, with its default features, is the same code as `standardwebhooks`, with two names per header.
//! - `async-openai` takes the values of the headers. It decodes the secret and keys the HMAC per request, and hashes with
//!   `sha2` 0.10.
//! - `webhook-verify` for Twilio gets the URL and the decoded form. `form_urlencoded` decodes it within the measurement. It
//!   tries one URL, we try two.
//! - `livekit-api` keys the HMAC per token and parses the event, which we do not.
//! - `verify_strict` is only the check of `ed25519-dalek`, of a message that is built beforehand.
//! - `ring` and `aws-lc-rs` are only their functions: hex to bytes, a key built once, `verify`. Nothing looks for a header.
//!   Both compare in constant time. `aws-lc-rs` copies the key's state per message through its C interface.
//! - `jsonwebtoken` gets the token without `Bearer`. For each token it keys the HMAC behind a `Box`, decodes the header twice
//!   and reads the claims twice, ours and its own. It does not check `iat` and is not asked to check `iss`. We check both.
//! - `jwt-simple` gets the token in the same way. It keys the HMAC per token and hashes with `hmac-sha256`. It reads our claim
//!   through serde's `flatten`. It checks `iat` in our default window, and is not asked to check `iss`. It compares every byte.
//!
//! The last two do not know `payload_hash`. Their benches check it with the hash of `aws-lc-rs` and a plain `==`.
//!
//! `benches/README.md` has the other libraries' medians over that of `countersign`.

#![allow(clippy::disallowed_methods, reason = "`jsonwebtoken::decode` has its backend in this package")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::SystemTime;

use aws_lc_rs::{digest, hmac as aws_lc};
use base64::prelude::{BASE64_STANDARD, Engine};
use countersign::sign::{self, Delivery};
use countersign::sign::{SigningKey, Unsigned};
use countersign::{
    BaseUrl, LiveKit, OpenAi, Secret, StandardWebhooks, Telnyx, Twilio, UnixTime, Verifier, Vogent, vonage,
};
use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use jwt_simple::algorithms::{HS256Key, MACLike};
use jwt_simple::common::VerificationOptions;
use jwt_simple::prelude::{Duration, UnixTimeStamp};
use livekit_api::access_token::{AccessToken, TokenVerifier};
use livekit_api::webhooks::WebhookReceiver;
use ring::hmac as ring;
use serde::Deserialize;
use standardwebhooks::Webhook;
use webhook_verify::{Provider, VerifyOptions};

const NOW: u32 = 1_763_712_000;
const KEY: &str = "ZYtdTtGV3BCFN7tWmOWr1md66XsquMggr4W2cTtXtcPgfnI0Xw";
const SIGNATURE: &str = "x-elto-signature";

/// The claims that the bench checks.
#[derive(Deserialize)]
struct Claims {
    payload_hash: String,
}

fn secret() -> Secret {
    Secret::new(KEY).unwrap()
}

/// A JSON body of exactly this length.
fn body(bytes: usize) -> Vec<u8> {
    let frame = r#"{"event":"dial.transcript","text":""}"#.len();
    format!(r#"{{"event":"dial.transcript","text":"{}"}}"#, "x".repeat(bytes - frame)).into_bytes()
}

/// Measures `verify` of one library. `arrive` converts a request to the library's input, outside the measurement.
fn measure<T, R>(
    group: &mut BenchmarkGroup<'_, WallTime>,
    peer: &str,
    delivery: &Delivery,
    arrive: impl Fn(&Delivery) -> T,
    verify: impl Fn(&T) -> Option<R>,
) {
    let mut altered = delivery.body().to_vec();
    let middle = altered.len() / 2;
    altered[middle] ^= 1;
    let altered = arrive(&delivery.clone().with_body(altered));
    let genuine = arrive(delivery);
    assert!(verify(&genuine).is_some(), "{peer} rejects the genuine delivery");
    assert!(verify(&altered).is_none(), "{peer} accepts an altered body");
    group.bench_function(peer, |bencher| bencher.iter(|| verify(black_box(&genuine))));
    // Fails if a time went stale and rejections were measured.
    assert!(verify(&genuine).is_some(), "{peer} rejects the delivery it was measured with");
}

fn to_http(delivery: &Delivery) -> http::Request<Vec<u8>> {
    delivery.to_http("/webhook").unwrap()
}

fn hash(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    hex::decode_to_slice(hex, &mut bytes).ok()?;
    Some(bytes)
}

fn bodies(criterion: &mut Criterion) {
    let vogent: Arc<dyn Verifier> = Arc::new(Vogent::new(secret()));
    let github = webhook_verify::Secret::new(KEY);
    let standard = Webhook::from_bytes(KEY.into()).unwrap();
    let ring_key = ring::Key::new(ring::HMAC_SHA256, KEY.as_bytes());
    let aws_lc_key = aws_lc::Key::new(aws_lc::HMAC_SHA256, KEY.as_bytes());

    for bytes in [256, 1024, 65_536] {
        let delivery = sign::vogent(&secret(), body(bytes));
        let hex = delivery.header(SIGNATURE).unwrap();
        let bare = delivery.clone().without_header(SIGNATURE);
        let to_github = bare.clone().with_header("X-Hub-Signature-256", &format!("sha256={hex}"));
        let to_standard = signed_now(bare, &standard);
        let to_parts = |delivery: &Delivery| (hex.to_owned(), delivery.body().to_vec());

        let mut group = criterion.benchmark_group(format!("hex/{bytes}"));
        measure(&mut group, "countersign", &delivery, to_http, |request| vogent.verify(request.into()).ok());
        measure(&mut group, "webhook-verify", &to_github, to_pairs, |(headers, body)| {
            let options = VerifyOptions::default();
            webhook_verify::verify(Provider::GitHub, headers, body, &github, options).ok()
        });
        measure(&mut group, "standardwebhooks", &to_standard, to_http, |request| {
            standard.verify(request.body(), request.headers()).ok()
        });
        measure(&mut group, "ring", &delivery, to_parts, |(hex, body)| {
            ring::verify(&ring_key, body, &hash(hex)?).ok()
        });
        measure(&mut group, "aws-lc-rs", &delivery, to_parts, |(hex, body)| {
            aws_lc::verify(&aws_lc_key, body, &hash(hex)?).ok()
        });
        group.finish();
    }
}

/// Signs as Standard Webhooks, at the system's time.
fn signed_now(delivery: Delivery, webhook: &Webhook) -> Delivery {
    let id = "msg_2Lml9NyBLh7jiQ8ZkfPIyw";
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs().try_into().unwrap();
    let signature = webhook.sign(id, now, delivery.body()).unwrap();
    delivery
        .with_header(standardwebhooks::HEADER_WEBHOOK_ID, id)
        .with_header(standardwebhooks::HEADER_WEBHOOK_TIMESTAMP, &now.to_string())
        .with_header(standardwebhooks::HEADER_WEBHOOK_SIGNATURE, &signature)
}

fn tokens(criterion: &mut Criterion) {
    let now = UnixTime::from_secs(NOW.into());
    let vonage: Arc<dyn Verifier> = Arc::new(vonage::SignedWebhook::new(secret()).clock(move || now));

    let decoding_key = DecodingKey::from_secret(KEY.as_bytes());
    let mut validation = Validation::new(Algorithm::HS256);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;

    let hs256 = HS256Key::from_bytes(KEY.as_bytes());
    let options = VerificationOptions {
        artificial_time: Some(UnixTimeStamp::from_secs(NOW.into())),
        max_validity: Some(Duration::from_secs(300)),
        time_tolerance: Some(Duration::from_secs(60)),
        ..VerificationOptions::default()
    };

    let delivery = sign::TokenSigner::new(&secret(), now)
        .claim("api_key", "a1b2c3d4")
        .claim("application_id", "aaaaaaaa-bbbb-cccc-dddd-0123456789ab")
        .post(body(1024));
    let token = delivery.header("authorization").unwrap().strip_prefix("Bearer ").unwrap();
    let to_parts = |delivery: &Delivery| (token.to_owned(), delivery.body().to_vec());
    let covers = |claims: &Claims, body: &[u8]| {
        let expected = digest::digest(&digest::SHA256, body);
        hash(&claims.payload_hash).is_some_and(|given| expected.as_ref() == given)
    };

    let mut group = criterion.benchmark_group("jwt/1024");
    measure(&mut group, "countersign", &delivery, to_http, |request| vonage.verify(request.into()).ok());
    measure(&mut group, "jsonwebtoken", &delivery, to_parts, |(token, body)| {
        let token = jsonwebtoken::decode::<Claims>(token, &decoding_key, &validation).ok()?;
        covers(&token.claims, body).then_some(token)
    });
    measure(&mut group, "jwt-simple", &delivery, to_parts, |(token, body)| {
        let claims = hs256.verify_token::<Claims>(token, Some(options.clone())).ok()?;
        covers(&claims.custom, body).then_some(claims)
    });
    group.finish();
}

/// Standard Webhooks, at the system's time, which the libraries read.
fn standard_webhooks(criterion: &mut Criterion) {
    let shown = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    let secret = Secret::new(shown).unwrap();
    let ours = StandardWebhooks::new(secret.clone()).unwrap();
    let unsigned = Unsigned::json(body(1024)).id("msg_2Lml9NyBLh7jiQ8ZkfPIyw");
    let delivery = ours.sign(&secret, &unsigned).unwrap();
    let (ours, openai): (Arc<dyn Verifier>, Arc<dyn Verifier>) =
        (Arc::new(ours), Arc::new(OpenAi::new(secret).unwrap()));
    let standard = Webhook::new(shown).unwrap();
    let svix = svix::webhooks::Webhook::new(shown).unwrap();
    let [id, time, signature] = ["webhook-id", "webhook-timestamp", "webhook-signature"]
        .map(|name| delivery.header(name).unwrap().to_owned());

    let mut group = criterion.benchmark_group("standard-webhooks/1024");
    measure(&mut group, "countersign", &delivery, to_http, |request| ours.verify(request.into()).ok());
    measure(&mut group, "standardwebhooks", &delivery, to_http, |request| {
        standard.verify(request.body(), request.headers()).ok()
    });
    measure(&mut group, "svix", &delivery, to_http, |request| {
        svix.verify(request.body(), request.headers()).ok()
    });
    measure(&mut group, "countersign-openai", &delivery, to_http, |request| {
        openai.verify(request.into()).ok()
    });
    measure(&mut group, "async-openai", &delivery, to_text, |body| {
        async_openai::webhooks::Webhooks::verify_signature(body, &signature, &time, &id, shown).ok()
    });
    group.finish();
}

/// A form of Twilio with twelve parameters.
fn twilio(criterion: &mut Criterion) {
    let form = "ToCountry=US&MessageSid=SM0123456789abcdef0123456789abcdef&SmsStatus=received&NumMedia=0\
        &Body=Hello+from+Twilio%2C+is+my+appointment+tomorrow+still+on%3F&To=%2B18005551212&NumSegments=1\
        &AccountSid=AC0123456789abcdef0123456789abcdef&From=%2B14158675309&ApiVersion=2010-04-01\
        &FromCity=SAN+FRANCISCO&SmsMessageSid=SM0123456789abcdef0123456789abcdef";
    let ours = Twilio::new(BaseUrl::new("https://example.com").unwrap(), secret());
    let delivery = ours.sign(&secret(), &Unsigned::form(form).target("/webhook")).unwrap();
    let ours: Arc<dyn Verifier> = Arc::new(ours);
    let peer = webhook_verify::Secret::new(KEY);
    let mut group = criterion.benchmark_group("twilio/12");
    measure(&mut group, "countersign", &delivery, to_http, |request| ours.verify(request.into()).ok());
    measure(&mut group, "webhook-verify", &delivery, to_pairs, |(headers, body)| {
        let options = VerifyOptions::default()
            .with_request_url("https://example.com/webhook")
            .with_form_params(form_urlencoded::parse(body).into_owned());
        webhook_verify::verify(Provider::Twilio, headers, body, &peer, options).ok()
    });
    group.finish();
}

fn livekit(criterion: &mut Criterion) {
    let (key, shown) = ("myapikey", "thiskeyistotallyunsafe");
    let secret = Secret::new(shown).unwrap();
    let ours = LiveKit::new(secret.clone()).api_key(key).unwrap();
    let body = livekit_body(1024);
    let hash = BASE64_STANDARD.encode(digest::digest(&digest::SHA256, &body));
    let token = AccessToken::with_api_key(key, shown).with_sha256(&hash).to_jwt().unwrap();
    let post = sign::vogent(&secret, body).without_header(SIGNATURE);
    let delivery = post.with_header("authorization", &token);
    let ours: Arc<dyn Verifier> = Arc::new(ours);
    let peer = WebhookReceiver::new(TokenVerifier::with_api_key(key, shown));
    let mut group = criterion.benchmark_group("livekit/1024");
    measure(&mut group, "countersign", &delivery, to_http, |request| ours.verify(request.into()).ok());
    measure(&mut group, "livekit-api", &delivery, to_text, |body| peer.receive(body, &token).ok());
    group.finish();
}

/// An event of LiveKit of exactly this length, since the library parses it.
fn livekit_body(bytes: usize) -> Vec<u8> {
    let frame = r#"{"event":"room_started","id":""}"#.len();
    format!(r#"{{"event":"room_started","id":"{}"}}"#, "x".repeat(bytes - frame)).into_bytes()
}

fn telnyx(criterion: &mut Criterion) {
    let now = UnixTime::from_secs(NOW.into());
    let key = SigningKey::ed25519([7; 32]);
    let ours = Telnyx::new(key.public_key()).unwrap().clock(move || now);
    let delivery = ours.sign(key, &Unsigned::json(body(1024)).time(now)).unwrap();
    let ours: Arc<dyn Verifier> = Arc::new(ours);
    let bare = ed25519_dalek::SigningKey::from_bytes(&[7; 32]).verifying_key();
    let tag = BASE64_STANDARD.decode(delivery.header("telnyx-signature-ed25519").unwrap()).unwrap();
    let tag = ed25519_dalek::Signature::from_slice(&tag).unwrap();
    let message = |delivery: &Delivery| [format!("{NOW}|").as_bytes(), delivery.body()].concat();
    let mut group = criterion.benchmark_group("telnyx/1024");
    measure(&mut group, "countersign", &delivery, to_http, |request| ours.verify(request.into()).ok());
    measure(&mut group, "verify_strict", &delivery, message, |message| {
        bare.verify_strict(message, &tag).ok()
    });
    group.finish();
}

fn to_pairs(delivery: &Delivery) -> (Vec<(String, String)>, Vec<u8>) {
    (delivery.headers().to_vec(), delivery.body().to_vec())
}

fn to_text(delivery: &Delivery) -> String {
    String::from_utf8(delivery.body().to_vec()).unwrap()
}

criterion_group!(benches, bodies, standard_webhooks, twilio, livekit, telnyx, tokens);
criterion_main!(benches);
