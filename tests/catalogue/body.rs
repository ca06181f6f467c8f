//! 41 to 48 and 147: bodies.

use countersign::ErrorKind::{BodyTooLarge, PayloadHashMismatch, SignatureMismatch};
use countersign::vonage::{ContactCenter, SignatureMethod, SignedWebhook, Sms};
use countersign::{Algorithm, HexHmac, Verifier, Vogent, sign};

use crate::forged::Forged;
use crate::run::Run;
use crate::support::{KEY, NOW, secret};

cases! {
    case_041_json_read_and_written_again,
    case_042_other_line_ends_marks_and_normal_forms,
    case_043_a_body_that_is_not_text,
    case_044_bodies_of_any_length,
    case_045_a_body_at_the_limit_and_one_over,
    case_048_a_compressed_body_and_what_it_inflates_to,
    case_147_what_a_verification_asks_of_the_heap,
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
        for (subject, delivery) in body_schemes(body, usize::MAX) {
            let _ = run.accepts(&subject, &delivery);
        }
    }
}

fn case_044_bodies_of_any_length(run: &mut Run) {
    let lengths = (0..=300).chain([4_095, 4_096, 4_097, 65_535, 65_536, 65_537]);
    for length in lengths {
        let body: Vec<_> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
        for (subject, delivery) in body_schemes(&body, usize::MAX) {
            let _ = run.accepts(&subject, &delivery);
        }
        for (algorithm, tag) in [
            (Algorithm::Sha1, crate::secrets::hmac::<sha1::Sha1>(64, KEY.as_bytes(), &body)),
            (Algorithm::Sha256, crate::secrets::hmac::<sha2::Sha256>(64, KEY.as_bytes(), &body)),
            (Algorithm::Sha512, crate::secrets::hmac::<sha2::Sha512>(128, KEY.as_bytes(), &body)),
        ] {
            let subject = HexHmac::with_algorithm("x-hex", algorithm, secret(KEY)).unwrap();
            let genuine =
                Forged::from(sign::vogent(&secret(KEY), body.clone())).header("x-hex", hex::encode(tag));
            let _ = run.accepts(&subject, genuine);
        }
    }
}

fn case_045_a_body_at_the_limit_and_one_over(run: &mut Run) {
    let limit = 100;
    for (length, fits) in [(99, true), (100, true), (101, false), (10_000, false)] {
        let body = format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8));
        for (verifier, delivery) in body_schemes(body.as_bytes(), limit) {
            if fits {
                let _ = run.accepts(&verifier, delivery);
            } else {
                run.rejects(&verifier, delivery, BodyTooLarge);
            }
        }
    }
    let signer = || sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY)).param("text", "Hello");
    for genuine in [signer().form(), signer().json()] {
        let of = |limit| Sms::new(SignatureMethod::Sha256, secret(KEY)).max_body(limit);
        let _ = run.accepts(&of(genuine.body().len()), &genuine);
        run.rejects(&of(genuine.body().len() - 1), &genuine, BodyTooLarge);
    }
}

fn case_048_a_compressed_body_and_what_it_inflates_to(run: &mut Run) {
    // `{"event":"dial.started","price":1.50}` in gzip, without name and time.
    const GZIP: &[u8] = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xab\x56\x4a\x2d\x4b\xcd\x2b\x51\xb2\x52\x4a\xc9\x4c\xcc\xd1\x2b\x2e\x49\x2c\x2a\x49\x4d\x51\xd2\x51\x2a\x28\xca\x4c\x4e\x55\xb2\x32\xd4\x33\x35\xa8\x05\x00\x25\x00\x71\x4e\x25\x00\x00\x00";
    altered(run, GZIP, &[br#"{"event":"dial.started","price":1.50}"#]);
    altered(run, br#"{"event":"dial.started","price":1.50}"#, &[GZIP]);
}

/// Bodies of 1 MiB, and the largest query and form: how often at most, and for how many times the bytes of what is kept, which is
/// a token with its query, or the parameters.
fn case_147_what_a_verification_asks_of_the_heap(run: &mut Run) {
    let mut costs = Vec::new();
    for (verifier, delivery) in body_schemes(&vec![b'x'; 1 << 20], 1 << 20) {
        let token = ["authorization", "vonage-signature"].iter().find_map(|name| delivery.header(name));
        let (most, kept) = token.map_or((0, 0), |token| (3, token.len()));
        costs.push((verifier, delivery, most, most, kept));
    }
    let get = sign::TokenSigner::new(&secret(KEY), NOW).get(&format!("text={}", "x".repeat(60_000)));
    let kept = get.header("authorization").unwrap().len() + get.query().len();
    costs.push((Box::new(SignedWebhook::new(secret(KEY)).clock(|| NOW)), get, 6, 4, kept));
    let signer = sign::SmsSigner::new(SignatureMethod::Sha256, &secret(KEY));
    let form = signer.param("text", &"x".repeat(1_000_000)).timestamp(NOW).form();
    let kept = form.body().len();
    costs.push((Box::new(Sms::new(SignatureMethod::Sha256, secret(KEY))), form, 3, 3, kept));
    for (verifier, delivery, count, times, kept) in costs {
        let asked = allocation_counter::measure(|| drop(verifier.verify(delivery.request())));
        run.holds(asked.count_total <= count);
        run.holds(asked.bytes_total <= times * u64::try_from(kept).unwrap());
        let _ = run.accepts(&verifier, delivery);
    }
}

/// Every scheme that signs the raw body, with this limit and a genuine request of this body.
fn body_schemes(body: &[u8], limit: usize) -> Vec<(Box<dyn Verifier>, sign::Delivery)> {
    let (key, center) = (secret(KEY), ContactCenter::new(secret(KEY)).unwrap());
    let mut schemes: Vec<(Box<dyn Verifier>, _)> = vec![
        (Box::new(Vogent::new(key.clone()).max_body(limit)), sign::vogent(&key, body)),
        (
            Box::new(SignedWebhook::new(key.clone()).clock(|| NOW).max_body(limit)),
            sign::TokenSigner::new(&key, NOW).post(body),
        ),
        (
            Box::new(center.clock(|| NOW).max_body(limit)),
            sign::ContactCenterSigner::new(&key, NOW).unwrap().post(body),
        ),
    ];
    for algorithm in [Algorithm::Sha1, Algorithm::Sha256, Algorithm::Sha512] {
        let verifier = HexHmac::with_algorithm("x-hex", algorithm, key.clone()).unwrap().max_body(limit);
        schemes.push((Box::new(verifier), sign::hex_hmac("x-hex", algorithm, &key, body)));
    }
    schemes
}

/// A request with the original body is genuine. With any other body it is forged.
fn altered(run: &mut Run, original: &[u8], others: &[&[u8]]) {
    for (subject, delivery) in body_schemes(original, usize::MAX) {
        let _ = run.accepts(&subject, &delivery);
        for other in others {
            let forged = delivery.clone().with_body(*other);
            run.rejects_as(&subject, forged, &[SignatureMismatch, PayloadHashMismatch]);
        }
    }
}
