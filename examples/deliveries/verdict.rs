//! From a record to a verdict: build the verifier it asks for, verify the request it holds.

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
    /// No verifier can be built as the record asks.
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

/// What it takes for a secret.
fn secret(text: &str) -> Result<Secret, ConfigError> {
    Secret::new(text)
}
