//! Why a signed time is refused.

use super::{Cause, Finding};
use crate::time::{Tolerance, UnixTime};

/// Explains that the time `signed`, called `name`, is not within the tolerance.
pub(super) fn outside(name: &str, signed: UnixTime, now: UnixTime, window: Tolerance) -> Finding {
    if let Some(finding) = milliseconds(name, signed, now, window) {
        return finding;
    }
    let distance = now.as_secs().abs_diff(signed.as_secs());
    let (direction, tolerated) =
        if signed > now { ("after", window.future()) } else { ("before", window.past()) };
    let tolerated = tolerated.as_secs();
    Finding::proved(
        Cause::ClockSkew,
        format!(
            "the signature matches, and `{name}` is {distance} s {direction} the clock's time; {tolerated} s are tolerated"
        ),
    )
}

/// Explains that a token's `exp` has passed.
pub(super) fn expired(expires: UnixTime, signed: UnixTime, now: UnixTime, window: Tolerance) -> Finding {
    if let Some(finding) = milliseconds("iat", signed, now, window) {
        return finding;
    }
    let distance = now.as_secs().abs_diff(expires.as_secs());
    Finding::proved(
        Cause::TokenExpired,
        format!("the signature matches, and `exp` was {distance} s before the clock's time"),
    )
}

fn milliseconds(name: &str, signed: UnixTime, now: UnixTime, window: Tolerance) -> Option<Finding> {
    let thousandth =
        |time: UnixTime| UnixTime::from_secs(time.as_secs().checked_div(1000).unwrap_or_default());
    let what = if window.check(now, thousandth(signed)).is_ok() {
        format!("`{name}` is")
    } else if window.check(thousandth(now), signed).is_ok() {
        "the verifier's clock tells".to_owned()
    } else {
        return None;
    };
    let evidence =
        format!("the signature matches, and {what} in milliseconds: read as such it is within the tolerance");
    Some(Finding::proved(Cause::TimestampMilliseconds, evidence))
}
