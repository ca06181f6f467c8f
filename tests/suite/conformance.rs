//! Every scheme against every general attack.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};
use countersign::ErrorKind::{
    self, BodyUnexpected, HeaderMissing, HeaderRepeated, HeaderTooLong, MethodUnsupported,
    PayloadHashMismatch, SignatureMalformed, SignatureMismatch, SignatureMissing, TimestampFuture,
    TimestampMissing, TimestampStale, TokenExpired, TokenMalformed, TokenMissing, TokenPremature,
};
use countersign::schemes::{Scheme, Window};
use countersign::sign::Delivery;
use countersign::{
    BaseUrl, Coverage, Keyring, Replays, Request, Tolerance, UnixTime, Verified, Verifier, Vogent, sign,
};

use crate::registry::{Forged, Place, Row, rows};
use crate::support::{KEY, NOW, OTHER_KEY, accepts, in_chunks, rejects, secret, verdict};

const SEED: u8 = 7;

fn at(seconds: i64) -> UnixTime {
    UnixTime::from_secs(NOW.as_secs().saturating_add(seconds))
}

fn proof(row: &Row) -> Verified {
    accepts(&*row.verifier(), row.delivery().request())
}

/// How a scheme rejects an altered request.
fn mismatch(proof: &Verified) -> ErrorKind {
    if proof.claims().is_some() { PayloadHashMismatch } else { SignatureMismatch }
}

fn covers_body(proof: &Verified) -> bool {
    !matches!(proof.coverage(), Coverage::Url | Coverage::Token | Coverage::None)
}

/// The request with one digit changed: in the body, or in the query if there is no body.
fn altered(delivery: &Delivery) -> Delivery {
    let change = |text: &str| {
        let at = text.find(|c: char| c.is_ascii_digit()).unwrap();
        let digit = if text[at..].starts_with('1') { "2" } else { "1" };
        format!("{}{digit}{}", &text[..at], &text[at + 1..])
    };
    match str::from_utf8(delivery.body()).unwrap() {
        "" => delivery.clone().with_query(&change(delivery.query())),
        body => delivery.clone().with_body(change(body)),
    }
}

#[test]
fn names_in_the_registry_are_those_of_the_verifiers() {
    for scheme in Scheme::ALL {
        let verifier = scheme.build(&scheme.sample([SEED; 32]).settings).unwrap();
        assert_eq!(verifier.scheme(), scheme.name());
        let of_this_name = Scheme::ALL.iter().filter(|other| other.name() == scheme.name());
        assert_eq!(
            (of_this_name.count(), Scheme::named(scheme.name()).map(Scheme::name)),
            (1, Some(scheme.name()))
        );
        assert!(scheme.name().bytes().all(|byte| byte.is_ascii_lowercase() || b"-23".contains(&byte)));
    }
    assert!(Scheme::ALL.len() >= 32 && Scheme::named("Vogent").is_none());
}

#[test]
fn genuine_requests_are_accepted_with_their_coverage() {
    for row in rows(SEED) {
        let (verifier, delivery) = (row.verifier(), row.delivery());
        let proof = accepts(&*verifier, delivery.request());
        assert_eq!((proof.key().index(), proof.tenant()), (0, None), "{}", row.name);
        assert_eq!((proof.scheme(), verifier.scheme()), (row.scheme.name(), row.scheme.name()));
        assert!(proof.signed_at().is_none_or(|time| time == NOW), "{}", row.name);
        let identified = verifier.replays() != Replays::Undetectable;
        assert_eq!(proof.replay_key().is_some(), identified, "{}", row.name);
        let again = accepts(&*verifier, delivery.request());
        assert_eq!(again.replay_key(), proof.replay_key(), "{}", row.name);
    }
}

