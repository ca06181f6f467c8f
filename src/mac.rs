//! Hashes, with and without a key. Each key's state is built once, with the verifier. A message is hashed with every key.

#[cfg(feature = "ed25519")]
mod ed25519;
mod function;
mod keyed;
mod keys;
mod mac_keys;
mod senders;
mod tags;
#[cfg(test)]
mod tests;

#[cfg(feature = "ed25519")]
pub use ed25519::PublicKey;
pub use function::Algorithm;
pub(crate) use function::{Function, SignatureKind};
pub use keys::Keys;
pub(crate) use keys::{Running, SenderKeys};
pub(crate) use mac_keys::{Mac, MacKeys};
pub(crate) use senders::Senders;
pub(crate) use tags::Tags;

use std::fmt;

use sha2::{Digest, Sha256};

pub(crate) fn sha256(message: &[u8]) -> [u8; 32] {
    Sha256::digest(message).into()
}

/// A decoded signature of the algorithm's length.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tag {
    bytes: [u8; MAX_TAG_BYTES],
    length: usize,
}

impl Tag {
    pub(crate) fn new(tag: &[u8]) -> Self {
        let mut bytes = [0; MAX_TAG_BYTES];
        let length = tag.len().min(MAX_TAG_BYTES);
        for (to, from) in bytes.iter_mut().zip(tag) {
            *to = *from;
        }
        Self { bytes, length }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tag")
    }
}

const MAX_TAG_BYTES: usize = 64;
