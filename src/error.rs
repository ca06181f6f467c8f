//! Why a request is rejected.

mod kind;

use std::error::Error as StdError;
use std::fmt;
use std::sync::Arc;
#[cfg(feature = "tower")]
use std::time::Duration;

pub use kind::ErrorKind;

use crate::name::Name;

/// Says why a request is rejected: what was wrong with what.
///
/// The text names the condition, and the header, parameter or claim by the name that you or the scheme gave it. It never
/// contains a value of the request, a secret or a signature.
///
/// # Example
///
/// ```
/// use countersign::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::SignatureMismatch);
/// assert_eq!(error.code(), "signature_mismatch");
/// assert_eq!(error.status(), 401);
/// assert_eq!(error.to_string(), "signature matches no key");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    subject: Subject,
    retry_after: Option<u64>,
    cause: Cause,
}

/// The cause of an error, if known. It does not count in comparisons.
#[derive(Clone, Debug)]
struct Cause(Option<Arc<dyn StdError + Send + Sync>>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    Common(&'static str),
    Header(Name),
    Parameter(&'static str),
    Claim(&'static str),
}

impl Error {
    /// Makes an error of this kind, for your own scheme.
    #[must_use]
    pub fn new(kind: ErrorKind) -> Self {
        Self { kind, subject: Subject::Common(kind.subject()), retry_after: None, cause: Cause(None) }
    }

    /// Adds the cause, which [`source`](StdError::source) returns, such as a store's error. Its text is logged, so it must not
    /// contain a secret.
    ///
    /// ```
    /// use std::error::Error as _;
    /// use std::io;
    ///
    /// use countersign::{Error, ErrorKind};
    ///
    /// let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
    /// let error = Error::new(ErrorKind::ReplayGuardUnavailable).caused_by(refused);
    /// assert_eq!(error.source().unwrap().to_string(), "connection refused");
    /// assert_eq!(error, ErrorKind::ReplayGuardUnavailable.into());
    /// ```
    #[must_use]
    pub fn caused_by(self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { cause: Cause(Some(cause.into().into())), ..self }
    }

    pub(crate) fn header(kind: ErrorKind, name: &Name) -> Self {
        Self { subject: Subject::Header(name.clone()), ..Self::new(kind) }
    }

    /// Makes an error about another subject than the kind's usual one.
    pub(crate) fn about(kind: ErrorKind, subject: &'static str) -> Self {
        Self { subject: Subject::Common(subject), ..Self::new(kind) }
    }

    pub(crate) fn parameter(kind: ErrorKind, name: &'static str) -> Self {
        Self { subject: Subject::Parameter(name), ..Self::new(kind) }
    }

    pub(crate) fn claim(kind: ErrorKind, name: &'static str) -> Self {
        Self { subject: Subject::Claim(name), ..Self::new(kind) }
    }

    /// Makes the error for an event that another request handles under a lease.
    #[cfg(feature = "tower")]
    pub(crate) fn in_progress(remaining: Duration) -> Self {
        let begun = u64::from(remaining.subsec_nanos() > 0);
        let seconds = remaining.as_secs().saturating_add(begun).max(1);
        Self { retry_after: Some(seconds), ..Self::new(ErrorKind::ReplayInProgress) }
    }

    /// Whether the error is about the URL.
    #[cfg(feature = "diagnose")]
    pub(crate) fn is_about_url(&self) -> bool {
        self.subject == Subject::Common("URL")
    }

    /// Returns the header with the error, if it is one.
    #[cfg(feature = "diagnose")]
    pub(crate) fn header_name(&self) -> Option<&str> {
        if let Subject::Header(name) = &self.subject { Some(name) } else { None }
    }

    /// Returns the condition, to match on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the kind's stable name in snake case, for metrics and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// Returns the HTTP status of the answer.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.kind.status()
    }

    /// Returns the HTTP status of the answer, as a type of the `http` crate.
    #[cfg(feature = "http")]
    #[must_use]
    pub fn status_code(&self) -> http::StatusCode {
        // Every kind's status is valid.
        http::StatusCode::from_u16(self.status()).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// Whether the platform should retry: true if [`status`](Self::status) is a 5xx.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.kind.is_retryable()
    }

    /// Returns after how many seconds to retry, if known. The layer sends it as `Retry-After`.
    #[must_use]
    pub fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.subject, self.kind.predicate())
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let cause = self.cause.0.as_deref()?;
        Some(cause)
    }
}

impl PartialEq for Cause {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Cause {}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Common(subject) => f.write_str(subject),
            Self::Header(name) => write!(f, "header `{}`", &**name),
            Self::Parameter(name) => write!(f, "parameter `{name}`"),
            Self::Claim(name) => write!(f, "claim `{name}`"),
        }
    }
}
