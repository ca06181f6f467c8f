//! What is logged of each request: a span and one event.

use std::error::Error as _;
use std::future::Future;
use std::sync::Arc;

#[cfg(feature = "tower")]
use http::StatusCode;
use http::Uri;
use http::uri::PathAndQuery;
use tracing::field::{self, Empty};
use tracing::{Instrument, Span};

use crate::error::Error;
#[cfg(feature = "tower")]
use crate::error::ErrorKind;
#[cfg(feature = "tower")]
use crate::integrations::read::BoxError;
use crate::verifier::Verified;

/// Logs one request, in a span that includes the layer's handler.
#[derive(Clone, Debug)]
pub(super) struct Observer {
    /// The span around this one.
    #[cfg(feature = "tower")]
    outer: Span,
    span: Span,
    scheme: &'static str,
    target: Option<PathAndQuery>,
    /// Known once the request has verified.
    tenant: Option<Arc<str>>,
    /// The account that an unverified request names, if the store knows it.
    claimed_tenant: Option<Arc<str>>,
}

/// Emits an event with the common fields. Enters the span and does not name it as the parent: if a filter disables it, the event
/// would be in no span, not even the outer one.
macro_rules! tell {
    (warn if $warn:expr, $($rest:tt)*) => {
        if $warn { tell!(warn, $($rest)*) } else { tell!(info, $($rest)*) }
    };
    ($level:ident, $this:expr, $($field:ident = $value:expr,)* $message:literal) => {
        $this.span.in_scope(|| {
            tracing::$level!(
                target: TARGET,
                scheme = $this.scheme,
                path = path($this.target.as_ref()),
                tenant = $this.tenant.as_deref(),
                $($field = $value,)*
                $message
            )
        })
    };
}

impl Observer {
    /// Begins the span of a request that was received at `uri`.
    pub(super) fn new(scheme: &'static str, uri: &Uri) -> Self {
        let span = tracing::info_span!(
            target: TARGET,
            "webhook",
            scheme,
            path = path(uri.path_and_query()),
            tenant = Empty,
            key = Empty,
            coverage = Empty
        );
        Self {
            #[cfg(feature = "tower")]
            outer: Span::current(),
            span,
            scheme,
            target: uri.path_and_query().cloned(),
            tenant: None,
            claimed_tenant: None,
        }
    }

    /// Adds the proof to the span. It emits no event, since the replay guard decides which.
    pub(super) fn prove(&mut self, verified: &Verified) {
        self.span.record("key", verified.key().index()).record("coverage", verified.coverage().as_str());
        if let Some(tenant) = verified.tenant() {
            self.span.record("tenant", tenant);
            self.tenant = Some(tenant.into());
        }
    }

    /// A request verified. A match of an older key is logged at `info`: the key cannot be removed yet.
    pub(super) fn verified(&self, verified: &Verified) {
        let (key, coverage) = (verified.key().index(), verified.coverage().as_str());
        if verified.key().is_newest() {
            tell!(debug, self, key = key, coverage = coverage, "webhook verified");
        } else {
            tell!(info, self, key = key, coverage = coverage, "webhook verified with an older secret");
        }
    }

    /// A request was rejected. It is a warning where the fault may be yours.
    pub(super) fn rejected(&self, error: &Error) {
        let (code, status, text, cause) = (error.code(), error.status(), field::display(error), cause(error));
        let claimed = self.claimed_tenant.as_deref();
        tell!(
            warn if error.is_retryable(),
            self,
            claimed_tenant = claimed,
            code = code,
            status = status,
            error = text,
            cause = cause,
            "webhook rejected"
        );
    }

    pub(super) fn watch<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        future.instrument(self.span)
    }
}

#[cfg(feature = "tenant-lookup")]
impl Observer {
    /// The store knows the account that the request names. A rejection shows it: one account's secret may be wrong.
    pub(super) fn claims(&mut self, name: &str) {
        self.claimed_tenant = Some(name.into());
    }
}

