//! A request that was kept, to be looked at again.

use std::fmt;

use crate::request::{Head, Request};

/// A captured request: it owns what it is made of, and unlike a [`Head`] its headers can be listed.
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
    pub(super) query: Vec<u8>,
    pub(super) headers: Vec<(String, Vec<u8>)>,
    pub(super) body: Vec<u8>,
}

impl Capture {
    /// Takes the method (as on the wire), the headers in their order, repeats included, and the raw body.
    pub fn new<N: Into<String>, V: Into<Vec<u8>>>(
        method: impl Into<String>,
        headers: impl IntoIterator<Item = (N, V)>,
        body: impl Into<Vec<u8>>,
    ) -> Self {
        let headers = headers.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self { method: method.into(), query: Vec::new(), headers, body: body.into() }
    }

    /// Adds the raw query, without `?`.
    pub fn query(self, query: impl Into<Vec<u8>>) -> Self {
        Self { query: query.into(), ..self }
    }

    /// A view of it, to verify.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        Request::new(Head::new(&self.method, &self.headers).with_query(&self.query), &self.body)
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
            .query(request.uri().query().unwrap_or_default())
    }
}
