//! Borrowed views of a request, independent of the framework.

mod base_url;
mod field;
mod header_name;
mod headers;
#[cfg(feature = "http")]
mod http;
mod kept_body;
mod media_type;
mod methods;

pub use base_url::BaseUrl;
pub use field::Field;
pub use header_name::HeaderName;
pub use headers::{HeaderLookup, Headers};
pub(crate) use kept_body::KeptBody;
pub(crate) use media_type::MediaType;
pub(crate) use methods::Methods;

use std::fmt;

use crate::encoding::hex;
use crate::error::{Error, ErrorKind};

/// Everything of a request but its body: the method, the raw target or query, and the headers.
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
    target: &'r str,
    query: &'r [u8],
    headers: &'r dyn Headers,
    base: Option<&'r BaseUrl>,
}

impl<'r> Head<'r> {
    /// Views a request with this `method` (as on the wire: `GET`, `POST`), without a query. Pass a slice of headers by
    /// reference: `&slice`.
    #[must_use]
    pub fn new(method: &'r str, headers: &'r dyn Headers) -> Self {
        Self { method, target: "", query: b"", headers, base: None }
    }

    /// Adds the raw request target: the path with its `?` and query, as on the request line. Schemes that sign the URL need it.
    #[must_use]
    pub fn with_target(self, target: &'r str) -> Self {
        let query = target.split_once('?').map_or("", |(_, query)| query);
        Self { target, query: query.as_bytes(), ..self }
    }

    /// Adds only the raw query: the part of the target after `?`. The target then counts as unknown, so a rule cannot read one
    /// query and sign another.
    #[must_use]
    pub fn with_query(self, query: &'r (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { target: "", query: query.as_ref(), ..self }
    }

    /// Returns the method, as on the wire.
    #[must_use]
    pub fn method(&self) -> &'r str {
        self.method
    }

    /// Returns the raw request target. Empty if not given.
    #[must_use]
    pub fn target(&self) -> &'r str {
        self.target
    }

    /// Returns the raw query without `?`. Empty if there is none.
    #[must_use]
    pub fn query(&self) -> &'r [u8] {
        self.query
    }

    /// Returns the value of a header that must be unique. `None` if it is absent.
    ///
    /// # Errors
    ///
    /// - [`HeaderRepeated`](ErrorKind::HeaderRepeated): the header appears more than once, even with equal values.
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

