//! Ed25519 (RFC 8032): public keys, and incremental verification.

use std::fmt;

use ed25519_dalek::{Signature, StreamVerifier, VerifyingKey};

use super::Tags;
use crate::config_error::ConfigError;
use crate::encoding::base64;
use crate::secret::{KeyId, from_env};

/// An Ed25519 public key (RFC 8032). Feature `ed25519`.
///
/// # Example
///
/// ```
/// use countersign::{ConfigError, PublicKey};
///
/// assert!(PublicKey::from_base64("+7E99DXiiQXvceNX4nHm3Lbm5mqPWad5RhDr2ufuCik=").is_ok());
///
/// // With the neutral element, forged signatures verify.
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
    /// - [`ConfigError::PublicKeyInvalid`]: the bytes are not a canonical point of the curve, or a point of small order. With
    ///   such a point, anyone can make signatures that verify.
    pub fn new(bytes: [u8; 32]) -> Result<Self, ConfigError> {
        // Some points have a second, non-canonical encoding: two texts would be one key.
        let is_canonical = |key: &VerifyingKey| key.to_edwards().compress().to_bytes() == bytes;
        let key = VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak() && is_canonical(key));
        key.map(Self).ok_or(ConfigError::PublicKeyInvalid)
    }

    /// Decodes a key from base64 of the standard alphabet, padded or not. The prefix `whpk_` of Standard Webhooks is optional.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::PublicKeyInvalid`]: it is not base64 of 32 bytes, or [`new`](Self::new) rejects them. A PEM is rejected,
    ///   and so is white space, such as the last line feed of a file.
    pub fn from_base64(text: &str) -> Result<Self, ConfigError> {
        let text = text.strip_prefix("whpk_").unwrap_or(text);
        let bytes = base64::decode_standard(text.as_bytes()).and_then(|bytes| bytes.try_into().ok());
        Self::new(bytes.ok_or(ConfigError::PublicKeyInvalid)?)
    }

    /// Reads a key from an environment variable, with [`from_base64`](Self::from_base64).
    ///
    /// ```no_run
    /// use countersign::{PublicKey, Telnyx};
    ///
    /// let telnyx = Telnyx::new([PublicKey::from_env("TELNYX_PUBLIC_KEY")?])?;
    /// # Ok::<(), countersign::ConfigError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ConfigError::VariableMissing`], [`ConfigError::VariableNameInvalid`]: it is not set.
    /// - [`ConfigError::VariableInvalid`]: its value is not a public key.
    pub fn from_env(variable: &str) -> Result<Self, ConfigError> {
        from_env(variable, |text| Self::from_base64(&text))
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

    /// Begins the check of a message with every key and every signature, since Ed25519 hashes the signature before the message.
    ///
    /// As strict as `verify_strict`, which takes no chunks: a signature with a point of small order is rejected.
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

/// The running checks, one for each key and signature.
pub(crate) struct Streams(Vec<(u32, StreamVerifier)>);

impl Streams {
    pub(super) fn update(&mut self, chunk: &[u8]) {
        self.0.iter_mut().for_each(|(_, stream)| stream.update(chunk));
    }

    /// Returns the key with which one of the signatures is valid.
    pub(super) fn find(self) -> Option<KeyId> {
        let holds =
            |(index, stream): (u32, StreamVerifier)| stream.finalize_and_verify().is_ok().then_some(index);
        self.0.into_iter().find_map(holds).map(KeyId::new)
    }
}
