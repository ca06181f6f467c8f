//! A `tower` layer that lets through what has verified.

mod body;
mod gate;
mod guard;
mod layer;
#[cfg(feature = "tenants")]
mod lookup;
#[cfg(feature = "tracing")]
mod observer;
mod refusal;
mod service;
#[cfg(not(feature = "tracing"))]
mod silent;

pub use body::Body;
pub use layer::VerifyLayer;
#[cfg(feature = "tenants")]
pub use lookup::TenantLookup;
#[cfg(feature = "tracing")]
use observer::Observer;
pub use refusal::{EmptyRefusal, OnRefusal};
pub use service::{ResponseFuture, Verify};
#[cfg(not(feature = "tracing"))]
use silent::Observer;
