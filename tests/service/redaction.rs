//! Attack 162: `Debug` of no public type prints a secret, a signature or a value of the request.

use std::any::type_name;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::convert::Infallible;
use std::fmt::Debug;
use std::future::{Ready, ready};
use std::io;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Json;
use axum::extract::FromRequest;
use axum::extract::rejection::JsonRejection;
use bytes::Bytes;
use countersign::axum::{Signed, SignedParameters, SignedParametersRejection, SignedRejection};
use countersign::body_hmac::BodyHmac;
use countersign::replay::{Claim, Lease, Memory, ReplayGuard, SavedResponse};
use countersign::rule::{Encoding, Envelope, Hash, Profile, Rule};
use countersign::schemes::Scheme;
use countersign::sign::{self, Delivery, Draft, Sign, Unsigned};
use countersign::tower::{Acknowledge, EmptyRejection, Forget, TenantLookup, VerifiedBody, VerifyLayer};
use countersign::vonage::{ContactCenter, SignatureMethod, SignedWebhook, Sms};
use countersign::{
    Algorithm, BaseUrl, ConfigError, Coverage, Error, ErrorKind, Evidence, Head, HeaderLookup, HeaderName,
    Headers, HexHmac, KeyId, Keyring, Keys, ParametersError, ReplayKey, Replays, Secret, StaticToken,
    SystemClock, Tenants, Tolerance, UnixTime, Verifier, Vogent, Webhook,
};
use http::{HeaderMap, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use serde::Deserialize;
use tower::{Layer, Service, service_fn};

use crate::frames::{Frames, Step};
use crate::world::answer;

/// Base64, so that every scheme takes it as a secret. Its bytes must not appear either.
const KEY: &str = "cVo3eFcycEw5dlQ0a1I4bUozbkI2Yw==";
const KEY_BYTES: &str = "qZ7xW2pL9vT4kR8mJ3nB6c";
const OLDER_KEY: &str = "dVk1aEcxZFMwZkE4";
const ACCOUNT: &str = "Kx83QwZu";
const APPLICATION: &str = "Vw49GmTz-Rb62";
const TOKEN_ID: &str = "Hy57NfXk";
const VALUE: &str = "Pz94LsBq8Tj";
const QUERY: &str = "zqWc7=Jt5vRd2&yqGm3=Bn8sKf6";
const HEADER: &str = "Fd73UxMh";
const METHOD: &str = "ZQXJKV";
const SIGNED_AT: i64 = 1_986_437_205;

#[tokio::test]
async fn no_public_type_prints_secrets_signatures_or_values() {
    let (rows, hidden) = rows().await;
    let hidden: HashSet<_> = hidden.iter().flat_map(|hidden| telling(hidden)).collect();
    for (name, printed) in &rows {
        assert!(!printed.trim().is_empty(), "{name} prints nothing");
        for shown in readings(printed) {
            for part in telling(&shown) {
                assert!(!hidden.contains(part), "{name} prints {part:?}: {printed}");
            }
        }
    }
}

/// Parts too long to appear by chance: 6 bytes of hex digits, 4 of others.
fn telling(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    let is_hex = |part: &&[u8]| part.iter().all(u8::is_ascii_hexdigit);
    bytes.windows(4).filter(move |part| !is_hex(part)).chain(bytes.windows(6).filter(is_hex))
}

/// All bytes that a text shows: directly, in hex, and as lists of numbers. Ignores white space.
fn readings(printed: &str) -> Vec<Vec<u8>> {
    let packed: String = printed.chars().filter(|c| !c.is_whitespace()).collect();
    let mut readings: Vec<Vec<u8>> = packed
        .split(|c: char| !c.is_ascii_digit() && c != ',')
        .map(|list| list.split(',').filter_map(|number| number.parse().ok()).collect())
        .collect();
    for run in packed.split(|c: char| !c.is_ascii_hexdigit()) {
        readings.extend(
            (0..run.len()).filter_map(|start| run.get(start..start + 8)).map(|run| hex::decode(run).unwrap()),
        );
    }
    readings.push(packed.into_bytes());
    readings
}

#[test]
fn the_check_finds_shown_values() {
    let [list, lines] = [format!("{:?}", b"Pz94"), format!("{:#?}", b"Pz94")];
    for shown in [&list, &lines, "x:507a3934", "507A3934", "a Pz94"] {
        let found = readings(shown).iter().any(|bytes| bytes.windows(4).any(|window| window == b"Pz94"));
        assert!(found, "{shown}");
    }
}

/// Reads the sources, so that the test fails if a new public type has no row.
#[cfg(all(feature = "diagnose", feature = "reload", feature = "replay-redis"))]
#[tokio::test]
async fn every_public_type_has_a_row() {
    let declared = crate::world::declared(&["pub struct ", "pub enum ", "pub union "]);
    let names = declared.into_iter().map(|(module, name)| format!("{module}::{name}"));
    // A platform's rule contains only names of headers, and a platform has no values.
    let of_a_platform = |name: &String| {
        name.starts_with("countersign::providers::") && (name.ends_with("Rule") || name.ends_with("Platform"))
    };
    let mut declared: BTreeSet<_> = names.filter(|name| !of_a_platform(name)).collect();
    for left_out in [
        // Contains only names of headers, and cannot be made outside.
        "providers::standard_rule::Names",
        // Cannot be named from outside.
        "diagnose::case::Case",
        "jwt::body::Covered",
        // Only `remember_responses` makes one, and its layer is printed.
        "integrations::tower::remember::Remember",
        // Only a rule's join gets one, and the suite's `join` prints it.
        "params::form_params::FormParams",
    ] {
        assert!(declared.remove(&format!("countersign::{left_out}")), "{left_out}");
    }
    assert!(declared.len() > 40, "{declared:?}");
    let shown: BTreeSet<_> = rows().await.0.into_iter().map(|(name, _)| name).collect();
    assert_eq!(declared.difference(&shown).collect::<Vec<_>>(), Vec::<&String>::new());
}

/// A type, and its `Debug` output.
#[derive(Default)]
struct Rows(BTreeSet<(String, String)>);

impl Rows {
    fn show(&mut self, value: impl Debug) {
        let _ = self.add(value);
    }

    /// Records a value's output and returns the value.
    fn add<T: Debug>(&mut self, value: T) -> T {
        let name = type_name::<T>().split('<').next().unwrap().trim_start_matches('&').to_owned();
        self.text(&name, format!("{value:?}\n{value:#?}"));
        value
    }

    /// Records a text with this name.
    fn text(&mut self, name: &str, text: String) {
        self.0.insert((name.to_owned(), text));
    }
}

/// A value of each public type, by the type's path, and everything that must stay hidden.
async fn rows() -> (BTreeSet<(String, String)>, Vec<Vec<u8>>) {
    let mut rows = Rows::default();
    let secret = rows.add(Secret::new(KEY).unwrap());
    let cases = cases(&mut rows, &secret);
    let mut hidden: Vec<Vec<u8>> =
        [KEY, KEY_BYTES, OLDER_KEY, ACCOUNT, APPLICATION, TOKEN_ID, VALUE, HEADER, METHOD]
            .map(|text| text.as_bytes().to_vec())
            .into();
    hidden.extend(QUERY.split(['&', '=']).map(|text| text.as_bytes().to_vec()));
    hidden.push(SIGNED_AT.to_string().into_bytes());
    for (verifier, delivery) in &cases {
        hidden.extend(signatures(delivery));
        delivery_rows(&mut rows, verifier, delivery);
    }
    rule_rows(&mut rows, &secret);
    extractor_rows(&mut rows, &secret).await;
    store_rows(&mut rows, &secret, &cases).await;
    plain_rows(&mut rows, &secret);
    scheme_rows(&mut rows, &mut hidden);
    (rows.0, hidden)
}

/// Each verifier with a request that it accepts.
fn cases(rows: &mut Rows, secret: &Secret) -> Vec<(Arc<dyn Verifier>, Delivery)> {
    let now = UnixTime::from_secs(SIGNED_AT);
    let keyring = rows.add(Keyring::new([secret.clone(), Secret::new(OLDER_KEY).unwrap()]).unwrap());
    let tenants = || Tenants::new([(ACCOUNT, keyring.clone())]).unwrap();
    rows.show(tenants());
    for algorithm in Algorithm::ALL {
        rows.show(*algorithm);
    }

    let body = format!(r#"{{"amount":"{VALUE}"}}"#);
    let token = || {
        let token = sign::TokenSigner::new(secret, now).claim("api_key", ACCOUNT).claim("jti", TOKEN_ID);
        token.claim("application_id", APPLICATION)
    };
    let [expires, begins] = [SIGNED_AT + 40, SIGNED_AT - 40].map(|seconds| seconds.to_string());
    rows.show(token().claim_json("exp", &expires).claim_json("nbf", &begins));
    let subscription = sign::ContactCenterSigner::new(secret, now).unwrap();
    let subscription = rows.add(subscription.claim_json("jti", &format!("{TOKEN_ID:?}")));
    let sms = |method| {
        sign::SmsSigner::new(method, secret).param("api-key", ACCOUNT).param("text", VALUE).timestamp(now)
    };
    rows.show(sms(SignatureMethod::Sha512));

    let clock = move || now;
    let vogent = rows.add(Vogent::new(keyring.clone()));
    let hex_hmac = rows.add(HexHmac::with_algorithm("x-hex", Algorithm::Sha512, keyring.clone()).unwrap());
    let webhook = || SignedWebhook::tenants(tenants()).clock(clock);
    let chosen = webhook().api_key(ACCOUNT).and_then(|webhook| webhook.application_id(APPLICATION));
    let chosen = rows.add(chosen.unwrap());
    let contact_center = rows.add(ContactCenter::new(secret.clone()).unwrap().clock(clock));
    let mut cases: Vec<(Arc<dyn Verifier>, Delivery)> = vec![
        (Arc::new(vogent), sign::vogent(secret, body.clone())),
        (Arc::new(hex_hmac), sign::hex_hmac("x-hex", Algorithm::Sha512, secret, body.clone())),
        (Arc::new(chosen), token().post(body.clone())),
        (Arc::new(webhook()), token().get(QUERY)),
        (Arc::new(contact_center), subscription.post(body.clone())),
    ];
    for method in SignatureMethod::ALL {
        rows.show(*method);
        let tolerance = Tolerance::either_way(Duration::from_secs(60)).unwrap();
        let verifier = rows.add(Sms::tenants(*method, tenants()).tolerance(tolerance).clock(clock));
        cases.push((Arc::new(verifier), sms(*method).form()));
        cases.push((Arc::new(Sms::tenants(*method, tenants())), sms(*method).query()));
    }
    cases
}

fn delivery_rows(rows: &mut Rows, verifier: &Arc<dyn Verifier>, delivery: &Delivery) {
    let delivery = rows.add(delivery.clone().with_header("x-sent", HEADER));
    rows.show(delivery.clone().with_method(METHOD).head());
    rows.show(delivery.head());
    rows.show(delivery.request());
    for (_, value) in delivery.headers() {
        rows.show(HeaderLookup::One(value.as_bytes()));
    }
    let name = rows.add(HeaderName::new("x-sent").unwrap());
    rows.show(delivery.headers().to_vec().lookup(&name));
    let mut verification = rows.add(verifier.begin(delivery.head()).unwrap());
    verification.update(delivery.body()).unwrap();
    let proof = rows.add(verification.finish().unwrap());
    if let Some(claims) = proof.claims() {
        rows.show(claims.clone());
    }
    if let Some(key) = proof.replay_key() {
        rows.show(key);
    }
    if let Some(parameters) = proof.parameters() {
        let parameters = rows.add(parameters);
        for unreadable in [
            parameters.deserialize::<HashMap<String, u8>>().map(drop).unwrap_err(),
            parameters.deserialize::<Known>().map(drop).unwrap_err(),
            parameters.deserialize::<Misread>().map(drop).unwrap_err(),
        ] {
            rows.text("Display", unreadable.to_string());
            let unreadable: ParametersError = unreadable;
            rows.show(SignedParametersRejection::from(unreadable.clone()));
            rows.show(unreadable);
        }
        rows.show(SignedParameters(parameters));
    }
    let altered = delivery.with_body("{}").with_query("a=b");
    rows.show(verifier.verify(altered.request()).unwrap_err());
    service_rows(rows, verifier);
}

/// No field for any parameter.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Known {}

/// A field with another type than its parameter.
#[derive(Deserialize)]
struct Misread {
    #[serde(rename = "text")]
    _text: u8,
}

/// A rule that shows what it reads and writes.
#[derive(Clone, Default)]
struct Showing(Arc<Mutex<Rows>>);

impl Debug for Showing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(stringify!(Showing))
    }
}

