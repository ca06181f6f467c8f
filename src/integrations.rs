//! Adapters to what others build services with.

#[cfg(feature = "axum")]
pub mod axum;
mod head;
mod read;
mod rejection;
#[cfg(feature = "tower")]
pub mod tower;
