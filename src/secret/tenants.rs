//! The secrets of several senders.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::fmt;
use std::sync::Arc;

use super::{Keyring, Secret};
use crate::config_error::ConfigError;

/// The keyrings of several accounts by name, for a service with one address for all of them.
///
/// The request names its account. Only that account's secrets are tried.
///
/// # Example
///
/// ```
/// use countersign::{ConfigError, Secret, Tenants};
///
/// let tenants = Tenants::new([
///     ("a1b2c3d4", Secret::new("secret-of-the-first")?),
///     ("e5f6a7b8", Secret::new("secret-of-the-second")?),
/// ])?;
/// assert_eq!(format!("{tenants:?}"), "Tenants { count: 2 }");
///
/// assert_eq!(Tenants::new([("", Secret::new("s3cr3t")?)]).unwrap_err(), ConfigError::NameEmpty);
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Tenants(HashMap<Arc<str>, Keyring>);

impl Tenants {
    /// Takes pairs of an account's name and its secret or keyring. The scheme's documentation says what the name is.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::KeyringEmpty`]: there are no pairs.
    /// - [`ConfigError::NameEmpty`]: a name is empty.
    /// - [`ConfigError::TenantRepeated`]: a name appears twice.
    pub fn new<N: AsRef<str>, K: Into<Keyring>>(
        keyrings: impl IntoIterator<Item = (N, K)>,
    ) -> Result<Self, ConfigError> {
        let mut tenants = HashMap::new();
        for (name, keyring) in keyrings {
            if name.as_ref().is_empty() {
                return Err(ConfigError::NameEmpty);
            }
            match tenants.entry(name.as_ref().into()) {
                Entry::Vacant(tenant) => tenant.insert(keyring.into()),
                Entry::Occupied(_) => return Err(ConfigError::TenantRepeated),
            };
        }
        if tenants.is_empty() { Err(ConfigError::KeyringEmpty) } else { Ok(Self(tenants)) }
    }

    /// Transforms each secret, such as by decoding it.
    pub(crate) fn keyed(
        self,
        key: impl Fn(&Secret) -> Result<Secret, ConfigError>,
    ) -> Result<Self, ConfigError> {
        let tenants = self.0.into_iter().map(|(name, keyring)| Ok((name, keyring.keyed(&key)?)));
        tenants.collect::<Result<_, _>>().map(Self)
    }

    pub(crate) fn into_keyrings(self) -> impl Iterator<Item = (Arc<str>, Keyring)> {
        self.0.into_iter()
    }
}

impl fmt::Debug for Tenants {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tenants").field("count", &self.0.len()).finish()
    }
}