static SENT: HeaderName = HeaderName::from_static("x-sent");

impl Rule for Showing {
    fn profile(&self) -> Profile {
        Profile::new("showing").window(1, 1).identified().url()
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let rows = &mut *self.0.lock().unwrap();
        let sent = rows.add(head.signature(&SENT)?);
        rows.show(head);
        rows.show(head.base_url().unwrap());
        envelope.hex(sent).any_base64(sent.list(b',')).part(head.url()).body().part(VALUE);
        envelope.signed_at(UnixTime::from_secs(SIGNED_AT)).id(TOKEN_ID.as_bytes()).tenant(ACCOUNT);
        rows.text("countersign::rule::envelope::Envelope", format!("{envelope:?} {envelope:#?}"));
        rows.show(sent.seconds().unwrap_err());
        Err(sent.reject(ErrorKind::HeaderMalformed))
    }
}

impl Sign for Showing {
    fn write(&self, draft: &mut Draft<'_>) {
        draft.header(SENT.as_str(), draft.id());
        draft.query("id", draft.id());
        let rows = &mut *self.0.lock().unwrap();
        rows.text("countersign::sign::draft::Draft", format!("{draft:?} {draft:#?}"));
    }
}

fn rule_rows(rows: &mut Rows, secret: &Secret) {
    let base = rows.add(BaseUrl::new(&format!("https://{ACCOUNT}:{KEY_BYTES}@example.com/{VALUE}")).unwrap());
    let tenants = Tenants::new([(ACCOUNT, secret.clone())]).unwrap();
    rows.show(Keys::hmac(Algorithm::Sha256, secret.clone()));
    let keys = rows.add(Keys::hmac_tenants(Algorithm::Sha256, tenants));
    let rule = Showing::default();
    rows.show(rule.profile());
    let webhook = Webhook::with_base_url(rule.clone(), keys, base);
    rows.text("Webhook", format!("{webhook:?} {webhook:#?}"));
    let headers = [("x-sent", HEADER)];
    let target = format!("/?{QUERY}");
    let head = Head::new(METHOD, &headers).with_target(&target);
    rows.show(webhook.verify(countersign::Request::new(head, VALUE)).unwrap_err());
    let webhook = webhook.methods([METHOD]).unwrap();
    rows.show(webhook.begin(head).map(drop).unwrap_err());
    let unsigned = Unsigned::new(METHOD, VALUE).target(&target).header("x-value", HEADER);
    let unsigned = rows.add(unsigned.time(UnixTime::from_secs(SIGNED_AT)).id(TOKEN_ID).tenant(ACCOUNT));
    rows.show(webhook.sign(secret, &unsigned).unwrap_err());
    let shown = std::mem::take(&mut rule.0.lock().unwrap().0);
    assert!(shown.len() > 4, "{shown:?}");
    rows.0.extend(shown);
    rows.show(BodyHmac::<countersign::vogent::Platform>::new(SENT.clone()));
    rows.show(Hash::Md5);
    rows.show(Encoding::Hex);
}

