//! The proof as a handler's argument, and an error as its answer.

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use crate::error::Error;
use crate::integrations::rejection;
use crate::verifier::Verified;

/// The request was not verified: no [`VerifyLayer`](crate::tower::VerifyLayer) is over this route. Status 500.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("request was not verified: the route has no `VerifyLayer`")]
pub struct VerifiedRejection;

/// Takes the proof from a [`VerifyLayer`](crate::tower::VerifyLayer) over the route, or from [`Signed`](crate::axum::Signed).
///
/// Without either, the request is answered 500 and the handler does not run.
impl<S: Sync> FromRequestParts<S> for Verified {
    type Rejection = VerifiedRejection;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        parts.extensions.get::<Self>().cloned().ok_or(VerifiedRejection)
    }
}

impl IntoResponse for VerifiedRejection {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}

/// Answers as a [`VerifyLayer`](crate::tower::VerifyLayer) does: the [status](Error::status) of the error's kind, an empty
/// body, and `Retry-After` where it is known. The error is in the response's extensions.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        rejection::explained(rejection::empty(&self), self)
    }
}
