//! A guard's answer to a claim, and the lease.

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
        /// The rest of its lease.
        remaining: Duration,
    },
    /// A request with this key was handled. Has the saved response, if there is one.
    Done(Option<SavedResponse>),
}

/// The right to handle a request until the lease ends. A lease equals only its clones.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Lease {
    key: ReplayKey,
    token: [u8; 16],
}

impl Lease {
    /// Makes a lease of `key` with a globally unique token: 16 bytes from the system's random source. `wasm32-unknown-unknown`
    /// has none, so there the token is unique only in the process.
    #[must_use]
    pub fn new(key: ReplayKey) -> Self {
        #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
        {
            let mut token = [0; 16];
            if random::fill(&mut token).is_ok() {
                return Self { key, token };
            }
        }
        Self::of_this_process(key)
    }

    /// Makes a lease of `key` with a token that is unique in this process. A copy of the process (`fork`, a snapshot) can make
    /// the same token.
    pub(super) fn of_this_process(key: ReplayKey) -> Self {
        // Each `RandomState` has another key. The first key of a thread comes from the system.
        let state = RandomState::new();
        let token = (u128::from(state.hash_one(0)) << 64) | u128::from(state.hash_one(1));
        Self { key, token: token.to_be_bytes() }
    }

    /// Returns the leased key.
    #[must_use]
    pub fn key(&self) -> &ReplayKey {
        &self.key
    }

    /// Returns the unique token, to store with the key.
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
