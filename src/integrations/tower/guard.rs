//! A replay guard of any kind, and a claim that is given back unless the delivery was handled.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use http::StatusCode;
use tokio::runtime::Handle;

use crate::error::{Error, ErrorKind};
use crate::replay::{Claim, Lease, ReplayGuard, SavedResponse};
use crate::verifier::{ReplayKey, Verified};

/// A guard, and for how long it is to remember.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    guard: Arc<dyn AnyGuard>,
    ttl: Duration,
}

impl Guard {
    pub(super) fn new(guard: impl ReplayGuard + 'static, ttl: Duration) -> Self {
        Self { guard: Arc::new(guard), ttl }
    }

    /// Claims a request for its scheme: another's keys may read the same.
    pub(super) async fn claim(&self, scheme: &str, verified: &Verified) -> Result<Hold, Error> {
        let key = verified.replay_key().ok_or(ErrorKind::ReplayKeyMissing)?;
        let key = ReplayKey::new([scheme.as_bytes(), key.as_bytes()]);
        match self.guard.claim(&key, LEASE).await? {
            Claim::Leased(lease) => Ok(Hold { guard: self.clone(), lease: Some(lease) }),
            Claim::InProgress { .. } | Claim::Done(_) => Err(ErrorKind::Replayed.into()),
        }
    }
}

/// A request that is being handled. Dropped before it is settled, as when the client goes away or the handler panics, it is
/// released.
pub(super) struct Hold {
    guard: Guard,
    /// Gone when it is settled.
    lease: Option<Lease>,
}

impl Hold {
    /// Marks a request done where the handler answered 2xx, and releases it otherwise.
    pub(super) async fn settle(mut self, status: Option<StatusCode>) -> Result<(), Error> {
        let Some(lease) = self.lease.clone() else { return Ok(()) };
        let settled = if status.is_some_and(|status| status.is_success()) {
            self.guard.guard.complete(&lease, self.guard.ttl, None).await.map(drop)
        } else {
            self.guard.guard.release(&lease).await
        };
        self.lease = None;
        settled
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        let Some(lease) = self.lease.take() else { return };
        let guard = Arc::clone(&self.guard.guard);
        let mut release = Box::pin(async move { guard.release(&lease).await.is_ok() });
        // A guard in memory is done at once; another goes on where there is a runtime.
        let done = release.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
        if !done && let Ok(runtime) = Handle::try_current() {
            runtime.spawn(release);
        }
    }
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, Error>> + Send + 'a>>;

/// `ReplayGuard` as an object.
trait AnyGuard: Debug + Send + Sync {
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

const LEASE: Duration = Duration::from_secs(60);
