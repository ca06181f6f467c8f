//! The head of a request as it was received.

use http::Uri;
use http::request::Parts;

use crate::request::Head;

/// Views the head. Behind a nested router of axum the target is the one that was received, not what is left of it.
pub(super) fn head(parts: &Parts) -> Head<'_> {
    let target = received_uri(parts).path_and_query().map_or("", |target| target.as_str());
    Head::new(parts.method.as_str(), &parts.headers).with_target(target)
}

#[cfg(feature = "axum")]
fn received_uri(parts: &Parts) -> &Uri {
    parts.extensions.get::<::axum::extract::OriginalUri>().map_or(&parts.uri, |original| &original.0)
}

#[cfg(not(feature = "axum"))]
fn received_uri(parts: &Parts) -> &Uri {
    &parts.uri
}
