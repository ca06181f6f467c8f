//! Clocks and tolerances.

use std::time::Duration;

use countersign::{Clock, ConfigError, SystemClock, Tolerance, UnixTime};

#[test]
fn a_tolerance_counts_whole_seconds() {
    let whole = |duration| Tolerance::either_way(duration).map(Tolerance::past);
    assert_eq!(whole(Duration::ZERO), Ok(Duration::ZERO));
    assert_eq!(whole(Duration::from_millis(1_500)), Ok(Duration::from_secs(1)));
    assert_eq!(whole(Duration::MAX), Ok(Duration::from_secs(u64::MAX)));
    for duration in [Duration::from_nanos(1), Duration::from_millis(300), Duration::from_millis(999)] {
        assert_eq!(whole(duration), Err(ConfigError::ToleranceTooFine));
        assert_eq!(Tolerance::new(Duration::ZERO, duration).unwrap_err(), ConfigError::ToleranceTooFine);
        assert_eq!(Tolerance::new(duration, Duration::ZERO).unwrap_err(), ConfigError::ToleranceTooFine);
    }
    let window = Tolerance::new(Duration::from_secs(300), Duration::from_secs(60)).unwrap();
    assert_eq!((window.past(), window.future()), (Duration::from_secs(300), Duration::from_secs(60)));
}

#[test]
fn the_system_clock_and_closures_tell_the_time() {
    assert!(SystemClock.now().unwrap() > UnixTime::from_secs(1_700_000_000));
    assert_eq!((|| UnixTime::from_secs(5)).now(), Some(UnixTime::from_secs(5)));
    assert_eq!(UnixTime::from_secs(-5).to_string(), "-5");
}

#[test]
fn a_system_time_is_rounded_down_to_a_unix_time() {
    use std::time::{Duration, UNIX_EPOCH};

    for (nanos_after, nanos_before, expected) in [
        (0, 0, 0),
        (999_999_999, 0, 0),
        (1_000_000_000, 0, 1),
        (0, 1, -1),
        (0, 1_000_000_000, -1),
        (0, 1_000_000_001, -2),
    ] {
        let moment = UNIX_EPOCH + Duration::from_nanos(nanos_after) - Duration::from_nanos(nanos_before);
        assert_eq!(UnixTime::from(moment), UnixTime::from_secs(expected));
    }
    assert!(UnixTime::now() > UnixTime::from_secs(1_700_000_000));
}
