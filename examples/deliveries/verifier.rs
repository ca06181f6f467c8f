//! The verifier that a record asks for. The module above says what it is to be (`Built`), and what it takes for a `secret`.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::vonage::{ContactCenter, Method, SignedWebhook, Sms};
use countersign::{
    Algorithm, ConfigError, HexHmac, Keyring, Secret, SystemClock, Tenants, Tolerance, UnixTime, Vogent,
    Voxagent,
};
use serde_json::Value;

use super::record::{Record, Secrets, Window};
use super::{Built, secret};

/// Why there is no verifier.
pub(super) struct Misconfigured(pub(super) String);

impl From<ConfigError> for Misconfigured {
    fn from(error: ConfigError) -> Self {
        Self(error.to_string())
    }
}

pub(super) fn verifier(record: &Record) -> Result<Box<dyn Built>, Misconfigured> {
    let header = record.header.as_deref();
    Ok(match record.scheme.as_str() {
        "vogent" => {
            let vogent = Vogent::with_algorithm(algorithm(record)?, keyring(record)?);
            Box::new(match header {
                Some(name) => vogent.header(name)?,
                None => vogent,
            })
        }
        "voxagent" => Box::new(Voxagent::new(header.unwrap_or_default(), keyring(record)?)?),
        "hex-hmac" => Box::new(HexHmac::with_algorithm(
            header.unwrap_or_default(),
            algorithm(record)?,
            keyring(record)?,
        )?),
        "vonage-sms" => Box::new(sms(record)?),
        "vonage-jwt" => Box::new(signed_webhook(record)?),
        "vonage-contact-center" => Box::new(contact_center(record)?),
        _ => return Err(Misconfigured("scheme is unknown".to_owned())),
    })
}

fn sms(record: &Record) -> Result<Sms, Misconfigured> {
    let method: Method = record.algorithm.as_deref().unwrap_or_default().parse()?;
    let sms = match tenants(record)? {
        Some(tenants) => Sms::tenants(method, tenants),
        None => Sms::new(method, keyring(record)?),
    };
    let sms = match record.now {
        Some(now) => sms.clock(stopped(now)),
        None => sms.clock(SystemClock),
    };
    Ok(match &record.tolerance {
        Window::Default | Window::AnyAge => sms,
        Window::Given(seconds) => sms.tolerance(tolerance(seconds)?),
    })
}

/// `SignedWebhook` and `ContactCenter` have the same settings.
macro_rules! with_settings {
    ($webhook:expr, $record:expr) => {{
        let mut webhook = $webhook;
        if let Some(name) = &$record.header {
            webhook = webhook.header(name)?;
        }
        if let Some(now) = $record.now {
            webhook = webhook.clock(stopped(now));
        }
        match &$record.tolerance {
            Window::Default => webhook,
            Window::AnyAge => webhook.insecure_accept_any_age(),
            Window::Given(seconds) => webhook.tolerance(tolerance(seconds)?),
        }
    }};
}

fn signed_webhook(record: &Record) -> Result<SignedWebhook, Misconfigured> {
    let webhook = match tenants(record)? {
        Some(tenants) => SignedWebhook::tenants(tenants),
        None => SignedWebhook::new(keyring(record)?),
    };
    Ok(with_settings!(webhook, record))
}

fn contact_center(record: &Record) -> Result<ContactCenter, Misconfigured> {
    Ok(with_settings!(ContactCenter::new(keyring(record)?)?, record))
}

fn keyring(record: &Record) -> Result<Keyring, Misconfigured> {
    Ok(match &record.secrets {
        Secrets::Text(text) => secret(text)?.into(),
        Secrets::Base64(base64) => {
            let bytes = BASE64_STANDARD.decode(base64).map_err(|_| ConfigError::SecretNotBase64)?;
            Secret::verbatim(bytes)?.into()
        }
        Secrets::Rotation(texts) => {
            let secrets: Result<Vec<_>, _> = texts.iter().map(|text| secret(text)).collect();
            Keyring::new(secrets?)?
        }
        Secrets::Tenants(_) => return Err(Misconfigured("scheme has no tenants".to_owned())),
    })
}

fn tenants(record: &Record) -> Result<Option<Tenants>, ConfigError> {
    let Secrets::Tenants(keys) = &record.secrets else { return Ok(None) };
    let secrets: Result<Vec<_>, _> =
        keys.iter().map(|(api_key, text)| Ok((api_key.as_str(), secret(text)?))).collect();
    Tenants::new(secrets?).map(Some)
}

fn algorithm(record: &Record) -> Result<Algorithm, ConfigError> {
    record.algorithm.as_deref().map_or(Ok(Algorithm::Sha256), str::parse)
}

fn tolerance(seconds: &Value) -> Result<Tolerance, Misconfigured> {
    let limit = match (seconds.as_u64(), seconds.as_f64()) {
        (Some(seconds), _) => Some(Duration::from_secs(seconds)),
        (None, Some(seconds)) => Duration::try_from_secs_f64(seconds).ok(),
        (None, None) => None,
    };
    let limit = limit.ok_or_else(|| Misconfigured("tolerance is not a number of seconds".to_owned()))?;
    Ok(Tolerance::either_way(limit)?)
}

fn stopped(now: i64) -> impl Fn() -> UnixTime {
    move || UnixTime::from_secs(now)
}
