//! A genuine request of each scheme, and the diagnosis of a rejected one.

use countersign::diagnose::{Capture, Credentials, Diagnose, Diagnosis, Finding};
use countersign::sign::{self, Delivery, Signer, Unsigned};
use countersign::vonage::{ContactCenter, SignatureMethod, SignedWebhook, Sms};
use countersign::{Algorithm, BaseUrl, HexHmac, LiveKit, MessageBird, Secret, UnixTime, Vogent};

/// The secret. It is also valid base64, since the Contact Center decodes it.
pub(crate) const KEY: &str = "cVo3eEsyd0w5bVRyOFlzUDRqRg==";
pub(crate) const OTHER_KEY: &str = "TnY2YkQxaEozdVg1Z1oyY1I4cQ==";
pub(crate) const NOW: UnixTime = UnixTime::from_secs(1_700_000_000);
pub(crate) const BODY: &str = r#"{"id":12345678901234567890,"price":1.50,"url":"https://a.example/b","text":"Grüße <b>","b":{"z":[],"a":[1,null]}}"#;

/// A scheme with its settings.
#[derive(Clone, Copy)]
pub(crate) struct Scheme {
    pub(crate) name: &'static str,
    pub(crate) signs: Signs,
    pub(crate) verifier: fn(&str) -> Box<dyn Diagnose>,
    pub(crate) genuine: fn(&str) -> Delivery,
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
    Scheme {
        name: "vogent",
        signs: Signs::Body("x-elto-signature"),
        verifier: |text| Box::new(Vogent::new(key(text))),
        genuine: |text| sign::vogent(&key(text), BODY),
    },
    Scheme {
        name: "hex-hmac sha1",
        signs: Signs::Body("x-signature"),
        verifier: |text| {
            Box::new(HexHmac::with_algorithm("x-signature", Algorithm::Sha1, key(text)).unwrap())
        },
        genuine: |text| sign::hex_hmac("x-signature", Algorithm::Sha1, &key(text), BODY),
    },
    Scheme {
        name: "hex-hmac sha512",
        signs: Signs::Body("x-signature"),
        verifier: |text| {
            Box::new(HexHmac::with_algorithm("x-signature", Algorithm::Sha512, key(text)).unwrap())
        },
        genuine: |text| sign::hex_hmac("x-signature", Algorithm::Sha512, &key(text), BODY),
    },
    Scheme {
        name: "sms md5hash query",
        signs: Signs::Params,
        verifier: |text| Box::new(Sms::new(SignatureMethod::Md5Hash, key(text))),
        genuine: |text| sms(SignatureMethod::Md5Hash, text).query(),
    },
    Scheme {
        name: "sms md5 form",
        signs: Signs::Params,
        verifier: |text| Box::new(Sms::new(SignatureMethod::Md5, key(text))),
        genuine: |text| sms(SignatureMethod::Md5, text).form(),
    },
    Scheme {
        name: "sms sha1 json",
        signs: Signs::Params,
        verifier: |text| Box::new(Sms::new(SignatureMethod::Sha1, key(text))),
        genuine: |text| sms(SignatureMethod::Sha1, text).json(),
    },
    Scheme {
        name: "sms sha256 form",
        signs: Signs::Params,
        verifier: |text| Box::new(Sms::new(SignatureMethod::Sha256, key(text))),
        genuine: |text| sms(SignatureMethod::Sha256, text).form(),
    },
    Scheme {
        name: "sms sha512 query",
        signs: Signs::Params,
        verifier: |text| Box::new(Sms::new(SignatureMethod::Sha512, key(text))),
        genuine: |text| sms(SignatureMethod::Sha512, text).query(),
    },
    Scheme {
        name: "jwt post",
        signs: Signs::TokenOfBody("authorization"),
        verifier: |text| Box::new(SignedWebhook::new(key(text)).clock(|| NOW)),
        genuine: |text| sign::TokenSigner::new(&key(text), NOW).claim("api_key", "a1b2c3d4").post(BODY),
    },
    Scheme {
        name: "jwt get",
        signs: Signs::TokenOfQuery,
        verifier: |text| Box::new(SignedWebhook::new(key(text)).clock(|| NOW)),
        genuine: |text| {
            sign::TokenSigner::new(&key(text), NOW).get("to=1415%200100&text=a%2Bb%2520c&empty=&from=Acme")
        },
    },
    Scheme {
        name: "contact center",
        signs: Signs::TokenOfBody("vonage-signature"),
        verifier: |text| Box::new(ContactCenter::new(base64ed(text)).unwrap().clock(|| NOW)),
        genuine: |text| sign::ContactCenterSigner::new(&key(text), NOW).unwrap().post(BODY),
    },
    Scheme {
        name: "livekit",
        signs: Signs::TokenOfBody("authorization"),
        verifier: |text| Box::new(livekit(text)),
        genuine: |text| signed(&livekit(text), text),
    },
    Scheme {
        name: "messagebird",
        signs: Signs::TokenOfBody("messagebird-signature-jwt"),
        verifier: |text| Box::new(messagebird(text)),
        genuine: |text| signed(&messagebird(text), text),
    },
];

pub(crate) fn livekit(text: &str) -> LiveKit {
    LiveKit::new(key(text)).clock(|| NOW)
}

pub(crate) fn messagebird(text: &str) -> MessageBird {
    MessageBird::new(BaseUrl::new("https://example.com").unwrap(), key(text)).clock(|| NOW)
}

pub(crate) fn signed(signer: &impl Signer, text: &str) -> Delivery {
    signed_body(signer, text, BODY)
}

pub(crate) fn signed_body(signer: &impl Signer, text: &str, body: impl Into<Vec<u8>>) -> Delivery {
    signer.sign(&key(text).into(), &Unsigned::json(body).target("/in?a=1")).unwrap()
}

/// Another secret if this one is not base64, since the verifier needs one. The credentials have the one that is diagnosed.
fn base64ed(text: &str) -> Secret {
    Secret::new(text)
        .ok()
        .filter(|secret| ContactCenter::new(secret.clone()).is_ok())
        .unwrap_or_else(|| key(OTHER_KEY))
}

fn sms(method: SignatureMethod, text: &str) -> sign::SmsSigner {
    sign::SmsSigner::new(method, &key(text))
        .param("msisdn", "447700900001")
        .param("text", "Hello & welcome, 100%25 a+b Grüße")
        .param("keyword", "")
        .timestamp(NOW)
}

impl Scheme {
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
        (self.verifier)(stored).diagnose(capture, credentials)
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
