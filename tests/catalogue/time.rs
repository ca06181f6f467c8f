//! 61 to 71: time and replay.

use std::time::Duration;

use countersign::ErrorKind::{
    self, ClaimMalformed, ClockUnavailable, ParameterRepeated, SignatureMismatch, TimestampFuture,
    TimestampMalformed, TimestampMissing, TimestampStale,
};
use countersign::vonage::{SignatureMethod, SignedWebhook, Sms};
use countersign::{Clock, Tolerance, UnixTime, sign};

use crate::forged::Forged;
use crate::run::Run;
use crate::schemes::{Scheme, Subject};
use crate::support::{KEY, NOW, secret};

cases! {
    case_061_at_the_bounds_and_a_second_beyond,
    case_062_no_timestamp_where_one_is_required,
    case_063_a_timestamp_changed,
    case_064_a_timestamp_that_is_no_plain_number,
    case_065_milliseconds_for_seconds,
    case_066_numbers_at_and_beyond_the_types_ends,
    case_067_two_timestamps,
    case_068_a_tolerance_of_nothing_and_of_all_time,
    case_069_a_clock_that_is_wrong,
    case_071_the_same_request_twice_without_a_guard,
}

fn case_061_at_the_bounds_and_a_second_beyond(run: &mut Run) {
    for scheme in Scheme::all() {
        for (seconds, rejected) in [
            (-301, Some(TimestampStale)),
            (-300, None),
            (-1, None),
            (0, None),
            (1, None),
            (60, None),
            (61, Some(TimestampFuture)),
        ] {
            let Some(delivery) = scheme.signed_at(seconds) else { continue };
            match rejected {
                Some(kind) => run.rejects(&scheme.subject(), delivery, kind),
                None => drop(run.accepts(&scheme.subject(), delivery)),
            }
        }
    }
}

fn case_062_no_timestamp_where_one_is_required(run: &mut Run) {
    for signed in sms_deliveries(None) {
        run.rejects(&tolerant(300, 60), signed, TimestampMissing);
    }
    let untimed = sign::TokenSigner::new(&secret(KEY), NOW).without_claim("iat").post("{}");
    run.rejects(&Scheme::JwtPost.subject(), untimed, ErrorKind::ClaimMissing);
}

fn case_063_a_timestamp_changed(run: &mut Run) {
    let (now, later) = (NOW.to_string(), (NOW.as_secs() + 1).to_string());
    for signed in sms_deliveries(Some(&now)) {
        let edit = |text: &[u8]| String::from_utf8(text.to_vec()).unwrap().replace(&now, &later);
        let forged = signed.clone().query(edit(&signed.query)).body(edit(&signed.body));
        run.rejects(&tolerant(300, 60), forged.clone(), SignatureMismatch);
        run.rejects(&Sms::new(SignatureMethod::Sha256, secret(KEY)).into(), forged, SignatureMismatch);
    }
}

fn case_064_a_timestamp_that_is_no_plain_number(run: &mut Run) {
    let texts = [
        "",
        "+5",
        "-1",
        " 1763712000",
        "1763712000 ",
        "1763712000.0",
        "1.5",
        "1e9",
        "0x1",
        "1_763_712_000",
        "01763712000",
        "00001",
        "١٧٦٣٧١٢٠٠٠",
        "1763712000\n",
        "1763712000\0",
        "１７６３７１２０００",
        "NaN",
        "now",
    ];
    for text in texts {
        for signed in sms_deliveries(Some(text)) {
            run.rejects(&tolerant(300, 60), signed, TimestampMalformed);
        }
        let quoted = serde_json::Value::from(text).to_string();
        run.rejects(&Scheme::JwtPost.subject(), issued_at(&quoted), ClaimMalformed);
    }
}

fn case_065_milliseconds_for_seconds(run: &mut Run) {
    let milliseconds = (NOW.as_secs() * 1_000).to_string();
    for signed in sms_deliveries(Some(&milliseconds)) {
        run.rejects(&tolerant(300, 60), signed, TimestampFuture);
    }
    run.rejects(&Scheme::JwtPost.subject(), issued_at(&milliseconds), TimestampFuture);
}

