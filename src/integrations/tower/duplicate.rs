//! The answer to a request that was handled before.

use http::{Response, StatusCode};

use crate::verifier::Verified;

/// Answers 200 with an empty body, which tells every platform to stop sending.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Acknowledge;

/// Answers a request that was handled before. Closures implement it, and [`StatusCode`] with an empty body: see
/// [`VerifyLayer::on_duplicate`](super::VerifyLayer::on_duplicate).
pub trait OnDuplicate<R> {
    /// Makes the response to a verified request that was handled before.
    fn answer(&self, verified: &Verified) -> Response<R>;
}

impl<R: Default> OnDuplicate<R> for Acknowledge {
    fn answer(&self, _: &Verified) -> Response<R> {
        Response::default()
    }
}

impl<R: Default> OnDuplicate<R> for StatusCode {
    fn answer(&self, _: &Verified) -> Response<R> {
        let mut response = Response::default();
        *response.status_mut() = *self;
        response
    }
}

impl<R, F: Fn(&Verified) -> Response<R>> OnDuplicate<R> for F {
    fn answer(&self, verified: &Verified) -> Response<R> {
        self(verified)
    }
}
