//! How far a timestamp may be from now.

use std::time::Duration;

use super::UnixTime;
use crate::config_error::ConfigError;
use crate::error::ErrorKind;

/// How far a delivery's timestamp may be from now, in whole seconds. The bounds are inside.
///
/// # Example
///
/// ```
/// use std::time::Duration;
///
/// use countersign::{ConfigError, Tolerance};
///
/// let window = Tolerance::new(Duration::from_secs(300), Duration::from_secs(60))?;
/// assert_eq!(window.past(), Duration::from_secs(300));
///
/// // Milliseconds where seconds were meant.
/// assert_eq!(Tolerance::either_way(Duration::from_millis(300)).unwrap_err(), ConfigError::ToleranceTooFine);
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Tolerance {
    past: u64,
    future: u64,
}

impl Tolerance {
    /// Tolerates an age of up to `past`, and a clock of the platform that is up to `future` ahead. Zero means the very
    /// second; fractions beyond the first second make no difference to timestamps in whole seconds.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::ToleranceTooFine`]: a duration is above zero and below one second.
    pub fn new(past: Duration, future: Duration) -> Result<Self, ConfigError> {
        Ok(Self { past: whole_seconds(past)?, future: whole_seconds(future)? })
    }

    /// Tolerates the same in the past and in the future.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::ToleranceTooFine`]: the duration is above zero and below one second.
    pub fn either_way(limit: Duration) -> Result<Self, ConfigError> {
        Self::new(limit, limit)
    }

    /// The tolerated age.
    #[must_use]
    pub const fn past(self) -> Duration {
        Duration::from_secs(self.past)
    }

    /// The tolerated lead of the platform's clock.
    #[must_use]
    pub const fn future(self) -> Duration {
        Duration::from_secs(self.future)
    }

    pub(crate) const fn from_secs(past: u64, future: u64) -> Self {
        Self { past, future }
    }

    /// Whether a token that is valid until before `expires_at` (RFC 7519, section 4.1.4) has expired, the tolerated age
    /// added.
    pub(crate) fn has_expired(self, now: UnixTime, expires_at: UnixTime) -> bool {
        now >= expires_at && now.as_secs().abs_diff(expires_at.as_secs()) >= self.past
    }

    /// Whether a token that is valid from `not_before` on (section 4.1.5) is not valid yet, the tolerated lead added.
    pub(crate) fn is_premature(self, now: UnixTime, not_before: UnixTime) -> bool {
        now < not_before && now.as_secs().abs_diff(not_before.as_secs()) > self.future
    }

    /// Checks that a signed time is within the tolerance.
    ///
    /// # Errors
    ///
    /// - [`TimestampStale`](ErrorKind::TimestampStale): it is longer ago than [`past`](Self::past).
    /// - [`TimestampFuture`](ErrorKind::TimestampFuture): it is further ahead than [`future`](Self::future).
    pub fn check(self, now: UnixTime, signed_at: UnixTime) -> Result<(), ErrorKind> {
        let distance = now.as_secs().abs_diff(signed_at.as_secs());
        if signed_at > now {
            if distance > self.future { Err(ErrorKind::TimestampFuture) } else { Ok(()) }
        } else if distance > self.past {
            Err(ErrorKind::TimestampStale)
        } else {
            Ok(())
        }
    }
}

fn whole_seconds(duration: Duration) -> Result<u64, ConfigError> {
    match duration.as_secs() {
        0 if !duration.is_zero() => Err(ConfigError::ToleranceTooFine),
        seconds => Ok(seconds),
    }
}
