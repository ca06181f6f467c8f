//! Adapters for frameworks.

#[cfg(feature = "axum")]
pub mod axum;
mod head;
#[cfg(feature = "tracing")]
mod observer;
mod read;
mod rejection;
#[cfg(not(feature = "tracing"))]
mod silent;
#[cfg(feature = "tower")]
pub mod tower;

#[cfg(feature = "tracing")]
use observer::Observer;
#[cfg(not(feature = "tracing"))]
use silent::Observer;
