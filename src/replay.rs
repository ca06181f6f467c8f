//! Replay guards: they remember requests, so that each event is handled once.
//!
//! [`VerifyLayer::replay_guard`](crate::tower::VerifyLayer::replay_guard) asks a guard only about verified requests, so a
//! stranger cannot add keys. [`guide::exactly_once`](crate::guide::exactly_once) says what a guard can do and what it cannot.

mod claim;
#[cfg(feature = "replay-memory")]
mod memory;
#[cfg(feature = "replay-redis")]
mod redis;
mod response;

use std::fmt::Debug;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

pub use claim::{Claim, Lease};
#[cfg(feature = "replay-memory")]
pub use memory::Memory;
#[cfg(feature = "replay-redis")]
pub use redis::{Redis, RedisError};
pub use response::SavedResponse;

use crate::error::Error;
use crate::verifier::ReplayKey;

/// Remembers requests by their [`ReplayKey`] in two steps: a lease during the handling, then *done*.
///
/// # Contract
///
/// Every key is in one of three states. Every guard must follow this table:
///
/// | call | free | leased, by this lease | leased, by another | done |
/// |---|---|---|---|---|
/// | [`claim`](Self::claim) | becomes leased: [`Leased`](Claim::Leased) | – | [`InProgress`](Claim::InProgress) | [`Done`](Claim::Done) |
/// | [`renew`](Self::renew) | `false` | the lease now ends `time` from now: `true` | `false` | `false` |
/// | [`complete`](Self::complete) | becomes done: `true` | becomes done: `true` | `false` | by this lease: `true`, else `false` |
/// | [`release`](Self::release) | nothing | becomes free | nothing | nothing |
/// | its time ends | – | becomes free | becomes free | becomes free |
///
/// - **Atomic.** Each call is one step. If any number of processes claim a free key at once, exactly one gets the lease.
/// - **Repeatable.** A call whose answer was lost can be repeated. Repeating `complete` with the same lease changes nothing.
/// - **Never early.** A guard keeps a lease or *done* until its time ends, even if other keys need room. It may keep it longer.
/// - **Never a guess.** A guard that does not know the state returns an error that [is retryable](Error::is_retryable).
/// - **Clocks.** Only the store measures time. Processes never compare clocks.
/// - **Bounded.** A call waits for the store for a limited time. A failed call leaves no task and no memory behind.
/// - **Dropped calls.** A claim whose future is dropped may have been made. It is withdrawn, or its lease runs out.
///
/// Several layers can share one guard in an [`Arc`].
///
/// # Example
///
/// ```
/// use std::collections::HashMap;
/// use std::collections::hash_map::Entry;
/// use std::sync::{Mutex, MutexGuard};
/// use std::time::Duration;
///
/// use countersign::replay::{Claim, Lease, ReplayGuard, SavedResponse};
/// use countersign::{Error, ErrorKind, ReplayKey};
///
/// enum State {
///     Leased(Lease),
///     Done(Lease, Option<SavedResponse>),
/// }
///
/// /// Never expires a key. For tests.
/// #[derive(Default)]
/// struct Forever(Mutex<HashMap<ReplayKey, State>>);
///
/// impl Forever {
///     fn states(&self) -> Result<MutexGuard<'_, HashMap<ReplayKey, State>>, Error> {
///         self.0.lock().map_err(|_| ErrorKind::ReplayGuardUnavailable.into())
///     }
/// }
///
/// fn is_ours(state: Option<&State>, lease: &Lease) -> bool {
///     matches!(state, Some(State::Leased(other)) if other == lease)
/// }
///
/// impl ReplayGuard for Forever {
///     async fn claim(&self, key: &ReplayKey, lease: Duration) -> Result<Claim, Error> {
///         Ok(match self.states()?.entry(*key) {
///             Entry::Vacant(free) => {
///                 let lease = Lease::new(*key);
///                 free.insert(State::Leased(lease.clone()));
///                 Claim::Leased(lease)
///             }
///             Entry::Occupied(taken) => match taken.get() {
///                 State::Leased(_) => Claim::InProgress { remaining: lease },
///                 State::Done(_, response) => Claim::Done(response.clone()),
///             },
///         })
///     }
///
///     async fn renew(&self, lease: &Lease, _: Duration) -> Result<bool, Error> {
///         Ok(is_ours(self.states()?.get(lease.key()), lease))
///     }
///
///     async fn complete(&self, lease: &Lease, _: Duration, response: Option<&SavedResponse>) -> Result<bool, Error> {
///         let mut states = self.states()?;
///         Ok(match states.get(lease.key()) {
///             Some(State::Done(by, _)) => by == lease,
///             Some(State::Leased(by)) if by != lease => false,
///             _ => {
///                 states.insert(*lease.key(), State::Done(lease.clone(), response.cloned()));
///                 true
///             }
///         })
///     }
///
///     async fn release(&self, lease: &Lease) -> Result<(), Error> {
///         let mut states = self.states()?;
///         if is_ours(states.get(lease.key()), lease) {
///             states.remove(lease.key());
///         }
///         Ok(())
///     }
/// }
/// # impl std::fmt::Debug for Forever {
/// #     fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
/// #         f.write_str("Forever")
/// #     }
/// # }
/// ```
pub trait ReplayGuard: Debug + Send + Sync {
    /// Claims `key` for the time `lease`, in which the request must be handled.
    ///
    /// # Errors
    ///
    /// - [`ReplayGuardUnavailable`](crate::ErrorKind::ReplayGuardUnavailable): the store does not know the state.
    /// - [`ReplayGuardFull`](crate::ErrorKind::ReplayGuardFull): the store has no room for another key.
    fn claim(&self, key: &ReplayKey, lease: Duration) -> impl Future<Output = Result<Claim, Error>> + Send;

