//! What tells the time.

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use super::UnixTime;
use crate::error::{Error, ErrorKind};

/// Tells the time. Every `Fn() -> UnixTime` is a clock.
///
/// # Example
///
/// ```
/// use countersign::{Clock, UnixTime};
///
/// let stopped = || UnixTime::from_secs(1_700_000_000);
/// assert_eq!(stopped.now(), Some(UnixTime::from_secs(1_700_000_000)));
/// ```
pub trait Clock: Send + Sync {
    /// The present moment; `None` where it cannot be told. A verifier that needs the time then refuses, with
    /// [`ClockUnavailable`](ErrorKind::ClockUnavailable), and so it does where the moment is before 1970.
    fn now(&self) -> Option<UnixTime>;
}

impl<F: Fn() -> UnixTime + Send + Sync> Clock for F {
    fn now(&self) -> Option<UnixTime> {
        Some(self())
    }
}

/// The operating system's clock.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Option<UnixTime> {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
        i64::try_from(since_epoch.as_secs()).ok().map(UnixTime::from_secs)
    }
}

/// A verifier's clock. A clock that panics leaves nothing of ours half done.
pub(crate) struct SharedClock(AssertUnwindSafe<Arc<dyn Clock>>);

impl SharedClock {
    pub(crate) fn new(clock: impl Clock + 'static) -> Self {
        Self(AssertUnwindSafe(Arc::new(clock)))
    }

    pub(crate) fn now(&self) -> Result<UnixTime, Error> {
        self.0.now().filter(|now| now.as_secs() >= 0).ok_or_else(|| ErrorKind::ClockUnavailable.into())
    }
}

impl fmt::Debug for SharedClock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}
