//! 61 to 69: time.

use std::time::Duration;

use countersign::ErrorKind::{
    self, ClaimMalformed, ClockUnavailable, ParameterRepeated, SignatureMismatch, TimestampFuture,
    TimestampMalformed, TimestampMissing, TimestampStale,
};
use countersign::vonage::{SignatureMethod, SignedWebhook, Sms};
use countersign::{Clock, Tolerance, UnixTime, Verifier, sign};

use crate::forged::Forged;
use crate::run::Run;
use crate::schemes::{Scheme, sms};
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
}

fn case_061_at_the_bounds_and_a_second_beyond(run: &mut Run) {
    for (seconds, rejected) in [
        (-301, Some(TimestampStale)),
        (-300, None),
        (-1, None),
        (0, None),
        (1, None),
        (60, None),
        (61, Some(TimestampFuture)),
    ] {
        let message = |delivery| -> (Box<dyn Verifier>, Forged) { (Box::new(sms(300, 60)), delivery) };
        let messages = sms_deliveries(Some(&(NOW.as_secs() + seconds).to_string())).map(message);
        let tokens = Scheme::ALL.map(|scheme| (scheme.verifier(), scheme.signed_at(seconds).into()));
        for (verifier, delivery) in messages.into_iter().chain(tokens) {
            match rejected {
                Some(kind) => run.rejects(&verifier, delivery, kind),
                None => drop(run.accepts(&verifier, delivery)),
            }
        }
    }
}

fn case_062_no_timestamp_where_one_is_required(run: &mut Run) {
    for signed in sms_deliveries(None) {
        run.rejects(&sms(300, 60), signed, TimestampMissing);
    }
    let untimed = sign::TokenSigner::new(&secret(KEY), NOW).without_claim("iat").post("{}");
    run.rejects(&Scheme::JwtPost.verifier(), untimed, ErrorKind::ClaimMissing);
}

fn case_063_a_timestamp_changed(run: &mut Run) {
    let (now, later) = (NOW.to_string(), (NOW.as_secs() + 1).to_string());
    for signed in sms_deliveries(Some(&now)) {
        let edit = |text: &[u8]| String::from_utf8(text.to_vec()).unwrap().replace(&now, &later);
        let forged = signed.clone().query(edit(&signed.query)).body(edit(&signed.body));
        run.rejects(&sms(300, 60), forged.clone(), SignatureMismatch);
        run.rejects(&Sms::new(SignatureMethod::Sha256, secret(KEY)), forged, SignatureMismatch);
    }
}

fn case_064_a_timestamp_that_is_no_plain_number(run: &mut Run) {
    let texts = "|+5|-1| 1763712000|1763712000 |1763712000.0|1.5|1e9|0x1|1_763_712_000|01763712000|00001|NaN|now\
        |١٧٦٣٧١٢٠٠٠|1763712000\n|1763712000\0|１７６３７１２０００";
    for text in texts.split('|') {
        for signed in sms_deliveries(Some(text)) {
            run.rejects(&sms(300, 60), signed, TimestampMalformed);
        }
        let quoted = serde_json::Value::from(text).to_string();
        run.rejects(&Scheme::JwtPost.verifier(), issued_at(&quoted), ClaimMalformed);
    }
}

fn case_065_milliseconds_for_seconds(run: &mut Run) {
    let milliseconds = (NOW.as_secs() * 1_000).to_string();
    for signed in sms_deliveries(Some(&milliseconds)) {
        run.rejects(&sms(300, 60), signed, TimestampFuture);
    }
    run.rejects(&Scheme::JwtPost.verifier(), issued_at(&milliseconds), TimestampFuture);
}

fn case_066_numbers_at_and_beyond_the_types_ends(run: &mut Run) {
    let beyond = [u64::MAX.to_string(), "9223372036854775808".to_owned(), "1".repeat(20), "9".repeat(400)];
    for text in &beyond {
        for signed in sms_deliveries(Some(text)) {
            run.rejects(&sms(300, 60), signed, TimestampMalformed);
        }
        run.rejects(&Scheme::JwtPost.verifier(), issued_at(text), ClaimMalformed);
    }
    for (text, kind) in [(i64::MIN.to_string(), TimestampStale), (i64::MAX.to_string(), TimestampFuture)] {
        for (past, future) in [(300, 60), (0, 0)] {
            let window = Tolerance::new(Duration::from_secs(past), Duration::from_secs(future)).unwrap();
            let subject = SignedWebhook::new(secret(KEY)).clock(|| NOW).tolerance(window);
            run.rejects(&subject, issued_at(&text), kind);
        }
    }
    for signed in sms_deliveries(Some(&i64::MAX.to_string())) {
        run.rejects(&sms(300, 60), signed, TimestampFuture);
    }
}

fn case_067_two_timestamps(run: &mut Run) {
    let timestamp = NOW.to_string();
    for (first, second) in [(&*timestamp, &*timestamp), (&*timestamp, "1"), ("1", &*timestamp)] {
        let signer = sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY))
            .param("timestamp", first)
            .param("timestamp", second);
        let query = signer.query();
        run.rejects(&sms(300, 60), query, ParameterRepeated);
    }
}

fn case_068_a_tolerance_of_nothing_and_of_all_time(run: &mut Run) {
    let exact = Tolerance::either_way(Duration::ZERO).unwrap();
    let all = Tolerance::either_way(Duration::MAX).unwrap();
    let of = |window| SignedWebhook::new(secret(KEY)).clock(|| NOW).tolerance(window);
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
    let deliveries = || [sign::TokenSigner::new(&secret(KEY), NOW).post("{}"), sms_at(NOW)];
    let webhook = || SignedWebhook::new(secret(KEY));
    let [token, message] = deliveries();
    run.rejects(&webhook().clock(Broken), token, ClockUnavailable);
    run.rejects(&sms(60, 60).clock(Broken), message, ClockUnavailable);
    for (seconds, kind) in [
        (-1, ClockUnavailable),
        (i64::MIN, ClockUnavailable),
        (i64::MAX, TimestampStale),
        (0, TimestampFuture),
    ] {
        let [token, message] = deliveries();
        run.rejects(&webhook().clock(move || at(seconds)), token, kind);
        run.rejects(&sms(60, 60).clock(move || at(seconds)), message, kind);
    }
}

fn at(seconds: i64) -> UnixTime {
    UnixTime::from_secs(seconds)
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