/// The events of a replay guard.
#[cfg(feature = "tower")]
impl Observer {
    /// Watches what runs in a task of its own, also in the outer span: a filter may disable this one.
    pub(super) fn watch_task<F: Future>(self, task: F) -> impl Future<Output = F::Output> {
        let outer = self.outer.clone();
        self.watch(task).instrument(outer)
    }

    /// A request verified, but the guard held it back. Another attempt under way is no fault.
    pub(super) fn held_back(&self, verified: &Verified, error: &Error) {
        let (key, coverage) = (verified.key().index(), verified.coverage().as_str());
        let (code, status, text, cause) = (error.code(), error.status(), field::display(error), cause(error));
        tell!(
            warn if error.kind() != ErrorKind::ReplayInProgress,
            self,
            key = key,
            coverage = coverage,
            code = code,
            status = status,
            error = text,
            cause = cause,
            "webhook verified and held back"
        );
    }

    /// A request verified, and was handled before.
    pub(super) fn duplicate(&self, verified: &Verified) {
        let (key, coverage) = (verified.key().index(), verified.coverage().as_str());
        tell!(info, self, key = key, coverage = coverage, "webhook already handled");
    }

    /// The store could not be asked to extend a lease.
    pub(super) fn not_renewed(&self, error: &Error) {
        tell!(warn, self, code = error.code(), cause = cause(error), "webhook's lease not renewed");
    }

    /// A handler ran longer than its lease, which was not renewed.
    pub(super) fn lease_ended(&self) {
        tell!(warn, self, "webhook's lease ended while it is handled");
    }

    /// A handler's response could not be read to save it, and is answered 500. Nothing else has its error.
    pub(super) fn unreadable(cause: &BoxError) {
        tracing::warn!(target: TARGET, cause = cause.to_string(), "webhook's response not readable");
    }

    /// A request was handled but not recorded as done: the store failed, or another attempt has begun. The event can be handled
    /// again.
    pub(super) fn not_remembered(&self, code: &'static str) {
        tell!(warn, self, code = code, "webhook handled and not remembered");
    }

    /// A request was handled, and the store could not record it. The layer tries again.
    pub(super) fn not_yet_remembered(&self, error: &Error) {
        tell!(
            warn,
            self,
            code = error.code(),
            cause = cause(error),
            "webhook handled and not yet remembered"
        );
    }

    /// The response of a handled request has a form that is not saved, so a duplicate gets none.
    pub(super) fn not_saved(&self) {
        tell!(warn, self, "webhook handled and its response not saved");
    }

    /// A handler did not answer 2xx, or did not answer.
    pub(super) fn not_handled(&self, status: Option<StatusCode>) {
        tell!(warn, self, status = status.map(|status| status.as_u16()), "webhook not handled");
    }

    /// The lease of an unhandled request could not be released, so it runs out.
    pub(super) fn still_leased(&self, error: &Error) {
        tell!(warn, self, code = error.code(), cause = cause(error), "webhook not handled and still leased");
    }

    /// Too many releases are in the background, or there is no runtime. A lease runs out by itself.
    pub(super) fn left_to_run_out(&self) {
        tell!(warn, self, "webhook's lease is left to run out");
    }
}

/// Returns the cause, such as a store's error. Without it an operator sees only that a store of their own is unavailable.
///
/// It can quote the request, so it is a text: subscribers escape the line ends of a text, but not of a `Display`.
fn cause(error: &Error) -> Option<String> {
    error.source().map(ToString::to_string)
}

/// Returns the path without the query, which can hold a signature. A stranger chooses the path, so it is cut to a line's
/// length.
fn path(target: Option<&PathAndQuery>) -> &str {
    let path = target.map_or("", PathAndQuery::path);
    path.char_indices().nth(MAX_PATH_CHARS).map_or(path, |(end, _)| path.get(..end).unwrap_or_default())
}

/// The crate's name in every module, for filters such as `RUST_LOG=countersign=debug`.
const TARGET: &str = "countersign";
const MAX_PATH_CHARS: usize = 256;