/// Small types.
fn scheme_rows(rows: &mut Rows, hidden: &mut Vec<Vec<u8>>) {
    for scheme in Scheme::ALL {
        rows.show(scheme);
        let sample = rows.add(scheme.sample(SEED));
        let now = UnixTime::from_secs(SIGNED_AT);
        let settings = rows.add(sample.settings.clone().clock(move || now));
        rows.show(settings.window);
        rows.show(sample.key.clone());
        #[cfg(feature = "ed25519")]
        if let Some(key) = sample.key.public_key() {
            rows.show(key);
        }
        let verifier = scheme.build(&settings).unwrap();
        let delivery = rows.add(verifier.sign(&sample.key, &sample.unsigned).unwrap());
        hidden.extend(signatures(&delivery));
        hidden.extend([SEED.to_vec(), hex::encode(SEED).into_bytes()]);
        rows.show(verifier.begin(delivery.head()).unwrap());
        rows.show(verifier.verify(delivery.request()).unwrap());
        #[cfg(feature = "reload")]
        let verifier = rows.add(countersign::Reloading::new(verifier));
        rows.show(verifier);
    }
}

const SEED: [u8; 32] = [0xd7; 32];

fn plain_rows(rows: &mut Rows, secret: &Secret) {
    rows.show(
        Evidence::new(KeyId::new(1), Coverage::Body)
            .signed_at(Some(UnixTime::from_secs(SIGNED_AT)))
            .replay_key(ReplayKey::new([TOKEN_ID])),
    );
    rows.show(KeyId::new(0));
    rows.show(StaticToken::new("x-token", secret.clone()).unwrap().prefix(VALUE));
    rows.show(Coverage::Body);
    rows.show(Replays::Within(Duration::from_secs(1)));
    rows.show(Tolerance::either_way(Duration::from_secs(60)).unwrap());
    // A plain number: the one type that prints its value.
    rows.show(UnixTime::from_secs(7));
    rows.show(SystemClock);
    rows.show(EmptyRejection);
    rows.show(countersign::axum::VerifiedRejection);
    rows.show(Acknowledge);
    rows.show(Forget);
    for kind in ErrorKind::ALL {
        rows.show(*kind);
        rows.show(Error::new(*kind));
    }
    for rejected in [
        Secret::new(format!("{KEY} ")).unwrap_err(),
        Secret::new(format!("-----BEGIN {KEY}")).unwrap_err(),
        Secret::from_base64(format!("{KEY}!")).unwrap_err(),
        HeaderName::new(&format!("{HEADER} ")).unwrap_err(),
        VALUE.parse::<SignatureMethod>().unwrap_err(),
        Tenants::new([(ACCOUNT, secret.clone()), (ACCOUNT, secret.clone())]).unwrap_err(),
    ] {
        let rejected: ConfigError = rejected;
        rows.show(rejected);
    }
}

