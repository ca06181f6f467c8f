//! Views of the `http` crate's requests.

use ::http::{HeaderMap, Method, Uri};

use super::{Head, HeaderLookup, HeaderName, Headers, Request};

impl Headers for HeaderMap {
    fn lookup(&self, name: &HeaderName) -> HeaderLookup<'_> {
        let mut values = self.get_all(name.http()).iter();
        match (values.next(), values.next()) {
            (None, _) => HeaderLookup::Absent,
            (Some(value), None) => HeaderLookup::One(value.as_bytes()),
            (Some(_), Some(_)) => HeaderLookup::Repeated,
        }
    }
}

impl<'r, B> From<&'r ::http::Request<B>> for Head<'r> {
    fn from(request: &'r ::http::Request<B>) -> Self {
        Self::of_http(request.method(), request.uri(), request.headers())
    }
}

impl<'r> From<&'r ::http::request::Parts> for Head<'r> {
    fn from(parts: &'r ::http::request::Parts) -> Self {
        Self::of_http(&parts.method, &parts.uri, &parts.headers)
    }
}

impl<'r> Head<'r> {
    pub(crate) fn of_http(method: &'r Method, uri: &'r Uri, headers: &'r HeaderMap) -> Self {
        let target = uri.path_and_query().map_or("", |target| target.as_str());
        let query = uri.query().unwrap_or_default().as_bytes();
        Self { target, query, ..Self::new(method.as_str(), headers) }
    }
}

impl<'r, B: AsRef<[u8]>> From<&'r ::http::Request<B>> for Request<'r> {
    fn from(request: &'r ::http::Request<B>) -> Self {
        Self::new(request.into(), request.body())
    }
}
