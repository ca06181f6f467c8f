//! Secrets from environment variables, strings and serde.

use std::env;
use std::str::FromStr;

#[cfg(feature = "serde")]
use serde::de::Error as _;

use super::{Keyring, Secret};
use crate::config_error::ConfigError;

impl Secret {
    /// Reads a secret from an environment variable, with the checks of [`new`](Self::new).
    ///
    /// ```no_run
    /// use countersign::{Secret, Vogent};
    ///
    /// let vogent = Vogent::new(Secret::from_env("VOGENT_SECRET")?);
    /// # Ok::<(), countersign::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ConfigError::VariableMissing`]: it is not set.
    /// - [`ConfigError::VariableNameInvalid`]: it is not set, and the name looks like a secret.
    /// - [`ConfigError::VariableInvalid`]: its value is not a secret. The error names the variable and the reason, not the
    ///   value.
    pub fn from_env(variable: &str) -> Result<Self, ConfigError> {
        from_env(variable, Self::new)
    }
}

impl Keyring {
    /// Reads a secret from an environment variable, and the previous one from `<variable>_OLD` if that is set.
    ///
    /// ```no_run
    /// use countersign::{Keyring, Vogent};
    ///
    /// // `VOGENT_SECRET`, and during a rotation `VOGENT_SECRET_OLD`.
    /// let vogent = Vogent::new(Keyring::from_env("VOGENT_SECRET")?);
    /// # Ok::<(), countersign::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - Those of [`Secret::from_env`], also for an empty `_OLD` variable.
    pub fn from_env(variable: &str) -> Result<Self, ConfigError> {
        let newest = Secret::from_env(variable)?;
        let old = read(&format!("{variable}_OLD"), Secret::new)?;
        Self::new([newest].into_iter().chain(old))
    }
}

/// Reads an environment variable that must be set.
pub(crate) fn from_env<T>(
    variable: &str,
    parse: impl FnOnce(String) -> Result<T, ConfigError>,
) -> Result<T, ConfigError> {
    read(variable, parse)?.ok_or_else(|| missing(variable))
}

fn missing(variable: &str) -> ConfigError {
    let is_plain = variable.bytes().all(|byte| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_'));
    if is_plain && variable.starts_with(|first: char| !first.is_ascii_digit()) {
        ConfigError::VariableMissing { variable: variable.to_owned() }
    } else {
        ConfigError::VariableNameInvalid
    }
}

/// Returns `None` if the variable is not set.
fn read<T>(
    variable: &str,
    parse: impl FnOnce(String) -> Result<T, ConfigError>,
) -> Result<Option<T>, ConfigError> {
    let invalid =
        |reason| ConfigError::VariableInvalid { variable: variable.to_owned(), reason: Box::new(reason) };
    // Such a name cannot be set, and asking for it can panic.
    if variable.is_empty() || variable.contains(['=', '\0']) {
        return Ok(None);
    }
    let Some(value) = env::var_os(variable) else { return Ok(None) };
    let text = value.into_string().map_err(|_| invalid(ConfigError::SecretNotText))?;
    parse(text).map(Some).map_err(invalid)
}

/// Calls [`Secret::new`].
impl TryFrom<String> for Secret {
    type Error = ConfigError;

    fn try_from(text: String) -> Result<Self, ConfigError> {
        Self::new(text)
    }
}

/// Calls [`Secret::new`].
impl TryFrom<&str> for Secret {
    type Error = ConfigError;

    fn try_from(text: &str) -> Result<Self, ConfigError> {
        Self::new(text)
    }
}

/// Calls [`Secret::new`].
impl FromStr for Secret {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        Self::new(text)
    }
}

/// Reads a string with [`Secret::new`]. Feature `serde`.
#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Secret {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Serde's own error quotes a number, which can be a secret without its quotation marks.
        let text =
            String::deserialize(deserializer).map_err(|_| D::Error::custom(ConfigError::SecretNotText))?;
        Self::new(text).map_err(D::Error::custom)
    }
}
