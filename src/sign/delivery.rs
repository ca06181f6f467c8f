//! A delivery that owns what it is made of.

use std::fmt;

use crate::request::{Head, Request};

/// A request as a platform would send it.
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct Delivery {
    method: String,
    query: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Delivery {
    pub(super) fn get(query: String) -> Self {
        Self { method: "GET".to_owned(), query, headers: Vec::new(), body: Vec::new() }
    }

    pub(super) fn post(media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let delivery =
            Self { method: "POST".to_owned(), query: String::new(), headers: Vec::new(), body: body.into() };
        delivery.with_header("content-type", media_type)
    }

    /// Adds a header, beside one of the same name if there is one.
    pub fn with_header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
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

    /// Exchanges the raw query; the signature stays.
    pub fn with_query(self, query: &str) -> Self {
        Self { query: query.to_owned(), ..self }
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

    /// The raw query, without `?`.
    #[must_use]
    pub fn query(&self) -> &str {
        &self.query
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
        Head::new(&self.method, &self.headers).with_query(&self.query)
    }

    /// A view of the whole, to verify.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        Request::new(self.head(), &self.body)
    }

    /// The delivery as a request of the `http` crate, to `path`.
    ///
    /// # Errors
    ///
    /// - The method, the path with the query, or a header is not what HTTP allows.
    #[cfg(feature = "http")]
    pub fn to_http(&self, path: &str) -> Result<http::Request<Vec<u8>>, http::Error> {
        let separator = if self.query.is_empty() { "" } else { "?" };
        let target = format!("{path}{separator}{}", self.query);
        let request = http::Request::builder().method(self.method.as_str()).uri(target);
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
