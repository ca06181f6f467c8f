//! A replay guard in one process's memory.

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
        entries.forget_expired(now);
        if let Some(entry) = entries.current(key, now) {
            return Ok(match &entry.state {
                State::Leased(_) => Claim::InProgress { remaining: entry.ends.saturating_sub(now) },
                State::Done(response) => Claim::Done(response.as_deref().cloned()),
            });
        }
        if entries.by_key.len() >= self.capacity && !entries.by_key.contains_key(key) {
            return Err(ErrorKind::ReplayGuardFull.into());
        }
        let leased = Lease::new(*key);
        entries.put(key, State::Leased(*leased.token()), now.saturating_add(lease));
        Ok(Claim::Leased(leased))
    }

    async fn renew(&self, lease: &Lease, time: Duration) -> Result<bool, Error> {
        let mut entries = self.lock();
        let now = self.now();
        let ours = entries.is_leased_by(lease, now);
        if ours {
            entries.put(lease.key(), State::Leased(*lease.token()), now.saturating_add(time));
        }
        Ok(ours)
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
        let ours = entries.is_leased_by(lease, now);
        if ours {
            entries.put(lease.key(), state, now.saturating_add(ttl));
        }
        Ok(ours)
    }

    async fn release(&self, lease: &Lease) -> Result<(), Error> {
        let mut entries = self.lock();
        let now = self.now();
        if entries.is_leased_by(lease, now) {
            entries.remove(lease.key());
        }
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

impl Entries {
    fn current(&self, key: &ReplayKey, now: Duration) -> Option<&Entry> {
        self.by_key.get(key).filter(|entry| now < entry.ends)
    }

    fn is_leased_by(&self, lease: &Lease, now: Duration) -> bool {
        matches!(self.current(lease.key(), now), Some(Entry { state: State::Leased(token), .. }) if token == lease.token())
    }

    fn put(&mut self, key: &ReplayKey, state: State, ends: Duration) {
        if let Some(old) = self.by_key.insert(*key, Entry { state, ends }) {
            self.by_end.remove(&(old.ends, *key));
        }
        self.by_end.insert((ends, *key));
    }

    fn remove(&mut self, key: &ReplayKey) {
        if let Some(old) = self.by_key.remove(key) {
            self.by_end.remove(&(old.ends, *key));
        }
    }

    /// Forgets what has ended, at most a few at a time: more than a claim adds, so that what has ended becomes less, and few
    /// enough for no claim to wait long.
    fn forget_expired(&mut self, now: Duration) {
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
