//! The schemes with a token, one row for each form, and Vonage's SMS API.

use std::time::Duration;

use countersign::sign::{self, Delivery};
use countersign::vonage::{ContactCenter, SignatureMethod, SignedWebhook, Sms};
use countersign::{Tolerance, UnixTime, Verifier};

use crate::support::{KEY, NOW, secret};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    JwtPost,
    JwtGet,
    ContactCenter,
}

pub(crate) const METHODS: [SignatureMethod; 5] = [
    SignatureMethod::Md5Hash,
    SignatureMethod::Md5,
    SignatureMethod::Sha1,
    SignatureMethod::Sha256,
    SignatureMethod::Sha512,
];
const PAYLOAD: &str = r#"{"event":"dial.started","price":1.50}"#;

impl Scheme {
    pub(crate) const ALL: [Self; 3] = [Self::JwtPost, Self::JwtGet, Self::ContactCenter];

    pub(crate) fn verifier(self) -> Box<dyn Verifier> {
        match self {
            Self::JwtPost | Self::JwtGet => Box::new(SignedWebhook::new(secret(KEY)).clock(|| NOW)),
            Self::ContactCenter => Box::new(ContactCenter::new(secret(KEY)).unwrap().clock(|| NOW)),
        }
    }

    pub(crate) fn delivery(self) -> Delivery {
        match self {
            Self::JwtPost => sign::TokenSigner::new(&secret(KEY), NOW).post(PAYLOAD),
            Self::JwtGet => sign::TokenSigner::new(&secret(KEY), NOW).get("to=1&from=2"),
            Self::ContactCenter => sign::ContactCenterSigner::new(&secret(KEY), NOW).unwrap().post(PAYLOAD),
        }
    }

    /// A request signed this many seconds from now, which has not expired.
    pub(crate) fn signed_at(self, seconds: i64) -> Delivery {
        let then = UnixTime::from_secs(NOW.as_secs().saturating_add(seconds));
        match self {
            Self::JwtPost => sign::TokenSigner::new(&secret(KEY), then).post(PAYLOAD),
            Self::JwtGet => sign::TokenSigner::new(&secret(KEY), then).get("to=1&from=2"),
            Self::ContactCenter => {
                let signer = sign::ContactCenterSigner::new(&secret(KEY), then).unwrap();
                signer.claim_json("exp", "9999999999").post(PAYLOAD)
            }
        }
    }

    pub(crate) fn header(self) -> &'static str {
        match self {
            Self::JwtPost | Self::JwtGet => "authorization",
            Self::ContactCenter => "vonage-signature",
        }
    }
}

/// A verifier of the SMS API with this window.
pub(crate) fn sms(past: u64, future: u64) -> Sms {
    let window = Tolerance::new(Duration::from_secs(past), Duration::from_secs(future)).unwrap();
    Sms::new(SignatureMethod::Sha256, secret(KEY)).tolerance(window).clock(|| NOW)
}
