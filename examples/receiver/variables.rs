//! The settings of a scheme from environment variables.

use std::env::{self, VarError};
use std::error::Error;
use std::fmt;
use std::time::Duration;

#[cfg(feature = "ed25519")]
use countersign::PublicKey;
use countersign::schemes::{Scheme, Settings, Window};
use countersign::{BaseUrl, ConfigError, Keyring, Tolerance};

/// Secrets by variable name.
pub(crate) type Texts = Vec<(String, String)>;

/// The variables of one scheme, which begin with its name.
pub(crate) struct Variables {
    prefix: String,
}

impl Variables {
    pub(crate) fn of(scheme: &Scheme) -> Self {
        Self { prefix: scheme.name().to_uppercase().replace('-', "_") }
    }

    pub(crate) fn name(&self, setting: &str) -> String {
        format!("{}_{setting}", self.prefix)
    }

    /// Reads the secret or public key, and the previous one. Returns the secrets by variable name, for the diagnosis. `None` if
    /// no key is set.
    pub(crate) fn keys(&self, settings: &mut Settings) -> Result<Option<Texts>, Box<dyn Error>> {
        let newest = self.name("SECRET");
        let names = [newest.clone(), self.name("SECRET_OLD")];
        if names.iter().any(|name| env::var_os(name).is_some()) {
            settings.keyring = Some(Keyring::from_env(&newest)?);
            let texts = names.into_iter().filter_map(|name| env::var(&name).ok().map(|text| (name, text)));
            return Ok(Some(texts.collect()));
        }
        #[cfg(feature = "ed25519")]
        for setting in ["PUBLIC_KEY", "PUBLIC_KEY_OLD"] {
            if let Some(text) = self.text(setting)? {
                let key = PublicKey::from_base64(&text).map_err(|error| self.wrong(setting, error))?;
                settings.public_keys.push(key);
            }
        }
        #[cfg(feature = "ed25519")]
        if !settings.public_keys.is_empty() {
            return Ok(Some(Vec::new()));
        }
        Ok(None)
    }

    /// Reads the other settings.
    pub(crate) fn settings(&self, settings: &mut Settings) -> Result<(), Box<dyn Error>> {
        for (setting, value) in [
            ("ALGORITHM", &mut settings.algorithm),
            ("HEADER", &mut settings.header),
            ("TIMESTAMP_HEADER", &mut settings.timestamp_header),
            ("MESSAGE_ID_HEADER", &mut settings.message_id_header),
            ("FORMAT", &mut settings.format),
            ("PREFIX", &mut settings.prefix),
            ("ENCODING", &mut settings.encoding),
        ] {
            if let Some(text) = self.text(setting)? {
                *value = Some(text);
            }
        }
        if let Some(base) = self.text("BASE_URL")? {
            settings.base_url = Some(BaseUrl::new(&base).map_err(|error| self.wrong("BASE_URL", error))?);
        }
        if let Some(seconds) = self.text("TOLERANCE")? {
            let wrong = || self.wrong("TOLERANCE", "not a whole number of seconds");
            let seconds = Duration::from_secs(seconds.parse().map_err(|_| wrong())?);
            settings.window = Window::Within(Tolerance::either_way(seconds).map_err(|_| wrong())?);
        }
        Ok(())
    }

    /// Checks that the scheme's required settings are set.
    pub(crate) fn check(&self, settings: &Settings, needed: &Settings) -> Result<(), Box<dyn Error>> {
        for (setting, is_needed, is_set) in [
            // A scheme without secrets has public keys.
            ("PUBLIC_KEY", needed.keyring.is_none(), settings.keyring.is_none()),
            ("HEADER", needed.header.is_some(), settings.header.is_some()),
            ("ALGORITHM", needed.algorithm.is_some(), settings.algorithm.is_some()),
            ("BASE_URL", needed.base_url.is_some(), settings.base_url.is_some()),
        ] {
            if is_needed && !is_set {
                return Err(ConfigError::VariableMissing { variable: self.name(setting) }.into());
            }
        }
        Ok(())
    }

    fn text(&self, setting: &str) -> Result<Option<String>, Box<dyn Error>> {
        let name = self.name(setting);
        match env::var(&name) {
            Ok(text) => Ok(Some(text)),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => Err(self.wrong(setting, "not UTF-8")),
        }
    }

    /// Makes an error about a variable, without its value.
    fn wrong(&self, setting: &str, problem: impl fmt::Display) -> Box<dyn Error> {
        format!("environment variable `{}`: {problem}", self.name(setting)).into()
    }
}
