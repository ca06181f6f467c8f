//! Deliveries of every scheme, by the way they arrive.

use std::collections::BTreeMap;

use countersign::sign::{self, Delivery};
use countersign::vonage::SignatureMethod;
use countersign::{Algorithm, Clock, Secret, SystemClock, UnixTime};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Vogent,
    Voxagent,
    SmsQuery,
    SmsForm,
    SmsJson,
    WebhookPost,
    WebhookGet,
    ContactCenter,
}

/// What is signed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Content {
    /// No other delivery has it.
    pub(crate) number: usize,
    /// Of its longest part.
    pub(crate) bytes: usize,
    pub(crate) age: i64,
}

impl Way {
    pub(crate) const ALL: [Self; 8] = [
        Self::Vogent,
        Self::Voxagent,
        Self::SmsQuery,
        Self::SmsForm,
        Self::SmsJson,
        Self::WebhookPost,
        Self::WebhookGet,
        Self::ContactCenter,
    ];

    /// Those whose bodies may be of any length.
    pub(crate) const RAW: [Self; 4] = [Self::Vogent, Self::Voxagent, Self::WebhookPost, Self::ContactCenter];

    /// The path, the scheme's name, and what the signature covers.
    pub(crate) fn names(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Vogent => ("/vogent", "vogent", "body"),
            Self::Voxagent => ("/voxagent", "voxagent", "body"),
            Self::SmsQuery | Self::SmsForm | Self::SmsJson => ("/vonage/sms", "vonage-sms", "params"),
            Self::WebhookPost => ("/vonage/webhook", "vonage-jwt", "body"),
            Self::WebhookGet => ("/vonage/webhook", "vonage-jwt", "query"),
            Self::ContactCenter => ("/vonage/contact-center", "vonage-contact-center", "body"),
        }
    }

    pub(crate) fn has_token(self) -> bool {
        matches!(self, Self::WebhookPost | Self::WebhookGet | Self::ContactCenter)
    }

    pub(crate) fn is_sms(self) -> bool {
        matches!(self, Self::SmsQuery | Self::SmsForm | Self::SmsJson)
    }

    /// Whether of two that are alike one is handled.
    pub(crate) fn is_guarded(self) -> bool {
        self.has_token() || self.is_sms()
    }

    pub(crate) fn sign(self, secret: &str, content: Content) -> Delivery {
        let secret = &Secret::new(secret).unwrap();
        let now = SystemClock.now().unwrap().as_secs();
        let time = UnixTime::from_secs(now - content.age);
        match self {
            Self::Vogent => sign::vogent(secret, content.body()),
            Self::Voxagent => sign::hex_hmac(VOXAGENT_HEADER, Algorithm::Sha256, secret, content.body()),
            Self::SmsQuery => content.sms(secret, time).query(),
            Self::SmsForm => content.sms(secret, time).form(),
            Self::SmsJson => content.sms(secret, time).json(),
            Self::WebhookPost => sign::TokenSigner::new(secret, time).post(content.body()),
            Self::WebhookGet => {
                let query = format!("uuid={}&status=genuine&text={}", content.number, content.text());
                sign::TokenSigner::new(secret, time).get(&query)
            }
            Self::ContactCenter => sign::ContactCenterSigner::new(secret, time).unwrap().post(content.body()),
        }
    }
}

impl Content {
    /// Not UTF-8, where it is long enough for all that it holds.
    fn body(self) -> Vec<u8> {
        let mut body = format!(r#"{{"number":{},"status":"genuine"}}"#, self.number).into_bytes();
        let bytes = (0..=u8::MAX).rev().cycle();
        body.extend(bytes.take(self.bytes.saturating_sub(body.len())));
        body
    }

    fn sms(self, secret: &Secret, time: UnixTime) -> sign::SmsSigner {
        sign::SmsSigner::new(SMS_METHOD, secret)
            .param("messageId", &self.number.to_string())
            .param("status", "genuine")
            .param("text", &format!("a=1&b=2 \u{e9}\u{1f600} {}", self.text()))
            .timestamp(time)
    }

    fn text(self) -> String {
        "abcdefghijklmnop".chars().cycle().take(self.bytes.min(4096)).collect()
    }
}

/// The receiver's line for one that is accepted.
pub(crate) fn accepted(way: Way, key: usize, delivery: &Delivery) -> String {
    let (_, scheme, coverage) = way.names();
    let (payload, text) = match parameters(way, delivery) {
        Some(parameters) => {
            let texts = parameters.iter().flat_map(|(name, value)| [name, value]);
            let text: String = texts.map(|text| format!("{}:{text},", text.len())).collect();
            (format!("parameters={}", parameters.len()), text.into_bytes())
        }
        None => (format!("bytes={}", delivery.body().len()), delivery.body().to_vec()),
    };
    let sha256 = hex::encode(Sha256::digest(text));
    format!("{scheme} accepted key={key} coverage={coverage} {payload} sha256={sha256}")
}

/// The parameters that are covered, as other parsers read them.
fn parameters(way: Way, delivery: &Delivery) -> Option<BTreeMap<String, String>> {
    let body = str::from_utf8(delivery.body());
    let mut parameters = match way {
        Way::SmsQuery | Way::WebhookGet => urlencoded(delivery.query()),
        Way::SmsForm => urlencoded(body.unwrap()),
        Way::SmsJson => serde_json::from_str(body.unwrap()).unwrap(),
        Way::Vogent | Way::Voxagent | Way::WebhookPost | Way::ContactCenter => return None,
    };
    parameters.remove("sig");
    Some(parameters)
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

/// The receiver's line for one that was handled before.
pub(crate) fn duplicate(way: Way) -> String {
    format!("{} duplicate status=200", way.names().1)
}

/// The receiver's line for one that is refused.
pub(crate) fn refused(way: Way, code: &str, status: u16) -> String {
    format!("{} refused code={code} status={status}", way.names().1)
}

/// Base64, so that they are secrets of every scheme; newest first.
pub(crate) const SECRETS: [&str; 2] = ["cVo3eFcycEw5dlQ0a1I4bUozbkI2Yw==", "dVk1aEcxZFMwZkE4dDl3MnAzbDQ="];
/// Nobody's.
pub(crate) const OTHER_SECRET: &str = "bm90IHRoZSBzZWNyZXQgYXQgYWxs";
pub(crate) const VOXAGENT_HEADER: &str = "X-Webhook-Signature";
pub(crate) const SMS_METHOD: SignatureMethod = SignatureMethod::Sha512;