#[test]
fn an_altered_signed_payload_is_rejected() {
    for row in rows(SEED) {
        let (verifier, delivery, proof) = (row.verifier(), row.delivery(), proof(&row));
        let altered = altered(&delivery);
        if !delivery.body().is_empty() && !covers_body(&proof) {
            assert_eq!(accepts(&*verifier, altered.request()).coverage(), proof.coverage());
            continue;
        }
        // A hash of the body may be in the query, which is signed.
        let names_hash = !delivery.body().is_empty() && delivery.query().contains("SHA256=");
        let mismatch = if names_hash { PayloadHashMismatch } else { mismatch(&proof) };
        rejects(&*verifier, altered.request(), mismatch);
        if matches!(proof.coverage(), Coverage::Body | Coverage::UrlBody) {
            let body = delivery.body();
            for bit in 0..body.len() * 8 {
                let mut flipped = body.to_vec();
                flipped[bit / 8] ^= 1 << (bit % 8);
                let request = Request::new(delivery.head(), &flipped);
                assert_eq!(verifier.verify(request).unwrap_err().kind(), mismatch, "{}", row.name);
            }
            for other in [&body[1..], &[body, b"\n"].concat(), &[body, body].concat()] {
                rejects(&*verifier, Request::new(delivery.head(), other), mismatch);
            }
        }
        if delivery.body().is_empty() {
            rejects(&*verifier, delivery.with_body("{}").request(), BodyUnexpected);
        } else {
            // The form means the same without its last byte.
            for length in 0..delivery.body().len() - 1 {
                let mut verification = verifier.begin(delivery.head()).unwrap();
                verification.update(&delivery.body()[..length]).unwrap();
                assert!(verification.finish().is_err(), "{} cut to {length}", row.name);
            }
        }
    }
}

#[test]
fn every_flipped_bit_of_the_signature_is_rejected() {
    for row in rows(SEED) {
        let (verifier, delivery, signature) = (row.verifier(), row.delivery(), row.signature());
        let engine =
            if proof(&row).claims().is_some() { BASE64_URL_SAFE_NO_PAD } else { BASE64_STANDARD_NO_PAD };
        let text = &signature.text;
        let tag = if signature.is_hex() { hex::decode(text).unwrap() } else { engine.decode(text).unwrap() };
        for bit in 0..tag.len() * 8 {
            let mut flipped = tag.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let text = if signature.is_hex() { hex::encode(&flipped) } else { engine.encode(&flipped) };
            let forged = signature.exchanged(&delivery, text.as_bytes());
            let rejected = verifier.verify(forged.request()).unwrap_err();
            assert_eq!(rejected.kind(), SignatureMismatch, "{} bit {bit}", row.name);
        }

        // Cuts the text too.
        let bits = if matches!(signature.place, Place::Header(_)) { 8 } else { 7 };
        for (at, bit) in (0..signature.text.len()).flat_map(|at| (0..bits).map(move |bit| (at, bit))) {
            let mut text = signature.text.clone();
            text[at] ^= 1 << bit;
            let forged = signature.exchanged(&delivery, &text);
            match (verifier.verify(forged.request()), &signature.place) {
                (Ok(_), _) => assert!(signature.is_same(&text), "{} at {at}, bit {bit}", row.name),
                (Err(rejected), Place::Header(_)) => {
                    let expected = [SignatureMismatch, SignatureMalformed, TokenMalformed];
                    assert!(
                        expected.contains(&rejected.kind()),
                        "{} at {at}, bit {bit}: {rejected}",
                        row.name
                    );
                }
                // Changes the text of a parameter, which may become another parameter, or two.
                (Err(_), _) => {}
            }
        }
    }
}

