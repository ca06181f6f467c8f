//! Requests of every scheme, in each shape.

use std::collections::BTreeMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::schemes::{Registered, Sample, Scheme};
use countersign::sign::{Delivery, SigningKey, Unsigned};
use countersign::{Clock, Keyring, Replays, Secret, SystemClock, UnixTime};
use percent_encoding::percent_decode_str;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use sha2::{Digest, Sha256};

/// A scheme of the receiver, and a shape of its requests.
pub(crate) struct Way {
    pub(crate) name: &'static str,
    pub(crate) path: String,
    /// A verifier in this process, as a second opinion.
    pub(crate) verifier: Box<dyn Registered>,
    shape: Shape,
    keys: [SigningKey; 3],
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// A POST of any bytes.
    Raw,
    Form,
    /// A POST of a JSON object of texts.
    Object,
    /// A GET with a query.
    Query,
}

/// The content to sign.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Content {
    /// Unique to this request.
    pub(crate) number: usize,
    /// The size of its longest part.
    pub(crate) bytes: usize,
    pub(crate) age: i64,
}

impl Way {
    pub(crate) fn all() -> Vec<Arc<Self>> {
        Scheme::ALL.iter().flat_map(Self::of).map(Arc::new).collect()
    }

    fn of(scheme: &'static Scheme) -> Vec<Self> {
        let Sample { settings, key, unsigned, .. } = scheme.sample(SEEDS[0]);
        let sample = scheme.build(&settings).unwrap().sign(&key, &unsigned).unwrap();
        let is_form = sample.header("content-type") == Some("application/x-www-form-urlencoded");
        let shapes: &[_] = match scheme.name() {
            "vonage-sms" => &[Shape::Form, Shape::Object, Shape::Query],
            "vonage-jwt" => &[Shape::Raw, Shape::Query],
            _ if is_form => &[Shape::Form],
            _ => &[Shape::Raw],
        };
        shapes.iter().map(|shape| Self::new(scheme, *shape)).collect()
    }

    fn new(scheme: &'static Scheme, shape: Shape) -> Self {
        let keys = SEEDS.map(|seed| scheme.sample(seed).key);
        let mut settings = scheme.sample(SEEDS[0]).settings;
        if settings.keyring.is_some() {
            let secrets = [SEEDS[0], SEEDS[1]].map(|seed| Secret::new(BASE64_STANDARD.encode(seed)).unwrap());
            settings.keyring = Some(Keyring::new(secrets).unwrap());
        } else {
            settings.public_keys.extend(keys[1].public_key());
        }
        let path = format!("/{}", scheme.name());
        Self { name: scheme.name(), path, verifier: scheme.build(&settings).unwrap(), shape, keys }
    }

    /// Whether its bodies may have any length up to the receiver's default limit.
    pub(crate) fn is_raw(&self) -> bool {
        self.shape == Shape::Raw && self.verifier.body_limit().is_none()
    }

    pub(crate) fn has_body(&self) -> bool {
        self.shape != Shape::Query
    }

    /// Whether only one of two equal requests is handled.
    pub(crate) fn is_guarded(&self) -> bool {
        self.verifier.replays() != Replays::Undetectable
    }

    pub(crate) fn sign(&self, key: usize, content: Content) -> Delivery {
        let now = SystemClock.now().unwrap().as_secs();
        let unsigned = match self.shape {
            Shape::Raw => Unsigned::json(content.body()).target(&self.path),
            Shape::Form => Unsigned::form(content.form()).target(&self.path),
            Shape::Object => Unsigned::json(content.object()),
            Shape::Query => Unsigned::new("GET", "").target(&format!("{}?{}", self.path, content.form())),
        };
        let unsigned = unsigned.time(UnixTime::from_secs(now - content.age));
        self.verifier.sign(&self.keys[key], &unsigned).unwrap()
    }

