//! Whose keys a delivery is tried with.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::{Function, MacKeys};
use crate::error::{Error, ErrorKind};
use crate::secret::{Keyring, Tenants};

/// One sender's keys, or each tenant's by `api_key`.
pub(crate) enum KeySource {
    One(MacKeys),
    Tenants(HashMap<Arc<str>, MacKeys>),
}

impl KeySource {
    pub(crate) fn one(function: Function, keyring: &Keyring) -> Self {
        Self::One(MacKeys::new(function, keyring))
    }

    pub(crate) fn tenants(function: Function, tenants: Tenants) -> Self {
        let keyed = |(name, keyring)| (name, MacKeys::new(function, &keyring));
        Self::Tenants(tenants.into_keyrings().map(keyed).collect())
    }

    /// The keys to try, and the tenant they belong to where there are tenants. `untrusted_api_key` reads the delivery's
    /// own word for whose it is, and is not asked where there is one sender.
    pub(crate) fn select<'d>(
        &self,
        untrusted_api_key: impl FnOnce() -> Result<Cow<'d, str>, Error>,
    ) -> Result<(&MacKeys, Option<&Arc<str>>), Error> {
        match self {
            Self::One(keys) => Ok((keys, None)),
            Self::Tenants(tenants) => {
                let (name, keys) =
                    tenants.get_key_value(&*untrusted_api_key()?).ok_or(ErrorKind::ApiKeyUnknown)?;
                Ok((keys, Some(name)))
            }
        }
    }
}

/// Shows how many tenants there are, and not their names.
impl fmt::Debug for KeySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::One(keys) => keys.fmt(f),
            Self::Tenants(tenants) => f.debug_struct("Tenants").field("count", &tenants.len()).finish(),
        }
    }
}
