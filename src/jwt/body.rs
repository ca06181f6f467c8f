//! What a token covers, and the check of the body.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::compare;
use crate::error::{Error, ErrorKind};
use crate::mac::sha256;
use crate::verifier::{Check, Coverage, Evidence, Verification};

/// What a token covers.
#[derive(Clone, Copy)]
pub struct Covered {
    pub(crate) coverage: Coverage,
    pub(crate) body: Body,
}

#[derive(Clone, Copy)]
pub(crate) enum Body {
    /// The body must have this hash.
    Hashed([u8; 32]),
    /// No body is signed, so there must be none.
    Absent,
    /// The body is not signed, which the operator accepts.
    Unsigned,
}

impl Body {
    pub(crate) fn check(self, body: &[u8], limit: usize) -> Result<(), Error> {
        match self {
            Self::Absent if !body.is_empty() => Err(ErrorKind::BodyUnexpected.into()),
            _ if body.len() > limit => Err(ErrorKind::BodyTooLarge.into()),
            Self::Hashed(hash) => check_hash(&hash, &[sha256(body)]),
            Self::Absent | Self::Unsigned => Ok(()),
        }
    }

    pub(super) fn begin<'v>(self, evidence: Evidence, limit: usize) -> Verification<'v> {
        match self {
            Self::Absent => Verification::decided(evidence),
            Self::Hashed(hash) => {
                Verification::new(BodyHash { digest: Sha256::new(), hash, evidence }).limit(limit)
            }
            Self::Unsigned => Verification::new(BodyIgnored(evidence)).limit(limit),
        }
    }
}

/// Hides the hash, which comes from the request.
impl fmt::Debug for Covered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Covered").field("coverage", &self.coverage).finish_non_exhaustive()
    }
}

struct BodyHash {
    digest: Sha256,
    hash: [u8; 32],
    evidence: Evidence,
}

impl Check for BodyHash {
    fn update(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.digest.update(chunk);
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Evidence, Error> {
        check_hash(&self.hash, &[self.digest.finalize().into()])?;
        Ok(self.evidence)
    }
}

struct BodyIgnored(Evidence);

impl Check for BodyIgnored {
    fn update(&mut self, _: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    fn finish(self: Box<Self>) -> Result<Evidence, Error> {
        Ok(self.0)
    }
}

/// Compares a claim's hash with those that are accepted.
pub(crate) fn check_hash(claimed: &[u8; 32], accepted: &[[u8; 32]]) -> Result<(), Error> {
    if accepted.iter().fold(false, |equal, expected| compare::eq(expected, claimed) | equal) {
        Ok(())
    } else {
        Err(ErrorKind::PayloadHashMismatch.into())
    }
}
