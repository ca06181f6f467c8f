//! Every scheme of the registry in every form: one row each, made from its sample.

use std::sync::LazyLock;

use countersign::schemes::{Registered, Sample, Scheme, Settings};
use countersign::sign::{Delivery, SigningKey, Unsigned};
use countersign::vonage::SignatureMethod;
use countersign::{Head, Request, UnixTime};

use crate::support::NOW;

/// A scheme in one form, with the key that signs for it.
pub(crate) struct Row {
    index: usize,
    pub(crate) name: String,
    pub(crate) scheme: &'static Scheme,
    pub(crate) settings: Settings,
    pub(crate) key: SigningKey,
    pub(crate) unsigned: Unsigned,
}

/// Where the text of a signature is in a genuine request: in a header's value, the query or the body.
pub(crate) struct Signature {
    pub(crate) place: Place,
    before: Vec<u8>,
    pub(crate) text: Vec<u8>,
    after: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Header(String),
    Query,
    Body,
}

/// A request whose headers may not be text.
pub(crate) struct Forged {
    method: String,
    target: String,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

/// Each scheme's sample, and the other forms that a scheme has.
pub(crate) fn rows(seed: u8) -> Vec<Row> {
    let mut rows: Vec<_> = Scheme::ALL.iter().map(|scheme| Row::new(scheme.name(), seed, |_| {})).collect();
    for name in ["sha1", "sha512"] {
        rows.push(Row::new("hex-hmac", seed, |sample| sample.settings.algorithm = Some(name.to_owned())));
    }
    for get in ["vonage-jwt", "messagebird", "twilio", "signalwire", "plivo-v3"] {
        rows.push(Row::new(get, seed, |sample| {
            sample.unsigned = Unsigned::new("GET", "").target("/in?to=1&from=2");
        }));
    }
    for json in ["twilio", "signalwire"] {
        rows.push(Row::new(json, seed, |sample| {
            sample.unsigned = Unsigned::json(r#"{"price":1.50}"#).target("/in?to=1");
        }));
    }
    #[cfg(feature = "ed25519")]
    for name in ["standard-webhooks", "svix"] {
        rows.push(Row::new(name, seed, |sample| {
            sample.key = SigningKey::ed25519([seed; 32]);
            sample.settings.public_keys = sample.key.public_key().into_iter().collect();
        }));
    }
    let text = "Hello+%26+1%2B1%3D2+%E2%80%94+%E2%98%8E";
    let form = format!("msisdn=447700900001&text={text}&nonce=aaaaaaaa-bbbb-cccc-dddd-0123456789ab");
    for method in SignatureMethod::ALL {
        for unsigned in [
            Unsigned::form(&*form),
            Unsigned::new("GET", "").target(&format!("/?{form}")),
            Unsigned::json(r#"{"msisdn":"447700900001","text":"Hello & 1+1=2 — ☎","nonce":"a-1"}"#),
        ] {
            rows.push(Row::new("vonage-sms", seed, |sample| {
                sample.settings.algorithm = Some(method.as_str().to_owned());
                sample.unsigned = unsigned;
            }));
        }
    }
    for (index, row) in rows.iter_mut().enumerate() {
        row.index = index;
    }
    rows
}

impl Row {
    fn new(name: &str, seed: u8, set: impl FnOnce(&mut Sample)) -> Self {
        let scheme = Scheme::named(name).unwrap();
        let mut sample = scheme.sample([seed; 32]);
        set(&mut sample);
        let Sample { settings, key, unsigned, .. } = sample;
        let name = format!("{name} {:?} {unsigned:?}", settings.algorithm);
        Self { index: 0, name, scheme, settings, key, unsigned: unsigned.id("0A1B2C3D") }
    }

    pub(crate) fn verifier(&self) -> Box<dyn Registered> {
        self.verifier_at(NOW)
    }

    pub(crate) fn verifier_at(&self, now: UnixTime) -> Box<dyn Registered> {
        self.scheme.build(&self.settings.clone().clock(move || now)).unwrap()
    }

    pub(crate) fn delivery(&self) -> Delivery {
        self.signed(&self.key, NOW)
    }

    pub(crate) fn signed(&self, key: &SigningKey, time: UnixTime) -> Delivery {
        self.verifier().sign(key, &self.unsigned.clone().time(time)).unwrap()
    }

    /// Finds the signature: the text that differs with another key.
    pub(crate) fn signature(&self) -> Signature {
        let own = self.delivery();
        let others: Vec<_> = STRANGERS.iter().map(|keys| self.signed(&keys[self.index], NOW)).collect();
        let differing = |name: &str| others.iter().any(|other| other.header(name) != own.header(name));
        let header = own.headers().iter().map(|(name, _)| name).find(|name| differing(name));
        let place = match header {
            Some(name) => Place::Header(name.clone()),
            None if others.iter().any(|other| other.query() != own.query()) => Place::Query,
            None => Place::Body,
        };
        let (own, others): (_, Vec<_>) =
            (place.of(&own), others.iter().map(|other| place.of(other)).collect());
        let common = |texts: &dyn Fn(&[u8]) -> Vec<u8>| {
            let own = texts(&own);
            let with = |other: &Vec<u8>| own.iter().zip(texts(other)).take_while(|(a, b)| **a == *b).count();
            others.iter().map(with).min().unwrap()
        };
        let start = common(&<[u8]>::to_vec);
        let end = own.len() - common(&|text| text.iter().rev().copied().collect());
        Signature {
            place,
            before: own[..start].to_vec(),
            text: own[start..end].to_vec(),
            after: own[end..].to_vec(),
        }
    }

    /// The headers that the platform writes, with whether each holds the signature.
    pub(crate) fn headers(&self) -> Vec<(String, bool)> {
        let (delivery, place) = (self.delivery(), self.signature().place);
        let names = delivery.headers().iter().map(|(name, _)| name.clone());
        let written = names.filter(|name| !name.eq_ignore_ascii_case("content-type"));
        written.map(|name| (name.clone(), place == Place::Header(name))).collect()
    }
}

/// Keys of the right form that no row uses: one for each row and seed.
static STRANGERS: LazyLock<Vec<Vec<SigningKey>>> =
    LazyLock::new(|| (100..108).map(|seed| rows(seed).into_iter().map(|row| row.key).collect()).collect());

impl Place {
    fn of(&self, delivery: &Delivery) -> Vec<u8> {
        match self {
            Self::Header(name) => delivery.header(name).unwrap().into(),
            Self::Query => delivery.query().into(),
            Self::Body => delivery.body().into(),
        }
    }
}

impl Signature {
    /// The request with another text instead of its signature, escaped as its query, form or JSON needs.
    pub(crate) fn exchanged(&self, delivery: &Delivery, text: &[u8]) -> Forged {
        let text: Vec<u8> = match &self.place {
            Place::Header(_) => text.to_vec(),
            Place::Body if self.is_in_json() => text.iter().flat_map(|byte| json_escaped(*byte)).collect(),
            _ => text.iter().flat_map(|byte| format!("%{byte:02x}").into_bytes()).collect(),
        };
        let value = [&self.before[..], &text, &self.after].concat();
        let mut forged = Forged::from(delivery);
        match &self.place {
            Place::Header(name) => forged = forged.with_header(name, &value),
            Place::Query => {
                forged.target = format!("{}?{}", delivery.path(), String::from_utf8(value).unwrap());
            }
            Place::Body => forged.body = value,
        }
        forged
    }

    /// JSON is read as UTF-8, before the signature.
    pub(crate) fn is_in_json(&self) -> bool {
        self.place == Place::Body && self.before.starts_with(b"{")
    }

    pub(crate) fn is_hex(&self) -> bool {
        self.text.iter().all(u8::is_ascii_hexdigit) && self.text.len().is_multiple_of(2)
    }
}

fn json_escaped(byte: u8) -> Vec<u8> {
    match byte {
        0..0x20 | b'"' | b'\\' => format!("\\u{byte:04x}").into_bytes(),
        _ => vec![byte],
    }
}

impl Forged {
    pub(crate) fn with_header(mut self, name: &str, value: &[u8]) -> Self {
        self.headers.iter_mut().find(|(given, _)| given == name).unwrap().1 = value.to_vec();
        self
    }

    pub(crate) fn request(&self) -> Request<'_> {
        let head = Head::new(&self.method, &self.headers).with_target(&self.target);
        Request::new(head, &self.body)
    }
}

impl From<&Delivery> for Forged {
    fn from(delivery: &Delivery) -> Self {
        let headers = delivery.headers().iter().map(|(name, value)| (name.clone(), value.clone().into()));
        Self {
            method: delivery.method().to_owned(),
            target: delivery.target().to_owned(),
            headers: headers.collect(),
            body: delivery.body().to_vec(),
        }
    }
}
