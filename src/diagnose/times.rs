//! Why a signed time is rejected.

use super::{Cause, Finding};
use crate::time::{SharedClock, Tolerance, UnixTime};

/// Explains that the signed time, called `name`, is not within the window, if it is not.
pub(super) fn late(
    name: &str,
    window: Option<(Tolerance, &SharedClock)>,
    signed: Option<UnixTime>,
) -> Option<Finding> {
    let ((window, clock), signed) = window.zip(signed)?;
    let now = clock.now().ok()?;
    window.check(now, signed).is_err().then(|| outside(name, signed, now, window))
}

/// Explains that the signed time, called `name`, is not within the tolerance.
pub(super) fn outside(name: &str, signed: UnixTime, now: UnixTime, window: Tolerance) -> Finding {
    let (direction, tolerated) =
        if signed > now { ("after", window.future()) } else { ("before", window.past()) };
    let (distance, tolerated) = (now.as_secs().abs_diff(signed.as_secs()), tolerated.as_secs());
    let evidence = format!(
        "the signature matches, and {name} is {distance} s {direction} the clock's time; {tolerated} s are tolerated"
    );
    other_unit(name, signed, now, window).unwrap_or_else(|| Finding::proved(Cause::ClockSkew, evidence))
}

/// Explains a time in milliseconds for one in seconds, or the reverse.
pub(super) fn other_unit(name: &str, signed: UnixTime, now: UnixTime, window: Tolerance) -> Option<Finding> {
    let thousandth = |time: UnixTime| UnixTime::from_secs(time.as_secs().div_euclid(1000));
    // Seconds read as milliseconds have lost their last three digits.
    let lost = now.as_secs().abs_diff(signed.as_secs().saturating_mul(1000));
    let what = if window.check(now, thousandth(signed)).is_ok() {
        format!("{name} is in milliseconds where seconds")
    } else if window.check(thousandth(now), signed).is_ok() {
        "the verifier's clock tells milliseconds where seconds".to_owned()
    } else if lost <= window.past().as_secs().saturating_add(1000) {
        format!("{name} is in seconds where milliseconds")
    } else {
        return None;
    };
    let evidence = format!("the signature matches, and {what} are expected");
    Some(Finding::proved(Cause::TimestampMilliseconds, evidence))
}
