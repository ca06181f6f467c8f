//! Signs requests for any scheme.

use serde_json::{Map, Value};

use super::token::Token;
use super::{ContactCenterSigner, Delivery, Sign, SigningKey, SmsSigner, TokenSigner, Unsigned};
use crate::encoding::{base64, hex};
use crate::error::{Error, ErrorKind};
use crate::jwt::{TokenRule, TokenWebhook};
use crate::mac::sha256;
use crate::params::Params;
use crate::providers::livekit::LiveKit;
use crate::providers::messagebird::{self, MessageBird};
use crate::providers::static_token::StaticToken;
use crate::providers::vonage;
use crate::request::MediaType;
use crate::secret::Secret;
use crate::time::UnixTime;
use crate::verifier::Verifier;
use crate::webhook::Webhook;

/// Signs requests that this verifier accepts. For programs that handle any [`Scheme`](crate::schemes::Scheme).
pub trait Signer: Verifier {
    /// Signs a request with this key, as the platform would.
    ///
    /// # Errors
    ///
    /// - Those of [`Webhook::sign`](crate::Webhook::sign).
    /// - Those of the verifier, if it would reject the request with any signature, such as
    ///   [`BodyMalformed`](ErrorKind::BodyMalformed). The body limit is not checked.
    fn sign(&self, key: &SigningKey, unsigned: &Unsigned) -> Result<Delivery, Error>;
}

impl<R: Sign> Signer for Webhook<R> {
    fn sign(&self, key: &SigningKey, unsigned: &Unsigned) -> Result<Delivery, Error> {
        Self::sign(self, key, unsigned)
    }
}

/// Signs the parameters of a GET's query, or of a POST's form or JSON object, with the time. A `sig` and a `timestamp` that are
/// there are replaced. So is the account's name, if a tenant was set.
impl Signer for vonage::Sms {
    fn sign(&self, key: &SigningKey, unsigned: &Unsigned) -> Result<Delivery, Error> {
        let (request, secret) = (&unsigned.delivery, secret(key)?);
        let source = vonage::Source::of(request.head())?;
        let given = match source {
            vonage::Source::Query => of_form(request.query().as_bytes())?,
            vonage::Source::Body(MediaType::Form) => of_form(request.body())?,
            vonage::Source::Body(MediaType::Json) => of_object(request.body())?,
        };
        let signer = SmsSigner::new(self.method(), secret).timestamp(time(unsigned, || self.now())?);
        let signer = unsigned.tenant.iter().fold(signer, |signer, name| signer.param("api-key", name));
        let is_replaced = |name: &str| match name {
            "sig" | "timestamp" => true,
            "api-key" | "api_key" => unsigned.tenant.is_some(),
            _ => false,
        };
        let signer = given
            .iter()
            .filter(|(name, _)| !is_replaced(name))
            .fold(signer, |signer, (name, value)| signer.param(name, value));
        let delivery = match source {
            vonage::Source::Query => request.clone().with_query(signer.query().query()),
            vonage::Source::Body(MediaType::Form) => request.clone().with_body(signer.form().body()),
            vonage::Source::Body(MediaType::Json) => request.clone().with_body(signer.json().body()),
        };
        // Rejects parameters that no signature makes acceptable.
        let verifier = Self::new(self.method(), secret.clone()).max_body(usize::MAX);
        verifier.verify(delivery.request()).map(|_| delivery)
    }
}

/// Signs the body of a POST, or the query of a GET, with the claims that the verifier requires.
impl Signer for vonage::SignedWebhook {
    fn sign(&self, key: &SigningKey, unsigned: &Unsigned) -> Result<Delivery, Error> {
        let (policy, request) = (self.policy(), &unsigned.delivery);
        let signer = TokenSigner::new(secret(key)?, time(unsigned, || policy.clock.now())?);
        let signer = policy.required.iter().fold(signer, |signer, (name, text)| signer.claim(name, text));
        let signer = unsigned.tenant.iter().fold(signer, |signer, name| signer.claim("api_key", name));
        let signer = unsigned.id.iter().fold(signer, |signer, id| signer.claim("jti", id));
        let value = match request.method() {
            "GET" => signer.query_value(request.query()),
            _ => signer.value(request.body()),
        };
        deliver(self, unsigned, &value)
    }
}

