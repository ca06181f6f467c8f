//! Signing keys.

use std::fmt;

use crate::config_error::ConfigError;
#[cfg(feature = "ed25519")]
use crate::mac::PublicKey;
use crate::mac::{MacKeys, SignatureKind};
use crate::secret::Secret;

/// A signing key: a shared [`Secret`], or with the feature `ed25519` a private key.
#[derive(Clone)]
pub struct SigningKey(Kind);

#[derive(Clone)]
enum Kind {
    Secret(Secret),
    #[cfg(feature = "ed25519")]
    Ed25519(ed25519_dalek::SigningKey),
}

impl SigningKey {
    /// Makes the Ed25519 private key of this seed (RFC 8032, section 5.1.5).
    #[cfg(feature = "ed25519")]
    #[must_use]
    pub fn ed25519(seed: [u8; 32]) -> Self {
        Self(Kind::Ed25519(ed25519_dalek::SigningKey::from_bytes(&seed)))
    }

    /// Returns the public key. `None` for a shared secret.
    #[cfg(feature = "ed25519")]
    #[must_use]
    pub fn public_key(&self) -> Option<PublicKey> {
        match &self.0 {
            Kind::Secret(_) => None,
            Kind::Ed25519(key) => PublicKey::new(key.verifying_key().to_bytes()).ok(),
        }
    }

    /// Returns the shared secret. `None` for a private key.
    #[cfg_attr(not(feature = "ed25519"), allow(clippy::unnecessary_wraps, reason = "a private key has none"))]
    pub(crate) fn secret(&self) -> Option<&Secret> {
        match &self.0 {
            Kind::Secret(secret) => Some(secret),
            #[cfg(feature = "ed25519")]
            Kind::Ed25519(_) => None,
        }
    }

    /// Makes the key of a secret in the platform's encoding.
    pub(super) fn of_shown(
        self,
        key: impl FnOnce(&Secret) -> Result<Secret, ConfigError>,
    ) -> Result<Self, ConfigError> {
        match &self.0 {
            Kind::Secret(shown) => key(shown).map(Self::from),
            #[cfg(feature = "ed25519")]
            Kind::Ed25519(_) => Ok(self),
        }
    }

    /// Signs a message. `None` if it needs another kind of key.
    #[cfg_attr(
        not(feature = "ed25519"),
        allow(clippy::unnecessary_wraps, reason = "another kind of key has none")
    )]
    pub(super) fn tag(&self, kind: SignatureKind, message: &[u8]) -> Option<Vec<u8>> {
        match (&self.0, kind) {
            (Kind::Secret(secret), SignatureKind::Mac(function)) => {
                Some(MacKeys::of_secret(function, secret).sign(&[message]))
            }
            #[cfg(feature = "ed25519")]
            (Kind::Ed25519(key), SignatureKind::Ed25519) => {
                Some(ed25519_dalek::Signer::sign(key, message).to_bytes().to_vec())
            }
            #[cfg(feature = "ed25519")]
            _ => None,
        }
    }
}

impl From<Secret> for SigningKey {
    fn from(secret: Secret) -> Self {
        Self(Kind::Secret(secret))
    }
}

impl From<&Secret> for SigningKey {
    fn from(secret: &Secret) -> Self {
        secret.clone().into()
    }
}

impl From<&Self> for SigningKey {
    fn from(key: &Self) -> Self {
        key.clone()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(redacted)")
    }
}