    /// Makes a lease end `time` from now. `false`: the lease no longer has the key, and nothing changed.
    ///
    /// # Errors
    ///
    /// - [`ReplayGuardUnavailable`](crate::ErrorKind::ReplayGuardUnavailable): the end of the lease is unknown.
    fn renew(&self, lease: &Lease, time: Duration) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Marks the request done for `ttl`, with the response to repeat if there is one. A free key becomes done too, since the
    /// lease may have ended or been lost. `false`: another lease has the key or has completed it, and nothing changed.
    ///
    /// # Errors
    ///
    /// - [`ReplayGuardUnavailable`](crate::ErrorKind::ReplayGuardUnavailable): it is unknown whether the request is done. If it
    ///   is not, the key becomes free when the lease ends, and the event can be handled again.
    /// - [`ReplayGuardFull`](crate::ErrorKind::ReplayGuardFull): the store has no room, with the same result.
    fn complete(
        &self,
        lease: &Lease,
        ttl: Duration,
        response: Option<&SavedResponse>,
    ) -> impl Future<Output = Result<bool, Error>> + Send;

    /// Frees the key if this lease has it. Otherwise does nothing.
    ///
    /// # Errors
    ///
    /// - [`ReplayGuardUnavailable`](crate::ErrorKind::ReplayGuardUnavailable): the key may stay leased until the lease ends.
    fn release(&self, lease: &Lease) -> impl Future<Output = Result<(), Error>> + Send;
}

impl<G: ReplayGuard> ReplayGuard for Arc<G> {
    fn claim(&self, key: &ReplayKey, lease: Duration) -> impl Future<Output = Result<Claim, Error>> + Send {
        (**self).claim(key, lease)
    }

    fn renew(&self, lease: &Lease, time: Duration) -> impl Future<Output = Result<bool, Error>> + Send {
        (**self).renew(lease, time)
    }

    fn complete(
        &self,
        lease: &Lease,
        ttl: Duration,
        response: Option<&SavedResponse>,
    ) -> impl Future<Output = Result<bool, Error>> + Send {
        (**self).complete(lease, ttl, response)
    }

    fn release(&self, lease: &Lease) -> impl Future<Output = Result<(), Error>> + Send {
        (**self).release(lease)
    }
}
