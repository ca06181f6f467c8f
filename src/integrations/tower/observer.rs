//! What is told of each delivery: a span and an event.

use std::future::Future;

use tracing::{Instrument, Span, debug, field, info, info_span, warn};

use crate::error::{Error, ErrorKind};
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

    /// A delivery was rejected: with a warning where the fault may be on this side. That another attempt is under way is no fault.
    pub(super) fn rejected(&self, error: &Error) {
        let (scheme, code, status) = (self.scheme, error.code(), error.status());
        if error.is_retryable() && error.kind() != ErrorKind::ReplayInProgress {
            warn!(parent: &self.span, scheme, code, status, %error, "webhook rejected");
        } else {
            info!(parent: &self.span, scheme, code, status, %error, "webhook rejected");
        }
    }

    /// A request was handled before.
    pub(super) fn duplicate(&self) {
        info!(parent: &self.span, scheme = self.scheme, "webhook already handled");
    }

    /// The store could not be asked to extend a lease.
    pub(super) fn not_renewed(&self, error: &Error) {
        warn!(parent: &self.span, scheme = self.scheme, code = error.code(), "webhook's lease not renewed");
    }

    /// A handler is slower than its lease, which could not be extended.
    pub(super) fn lease_ended(&self) {
        warn!(parent: &self.span, scheme = self.scheme, "webhook's lease ended while it is handled");
    }

    /// A request was handled and is not remembered, so that its event can be handled again: the store could not be told, or
    /// another attempt has begun.
    pub(super) fn not_remembered(&self, code: &'static str) {
        warn!(parent: &self.span, scheme = self.scheme, code, "webhook handled and not remembered");
    }

    /// A request was handled, and the store could not be told. It is told again.
    pub(super) fn not_yet_remembered(&self, error: &Error) {
        warn!(parent: &self.span, scheme = self.scheme, code = error.code(), "webhook handled and not yet remembered");
    }

    /// A request that was not handled is leased until its lease runs out.
    pub(super) fn still_leased(&self, error: &Error) {
        warn!(parent: &self.span, scheme = self.scheme, code = error.code(), "webhook not handled and still leased");
    }

    /// Too much goes on in the background, or there is no runtime: a lease runs out by itself.
    pub(super) fn left_to_run_out(&self) {
        warn!(parent: &self.span, scheme = self.scheme, "webhook's lease is left to run out");
    }

    pub(super) fn watch<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        future.instrument(self.span)
    }
}