/// The values that contain a request's signature, and the signature's bytes.
fn signatures(delivery: &Delivery) -> Vec<Vec<u8>> {
    use base64::Engine as _;
    use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};

    let words =
        |text: &str| text.split([' ', '.', ',', ':', '&', '=']).map(str::to_owned).collect::<Vec<_>>();
    let form = String::from_utf8_lossy(delivery.body()).into_owned();
    let texts: Vec<_> = delivery
        .headers()
        .iter()
        .filter(|(name, _)| name != "content-type")
        .flat_map(|(_, value)| words(value))
        .chain(words(delivery.query()))
        .chain(words(&form))
        // SHA-1 in base64, without padding, has 27 characters.
        .filter(|text| text.len() >= 27)
        .collect();
    let decoded: Vec<_> = texts
        .iter()
        .filter_map(|text| {
            let base64 = [BASE64_URL_SAFE_NO_PAD, BASE64_STANDARD_NO_PAD];
            hex::decode(text).ok().or_else(|| base64.iter().find_map(|base64| base64.decode(text).ok()))
        })
        // The header and the claims of a token are text.
        .filter(|bytes| str::from_utf8(bytes).is_err())
        .collect();
    assert!(!decoded.is_empty());
    texts.into_iter().map(String::into_bytes).chain(decoded).collect()
}

