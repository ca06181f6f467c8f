//! What a guard answers to a claim.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::SavedResponse;
use crate::verifier::ReplayKey;

/// The answer to a claim.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Claim {
    /// The key was free and is now leased: handle the request.
    Leased(Lease),
    /// Another request with this key is being handled.
    InProgress {
        /// What is left of its lease.
        remaining: Duration,
    },
    /// A request with this key was handled, with the response that was kept, if one was.
    Done(Option<SavedResponse>),
}

/// The right to handle a request until the lease ends. A lease equals its copies and no other lease of the same key.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Lease {
    key: ReplayKey,
    token: [u8; 16],
}

impl Lease {
    /// Makes a lease of `key` with a token that no other lease has.
    #[must_use]
    pub fn new(key: ReplayKey) -> Self {
        // Each state is keyed by the system's randomness, and each is another.
        let random = RandomState::new();
        let token = (u128::from(random.hash_one(0)) << 64) | u128::from(random.hash_one(1));
        Self { key, token: token.to_be_bytes() }
    }

    /// The key that is leased.
    #[must_use]
    pub fn key(&self) -> &ReplayKey {
        &self.key
    }

    /// What tells this lease from every other, to be stored beside the key.
    #[must_use]
    pub fn token(&self) -> &[u8; 16] {
        &self.token
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Lease")
    }
}
