//! Attack 165: no public function panics for any duration, time, size or text, inside and outside a runtime.

use std::collections::HashMap;
use std::future::{Future, ready};
use std::io;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use countersign::replay::{Claim, Lease, Memory, ReplayGuard, SavedResponse};
use countersign::rule::{Encoding, Envelope, Hash, Profile, Rule};
use countersign::schemes::{Scheme, Window};
use countersign::sign::{self, Delivery, Draft, Sign, Unsigned};
use countersign::tower::{
    EmptyRejection, OnDuplicate, OnRejection, ResponseMemory, TenantLookup, VerifiedBody, Verify, VerifyLayer,
};
use countersign::vapi::VapiRule;
use countersign::vonage::{ContactCenter, SignatureMethod, SignedWebhook, Sms};
use countersign::{
    Algorithm, BaseUrl, Clock, Coverage, Daily, Error, ErrorKind, Evidence, Head, HeaderLookup, HeaderName,
    Headers, HexHmac, KeyId, Keyring, Keys, PlivoV2, PlivoV3, ReplayKey, Replays, Secret, StandardWebhooks,
    SystemClock, Tenants, Tolerance, Twilio, UnixTime, Vapi, Verified, Verifier, Vogent, Webhook, Zoom,
};
use http::{Request, Response, StatusCode};
use serde::Deserialize;
use tower::{Layer, Service, service_fn};

use crate::guards::Guard;
use crate::world::{
    Anything, BODY, NOW, answer, http, rejected, secret, sms, token, vogent, vogent_delivery, webhook,
};

const SECOND: Duration = Duration::from_secs(1);
/// The seconds of the largest duration that `moka` accepts.
const MILLENNIUM: u64 = 1000 * 365 * 24 * 3600;

fn durations() -> Vec<Duration> {
    let nanos = [0, 1, 1_000_000, 999_999_999].map(Duration::from_nanos);
    let seconds =
        [1, 300, MILLENNIUM, MILLENNIUM + 1, u64::MAX / 1000 + 1, i64::MAX.unsigned_abs(), u64::MAX];
    [&nanos[..], &seconds.map(Duration::from_secs), &[Duration::MAX]].concat()
}

fn times() -> [UnixTime; 9] {
    [i64::MIN, i64::MIN + 1, -1, 0, 1, NOW.as_secs(), 253_402_300_800, i64::MAX - 1, i64::MAX]
        .map(UnixTime::from_secs)
}

const SIZES: [usize; 6] = [0, 1, 2, usize::MAX / 2, usize::MAX - 1, usize::MAX];

const TEXTS: [&str; 27] = [
    "", " ", "\0", "\n", "=", "&", "%", "%zz", "é", "\u{feff}", ".", "..", "a.b.c", "Bearer", "Bearer ", "{",
    "{}", "null", "-", "1e999", "http://", "redis://", "/", "?", "#", "a=b&a=b", "\"",
];

/// Longer than every limit of headers and of their names, or at the end of a range.
fn long_texts() -> [String; 5] {
    let [a, ampersand, umlaut] = ["a", "&", "é"].map(|piece| piece.repeat(70_000));
    [a, ampersand, umlaut, "\u{10ffff}".to_owned(), "9".repeat(20)]
}

fn all_texts() -> Vec<String> {
    TEXTS.map(str::to_owned).into_iter().chain(long_texts()).collect()
}

/// Polls a future without a runtime until it is ready or waits.
fn poll<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    (0..100).find_map(|_| match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => Some(output),
        Poll::Pending => None,
    })
}

#[test]
fn no_time_or_duration_panics() {
    let mut tolerances = vec![];
    for past in durations() {
        for future in durations() {
            let (new, either_way) = (Tolerance::new(past, future), Tolerance::either_way(past));
            assert_eq!(either_way.is_err(), past > Duration::ZERO && past < SECOND);
            tolerances.extend([new, either_way].into_iter().flatten());
        }
    }
    tolerances.dedup();
    for tolerance in &tolerances {
        for (now, signed_at) in times().into_iter().flat_map(|now| times().map(|at| (now, at))) {
            let _ = (tolerance.past(), tolerance.future(), now.as_secs(), now.to_string());
            // Compares with wider arithmetic.
            let distance = i128::from(signed_at.as_secs()) - i128::from(now.as_secs());
            let tolerated = -i128::from(tolerance.past().as_secs()) <= distance
                && distance <= i128::from(tolerance.future().as_secs());
            assert_eq!(tolerance.check(now, signed_at).is_ok(), tolerated);
        }
    }
    for (now, until) in times().into_iter().flat_map(|now| times().map(|until| (now, until))) {
        println!("a scheme valid at {now} until {until}");
        let own = Anything(Replays::Ever, Some((now, until)));
        let proof = own.verify(countersign::Request::new(Head::new("POST", &text_headers("")), b""));
        assert_eq!(proof.unwrap().valid_until(), Some(until));
        let layer = VerifyLayer::new(own).replay_guard(Memory::new(1)).unwrap();
        assert_eq!(serve(&layer, &vogent_delivery()), None);
    }
    let _ = SystemClock.now();
}

