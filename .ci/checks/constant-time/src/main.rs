//! Verifies requests with undefined secrets under memcheck, or counts the instructions of verifications under callgrind.
//! `.ci/constant-time` runs it.

mod arena;
mod cases;
mod instructions;
mod leaks;
mod valgrind;

use countersign::schemes::Registered;
use countersign::sign::{Delivery, TokenSigner};
use countersign::vonage::SignedWebhook;
use countersign::{ErrorKind, Keyring, Request, Secret, Verified, Verifier};

use crate::arena::{in_arena, make_states_undefined};
use crate::cases::{Case, NOW};
use crate::leaks::{LEAKS, Leak};
use crate::valgrind::{declassified, errors, make_undefined};

fn main() {
    valgrind::require();
    match std::env::args().nth(1).as_deref() {
        Some("instructions") => instructions::count_all(),
        Some("intentional") => {
            for (name, leak) in LEAKS {
                println!("{name} / {}", branches(|| plant(leak)));
            }
        }
        _ => {
            for case in cases::all() {
                println!("{} / {}", case.name, verify_in_rotations(&case));
            }
            println!("payload_hash of an undefined body / {}", compare_payload_hash());
        }
    }
}

/// The branches that depend on an undefined byte.
fn branches(run: impl FnOnce()) -> usize {
    let before = errors();
    run();
    errors() - before
}

/// Verifies with one secret, with the older of two, and with three of eight, of which the last is long. Returns the number of
/// branches on each verdict.
fn verify_in_rotations(case: &Case) -> String {
    let rotations = [(1, 0), (2, 1), (8, 0), (8, 4), (8, 7)];
    rotations.map(|(count, slot)| verify(case, count, slot)).join(" ")
}

/// Verifies with `count` undefined secrets a request signed with the one in `slot`: unchanged, and with its first and last
/// digit wrong.
fn verify(case: &Case, count: usize, slot: usize) -> String {
    let keys = &cases::keys()[..count];
    let genuine = case.sign(&keys[slot]).expect("a signature");
    let wrong = case.wrong_digits(&keys[slot]);
    let deliveries = [
        (&genuine, Ok(u32::try_from(slot).expect("a few"))),
        (&wrong[0], REJECTED),
        (&wrong[wrong.len() - 1], REJECTED),
    ];

    let looks_at_secret = constructed_by_branches(case, keys);
    let verifier = constructed(case, keys, !looks_at_secret);
    if looks_at_secret {
        // The constructor decodes the secret with a table, so the resulting states are marked instead.
        let undefined =
            |key: &Vec<u8>| make_states_undefined(key) || make_states_undefined(&cases::text(key));
        assert!(keys.iter().all(undefined), "{}: the keyed states are not in the verifier", case.name);
    }
    deliveries
        .map(|(delivery, expected)| branches(|| expect(&*verifier, delivery, expected)).to_string())
        .join(",")
}

/// Whether a constructor branches on its secret. Then its result is undefined too, with its pointers.
#[inline(never)]
fn constructed_by_branches(case: &Case, keys: &[Vec<u8>]) -> bool {
    branches(|| drop(constructed(case, keys, true))) > 0
}

/// `.ci/constant-time` ignores reports in this function and the one above.
#[inline(never)]
fn constructed(case: &Case, keys: &[Vec<u8>], undefined: bool) -> Box<dyn Registered> {
    in_arena(|| case.build(keyring(keys, undefined)).expect("a verifier"))
}

fn keyring(keys: &[Vec<u8>], undefined: bool) -> Keyring {
    let secrets = keys.iter().map(|key| {
        let text = cases::text(key);
        if undefined {
            make_undefined(&text);
        }
        // Not `new`, which checks the text for white space.
        Secret::verbatim(text).expect("a secret")
    });
    Keyring::new(secrets).expect("secrets")
}

/// Verifies in one call and in chunks.
fn expect(verifier: &dyn Verifier, delivery: &Delivery, expected: Result<u32, ErrorKind>) {
    let request = delivery.request();
    for result in [verifier.verify(request), in_chunks(verifier, request)] {
        let verdict = result.as_ref().map(|verified| declassified(verified.key()).index());
        assert_eq!(verdict.map_err(countersign::Error::kind), expected);
    }
}

fn in_chunks(verifier: &dyn Verifier, request: Request<'_>) -> Result<Verified, countersign::Error> {
    let mut verification = verifier.begin(request.head())?;
    request.body().chunks(7).try_for_each(|chunk| verification.update(chunk))?;
    verification.finish()
}

/// Compares `payload_hash`, which is public, with the hash of an undefined body, in the same function. The signature's own
/// verdict does not depend on undefined bytes here.
fn compare_payload_hash() -> String {
    let secret = cases::secret(&cases::keys()[0]);
    let genuine = TokenSigner::new(&secret, NOW).post("{\"price\":1.50}");
    let altered = genuine.clone().with_body("{\"price\":1.51}");
    let verifier = SignedWebhook::new(secret).clock(|| NOW);
    make_undefined(genuine.body());
    make_undefined(altered.body());
    let expected = [(&genuine, Ok(0)), (&altered, Err(ErrorKind::PayloadHashMismatch))];
    expected
        .map(|(delivery, expected)| branches(|| expect(&verifier, delivery, expected)).to_string())
        .join(",")
}

/// Runs a leak with an undefined key, on a right and a wrong signature.
fn plant(leak: Leak) {
    let key = cases::text(&cases::keys()[0]);
    let body = b"{\"price\":1.50}";
    let right = hex::encode(leaks::tag(&key, body)).into_bytes();
    let mut wrong = right.clone();
    wrong[40] = if wrong[40] == b'0' { b'1' } else { b'0' };
    make_undefined(&key);
    for (signature, expected) in [(right, true), (wrong, false)] {
        assert_eq!(declassified(leak(&key, body, &signature)), expected);
    }
}

const REJECTED: Result<u32, ErrorKind> = Err(ErrorKind::SignatureMismatch);
