//! Verifies deliveries with undefined secrets, under memcheck. Prints a line for each case and each planted leak, and how
//! many verdicts there were; `planted-verdicts` runs the leak that hides in the suppressed function instead.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::sign::Delivery;
use countersign::vonage::SignedWebhook;
use countersign::{Algorithm, ErrorKind, Keyring, Request, Secret, UnixTime, Verified, Verifier, sign};
use countersign_constant_time::cases::{self, BODY, Case};
use countersign_constant_time::keyed::{Noting, make_states_undefined, noting};
use countersign_constant_time::leaks::{self, LEAKS, Leak};
use countersign_constant_time::valgrind::{self, declassified, make_undefined};

#[global_allocator]
static ALLOCATOR: Noting = Noting;

fn main() {
    valgrind::require();
    if std::env::args().nth(1).as_deref() == Some("planted-verdicts") {
        println!("leak many verdicts / {}", plant(leaks::verdict_each_byte));
        return println!("verdicts 2");
    }
    let mut all: Vec<(String, Box<dyn Fn() -> usize>)> = Vec::new();
    for case in cases::all() {
        all.push((case.name.clone(), Box::new(move || verify_in_rotations(&case))));
    }
    all.push(("payload_hash of an undefined body".to_owned(), Box::new(compare_payload_hash)));
    let mut verdicts = 0;
    for (name, run) in all {
        let before = valgrind::errors();
        let count = run();
        println!("case {name} / {} / {count}", valgrind::errors() - before);
        verdicts += count;
    }
    for (name, leak) in LEAKS {
        println!("leak {name} / {}", plant(leak));
    }
    println!("verdicts {verdicts}");
}

/// With one secret, with the newer and the older of two, and with three of eight, the last of which is long.
fn verify_in_rotations(case: &Case) -> usize {
    let rotations = [(1, 0), (2, 0), (2, 1), (8, 0), (8, 4), (8, 7)];
    rotations.into_iter().map(|(count, slot)| verify(case, count, slot)).sum()
}

/// Verifies, with so many undefined secrets, what the one in `slot` signed: as it is, and wrong in its first and in its last
/// digit. Returns the number of verdicts.
fn verify(case: &Case, count: usize, slot: usize) -> usize {
    let texts = &cases::secrets()[..count];
    let genuine = (case.sign)(&Secret::verbatim(texts[slot].clone()).expect("a secret"));
    let wrong: Vec<_> = (0..).map_while(|at| case.with_wrong_digit(&genuine, at)).collect();
    let wrong = [wrong.first(), wrong.last()].map(|wrong| wrong.expect("a digit"));

    let verifier = noting(|| (case.verifier)(keyring(texts, !case.decodes_secret)));
    if case.decodes_secret {
        for text in texts {
            make_states_undefined(&BASE64_STANDARD.decode(text).expect("base64"));
        }
    }
    expect(&*verifier, &genuine, Ok(u32::try_from(slot).expect("a few")))
        + wrong
            .iter()
            .map(|wrong| expect(&*verifier, wrong, Err(ErrorKind::SignatureMismatch)) * case.messages())
            .sum::<usize>()
}

fn keyring(texts: &[Vec<u8>], undefined: bool) -> Keyring {
    let secrets = texts.iter().cloned().map(|text| {
        if undefined {
            make_undefined(&text);
        }
        // Not `new`, which looks at the text for white space and the like.
        Secret::verbatim(text).expect("a secret")
    });
    Keyring::new(secrets).expect("secrets")
}

/// Verifies at once and in chunks, and requires this verdict.
fn expect(verifier: &dyn Verifier, delivery: &Delivery, expected: Result<u32, ErrorKind>) -> usize {
    let request = delivery.request();
    let results = [verifier.verify(request), in_chunks(verifier, request)];
    for result in &results {
        let verdict = result.as_ref().map(|verified| declassified(verified.key()).index());
        assert_eq!(verdict.map_err(countersign::Error::kind), expected);
    }
    results.len()
}

fn in_chunks(verifier: &dyn Verifier, request: Request<'_>) -> Result<Verified, countersign::Error> {
    let mut verification = verifier.begin(request.head())?;
    for chunk in request.body().chunks(7) {
        verification.update(chunk)?;
    }
    verification.finish()
}

/// Compares `payload_hash`, which is public, with that of a body which is not: it meets the same function. The signature's
/// own verdict does not depend on anything undefined here.
fn compare_payload_hash() -> usize {
    let secret = Secret::new("s3cr3t").expect("a secret");
    let now = UnixTime::from_secs(1_763_712_000);
    let genuine = sign::TokenSigner::new(&secret, now).post(BODY);
    let verifier = SignedWebhook::new(secret).clock(move || now);
    let altered = genuine.clone().with_body(BODY.replace("1.50", "1.51"));
    make_undefined(genuine.body());
    make_undefined(altered.body());
    expect(&verifier, &genuine, Ok(0)) + expect(&verifier, &altered, Err(ErrorKind::PayloadHashMismatch))
}

/// Runs a planted leak with an undefined key, right and wrong, and returns what memcheck found.
fn plant(leak: Leak) -> usize {
    let key = cases::secrets().swap_remove(0);
    let secret = Secret::verbatim(key.clone()).expect("a secret");
    let genuine = sign::hex_hmac("x-sig", Algorithm::Sha256, &secret, BODY);
    let right = genuine.header("x-sig").expect("a signature").as_bytes().to_vec();
    let mut wrong = right.clone();
    wrong[40] = if wrong[40] == b'0' { b'1' } else { b'0' };

    make_undefined(&key);
    let before = valgrind::errors();
    for (signature, expected) in [(right, true), (wrong, false)] {
        assert_eq!(declassified(leak(&key, BODY.as_bytes(), &signature)), expected);
    }
    valgrind::errors() - before
}