fn service_rows(rows: &mut Rows, verifier: &Arc<dyn Verifier>) {
    let layer = rows.add(VerifyLayer::new(Arc::clone(verifier)));
    let request = Request::new(Full::new(Bytes::from(VALUE)));
    let mut service = rows.add(layer.layer(DebugService));
    rows.show(service.call(request));
    if let Ok(guarded) = layer.clone().replay_guard(Memory::new(10)) {
        let guarded = rows.add(guarded.remember_responses(100));
        rows.show(guarded.layer(DebugService));
    }
}

/// An inner service.
#[derive(Clone, Debug)]
struct DebugService;

impl Service<Request<VerifiedBody>> for DebugService {
    type Response = Response<String>;
    type Error = Infallible;
    type Future = Ready<Result<Response<String>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<VerifiedBody>) -> Self::Future {
        ready(Ok(Response::new(VALUE.to_owned())))
    }
}

async fn extractor_rows(rows: &mut Rows, secret: &Secret) {
    let [vogent, other] =
        [secret.clone(), Secret::new("other").unwrap()].map(|secret| Arc::new(Vogent::new(secret)));
    let sent = |body: &str| {
        let delivery = sign::vogent(secret, body).with_header("x-sent", HEADER);
        delivery.to_http("/").unwrap()
    };
    let genuine = || sent(&format!("{VALUE:?}")).map(axum::body::Body::from);
    rows.show(Signed::<Bytes, Vogent>::from_request(genuine(), &vogent).await.unwrap());
    rows.show(Signed::<Json<String>, Vogent>::from_request(genuine(), &vogent).await.unwrap());
    let broken = Frames::new([Step::Error]).map_err(|_| io::Error::other(VALUE));
    let broken = genuine().map(|_| axum::body::Body::new(broken));
    let unreadable = Signed::<Json<u32>, Vogent>::from_request(genuine(), &vogent).await.unwrap_err();
    assert!(format!("{:?}", std::error::Error::source(&unreadable)).contains(VALUE), "axum's own words");
    for rejection in [
        unreadable,
        Signed::<Json<u32>, Vogent>::from_request(genuine(), &other).await.unwrap_err(),
        Signed::<Json<u32>, Vogent>::from_request(broken, &vogent).await.unwrap_err(),
    ] {
        rows.text("Display", rejection.to_string());
        let rejection: SignedRejection<JsonRejection> = rejection;
        rows.show(rejection);
    }

    // The request that the layer passes on, with trailers.
    let taken = Arc::new(Mutex::new(None));
    let take = Arc::clone(&taken);
    let mut service = VerifyLayer::new(vogent).layer(service_fn(move |request: Request<VerifiedBody>| {
        *take.lock().unwrap() = Some(request.into_body());
        ready(answer(StatusCode::OK))
    }));
    let trailers = HeaderMap::from_iter([("x-trailer".parse().unwrap(), HEADER.parse().unwrap())]);
    let body = Full::new(Bytes::from(VALUE)).with_trailers(ready(Some(Ok(trailers))));
    service.call(sent(VALUE).map(|_| body)).await.unwrap();
    let body = taken.lock().unwrap().take().unwrap();
    assert_eq!(rows.add(body).bytes(), VALUE.as_bytes());
}

