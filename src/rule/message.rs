//! The bytes that are signed.

use std::str::FromStr;

use crate::config_error::ConfigError;
use crate::encoding::{base64, hex};
use crate::params::FormParams;

/// A candidate for what was signed: bytes before and after the place of the body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    pub(crate) before: Vec<u8>,
    pub(crate) place: Option<Place>,
    pub(crate) after: Vec<u8>,
}

/// What stands in the body's place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    /// Its bytes.
    Raw,
    /// Its hash.
    Digest(Hash, Encoding, OfEmpty),
    /// Its parameters, joined.
    Form(FormJoin),
}

/// What stands in the place of a hash where the body is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfEmpty {
    /// The hash of no byte.
    Hash,
    Nothing,
}

/// Joins the parameters of a form: puts them into the order in which they are signed, takes out those that are not, and appends them
/// to the signed bytes.
pub type FormJoin = fn(&mut FormParams, &mut Vec<u8>);

/// A hash of a body, without a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hash {
    /// MD5. Legacy: broken; it is here because platforms sign it.
    Md5,
    /// SHA-256.
    Sha256,
}

/// How bytes are written in a signed message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// Lower-case hex.
    Hex,
    /// Base64 of the standard alphabet, padded.
    Base64,
}

/// Reads `hex` or `base64`.
///
/// # Errors
///
/// - [`ConfigError::EncodingUnknown`]: it is neither.
impl FromStr for Encoding {
    type Err = ConfigError;

    fn from_str(name: &str) -> Result<Self, ConfigError> {
        match name {
            "hex" => Ok(Self::Hex),
            "base64" => Ok(Self::Base64),
            _ => Err(ConfigError::EncodingUnknown),
        }
    }
}

impl Message {
    /// Adds bytes where the message has got to.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let part = if self.place.is_none() { &mut self.before } else { &mut self.after };
        if part.capacity() == 0 {
            *part = Vec::with_capacity(bytes.len().max(USUAL_BYTES));
        }
        part.extend_from_slice(bytes);
    }

    /// Whether it is the raw body and nothing else.
    #[inline]
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.place, Some(Place::Raw)) && self.is_body_alone()
    }

    /// Whether it is the body, or what stands for it, and nothing else.
    #[inline]
    pub(super) fn is_body_alone(&self) -> bool {
        self.place.is_some() && self.before.is_empty() && self.after.is_empty()
    }
}

impl Encoding {
    pub(crate) fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex => hex::encode(bytes),
            Self::Base64 => base64::encode_padded(bytes),
        }
    }
}

/// Room for the bytes beside the body that most platforms sign: a time, an identifier.
const USUAL_BYTES: usize = 64;
