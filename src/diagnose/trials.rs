//! Changes of a text, tried one after the other.

use std::collections::HashSet;
use std::fmt;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::Cause;
use super::budget::Budget;

/// What was done to make the signature match: the words stand after "the signature matches when".
pub(super) type Change = (Cause, String);

/// Changes of a text, tried one after the other until one is what was signed.
pub(super) struct Trials<'t> {
    text: &'t [u8],
    budget: &'t Budget,
    matches: &'t mut dyn FnMut(&[u8]) -> bool,
    /// The hashes of what was tried.
    tried: HashSet<u64>,
    found: Option<Change>,
}

impl<'t> Trials<'t> {
    pub(super) fn new(text: &'t [u8], budget: &'t Budget, matches: &'t mut dyn FnMut(&[u8]) -> bool) -> Self {
        let tried = HashSet::from([hash(text)]);
        Self { text, budget, matches, tried, found: None }
    }

    /// The text as it is.
    pub(super) fn text(&self) -> &'t [u8] {
        self.text
    }

    /// Tries a text, if it is a new one and the search is not over.
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

fn hash(text: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}
