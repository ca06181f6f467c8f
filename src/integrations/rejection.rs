//! The answer to a rejected request, for both adapters.

use http::Response;
use http::header::RETRY_AFTER;

use crate::error::Error;

/// A response with the status of the error's kind and an empty body.
pub(super) fn empty<B: Default>(error: &Error) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = error.status_code();
    response
}

/// Adds `Retry-After`, if known, and the error for an outer layer.
pub(super) fn explained<B>(mut response: Response<B>, error: Error) -> Response<B> {
    if let Some(seconds) = error.retry_after() {
        response.headers_mut().entry(RETRY_AFTER).or_insert(seconds.into());
    }
    response.extensions_mut().insert(error);
    response
}
