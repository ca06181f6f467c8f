//! Signs Vonage's signed webhooks.

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

/// Signs tokens for a POST's body or a GET's query. [`vonage::SignedWebhook`](crate::vonage::SignedWebhook) verifies them.
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
    /// Signs with the signature secret of an account or of a Video callback. The claims are `iat` as given, `iss`,
    /// `payload_hash`, and a `jti` made of the payload and `iat`.
    pub fn new(secret: &Secret, issued_at: UnixTime) -> Self {
        let token = Token::new(secret).time("iat", issued_at, 0).text("iss", ISSUER);
        Self { token, header: "authorization".to_owned() }
    }

    /// Sets or replaces a claim with a string.
    pub fn claim(self, name: &str, value: &str) -> Self {
        Self { token: self.token.text(name, value), ..self }
    }

    /// Sets or replaces a claim with any JSON text, such as a number. For tests of rejected claims.
    pub fn claim_json(self, name: &str, json: &str) -> Self {
        Self { token: self.token.set(name, Some(json.to_owned())), ..self }
    }

    /// Removes a claim. Without `payload_hash`, the token does not cover the request.
    pub fn without_claim(self, name: &str) -> Self {
        Self { token: self.token.set(name, None), ..self }
    }

    /// Sends the token in another header.
    pub fn header(self, name: &str) -> Self {
        Self { header: name.to_owned(), ..self }
    }

    /// Makes a POST of JSON. The token covers its raw body.
    pub fn post(self, body: impl Into<Vec<u8>>) -> Delivery {
        let body = body.into();
        let (header, value) = (self.header.clone(), self.value(&body));
        Delivery::post("application/json", body).with_header(&header, &value)
    }

    /// Makes a GET. The token covers the parameters of its raw query.
    pub fn get(self, query: &str) -> Delivery {
        let (header, value) = (self.header.clone(), self.query_value(query));
        Delivery::get(query).with_header(&header, &value)
    }

    /// Makes the value of the header: the token that covers this query.
    pub(super) fn query_value(self, query: &str) -> String {
        self.value(query_object(query).as_bytes())
    }

    /// Makes the value of the header: the token that covers this payload.
    pub(super) fn value(self, payload: &[u8]) -> String {
        let hash = hex::encode(&sha256(payload));
        let jti = hex::encode(&sha256(format!("{:?} {hash}", self.token.json("iat")).as_bytes()));
        format!("Bearer {}", self.token.or_text("jti", &jti).or_text("payload_hash", &hash).sign())
    }
}

/// Signs for the Vonage Contact Center. [`vonage::ContactCenter`](crate::vonage::ContactCenter) verifies it.
#[derive(Debug)]
#[must_use]
pub struct ContactCenterSigner(TokenSigner);

impl ContactCenterSigner {
    /// Signs with a subscription secret in base64, as the dashboard shows it. `exp` is five minutes after `iat`.
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

    /// Sets or replaces a claim with any JSON text.
    pub fn claim_json(self, name: &str, json: &str) -> Self {
        Self(self.0.claim_json(name, json))
    }

    /// Removes a claim.
    pub fn without_claim(self, name: &str) -> Self {
        Self(self.0.without_claim(name))
    }

    /// Makes a POST of JSON. The token covers its raw body.
    pub fn post(self, body: impl Into<Vec<u8>>) -> Delivery {
        self.0.post(body)
    }

    pub(super) fn into_signer(self) -> TokenSigner {
        self.0
    }
}

/// Makes the compact JSON object of a query's parameters, in order, with string values.
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