/// Calls every method of a proof or an error.
fn look_at(verdict: Result<Verified, Error>) {
    match verdict {
        Ok(proof) => {
            let (key, replay_key) = (proof.key(), proof.replay_key());
            let _ = (key.index(), key.is_newest(), replay_key.map(|key| key.as_bytes().len()));
            let _ = (proof.coverage().as_str(), proof.signed_at(), proof.valid_until(), proof.tenant());
            let _ = format!("{proof:?}");
            if let Some(parameters) = proof.parameters() {
                let all = parameters.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>();
                let _ = (all, parameters.len(), parameters.is_empty(), parameters.get("text"));
                let _ = parameters.deserialize::<HashMap<String, String>>();
                let _ = parameters.deserialize::<HashMap<&str, f64>>();
                let _ = parameters.deserialize::<(u8,)>().map_err(|error| (error.field(), error.to_string()));
                let read: Result<Numbers, _> = parameters.deserialize();
                let _ = read.map_err(|error| (error.field(), error.to_string()));
            }
            if let Some(claims) = proof.claims() {
                let _ = (claims.issued_at(), claims.expires_at(), claims.not_before(), claims.id());
                let _ = (claims.issuer(), claims.text("api_key"), claims.text(""));
            }
        }
        Err(error) => {
            let (kind, _) = (error.kind(), error.to_string());
            let _ = (kind.code(), kind.status(), kind.is_retryable());
            let _ = (error.code(), error.status(), error.status_code(), error.is_retryable());
            let caused = error.clone().caused_by(io::Error::other("x")).caused_by(error.clone());
            assert_eq!((error.retry_after(), &caused), (caused.retry_after(), &error));
        }
    }
}

/// Types that parameters cannot become.
#[derive(Deserialize)]
#[expect(dead_code, reason = "only read")]
struct Numbers {
    msisdn: u8,
    text: Option<i128>,
    timestamp: bool,
}

#[test]
fn no_size_panics() {
    for size in SIZES {
        let md5 = SignatureMethod::Md5Hash;
        let cases: [(Box<dyn Verifier>, _); 3] = [
            (Box::new(vogent().max_body(size)), vogent_delivery()),
            (
                Box::new(Sms::new(md5, secret()).max_body(size)),
                sign::SmsSigner::new(md5, &secret()).param("text", "hello").form(),
            ),
            (Box::new(webhook().max_body(size)), token().post(BODY)),
        ];
        for (verifier, delivery) in cases {
            println!("max_body {size} of {}", verifier.scheme());
            let right = if size > 2 { Ok(()) } else { Err(ErrorKind::BodyTooLarge) };
            let verdict = verifier.verify(delivery.request());
            assert_eq!(verdict.as_ref().map(drop).map_err(Error::kind), right);
            look_at(verdict);
            let mut verification = verifier.begin(delivery.head()).unwrap().limit(size).and_then(Ok);
            let _ = verification.keeps_body();
            let taken = verification.update(delivery.body());
            assert_eq!(taken.map_err(|error| error.kind()), right);
            look_at(verification.finish());
        }
        println!("VerifyLayer::max_body {size}");
        serve(&VerifyLayer::new(vogent()).max_body(size), &vogent_delivery());
        let layer = VerifyLayer::new(vogent()).replay_key_of_body().replay_guard(Memory::new(1)).unwrap();
        let layer = layer.remember_responses(size).finish_when_client_leaves();
        for _ in 0..2 {
            assert_eq!(serve(&layer, &vogent_delivery()), None);
        }
        println!("KeyId {size}");
        let id = KeyId::new(u32::try_from(size).unwrap_or(u32::MAX));
        let _ = (id.index(), id.is_newest(), id.to_string(), Evidence::new(id, Coverage::Body));
    }
}

