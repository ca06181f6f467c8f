//! Why a delivery was refused.

mod kind;

use std::borrow::Cow;
use std::fmt;

pub use kind::ErrorKind;

/// Refusal of a delivery: what was wrong with what.
///
/// The text names the condition, and the header, parameter or claim it was found in by the name the *operator* or
/// the scheme gave it. It never holds a value from the request, a secret, or a signature, received or expected.
///
/// # Example
///
/// ```
/// use countersign::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::SignatureMismatch);
/// assert_eq!(error.code(), "signature_mismatch");
/// assert_eq!(error.status(), 401);
/// assert_eq!(error.to_string(), "signature matches under no secret");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{subject} {}", .kind.predicate())]
pub struct Error {
    kind: ErrorKind,
    subject: Subject,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Subject {
    Common(&'static str),
    Header(Cow<'static, str>),
    Parameter(&'static str),
    Claim(&'static str),
}

impl Error {
    /// Refuses with `kind`. A scheme of your own refuses with this.
    #[must_use]
    pub fn new(kind: ErrorKind) -> Self {
        Self { kind, subject: Subject::Common(kind.subject()) }
    }

    pub(crate) fn header(kind: ErrorKind, name: &Cow<'static, str>) -> Self {
        Self { kind, subject: Subject::Header(name.clone()) }
    }

    pub(crate) fn parameter(kind: ErrorKind, name: &'static str) -> Self {
        Self { kind, subject: Subject::Parameter(name) }
    }

    pub(crate) fn claim(kind: ErrorKind, name: &'static str) -> Self {
        Self { kind, subject: Subject::Claim(name) }
    }

    /// The condition, to match on.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The kind's stable name in snake case, for metrics and logs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// The HTTP status to answer with.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.kind.status()
    }

    /// Whether the platform should be asked to send the event again: true exactly where [`status`](Self::status)
    /// is a 5xx.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        self.kind.is_retryable()
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Common(subject) => f.write_str(subject),
            Self::Header(name) => write!(f, "header `{name}`"),
            Self::Parameter(name) => write!(f, "parameter `{name}`"),
            Self::Claim(name) => write!(f, "claim `{name}`"),
        }
    }
}
