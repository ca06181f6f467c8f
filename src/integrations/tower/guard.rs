//! A replay guard of any type, its settings and its answers.

use std::fmt::{self, Debug};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use super::hold::{Held, Hold};
use crate::error::{Error, ErrorKind};
use crate::integrations::Observer;
use crate::replay::{Claim, Lease, ReplayGuard, SavedResponse};
use crate::verifier::{Coverage, ReplayKey, Replays, Verified, Verifier};

#[derive(Clone)]
pub(super) struct Guard {
    /// Without a store, nothing is claimed.
    pub(super) store: Option<Arc<dyn AnyGuard>>,
    pub(super) lease: Duration,
    /// `None` is the verifier's retry period.
    pub(super) done_for: Option<Duration>,
    pub(super) sender: String,
    /// `None` is the proof's key.
    pub(super) key: Option<Arc<KeyOf>>,
    /// Whether a claim and its handler continue after their client has left.
    pub(super) detached: bool,
    /// How many releases run in the background.
    pub(super) background: Arc<AtomicUsize>,
}

/// Makes the event's key from the proof and, where the signature covers it, the body.
pub(super) type KeyOf = dyn Fn(&Verified, Option<&Bytes>) -> Option<ReplayKey> + Send + Sync;

/// A guard's answer.
#[allow(clippy::large_enum_variant, reason = "it is taken apart at once, and smaller without `tracing`")]
pub(super) enum Claimed {
    Unguarded,
    /// The request has its lease.
    Ours(Hold),
    /// The request was handled before, with the saved response.
    Done(Option<SavedResponse>),
}

impl Guard {
    /// Whether a verified request continues after its client has left.
    pub(super) fn continues(&self) -> bool {
        self.detached && self.store.is_some()
    }

    pub(super) async fn claim(
        &self,
        example: &dyn Verifier,
        verified: &Verified,
        body: &Bytes,
        observer: &Observer,
    ) -> Result<Claimed, Error> {
        let Some(store) = &self.store else { return Ok(Claimed::Unguarded) };
        let key = self.key(example.scheme(), verified, body).ok_or(ErrorKind::ReplayKeyMissing)?;
        let asked = Instant::now();
        match store.claim(&key, self.lease).await? {
            // The lease can be over, and another attempt under way.
            Claim::Leased(_) if asked.elapsed() >= self.lease => {
                Err(ErrorKind::ReplayGuardUnavailable.into())
            }
            Claim::Leased(lease) => Ok(Claimed::Ours(Hold::new(Held {
                store: Arc::clone(store),
                lease,
                asked,
                lasts: self.lease,
                done_for: self.done_for(example, verified),
                background: Arc::clone(&self.background),
                observer: observer.clone(),
            }))),
            Claim::InProgress { remaining } => Err(Error::in_progress(remaining)),
            Claim::Done(response) => Ok(Claimed::Done(response)),
        }
    }

    /// Scheme, sender and account are part of the key, since their identifiers may be equal.
    fn key(&self, scheme: &str, verified: &Verified, body: &Bytes) -> Option<ReplayKey> {
        let chosen;
        let identifier = match &self.key {
            Some(key_of) => {
                let is_covered = matches!(verified.coverage(), Coverage::Body | Coverage::UrlBody);
                chosen = key_of(verified, is_covered.then_some(body))?;
                chosen.as_bytes()
            }
            None => verified.identifier()?,
        };
        let names = [scheme, &self.sender, verified.account()].map(str::as_bytes);
        Some(ReplayKey::new(names.into_iter().chain([identifier])))
    }

    /// Covers the platform's retries, and the time for which the request verifies, even on a slow clock.
    fn done_for(&self, example: &dyn Verifier, verified: &Verified) -> Duration {
        let left = verified.time_left().or(match example.replays() {
            Replays::Within(time) => Some(time),
            Replays::Undetectable | Replays::Ever => None,
        });
        let least = left.map_or(Duration::ZERO, |time| time.saturating_add(CLOCKS_APART));
        self.done_for.unwrap_or_else(|| example.retry_period()).max(least)
    }
}

impl Default for Guard {
    fn default() -> Self {
        Self {
            store: None,
            lease: DEFAULT_LEASE,
            done_for: None,
            sender: String::new(),
            key: None,
            detached: false,
            background: Arc::default(),
        }
    }
}

impl Debug for Guard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Guard")
            .field("store", &self.store)
            .field("lease", &self.lease)
            .field("done_for", &self.done_for)
            .field("sender", &self.sender)
            .finish_non_exhaustive()
    }
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// `ReplayGuard` as a trait object.
pub(super) trait AnyGuard: Debug + Send + Sync {
    fn claim<'a>(&'a self, key: &'a ReplayKey, lease: Duration) -> Answer<'a, Claim>;
    fn renew<'a>(&'a self, lease: &'a Lease, time: Duration) -> Answer<'a, bool>;
    fn complete<'a>(
        &'a self,
        lease: &'a Lease,
        ttl: Duration,
        response: Option<&'a SavedResponse>,
    ) -> Answer<'a, bool>;
    fn release<'a>(&'a self, lease: &'a Lease) -> Answer<'a, ()>;
}

impl<G: ReplayGuard> AnyGuard for G {
    fn claim<'a>(&'a self, key: &'a ReplayKey, lease: Duration) -> Answer<'a, Claim> {
        Box::pin(ReplayGuard::claim(self, key, lease))
    }

    fn renew<'a>(&'a self, lease: &'a Lease, time: Duration) -> Answer<'a, bool> {
        Box::pin(ReplayGuard::renew(self, lease, time))
    }

    fn complete<'a>(
        &'a self,
        lease: &'a Lease,
        ttl: Duration,
        response: Option<&'a SavedResponse>,
    ) -> Answer<'a, bool> {
        Box::pin(ReplayGuard::complete(self, lease, ttl, response))
    }

    fn release<'a>(&'a self, lease: &'a Lease) -> Answer<'a, ()> {
        Box::pin(ReplayGuard::release(self, lease))
    }
}

const DEFAULT_LEASE: Duration = Duration::from_secs(60);
/// The most by which the clocks of two machines may differ.
const CLOCKS_APART: Duration = Duration::from_secs(60);
