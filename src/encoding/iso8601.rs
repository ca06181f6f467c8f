//! Dates and times of ISO 8601, in the profile of RFC 3339.

/// Reads `2023-11-14T22:13:20.5+01:00` as Unix seconds, without the fraction. A time without a zone is UTC.
pub(crate) fn unix_seconds(text: &[u8]) -> Option<i64> {
    let (date, rest) = text.split_at_checked(DATE_AND_TIME)?;
    let [year, month, day, hour, minute, second] =
        FIELDS.map(|(start, length)| number(date.get(start..)?.get(..length)?));
    let separators = SEPARATORS.iter().all(|(at, separator)| date.get(*at) == Some(separator));
    let (year, month, day) = (year?, month?, day?);
    let (hour, minute, second) = (hour?, minute?, second?);
    let days = usize::try_from(month).ok().and_then(|month| DAYS.get(month.checked_sub(1)?))?;
    let last = if month == 2 && is_leap(year) { 29 } else { days.1 };
    let valid = separators && (1..=last).contains(&day) && hour < 24 && minute < 60 && second < 60;
    let leap_day = i64::from(is_leap(year) && month > 2);
    let day = days_before(year)?.checked_add(days.0)?.checked_add(day)?.checked_add(leap_day)?;
    let time = hour.checked_mul(60)?.checked_add(minute)?.checked_mul(60)?.checked_add(second)?;
    let local = day.checked_sub(EPOCH)?.checked_mul(24 * 60 * 60)?.checked_add(time)?;
    valid.then_some(local)?.checked_sub(offset(without_fraction(rest)?)?)
}

/// Writes Unix seconds as `2023-11-14T22:13:20Z`. Returns `None` outside the years 1 to 9999.
#[cfg(feature = "sign")]
pub(crate) fn text(unix_seconds: i64) -> Option<String> {
    let (day, time) = (unix_seconds.div_euclid(24 * 60 * 60), unix_seconds.rem_euclid(24 * 60 * 60));
    let day = day.checked_add(EPOCH)?;
    let years = day.checked_mul(400)? / DAYS_OF_400_YEARS;
    let begun = |year: &i64| days_before(*year).is_some_and(|days| days < day);
    let near = years..=years.checked_add(2)?;
    let year = near.rev().find(begun).filter(|year| (1..=9999).contains(year))?;
    let day = day.checked_sub(days_before(year)?)?;
    let months = (1_i64..).zip(DAYS).filter_map(|(month, (days, _))| {
        let leap_day = i64::from(is_leap(year) && month > 2);
        Some((month, day.checked_sub(days)?.checked_sub(leap_day)?))
    });
    let (month, day) = months.filter(|(_, day)| *day > 0).last()?;
    let (hour, minute, second) = (time / (60 * 60), time / 60 % 60, time % 60);
    Some(format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Returns the days from the start of year 1 to the start of this year.
fn days_before(year: i64) -> Option<i64> {
    let years = year.checked_sub(1)?;
    let leap_years = (years / 4).checked_sub(years / 100)?.checked_add(years / 400)?;
    years.checked_mul(365)?.checked_add(leap_years)
}

fn without_fraction(rest: &[u8]) -> Option<&[u8]> {
    let Some(fraction) = rest.strip_prefix(b".") else { return Some(rest) };
    let digits = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if digits == 0 { None } else { fraction.get(digits..) }
}

/// Returns the seconds east of UTC.
fn offset(zone: &[u8]) -> Option<i64> {
    let (sign, zone) = match zone {
        b"" | b"Z" => return Some(0),
        [b'+', zone @ ..] => (1_i64, zone),
        [b'-', zone @ ..] => (-1, zone),
        _ => return None,
    };
    let (hours, minutes) = match zone {
        [hours @ .., b':', _, _] if hours.len() == 2 => (number(hours)?, number(zone.get(3..)?)?),
        _ => return None,
    };
    let seconds = hours.checked_mul(60)?.checked_add(minutes)?.checked_mul(60)?;
    (hours < 24 && minutes < 60).then_some(seconds)?.checked_mul(sign)
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0_i64, |number, byte| {
        let digit = byte.checked_sub(b'0').filter(|digit| *digit < 10)?;
        number.checked_mul(10)?.checked_add(digit.into())
    })
}

/// Year, month, day, hour, minute, second: start and length.
const FIELDS: [(usize, usize); 6] = [(0, 4), (5, 2), (8, 2), (11, 2), (14, 2), (17, 2)];
const SEPARATORS: [(usize, u8); 5] = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
const DATE_AND_TIME: usize = 19;
/// Per month: the days of the year before it, and its own days.
const DAYS: [(i64, i64); 12] = [
    (0, 31),
    (31, 28),
    (59, 31),
    (90, 30),
    (120, 31),
    (151, 30),
    (181, 31),
    (212, 31),
    (243, 30),
    (273, 31),
    (304, 30),
    (334, 31),
];
/// 1970-01-01 as a day number, where the first day of year 1 is 1.
const EPOCH: i64 = 719_163;
#[cfg(feature = "sign")]
const DAYS_OF_400_YEARS: i64 = 146_097;
