//! Whose keys a request is tried with.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::{Algorithm, Function, MacKeys};
use crate::error::{Error, ErrorKind};
use crate::secret::{Keyring, Tenants};

/// The keys that requests may be signed with: one sender's, or each tenant's by name.
///
/// The kind of key decides the algorithm and the length of a signature. Nothing in a request does.
#[derive(Clone)]
pub struct Keys(Kind);

#[derive(Clone)]
enum Kind {
    One(MacKeys),
    Tenants(HashMap<Arc<str>, MacKeys>),
}

impl Keys {
    /// One sender's shared secrets, for an HMAC (RFC 2104).
    pub fn hmac(algorithm: Algorithm, keyring: impl Into<Keyring>) -> Self {
        Self::one(algorithm.into(), &keyring.into())
    }

    /// Several tenants' shared secrets, for an HMAC. A request names its tenant, whose secrets are tried and no other's.
    #[must_use]
    pub fn hmac_tenants(algorithm: Algorithm, tenants: Tenants) -> Self {
        Self::tenants(algorithm.into(), tenants)
    }

    pub(crate) fn one(function: Function, keyring: &Keyring) -> Self {
        Self(Kind::One(MacKeys::new(function, keyring)))
    }

    pub(crate) fn tenants(function: Function, tenants: Tenants) -> Self {
        let keyed = |(name, keyring)| (name, MacKeys::new(function, &keyring));
        Self(Kind::Tenants(tenants.into_keyrings().map(keyed).collect()))
    }

    /// The keys of the one sender, where there is one.
    #[cfg(feature = "diagnose")]
    pub(crate) fn single(&self) -> Option<&MacKeys> {
        match &self.0 {
            Kind::One(keys) => Some(keys),
            Kind::Tenants(_) => None,
        }
    }

    /// The function of all keys; `None` where there is no key.
    #[cfg(feature = "sign")]
    pub(crate) fn function(&self) -> Option<Function> {
        match &self.0 {
            Kind::One(keys) => Some(keys.function()),
            Kind::Tenants(tenants) => tenants.values().next().map(MacKeys::function),
        }
    }

    /// The keys to try, and the tenant they belong to where there are tenants. `untrusted_name` reads the request's own word
    /// for whose it is, and is not asked where there is one sender.
    #[inline]
    pub(crate) fn select<'d>(
        &self,
        untrusted_name: impl FnOnce() -> Result<Cow<'d, str>, Error>,
    ) -> Result<(&MacKeys, Option<&Arc<str>>), Error> {
        match &self.0 {
            Kind::One(keys) => Ok((keys, None)),
            Kind::Tenants(tenants) => {
                let (name, keys) =
                    tenants.get_key_value(&*untrusted_name()?).ok_or(ErrorKind::ApiKeyUnknown)?;
                Ok((keys, Some(name)))
            }
        }
    }
}

/// Shows how many tenants there are, and not their names.
impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::One(keys) => keys.fmt(f),
            Kind::Tenants(tenants) => f.debug_struct("Tenants").field("count", &tenants.len()).finish(),
        }
    }
}
