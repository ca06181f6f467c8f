//! Ed25519 (RFC 8032): public keys, and signatures under way.

use std::fmt;

use ed25519_dalek::{Signature, StreamVerifier, VerifyingKey};

use super::Tags;
use crate::config_error::ConfigError;
use crate::encoding::base64;
use crate::secret::KeyId;

/// An Ed25519 public key (RFC 8032). Feature `ed25519`.
///
/// # Example
///
/// ```
/// use countersign::{ConfigError, PublicKey};
///
/// assert!(PublicKey::from_base64("+7E99DXiiQXvceNX4nHm3Lbm5mqPWad5RhDr2ufuCik=").is_ok());
///
/// // The neutral element verifies signatures that nobody made.
/// let weak = [&[1][..], &[0; 31]].concat().try_into().unwrap_or_default();
/// assert_eq!(PublicKey::new(weak).unwrap_err(), ConfigError::PublicKeyInvalid);
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

impl PublicKey {
    /// Takes the 32 bytes of a key.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::PublicKeyInvalid`]: they are no point of the curve in its canonical encoding, or one of small order, under
    ///   which signatures verify that nobody made.
    pub fn new(bytes: [u8; 32]) -> Result<Self, ConfigError> {
        // A point has encodings that are not canonical: two texts would be one key.
        let is_canonical = |key: &VerifyingKey| key.to_edwards().compress().to_bytes() == bytes;
        let key = VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak() && is_canonical(key));
        key.map(Self).ok_or(ConfigError::PublicKeyInvalid)
    }

    /// Decodes a key from base64 of the standard alphabet, padded or not, with or without the prefix `whpk_` of Standard Webhooks.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::PublicKeyInvalid`]: it is not base64 of 32 bytes, or those are no key: see [`new`](Self::new).
    pub fn from_base64(text: &str) -> Result<Self, ConfigError> {
        let text = text.strip_prefix("whpk_").unwrap_or(text);
        let bytes = base64::decode_standard(text.as_bytes()).and_then(|bytes| bytes.try_into().ok());
        Self::new(bytes.ok_or(ConfigError::PublicKeyInvalid)?)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PublicKey")
    }
}

/// A sender's public keys, newest first.
#[derive(Clone, Debug)]
pub(crate) struct PublicKeys(Vec<PublicKey>);

impl PublicKeys {
    pub(super) fn new(keys: impl IntoIterator<Item = PublicKey>) -> Result<Self, ConfigError> {
        let keys: Vec<_> = keys.into_iter().collect();
        if keys.is_empty() { Err(ConfigError::KeyringEmpty) } else { Ok(Self(keys)) }
    }

    /// Begins the check of a message under every key and with every signature, which Ed25519 hashes before the message.
    ///
    /// As strict as `verify_strict`, which does not take chunks: a signature with a point of small order is none.
    pub(super) fn begin(&self, given: &Tags) -> Streams {
        let is_strict = |signature: &Signature| {
            VerifyingKey::from_bytes(signature.r_bytes()).is_ok_and(|point| !point.is_weak())
        };
        let signatures: Vec<_> = given
            .iter()
            .filter_map(|tag| Signature::from_slice(tag.as_bytes()).ok())
            .filter(is_strict)
            .collect();
        let streams = (0..).zip(&self.0).flat_map(|(index, key)| {
            let streams = signatures.iter().filter_map(|signature| key.0.verify_stream(signature).ok());
            streams.map(move |stream| (index, stream))
        });
        Streams(streams.collect())
    }
}

/// A message under way, under every key and with every signature.
pub(crate) struct Streams(Vec<(u32, StreamVerifier)>);

impl Streams {
    pub(super) fn update(&mut self, chunk: &[u8]) {
        self.0.iter_mut().for_each(|(_, stream)| stream.update(chunk));
    }

    /// Finds the key under which one of the signatures holds.
    pub(super) fn find(self) -> Option<KeyId> {
        let holds =
            |(index, stream): (u32, StreamVerifier)| stream.finalize_and_verify().is_ok().then_some(index);
        self.0.into_iter().find_map(holds).map(KeyId::new)
    }
}
