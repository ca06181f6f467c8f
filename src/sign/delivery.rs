//! A delivery that owns what it is made of.

use std::fmt;

use crate::request::{Head, Request};

/// A request as a platform would send it.
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct Delivery {
    method: String,
    target: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Delivery {
    pub(super) fn new(method: &str, body: impl Into<Vec<u8>>) -> Self {
        Self { method: method.to_owned(), target: "/".to_owned(), headers: Vec::new(), body: body.into() }
    }

    pub(super) fn get(query: &str) -> Self {
        Self::new("GET", "").with_query(query)
    }

    pub(super) fn post(media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new("POST", body).with_header("content-type", media_type)
    }

    pub(super) fn add_header(&mut self, name: &str, value: &str) {
        self.headers.push((name.to_owned(), value.to_owned()));
    }

    pub(super) fn add_to_query(&mut self, name: &str, value: &str) {
        let separator = if self.query().is_empty() { "" } else { "&" };
        self.target = target(self.path(), &format!("{}{separator}{name}={value}", self.query()));
    }

    /// Adds a header, beside one of the same name if there is one.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.add_header(name, value);
        self
    }

    /// Takes away all headers of this name.
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(given, _)| !given.eq_ignore_ascii_case(name));
        self
    }

    /// Exchanges the method; the signature stays.
    pub fn with_method(self, method: &str) -> Self {
        Self { method: method.to_owned(), ..self }
    }

    /// Exchanges the raw request target, the path with its `?` and query; the signature stays.
    pub fn with_target(self, target: &str) -> Self {
        Self { target: target.to_owned(), ..self }
    }

    /// Exchanges the raw query; the path and the signature stay.
    pub fn with_query(self, query: &str) -> Self {
        let target = target(self.path(), query);
        Self { target, ..self }
    }

    /// Exchanges the body; the signature stays.
    pub fn with_body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// The method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// The raw request target: the path with its `?` and query. The path is `/` unless it was set.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The raw path.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(&*self.target, |(path, _)| path)
    }

    /// The raw query, without `?`.
    #[must_use]
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// The headers, in their order.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// The first header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        header.map(|(_, value)| value.as_str())
    }

    /// The raw body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// A view of all but the body.
    #[must_use]
    pub fn head(&self) -> Head<'_> {
        Head::new(&self.method, &self.headers).with_target(&self.target)
    }

    /// A view of the whole, to verify.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        Request::new(self.head(), &self.body)
    }

    /// The delivery as a request of the `http` crate, to `path` with the delivery's query. Where the platform signs the URL, give
    /// the [`path`](Self::path) that was signed.
    ///
    /// # Errors
    ///
    /// - The method, the path with the query, or a header is not what HTTP allows.
    #[cfg(feature = "http")]
    pub fn to_http(&self, path: &str) -> Result<http::Request<Vec<u8>>, http::Error> {
        let uri = target(path, self.query());
        let request = http::Request::builder().method(self.method.as_str()).uri(uri);
        self.headers
            .iter()
            .fold(request, |request, (name, value)| request.header(name, value))
            .body(self.body.clone())
    }
}

/// Shows the request as [`Request`] does, and none of its values.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Delivery").field(&self.request()).finish()
    }
}

/// A path and a query, joined to a target.
fn target(path: &str, query: &str) -> String {
    let separator = if query.is_empty() { "" } else { "?" };
    format!("{path}{separator}{query}")
}