async fn store_rows(rows: &mut Rows, secret: &Secret, cases: &[(Arc<dyn Verifier>, Delivery)]) {
    let memory = rows.add(Memory::new(10));
    let key = ReplayKey::new([TOKEN_ID]);
    let saved = rows.add(SavedResponse::new(200, Some(HEADER), VALUE).unwrap());
    let lease = rows.add(Lease::new(key));
    rows.show(Claim::Leased(lease));
    let Claim::Leased(lease) = memory.claim(&key, Duration::from_secs(1)).await.unwrap() else { panic!() };
    rows.show(memory.claim(&key, Duration::from_secs(1)).await.unwrap());
    assert!(memory.complete(&lease, Duration::from_secs(1), Some(&saved)).await.unwrap());
    let done = rows.add(memory.claim(&key, Duration::from_secs(1)).await.unwrap());
    assert_eq!(done, Claim::Done(Some(saved)));
    rows.show(memory);
    let keyring = Keyring::from(secret.clone());
    let lookup = TenantLookup::by_head(
        SignedWebhook::untrusted_api_key,
        move |_| ready(Ok::<_, io::Error>(Some(keyring.clone()))),
        SignedWebhook::tenants,
    );
    let lookup = rows.add(lookup.unwrap());
    rows.show(VerifyLayer::tenants(lookup));
    #[cfg(feature = "replay-redis")]
    {
        let url = format!("redis://:{KEY_BYTES}@127.0.0.1:1");
        let redis = rows.add(countersign::replay::Redis::connect(&url).unwrap());
        let wrong = rows.add(redis.check().await.unwrap_err());
        rows.text("Display", wrong.to_string());
    }
    #[cfg(feature = "diagnose")]
    {
        use countersign::diagnose::{Capture, Cause, Credentials, Diagnose};

        let credentials =
            rows.add(Credentials::new().secret(KEY).tenant(ACCOUNT, KEY).other("the old one", OLDER_KEY));
        for cause in Cause::ALL {
            rows.show(*cause);
        }
        for (_, delivery) in cases {
            let capture = Capture::new(
                delivery.method(),
                delivery.headers().iter().map(|(name, value)| (name.clone(), value.clone())),
                format!("{} ", String::from_utf8_lossy(delivery.body())),
            );
            let capture = rows.add(capture.query(delivery.query()));
            let hex_hmac = HexHmac::new("x-other", secret.clone()).unwrap().diagnose(&capture, &credentials);
            let webhook = SignedWebhook::new(secret.clone()).diagnose(&capture, &credentials);
            let sms = Sms::new(SignatureMethod::Md5, secret.clone()).diagnose(&capture, &credentials);
            for diagnosis in [hex_hmac, webhook, sms] {
                rows.text("Display", diagnosis.to_string());
                for finding in rows.add(diagnosis).findings() {
                    rows.show(finding.clone());
                }
            }
        }
    }
    #[cfg(not(feature = "diagnose"))]
    let _ = cases;
}
