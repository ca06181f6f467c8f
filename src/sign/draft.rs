//! A request that is being signed.

use std::fmt;

use md5::Md5;
use sha2::Digest;

use super::{Delivery, Unsigned};
use crate::encoding::{base64, hex, iso8601};
use crate::mac::sha256;
use crate::request::Request;
use crate::rule::{Encoding, Hash};
use crate::time::UnixTime;

/// A request that is being signed. [`Sign::write`](super::Sign::write) adds what the rule reads.
///
/// Its methods mirror those of [`Envelope`](crate::rule::Envelope): [`hex`](Self::hex) writes what `hex` there reads.
pub struct Draft<'u> {
    unsigned: &'u Unsigned,
    time: UnixTime,
    tag: Vec<u8>,
    delivery: Delivery,
}

impl<'u> Draft<'u> {
    pub(super) fn new(unsigned: &'u Unsigned, time: UnixTime, tag: Vec<u8>) -> Self {
        Self { unsigned, time, tag, delivery: unsigned.delivery.clone() }
    }

    pub(super) fn into_delivery(self) -> Delivery {
        self.delivery
    }

    /// Adds a header.
    pub fn header(&mut self, name: &str, value: impl AsRef<str>) {
        self.delivery.add_header(name, value.as_ref());
    }

    /// Adds a query parameter without escaping it.
    pub fn query(&mut self, name: &str, value: impl AsRef<str>) {
        self.delivery.add_to_query(name, value.as_ref());
    }

    /// Views the request so far.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        self.delivery.request()
    }

    /// Returns the signature in lower-case hex.
    #[must_use]
    pub fn hex(&self) -> String {
        hex::encode(&self.tag)
    }

    /// Returns the signature in base64 of the standard alphabet, padded.
    #[must_use]
    pub fn base64(&self) -> String {
        base64::encode_padded(&self.tag)
    }

    /// Returns the time in seconds since the Unix epoch.
    #[must_use]
    pub fn seconds(&self) -> String {
        self.time.to_string()
    }

    /// Returns the time in milliseconds since the Unix epoch.
    #[must_use]
    pub fn millis(&self) -> String {
        self.time.as_secs().saturating_mul(1_000).to_string()
    }

    /// Returns the time in ISO 8601, `2023-11-14T22:13:20Z`. Empty outside the years 1 to 9999.
    #[must_use]
    pub fn iso8601(&self) -> String {
        iso8601::text(self.time.as_secs()).unwrap_or_default()
    }

    /// Returns the identifier. Default: made of the time and the body, so it differs if one of them does.
    #[must_use]
    pub fn id(&self) -> String {
        let made = || hex::encode(&sha256(&[self.seconds().as_bytes(), b" ", self.delivery.body()].concat()));
        self.unsigned.id.clone().unwrap_or_else(made)
    }

    /// Returns the tenant whose secret signs, if one was set.
    #[must_use]
    pub fn tenant(&self) -> Option<&'u str> {
        self.unsigned.tenant.as_deref()
    }

    /// Returns a hash of the body.
    #[must_use]
    pub fn body_hash(&self, hash: Hash, encoding: Encoding) -> String {
        encoding.encode(&digest(hash, self.delivery.body()))
    }
}

/// Hides the signature.
impl fmt::Debug for Draft<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Draft").field("delivery", &self.delivery).finish_non_exhaustive()
    }
}

pub(super) fn digest(hash: Hash, bytes: &[u8]) -> Vec<u8> {
    match hash {
        Hash::Md5 => Md5::digest(bytes).to_vec(),
        Hash::Sha256 => sha256(bytes).to_vec(),
    }
}
