//! What is told of each delivery: a span and an event.

use std::future::Future;

use tracing::{Instrument, Span, debug, field, info, info_span, warn};

use crate::error::Error;
use crate::verifier::Verified;

/// Tells of one delivery, within a span that its handler runs in as well.
#[derive(Clone, Debug)]
pub(super) struct Observer {
    span: Span,
    scheme: &'static str,
}

impl Observer {
    pub(super) fn new(scheme: &'static str) -> Self {
        let span = info_span!("webhook", scheme, key = field::Empty, coverage = field::Empty);
        Self { span, scheme }
    }

    /// A delivery verified. An older key that matched is worth a line in production: it cannot be taken away yet.
    pub(super) fn verified(&self, verified: &Verified) {
        let (scheme, key, coverage) = (self.scheme, verified.key().index(), verified.coverage().as_str());
        self.span.record("key", key).record("coverage", coverage);
        if verified.key().is_newest() {
            debug!(parent: &self.span, scheme, key, coverage, "webhook verified");
        } else {
            info!(parent: &self.span, scheme, key, coverage, "webhook verified with an older secret");
        }
    }

    /// A delivery was refused: with a warning where the fault may be on this side.
    pub(super) fn refused(&self, error: &Error) {
        let (scheme, code, status) = (self.scheme, error.code(), error.status());
        if error.is_retryable() {
            warn!(parent: &self.span, scheme, code, status, %error, "webhook refused");
        } else {
            info!(parent: &self.span, scheme, code, status, %error, "webhook refused");
        }
    }

    /// A delivery that was not handled is still claimed, so that it is refused when it is sent again.
    pub(super) fn still_claimed(&self, error: &Error) {
        warn!(parent: &self.span, scheme = self.scheme, code = error.code(), "webhook not handled and still claimed");
    }

    pub(super) fn watch<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        future.instrument(self.span)
    }
}
