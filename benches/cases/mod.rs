//! The requests that the benches verify, with their verifiers.

use std::sync::Arc;

use countersign::sign::{self, Delivery, Unsigned};
use countersign::vonage::{self, SignatureMethod};
use countersign::{BaseUrl, Keyring, Secret, StandardWebhooks, Twilio, UnixTime, Verifier, Vogent};

/// One request and its verifier.
pub(crate) struct Case {
    pub(crate) group: &'static str,
    /// `verify`, or the name of the other form.
    pub(crate) name: &'static str,
    /// The length of `message` and of what else is hashed: the body, the parameters' string, the query's object.
    pub(crate) bytes: usize,
    pub(crate) verifier: Arc<dyn Verifier>,
    pub(crate) delivery: Delivery,
    /// The bytes hashed with the key.
    pub(crate) message: Vec<u8>,
    /// The bytes hashed without a key.
    pub(crate) hashed: Option<Vec<u8>>,
}

pub(crate) const KEY: &str = "ZYtdTtGV3BCFN7tWmOWr1md66XsquMggr4W2cTtXtcPgfnI0Xw";
pub(crate) const METHODS: [(SignatureMethod, &str); 5] = [
    (SignatureMethod::Md5Hash, "vonage-sms-md5hash"),
    (SignatureMethod::Md5, "vonage-sms-md5"),
    (SignatureMethod::Sha1, "vonage-sms-sha1"),
    (SignatureMethod::Sha256, "vonage-sms-sha256"),
    (SignatureMethod::Sha512, "vonage-sms-sha512"),
];
const NOW: UnixTime = UnixTime::from_secs(1_763_712_000);

/// A realistic inbound SMS: ten parameters with `sig`.
const INBOUND_SMS: [(&str, &str); 9] = [
    ("msisdn", "447700900001"),
    ("to", "447700900000"),
    ("messageId", "0A0000000123ABCD1"),
    ("text", "Hello from Vonage, is my appointment tomorrow still on?"),
    ("type", "text"),
    ("keyword", "HELLO"),
    ("message-timestamp", "2025-11-21 08:00:00"),
    ("timestamp", "1763712000"),
    ("nonce", "aaaaaaaa-bbbb-cccc-dddd-0123456789ab"),
];
/// A realistic inbound SMS of Twilio.
const TWILIO_SMS: &str = "ToCountry=US&MessageSid=SM0123456789abcdef0123456789abcdef&SmsStatus=received&NumMedia=0\
    &Body=Hello+from+Twilio%2C+is+my+appointment+tomorrow+still+on%3F&To=%2B18005551212&NumSegments=1\
    &AccountSid=AC0123456789abcdef0123456789abcdef&From=%2B14158675309&ApiVersion=2010-04-01&FromCity=SAN+FRANCISCO\
    &SmsMessageSid=SM0123456789abcdef0123456789abcdef";
const ANSWER_QUERY: &str = "to=19432445023&endpoint_type=phone&from=12016131021&conversation_uuid=\
    CON-59d439b9-3e75-4f7d-a5c9-8030aee26ac4&uuid=aade2718c73eada70cfd2096847a1d52&region_url=https%3A%2F%2F\
    api-us-3.vonage.com";

/// Bodies of this length: `verify` with one secret, `rotation` if the older of two secrets signed.
pub(crate) fn bodies(bytes: usize) -> Vec<Case> {
    let body = body(bytes);
    let rotated = Keyring::new([Secret::new("the newer of the two secrets").unwrap(), secret()]).unwrap();
    let vogent = || sign::vogent(&secret(), &*body);
    let case = |group, name, verifier, delivery| Case {
        group,
        name,
        bytes,
        verifier,
        delivery,
        message: body.clone(),
        hashed: None,
    };
    vec![
        case("vogent", "verify", Arc::new(Vogent::new(secret())), vogent()),
        case("vogent", "rotation", Arc::new(Vogent::new(rotated)), vogent()),
    ]
}

/// The SMS: `verify` as a form, `query`, `json`.
pub(crate) fn sms(method: SignatureMethod, group: &'static str) -> Vec<Case> {
    sms_of(method, group, &INBOUND_SMS.map(|(name, value)| (name.to_owned(), value.to_owned())))
}

/// As [`sms`], with these parameters.
pub(crate) fn sms_of(method: SignatureMethod, group: &'static str, params: &[(String, String)]) -> Vec<Case> {
    let mut sorted = params.to_vec();
    sorted.sort_unstable();
    let message: String = sorted.iter().map(|(name, value)| format!("&{name}={value}")).collect();
    let verifier: Arc<dyn Verifier> = Arc::new(vonage::Sms::new(method, secret()));
    let signer = || {
        params
            .iter()
            .fold(sign::SmsSigner::new(method, &secret()), |signer, (name, value)| signer.param(name, value))
    };
    [("verify", signer().form()), ("query", signer().query()), ("json", signer().json())]
        .map(|(name, delivery)| Case {
            group,
            name,
            bytes: message.len(),
            verifier: verifier.clone(),
            delivery,
            message: message.clone().into_bytes(),
            hashed: None,
        })
        .into()
}

