//! A `tower` layer that lets through what has verified.

mod body;
mod duplicate;
mod gate;
mod guard;
mod hold;
mod layer;
#[cfg(feature = "tenants")]
mod lookup;
#[cfg(feature = "tracing")]
mod observer;
mod refusal;
mod remember;
mod service;
#[cfg(not(feature = "tracing"))]
mod silent;

pub use body::Body;
pub use duplicate::{Acknowledge, OnDuplicate};
pub use layer::VerifyLayer;
#[cfg(feature = "tenants")]
pub use lookup::TenantLookup;
#[cfg(feature = "tracing")]
use observer::Observer;
pub use refusal::{EmptyRefusal, OnRefusal};
pub use remember::{Forget, Remember, ResponseMemory};
pub use service::{ResponseFuture, Verify};
#[cfg(not(feature = "tracing"))]
use silent::Observer;
