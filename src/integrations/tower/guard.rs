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
use crate::replay::ReplayGuard;
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

    /// Claims a delivery for its scheme: another's keys may read the same.
    pub(super) async fn claim(&self, scheme: &str, verified: &Verified) -> Result<Claim, Error> {
        let key = verified.replay_key().ok_or(ErrorKind::ReplayKeyMissing)?;
        let key = ReplayKey::new(format!("{scheme}:{}", key.as_str()));
        self.guard.claim(&key, self.ttl).await?;
        Ok(Claim { guard: Arc::clone(&self.guard), key: Some(key) })
    }
}

/// A delivery that is being handled. Dropped before it is settled, as when the client goes away or the handler panics, it is
/// released.
pub(super) struct Claim {
    guard: Arc<dyn AnyGuard>,
    /// Gone when it is settled.
    key: Option<ReplayKey>,
}

impl Claim {
    /// Keeps the claim of a delivery that was handled, and releases that of one which the platform will send again:
    /// where the handler failed, or answered 429 or 5xx.
    pub(super) async fn settle(mut self, status: Option<StatusCode>) -> Result<(), Error> {
        let sent_again =
            status.is_none_or(|status| status == StatusCode::TOO_MANY_REQUESTS || status.is_server_error());
        let released = match &self.key {
            Some(key) if sent_again => self.guard.release(key).await,
            _ => Ok(()),
        };
        self.key = None;
        released
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let Some(key) = self.key.take() else { return };
        let guard = Arc::clone(&self.guard);
        let mut release = Box::pin(async move { guard.release(&key).await.is_ok() });
        // A guard in memory is done at once; another goes on where there is a runtime.
        let done = release.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
        if !done && let Ok(runtime) = Handle::try_current() {
            runtime.spawn(release);
        }
    }
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// `ReplayGuard` as an object.
trait AnyGuard: Debug + Send + Sync {
    fn claim<'a>(&'a self, key: &'a ReplayKey, ttl: Duration) -> Answer<'a>;
    fn release<'a>(&'a self, key: &'a ReplayKey) -> Answer<'a>;
}

impl<G: ReplayGuard> AnyGuard for G {
    fn claim<'a>(&'a self, key: &'a ReplayKey, ttl: Duration) -> Answer<'a> {
        Box::pin(ReplayGuard::claim(self, key, ttl))
    }

    fn release<'a>(&'a self, key: &'a ReplayKey) -> Answer<'a> {
        Box::pin(ReplayGuard::release(self, key))
    }
}
