//! Every scheme in every form it takes, one row each.

use std::time::Duration;

use countersign::sign::{self, Delivery};
use countersign::vonage::{ContactCenter, SignatureMethod, SignedWebhook, Sms};
use countersign::{
    Algorithm, Error, ErrorKind, Head, HexHmac, Request, Secret, Tolerance, UnixTime, Verification, Verified,
    Verifier, Vogent,
};

use crate::support::{KEY, NOW, OTHER_KEY, secret};

/// A verifier of any scheme. Each call uses the type's own method.
#[derive(Debug)]
pub(crate) enum Subject {
    Vogent(Vogent),
    HexHmac(HexHmac),
    Sms(Sms),
    SignedWebhook(SignedWebhook),
    ContactCenter(ContactCenter),
}

macro_rules! subjects {
    ($($name:ident)*) => {
        $(impl From<$name> for Subject {
            fn from(verifier: $name) -> Self {
                Self::$name(verifier)
            }
        })*

        impl Verifier for Subject {
            fn begin<'v>(&'v self, head: Head<'_>) -> Result<Verification<'v>, Error> {
                match self { $(Self::$name(verifier) => verifier.begin(head),)* }
            }

            fn verify(&self, request: Request<'_>) -> Result<Verified, Error> {
                match self { $(Self::$name(verifier) => verifier.verify(request),)* }
            }
        }
    };
}
subjects!(Vogent HexHmac Sms SignedWebhook ContactCenter);

