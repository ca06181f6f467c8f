//! From a record to a verdict: builds the verifier and verifies the request.

#[path = "verifier.rs"]
mod verifier;

use countersign::{ConfigError, Error, Request, Secret, Verified};

use super::record::{self, Record};
use verifier::{Misconfigured, verifier};

/// The verdict on a request.
#[derive(Debug)]
pub(crate) enum Verdict {
    Accepted(Box<Verified>),
    Rejected(Error),
    /// The record's settings are invalid.
    Misconfigured(String),
}

impl Verdict {
    pub(crate) fn of(record: &Record) -> Self {
        let verifier = match verifier(record) {
            Ok(verifier) => verifier,
            Err(Misconfigured(reason)) => return Self::Misconfigured(reason),
        };
        match verifier.verify(Request::new(record.head(), &record.body)) {
            Ok(proof) => Self::Accepted(Box::new(proof)),
            Err(error) => Self::Rejected(error),
        }
    }
}

/// Makes a secret of a text.
fn secret(text: &str) -> Result<Secret, ConfigError> {
    Secret::new(text)
}