/// For a [`Rule`](crate::Rule).
impl<'r> Head<'r> {
    /// Returns the header with the signature.
    ///
    /// # Errors
    ///
    /// - [`SignatureMissing`](ErrorKind::SignatureMissing): it is absent.
    /// - Those of [`header`](Self::header).
    #[inline]
    pub fn signature(&self, name: &'r HeaderName) -> Result<Field<'r>, Error> {
        self.required(name, ErrorKind::SignatureMissing)
    }

    /// Returns the header with the signed time.
    ///
    /// # Errors
    ///
    /// - [`TimestampMissing`](ErrorKind::TimestampMissing): it is absent.
    /// - Those of [`header`](Self::header).
    pub fn time(&self, name: &'r HeaderName) -> Result<Field<'r>, Error> {
        self.required(name, ErrorKind::TimestampMissing)
    }

    /// Returns another signed header.
    ///
    /// # Errors
    ///
    /// - [`HeaderMissing`](ErrorKind::HeaderMissing): it is absent.
    /// - Those of [`header`](Self::header).
    pub fn signed(&self, name: &'r HeaderName) -> Result<Field<'r>, Error> {
        self.required(name, ErrorKind::HeaderMissing)
    }

    /// Whether the `Content-Type` says that the body is a form in UTF-8. No scheme signs that header.
    ///
    /// # Errors
    ///
    /// - Those of [`header`](Self::header).
    pub fn is_form(&self) -> Result<bool, Error> {
        Ok(self.header(&CONTENT_TYPE)?.and_then(MediaType::of) == Some(MediaType::Form))
    }

    /// Returns the query parameter of this name, raw. `None` if it is absent.
    ///
    /// # Errors
    ///
    /// - [`ParameterRepeated`](ErrorKind::ParameterRepeated): it appears more than once.
    pub fn query_param(&self, name: &str) -> Result<Option<&'r [u8]>, Error> {
        let value = |pair: &'r [u8]| pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=");
        let mut values = self.query.split(|byte| *byte == b'&').filter_map(value);
        match (values.next(), values.next()) {
            (_, Some(_)) => Err(ErrorKind::ParameterRepeated.into()),
            (one, None) => Ok(one),
        }
    }

    /// Returns the SHA-256 of the body that the platform appends to the query, in hex. `None` if it is absent.
    ///
    /// It must be the last parameter. Otherwise a text that the platform appends to the URL, such as a form's, could contain it.
    ///
    /// # Errors
    ///
    /// - [`ParameterRepeated`](ErrorKind::ParameterRepeated): it appears more than once.
    /// - [`PayloadHashMalformed`](ErrorKind::PayloadHashMalformed): it is not 64 hex digits at the end of the query.
    pub fn query_sha256(&self, name: &str) -> Result<Option<[u8; 32]>, Error> {
        let Some(text) = self.query_param(name)? else { return Ok(None) };
        let is_last = self.query.rsplit(|byte| *byte == b'&').next().is_some_and(|last| {
            last.strip_prefix(name.as_bytes()).and_then(|rest| rest.strip_prefix(b"=")) == Some(text)
        });
        let hash = hex::decode(text).filter(|_| is_last);
        hash.map(Some).ok_or_else(|| ErrorKind::PayloadHashMalformed.into())
    }

    /// Returns the start of the public URL, for a rule whose [`Profile`](crate::rule::Profile) says that it signs the URL.
    #[must_use]
    pub fn base_url(&self) -> Option<&'r BaseUrl> {
        self.base
    }

    /// Returns the public URL as text: the base URL and the raw target.
    #[must_use]
    pub fn url(&self) -> String {
        self.base.map_or_else(|| self.target.to_owned(), |base| base.join(self.target))
    }

    /// Returns the raw path. Empty if the target was not given.
    #[must_use]
    pub fn path(&self) -> &'r str {
        self.target.split_once('?').map_or(self.target, |(path, _)| path)
    }

    #[cfg(feature = "diagnose")]
    pub(crate) fn with_headers(self, headers: &'r dyn Headers) -> Self {
        Self { headers, ..self }
    }

    /// Adds the start of the URL for a rule that signs it. The rule then reads only the target's query.
    #[inline]
    pub(crate) fn with_base(self, base: Option<&'r BaseUrl>) -> Self {
        let is_target_known = base.is_none() || !self.target.is_empty();
        Self { base, query: if is_target_known { self.query } else { b"" }, ..self }
    }

    /// Whether the target is empty or begins with `/` or `?`. Any other target would lengthen the host at the end of the base
    /// URL.
    #[inline]
    pub(crate) fn has_usual_target(&self) -> bool {
        self.target.is_empty() || self.target.starts_with(['/', '?'])
    }

    #[inline]
    fn required(&self, name: &'r HeaderName, missing: ErrorKind) -> Result<Field<'r>, Error> {
        match self.header(name)? {
            Some(value) => Ok(Field::new(name, value)),
            None => Err(Error::header(missing, name.shared())),
        }
    }
}

impl fmt::Debug for Head<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Shows only known methods, since others are the sender's text.
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

    /// Returns everything but the body.
    #[must_use]
    pub fn head(&self) -> Head<'r> {
        self.head
    }

    /// Returns the raw body. Empty if there is none.
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

pub(crate) static CONTENT_TYPE: HeaderName = HeaderName::from_static("content-type");
/// RFC 9110, section 9, and RFC 5789.
const METHODS: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
const MAX_HEADER_BYTES: usize = 16 * 1024;
