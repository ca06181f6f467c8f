//! Replay keys, and how long replays verify.

use std::fmt;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::time::Tolerance;

/// How long a replayed request verifies, and whether a replay can be detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Replays {
    /// No signed identifier distinguishes a request from others. Deduplicate on the payload.
    Undetectable,
    /// A replay verifies for at most this long, with the same [`ReplayKey`].
    Within(Duration),
    /// A replay verifies forever, with the same [`ReplayKey`].
    Ever,
}

impl Replays {
    /// For requests with this timestamp window, or without one.
    pub(crate) fn of(window: Option<Tolerance>) -> Self {
        window.map_or(Self::Ever, |window| Self::Within(window.span()))
    }
}

/// The SHA-256 of an event's identifier.
///
/// It is made only of signed bytes, so a replayed request has the same key. The second of two requests with one key is a replay
/// or a retry. It does not depend on the secret, so a rotation does not change it.
///
/// # Example
///
/// ```
/// use countersign::ReplayKey;
///
/// let key = ReplayKey::new(["dial-4711", "dial.started"]);
/// assert_eq!(key, ReplayKey::new(["dial-4711", "dial.started"]));
///
/// // Each part counts with its length.
/// assert_ne!(key, ReplayKey::new(["dial-4711d", "ial.started"]));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ReplayKey([u8; 32]);

impl ReplayKey {
    /// Hashes the parts that identify an event, each with its length. Use only signed bytes, and include what distinguishes the
    /// sender from others.
    #[must_use]
    pub fn new<P: AsRef<[u8]>>(parts: impl IntoIterator<Item = P>) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            let part = part.as_ref();
            digest.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            digest.update(part);
        }
        Self(digest.finalize().into())
    }

    /// Returns the bytes to remember.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for ReplayKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReplayKey")
    }
}