/// Serves one request outside a runtime, without waiting.
fn serve<D, M>(layer: &VerifyLayer<EmptyRejection, D, M>, delivery: &Delivery) -> Option<ErrorKind>
where
    D: OnDuplicate<String> + Clone + Send + 'static,
    M: ResponseMemory<String> + Clone + 'static,
{
    let inner = service_fn(|request: Request<VerifiedBody>| {
        let _ = request.body().bytes().len();
        ready(answer(StatusCode::OK))
    });
    let response = poll(layer.layer(inner).call(http(delivery))).expect("nobody is waited for").unwrap();
    let error = response.extensions().get::<Error>().cloned();
    look_at(Err(error.clone().unwrap_or_else(|| ErrorKind::BodyMissing.into())));
    error.map(|error| error.kind())
}

#[test]
fn no_guard_panics() {
    for capacity in SIZES {
        for ttl in durations() {
            println!("Memory::new({capacity}) for {ttl:?}");
            let guard = Memory::new(capacity);
            let saved = SavedResponse::new(200, Some("text/plain"), *b"saved").unwrap();
            for (key, response) in ["", "a", "a"].into_iter().zip([None, Some(&saved), None]) {
                let key = ReplayKey::new([key]);
                let claimed = poll(guard.claim(&key, ttl)).unwrap();
                assert!(capacity > 0 || claimed.is_err());
                if let Ok(Claim::Leased(lease)) = claimed {
                    let _ = (lease.key().as_bytes(), lease.token());
                    poll(guard.renew(&lease, ttl)).unwrap().unwrap();
                    poll(guard.complete(&lease, ttl, response)).unwrap().unwrap();
                    poll(guard.release(&lease)).unwrap().unwrap();
                }
            }
            poll(guard.release(&Lease::new(ReplayKey::new(["b"])))).unwrap().unwrap();
            let _ = format!("{guard:?}");
        }
    }
    for remaining in durations() {
        println!("a lease of which {remaining:?} is left");
        let guard = Guard::claim(Ok(Claim::InProgress { remaining }));
        let layer = VerifyLayer::new(vogent()).replay_key_of_body().replay_guard(guard).unwrap();
        let layer = layer.on_duplicate(StatusCode::CONFLICT).finish_when_client_leaves();
        assert_eq!(serve(&layer, &vogent_delivery()), Some(ErrorKind::ReplayInProgress));
    }
    for ttl in durations() {
        let verifiers: [Box<dyn Verifier>; 4] = [
            Box::new(vogent()),
            Box::new(Sms::new(SignatureMethod::Sha1, secret())),
            Box::new(SignedWebhook::new(secret()).tolerance(Tolerance::either_way(Duration::MAX).unwrap())),
            Box::new(webhook()),
        ];
        for verifier in verifiers {
            println!("replay_guard for {ttl:?}");
            let (replays, _) = (verifier.replays(), verifier.retry_period());
            let layer = VerifyLayer::new(verifier).replay_guard(Memory::new(usize::MAX));
            match layer.and_then(|layer| layer.lease(ttl)).and_then(|layer| layer.done_for(ttl)) {
                Ok(layer) => drop(serve(&layer, &token().post(BODY))),
                Err(_) => assert!(ttl < SECOND || replays == Replays::Undetectable),
            }
        }
    }
}

#[test]
fn no_tenant_lookup_panics() {
    let lookup = || {
        let store = |_| ready(Ok::<_, io::Error>(Some(Keyring::from(secret()))));
        TenantLookup::by_head(SignedWebhook::untrusted_api_key, store, |tenants| {
            SignedWebhook::tenants(tenants).clock(|| NOW)
        })
        .unwrap()
    };
    let delivery = token().claim("api_key", "a").post(BODY);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    for (duration, count) in
        durations().into_iter().flat_map(|duration| [0, 1, u64::MAX].map(|count| (duration, count)))
    {
        println!("TenantLookup of {count} for {duration:?}");
        let settings = [
            lookup().cache_known(count, duration),
            lookup().cache_unknown(count, duration),
            lookup().cache_known(count, duration).renew_after(duration),
            lookup().cache_known(count, Duration::MAX).renew_after(Duration::ZERO),
            lookup().timeout(duration).max_queries(usize::try_from(count).unwrap()),
            lookup().cache_known(count, duration).cache_unknown(count, duration).timeout(duration),
        ];
        for layer in settings.map(VerifyLayer::tenants) {
            let outside = serve(&layer, &delivery);
            assert_eq!(outside, Some(ErrorKind::TenantStoreUnavailable), "outside a runtime");
            runtime.block_on(async {
                let mut service = layer.layer(service_fn(|_| ready(answer(StatusCode::OK))));
                for _ in 0..3 {
                    let kind = rejected(&mut service, http(&delivery)).await;
                    assert!(kind.is_none_or(|kind| kind == ErrorKind::TenantStoreTimeout), "{kind:?}");
                }
            });
            // Cached accounts are served or rejected outside a runtime too.
            serve(&layer, &delivery);
        }
    }
    let store = |_| ready(Ok::<_, io::Error>(None));
    println!("TenantLookup::by_rule");
    let lookup = TenantLookup::by_rule(store, |tenants| {
        Ok(Twilio::tenants(BaseUrl::new("https://example.com")?, tenants))
    });
    serve(&VerifyLayer::tenants(lookup.unwrap()), &sign::vogent(&secret(), "AccountSid=a"));
    println!("TenantLookup::by_request");
    let lookup = TenantLookup::by_request(Sms::untrusted_api_key, store, |tenants| {
        Sms::tenants(SignatureMethod::Md5, tenants)
    });
    serve(
        &VerifyLayer::tenants(lookup.unwrap()),
        &sign::SmsSigner::new(SignatureMethod::Md5, &secret()).param("api-key", "a").json(),
    );
}

