//! The secrets of one sender.

use std::fmt;

use super::Secret;
use crate::config_error::ConfigError;

/// The secrets that one sender may sign with: one, or several while the secret is being rotated, newest first.
///
/// # Example
///
/// ```
/// use countersign::{ConfigError, Keyring, Secret};
///
/// let keyring = Keyring::new([Secret::new("new-5f1e3c07")?, Secret::new("old-9a2b4d61")?])?;
/// assert_eq!(format!("{keyring:?}"), "Keyring { secrets: 2 }");
///
/// assert_eq!(Keyring::new([]).unwrap_err(), ConfigError::KeyringEmpty);
/// # Ok::<(), ConfigError>(())
/// ```
pub struct Keyring(Vec<Secret>);

impl Keyring {
    /// Takes secrets, newest first. Every verification tries them all, whichever matches.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::KeyringEmpty`]: there is no secret.
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> Result<Self, ConfigError> {
        let secrets: Vec<_> = secrets.into_iter().collect();
        if secrets.is_empty() { Err(ConfigError::KeyringEmpty) } else { Ok(Self(secrets)) }
    }

    pub(crate) fn secrets(&self) -> &[Secret] {
        &self.0
    }
}

impl From<Secret> for Keyring {
    fn from(secret: Secret) -> Self {
        Self(vec![secret])
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keyring").field("secrets", &self.0.len()).finish()
    }
}

/// Which secret of a [`Keyring`] matched: its position, 0 for the newest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(u32);

impl KeyId {
    /// Names the secret at a position of the keyring.
    #[must_use]
    pub const fn new(index: u32) -> Self {
        Self(index)
    }

    /// The position in the keyring.
    #[must_use]
    pub const fn index(self) -> u32 {
        self.0
    }

    /// Whether the first secret matched, the newest.
    #[must_use]
    pub const fn is_newest(self) -> bool {
        self.0 == 0
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
