//! Signs as Vonage's signed webhooks are signed.

use serde_json::Value;

use super::Delivery;
use super::token::{Token, object};
use crate::config_error::ConfigError;
use crate::encoding::hex;
use crate::mac::sha256;
use crate::params::Params;
use crate::providers::vonage::contact_center::SIGNATURE;
use crate::providers::vonage::signed_webhook::ISSUER;
use crate::secret::Secret;
use crate::time::UnixTime;

/// Signs tokens for a POST's body or a GET's query; verified by
/// [`vonage::SignedWebhook`](crate::vonage::SignedWebhook).
///
/// # Example
///
/// ```
/// use countersign::{Secret, UnixTime, Verifier, sign, vonage};
///
/// let secret = Secret::new("s3cr3t")?;
/// let now = UnixTime::from_secs(1_700_000_000);
/// let delivery = sign::TokenSigner::new(&secret, now).claim("api_key", "a1b2c3d4").get("to=14155550100");
///
/// let webhook = vonage::SignedWebhook::new(secret).clock(move || now);
/// assert!(webhook.verify(delivery.request()).is_ok());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
#[must_use]
pub struct TokenSigner {
    token: Token,
    header: String,
}

impl TokenSigner {
    /// Signs with the signature secret of an account or of a Video callback. The claims are `iat` as given, `iss`, a `jti` made of
    /// the payload and `iat`, and `payload_hash`.
    pub fn new(secret: &Secret, issued_at: UnixTime) -> Self {
        let token = Token::new(secret).time("iat", issued_at, 0).text("iss", ISSUER);
        Self { token, header: "authorization".to_owned() }
    }

    /// Sets a claim to a string, or exchanges it.
    pub fn claim(self, name: &str, value: &str) -> Self {
        Self { token: self.token.text(name, value), ..self }
    }

    /// Sets a claim to any JSON text, or exchanges it: a number, or whatever a test wants to see refused.
    pub fn claim_json(self, name: &str, json: &str) -> Self {
        Self { token: self.token.set(name, Some(json.to_owned())), ..self }
    }

    /// Takes a claim away; `payload_hash` too, with which the token no longer covers what it is sent with.
    pub fn without_claim(self, name: &str) -> Self {
        Self { token: self.token.set(name, None), ..self }
    }

    /// Carries the token in the header of another name.
    pub fn header(self, name: &str) -> Self {
        Self { header: name.to_owned(), ..self }
    }

    /// A POST of JSON, its raw body covered by the token.
    pub fn post(self, body: impl Into<Vec<u8>>) -> Delivery {
        let body = body.into();
        let (header, token) = (self.header.clone(), self.token(&body));
        Delivery::post("application/json", body).with_header(&header, &format!("Bearer {token}"))
    }

    /// A GET, the parameters of its raw query covered by the token.
    pub fn get(self, query: &str) -> Delivery {
        let (header, token) = (self.header.clone(), self.token(query_object(query).as_bytes()));
        Delivery::get(query).with_header(&header, &format!("Bearer {token}"))
    }

    fn token(self, payload: &[u8]) -> String {
        let hash = hex::encode(&sha256(payload));
        let jti = hex::encode(&sha256(format!("{:?} {hash}", self.token.json("iat")).as_bytes()));
        self.token.or_text("jti", &jti).or_text("payload_hash", &hash).sign()
    }
}

/// Signs as the Vonage Contact Center does; verified by
/// [`vonage::ContactCenter`](crate::vonage::ContactCenter).
#[derive(Debug)]
#[must_use]
pub struct ContactCenterSigner(TokenSigner);

impl ContactCenterSigner {
    /// Signs with a subscription secret as the dashboard shows it, in base64. `exp` is five minutes after `iat`.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::SecretNotBase64`]: the secret is not base64.
    /// - [`ConfigError::SecretEmpty`]: it decodes to no byte.
    pub fn new(secret: &Secret, issued_at: UnixTime) -> Result<Self, ConfigError> {
        let webhook = TokenSigner::new(&Secret::from_base64(secret.bytes())?, issued_at)
            .header(SIGNATURE.as_str())
            .claim_json("exp", &issued_at.as_secs().saturating_add(300).to_string());
        Ok(Self(webhook))
    }

    /// Sets a claim to any JSON text, or exchanges it.
    pub fn claim_json(self, name: &str, json: &str) -> Self {
        Self(self.0.claim_json(name, json))
    }

    /// Takes a claim away.
    pub fn without_claim(self, name: &str) -> Self {
        Self(self.0.without_claim(name))
    }

    /// A POST of JSON, its raw body covered by the token.
    pub fn post(self, body: impl Into<Vec<u8>>) -> Delivery {
        self.0.post(body)
    }
}

/// The compact JSON object of a query's parameters in their order, every value a string.
fn query_object(query: &str) -> String {
    let mut params = Params::default();
    let params = params.read_form(query.as_bytes()).ok().map(|()| params);
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    object(
        params
            .iter()
            .flat_map(Params::iter)
            .map(|param| (text(param.name), Value::from(text(param.value)).to_string())),
    )
}