#[test]
fn no_text_panics() {
    for text in all_texts() {
        println!("configured with {text:.20}");
        configure(&text);
        println!("a rule with {text:.20}");
        rules(&text);
    }
    for (text, other) in TEXTS.iter().zip(TEXTS.iter().cycle().skip(1)) {
        println!("signed and verified with {text:?} and {other:?}");
        exchange(text, other);
    }
    for (text, other) in long_texts().iter().zip(TEXTS) {
        println!("signed and verified with a long text and {other:?}");
        exchange(text, other);
    }
    let mut service = Verify::new((), Vogent::new(secret()));
    let _ = (*service.get_mut(), *service.get_ref(), service.into_inner());
    for kind in ErrorKind::ALL {
        let error = Error::new(*kind);
        let response: Response<String> = EmptyRejection.reject(&error);
        assert_eq!(response.status().as_u16(), error.status());
        look_at(Err(error));
    }
}

/// Every constructor and setter with a text argument.
fn configure(text: &str) {
    let secrets = [Secret::new(text), Secret::verbatim(text), Secret::from_base64(text)];
    for secret in secrets.into_iter().flatten() {
        let _ = secret.fingerprint();
        let keyring = Keyring::new([secret.clone(), secret.clone()]).unwrap();
        for algorithm in Algorithm::ALL {
            let _ = (algorithm.as_str(), HexHmac::with_algorithm(text, *algorithm, keyring.clone()));
            let _ = Vogent::with_algorithm(*algorithm, keyring.clone()).header(text);
        }
        let _ = (HexHmac::new(text, keyring.clone()), Tenants::new([(text, secret.clone())]));
        let _ = (ContactCenter::new(keyring.clone()), sign::ContactCenterSigner::new(&secret, NOW));
        for method in SignatureMethod::ALL {
            let _ = (method.as_str(), Sms::new(*method, keyring.clone()));
        }
    }
    let methods = [text, "POST"];
    let _ = HexHmac::new("x-hex", secret()).unwrap().methods(methods);
    let _ = Vogent::new(secret()).methods(methods);
    let _ = SignedWebhook::new(secret()).methods(methods).map(SignedWebhook::retry_unsigned);
    for content_type in [None, Some(text)] {
        if let Some(saved) = SavedResponse::new(299, content_type, text) {
            let _ = (saved.status(), saved.content_type(), saved.body().len());
            assert_eq!(SavedResponse::from_bytes(&saved.to_bytes()), Some(saved));
        }
    }
    let _ = SavedResponse::from_bytes(text.as_bytes());
    let _ = (text.parse::<Algorithm>(), text.parse::<SignatureMethod>(), Keyring::new([]));
    let webhook = || SignedWebhook::new(secret()).insecure_accept_unhashed_body();
    let _ = (webhook().header(text), webhook().api_key(text), webhook().application_id(text));
    let contact_center = || ContactCenter::new(Secret::new("c2VjcmV0").unwrap()).unwrap();
    let _ = (contact_center().header(text), contact_center().accept_any_issuer());
    let _ = (webhook().insecure_accept_any_age(), contact_center().insecure_accept_any_age());
    let _ = Vogent::new(secret()).header(text);
    let _ = (Secret::from_env(text).is_ok(), Keyring::from_env(text).is_ok(), UnixTime::now());
    if let Ok(name) = HeaderName::new(text) {
        assert_eq!(vec![(name.as_str(), "1")].lookup(&name), HeaderLookup::One(b"1"));
    }
    let _ = ReplayKey::new([text]).as_bytes().len();
    let _ = VerifyLayer::new(webhook()).on_rejection(|_: &Error| Response::new(text.len()));
    let _ = VerifyLayer::new(webhook()).sender(text);
    #[cfg(feature = "replay-redis")]
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
        use countersign::replay::Redis;

        let _ = Redis::connect(text);
        #[cfg(feature = "replay-redis-sentinel")]
        let _ = (
            Redis::sentinel(&[text], text),
            Redis::sentinel(&[], text),
            Redis::sentinel(&["redis://a"], text),
        );
        #[cfg(feature = "replay-redis-cluster")]
        let _ = (Redis::cluster(&[text]), Redis::cluster(&[]), Redis::cluster(&["redis://a", text]));
    });
}