fn case_066_numbers_at_and_beyond_the_types_ends(run: &mut Run) {
    let beyond = [u64::MAX.to_string(), "9223372036854775808".to_owned(), "1".repeat(20), "9".repeat(400)];
    for text in &beyond {
        for signed in sms_deliveries(Some(text)) {
            run.rejects(&tolerant(300, 60), signed, TimestampMalformed);
        }
        run.rejects(&Scheme::JwtPost.subject(), issued_at(text), ClaimMalformed);
    }
    for (text, kind) in [(i64::MIN.to_string(), TimestampStale), (i64::MAX.to_string(), TimestampFuture)] {
        for (past, future) in [(300, 60), (0, 0)] {
            let window = Tolerance::new(Duration::from_secs(past), Duration::from_secs(future)).unwrap();
            let subject = SignedWebhook::new(secret(KEY)).clock(|| NOW).tolerance(window).into();
            run.rejects(&subject, issued_at(&text), kind);
        }
    }
    for signed in sms_deliveries(Some(&i64::MAX.to_string())) {
        run.rejects(&tolerant(300, 60), signed, TimestampFuture);
    }
}

fn case_067_two_timestamps(run: &mut Run) {
    let timestamp = NOW.to_string();
    for (first, second) in [(&*timestamp, &*timestamp), (&*timestamp, "1"), ("1", &*timestamp)] {
        let signer = sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY))
            .param("timestamp", first)
            .param("timestamp", second);
        let query = signer.query();
        run.rejects(&tolerant(300, 60), query, ParameterRepeated);
    }
}

fn case_068_a_tolerance_of_nothing_and_of_all_time(run: &mut Run) {
    let exact = Tolerance::either_way(Duration::ZERO).unwrap();
    let all = Tolerance::either_way(Duration::MAX).unwrap();
    let of = |window| SignedWebhook::new(secret(KEY)).clock(|| NOW).tolerance(window).into();
    let at = |seconds: i64| issued_at(&seconds.to_string());
    let now = NOW.as_secs();
    let _ = run.accepts(&of(exact), at(now));
    run.rejects(&of(exact), at(now - 1), TimestampStale);
    run.rejects(&of(exact), at(now + 1), TimestampFuture);
    for seconds in [i64::MIN, -1, 0, now, i64::MAX] {
        let _ = run.accepts(&of(all), at(seconds));
    }
}

fn case_069_a_clock_that_is_wrong(run: &mut Run) {
    struct Broken;
    impl Clock for Broken {
        fn now(&self) -> Option<UnixTime> {
            None
        }
    }
    let webhook = || SignedWebhook::new(secret(KEY));
    let sms = || {
        Sms::new(SignatureMethod::Sha256, secret(KEY))
            .tolerance(Tolerance::either_way(Duration::from_secs(60)).unwrap())
    };
    let deliveries = || [sign::TokenSigner::new(&secret(KEY), NOW).post("{}"), sms_at(NOW)];
    for (subjects, kind) in [
        ([webhook().clock(Broken).into(), sms().clock(Broken).into()], ClockUnavailable),
        ([webhook().clock(|| at(-1)).into(), sms().clock(|| at(-1)).into()], ClockUnavailable),
        ([webhook().clock(|| at(i64::MIN)).into(), sms().clock(|| at(i64::MIN)).into()], ClockUnavailable),
        ([webhook().clock(|| at(i64::MAX)).into(), sms().clock(|| at(i64::MAX)).into()], TimestampStale),
        ([webhook().clock(|| at(0)).into(), sms().clock(|| at(0)).into()], TimestampFuture),
    ] {
        for (subject, delivery) in subjects.iter().zip(deliveries()) {
            run.rejects(subject, delivery, kind);
        }
    }
}

fn case_071_the_same_request_twice_without_a_guard(run: &mut Run) {
    for scheme in Scheme::all() {
        let (subject, delivery) = (scheme.subject(), scheme.delivery());
        let first = run.accepts(&subject, &delivery);
        let second = run.accepts(&subject, &delivery);
        run.holds(first == second && first.replay_key() == second.replay_key());
    }
}

fn at(seconds: i64) -> UnixTime {
    UnixTime::from_secs(seconds)
}

fn tolerant(past: u64, future: u64) -> Subject {
    let window = Tolerance::new(Duration::from_secs(past), Duration::from_secs(future)).unwrap();
    Sms::new(SignatureMethod::Sha256, secret(KEY)).tolerance(window).clock(|| NOW).into()
}

fn sms_at(time: UnixTime) -> sign::Delivery {
    sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).param("text", "Hello").timestamp(time).query()
}

/// In a query, a form and JSON, with this timestamp.
fn sms_deliveries(timestamp: Option<&str>) -> [Forged; 3] {
    let signer = || {
        let signer = sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).param("text", "Hello");
        timestamp.into_iter().fold(signer, |signer, text| signer.param("timestamp", text))
    };
    [signer().query().into(), signer().form().into(), signer().json().into()]
}

/// A token with this JSON text for `iat`.
fn issued_at(json: &str) -> sign::Delivery {
    sign::TokenSigner::new(&secret(KEY), NOW).claim_json("iat", json).post("{}")
}
