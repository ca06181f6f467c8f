//! 41 to 48: bodies.

use countersign::ErrorKind::{BodyTooLarge, PayloadHashMismatch, SignatureMismatch};
use countersign::vonage::{ContactCenter, SignatureMethod, SignedWebhook, Sms};
use countersign::{Algorithm, HexHmac, Vogent, sign};

use crate::forged::Forged;
use crate::run::Run;
use crate::schemes::{Carrier, Scheme, Subject};
use crate::support::{KEY, NOW, secret};

cases! {
    case_041_json_read_and_written_again,
    case_042_other_line_ends_marks_and_normal_forms,
    case_043_a_body_that_is_not_text,
    case_044_bodies_of_any_length,
    case_045_a_body_at_the_limit_and_one_over,
    case_046_a_declared_length_that_is_not_the_bodys,
    case_047_chunks_of_every_size_and_an_early_end,
    case_048_a_compressed_body_and_what_it_inflates_to,
}

fn case_041_json_read_and_written_again(run: &mut Run) {
    let original = r#"{"b":1.50,"a":"caf\u00e9 \/ \u001B é","n":1e2,"big":12345678901234567890}"#;
    let rewritten = [
        r#"{"a":"caf\u00e9 \/ \u001B é","b":1.50,"n":1e2,"big":12345678901234567890}"#,
        r#"{"b": 1.50,"a":"caf\u00e9 \/ \u001B é","n":1e2,"big":12345678901234567890}"#,
        r#"{"b":1.5,"a":"caf\u00e9 \/ \u001B é","n":1e2,"big":12345678901234567890}"#,
        r#"{"b":1.50,"a":"café \/ \u001B é","n":1e2,"big":12345678901234567890}"#,
        r#"{"b":1.50,"a":"caf\u00e9 / \u001B é","n":1e2,"big":12345678901234567890}"#,
        r#"{"b":1.50,"a":"caf\u00e9 \/ \u001b é","n":1e2,"big":12345678901234567890}"#,
        r#"{"b":1.50,"a":"caf\u00e9 \/ \u001B \u00e9","n":1e2,"big":12345678901234567890}"#,
        r#"{"b":1.50,"a":"caf\u00e9 \/ \u001B é","n":100,"big":12345678901234567890}"#,
        r#"{"b":1.50,"a":"caf\u00e9 \/ \u001B é","n":1e2,"big":12345678901234567000}"#,
    ];
    altered(run, original.as_bytes(), &rewritten.map(str::as_bytes));
}

fn case_042_other_line_ends_marks_and_normal_forms(run: &mut Run) {
    let original = "{\"a\":\"caf\u{e9}\",\n\"b\":1}\n";
    let others = [
        original.replace('\n', "\r\n"),
        original.replace('\n', "\r"),
        format!("\u{feff}{original}"),
        format!("{original}\n"),
        original.trim_end().to_owned(),
        original.replace('\u{e9}', "e\u{301}"),
        format!("{original}\0"),
        String::new(),
    ];
    altered(run, original.as_bytes(), &others.each_ref().map(String::as_bytes));
}

fn case_043_a_body_that_is_not_text(run: &mut Run) {
    for body in [&b"\xff\xfe\0binary"[..], b"\x80", b"\0", &(0..=u8::MAX).collect::<Vec<_>>()] {
        for (subject, delivery) in body_schemes(body) {
            let _ = run.accepts(&subject, &delivery);
        }
    }
}

fn case_044_bodies_of_any_length(run: &mut Run) {
    let lengths = (0..=300).chain([4_095, 4_096, 4_097, 65_535, 65_536, 65_537]);
    for length in lengths {
        let body: Vec<_> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
        for (subject, delivery) in body_schemes(&body) {
            let _ = run.accepts(&subject, &delivery);
        }
        for (algorithm, tag) in [
            (Algorithm::Sha1, crate::secrets::hmac::<sha1::Sha1>(64, KEY.as_bytes(), &body)),
            (Algorithm::Sha256, crate::secrets::hmac::<sha2::Sha256>(64, KEY.as_bytes(), &body)),
            (Algorithm::Sha512, crate::secrets::hmac::<sha2::Sha512>(128, KEY.as_bytes(), &body)),
        ] {
            let subject = HexHmac::with_algorithm("x-hex", algorithm, secret(KEY)).unwrap().into();
            let genuine = Forged::of(Scheme::Vogent).body(body.clone()).header("x-hex", hex::encode(tag));
            let _ = run.accepts(&subject, genuine);
        }
    }
}