#[test]
fn signatures_of_another_length_or_form_are_rejected() {
    for row in rows(SEED) {
        let (verifier, delivery, signature) = (row.verifier(), row.delivery(), row.signature());
        let (right, signs_nothing) = (&*signature.text, proof(&row).coverage() == Coverage::None);
        let length = right.len();
        let mut forms: Vec<Vec<u8>> = vec![
            right[..1].to_vec(),
            right[..length - 1].to_vec(),
            right[..length - 2].to_vec(),
            right[1..].to_vec(),
            [right, b"0000"].concat(),
            [right, right].concat(),
            [b"0x", right].concat(),
            [b"sha256=", right].concat(),
            [&right[..length - 1], b"*"].concat(),
            [&right[..length - 1], "\u{ff11}".as_bytes()].concat(),
            b"!".repeat(length),
            b"0".repeat(2048),
        ];
        if !signs_nothing {
            forms.push(Vec::new());
        }
        for text in forms {
            let forged = signature.exchanged(&delivery, &text);
            let kind = if signs_nothing { SignatureMismatch } else { SignatureMalformed };
            let rejected = verdict(&*verifier, forged.request()).unwrap_err();
            assert_eq!(rejected.kind(), kind, "{} {:?}", row.name, String::from_utf8_lossy(&text));
        }
        if signature.is_hex() {
            let mixed = right.iter().enumerate().map(|(at, byte)| match at % 2 {
                0 => byte.to_ascii_uppercase(),
                _ => byte.to_ascii_lowercase(),
            });
            for text in [right.to_ascii_lowercase(), right.to_ascii_uppercase(), mixed.collect()] {
                let _ = accepts(&*verifier, signature.exchanged(&delivery, &text).request());
            }
        }
    }
}

#[test]
fn another_key_is_rejected() {
    for (row, other) in rows(SEED).into_iter().zip(rows(SEED + 1)) {
        rejects(&*row.verifier(), row.signed(&other.key, NOW).request(), SignatureMismatch);
    }
}

#[test]
fn a_missing_header_is_rejected_with_its_kind() {
    for row in rows(SEED) {
        let (verifier, delivery, later) = (row.verifier(), row.delivery(), row.signed(&row.key, at(1)));
        for (name, is_signature) in row.headers() {
            let kind = match (is_signature, proof(&row).claims()) {
                (true, Some(_)) => TokenMissing,
                (true, None) => SignatureMissing,
                (false, _) if delivery.header(&name) != later.header(&name) => TimestampMissing,
                (false, _) => HeaderMissing,
            };
            rejects(&*verifier, delivery.clone().without_header(&name).request(), kind);
            let value = delivery.header(&name).unwrap();
            let renamed = |new: &str| delivery.clone().without_header(&name).with_header(new, value);
            let _ = accepts(&*verifier, renamed(&name.to_uppercase()).request());
            for new in [name.replace('-', "_") + "_", format!("{name} "), format!("x{name}")] {
                rejects(&*verifier, renamed(&new).request(), kind);
            }
        }
    }
}

#[test]
fn a_repeated_or_too_long_header_is_rejected() {
    for row in rows(SEED) {
        let (verifier, delivery) = (row.verifier(), row.delivery());
        for (name, _) in row.headers() {
            let value = delivery.header(&name).unwrap().to_owned();
            for second in [&*value, "0", ""] {
                let repeated = delivery.clone().with_header(&name.to_uppercase(), second);
                rejects(&*verifier, repeated.request(), HeaderRepeated);
                let reversed = delivery.clone().without_header(&name).with_header(&name, second);
                rejects(&*verifier, reversed.with_header(&name, &value).request(), HeaderRepeated);
            }
            let long = |bytes| delivery.clone().without_header(&name).with_header(&name, &"1".repeat(bytes));
            rejects(&*verifier, long(16 * 1024 + 1).request(), HeaderTooLong);
            assert_ne!(verdict(&*verifier, long(16 * 1024).request()).unwrap_err().kind(), HeaderTooLong);
        }
    }
}

