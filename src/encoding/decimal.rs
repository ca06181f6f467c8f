//! JSON numbers (RFC 8259, section 6), rounded without floating point.

use std::iter;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rounding {
    Down,
    Up,
}

/// Rounds a number exactly. Returns `None` if the text is not a number or the result does not fit.
pub(crate) fn whole(number: &str, rounding: Rounding) -> Option<i64> {
    let (is_negative, number) = number.strip_prefix('-').map_or((false, number), |number| (true, number));
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (before, after) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = || before.bytes().chain(after.bytes());
    if before.is_empty() || !digits().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    if digits().all(|digit| digit == b'0') {
        return Some(0);
    }
    // With an exponent this large, all digits are on one side of the point.
    let beyond = if exponent.starts_with('-') { i64::MIN } else { i64::MAX };
    let point = i64::try_from(before.len()).ok()?.saturating_add(exponent.parse().unwrap_or(beyond));
    let point = usize::try_from(point.max(0)).unwrap_or(usize::MAX);
    let magnitude = digits().chain(iter::repeat(b'0')).take(point).try_fold(0_u64, |magnitude, digit| {
        magnitude.checked_mul(10)?.checked_add(u64::from(digit.saturating_sub(b'0')))
    })?;
    let has_fraction = digits().skip(point).any(|digit| digit != b'0');
    let is_from_zero = has_fraction && is_negative == (rounding == Rounding::Down);
    let magnitude = i128::from(magnitude.checked_add(u64::from(is_from_zero))?);
    i64::try_from(if is_negative { magnitude.checked_neg()? } else { magnitude }).ok()
}
