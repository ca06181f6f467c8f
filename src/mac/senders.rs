//! The choice of the keys for a request.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::{Function, MacKeys};
use crate::error::{Error, ErrorKind};
use crate::secret::{Keyring, Tenants};

/// The keys of one sender, or of each tenant by name.
#[derive(Clone)]
pub(crate) enum Senders<K> {
    One(K),
    Tenants(HashMap<Arc<str>, K>),
}

impl<K> Senders<K> {
    /// Builds the keys of each tenant.
    pub(super) fn keyed(tenants: Tenants, key: impl Fn(&Keyring) -> K) -> Self {
        Self::Tenants(tenants.into_keyrings().map(|(name, keyring)| (name, key(&keyring))).collect())
    }

    /// Returns the keys to try, and their tenant if there are tenants. Only then `untrusted_name` reads the name in the
    /// request.
    #[inline]
    pub(crate) fn select<'d>(
        &self,
        untrusted_name: impl FnOnce() -> Result<Cow<'d, str>, Error>,
    ) -> Result<(&K, Option<&Arc<str>>), Error> {
        match self {
            Self::One(keys) => Ok((keys, None)),
            Self::Tenants(tenants) => {
                let (name, keys) =
                    tenants.get_key_value(&*untrusted_name()?).ok_or(ErrorKind::TenantUnknown)?;
                Ok((keys, Some(name)))
            }
        }
    }

    /// Returns the keys of the single sender, if there is one.
    #[cfg(feature = "diagnose")]
    pub(crate) fn single(&self) -> Option<&K> {
        match self {
            Self::One(keys) => Some(keys),
            Self::Tenants(_) => None,
        }
    }

    /// Returns the keys of any sender. `None` if there is no tenant.
    pub(crate) fn any(&self) -> Option<&K> {
        match self {
            Self::One(keys) => Some(keys),
            Self::Tenants(tenants) => tenants.values().next(),
        }
    }
}

impl Senders<MacKeys> {
    pub(crate) fn one(function: Function, keyring: &Keyring) -> Self {
        Self::One(MacKeys::new(function, keyring))
    }

    pub(crate) fn tenants(function: Function, tenants: Tenants) -> Self {
        Self::keyed(tenants, |keyring| MacKeys::new(function, keyring))
    }
}

/// Shows the number of tenants, not their names.
impl<K: fmt::Debug> fmt::Debug for Senders<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(keys) => keys.fmt(f),
            Self::Tenants(tenants) => f.debug_struct("Tenants").field("count", &tenants.len()).finish(),
        }
    }
}
