//! The cache of the store's answers.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use tokio::time::Instant;

use crate::verifier::Verifier;

/// Known accounts with their verifiers, and unknown accounts. They are cached apart, so that unknown ones cannot evict known
/// ones.
pub(super) struct Kept {
    known: Cache<Arc<str>, Known>,
    /// The names of known accounts, kept longer than their verifiers.
    seen: Cache<Arc<str>, ()>,
    unknown: Cache<Arc<str>, Instant>,
    known_ttl: Duration,
    renew_after: Option<Duration>,
    unknown_ttl: Duration,
}

/// What the cache has about an account.
pub(super) enum Found {
    Known(Arc<dyn Verifier>),
    /// Known, but due for renewal.
    Ageing(Arc<dyn Verifier>),
    Unknown,
    Nothing,
}

#[derive(Clone)]
struct Known {
    verifier: Arc<dyn Verifier>,
    since: Instant,
    /// When the last renewal began.
    renewal: Option<Instant>,
}

impl Kept {
    pub(super) fn new() -> Self {
        let (known_ttl, unknown_ttl) = (Duration::from_secs(60), Duration::from_secs(10));
        Self {
            known: cache(DEFAULT_COUNT, known_ttl),
            seen: Cache::new(DEFAULT_COUNT),
            unknown: cache(DEFAULT_COUNT, unknown_ttl),
            known_ttl,
            renew_after: None,
            unknown_ttl,
        }
    }

    pub(super) fn known(self, count: u64, ttl: Duration) -> Self {
        Self { known: cache(count, ttl), seen: Cache::new(count), known_ttl: ttl, ..self }
    }

    pub(super) fn renew_after(self, age: Duration) -> Self {
        Self { renew_after: Some(age), ..self }
    }

    pub(super) fn unknown(self, count: u64, ttl: Duration) -> Self {
        Self { unknown: cache(count, ttl), unknown_ttl: ttl, ..self }
    }

    pub(super) fn find(&self, name: &str) -> Found {
        let now = Instant::now();
        let age = |since| now.saturating_duration_since(since);
        if let Some(known) = self.known.get(name)
            && age(known.since) < self.known_ttl
        {
            let paused = known.renewal.is_some_and(|began| age(began) < RENEWAL_PAUSE);
            let young = match self.renew_after {
                Some(renew_after) => age(known.since) < renew_after,
                None => age(known.since).saturating_mul(2) < self.known_ttl,
            };
            return if young || paused {
                Found::Known(known.verifier)
            } else {
                Found::Ageing(known.verifier)
            };
        }
        match self.unknown.get(name) {
            Some(since) if age(since) < self.unknown_ttl => Found::Unknown,
            _ => Found::Nothing,
        }
    }

    /// Whether the account is or was known.
    pub(super) fn has_seen(&self, name: &str) -> bool {
        self.seen.contains_key(name)
    }

    pub(super) fn keep_known(&self, name: Arc<str>, verifier: Arc<dyn Verifier>) {
        self.seen.insert(Arc::clone(&name), ());
        self.known.insert(name, Known { verifier, since: Instant::now(), renewal: None });
    }

    pub(super) fn keep_unknown(&self, name: Arc<str>) {
        self.known.invalidate(&name);
        self.unknown.insert(name, Instant::now());
    }

    /// Records that a query began, so that it is not repeated at once if it fails.
    pub(super) fn begin_renewal(&self, name: Arc<str>) {
        if let Some(known) = self.known.get(&name) {
            self.known.insert(name, Known { renewal: Some(Instant::now()), ..known });
        }
    }
}

/// The times in the entries decide what is valid. The cache's own TTL only frees memory, somewhat later.
fn cache<V: Clone + Send + Sync + 'static>(count: u64, ttl: Duration) -> Cache<Arc<str>, V> {
    let ttl = ttl.saturating_add(Duration::from_secs(60)).min(MAX_TTL);
    Cache::builder().max_capacity(count).time_to_live(ttl).build()
}

const DEFAULT_COUNT: u64 = 10_000;
/// The shortest time between two renewals of one account when the store fails.
const RENEWAL_PAUSE: Duration = Duration::from_secs(1);
/// 100 years. `moka` panics above 1,000.
const MAX_TTL: Duration = Duration::from_secs(3_155_760_000);
