//! Replay guards: who remembers deliveries, so that the second of two is refused.
//!
//! [`VerifyLayer::replay_guard`](crate::tower::VerifyLayer::replay_guard) asks one after a delivery has verified and never before, so
//! that a stranger puts nothing into it. Vogent and Voxagent sign nothing by which a delivery could be known again; there,
//! deduplicate on what the payload says (of Vogent `dial_id` and the event).

#[cfg(feature = "replay-memory")]
mod memory;
#[cfg(feature = "redis")]
mod redis;

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "replay-memory")]
pub use memory::Memory;
#[cfg(feature = "redis")]
pub use redis::Redis;

use crate::error::Error;
use crate::verifier::ReplayKey;

/// Remembers deliveries by their [`ReplayKey`].
///
/// # Contract
///
/// - Of any number of claims of one key at one time, by whatever process, exactly one succeeds, until the key's time is over or
///   the key is released.
/// - A claim that is given up before it is answered, its future dropped, is withdrawn.
/// - A guard that cannot tell refuses with an error that [is retryable](Error::is_retryable). It never lets a delivery pass.
/// - One guard, in an [`Arc`], may serve several layers: they claim each for its [`scheme`](crate::Verifier::scheme).
/// - What was claimed is not forgotten before its time, whatever else is claimed.
///
/// # Example
///
/// ```
/// use std::collections::HashSet;
/// use std::sync::Mutex;
/// use std::time::Duration;
///
/// use countersign::replay::ReplayGuard;
/// use countersign::{Error, ErrorKind, ReplayKey};
///
/// /// Never forgets: for a test.
/// #[derive(Debug, Default)]
/// struct Forever(Mutex<HashSet<ReplayKey>>);
///
/// impl ReplayGuard for Forever {
///     async fn claim(&self, key: &ReplayKey, _ttl: Duration) -> Result<(), Error> {
///         let mut keys = self.0.lock().map_err(|_| ErrorKind::ReplayGuardUnavailable)?;
///         if keys.insert(key.clone()) { Ok(()) } else { Err(ErrorKind::Replayed.into()) }
///     }
///
///     async fn release(&self, key: &ReplayKey) -> Result<(), Error> {
///         self.0.lock().map_err(|_| ErrorKind::ReplayGuardUnavailable)?.remove(key);
///         Ok(())
///     }
/// }
/// ```
pub trait ReplayGuard: Debug + Send + Sync {
    /// Claims a delivery for `ttl`: it is about to be handled.
    ///
    /// # Errors
    ///
    /// - [`Replayed`](crate::ErrorKind::Replayed): it is claimed already.
    /// - [`ReplayGuardUnavailable`](crate::ErrorKind::ReplayGuardUnavailable): whether it is cannot be told.
    /// - [`ReplayGuardFull`](crate::ErrorKind::ReplayGuardFull): no more can be remembered.
    fn claim(&self, key: &ReplayKey, ttl: Duration) -> impl Future<Output = Result<(), Error>> + Send;

    /// Gives a claim back, since the delivery could not be handled: when the platform sends it again, it gets through. Without
    /// a claim there is nothing to do.
    ///
    /// # Errors
    ///
    /// - [`ReplayGuardUnavailable`](crate::ErrorKind::ReplayGuardUnavailable): it stays claimed until its time is over.
    fn release(&self, key: &ReplayKey) -> impl Future<Output = Result<(), Error>> + Send;
}

impl<G: ReplayGuard> ReplayGuard for Arc<G> {
    fn claim(&self, key: &ReplayKey, ttl: Duration) -> impl Future<Output = Result<(), Error>> + Send {
        (**self).claim(key, ttl)
    }

    fn release(&self, key: &ReplayKey) -> impl Future<Output = Result<(), Error>> + Send {
        (**self).release(key)
    }
}

/// A key of one length, whatever a sender signed.
#[cfg(any(feature = "redis", feature = "replay-memory"))]
fn digest(key: &ReplayKey) -> [u8; 32] {
    crate::mac::sha256(key.as_str().as_bytes())
}
