//! How much a diagnosis may try.

use std::cell::Cell;

use super::Capture;

/// The bytes that the trials of one diagnosis may still take. Every trial draws its message from it.
#[derive(Debug)]
pub(super) struct Budget {
    left: Cell<usize>,
    refused: Cell<bool>,
}

impl Budget {
    /// Enough for [`MOST_VERIFICATIONS`] of a request.
    pub(super) fn of(capture: &Capture) -> Self {
        let own = cost(capture.query.len().saturating_add(capture.body.len()));
        Self { left: Cell::new(own.saturating_mul(MOST_VERIFICATIONS)), refused: Cell::new(false) }
    }

    /// Pays for the trial of a message of this length. After the first refusal nothing is left, so that no later trial runs.
    #[must_use]
    pub(super) fn draw(&self, message: usize) -> bool {
        let left = self.left.get().checked_sub(cost(message));
        self.left.set(left.unwrap_or_default());
        if left.is_none() {
            self.refused.set(true);
        }
        left.is_some()
    }

    /// Whether a trial was refused, so that something was not tried.
    pub(super) fn is_exceeded(&self) -> bool {
        self.refused.get()
    }
}

/// What one trial takes: its message, and what keys and parameters cost beside it.
fn cost(message: usize) -> usize {
    message.saturating_add(1024)
}

/// How many verifications of the request as it is the trials may cost together.
pub(super) const MOST_VERIFICATIONS: usize = 2000;
