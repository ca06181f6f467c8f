//! Shared secrets: one, several in rotation, or a keyring per tenant.

mod keyring;
mod read;
mod tenants;

pub use keyring::{KeyId, Keyring};
#[cfg(feature = "ed25519")]
pub(crate) use read::from_env;
pub use tenants::Tenants;

use std::fmt;

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::config_error::ConfigError;
use crate::encoding;

/// A shared secret of at least one byte. It is redacted in `Debug` and overwritten when dropped.
///
/// It cannot be empty, printed or compared.
///
/// # Example
///
/// ```
/// use countersign::{ConfigError, Secret};
///
/// let secret = Secret::new("whsec-5f1e3c07")?;
/// assert_eq!(format!("{secret:?}"), "Secret(redacted)");
///
/// assert_eq!(Secret::new("").unwrap_err(), ConfigError::SecretEmpty);
/// assert_eq!(Secret::new("whsec-5f1e3c07\n").unwrap_err(), ConfigError::SecretPadded);
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    /// Takes a secret as the platform's dashboard shows it. The text is used as UTF-8 bytes and never decoded.
    ///
    /// Bytes that are not UTF-8 are taken unchanged, since white space has no meaning there.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::SecretEmpty`]: it is empty.
    /// - [`ConfigError::SecretBlank`]: it is only white space.
    /// - [`ConfigError::SecretIsKeyFile`]: it is a PEM, a JSON Web Key or an SSH public key.
    /// - [`ConfigError::SecretPadded`]: white space (line feed, no-break space, byte order mark, …) surrounds it. If that is
    ///   part of the secret, use [`Secret::verbatim`].
    pub fn new(key: impl Into<Vec<u8>>) -> Result<Self, ConfigError> {
        let secret = Self::verbatim(key)?;
        let Ok(text) = str::from_utf8(&secret.0) else { return Ok(secret) };
        let core = text.trim_matches(|c: char| c.is_whitespace() || c == BYTE_ORDER_MARK);
        if core.is_empty() {
            Err(ConfigError::SecretBlank)
        } else if is_key_file(core) {
            Err(ConfigError::SecretIsKeyFile)
        } else if core.len() < text.len() {
            Err(ConfigError::SecretPadded)
        } else {
            Ok(secret)
        }
    }

    /// Takes a secret's bytes unchanged, with white space.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::SecretEmpty`]: it is empty.
    pub fn verbatim(key: impl Into<Vec<u8>>) -> Result<Self, ConfigError> {
        let bytes = Zeroizing::new(key.into());
        if bytes.is_empty() { Err(ConfigError::SecretEmpty) } else { Ok(Self(bytes)) }
    }

    /// Decodes a secret from base64: the standard alphabet of RFC 4648, section 4, padded or not.
    ///
    /// Not for [`vonage::ContactCenter`](crate::vonage::ContactCenter), which decodes its secret itself.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::SecretNotBase64`]: the text is not base64.
    /// - [`ConfigError::SecretEmpty`]: it decodes to nothing.
    pub fn from_base64(text: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Self::verbatim(encoding::base64::decode_standard(text.as_ref()).ok_or(ConfigError::SecretNotBase64)?)
    }

    /// Decodes as [`from_base64`](Self::from_base64) does, but ignores trailing bits, as some platforms do.
    pub(crate) fn from_lenient_base64(text: impl AsRef<[u8]>) -> Result<Self, ConfigError> {
        Self::verbatim(encoding::base64::decode_lenient(text.as_ref()).ok_or(ConfigError::SecretNotBase64)?)
    }

    /// Returns a short name for logs and dashboards: 8 hex digits of its SHA-256.
    ///
    /// It does not help to compute signatures. But a guess of the secret can be tested with it. Do not publish the fingerprint
    /// of a secret that is short enough to guess.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let digest =
            Sha256::new().chain_update(b"countersign fingerprint\0").chain_update(self.bytes()).finalize();
        encoding::hex::encode(digest.get(..4).unwrap_or_default())
    }

    /// Makes a secret for tests: base64 of the seed.
    #[cfg(feature = "sign")]
    pub(crate) fn of_seed(seed: [u8; 32]) -> Self {
        Self(Zeroizing::new(encoding::base64::encode_padded(&seed).into_bytes()))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

fn is_key_file(text: &str) -> bool {
    let is_jwk = || text.starts_with('{') && (text.contains("\"kty\"") || text.contains("\"keys\""));
    ["-----BEGIN", "ssh-rsa ", "ssh-ed25519 ", "ecdsa-sha2-"].iter().any(|start| text.starts_with(start))
        || is_jwk()
}

const BYTE_ORDER_MARK: char = '\u{feff}';
