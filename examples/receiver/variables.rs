//! The settings of a scheme from environment variables.

use std::env::{self, VarError};
use std::fmt;
use std::time::Duration;

#[cfg(feature = "ed25519")]
use countersign::PublicKey;
use countersign::schemes::{Scheme, Settings, Window};
use countersign::{BaseUrl, Keyring, Secret, Tolerance};

/// The variables of one scheme: they begin with its name.
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

    /// Reads the secret or public key, and the one before it. Answers the texts of secrets by their variables' names, which a
    /// diagnosis tries; `None` where no key is set.
    pub(crate) fn keys(&self, settings: &mut Settings) -> Result<Option<Vec<(String, String)>>, Wrong> {
        let secrets = self.newest_first("SECRET")?;
        if !secrets.is_empty() {
            let read = |(name, text): &(String, String)| {
                Secret::new(text.as_str()).map_err(|error| Wrong::new(name, error))
            };
            let read: Result<Vec<_>, _> = secrets.iter().map(read).collect();
            settings.keyring =
                Some(Keyring::new(read?).map_err(|error| Wrong::new(&self.name("SECRET"), error))?);
            return Ok(Some(secrets));
        }
        #[cfg(feature = "ed25519")]
        for (name, text) in self.newest_first("PUBLIC_KEY")? {
            settings
                .public_keys
                .push(PublicKey::from_base64(&text).map_err(|error| Wrong::new(&name, error))?);
        }
        #[cfg(feature = "ed25519")]
        if !settings.public_keys.is_empty() {
            return Ok(Some(secrets));
        }
        Ok(None)
    }

    /// Reads the other settings.
    pub(crate) fn settings(&self, settings: &mut Settings) -> Result<(), Wrong> {
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
            settings.base_url =
                Some(BaseUrl::new(&base).map_err(|error| Wrong::new(&self.name("BASE_URL"), error))?);
        }
        if let Some(seconds) = self.text("TOLERANCE")? {
            let wrong = || Wrong::new(&self.name("TOLERANCE"), "not a whole number of seconds");
            let seconds = Duration::from_secs(seconds.parse().map_err(|_| wrong())?);
            settings.window = Window::Within(Tolerance::either_way(seconds).map_err(|_| wrong())?);
        }
        Ok(())
    }

    /// Checks that what the scheme cannot do without is set.
    pub(crate) fn check(&self, settings: &Settings, needed: &Settings) -> Result<(), Wrong> {
        for (setting, is_needed, is_set) in [
            ("HEADER", needed.header.is_some(), settings.header.is_some()),
            ("ALGORITHM", needed.algorithm.is_some(), settings.algorithm.is_some()),
            ("BASE_URL", needed.base_url.is_some(), settings.base_url.is_some()),
        ] {
            if is_needed && !is_set {
                return Err(Wrong::new(&self.name(setting), "not set"));
            }
        }
        Ok(())
    }

    /// The variable of a setting, and the one with `_OLD` at its end.
    fn newest_first(&self, setting: &str) -> Result<Vec<(String, String)>, Wrong> {
        let old = format!("{setting}_OLD");
        let (new, old) = ((self.name(setting), self.text(setting)?), (self.name(&old), self.text(&old)?));
        match (new.1, old.1) {
            (None, None) => Ok(Vec::new()),
            (None, Some(_)) => Err(Wrong::new(&new.0, format_args!("not set, and {} is", old.0))),
            (Some(text), None) => Ok(vec![(new.0, text)]),
            (Some(text), Some(before)) => Ok(vec![(new.0, text), (old.0, before)]),
        }
    }

    fn text(&self, setting: &str) -> Result<Option<String>, Wrong> {
        let name = self.name(setting);
        match env::var(&name) {
            Ok(text) => Ok(Some(text)),
            Err(VarError::NotPresent) => Ok(None),
            Err(VarError::NotUnicode(_)) => Err(Wrong::new(&name, "not UTF-8")),
        }
    }
}

/// What is wrong with which variable. It shows no value.
#[derive(Debug)]
pub(crate) struct Wrong(String);

impl Wrong {
    pub(crate) fn new(name: &str, problem: impl fmt::Display) -> Self {
        Self(format!("{name}: {problem}"))
    }
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Wrong {}
