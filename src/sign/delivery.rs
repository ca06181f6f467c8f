//! A signed request that owns its data.

use std::fmt;

use crate::request::{Head, Request};

/// A request as the platform would send it.
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

    /// Adds a header. Existing headers of the same name stay.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.add_header(name, value);
        self
    }

    /// Removes all headers of this name.
    pub fn without_header(mut self, name: &str) -> Self {
        self.headers.retain(|(given, _)| !given.eq_ignore_ascii_case(name));
        self
    }

    /// Replaces the method. The signature stays.
    pub fn with_method(self, method: &str) -> Self {
        Self { method: method.to_owned(), ..self }
    }

    /// Replaces the raw request target, the path with its `?` and query. The signature stays.
    pub fn with_target(self, target: &str) -> Self {
        Self { target: target.to_owned(), ..self }
    }

    /// Replaces the raw query. The path and the signature stay.
    pub fn with_query(self, query: &str) -> Self {
        let target = target(self.path(), query);
        Self { target, ..self }
    }

    /// Replaces the body. The signature stays.
    pub fn with_body(self, body: impl Into<Vec<u8>>) -> Self {
        Self { body: body.into(), ..self }
    }

    /// Returns the method.
    #[must_use]
    pub fn method(&self) -> &str {
        &self.method
    }

    /// Returns the raw request target: the path with its `?` and query. The path is `/` unless it was set.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Returns the raw path.
    #[must_use]
    pub fn path(&self) -> &str {
        self.target.split_once('?').map_or(&*self.target, |(path, _)| path)
    }

    /// Returns the raw query, without `?`.
    #[must_use]
    pub fn query(&self) -> &str {
        self.target.split_once('?').map_or("", |(_, query)| query)
    }

    /// Returns the headers, in order.
    #[must_use]
    pub fn headers(&self) -> &[(String, String)] {
        &self.headers
    }

    /// Returns the first header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let header = self.headers.iter().find(|(given, _)| given.eq_ignore_ascii_case(name));
        header.map(|(_, value)| value.as_str())
    }

    /// Returns the raw body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Views everything but the body.
    #[must_use]
    pub fn head(&self) -> Head<'_> {
        Head::new(&self.method, &self.headers).with_target(&self.target)
    }

    /// Views the request, to verify it.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        Request::new(self.head(), &self.body)
    }

    /// Converts to a request of the `http` crate, to `path` with this delivery's query. If the platform signs the URL, give the
    /// signed [`path`](Self::path).
    ///
    /// # Errors
    ///
    /// - HTTP does not allow the method, the path with the query, or a header.
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

/// Shows what [`Request`] shows, and no values.
impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Delivery").field(&self.request()).finish()
    }
}

fn target(path: &str, query: &str) -> String {
    let separator = if query.is_empty() { "" } else { "?" };
    format!("{path}{separator}{query}")
}
