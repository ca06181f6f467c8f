//! A replay guard in one process's memory.

use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Claim, Lease, ReplayGuard, SavedResponse};
use crate::error::{Error, ErrorKind};
use crate::verifier::ReplayKey;

/// Remembers requests in this process's memory, for a service that runs as one process. Clones share the memory.
///
/// It holds at most `capacity` keys, each until its time ends. When it is full it **refuses** a new key with
/// [`ReplayGuardFull`](ErrorKind::ReplayGuardFull), status 503, until the time of another has ended: to forget one earlier would let
/// its replay through. Only what has verified is claimed, so a stranger cannot fill it. One tenant can fill it for the others: a
/// tenant that may send more than its share needs a guard of its own.
///
/// A key takes some 200 bytes; a million, 200 MB. Responses that are
/// [remembered](crate::tower::VerifyLayer::remember_responses) come on top, up to their limit for each key.
///
/// What is remembered ends with the process: a request that was handled before a restart is handled again if it comes again.
///
/// # Example
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// use std::time::Duration;
///
/// use countersign::ReplayKey;
/// use countersign::replay::{Claim, Memory, ReplayGuard};
///
/// let (guard, minute, day) = (Memory::new(1_000_000), Duration::from_secs(60), Duration::from_secs(86_400));
/// let key = ReplayKey::new(["a1b2"]);
/// let Claim::Leased(lease) = guard.claim(&key, minute).await? else { panic!("the key was free") };
/// assert!(matches!(guard.claim(&key, minute).await?, Claim::InProgress { .. }));
///
/// assert!(guard.complete(&lease, day, None).await?);
/// assert_eq!(guard.claim(&key, minute).await?, Claim::Done(None));
/// # Ok::<(), countersign::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Memory {
    entries: Arc<Mutex<Entries>>,
    capacity: usize,
    clock: Arc<dyn Fn() -> Duration + Send + Sync>,
}

impl Memory {
    /// Holds at most `capacity` keys. Choose it above what the platforms send within the time for which a request stays
    /// [done](crate::tower::VerifyLayer::done_for).
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let start = Instant::now();
        Self { entries: Arc::default(), capacity, clock: Arc::new(move || start.elapsed()) }
    }

    /// Measures time by another clock than the system's monotonic one: the time since some fixed moment, which must never
    /// go back.
    #[must_use]
    pub fn clock(self, elapsed: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(elapsed), ..self }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        // Nothing panics while it is held.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present moment, asked under the lock: of two changes, the later one has the later time.
    fn now(&self) -> Duration {
        (self.clock)()
    }
}

impl ReplayGuard for Memory {
    async fn claim(&self, key: &ReplayKey, lease: Duration) -> Result<Claim, Error> {
        let mut entries = self.lock();
        let now = self.now();
        entries.claim(key, now, now.saturating_add(lease), self.capacity)
    }

    async fn renew(&self, lease: &Lease, time: Duration) -> Result<bool, Error> {
        let mut entries = self.lock();
        let now = self.now();
        Ok(entries.change(lease, now, State::Leased(*lease.token()), now.saturating_add(time)))
    }

    async fn complete(
        &self,
        lease: &Lease,
        ttl: Duration,
        response: Option<&SavedResponse>,
    ) -> Result<bool, Error> {
        let state = State::Done(response.cloned().map(Box::new));
        let mut entries = self.lock();
        let now = self.now();
        Ok(entries.change(lease, now, state, now.saturating_add(ttl)))
    }

    async fn release(&self, lease: &Lease) -> Result<(), Error> {
        let mut entries = self.lock();
        let now = self.now();
        entries.release(lease, now);
        Ok(())
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("count", &self.lock().by_key.len())
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

/// What is remembered, by key and by when it ends. Both hold the same keys.
#[derive(Default)]
struct Entries {
    by_key: HashMap<ReplayKey, Entry>,
    by_end: BTreeSet<(Duration, ReplayKey)>,
}

struct Entry {
    state: State,
    /// The first moment at which the key is free again.
    ends: Duration,
}

enum State {
    /// By the lease with this token.
    Leased([u8; 16]),
    Done(Option<Box<SavedResponse>>),
}

impl Entry {
    fn is_leased_by(&self, lease: &Lease, now: Duration) -> bool {
        now < self.ends && matches!(&self.state, State::Leased(token) if token == lease.token())
    }
}

impl Entries {
    fn claim(
        &mut self,
        key: &ReplayKey,
        now: Duration,
        ends: Duration,
        capacity: usize,
    ) -> Result<Claim, Error> {
        self.forget_ended(now);
        let full = self.by_key.len() >= capacity;
        let lease = Lease::new(*key);
        let leased = Entry { state: State::Leased(*lease.token()), ends };
        match self.by_key.entry(*key) {
            Occupied(taken) if now < taken.get().ends => {
                return Ok(match &taken.get().state {
                    State::Leased(_) => Claim::InProgress { remaining: taken.get().ends.saturating_sub(now) },
                    State::Done(response) => Claim::Done(response.as_deref().cloned()),
                });
            }
            Occupied(mut ended) => {
                self.by_end.remove(&(ended.get().ends, *key));
                ended.insert(leased);
            }
            Vacant(_) if full => return Err(ErrorKind::ReplayGuardFull.into()),
            Vacant(free) => {
                free.insert(leased);
            }
        }
        self.by_end.insert((ends, *key));
        Ok(Claim::Leased(lease))
    }

    /// Changes what a lease has that is still there, and tells whether it is.
    fn change(&mut self, lease: &Lease, now: Duration, state: State, ends: Duration) -> bool {
        let key = *lease.key();
        let Some(entry) = self.by_key.get_mut(&key).filter(|entry| entry.is_leased_by(lease, now)) else {
            return false;
        };
        self.by_end.remove(&(entry.ends, key));
        self.by_end.insert((ends, key));
        *entry = Entry { state, ends };
        true
    }

    fn release(&mut self, lease: &Lease, now: Duration) {
        if let Occupied(entry) = self.by_key.entry(*lease.key())
            && entry.get().is_leased_by(lease, now)
        {
            self.by_end.remove(&(entry.get().ends, *lease.key()));
            entry.remove();
        }
    }

    /// Forgets what has ended, at most a few at a time: more than a claim adds, so that what has ended becomes less, and few
    /// enough for no claim to wait long.
    fn forget_ended(&mut self, now: Duration) {
        for _ in 0..FORGOTTEN_PER_CLAIM {
            match self.by_end.first() {
                Some(&(ends, key)) if ends <= now => {
                    self.by_end.pop_first();
                    self.by_key.remove(&key);
                }
                _ => break,
            }
        }
    }
}

const FORGOTTEN_PER_CLAIM: usize = 4;
