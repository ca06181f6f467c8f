//! What both adapters answer to a request that is rejected.

use http::{Response, StatusCode};

use crate::error::Error;

/// A response with the status of the error's kind and an empty body.
pub(super) fn empty<B: Default>(error: &Error) -> Response<B> {
    let mut response = Response::new(B::default());
    *response.status_mut() = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::UNAUTHORIZED);
    response
}
