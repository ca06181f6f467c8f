//! An `axum` extractor of bodies that have verified.

mod rejection;
mod signed;

pub use rejection::SignedRejection;
pub use signed::Signed;
