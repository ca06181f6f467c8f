//! What tells a request from every other, and for how long that matters.

use std::fmt;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::time::Tolerance;

/// How long a replayed request verifies, and whether a replay can be detected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Replays {
    /// Nothing that is signed tells a request from its replay: deduplicate on what the payload says.
    Undetectable,
    /// It verifies again for at most so long, under the same [`ReplayKey`].
    Within(Duration),
    /// It verifies again at any time, under the same [`ReplayKey`].
    Ever,
}

impl Replays {
    /// Of requests that are refused outside of a window around the time they were signed, where there is one.
    pub(crate) fn of(window: Option<Tolerance>) -> Self {
        window.map_or(Self::Ever, |window| Self::Within(window.span()))
    }
}

/// The SHA-256 of what identifies an event.
///
/// It is made of signed bytes only, so it stays the same when a request is sent again byte for byte. Of two requests with one
/// replay key, the second is a replay or a retry. It does not depend on which secret matched, so a rotation does not change it.
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
    /// Hashes the parts that identify an event, each with its length. Only signed bytes belong in them, with what tells one
    /// sender's from another's.
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

    /// The bytes to be remembered.
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
