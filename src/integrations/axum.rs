//! `axum` extractors for verified requests.

mod parameters;
mod proof;
mod rejection;
mod signed;

pub use parameters::{SignedParameters, SignedParametersRejection};
pub use proof::VerifiedRejection;
pub use rejection::SignedRejection;
pub use signed::Signed;
