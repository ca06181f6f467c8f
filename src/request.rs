//! Borrowed views of a request: what a verifier looks at, whatever framework it came from.

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
    target: &'r str,
    query: &'r [u8],
    headers: &'r dyn Headers,
    base: Option<&'r BaseUrl>,
}

impl<'r> Head<'r> {
    /// Views a request of `method` (as on the wire: `GET`, `POST`), without a query. Headers in a slice are given by a
    /// reference to it: `&slice`.
    #[must_use]
    pub fn new(method: &'r str, headers: &'r dyn Headers) -> Self {
        Self { method, target: "", query: b"", headers, base: None }
    }

    /// Adds the request target, raw: the path with its `?` and query, as on the request line. A scheme that signs the URL needs
    /// it.
    #[must_use]
    pub fn with_target(self, target: &'r str) -> Self {
        let query = target.split_once('?').map_or("", |(_, query)| query);
        Self { target, query: query.as_bytes(), ..self }
    }

    /// Adds the query alone: what follows the `?` of the request target, raw and undecoded. The target is then not known, so that
    /// a rule cannot read one query and sign another.
    #[must_use]
    pub fn with_query(self, query: &'r (impl AsRef<[u8]> + ?Sized)) -> Self {
        Self { target: "", query: query.as_ref(), ..self }
    }

    /// The method, as on the wire.
    #[must_use]
    pub fn method(&self) -> &'r str {
        self.method
    }

    /// The raw request target; empty where it was not given.
    #[must_use]
    pub fn target(&self) -> &'r str {
        self.target
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

/// What a [`Rule`](crate::Rule) reads.
impl<'r> Head<'r> {
    /// The header that holds the signature.
    ///
    /// # Errors
    ///
    /// - [`SignatureMissing`](ErrorKind::SignatureMissing): it is absent.
    /// - Those of [`header`](Self::header).
    #[inline]
    pub fn signature(&self, name: &'r HeaderName) -> Result<Field<'r>, Error> {
        self.required(name, ErrorKind::SignatureMissing)
    }

    /// The header that holds the signed time.
    ///
    /// # Errors
    ///
    /// - [`TimestampMissing`](ErrorKind::TimestampMissing): it is absent.
    /// - Those of [`header`](Self::header).
    pub fn time(&self, name: &'r HeaderName) -> Result<Field<'r>, Error> {
        self.required(name, ErrorKind::TimestampMissing)
    }

    /// Another header that is signed.
    ///
    /// # Errors
    ///
    /// - [`HeaderMissing`](ErrorKind::HeaderMissing): it is absent.
    /// - Those of [`header`](Self::header).
    pub fn signed(&self, name: &'r HeaderName) -> Result<Field<'r>, Error> {
        self.required(name, ErrorKind::HeaderMissing)
    }

    /// Whether the body is said to be a form, in UTF-8. No scheme signs the header that says so.
    ///
    /// # Errors
    ///
    /// - Those of [`header`](Self::header).
    pub fn is_form(&self) -> Result<bool, Error> {
        Ok(self.header(&CONTENT_TYPE)?.and_then(MediaType::of) == Some(MediaType::Form))
    }

    /// The one query parameter of this name, raw; `None` where it is absent.
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

    /// The SHA-256 that the one query parameter of this name gives in hex; `None` where the parameter is absent.
    ///
    /// # Errors
    ///
    /// - [`ParameterRepeated`](ErrorKind::ParameterRepeated): it appears more than once.
    /// - [`PayloadHashMalformed`](ErrorKind::PayloadHashMalformed): it is not 64 hex digits.
    pub fn query_sha256(&self, name: &str) -> Result<Option<[u8; 32]>, Error> {
        let decode = |text| hex::decode(text).ok_or_else(|| ErrorKind::PayloadHashMalformed.into());
        self.query_param(name)?.map(decode).transpose()
    }

    /// The start of the URL that the platform calls, for a rule whose [`Profile`](crate::rule::Profile) says that it signs the URL.
    #[must_use]
    pub fn base_url(&self) -> Option<&'r BaseUrl> {
        self.base
    }

    /// The URL that the platform called: the base URL and the raw target, as text.
    #[must_use]
    pub fn url(&self) -> String {
        self.base.map_or_else(|| self.target.to_owned(), |base| base.join(self.target))
    }

    /// The raw path; empty where the target was not given.
    #[must_use]
    pub fn path(&self) -> &'r str {
        self.target.split_once('?').map_or(self.target, |(path, _)| path)
    }

    #[cfg(feature = "diagnose")]
    pub(crate) fn with_headers(self, headers: &'r dyn Headers) -> Self {
        Self { headers, ..self }
    }

    /// Adds the start of the URL, for a rule that signs it. Such a rule reads the query of the target and no other.
    #[inline]
    pub(crate) fn with_base(self, base: Option<&'r BaseUrl>) -> Self {
        let is_target_known = base.is_none() || !self.target.is_empty();
        Self { base, query: if is_target_known { self.query } else { b"" }, ..self }
    }

    /// Whether the target begins as that of a request does. The text before it in the URL ends with the host, which another target
    /// would lengthen.
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

static CONTENT_TYPE: HeaderName = HeaderName::from_static("content-type");
/// RFC 9110, section 9, and RFC 5789.
const METHODS: [&str; 9] = ["CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"];
const MAX_HEADER_BYTES: usize = 16 * 1024;
