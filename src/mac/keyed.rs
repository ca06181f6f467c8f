//! The state of one hash after it has taken the key.

use std::sync::Arc;

use hmac::digest::{FixedOutput, Output};
use hmac::{EagerHash, Hmac, KeyInit, Mac};
use md5::Md5;
use sha2::Digest;
use sha2::digest::common::Key;
use zeroize::{Zeroize, Zeroizing};

/// A state that takes a message. Clone it to begin a message.
pub(crate) trait Keyed: Clone {
    fn new(key: &[u8]) -> Self;
    fn update(&mut self, chunk: &[u8]);
    fn finish<R>(self, read: impl FnOnce(&[u8]) -> R) -> R;

    /// Passes the signature of a message in parts to `read`.
    fn tag<R>(&self, message: &[&[u8]], read: impl FnOnce(&[u8]) -> R) -> R {
        let mut state = self.clone();
        for part in message.iter().filter(|part| !part.is_empty()) {
            state.update(part);
        }
        state.finish(read)
    }
}

impl<D> Keyed for Hmac<D>
where
    D: Digest + EagerHash,
    Self: KeyInit + Mac + Clone,
{
    fn new(key: &[u8]) -> Self {
        // RFC 2104, section 2: a key longer than a block is hashed, a shorter one is padded with zeros. A key of exactly one
        // block cannot fail.
        let mut block = Key::<Self>::default();
        if key.len() > block.len() {
            let mut hashed = D::digest(key);
            fill(&mut block, &hashed);
            hashed.as_mut_slice().zeroize();
        } else {
            fill(&mut block, key);
        }
        let state = KeyInit::new(&block);
        block.as_mut_slice().zeroize();
        state
    }

    fn update(&mut self, chunk: &[u8]) {
        Mac::update(self, chunk);
    }

    fn finish<R>(self, read: impl FnOnce(&[u8]) -> R) -> R {
        // Saves two copies of the state, compared with `finalize`.
        let mut tag = Output::<Self>::default();
        self.finalize_into(&mut tag);
        read(&tag)
    }
}

/// MD5 of the message followed by the key.
#[derive(Clone)]
pub(crate) struct Md5Suffix {
    digest: Md5,
    key: Arc<Zeroizing<Vec<u8>>>,
}

impl Keyed for Md5Suffix {
    fn new(key: &[u8]) -> Self {
        Self { digest: Md5::new(), key: Arc::new(Zeroizing::new(key.to_vec())) }
    }

    fn update(&mut self, chunk: &[u8]) {
        Digest::update(&mut self.digest, chunk);
    }

    fn finish<R>(self, read: impl FnOnce(&[u8]) -> R) -> R {
        read(&self.digest.chain_update(self.key.as_slice()).finalize())
    }
}

fn fill(block: &mut [u8], key: &[u8]) {
    for (to, from) in block.iter_mut().zip(key) {
        *to = *from;
    }
}