fn case_045_a_body_at_the_limit_and_one_over(run: &mut Run) {
    let limit = 100;
    for (length, fits) in [(99, true), (100, true), (101, false), (10_000, false)] {
        let body = format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8));
        let subjects: [(Subject, sign::Delivery); 4] = [
            (Vogent::new(secret(KEY)).max_body(limit).into(), sign::vogent(&secret(KEY), body.clone())),
            (
                HexHmac::new("x-vox", secret(KEY)).unwrap().max_body(limit).into(),
                sign::hex_hmac("x-vox", Algorithm::Sha256, &secret(KEY), body.clone()),
            ),
            (
                SignedWebhook::new(secret(KEY)).clock(|| NOW).max_body(limit).into(),
                sign::TokenSigner::new(&secret(KEY), NOW).post(body.clone()),
            ),
            (
                ContactCenter::new(secret(KEY)).unwrap().clock(|| NOW).max_body(limit).into(),
                sign::ContactCenterSigner::new(&secret(KEY), NOW).unwrap().post(body.clone()),
            ),
        ];
        for (subject, delivery) in subjects {
            if fits {
                let _ = run.accepts(&subject, delivery);
            } else {
                run.rejects(&subject, delivery, BodyTooLarge);
            }
        }
    }
    for form in [Carrier::Form, Carrier::Json] {
        let genuine = Scheme::Sms(SignatureMethod::Sha256, form).delivery();
        let of = |limit| Sms::new(SignatureMethod::Sha256, secret(KEY)).max_body(limit).into();
        let _ = run.accepts(&of(genuine.body().len()), &genuine);
        run.rejects(&of(genuine.body().len() - 1), &genuine, BodyTooLarge);
    }
}

fn case_046_a_declared_length_that_is_not_the_bodys(run: &mut Run) {
    for scheme in Scheme::all() {
        for declared in ["0", "1", "999999999999", "-1", "x"] {
            // The crate gets only the body that arrived.
            let _ = run.accepts(&scheme.subject(), Forged::of(scheme).and_header("content-length", declared));
            let forged = Forged::from(scheme.altered()).and_header("content-length", declared);
            run.rejects_as(&scheme.subject(), forged, &[SignatureMismatch, PayloadHashMismatch]);
        }
    }
}

fn case_047_chunks_of_every_size_and_an_early_end(run: &mut Run) {
    use countersign::Verifier as _;
    for scheme in Scheme::all() {
        let subject = scheme.subject();
        for delivery in [scheme.delivery(), scheme.altered()] {
            let whole = subject.verify(delivery.request());
            for size in 1..=delivery.body().len() {
                run.holds(crate::support::in_chunks(&subject, delivery.request(), size) == whole);
            }
        }
        let delivery = scheme.delivery();
        for length in 0..delivery.body().len() {
            let cut = Forged::from(&delivery).body(&delivery.body()[..length]);
            run.holds(run_rejected(&subject, &cut));
        }
    }
}

fn case_048_a_compressed_body_and_what_it_inflates_to(run: &mut Run) {
    // `{"event":"dial.started","price":1.50}` in gzip, without name and time.
    const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x4a\x2d\x4b\xcd\x2b\x51\xb2\x52\x4a\xc9\x4c\xcc\xd1\x2b\x2e\x49\x2c\x2a\x49\x4d\x51\xd2\x51\x2a\x28\xca\x4c\x4e\x55\xb2\x32\xd4\x33\x35\xa8\x05\x00\x25\x00\x71\x4e\x25\x00\x00\x00";
    altered(run, GZIP, &[br#"{"event":"dial.started","price":1.50}"#]);
    altered(run, br#"{"event":"dial.started","price":1.50}"#, &[GZIP]);
}

/// Every scheme that signs the raw body, with a genuine request of this body.
fn body_schemes(body: &[u8]) -> Vec<(Subject, sign::Delivery)> {
    let algorithms = [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512];
    let mut schemes: Vec<_> = algorithms
        .into_iter()
        .map(|algorithm| {
            let verifier = HexHmac::with_algorithm("x-hex", algorithm, secret(KEY)).unwrap();
            (verifier.into(), sign::hex_hmac("x-hex", algorithm, &secret(KEY), body))
        })
        .collect();
    schemes.extend([
        (Scheme::Vogent.subject(), sign::vogent(&secret(KEY), body)),
        (Scheme::JwtPost.subject(), sign::TokenSigner::new(&secret(KEY), NOW).post(body)),
        (
            Scheme::ContactCenter.subject(),
            sign::ContactCenterSigner::new(&secret(KEY), NOW).unwrap().post(body),
        ),
    ]);
    schemes
}

/// A request with the original body is genuine. With any other body it is forged.
fn altered(run: &mut Run, original: &[u8], others: &[&[u8]]) {
    for (subject, delivery) in body_schemes(original) {
        let _ = run.accepts(&subject, &delivery);
        for other in others {
            let forged = delivery.clone().with_body(*other);
            run.rejects_as(&subject, forged, &[SignatureMismatch, PayloadHashMismatch]);
        }
    }
}

fn run_rejected(subject: &Subject, forged: &Forged) -> bool {
    let kind = Run::default().verdict(subject, forged).map_err(|error| error.kind());
    // If a form or JSON is cut, the error depends on the place.
    kind.is_err_and(|kind| kind != BodyTooLarge)
}
