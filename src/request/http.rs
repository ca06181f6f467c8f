//! Views of the `http` crate's requests.

use ::http::HeaderMap;

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
        Self::new(request.method().as_str(), request.headers())
            .with_target(request.uri().path_and_query().map_or("", |target| target.as_str()))
    }
}

impl<'r> From<&'r ::http::request::Parts> for Head<'r> {
    fn from(parts: &'r ::http::request::Parts) -> Self {
        Self::new(parts.method.as_str(), &parts.headers)
            .with_target(parts.uri.path_and_query().map_or("", |target| target.as_str()))
    }
}

impl<'r, B: AsRef<[u8]>> From<&'r ::http::Request<B>> for Request<'r> {
    fn from(request: &'r ::http::Request<B>) -> Self {
        Self::new(request.into(), request.body())
    }
}
