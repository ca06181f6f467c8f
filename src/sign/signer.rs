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
    fn sign(&self, key: &SigningKey, unsigned: &Unsigned) -> Result<Delivery, Error>;
}

impl<R: Sign> Signer for Webhook<R> {
    fn sign(&self, key: &SigningKey, unsigned: &Unsigned) -> Result<Delivery, Error> {
        Self::sign(self, key, unsigned)
    }
}

/// Signs the parameters of a GET's query, or of a POST's form or JSON object, with the time.
impl Signer for vonage::Sms {
    fn sign(&self, key: &SigningKey, unsigned: &Unsigned) -> Result<Delivery, Error> {
        let request = &unsigned.delivery;
        let is_json = request.header("content-type") == Some("application/json");
        let params = if is_json { of_object(request.body())? } else { of_form(request)? };
        let (time, secret) = (time(unsigned, || self.now())?, secret(key)?);
        let signer = SmsSigner::new(self.method(), secret).timestamp(time);
        let signer = params.iter().fold(signer, |signer, (name, value)| signer.param(name, value));
        Ok(match (request.method(), is_json) {
            ("GET", _) => signer.query(),
            (_, true) => signer.json(),
            (_, false) => signer.form(),
        })
    }
}

/// Signs the body of a POST, or the query of a GET.
impl Signer for vonage::SignedWebhook {
    fn sign(&self, key: &SigningKey, unsigned: &Unsigned) -> Result<Delivery, Error> {
        let signer = TokenSigner::new(secret(key)?, time(unsigned, || self.policy().clock.now())?);
        let signer = unsigned.id.iter().fold(signer, |signer, id| signer.claim("jti", id));
        let signer = unsigned.tenant.iter().fold(signer, |signer, name| signer.claim("api_key", name));
        let request = &unsigned.delivery;
        Ok(match request.method() {
            "GET" => signer.get(request.query()),
            _ => signer.post(request.body()),
        })
    }
}

/// Signs the body of a POST with a base64 secret.
impl Signer for vonage::ContactCenter {
    fn sign(&self, key: &SigningKey, unsigned: &Unsigned) -> Result<Delivery, Error> {
        let signer = ContactCenterSigner::new(secret(key)?, time(unsigned, || self.policy().clock.now())?)
            .map_err(|_| ErrorKind::SignatureMalformed)?;
        Ok(signer.post(unsigned.delivery.body()))
    }
}

/// Adds the token. It signs nothing.
impl Signer for StaticToken {
    fn sign(&self, key: &SigningKey, unsigned: &Unsigned) -> Result<Delivery, Error> {
        let token = str::from_utf8(secret(key)?.bytes()).map_err(|_| ErrorKind::SignatureMalformed)?;
        let (header, value) = self.written(token);
        Ok(unsigned.delivery.clone().with_header(header, &value))
    }
}

/// Signs the body of a POST for 5 minutes. The tenant's name is the API key.
impl Signer for LiveKit {
    fn sign(&self, key: &SigningKey, unsigned: &Unsigned) -> Result<Delivery, Error> {
        let time = time(unsigned, || self.policy().clock.now())?;
        let api_key = unsigned.tenant.as_deref().or(self.policy().required("iss")).unwrap_or("API-key");
        let hash = base64::encode_padded(&sha256(unsigned.delivery.body()));
        let token = Token::new(secret(key)?).text("iss", api_key).time("nbf", time, 0).time("exp", time, 300);
        deliver(self, unsigned, token.text("sha256", &hash))
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
        deliver(self, unsigned, if has_body { token.text("payload_hash", &body_hash) } else { token })
    }
}

/// Adds a token in the platform's header.
fn deliver<R: TokenRule>(
    webhook: &TokenWebhook<R>,
    unsigned: &Unsigned,
    token: Token,
) -> Result<Delivery, Error> {
    if !R::METHODS.contains(&unsigned.delivery.method()) {
        return Err(ErrorKind::MethodUnsupported.into());
    }
    let header = webhook.carrier().header_name().as_str();
    Ok(unsigned.delivery.clone().with_header(header, &token.sign()))
}

fn secret(key: &SigningKey) -> Result<&Secret, Error> {
    key.secret().ok_or_else(|| ErrorKind::SignatureMalformed.into())
}

fn time(unsigned: &Unsigned, now: impl FnOnce() -> Result<UnixTime, Error>) -> Result<UnixTime, Error> {
    unsigned.time.map_or_else(now, Ok)
}

fn of_form(request: &Delivery) -> Result<Vec<(String, String)>, Error> {
    let form = if request.method() == "GET" { request.query().as_bytes() } else { request.body() };
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
