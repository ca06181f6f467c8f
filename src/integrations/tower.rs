//! A `tower` layer that lets only verified requests through.

mod duplicate;
mod gate;
mod guard;
mod hold;
mod layer;
#[cfg(feature = "tenant-lookup")]
mod lookup;
mod rejection;
mod remember;
mod service;
mod settle;
mod verified_body;

pub use duplicate::{Acknowledge, OnDuplicate};
pub use layer::VerifyLayer;
#[cfg(feature = "tenant-lookup")]
pub use lookup::TenantLookup;
pub use rejection::{EmptyRejection, OnRejection};
pub use remember::{Forget, Remember, ResponseMemory};
pub use service::{ResponseFuture, Verify};
pub use verified_body::VerifiedBody;
