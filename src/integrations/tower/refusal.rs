//! What is answered to a delivery that is refused.

use http::Response;

use crate::error::Error;
use crate::integrations::refusal;

/// Answers with the status of the error's kind and an empty body: a stranger learns nothing but that.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EmptyRefusal;

/// Makes the answer to a delivery that is refused. Implemented for closures; see
/// [`VerifyLayer::on_refusal`](super::VerifyLayer::on_refusal).
pub trait OnRefusal<R> {
    /// Makes the response to a delivery that was refused with `error`.
    fn refuse(&self, error: &Error) -> Response<R>;
}

impl<R: Default> OnRefusal<R> for EmptyRefusal {
    fn refuse(&self, error: &Error) -> Response<R> {
        refusal::empty(error)
    }
}

impl<R, F: Fn(&Error) -> Response<R>> OnRefusal<R> for F {
    fn refuse(&self, error: &Error) -> Response<R> {
        self(error)
    }
}
