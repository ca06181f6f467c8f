//! The answer to a rejected request.

use http::Response;

use crate::error::Error;
use crate::integrations::rejection;

/// Answers with the status of the error's kind and an empty body.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EmptyRejection;

/// Answers a rejected request. Closures implement it: see [`VerifyLayer::on_rejection`](super::VerifyLayer::on_rejection).
pub trait OnRejection<R> {
    /// Makes the response to a request that was rejected with `error`.
    fn reject(&self, error: &Error) -> Response<R>;
}

impl<R: Default> OnRejection<R> for EmptyRejection {
    fn reject(&self, error: &Error) -> Response<R> {
        rejection::empty(error)
    }
}

impl<R, F: Fn(&Error) -> Response<R>> OnRejection<R> for F {
    fn reject(&self, error: &Error) -> Response<R> {
        self(error)
    }
}