/// A rule that calls every method of a rule's arguments, with this text and number.
#[derive(Debug)]
struct Everything {
    name: HeaderName,
    text: String,
    number: u64,
}

static SIGNATURE: HeaderName = HeaderName::from_static("x-signature");

impl Rule for Everything {
    fn profile(&self) -> Profile {
        let profile = Profile::new("everything").window(self.number, self.number).methods(&["POST", ""]);
        let profile = profile.body_limit(usize::MAX).retry_period(Duration::MAX);
        if self.number.is_multiple_of(2) { profile.window_required().identified().url() } else { profile }
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let text = &*self.text;
        let separator = text.bytes().next().unwrap_or_default();
        let _ = (head.time(&self.name).is_ok(), head.signed(&self.name).is_ok(), head.is_form());
        let _ = (head.target().len(), head.url().len(), head.base_url().map(BaseUrl::port));
        let _ = (head.query_param(text), head.query_param(""), head.query_sha256(text));
        let _ = head.path().len();
        let field = head.signature(&SIGNATURE)?;
        let _ = (field.text(), field.after(text), field.one(text), field.without(separator).is_ok());
        let _ = (
            field.seconds(),
            field.millis(),
            field.iso8601(),
            field.reject(ErrorKind::HeaderMalformed).to_string(),
        );
        let _ = field.after_word(text);
        let (before, after) = field.split(separator).unwrap_or((field, field));
        for candidate in 0..20 {
            envelope.any_hex(field.list(separator)).any_base64(field.all(text).into_iter().flatten());
            if self.number.is_multiple_of(3) {
                envelope.hex(before).base64(after);
            }
            envelope.url_with_port(head, text).part(text).part(field).id(text.as_bytes()).tenant(text);
            envelope.signed_at(UnixTime::from_secs(i64::MIN.saturating_add_unsigned(self.number)));
            match self.number % 6 {
                0 => envelope.body(),
                1 if candidate == 0 => envelope.body_hash_if_any(Hash::Sha256, Encoding::Hex),
                1 => envelope.body_hash(Hash::Md5, Encoding::Base64),
                2 => envelope.tenant_param("a").form(|form, joined| {
                    form.sort_by_name();
                    form.dedup();
                    form.sort();
                    if !form.is_empty() {
                        joined.extend(form.iter().flat_map(|(name, value)| [name, value]).flatten());
                    }
                }),
                3 if candidate == 0 => envelope.body_sha256([0; 32]),
                4 if candidate == 0 => envelope.insecure_unsigned_body().insecure_unsigned_query(),
                _ => envelope.part(text),
            };
            envelope.part(text).or();
        }
        Ok(())
    }
}

impl Sign for Everything {
    fn write(&self, draft: &mut Draft<'_>) {
        draft.header(&self.text, draft.body_hash(Hash::Md5, Encoding::Base64));
        draft.query(&self.text, draft.millis());
        let _ = draft.request().body().len();
        let all = [draft.hex(), draft.base64(), draft.seconds(), draft.id()].concat();
        draft.header("x-signature", all + draft.tenant().unwrap_or_default());
    }
}