/// Standard Webhooks, with a body of this length.
pub(crate) fn standard_webhooks(bytes: usize) -> Case {
    let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap();
    let webhook = StandardWebhooks::new(secret.clone()).unwrap().clock(|| NOW);
    let id = "msg_2Lml9NyBLh7jiQ8ZkfPIyw";
    let delivery = webhook.sign(&secret, &Unsigned::json(body(bytes)).id(id).time(NOW)).unwrap();
    let message = [format!("{id}.{}.", NOW.as_secs()).as_bytes(), delivery.body()].concat();
    Case {
        group: "standard-webhooks",
        name: "verify",
        bytes,
        verifier: Arc::new(webhook),
        delivery,
        message,
        hashed: None,
    }
}

/// A form of Twilio with twelve parameters.
pub(crate) fn twilio() -> Case {
    let twilio = Twilio::new(BaseUrl::new("https://example.com").unwrap(), secret());
    let delivery = twilio.sign(secret(), &Unsigned::form(TWILIO_SMS).target("/webhook")).unwrap();
    let plain = TWILIO_SMS.replace('+', " ").replace("%2B", "+").replace("%2C", ",").replace("%3F", "?");
    let mut params: Vec<_> = plain.split('&').map(|pair| pair.replacen('=', "", 1)).collect();
    params.sort_unstable();
    let message = format!("https://example.com/webhook{}", params.concat()).into_bytes();
    Case {
        group: "twilio",
        name: "verify",
        bytes: message.len(),
        verifier: Arc::new(twilio),
        delivery,
        message,
        hashed: None,
    }
}

/// Telnyx, with a body of this length.
#[cfg(feature = "ed25519")]
pub(crate) fn telnyx(bytes: usize) -> Case {
    let key = sign::SigningKey::ed25519([7; 32]);
    let telnyx = countersign::Telnyx::new(key.public_key()).unwrap().clock(|| NOW);
    let delivery = telnyx.sign(key, &Unsigned::json(body(bytes)).time(NOW)).unwrap();
    let message = [format!("{}|", NOW.as_secs()).as_bytes(), delivery.body()].concat();
    Case {
        group: "telnyx",
        name: "verify",
        bytes,
        verifier: Arc::new(telnyx),
        delivery,
        message,
        hashed: None,
    }
}

/// A token with a body of this length.
pub(crate) fn jwt_post(bytes: usize) -> Case {
    let body = body(bytes);
    token("vonage-jwt-post", signer().post(&*body), body)
}

/// A token with the query of an answer URL.
pub(crate) fn jwt_get() -> Case {
    jwt_get_of(ANSWER_QUERY)
}

/// As [`jwt_get`], with this query.
pub(crate) fn jwt_get_of(query: &str) -> Case {
    let decoded = query.replace("%3A", ":").replace("%2F", "/");
    let members: Vec<_> =
        decoded.split('&').map(|pair| format!("\"{}\"", pair.replacen('=', "\":\"", 1))).collect();
    token("vonage-jwt-get", signer().get(query), format!("{{{}}}", members.join(",")).into_bytes())
}

/// As [`jwt_post`], with an ignored claim of this length.
pub(crate) fn jwt_post_of(claim_bytes: usize) -> Case {
    let body = body(256);
    token("vonage-jwt-post", signer().claim("unread", &"x".repeat(claim_bytes)).post(&*body), body)
}

fn token(group: &'static str, delivery: Delivery, hashed: Vec<u8>) -> Case {
    let token = delivery.header("authorization").unwrap().strip_prefix("Bearer ").unwrap();
    let message = token.rsplit_once('.').unwrap().0.as_bytes().to_vec();
    let verifier = Arc::new(vonage::SignedWebhook::new(secret()).clock(|| NOW));
    Case { group, name: "verify", bytes: hashed.len(), verifier, delivery, message, hashed: Some(hashed) }
}

fn signer() -> sign::TokenSigner {
    sign::TokenSigner::new(&secret(), NOW)
        .claim("api_key", "a1b2c3d4")
        .claim("application_id", "aaaaaaaa-bbbb-cccc-dddd-0123456789ab")
}

/// A JSON body of exactly this length.
fn body(bytes: usize) -> Vec<u8> {
    let frame = r#"{"event":"dial.transcript","text":""}"#.len();
    format!(r#"{{"event":"dial.transcript","text":"{}"}}"#, "x".repeat(bytes - frame)).into_bytes()
}

fn secret() -> Secret {
    Secret::new(KEY).unwrap()
}
