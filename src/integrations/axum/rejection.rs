//! Why there is nothing to extract.

use std::error::Error as StdError;
use std::fmt;

use axum_core::response::{IntoResponse, Response};

use crate::error::Error;
use crate::integrations::refusal;

/// Why a [`Signed`](super::Signed) was not extracted; `R` is the rejection of what it was to hold.
///
/// `R` and axum's rejections may quote the request in their text. So `Debug` and `Display` do not print them:
/// [`source`](StdError::source) has them.
#[non_exhaustive]
pub enum SignedRejection<R> {
    /// The delivery did not verify, or its body could not be read.
    Refused(Error),
    /// The delivery verified and does not hold what it was to hold.
    Unreadable(R),
}

impl<R: IntoResponse> IntoResponse for SignedRejection<R> {
    /// A refusal is answered with the status of its kind and an empty body, the [`Error`] in the extensions.
    fn into_response(self) -> Response {
        match self {
            Self::Refused(error) => {
                let mut response: Response = refusal::empty(&error);
                response.extensions_mut().insert(error);
                response
            }
            Self::Unreadable(rejection) => rejection.into_response(),
        }
    }
}

impl<R> From<Error> for SignedRejection<R> {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl<R> fmt::Debug for SignedRejection<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => f.debug_tuple("Refused").field(error).finish(),
            Self::Unreadable(_) => f.debug_tuple("Unreadable").finish_non_exhaustive(),
        }
    }
}

impl<R> fmt::Display for SignedRejection<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(error) => error.fmt(f),
            Self::Unreadable(_) => f.write_str("verified request is not what the handler takes"),
        }
    }
}

impl<R: StdError + 'static> StdError for SignedRejection<R> {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Refused(error) => Some(error),
            Self::Unreadable(rejection) => Some(rejection),
        }
    }
}
