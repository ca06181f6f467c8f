//! What `payload_hash` must be the hash of.

use std::io;

use sha2::{Digest, Sha256};

use crate::compare;
use crate::encoding::json;
use crate::error::{Error, ErrorKind};
use crate::params::Params;
use crate::verifier::{Check, Evidence, Verification};

/// What is left to be proved of the body once the head has passed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Body {
    /// It must have this hash.
    Hashed([u8; 32]),
    /// The query was signed, and there must be none.
    Absent,
    /// Nothing is known of it, as the operator accepts.
    Unsigned,
}

impl Body {
    pub(super) fn check(self, body: &[u8], limit: usize) -> Result<(), Error> {
        match self {
            Self::Absent if !body.is_empty() => Err(ErrorKind::BodyUnexpected.into()),
            _ if body.len() > limit => Err(ErrorKind::BodyTooLarge.into()),
            Self::Hashed(hash) => check_hash(&hash, &[Sha256::digest(body).into()]),
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

/// Checks the hash of a GET: that of the compact JSON object of the query's parameters, or of nothing where there are none.
pub(crate) fn check_query(query: &[u8], hash: &[u8; 32]) -> Result<(), Error> {
    let mut params = Params::from_query(query)?;
    let object = hash_object(&mut params).ok_or(ErrorKind::ParameterMalformed)?;
    params.sort_unique()?;
    if params.is_empty() {
        check_hash(hash, &[object, Sha256::digest(b"").into()])
    } else {
        check_hash(hash, &[object])
    }
}

/// Hashes the object of which the parameters are the members; `None` if one is not UTF-8.
fn hash_object(params: &mut Params) -> Option<[u8; 32]> {
    if params.is_empty() {
        return Some(Sha256::digest(b"{}").into());
    }
    if json::is_plain(params.text()) {
        return Some(Sha256::digest(params.join_plain_object()).into());
    }
    let mut object = Sha256::new();
    let mut before: &[u8] = b"{";
    for param in params.iter() {
        object.update(before);
        json::write_string(param.name, HashWriter(&mut object))?;
        object.update(b":");
        json::write_string(param.value, HashWriter(&mut object))?;
        before = b",";
    }
    object.update(b"}");
    Some(object.finalize().into())
}

struct HashWriter<'h>(&'h mut Sha256);

impl io::Write for HashWriter<'_> {
    fn write(&mut self, text: &[u8]) -> io::Result<usize> {
        self.0.update(text);
        Ok(text.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn check_hash(given: &[u8; 32], accepted: &[[u8; 32]]) -> Result<(), Error> {
    if accepted.iter().fold(false, |equal, expected| compare::eq(expected, given) | equal) {
        Ok(())
    } else {
        Err(ErrorKind::PayloadHashMismatch.into())
    }
}
