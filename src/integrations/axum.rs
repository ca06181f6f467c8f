//! An `axum` extractor of bodies that have verified.

mod parameters;
mod rejection;
mod signed;

pub use parameters::{SignedParameters, SignedParametersRejection};
pub use rejection::SignedRejection;
pub use signed::Signed;
