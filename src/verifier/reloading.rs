//! A verifier that can be replaced at run time.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use self_cell::self_cell;

use super::{Check, Evidence, Replays, Verification, Verified, Verifier};
use crate::error::{Error, ErrorKind};
use crate::request::{Head, Request};

/// Verifies with a verifier that can be replaced at run time: Vault, Kubernetes and secret managers rotate secrets without a
/// restart. Feature `reload`.
///
/// Share it in an [`Arc`]. One verifier checks a request from head to end. Requests that began before a
/// [`replace`](Self::replace) finish with the old verifier, which is then dropped with its keys.
///
/// Replace it only with a verifier of the same scheme: a layer checks only when it is built whether replays can be detected.
///
/// # Example
///
/// A task reads the secret again every minute. If that fails, the last verifier stays.
///
/// ```no_run
/// # #[cfg(feature = "tower")] {
/// use std::sync::Arc;
/// use std::time::Duration;
///
/// use countersign::tower::VerifyLayer;
/// use countersign::{Keyring, Reloading, Secret, Vogent};
///
/// fn read() -> Result<Vogent, Box<dyn std::error::Error>> {
///     // Kubernetes mounts the old secret beside the new one. `trim_end`: a file ends with a line feed.
///     let secret = |file| Ok::<_, Box<dyn std::error::Error>>(Secret::new(std::fs::read_to_string(file)?.trim_end())?);
///     Ok(Vogent::new(Keyring::new([secret("/secrets/vogent/new")?, secret("/secrets/vogent/old")?])?))
/// }
///
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// let vogent = Arc::new(Reloading::new(read()?));
/// let layer = VerifyLayer::new(Arc::clone(&vogent));
/// tokio::spawn(async move {
///     loop {
///         tokio::time::sleep(Duration::from_secs(60)).await;
///         match read() {
///             Ok(verifier) => vogent.replace(verifier),
///             Err(error) => eprintln!("secret not reloaded: {error}"),
///         }
///     }
/// });
/// # Ok(())
/// # }
/// # }
/// ```
#[must_use]
pub struct Reloading<V>(RwLock<Arc<V>>);

impl<V: Verifier> Reloading<V> {
    /// Starts with this verifier.
    pub fn new(verifier: V) -> Self {
        Self(RwLock::new(Arc::new(verifier)))
    }

    /// Replaces the verifier for all further requests.
    pub fn replace(&self, verifier: V) {
        let verifier = Arc::new(verifier);
        // Drops the old one after releasing the lock, which overwrites its keys.
        let old = {
            let mut current = self.0.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *current, verifier)
        };
        drop(old);
    }

    /// Returns the current verifier.
    #[must_use]
    pub fn current(&self) -> Arc<V> {
        // Nothing panics under the lock.
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl<V: Verifier + 'static> Verifier for Reloading<V> {
    fn begin<'v>(&'v self, head: Head<'_>) -> Result<Verification<'v>, Error> {
        let running = Held::try_new(self.current(), |verifier| verifier.begin(head).map(Some))?;
        let room = running.borrow_dependent().as_ref().map_or(0, Verification::room);
        Ok(Verification::new(running).limit(room))
    }

    fn verify(&self, request: Request<'_>) -> Result<Verified, Error> {
        self.current().verify(request)
    }

    fn replays(&self) -> Replays {
        self.current().replays()
    }

    fn retry_period(&self) -> Duration {
        self.current().retry_period()
    }

    fn body_limit(&self) -> Option<usize> {
        self.current().body_limit()
    }

    fn scheme(&self) -> &'static str {
        self.current().scheme()
    }
}

impl<V: fmt::Debug> fmt::Debug for Reloading<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Reloading").field(&self.0.read().unwrap_or_else(PoisonError::into_inner)).finish()
    }
}

/// `None` after `finish`.
type Running<'v> = Option<Verification<'v>>;

self_cell!(
    /// A verification, with the verifier that it borrows from.
    struct Held {
        owner: Arc<dyn Verifier>,
        #[covariant]
        dependent: Running,
    }
);

impl Check for Held {
    fn keeps_body(&self) -> bool {
        self.borrow_dependent().as_ref().is_some_and(Verification::keeps_body)
    }

    fn update(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.with_dependent_mut(|_, running| running.as_mut().map_or(Ok(()), |running| running.update(chunk)))
    }

    fn finish(mut self: Box<Self>) -> Result<Evidence, Error> {
        let running = self.with_dependent_mut(|_, running| running.take().map(Verification::finish));
        running.ok_or(ErrorKind::RuleInvalid)?.map(Verified::into_evidence)
    }
}
