//! Adapters to what others build services with.

#[cfg(feature = "axum")]
pub mod axum;
mod read;
mod refusal;
#[cfg(feature = "tower")]
pub mod tower;
