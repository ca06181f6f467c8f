//! Fast paths. Verdicts cannot test them, because a slower path gives the same ones.

use super::decimal::{self, Rounding};
use super::marks::Marks;
use super::{json, words};

#[test]
fn a_prefix_sorts_as_its_text_does() {
    let prefix = |text: &str| words::prefix(text.as_bytes(), 0..text.len());
    let sorted = ["", "a", "a\u{1}", "ab", "abcdefg", "abcdefgh", "b"];
    assert!(sorted.is_sorted_by(|a, b| prefix(a) < prefix(b)));
    assert_eq!(prefix("abcdefgh"), prefix("abcdefghi"));
    assert_eq!(words::prefix(b"abcd", 1..3), prefix("bc"));
    assert_eq!(words::prefix(b"abcdefghijkl", 2..12), prefix("cdefghij"));
}

#[test]
fn a_mark_is_found_wherever_it_is() {
    for length in [0, 1, 63, 64, 65, 200] {
        for place in 0..length {
            let text: Vec<u8> = (0..length).map(|at| if at == place { b'"' } else { b'x' }).collect();
            let found: Vec<_> = Marks::new(&text, |byte| matches!(byte, 0 | b'"')).collect();
            assert_eq!(found, [place]);
        }
    }
}

#[test]
fn a_byte_is_plain_that_json_writes_as_it_is() {
    for byte in 0..=u8::MAX {
        let written = serde_json::to_string(&char::from(byte)).unwrap_or_default();
        assert_eq!(json::is_plain(byte), written.len() == 3, "{byte}");
    }
}

#[test]
fn a_number_is_rounded_exactly() {
    for (number, down, up) in [
        ("0", Some(0), Some(0)),
        ("-0", Some(0), Some(0)),
        ("0.0e400", Some(0), Some(0)),
        ("0e99999999999999999999", Some(0), Some(0)),
        ("1700000000", Some(1_700_000_000), Some(1_700_000_000)),
        ("1700000000.0", Some(1_700_000_000), Some(1_700_000_000)),
        ("1.7e9", Some(1_700_000_000), Some(1_700_000_000)),
        ("17E+8", Some(1_700_000_000), Some(1_700_000_000)),
        ("0.00017e13", Some(1_700_000_000), Some(1_700_000_000)),
        ("17000000000e-1", Some(1_700_000_000), Some(1_700_000_000)),
        ("1700000000.000000000000000000000001", Some(1_700_000_000), Some(1_700_000_001)),
        ("1700000000.999999999999999999999999", Some(1_700_000_000), Some(1_700_000_001)),
        ("-0.5", Some(-1), Some(0)),
        ("-1.5", Some(-2), Some(-1)),
        ("0.5", Some(0), Some(1)),
        ("15e-1", Some(1), Some(2)),
        ("1e-400", Some(0), Some(1)),
        ("-1e-99999999999999999999", Some(-1), Some(0)),
        ("1e400", None, None),
        ("-1e400", None, None),
        ("1e99999999999999999999", None, None),
        ("9007199254740993", Some(9_007_199_254_740_993), Some(9_007_199_254_740_993)),
        ("9007199254740993.5", Some(9_007_199_254_740_993), Some(9_007_199_254_740_994)),
        ("9223372036854775807", Some(i64::MAX), Some(i64::MAX)),
        ("9223372036854775807.5", Some(i64::MAX), None),
        ("9223372036854775808", None, None),
        ("-9223372036854775808", Some(i64::MIN), Some(i64::MIN)),
        ("-9223372036854775808.5", None, Some(i64::MIN)),
        ("18446744073709551615.5", None, None),
        ("true", None, None),
        ("false", None, None),
        ("", None, None),
    ] {
        assert_eq!(decimal::whole(number, Rounding::Down), down, "{number}");
        assert_eq!(decimal::whole(number, Rounding::Up), up, "{number}");
    }
}

#[cfg(feature = "sign")]
#[test]
fn a_date_is_read_as_it_was_written() {
    use super::iso8601;

    assert_eq!(iso8601::text(1_700_000_000).as_deref(), Some("2023-11-14T22:13:20Z"));
    assert_eq!(iso8601::text(951_782_400).as_deref(), Some("2000-02-29T00:00:00Z"));
    let (first, last) = (-62_135_596_800, 253_402_300_799);
    assert_eq!(iso8601::text(first).as_deref(), Some("0001-01-01T00:00:00Z"));
    assert_eq!(iso8601::text(last).as_deref(), Some("9999-12-31T23:59:59Z"));
    for beyond in [i64::MIN, first - 1, last + 1, i64::MAX] {
        assert_eq!(iso8601::text(beyond), None);
    }
    // Every day of 400 years, after which the calendar repeats, and the seconds of a day.
    for day in 0..146_097 {
        let second = first + day * 24 * 60 * 60 + (day * 997) % (24 * 60 * 60);
        assert_eq!(iso8601::unix_seconds(iso8601::text(second).unwrap_or_default().as_bytes()), Some(second));
    }
}