/// One scheme in one form: how to verify it, how to sign it, and where its signature is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Scheme {
    Vogent,
    HexHmac(Algorithm),
    Sms(SignatureMethod, Carrier),
    JwtPost,
    JwtGet,
    ContactCenter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    Query,
    Form,
    Json,
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
    pub(crate) fn all() -> Vec<Self> {
        let mut all = vec![Self::Vogent, Self::JwtPost, Self::JwtGet, Self::ContactCenter];
        all.extend([Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512].map(Self::HexHmac));
        for form in [Carrier::Query, Carrier::Form, Carrier::Json] {
            all.extend(METHODS.map(|method| Self::Sms(method, form)));
        }
        all
    }

    pub(crate) fn verifier(self) -> Box<dyn Verifier> {
        Box::new(self.subject())
    }

    pub(crate) fn subject(self) -> Subject {
        match self {
            Self::Vogent => Vogent::new(secret(KEY)).into(),
            Self::HexHmac(algorithm) => {
                HexHmac::with_algorithm("X-Hex", algorithm, secret(KEY)).unwrap().into()
            }
            Self::Sms(method, _) => {
                let tolerance = Tolerance::new(Duration::from_secs(300), Duration::from_secs(60)).unwrap();
                Sms::new(method, secret(KEY)).tolerance(tolerance).clock(|| NOW).into()
            }
            Self::JwtPost | Self::JwtGet => SignedWebhook::new(secret(KEY)).clock(|| NOW).into(),
            Self::ContactCenter => ContactCenter::new(secret(KEY)).unwrap().clock(|| NOW).into(),
        }
    }

    pub(crate) fn delivery(self) -> Delivery {
        self.signed_with(KEY)
    }

    pub(crate) fn signed_with_another_key(self) -> Delivery {
        self.signed_with(OTHER_KEY)
    }

    /// A request signed this many seconds from now. `None` if the scheme signs no time.
    pub(crate) fn signed_at(self, seconds: i64) -> Option<Delivery> {
        let then = UnixTime::from_secs(NOW.as_secs().saturating_add(seconds));
        match self {
            Self::Vogent | Self::HexHmac(_) => None,
            Self::Sms(method, form) => Some(sms(method, form, &secret(KEY), then)),
            Self::JwtPost => Some(sign::TokenSigner::new(&secret(KEY), then).post(PAYLOAD)),
            Self::JwtGet => Some(sign::TokenSigner::new(&secret(KEY), then).get("to=1&from=2")),
            // Its `exp` follows `iat`, so only the future is `iat`'s own.
            Self::ContactCenter => {
                let signer = sign::ContactCenterSigner::new(&secret(KEY), then).unwrap();
                Some(signer.claim_json("exp", "9999999999").post(PAYLOAD))
            }
        }
    }

    fn signed_with(self, key: &str) -> Delivery {
        let key = &secret(key);
        match self {
            Self::Vogent => sign::vogent(key, PAYLOAD),
            Self::HexHmac(algorithm) => sign::hex_hmac("X-Hex", algorithm, key, PAYLOAD),
            Self::Sms(method, form) => sms(method, form, key, NOW),
            Self::JwtPost => sign::TokenSigner::new(key, NOW).post(PAYLOAD),
            Self::JwtGet => sign::TokenSigner::new(key, NOW).get("to=1&from=2"),
            Self::ContactCenter => sign::ContactCenterSigner::new(key, NOW).unwrap().post(PAYLOAD),
        }
    }

    /// The request with one letter of its payload changed.
    pub(crate) fn altered(self) -> Delivery {
        let delivery = self.delivery();
        match self {
            Self::Sms(_, Carrier::Query) => {
                let query = delivery.query().replace("Hello", "Hullo");
                delivery.with_query(&query)
            }
            Self::Sms(..) => {
                let body = String::from_utf8(delivery.body().to_vec()).unwrap().replace("Hello", "Hullo");
                delivery.with_body(body)
            }
            Self::JwtGet => delivery.with_query("to=1&from=3"),
            _ => delivery.with_body(PAYLOAD.replace("started", "stopped")),
        }
    }

    /// The request with another text as its signature.
    pub(crate) fn with_signature(self, text: &str) -> Delivery {
        let delivery = self.delivery();
        let (header, before, _) = self.signature_parts();
        match (header, self) {
            (Some(header), _) => {
                delivery.without_header(header).with_header(header, &format!("{before}{text}"))
            }
            (None, Self::Sms(_, Carrier::Query)) => {
                let unsigned = delivery.query().split("&sig=").next().unwrap().to_owned();
                delivery.with_query(&format!("{unsigned}&sig={text}"))
            }
            (None, Self::Sms(_, Carrier::Form)) => {
                let body = String::from_utf8(delivery.body().to_vec()).unwrap();
                let unsigned = body.split("&sig=").next().unwrap();
                delivery.with_body(format!("{unsigned}&sig={text}"))
            }
            (None, _) => {
                let body = String::from_utf8(delivery.body().to_vec()).unwrap();
                let unsigned = body.split(",\"sig\":").next().unwrap();
                delivery.with_body(format!("{unsigned},\"sig\":\"{text}\"}}"))
            }
        }
    }

    /// The signature's text.
    pub(crate) fn signature(self) -> String {
        self.signature_parts().2
    }

    /// Its header, the text before it, and its own text.
    fn signature_parts(self) -> (Option<&'static str>, String, String) {
        let delivery = self.delivery();
        let header = |name| (Some(name), String::new(), delivery.header(name).unwrap().to_owned());
        let token = |name| {
            let value = delivery.header(name).unwrap();
            let (before, signature) = value.rsplit_once('.').unwrap();
            (Some(name), format!("{before}."), signature.to_owned())
        };
        match self {
            Self::Vogent => header("x-elto-signature"),
            Self::HexHmac(_) => header("x-hex"),
            Self::JwtPost | Self::JwtGet => token("authorization"),
            Self::ContactCenter => token("vonage-signature"),
            Self::Sms(_, form) => {
                let text = match form {
                    Carrier::Query => delivery.query().to_owned(),
                    Carrier::Form | Carrier::Json => String::from_utf8(delivery.body().to_vec()).unwrap(),
                };
                let start = if form == Carrier::Json { "\"sig\":\"" } else { "sig=" };
                let sig = text.split(start).nth(1).unwrap().trim_end_matches(['"', '}']);
                (None, String::new(), sig.to_owned())
            }
        }
    }

    /// The header that carries the signature, if a header does.
    pub(crate) fn header(self) -> Option<&'static str> {
        self.signature_parts().0
    }

    /// Hex digits of the signature; none where it is base64url.
    pub(crate) fn hex_digits(self) -> Option<usize> {
        match self {
            Self::JwtPost | Self::JwtGet | Self::ContactCenter => None,
            _ => Some(self.signature().len()),
        }
    }

    pub(crate) fn is_jwt(self) -> bool {
        self.hex_digits().is_none()
    }

    pub(crate) fn missing(self) -> ErrorKind {
        if self.is_jwt() { ErrorKind::TokenMissing } else { ErrorKind::SignatureMissing }
    }
}

fn sms(method: SignatureMethod, form: Carrier, key: &Secret, time: UnixTime) -> Delivery {
    let signer = sign::SmsSigner::new(method, key)
        .param("msisdn", "447700900001")
        .param("text", "Hello & 1+1=2 — ☎")
        .timestamp(time)
        .param("nonce", "aaaaaaaa-bbbb-cccc-dddd-0123456789ab");
    match form {
        Carrier::Query => signer.query(),
        Carrier::Form => signer.form(),
        Carrier::Json => signer.json(),
    }
}
