//! The proof as an argument of a handler, and an error as its answer.

use axum_core::extract::FromRequestParts;
use axum_core::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;

use crate::error::Error;
use crate::integrations::rejection;
use crate::verifier::Verified;

/// Why there is no [`Verified`]: no [`VerifyLayer`](crate::tower::VerifyLayer) is over this route. Status 500.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("request was not verified")]
pub struct VerifiedRejection;

/// Takes the proof that a [`VerifyLayer`](crate::tower::VerifyLayer) over the route, or [`Signed`](crate::axum::Signed), has made.
///
/// Where neither is, the request is answered 500 and the handler does not run.
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

/// Answers with the [status](Error::status) of the error's kind, an empty body, `Retry-After` where it is known, and the error in
/// the response's extensions, as a [`VerifyLayer`](crate::tower::VerifyLayer) does.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        rejection::explained(rejection::empty(&self), self)
    }
}
