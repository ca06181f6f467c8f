//! The head of a request as received.

use http::request::Parts;
use http::{Extensions, Uri};

use crate::request::Head;

/// Views the head. In a nested router of axum, the target is the received one, not the rest that axum leaves.
pub(super) fn head(parts: &Parts) -> Head<'_> {
    Head::of_http(&parts.method, received_uri(&parts.uri, &parts.extensions), &parts.headers)
}

/// Returns the URI on which the request was received.
#[cfg(feature = "axum")]
pub(super) fn received_uri<'r>(uri: &'r Uri, extensions: &'r Extensions) -> &'r Uri {
    extensions.get::<::axum::extract::OriginalUri>().map_or(uri, |original| &original.0)
}

#[cfg(not(feature = "axum"))]
pub(super) fn received_uri<'r>(uri: &'r Uri, _: &'r Extensions) -> &'r Uri {
    uri
}
