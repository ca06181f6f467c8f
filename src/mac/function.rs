//! The algorithms that make a signature from a key and a message.

use std::str::FromStr;

use super::Tag;
use crate::config_error::ConfigError;
use crate::encoding::hex;

/// The hash of an HMAC (RFC 2104) over a raw body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Algorithm {
    /// HMAC-SHA1, 40 hex digits. Legacy: SHA-1's collision resistance is broken. The HMAC is not known to be broken, but do not
    /// choose it for a new system.
    Sha1,
    /// HMAC-SHA256, 64 hex digits.
    #[default]
    Sha256,
    /// HMAC-SHA512, 128 hex digits.
    Sha512,
}

impl Algorithm {
    /// All algorithms of this version.
    pub const ALL: &[Self] = &[Self::Sha1, Self::Sha256, Self::Sha512];

    /// Returns the name in lower case: `sha1`, `sha256` or `sha512`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }
}

/// Parses a name as [`as_str`](Algorithm::as_str) writes it.
///
/// # Errors
///
/// - [`ConfigError::AlgorithmUnknown`]: it is another name.
impl FromStr for Algorithm {
    type Err = ConfigError;

    fn from_str(name: &str) -> Result<Self, ConfigError> {
        let named = Self::ALL.iter().find(|algorithm| algorithm.as_str() == name);
        named.copied().ok_or(ConfigError::AlgorithmUnknown)
    }
}

/// All keyed algorithms of the schemes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    /// MD5(message ‖ key).
    Md5Suffix,
    HmacMd5,
    HmacSha1,
    HmacSha256,
    HmacSha512,
}

impl Function {
    #[cfg(feature = "diagnose")]
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Md5Suffix => "md5hash",
            Self::HmacMd5 => "md5",
            Self::HmacSha1 => "sha1",
            Self::HmacSha256 => "sha256",
            Self::HmacSha512 => "sha512",
        }
    }

    pub(crate) const fn tag_bytes(self) -> usize {
        match self {
            Self::Md5Suffix | Self::HmacMd5 => 16,
            Self::HmacSha1 => 20,
            Self::HmacSha256 => 32,
            Self::HmacSha512 => 64,
        }
    }

    /// Decodes a signature of exactly this algorithm's length from hex of either case.
    pub(crate) fn decode_hex(self, text: &[u8]) -> Option<Tag> {
        match self {
            Self::Md5Suffix | Self::HmacMd5 => hex::decode::<16>(text).map(|tag| Tag::new(&tag)),
            Self::HmacSha1 => hex::decode::<20>(text).map(|tag| Tag::new(&tag)),
            Self::HmacSha256 => hex::decode::<32>(text).map(|tag| Tag::new(&tag)),
            Self::HmacSha512 => hex::decode::<64>(text).map(|tag| Tag::new(&tag)),
        }
    }
}

impl From<Algorithm> for Function {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Sha1 => Self::HmacSha1,
            Algorithm::Sha256 => Self::HmacSha256,
            Algorithm::Sha512 => Self::HmacSha512,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignatureKind {
    Mac(Function),
    #[cfg(feature = "ed25519")]
    Ed25519,
}

impl SignatureKind {
    /// Returns the algorithm of an HMAC or a keyed hash.
    #[cfg(feature = "diagnose")]
    #[cfg_attr(not(feature = "ed25519"), allow(clippy::unnecessary_wraps, reason = "a private key has none"))]
    pub(crate) const fn function(self) -> Option<Function> {
        match self {
            Self::Mac(function) => Some(function),
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => None,
        }
    }

    #[inline]
    pub(crate) const fn bytes(self) -> usize {
        match self {
            Self::Mac(function) => function.tag_bytes(),
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => 64,
        }
    }

    /// Decodes a signature of exactly this length from hex of either case.
    #[inline]
    pub(crate) fn decode_hex(self, text: &[u8]) -> Option<Tag> {
        match self {
            Self::Mac(function) => function.decode_hex(text),
            #[cfg(feature = "ed25519")]
            Self::Ed25519 => hex::decode::<64>(text).map(|tag| Tag::new(&tag)),
        }
    }
}