/// A verifier with that rule, with this text everywhere.
fn rules(text: &str) {
    let base = BaseUrl::new(text).or_else(|_| BaseUrl::new(&format!("https://a@b:1/{text}")));
    if let Ok(base) = &base {
        let _ = (base.without_port().concat(), base.port(), base.standard_port(), base.join(text));
        let _ = PlivoV3::new(base.clone(), secret()).main_account();
        let _ = PlivoV2::new(base.clone(), secret()).main_account().insecure_accept_unsigned_parameters();
    }
    let name = HeaderName::new(text).unwrap_or(SIGNATURE.clone());
    let keyring = Keyring::new([secret(), secret()]).unwrap();
    let numbers = [0, u64::MAX, 1, 2, 3, 4, 5, u64::MAX / 2, u64::MAX - 1];
    let count = if text.len() > 1_000 { 2 } else { numbers.len() };
    for number in numbers.into_iter().take(count) {
        let rule = || Everything { name: name.clone(), text: text.to_owned(), number };
        let tenants = Tenants::new([(text, keyring.clone())]);
        let keys = Keys::hmac(Algorithm::Sha512, keyring.clone());
        let keys = [Some(keys), tenants.ok().map(|tenants| Keys::hmac_tenants(Algorithm::Sha1, tenants))];
        for keys in keys.into_iter().flatten() {
            let webhooks = [
                Webhook::with_rule(rule(), keys.clone()).ok(),
                base.clone().ok().map(|base| Webhook::with_base_url(rule(), keys.clone(), base)),
            ];
            for webhook in webhooks.into_iter().flatten() {
                let webhook = webhook.clock(|| UnixTime::from_secs(i64::MAX));
                let [short, long] = [40, 128].map(|digits| "0".repeat(digits));
                for value in [text, &format!("{text}={short},{short}"), &short, &long] {
                    let headers = [("x-signature", value), (text, value), ("content-type", value)];
                    let head = Head::new("POST", &headers).with_target(text);
                    let whole = webhook.verify(countersign::Request::new(head, text));
                    let _ = webhook.untrusted_tenant(countersign::Request::new(head, text));
                    let pieces = webhook.begin(head).and_then(|mut verification| {
                        text.as_bytes()
                            .chunks(1 + text.len() / 9)
                            .try_for_each(|chunk| verification.update(chunk))?;
                        verification.finish()
                    });
                    assert_eq!(whole, pieces);
                    look_at(whole);
                }
                let unsigned = Unsigned::new("POST", text).target(text).header(text, text);
                let unsigned = unsigned.time(UnixTime::from_secs(i64::MIN)).id(text).tenant(text);
                for unsigned in
                    [unsigned, Unsigned::json(text), Unsigned::form(text), Unsigned::new(text, "")]
                {
                    look_at(webhook.sign(secret(), &unsigned).and_then(|delivery| {
                        assert_eq!(
                            delivery.target().len() > delivery.path().len(),
                            delivery.target().contains('?')
                        );
                        webhook.verify(delivery.request())
                    }));
                }
                let _ = (webhook.replays(), webhook.retry_period(), webhook.scheme());
                let _ = webhook.methods([text]);
            }
        }
    }
}

/// Each scheme's sample, with extremes instead of each part.
#[test]
fn no_scheme_panics() {
    let within = |time| Window::Within(Tolerance::either_way(time).unwrap());
    let windows = [Window::Default, Window::AnyAge, within(Duration::ZERO), within(Duration::MAX)];
    for scheme in Scheme::ALL {
        let sample = scheme.sample([7; 32]);
        #[cfg(feature = "ed25519")]
        let _ = (sample.key.public_key(), Keys::ed25519([]).is_err(), sign::SigningKey::ed25519([0; 32]));
        for (now, window) in times().into_iter().flat_map(|now| windows.map(|window| (now, window))) {
            let mut settings = sample.settings.clone().clock(move || now);
            settings.window = window;
            let Ok(verifier) = scheme.build(&settings) else { continue };
            let _ = verifier.replays();
            for signed_at in times() {
                println!("{} at {now}, signed at {signed_at}", scheme.name());
                let unsigned = sample.unsigned.clone().time(signed_at);
                let signed = verifier.sign(&sample.key, &unsigned);
                look_at(signed.and_then(|delivery| verifier.verify(delivery.request())));
            }
        }
        let verifier = scheme.build(&sample.settings.clone().clock(|| NOW)).unwrap();
        let delivery = verifier.sign(&sample.key, &sample.unsigned.clone().time(NOW)).unwrap();
        for text in &all_texts() {
            let text = text.as_str();
            assert!(Scheme::named(text).is_none_or(|found| found.name() == text));
            let mut settings = sample.settings.clone();
            for field in
                [&mut settings.algorithm, &mut settings.header, &mut settings.format, &mut settings.prefix]
            {
                *field = Some(text.to_owned());
            }
            let _ = scheme.build(&settings).map_err(|error| error.to_string());
            for (name, _) in delivery.headers() {
                let other = delivery.clone().without_header(name).with_header(name, text);
                look_at(verifier.verify(other.request()));
                look_at(verifier.verify(other.with_header(name, text).request()));
            }
            look_at(verifier.verify(delivery.clone().with_target(text).request()));
            look_at(verifier.verify(delivery.clone().with_method(text).request()));
            look_at(verifier.verify(delivery.clone().with_body(text).request()));
            let unsigned = Unsigned::new("POST", text).target(text).header("content-type", text);
            let unsigned = unsigned.id(text).tenant(text).time(NOW);
            for unsigned in [unsigned, sample.unsigned.clone().id(text).tenant(text)] {
                look_at(verifier.sign(&sample.key, &unsigned).and_then(|it| verifier.verify(it.request())));
            }
        }
        let _ = (verifier.replays(), verifier.retry_period(), verifier.body_limit(), verifier.scheme());
        #[cfg(feature = "reload")]
        {
            let reloading = countersign::Reloading::new(verifier);
            reloading.replace(scheme.build(&sample.settings).unwrap());
            let _ = reloading.current().scheme();
        }
    }
}

