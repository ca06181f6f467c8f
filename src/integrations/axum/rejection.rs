//! Why an extraction failed.

use std::error::Error as StdError;
use std::fmt;

use axum_core::response::{IntoResponse, Response};

use crate::error::Error;

/// Says why a [`Signed`](super::Signed) was not extracted. `R` is the rejection of the extractor inside.
///
/// `R` and axum's rejections may quote the request in their text. So `Debug` and `Display` do not print them:
/// [`source`](StdError::source) has them.
#[non_exhaustive]
pub enum SignedRejection<R> {
    /// The request did not verify, or its body could not be read.
    Unverified(Error),
    /// The request verified, but the extractor inside rejected it.
    Unreadable(R),
}

impl<R: IntoResponse> IntoResponse for SignedRejection<R> {
    /// Answers an unverified request as [`Error`] does.
    fn into_response(self) -> Response {
        match self {
            Self::Unverified(error) => error.into_response(),
            Self::Unreadable(rejection) => rejection.into_response(),
        }
    }
}

impl<R> From<Error> for SignedRejection<R> {
    fn from(error: Error) -> Self {
        Self::Unverified(error)
    }
}

impl<R> fmt::Debug for SignedRejection<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unverified(error) => f.debug_tuple("Unverified").field(error).finish(),
            Self::Unreadable(_) => f.debug_tuple("Unreadable").finish_non_exhaustive(),
        }
    }
}

impl<R> fmt::Display for SignedRejection<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unverified(error) => error.fmt(f),
            Self::Unreadable(_) => f.write_str("verified request is not what the handler takes"),
        }
    }
}

impl<R: StdError + 'static> StdError for SignedRejection<R> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Unverified(error) => Some(error),
            Self::Unreadable(rejection) => Some(rejection),
        }
    }
}