    /// The receiver's line for a request that this process accepts.
    pub(crate) fn accepted(&self, delivery: &Delivery) -> String {
        let verified = self.verifier.verify(delivery.request()).unwrap();
        let (key, coverage) = (verified.key(), verified.coverage().as_str());
        let is_covered = matches!(coverage, "params" | "query" | "url_params");
        let (payload, text) = if is_covered {
            let parameters = self.parameters(delivery);
            let texts = parameters.iter().flat_map(|(name, value)| [name, value]);
            let text: String = texts.map(|text| format!("{}:{text},", text.len())).collect();
            (format!("parameters={}", parameters.len()), text.into_bytes())
        } else {
            (format!("bytes={}", delivery.body().len()), delivery.body().to_vec())
        };
        let sha256 = hex::encode(Sha256::digest(text));
        format!("{} accepted key={key} coverage={coverage} {payload} sha256={sha256}", self.name)
    }

    /// The covered parameters, as other parsers read them.
    fn parameters(&self, delivery: &Delivery) -> BTreeMap<String, String> {
        let body = str::from_utf8(delivery.body()).unwrap();
        let mut parameters = match self.shape {
            Shape::Query => urlencoded(delivery.query()),
            Shape::Form => urlencoded(body),
            Shape::Object | Shape::Raw => serde_json::from_str(body).unwrap(),
        };
        parameters.remove("sig");
        parameters
    }

    /// The receiver's line for a replayed request.
    pub(crate) fn duplicate(&self) -> String {
        format!("{} duplicate status=200", self.name)
    }

    /// The receiver's line for a rejected request.
    pub(crate) fn rejected(&self, code: &str, status: u16) -> String {
        format!("{} rejected code={code} status={status}", self.name)
    }
}

impl Content {
    /// Not UTF-8, if long enough for its content.
    fn body(self) -> Vec<u8> {
        let mut body = format!(r#"{{"number":{},"status":"genuine"}}"#, self.number).into_bytes();
        let bytes = (0..=u8::MAX).rev().cycle();
        body.extend(bytes.take(self.bytes.saturating_sub(body.len())));
        body
    }

    fn form(self) -> String {
        format!("messageId={}&status=genuine&text=a%3D1%26b%3D2+%C3%A9{}", self.number, self.text())
    }

    fn object(self) -> String {
        let (number, text) = (self.number, self.text());
        format!(r#"{{"messageId":"{number}","status":"genuine","text":"a=1&b=2 \u00e9{text}"}}"#)
    }

    fn text(self) -> String {
        "abcdefghijklmnop".chars().cycle().take(self.bytes.min(4096)).collect()
    }
}

fn urlencoded(text: &str) -> BTreeMap<String, String> {
    let decode = |text: &str| percent_decode_str(&text.replace('+', " ")).decode_utf8().unwrap().into_owned();
    text.split('&')
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap();
            (decode(name), decode(value))
        })
        .collect()
}

/// The variables of a receiver with all schemes and two keys each.
pub(crate) fn variables() -> Vec<(String, String)> {
    let mut variables = Vec::new();
    for scheme in Scheme::ALL {
        let settings = scheme.sample(SEEDS[0]).settings;
        let prefix = scheme.name().to_uppercase().replace('-', "_");
        let mut set = |setting: &str, value: String| variables.push((format!("{prefix}_{setting}"), value));
        let [new, old, _] = SEEDS;
        if settings.keyring.is_some() {
            set("SECRET", BASE64_STANDARD.encode(new));
            set("SECRET_OLD", BASE64_STANDARD.encode(old));
        } else {
            set("PUBLIC_KEY", public_key(new));
            set("PUBLIC_KEY_OLD", public_key(old));
        }
        let base_url = settings.base_url.map(|base| base.join(""));
        for (setting, value) in
            [("HEADER", settings.header), ("ALGORITHM", settings.algorithm), ("BASE_URL", base_url)]
        {
            if let Some(value) = value {
                set(setting, value);
            }
        }
        // A planned request may be sent minutes after it was signed.
        set("TOLERANCE", "900".to_owned());
    }
    variables
}

fn public_key(seed: [u8; 32]) -> String {
    BASE64_STANDARD.encode(Ed25519KeyPair::from_seed_unchecked(&seed).unwrap().public_key())
}

/// The signing key: the newest, the older one, or a stranger's.
pub(crate) const NEWEST: usize = 0;
pub(crate) const OLDER: usize = 1;
pub(crate) const NOBODYS: usize = 2;
const SEEDS: [[u8; 32]; 3] = [[7; 32], [8; 32], [9; 32]];