/// Functions of single platforms.
#[test]
fn no_platform_panics() {
    let base64 = || Secret::new("MDEyMzQ1Njc4OQ==").unwrap();
    let recall_ai = StandardWebhooks::recall_ai(base64()).unwrap().clock(|| NOW);
    let pinless = Daily::pinless(base64()).unwrap().clock(|| NOW);
    let zoom = Zoom::new(base64()).clock(|| NOW);
    for text in &all_texts() {
        let text = text.as_str();
        for method in ["GET", "POST"] {
            let unsigned = Unsigned::new(method, text).id(text);
            look_at(recall_ai.sign(base64(), &unsigned).and_then(|it| recall_ai.verify(it.request())));
            look_at(pinless.sign(base64(), &unsigned).and_then(|it| pinless.verify(it.request())));
        }
        let token =
            serde_json::json!({ "event": "endpoint.url_validation", "payload": { "plainToken": text } });
        for body in [text.to_owned(), token.to_string()] {
            let signed = zoom.sign(base64(), &Unsigned::json(body)).unwrap();
            let _ = zoom.answer_url_validation(signed.request());
        }
        for format in [text.to_owned(), format!("{text}{{body}}{text}"), format!("{{svix-id}}{text}{{body}}")]
        {
            let rule = VapiRule::new().message_id_header("x-id").and_then(|rule| rule.format(&format));
            let Ok(rule) = rule else { continue };
            let _ = rule.clone().timestamp_header(text);
            let rule = rule.prefix(text).encoding(Encoding::Base64).seconds();
            let vapi = Vapi::with_rule(rule, Keys::hmac(Algorithm::Sha256, base64())).unwrap().clock(|| NOW);
            let unsigned = Unsigned::new("POST", text).id(text);
            look_at(vapi.sign(base64(), &unsigned).and_then(|it| vapi.verify(it.request())));
        }
    }
}

fn exchange(text: &str, other: &str) {
    let key = Secret::new("c2VjcmV0").unwrap();
    let interaction = sign::ContactCenterSigner::new(&key, NOW).unwrap().claim_json(text, other);
    let token = || token().claim(text, other).claim_json(other, text).header(text);
    let message = |method| sign::SmsSigner::new(method, &secret()).param(text, other).param(other, text);
    let requests = [
        token().post(other),
        token().get(other),
        token().header("authorization").without_claim(other).get(text),
        interaction.without_claim(text).post(text),
        message(SignatureMethod::Md5Hash).query(),
        message(SignatureMethod::Sha256).form(),
        message(SignatureMethod::Sha512).json(),
        sign::vogent(&secret(), text),
        sign::hex_hmac(text, Algorithm::Sha256, &secret(), other),
        sign::hex_hmac(text, Algorithm::Sha1, &secret(), other),
    ];
    let verifiers: [Box<dyn Verifier>; 5] = [
        Box::new(vogent()),
        Box::new(sms()),
        Box::new(webhook()),
        Box::new(webhook().retry_unsigned()),
        Box::new(ContactCenter::new(key.clone()).unwrap().clock(|| NOW)),
    ];
    for delivery in &requests {
        let _ = (delivery.method(), delivery.query(), delivery.headers().len(), delivery.header(text));
        let head = Head::new(text, &text_headers(other)).with_query(other).method().len();
        assert_eq!(head, text.len());
        let _ = (delivery.to_http("/"), delivery.to_http(text), delivery.head().query().len());
        for verifier in &verifiers {
            look_at(verifier.verify(delivery.request()));
        }
        let _ = SignedWebhook::untrusted_api_key(delivery.head());
        let _ = Sms::untrusted_api_key(delivery.request());
        let _ = delivery.head().header(&HeaderName::new("authorization").unwrap());
        let request = countersign::Request::new(delivery.request().head(), delivery.request().body());
        let _ = format!("{request:?}");
    }
}

