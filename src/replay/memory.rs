//! A replay guard in one process's memory.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use moka::Expiry;
use moka::sync::Cache;

use super::{ReplayGuard, digest};
use crate::error::{Error, ErrorKind};
use crate::verifier::ReplayKey;

/// Remembers deliveries in this process's memory, for a service that runs on one machine.
///
/// It holds at most `capacity` deliveries, each for its time. When it is full it **refuses**
/// ([`ReplayGuardFull`](ErrorKind::ReplayGuardFull), status 503, so that the platform sends again) until one has had its time, and a
/// second or so until that is swept away: to forget one earlier would let its replay through. Only what has verified is
/// claimed, so that it is the platform that fills it and no stranger. How long a replay key is makes no difference.
///
/// # Example
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
/// use std::time::Duration;
///
/// use countersign::replay::{Memory, ReplayGuard};
/// use countersign::{ErrorKind, ReplayKey};
///
/// let (guard, hour) = (Memory::new(1_000_000), Duration::from_secs(3600));
/// let key = ReplayKey::new("a1b2");
/// guard.claim(&key, hour).await?;
/// assert_eq!(guard.claim(&key, hour).await.unwrap_err().kind(), ErrorKind::Replayed);
///
/// guard.release(&key).await?;
/// guard.claim(&key, hour).await?;
/// # Ok::<(), countersign::Error>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct Memory {
    claims: Cache<[u8; 32], Duration>,
    /// Those in `claims`, and those about to be put there.
    count: Arc<AtomicUsize>,
    capacity: usize,
}

impl Memory {
    /// Holds at most `capacity` deliveries. Choose it above what the platform sends within the time for which they are claimed.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        let count = Arc::new(AtomicUsize::new(0));
        let forgotten = Arc::clone(&count);
        let claims = Cache::builder()
            .expire_after(ItsTime)
            .eviction_listener(move |_, _, _| {
                forgotten.fetch_sub(1, Ordering::AcqRel);
            })
            .build();
        Self { claims, count, capacity }
    }

    fn claim_now(&self, key: [u8; 32], ttl: Duration) -> Result<(), Error> {
        if self.claims.contains_key(&key) {
            return Err(ErrorKind::Replayed.into());
        }
        if !self.make_room() {
            // What has had its time may still be there.
            self.claims.run_pending_tasks();
            if !self.make_room() {
                return Err(ErrorKind::ReplayGuardFull.into());
            }
        }
        // With a closure, of any number at once one inserts; with a value, moka looks and then inserts.
        if self.claims.entry(key).or_insert_with(|| ttl).is_fresh() {
            Ok(())
        } else {
            self.count.fetch_sub(1, Ordering::AcqRel);
            Err(ErrorKind::Replayed.into())
        }
    }

    fn make_room(&self) -> bool {
        let one_more = |count: usize| count.checked_add(1).filter(|count| *count <= self.capacity);
        self.count.fetch_update(Ordering::AcqRel, Ordering::Acquire, one_more).is_ok()
    }
}

impl ReplayGuard for Memory {
    async fn claim(&self, key: &ReplayKey, ttl: Duration) -> Result<(), Error> {
        self.claim_now(digest(key), ttl)
    }

    async fn release(&self, key: &ReplayKey) -> Result<(), Error> {
        self.claims.invalidate(&digest(key));
        Ok(())
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Memory")
            .field("count", &self.count.load(Ordering::Acquire))
            .field("capacity", &self.capacity)
            .finish_non_exhaustive()
    }
}

/// Each claim has its own time.
struct ItsTime;

impl Expiry<[u8; 32], Duration> for ItsTime {
    fn expire_after_create(&self, _: &[u8; 32], ttl: &Duration, _: Instant) -> Option<Duration> {
        Some(*ttl)
    }
}
