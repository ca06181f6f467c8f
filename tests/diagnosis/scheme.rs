//! A genuine request of each scheme, and the diagnosis of a rejected one.

use countersign::diagnose::{Capture, Credentials, Diagnose, Diagnosis, Finding};
use countersign::schemes::{self, Registered};
use countersign::sign::{Delivery, Unsigned};
use countersign::{Secret, UnixTime};

/// The secret. It is also valid base64, since the Contact Center decodes it.
pub(crate) const KEY: &str = "cVo3eEsyd0w5bVRyOFlzUDRqRg==";
pub(crate) const OTHER_KEY: &str = "TnY2YkQxaEozdVg1Z1oyY1I4cQ==";
pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
pub(crate) const BODY: &str = r#"{"id":12345678901234567890,"price":1.50,"url":"https://a.example/b","text":"Grüße <b>","b":{"z":[],"a":[1,null]}}"#;

/// A scheme of the registry, with its algorithm and a request.
#[derive(Clone, Copy)]
pub(crate) struct Scheme {
    pub(crate) name: &'static str,
    pub(crate) signs: Signs,
    algorithm: Option<&'static str>,
    unsigned: fn() -> Unsigned,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Signs {
    /// The body. The signature is in this header.
    Body(&'static str),
    /// Parameters, in any form.
    Params,
    /// The body's hash, in a token in this header.
    TokenOfBody(&'static str),
    TokenOfQuery,
}

pub(crate) fn key(text: &str) -> Secret {
    Secret::verbatim(text).unwrap()
}

pub(crate) const SCHEMES: [Scheme; 13] = [
    scheme("vogent", None, Signs::Body("x-elto-signature"), json),
    scheme("hex-hmac", Some("sha1"), Signs::Body("x-hex"), json),
    scheme("hex-hmac", Some("sha512"), Signs::Body("x-hex"), json),
    scheme("vonage-sms", Some("md5hash"), Signs::Params, params_in_query),
    scheme("vonage-sms", Some("md5"), Signs::Params, params_in_form),
    scheme("vonage-sms", Some("sha1"), Signs::Params, params_in_json),
    scheme("vonage-sms", Some("sha256"), Signs::Params, params_in_form),
    scheme("vonage-sms", Some("sha512"), Signs::Params, params_in_query),
    scheme("vonage-jwt", None, Signs::TokenOfBody("authorization"), json),
    scheme("vonage-jwt", None, Signs::TokenOfQuery, || {
        Unsigned::new("GET", "").target("/?to=1415%20100&text=a%2Bb%2520c&empty=&from=Acme")
    }),
    scheme("vonage-contact-center", None, Signs::TokenOfBody("vonage-signature"), json),
    scheme("livekit", None, Signs::TokenOfBody("authorization"), json),
    scheme("messagebird", None, Signs::TokenOfBody("messagebird-signature-jwt"), json),
];

const fn scheme(
    name: &'static str,
    algorithm: Option<&'static str>,
    signs: Signs,
    unsigned: fn() -> Unsigned,
) -> Scheme {
    Scheme { name, signs, algorithm, unsigned }
}

fn json() -> Unsigned {
    Unsigned::json(BODY).target("/in?from=acme")
}

const FORM: &str = "msisdn=447700900001&text=Hello+%26+welcome%2C+100%2525+a%2Bb+Gr%C3%BC%C3%9Fe&keyword=";

fn params_in_query() -> Unsigned {
    Unsigned::new("GET", "").target(&format!("/?{FORM}"))
}

fn params_in_form() -> Unsigned {
    Unsigned::form(FORM)
}

fn params_in_json() -> Unsigned {
    Unsigned::json(r#"{"msisdn":"447700900001","text":"Hello & welcome, 100%25 a+b Grüße","keyword":""}"#)
}

impl Scheme {
    /// The verifier with this text as the secret.
    fn build(&self, text: &str) -> Option<Box<dyn Registered>> {
        let scheme = schemes::Scheme::named(self.name).unwrap();
        let mut settings = scheme.sample([7; 32]).settings.clock(|| NOW);
        settings.keyring = Some(key(text).into());
        settings.algorithm = self.algorithm.map(str::to_owned).or(settings.algorithm);
        scheme.build(&settings).ok()
    }

    /// The verifier with this text as the secret, or with another if the scheme cannot decode it.
    pub(crate) fn verifier(&self, text: &str) -> Box<dyn Registered> {
        self.build(text).or_else(|| self.build(OTHER_KEY)).unwrap()
    }

    pub(crate) fn genuine(&self, text: &str) -> Delivery {
        self.verifier(text).sign(&key(text).into(), &(self.unsigned)()).unwrap()
    }

    /// A genuine request with this body.
    pub(crate) fn signed(&self, text: &str, body: impl Into<Vec<u8>>) -> Delivery {
        self.verifier(text).sign(&key(text).into(), &Unsigned::json(body).target("/in?from=acme")).unwrap()
    }

    /// Diagnoses a request with this text as the secret.
    pub(crate) fn diagnose(&self, stored: &str, capture: &Capture) -> Diagnosis {
        self.diagnose_with(stored, capture, &Credentials::new().secret(stored))
    }

    pub(crate) fn diagnose_with(
        &self,
        stored: &str,
        capture: &Capture,
        credentials: &Credentials,
    ) -> Diagnosis {
        self.verifier(stored).diagnose(capture, credentials)
    }

    /// Checks the first finding, and that no secret is shown.
    pub(crate) fn requires(&self, mistake: &str, diagnosis: &Diagnosis, code: &str, proved: bool) {
        let first = diagnosis.findings().first().map(|finding| (finding.code(), finding.is_proved()));
        assert_eq!(first, Some((code, proved)), "{}, {mistake}:\n{diagnosis}", self.name);
        shows_nothing(diagnosis, &[KEY, OTHER_KEY]);
    }
}

/// The codes of all findings, in order.
pub(crate) fn codes(diagnosis: &Diagnosis) -> Vec<&'static str> {
    diagnosis.findings().iter().map(Finding::code).collect()
}

/// Captures a request.
pub(crate) fn capture(delivery: &Delivery) -> Capture {
    let headers = delivery.headers().iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let capture = Capture::new(delivery.method(), headers, delivery.body());
    if delivery.path() == "/" { capture.query(delivery.query()) } else { capture.target(delivery.target()) }
}

/// Checks that a diagnosis shows no eight characters in a row of the hidden texts.
pub(crate) fn shows_nothing(diagnosis: &Diagnosis, hidden: &[&str]) {
    let shown = format!("{diagnosis} {diagnosis:?}").to_lowercase();
    for text in hidden {
        let text = text.to_lowercase();
        for window in text.as_bytes().windows(8) {
            assert!(!shown.contains(str::from_utf8(window).unwrap()), "{diagnosis}");
        }
    }
}
