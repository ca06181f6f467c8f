//! Changes of a text, tried one after the other within a budget.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::{Capture, Cause};
use crate::request::Request;

/// A cause, and the words after "the signature matches when".
pub(super) type Change = (Cause, String);

/// Whether a changed request is what was signed.
pub(super) type Matches<'m> = &'m mut dyn FnMut(Request<'_>) -> bool;

/// Changes of a text, tried one after the other until one was signed.
pub(super) struct Trials<'t> {
    text: &'t [u8],
    budget: &'t Budget,
    matches: &'t mut dyn FnMut(&[u8]) -> bool,
    /// The hashes of the tried texts.
    tried: HashSet<u64>,
    found: Option<Change>,
}

impl<'t> Trials<'t> {
    pub(super) fn new(text: &'t [u8], budget: &'t Budget, matches: &'t mut dyn FnMut(&[u8]) -> bool) -> Self {
        let tried = HashSet::from([hash(text)]);
        Self { text, budget, matches, tried, found: None }
    }

    /// The unchanged text.
    pub(super) fn text(&self) -> &'t [u8] {
        self.text
    }

    /// Tries a text, if it is new and the search is not over.
    pub(super) fn test(&mut self, cause: Cause, words: impl fmt::Display, changed: &[u8]) {
        if !self.is_over() && self.tried.insert(hash(changed)) && (self.matches)(changed) {
            self.found = Some((cause, words.to_string()));
        }
    }

    /// Whether something was found, or the budget is used up.
    pub(super) fn is_over(&self) -> bool {
        self.found.is_some() || self.budget.is_exceeded()
    }

    pub(super) fn found(self) -> Option<Change> {
        self.found
    }
}

/// The bytes left for the trials of one diagnosis. Every trial pays for its message.
#[derive(Debug)]
pub(super) struct Budget {
    left: Cell<usize>,
    exceeded: Cell<bool>,
}

impl Budget {
    /// Enough for [`MOST_VERIFICATIONS`] of a request.
    pub(super) fn of(capture: &Capture) -> Self {
        let own = cost(capture.query.len().saturating_add(capture.body.len()));
        Self { left: Cell::new(own.saturating_mul(MOST_VERIFICATIONS)), exceeded: Cell::new(false) }
    }

    /// Pays for the trial of a message of this length. After the first trial that it cannot pay, no other runs.
    #[must_use]
    pub(super) fn draw(&self, message: usize) -> bool {
        let left = self.left.get().checked_sub(cost(message));
        self.left.set(left.unwrap_or_default());
        if left.is_none() {
            self.exceeded.set(true);
        }
        left.is_some()
    }

    /// Whether something was not tried.
    pub(super) fn is_exceeded(&self) -> bool {
        self.exceeded.get()
    }
}

/// The cost of a trial: its message, and an allowance for keys and parameters.
fn cost(message: usize) -> usize {
    message.saturating_add(1024)
}

fn hash(text: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// The cost of all trials, in verifications of the unchanged request.
pub(super) const MOST_VERIFICATIONS: usize = 2000;