/// A captured request can be replayed only for a time if its time is signed.
#[test]
fn old_and_early_requests_are_rejected_if_the_time_is_signed() {
    for mut row in rows(SEED) {
        let delivery = row.delivery();
        let mut verified = proof(&row);
        if verified.valid_until().is_none() && verified.signed_at().is_some() {
            // It has no window by default.
            row.settings.window = Window::Within(Tolerance::either_way(Duration::from_secs(300)).unwrap());
            verified = proof(&row);
        }
        let verdict_at =
            |now| verdict(&*row.verifier_at(now), delivery.request()).map_err(|error| error.kind());
        let Some(until) = verified.valid_until() else {
            assert_eq!(verdict_at(at(-8_640_000)).as_ref(), Ok(&verified), "{}", row.name);
            assert_eq!(verdict_at(at(8_640_000)).as_ref(), Ok(&verified), "{}", row.name);
            continue;
        };
        let claims = verified.claims();
        let is_life = |claims: &countersign::Claims| {
            claims.expires_at().is_some_and(|expires| until.as_secs() >= expires.as_secs() - 1)
        };
        let old = if claims.is_some_and(is_life) { TokenExpired } else { TimestampStale };
        let early = match claims.and_then(countersign::Claims::not_before) {
            Some(_) => TokenPremature,
            None => TimestampFuture,
        };
        let late = UnixTime::from_secs(until.as_secs() + 1);
        assert_eq!(verdict_at(until).map(|verified| verified.valid_until()), Ok(Some(until)), "{}", row.name);
        assert_eq!(verdict_at(late), Err(old), "{}", row.name);
        assert_eq!(verdict_at(at(8_640_000)), Err(old), "{}", row.name);
        assert_eq!(verdict_at(at(-8_640_000)), Err(early), "{}", row.name);
        assert_eq!(verdict_at(UnixTime::from_secs(-1)), Err(ErrorKind::ClockUnavailable), "{}", row.name);
    }
}

#[test]
fn another_url_is_rejected_if_the_url_is_signed() {
    for mut row in rows(SEED) {
        let (verifier, delivery, proof) = (row.verifier(), row.delivery(), proof(&row));
        if !matches!(proof.coverage(), Coverage::Url | Coverage::UrlBody | Coverage::UrlParams) {
            continue;
        }
        let query = format!("?{}", delivery.query());
        for path in ["/", "", "//", "/hook/", "/Hook", "/hook/../hook", "/%68ook", "@other.example/hook"] {
            let moved = delivery.clone().with_target(&format!("{path}{query}"));
            rejects(&*verifier, moved.request(), mismatch(&proof));
        }
        for base in ["http://example.com", "https://example.org", "https://example.com/hook"] {
            row.settings.base_url = Some(BaseUrl::new(base).unwrap());
            rejects(&*row.verifier(), delivery.request(), mismatch(&proof));
        }
    }
}

#[test]
fn a_method_that_the_platform_does_not_send_is_rejected() {
    for row in rows(SEED) {
        for method in ["TRACE", "post", "get", "Post", ""] {
            rejects(&*row.verifier(), row.delivery().with_method(method).request(), MethodUnsupported);
        }
    }
}

/// Schemes with the same rule accept each other's requests with the same key. No other schemes do.
#[test]
fn requests_of_other_schemes_are_rejected() {
    const ALIKE: [[&str; 2]; 2] = [["openai", "standard-webhooks"], ["signalwire", "twilio"]];
    for row in rows(SEED) {
        let verifier = row.verifier();
        for other in rows(SEED).iter().filter(|other| other.scheme.name() != row.scheme.name()) {
            let mut names = [row.scheme.name(), other.scheme.name()];
            names.sort_unstable();
            match verdict(&*verifier, other.delivery().request()) {
                Ok(_) => assert!(ALIKE.contains(&names), "{} at {}", other.name, row.name),
                Err(rejected) => assert!(rejected.status() < 500),
            }
        }
    }
}

