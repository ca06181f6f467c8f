//! The keys of requests, shared or public.

#[cfg(feature = "ed25519")]
use super::ed25519::{PublicKey, PublicKeys, Streams};
use super::senders::Senders;
use super::{Algorithm, Mac, MacKeys, SignatureKind, Tags};
#[cfg(feature = "ed25519")]
use crate::config_error::ConfigError;
use crate::secret::{KeyId, Keyring, Tenants};

/// The keys that sign requests: one sender's, or each tenant's by name.
///
/// The kind of key decides the algorithm and the length of a signature. Nothing in a request does.
#[derive(Clone, Debug)]
pub struct Keys(pub(crate) Senders<SenderKeys>);

impl Keys {
    /// One sender's shared secrets, for an HMAC (RFC 2104).
    pub fn hmac(algorithm: Algorithm, keyring: impl Into<Keyring>) -> Self {
        Self(Senders::One(SenderKeys::Mac(MacKeys::new(algorithm.into(), &keyring.into()))))
    }

    /// Several tenants' shared secrets, for an HMAC. Only the secrets of the tenant that a request names are tried.
    #[must_use]
    pub fn hmac_tenants(algorithm: Algorithm, tenants: Tenants) -> Self {
        Self(Senders::keyed(tenants, |keyring| SenderKeys::Mac(MacKeys::new(algorithm.into(), keyring))))
    }

    /// One sender's public keys, newest first, for Ed25519 (RFC 8032).
    ///
    /// # Errors
    ///
    /// - [`ConfigError::KeyringEmpty`]: there is no key.
    #[cfg(feature = "ed25519")]
    pub fn ed25519(keys: impl IntoIterator<Item = PublicKey>) -> Result<Self, ConfigError> {
        Ok(Self(Senders::One(SenderKeys::Ed25519(PublicKeys::new(keys)?))))
    }
}

impl Keys {
    /// Returns the HMAC of a message with this key of the single sender. `None` if there is no such key.
    pub(crate) fn tag(&self, key: KeyId, message: &[u8]) -> Option<Vec<u8>> {
        match &self.0 {
            Senders::One(SenderKeys::Mac(keys)) => keys.tag(key, message),
            _ => None,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) enum SenderKeys {
    Mac(MacKeys),
    #[cfg(feature = "ed25519")]
    Ed25519(PublicKeys),
}

impl SenderKeys {
    #[inline]
    pub(crate) fn kind(&self) -> SignatureKind {
        match self {
            Self::Mac(keys) => SignatureKind::Mac(keys.function()),
            #[cfg(feature = "ed25519")]
            Self::Ed25519(_) => SignatureKind::Ed25519,
        }
    }

    #[cfg(feature = "diagnose")]
    #[cfg_attr(
        not(feature = "ed25519"),
        allow(clippy::unnecessary_wraps, reason = "another kind of key has none")
    )]
    pub(crate) fn mac(&self) -> Option<&MacKeys> {
        match self {
            Self::Mac(keys) => Some(keys),
            #[cfg(feature = "ed25519")]
            Self::Ed25519(_) => None,
        }
    }

    /// Returns the key with which a message in parts has one of the given signatures.
    #[inline]
    pub(crate) fn find(&self, message: &[&[u8]], given: &Tags) -> Option<KeyId> {
        match self {
            Self::Mac(keys) => keys.find(message, given),
            #[cfg(feature = "ed25519")]
            Self::Ed25519(keys) => {
                let mut streams = keys.begin(given);
                for part in message {
                    streams.update(part);
                }
                streams.find()
            }
        }
    }

    #[cfg_attr(
        not(feature = "ed25519"),
        expect(unused_variables, reason = "a MAC meets its tags at the end")
    )]
    pub(crate) fn begin(&self, given: &Tags) -> Running {
        match self {
            Self::Mac(keys) => Running::Mac(keys.begin()),
            #[cfg(feature = "ed25519")]
            Self::Ed25519(keys) => Running::Ed25519(keys.begin(given)),
        }
    }
}

/// A running message, with all keys of a sender.
pub(crate) enum Running {
    Mac(Mac),
    #[cfg(feature = "ed25519")]
    Ed25519(Streams),
}

impl Running {
    pub(crate) fn update(&mut self, chunk: &[u8]) {
        match self {
            Self::Mac(mac) => mac.update(chunk),
            #[cfg(feature = "ed25519")]
            Self::Ed25519(streams) => streams.update(chunk),
        }
    }

    /// Returns the key with which the message has one of the given signatures.
    pub(crate) fn find(self, given: &Tags) -> Option<KeyId> {
        match self {
            Self::Mac(mac) => mac.find(given),
            #[cfg(feature = "ed25519")]
            Self::Ed25519(streams) => streams.find(),
        }
    }
}