/// Signs the body of a POST with a base64 secret.
impl Signer for vonage::ContactCenter {
    fn sign(&self, key: &SigningKey, unsigned: &Unsigned) -> Result<Delivery, Error> {
        let signer = ContactCenterSigner::new(secret(key)?, time(unsigned, || self.policy().clock.now())?)
            .map_err(|_| ErrorKind::SignatureMalformed)?
            .into_signer();
        let signer = unsigned.id.iter().fold(signer, |signer, id| signer.claim("jti", id));
        deliver(self, unsigned, &signer.value(unsigned.delivery.body()))
    }
}

/// Adds the token. It signs nothing.
impl Signer for StaticToken {
    fn sign(&self, key: &SigningKey, unsigned: &Unsigned) -> Result<Delivery, Error> {
        let secret = secret(key)?;
        let token = str::from_utf8(secret.bytes()).map_err(|_| ErrorKind::SignatureMalformed)?;
        let (header, value) = self.written(token);
        let delivery = unsigned.delivery.clone().with_header(header, &value);
        self.with_token(secret).verify(delivery.request()).map(|_| delivery)
    }
}

/// Signs the body of a POST for 5 minutes. The tenant's name is the API key.
impl Signer for LiveKit {
    fn sign(&self, key: &SigningKey, unsigned: &Unsigned) -> Result<Delivery, Error> {
        let time = time(unsigned, || self.policy().clock.now())?;
        let api_key = unsigned.tenant.as_deref().or(self.policy().required("iss")).unwrap_or("API-key");
        let hash = base64::encode_padded(&sha256(unsigned.delivery.body()));
        let token = Token::new(secret(key)?).text("iss", api_key).time("nbf", time, 0).time("exp", time, 300);
        deliver(self, unsigned, &token.text("sha256", &hash).sign())
    }
}

/// Signs the URL, and the body if there is one, for a minute.
impl Signer for MessageBird {
    fn sign(&self, key: &SigningKey, unsigned: &Unsigned) -> Result<Delivery, Error> {
        let (time, request) = (time(unsigned, || self.policy().clock.now())?, &unsigned.delivery);
        let url_hash = hex::encode(&sha256(self.rule().url(request.target()).as_bytes()));
        let body_hash = hex::encode(&sha256(request.body()));
        let made = || hex::encode(&sha256(format!("{time} {url_hash} {body_hash}").as_bytes()));
        let id = unsigned.id.clone().unwrap_or_else(made);
        let token = Token::new(secret(key)?).text("iss", messagebird::ISSUER).time("nbf", time, 0);
        let token = token.time("exp", time, 60).text("jti", &id).text("url_hash", &url_hash);
        let has_body = !request.body().is_empty();
        let token = if has_body { token.text("payload_hash", &body_hash) } else { token };
        deliver(self, unsigned, &token.sign())
    }
}

/// Adds a token in the verifier's header. Rejects a request that no token makes acceptable.
fn deliver<R: TokenRule>(
    webhook: &TokenWebhook<R>,
    unsigned: &Unsigned,
    value: &str,
) -> Result<Delivery, Error> {
    let delivery = unsigned.delivery.clone().with_header(webhook.carrier().header_name().as_str(), value);
    webhook.check_signable(delivery.request()).map(|()| delivery)
}

fn secret(key: &SigningKey) -> Result<&Secret, Error> {
    key.secret().ok_or_else(|| ErrorKind::SignatureMalformed.into())
}

fn time(unsigned: &Unsigned, now: impl FnOnce() -> Result<UnixTime, Error>) -> Result<UnixTime, Error> {
    unsigned.time.map_or_else(now, Ok)
}

fn of_form(form: &[u8]) -> Result<Vec<(String, String)>, Error> {
    let mut params = Params::default();
    params.read_form(form)?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    Ok(params.iter().map(|param| (text(param.name), text(param.value))).collect())
}

fn of_object(body: &[u8]) -> Result<Vec<(String, String)>, Error> {
    let members: Map<String, Value> = serde_json::from_slice(body).map_err(|_| ErrorKind::BodyMalformed)?;
    let text = |value: Value| value.as_str().map(str::to_owned).ok_or(ErrorKind::ParameterMalformed);
    members.into_iter().map(|(name, value)| Ok((name, text(value)?))).collect()
}
