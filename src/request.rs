//! Borrowed views of a request: what a verifier looks at, whatever framework it came from.

mod header_name;
mod headers;
#[cfg(feature = "http")]
mod http;
mod kept_body;
mod methods;

pub use header_name::HeaderName;
pub use headers::{HeaderLookup, Headers};
pub(crate) use kept_body::KeptBody;
pub(crate) use methods::Methods;

use std::fmt;

use crate::error::{Error, ErrorKind};

/// All of a request but its body: the method, the raw query and the headers.
///
/// # Example
///
/// ```
/// use countersign::Head;
///
/// let headers = [("x-elto-signature", "2f1c…")];
/// let head = Head::new("POST", &headers);
/// assert_eq!(head.method(), "POST");
/// assert_eq!(head.query(), b"");
/// ```
#[derive(Clone, Copy)]
pub struct Head<'r> {
    method: &'r str,
    query: &'r [u8],
    headers: &'r dyn Headers,
}

impl<'r> Head<'r> {
    /// Views a request of `method` (as on the wire: `GET`, `POST`), without a query. Headers in a slice are given by a
    /// reference to it: `&slice`.
    #[must_use]
    pub fn new(method: &'r str, headers: &'r dyn Headers) -> Self {
        Self { method, query: b"", headers }
    }

    /// Adds the query: what follows the `?` of the request target, raw and undecoded.
    #[must_use]
    pub fn with_query(self, query: &'r (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { query: query.as_ref(), ..self }
    }

    /// The method, as on the wire.
    #[must_use]
    pub fn method(&self) -> &'r str {
        self.method
    }

    /// The raw query without `?`; empty where there is none.
    #[must_use]
    pub fn query(&self) -> &'r [u8] {
        self.query
    }

    /// The value of a header that must be unique; `None` where it is absent.
    ///
    /// # Errors
    ///
    /// - [`HeaderRepeated`](ErrorKind::HeaderRepeated): the header appears more than once, with equal values or not.
    /// - [`HeaderTooLong`](ErrorKind::HeaderTooLong): the value is longer than 16 KiB.
    pub fn header(&self, name: &HeaderName) -> Result<Option<&'r [u8]>, Error> {
        match self.headers.lookup(name) {
            HeaderLookup::Absent => Ok(None),
            HeaderLookup::Repeated => Err(Error::header(ErrorKind::HeaderRepeated, name.shared())),
            HeaderLookup::One(value) if value.len() > MAX_HEADER_BYTES => {
                Err(Error::header(ErrorKind::HeaderTooLong, name.shared()))
            }
            HeaderLookup::One(value) => Ok(Some(value)),
        }
    }
}

impl fmt::Debug for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Any other is a text of the sender's.
        let known = METHODS.iter().find(|method| **method == self.method);
        f.debug_struct("Head").field("method", known.unwrap_or(&"other")).finish_non_exhaustive()
    }
}

/// A whole request: its [`Head`] and its raw body.
///
/// # Example
///
/// ```
/// use countersign::{Head, Request};
///
/// let headers = vec![("X-Elto-Signature".to_string(), "2f1c…".to_string())];
/// let request = Request::new(Head::new("POST", &headers), br#"{"event":"dial.started"}"#);
/// assert_eq!(request.body().len(), 24);
/// ```
#[derive(Clone, Copy)]
pub struct Request<'r> {
    head: Head<'r>,
    body: &'r [u8],
}

impl<'r> Request<'r> {
    /// Views a request with its body as received: not decoded, not parsed and written again.
    #[must_use]
    pub fn new(head: Head<'r>, body: &'r (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { head, body: body.as_ref() }
    }

    /// All but the body.
    #[must_use]
    pub fn head(&self) -> Head<'r> {
        self.head
    }

    /// The raw body; empty where there is none.
    #[must_use]
    pub fn body(&self) -> &'r [u8] {
        self.body
    }
}

impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("head", &self.head).field("body_bytes", &self.body.len()).finish()
    }
}

/// RFC 9110, section 9, and RFC 5789.
const METHODS: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
const MAX_HEADER_BYTES: usize = 16 * 1024;
