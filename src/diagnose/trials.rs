//! Changes of a text, tried one after the other within a budget.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;
use std::hash::BuildHasher as _;

use super::{Capture, Cause};
use crate::request::Request;

/// A cause, and the words after "the signature matches when".
pub(super) type Change = (Cause, String);

/// Whether a changed request is what was signed.
pub(super) type Matches<'m> = &'m mut dyn FnMut(Request<'_>) -> bool;

/// Changes of a text, tried one after the other until one was signed.
pub(super) struct Trials<'t> {
    /// The unchanged text.
    pub(super) text: &'t [u8],
    budget: &'t Budget,
    matches: &'t mut dyn FnMut(&[u8]) -> bool,
    /// The hashes of the tried texts.
    tried: HashSet<u64>,
    /// The change after which a text was signed.
    pub(super) found: Option<Change>,
}

impl<'t> Trials<'t> {
    pub(super) fn new(text: &'t [u8], budget: &'t Budget, matches: &'t mut dyn FnMut(&[u8]) -> bool) -> Self {
        let mut trials = Self { text, budget, matches, tried: HashSet::new(), found: None };
        trials.is_new(text);
        trials
    }

    /// Tries a text, if there is one, it is new and the search is not over.
    pub(super) fn test(&mut self, cause: Cause, words: impl fmt::Display, text: Option<impl AsRef<[u8]>>) {
        if let Some(text) = text
            && !self.is_over()
            && self.is_new(text.as_ref())
            && (self.matches)(text.as_ref())
        {
            self.found = Some((cause, words.to_string()));
        }
    }

    /// Whether something was found, or the budget is used up.
    pub(super) fn is_over(&self) -> bool {
        self.found.is_some() || self.budget.is_exceeded()
    }

    fn is_new(&mut self, text: &[u8]) -> bool {
        let hash = self.tried.hasher().hash_one(text);
        self.tried.insert(hash)
    }
}

/// The bytes left for the trials of one diagnosis. Every trial pays for its message. `None` if one could not pay.
#[derive(Debug)]
pub(super) struct Budget(Cell<Option<usize>>);

impl Budget {
    /// Enough for [`MOST_VERIFICATIONS`] of a request.
    pub(super) fn of(capture: &Capture) -> Self {
        let own = cost(capture.query.len().saturating_add(capture.body.len()));
        Self(Cell::new(Some(own.saturating_mul(MOST_VERIFICATIONS))))
    }

    /// Pays for the trial of a message of this length. After the first trial that it cannot pay, no other runs.
    #[must_use]
    pub(super) fn draw(&self, message: usize) -> bool {
        self.0.set(self.0.get().and_then(|left| left.checked_sub(cost(message))));
        !self.is_exceeded()
    }

    /// Whether something was not tried.
    pub(super) fn is_exceeded(&self) -> bool {
        self.0.get().is_none()
    }
}

/// The cost of a trial: its message, and an allowance for keys and parameters.
fn cost(message: usize) -> usize {
    message.saturating_add(1024)
}

/// The cost of all trials, in verifications of the unchanged request.
pub(super) const MOST_VERIFICATIONS: usize = 2000;

/// The members of longer JSON are not sorted or put in lines, and the parameters of a longer form keep their charset.
pub(super) const MAX_REWRITTEN: usize = 256 * 1024;
