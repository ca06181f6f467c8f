//! The account's signature methods.

use std::str::FromStr;

use crate::config_error::ConfigError;
use crate::mac::Function;

/// The account's signature method. It is not in the request, and no other method is ever tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureMethod {
    /// "MD5 HASH signature" on the dashboard, the account's default: MD5 of the string followed by the secret. Legacy and weak:
    /// MD5 is broken, and this is not an HMAC. With MD5 collisions, two messages can have one signature. Set the account to
    /// SHA-256 or SHA-512.
    Md5Hash,
    /// "MD5 HMAC signature". Legacy: no attack on HMAC-MD5 itself is known, but do not choose it for a new system.
    Md5,
    /// "SHA1 HMAC signature". Legacy, as [`Md5`](Self::Md5).
    Sha1,
    /// "SHA-256 HMAC signature".
    Sha256,
    /// "SHA-512 HMAC signature".
    Sha512,
}

impl SignatureMethod {
    /// All methods of this version, in the order of the dashboard.
    pub const ALL: &[Self] = &[Self::Md5Hash, Self::Md5, Self::Sha1, Self::Sha256, Self::Sha512];

    /// Returns the name in lower case, as in the vendor's libraries: `md5hash`, `md5`, `sha1`, `sha256` or `sha512`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Md5Hash => "md5hash",
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }
}

/// Parses a name as [`as_str`](SignatureMethod::as_str) writes it.
///
/// # Errors
///
/// - [`ConfigError::AlgorithmUnknown`]: it is another name.
impl FromStr for SignatureMethod {
    type Err = ConfigError;

    fn from_str(name: &str) -> Result<Self, ConfigError> {
        let named = Self::ALL.iter().find(|method| method.as_str() == name);
        named.copied().ok_or(ConfigError::AlgorithmUnknown)
    }
}

impl From<SignatureMethod> for Function {
    fn from(method: SignatureMethod) -> Self {
        match method {
            SignatureMethod::Md5Hash => Self::Md5Suffix,
            SignatureMethod::Md5 => Self::HmacMd5,
            SignatureMethod::Sha1 => Self::HmacSha1,
            SignatureMethod::Sha256 => Self::HmacSha256,
            SignatureMethod::Sha512 => Self::HmacSha512,
        }
    }
}
