//! Builds the verifier of a record. The parent module defines `secret`.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::schemes::{Registered, Scheme, Settings, Window};
use countersign::{BaseUrl, ConfigError, Keyring, Secret, Tenants, Tolerance, UnixTime};
use serde_json::Value;

use super::record::{self, Record, Secrets};
use super::secret;

/// Why there is no verifier.
pub(super) struct Misconfigured(pub(super) String);

impl From<ConfigError> for Misconfigured {
    fn from(error: ConfigError) -> Self {
        Self(error.to_string())
    }
}

pub(super) fn verifier(record: &Record) -> Result<Box<dyn Registered>, Misconfigured> {
    #[cfg(not(feature = "ed25519"))]
    if let Secrets::Public(_) = &record.secrets {
        return Err(Misconfigured("build with `--features ed25519` for public keys".to_owned()));
    }
    let scheme =
        Scheme::named(&record.scheme).ok_or_else(|| Misconfigured("scheme is unknown".to_owned()))?;
    let mut settings = Settings::default();
    settings.algorithm.clone_from(&record.algorithm);
    settings.header.clone_from(&record.header);
    settings.base_url = record.base_url.as_deref().map(BaseUrl::new).transpose()?;
    settings.timestamp_header.clone_from(&record.timestamp_header);
    settings.message_id_header.clone_from(&record.message_id_header);
    settings.format.clone_from(&record.format);
    settings.prefix.clone_from(&record.prefix);
    settings.encoding.clone_from(&record.encoding);
    settings.window = match &record.tolerance {
        record::Window::Default => Window::Default,
        record::Window::AnyAge => Window::AnyAge,
        record::Window::Given(seconds) => Window::Within(tolerance(seconds)?),
    };
    match &record.secrets {
        Secrets::Text(text) => settings.keyring = Some(secret(text)?.into()),
        Secrets::Base64(base64) => {
            let bytes = BASE64_STANDARD.decode(base64).map_err(|_| ConfigError::SecretNotBase64)?;
            settings.keyring = Some(Secret::verbatim(bytes)?.into());
        }
        Secrets::Rotation(texts) => {
            let secrets: Result<Vec<_>, _> = texts.iter().map(|text| secret(text)).collect();
            settings.keyring = Some(Keyring::new(secrets?)?);
        }
        Secrets::Tenants(keys) => {
            let secrets: Result<Vec<_>, ConfigError> =
                keys.iter().map(|(name, text)| Ok((name.as_str(), secret(text)?))).collect();
            settings.tenants = Some(Tenants::new(secrets?)?);
        }
        #[cfg(feature = "ed25519")]
        Secrets::Public(text) => settings.public_keys = vec![countersign::PublicKey::from_base64(text)?],
        #[cfg(not(feature = "ed25519"))]
        Secrets::Public(_) => {}
    }
    if let Some(now) = record.now {
        settings = settings.clock(move || UnixTime::from_secs(now));
    }
    scheme.build(&settings).map_err(|error| {
        let field = match (error, &record.secrets) {
            (ConfigError::HeaderNameInvalid, _) if record.header.is_none() => "header",
            (ConfigError::KeyringEmpty, Secrets::Public(_)) => "secret",
            (ConfigError::KeyringEmpty, _) => "public_key",
            (other, _) => return other.into(),
        };
        Misconfigured(format!("field `{field}` is missing"))
    })
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