fn text_headers(text: &str) -> Vec<(&str, &str)> {
    vec![(text, text)]
}

#[cfg(feature = "diagnose")]
#[test]
fn no_diagnosis_panics() {
    use countersign::diagnose::{Capture, Cause, Credentials, Diagnose};

    use crate::world::message;

    for cause in Cause::ALL {
        let _ = (cause.code(), cause.sentence(), cause.remedy());
    }
    let tolerance = Tolerance::either_way(Duration::MAX).unwrap();
    let texts = TEXTS.map(str::to_owned).into_iter().chain(["a", "&"].map(|piece| piece.repeat(2_000)));
    for (text, time) in texts.zip([i64::MIN, 0, i64::MAX].map(UnixTime::from_secs).into_iter().cycle()) {
        println!("diagnosis of {text:.20} at {time}");
        let credentials =
            Credentials::new().secret(&*text).tenant(&*text, &*text).other(&*text, &*text).secret("s3cr3t");
        let clock = move || time;
        let sms = sms().tolerance(tolerance).clock(clock);
        let webhook = SignedWebhook::new(secret()).clock(clock).leeway(tolerance);
        let token = |iat: i64| {
            let token = sign::TokenSigner::new(&secret(), UnixTime::from_secs(iat));
            token.claim_json("exp", &i64::MIN.to_string()).claim("x", &text)
        };
        let deliveries = [
            token(i64::MIN).post(&*text),
            token(i64::MAX).get(&text),
            message(&text).timestamp(UnixTime::from_secs(i64::MIN)).form(),
            sign::SmsSigner::new(SignatureMethod::Md5, &secret())
                .param(&text, "")
                .timestamp(UnixTime::from_secs(i64::MAX))
                .query(),
            sign::vogent(&secret(), &*text).with_header(&text, &text),
        ];
        for delivery in &deliveries {
            let headers = delivery.headers().iter().map(|(name, value)| (name.clone(), value.clone()));
            let capture = Capture::new(delivery.method(), headers, delivery.body()).query(delivery.query());
            let _ = capture.request().body().len();
            for diagnosis in [
                sms.diagnose(&capture, &credentials),
                webhook.diagnose(&capture, &credentials),
                vogent().diagnose(&capture, &credentials),
            ] {
                let _ = (diagnosis.is_genuine(), diagnosis.to_string());
                for finding in diagnosis.findings() {
                    let _ = (finding.cause(), finding.code(), finding.is_proved());
                    let _ = (finding.evidence().len(), finding.remedy());
                }
            }
        }
    }
}

/// Within a runtime, as required. The server does not exist.
#[cfg(feature = "replay-redis")]
#[tokio::test]
async fn no_redis_guard_panics() {
    use countersign::replay::Redis;

    const URL: &str = "redis://127.0.0.1:1";
    for time in [Duration::ZERO, Duration::MAX] {
        let guards = vec![
            Redis::connect(URL).unwrap(),
            #[cfg(feature = "replay-redis-sentinel")]
            Redis::sentinel(&[URL], "redis://master").unwrap(),
            #[cfg(feature = "replay-redis-cluster")]
            Redis::cluster(&[URL]).unwrap(),
        ];
        for guard in guards {
            let guard = guard.prefix("").timeout(time);
            let wrong = guard.check().await.unwrap_err();
            let _ = (wrong.to_string(), format!("{wrong:?}"));
            for ttl in [Duration::ZERO, Duration::MAX] {
                let rejected = guard.claim(&ReplayKey::new(["a"]), ttl).await.map(drop).unwrap_err();
                assert_eq!(rejected.kind(), ErrorKind::ReplayGuardUnavailable);
            }
        }
    }
}

/// Reads the sources, so that the test fails if a new public function is not called here.
#[cfg(all(feature = "diagnose", feature = "replay-redis-cluster", feature = "replay-redis-sentinel"))]
#[test]
fn every_public_function_is_called_here() {
    let mut names: Vec<_> = crate::world::declared(&["pub fn ", "pub const fn ", "pub async fn "])
        .into_iter()
        .map(|(_, name)| name)
        // Of private types.
        .filter(|name| name != "untrusted_api_key_in")
        .collect();
    assert!(names.len() > 120, "{}", names.len());
    let here = [include_str!("extremes.rs"), include_str!("world.rs")].concat();
    let is_called = |name: &str| {
        [format!(".{name}("), format!("::{name}("), format!("::{name},")]
            .iter()
            .any(|call| here.contains(call))
    };
    names.retain(|name| !is_called(name));
    assert_eq!(names, Vec::<String>::new());
}
