//! A replay guard in the memory of one process.

use std::collections::hash_map::Entry::{Occupied, Vacant};
use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Claim, Lease, ReplayGuard, SavedResponse};
use crate::error::{Error, ErrorKind};
use crate::verifier::ReplayKey;

/// Remembers requests in the memory of this process. Clones share the memory.
///
/// It holds at most `capacity` keys, each until its time ends. When full, it **rejects** a new key with
/// [`ReplayGuardFull`](ErrorKind::ReplayGuardFull), status 503, until another key's time has ended. Forgetting a key earlier
/// would allow its replay. A stranger cannot fill it, because only verified requests are claimed. One tenant can fill it for
/// the others: give a tenant that may send more than its share its own guard.
///
/// A key takes about 200 bytes, a million keys 200 MB. [Saved responses](crate::tower::VerifyLayer::remember_responses) add up
/// to their limit per key.
///
/// A restart forgets everything: an event that was handled before is handled again if the platform retries it.
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
    /// Makes a guard for at most `capacity` keys. Choose more than the platforms send within the time for which a request stays
    /// [done](crate::tower::VerifyLayer::done_for).
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let start = Instant::now();
        Self { entries: Arc::default(), capacity, clock: Arc::new(move || start.elapsed()) }
    }

    /// Replaces the system's monotonic clock. `elapsed` returns the time since a fixed moment and must never go back.
    #[must_use]
    pub fn clock(self, elapsed: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self { clock: Arc::new(elapsed), ..self }
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        // Nothing panics under the lock.
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads the clock. Called under the lock, so that a later change has a later time.
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
        Ok(entries.renew(lease, now, now.saturating_add(time)))
    }

    async fn complete(
        &self,
        lease: &Lease,
        ttl: Duration,
        response: Option<&SavedResponse>,
    ) -> Result<bool, Error> {
        let state = State::Done(*lease.token(), response.cloned().map(Box::new));
        let mut entries = self.lock();
        let now = self.now();
        entries.complete(lease, now, Entry { state, ends: now.saturating_add(ttl) }, self.capacity)
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

/// The keys, by key and by end. Both maps hold the same keys.
#[derive(Default)]
struct Entries {
    by_key: HashMap<ReplayKey, Entry>,
    by_end: BTreeSet<(Duration, ReplayKey)>,
}

struct Entry {
    state: State,
    /// The moment at which the key becomes free.
    ends: Duration,
}

enum State {
    /// Leased by the lease with this token.
    Leased([u8; 16]),
    Done([u8; 16], Option<Box<SavedResponse>>),
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
        if let Some(taken) = self.by_key.get(key).filter(|entry| now < entry.ends) {
            return Ok(match &taken.state {
                State::Leased(_) => Claim::InProgress { remaining: taken.ends.saturating_sub(now) },
                State::Done(_, response) => Claim::Done(response.as_deref().cloned()),
            });
        }
        // A copy of the process has its own copy of this memory, so equal tokens do not meet.
        let lease = Lease::of_this_process(*key);
        self.put(*key, Entry { state: State::Leased(*lease.token()), ends }, capacity)?;
        Ok(Claim::Leased(lease))
    }

    /// Changes when a lease ends. Returns `false` if the lease does not have the key.
    fn renew(&mut self, lease: &Lease, now: Duration, ends: Duration) -> bool {
        let key = *lease.key();
        let Some(entry) = self.by_key.get_mut(&key).filter(|entry| entry.is_leased_by(lease, now)) else {
            return false;
        };
        self.by_end.remove(&(entry.ends, key));
        self.by_end.insert((ends, key));
        entry.ends = ends;
        true
    }

    /// Marks a leased or free key done. Returns whether this lease has done it.
    fn complete(
        &mut self,
        lease: &Lease,
        now: Duration,
        done: Entry,
        capacity: usize,
    ) -> Result<bool, Error> {
        self.forget_ended(now);
        match self.by_key.get(lease.key()).filter(|entry| now < entry.ends).map(|entry| &entry.state) {
            Some(State::Done(by, _)) => return Ok(by == lease.token()),
            Some(State::Leased(by)) if by != lease.token() => return Ok(false),
            Some(State::Leased(_)) | None => {}
        }
        self.put(*lease.key(), done, capacity)?;
        Ok(true)
    }

    /// Inserts or replaces the key's entry. A new key needs room.
    fn put(&mut self, key: ReplayKey, entry: Entry, capacity: usize) -> Result<(), Error> {
        let (full, ends) = (self.by_key.len() >= capacity, entry.ends);
        match self.by_key.entry(key) {
            Occupied(mut last) => {
                self.by_end.remove(&(last.get().ends, key));
                last.insert(entry);
            }
            Vacant(_) if full => return Err(ErrorKind::ReplayGuardFull.into()),
            Vacant(free) => {
                free.insert(entry);
            }
        }
        self.by_end.insert((ends, key));
        Ok(())
    }

    fn release(&mut self, lease: &Lease, now: Duration) {
        if let Occupied(entry) = self.by_key.entry(*lease.key())
            && entry.get().is_leased_by(lease, now)
        {
            self.by_end.remove(&(entry.get().ends, *lease.key()));
            entry.remove();
        }
    }

    /// Forgets a few keys that have ended: more than a claim adds, so that they become fewer, and few enough to be quick.
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
