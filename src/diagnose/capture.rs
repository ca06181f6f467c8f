//! A captured request.

use std::fmt;

use crate::request::{Head, HeaderLookup, HeaderName, Headers, Request};

/// A captured request. It owns its parts, and unlike a [`Head`] it can list its headers.
///
/// # Example
///
/// ```
/// use countersign::diagnose::Capture;
///
/// let capture = Capture::new("POST", [("X-Elto-Signature", "2f1c…")], r#"{"event":"dial.started"}"#).query("a=1");
/// assert_eq!(capture.request().head().query(), b"a=1");
/// ```
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct Capture {
    pub(super) method: String,
    /// The path and query, if both are known.
    pub(super) target: Option<String>,
    pub(super) query: Vec<u8>,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
}

impl Capture {
    /// Takes the method as received, all headers in order, and the raw body.
    pub fn new<N: Into<String>, V: Into<Vec<u8>>>(
        method: impl Into<String>,
        headers: impl IntoIterator<Item = (N, V)>,
        body: impl Into<Vec<u8>>,
    ) -> Self {
        let headers = headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { method: method.into(), target: None, query: Vec::new(), headers, body: body.into() }
    }

    /// Adds the raw query, without `?`.
    pub fn query(self, query: impl Into<Vec<u8>>) -> Self {
        Self { query: query.into(), ..self }
    }

    /// Adds the raw request target: the path with its `?` and query. A scheme that signs the URL needs it.
    pub fn target(self, target: impl Into<String>) -> Self {
        let target = target.into();
        let query = target.split_once('?').map_or_else(Vec::new, |(_, query)| query.as_bytes().to_vec());
        Self { target: Some(target), query, ..self }
    }

    /// Returns the text of a header that appears once.
    pub(super) fn header(&self, name: &'static str) -> Option<&str> {
        match self.headers.lookup(&HeaderName::from_static(name)) {
            HeaderLookup::One(value) => str::from_utf8(value).ok(),
            _ => None,
        }
    }

    /// Returns a view for a verifier.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        let head = Head::new(&self.method, &self.headers);
        let head = match &self.target {
            Some(target) => head.with_target(target),
            None => head.with_query(&self.query),
        };
        Request::new(head, &self.body)
    }
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.request().fmt(f)
    }
}

#[cfg(feature = "http")]
impl<B: AsRef<[u8]>> From<&http::Request<B>> for Capture {
    fn from(request: &http::Request<B>) -> Self {
        let headers = request.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
        Self::new(request.method().as_str(), headers, request.body().as_ref())
            .target(request.uri().path_and_query().map_or("", |target| target.as_str()))
    }
}
