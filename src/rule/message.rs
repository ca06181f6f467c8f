//! The signed bytes.

use std::str::FromStr;

use crate::config_error::ConfigError;
use crate::encoding::{base64, hex};
use crate::params::FormParams;

/// A candidate for the signed message: the bytes before and after the body.
#[derive(Clone, Debug, Default)]
pub(crate) struct Message {
    pub(crate) before: Vec<u8>,
    pub(crate) place: Option<Place>,
    pub(crate) after: Vec<u8>,
}

/// What the message has in the body's place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Raw,
    Digest(Hash, Encoding, OfEmpty),
    Form(FormJoin),
}

/// What replaces the hash of an empty body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OfEmpty {
    /// The hash of zero bytes.
    Hash,
    Nothing,
}

/// Joins the parameters of a form: sorts them, removes unsigned ones, and appends them to the signed bytes.
pub type FormJoin = fn(&mut FormParams, &mut Vec<u8>);

/// A hash of a body, without a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hash {
    /// MD5. Legacy and broken. It is here because platforms use it.
    Md5,
    /// SHA-256.
    Sha256,
}

/// How a signed message encodes bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Encoding {
    /// Lower-case hex.
    Hex,
    /// Base64 of the standard alphabet, padded.
    Base64,
}

/// Parses `hex` or `base64`.
///
/// # Errors
///
/// - [`ConfigError::EncodingUnknown`]: it is another name.
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
    pub(super) fn push(&mut self, bytes: &[u8]) {
        let part = if self.place.is_none() { &mut self.before } else { &mut self.after };
        if part.capacity() == 0 {
            *part = Vec::with_capacity(bytes.len().max(USUAL_BYTES));
        }
        part.extend_from_slice(bytes);
    }

    /// Whether the message is only the body, its hash or its parameters.
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

/// Room for the other bytes that most platforms sign: a time, an identifier.
const USUAL_BYTES: usize = 64;
