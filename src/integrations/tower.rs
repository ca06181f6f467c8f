//! A `tower` layer that lets through what has verified.

mod duplicate;
mod gate;
mod guard;
mod hold;
mod layer;
#[cfg(feature = "tenant-lookup")]
mod lookup;
#[cfg(feature = "tracing")]
mod observer;
mod rejection;
mod remember;
mod service;
mod settle;
#[cfg(not(feature = "tracing"))]
mod silent;
mod verified_body;

pub use duplicate::{Acknowledge, OnDuplicate};
pub use layer::VerifyLayer;
#[cfg(feature = "tenant-lookup")]
pub use lookup::TenantLookup;
#[cfg(feature = "tracing")]
use observer::Observer;
pub use rejection::{EmptyRejection, OnRejection};
pub use remember::{Forget, Remember, ResponseMemory};
pub use service::{ResponseFuture, Verify};
#[cfg(not(feature = "tracing"))]
use silent::Observer;
pub use verified_body::VerifiedBody;