#[test]
fn any_chunks_of_the_body_have_the_same_verdict() {
    for (row, other) in rows(SEED).into_iter().zip(rows(SEED + 1)) {
        let verifier = row.verifier();
        let delivery = row.delivery();
        for delivery in [altered(&delivery), row.signed(&other.key, NOW), delivery] {
            let request = delivery.request();
            let whole = verifier.verify(request);
            for size in 1..=request.body().len() {
                assert_eq!(in_chunks(&*verifier, request, size), whole, "{} in chunks of {size}", row.name);
            }
            #[cfg(feature = "http")]
            {
                let request = delivery.to_http(delivery.path()).unwrap();
                assert_eq!(verifier.verify((&request).into()), whole, "{}", row.name);
            }
        }
    }
}

#[test]
fn a_blank_or_non_text_header_is_rejected() {
    for row in rows(SEED) {
        let (verifier, delivery, proof) = (row.verifier(), row.delivery(), proof(&row));
        let later = row.signed(&row.key, at(1));
        for (name, is_signature) in row.headers() {
            for value in [&b"\x80"[..], b"\xff\xfe", b"\xc0\xaf", b"", b" "] {
                let expected: &[_] = match (is_signature, proof.claims(), proof.coverage()) {
                    (true, Some(_), _) if value.trim_ascii().is_empty() => &[TokenMissing],
                    (true, Some(_), _) => &[TokenMalformed],
                    (true, None, Coverage::None) => &[SignatureMalformed, SignatureMismatch],
                    (true, None, _) => &[SignatureMalformed],
                    _ if delivery.header(&name) != later.header(&name) => &[ErrorKind::TimestampMalformed],
                    _ => &[ErrorKind::HeaderMalformed, SignatureMismatch],
                };
                let forged = Forged::from(&delivery).with_header(&name, value);
                let rejected = verdict(&*verifier, forged.request()).unwrap_err();
                assert!(expected.contains(&rejected.kind()), "{} {name} {value:?}: {rejected}", row.name);
            }
        }
    }
}

/// The catalogue has the rotation of every scheme.
#[test]
fn a_key_is_the_newest_or_an_older_one() {
    let vogent = Vogent::new(Keyring::new([secret(OTHER_KEY), secret(KEY), secret(KEY)]).unwrap());
    for (key, index) in [(OTHER_KEY, 0), (KEY, 1)] {
        let verified = accepts(&vogent, sign::vogent(&secret(key), "{}").request());
        assert_eq!((verified.key().index(), verified.key().is_newest()), (index, index == 0));
    }
}

#[test]
fn a_pointer_to_a_verifier_is_a_verifier() {
    fn serve(verifier: impl Verifier) -> bool {
        let delivery = sign::vogent(&secret(KEY), "{}");
        verifier.verify(delivery.request()).is_ok() && in_chunks(&verifier, delivery.request(), 3).is_ok()
    }
    let vogent = || Vogent::new(secret(KEY));
    let shared: Arc<dyn Verifier> = Arc::new(vogent());
    assert!(serve(&*shared) && serve(Box::new(vogent())) && serve(shared));
}

#[test]
fn verifiers_are_unwind_safe() {
    fn is_unwind_safe<T: std::panic::UnwindSafe + std::panic::RefUnwindSafe>() {}
    is_unwind_safe::<Vogent>();
    is_unwind_safe::<countersign::vonage::Sms>();
    is_unwind_safe::<countersign::vonage::SignedWebhook>();
    is_unwind_safe::<countersign::MessageBird>();
}

/// The catalogue has eight threads on one verifier.
#[test]
fn verifiers_can_be_shared_between_threads() {
    fn is_shared<T: Send + Sync + 'static>() {}
    is_shared::<Arc<dyn Verifier>>();
    is_shared::<Box<dyn Verifier>>();
    is_shared::<Verified>();
    is_shared::<countersign::Error>();
    is_shared::<countersign::Secret>();
    // Held across an `await`, in a task that moves between threads.
    is_shared::<countersign::Head<'static>>();
    is_shared::<Request<'static>>();
}
