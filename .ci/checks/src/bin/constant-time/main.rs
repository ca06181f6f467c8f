//! Verifies requests with undefined secrets under memcheck, or counts the instructions of verifications under callgrind.
//! `.ci/constant-time` runs it.

mod cases;
mod instructions;
mod leaks;
mod memory;
mod valgrind;

use countersign::schemes::Registered;
use countersign::sign::{Delivery, TokenSigner};
use countersign::vonage::SignedWebhook;
use countersign::{Error, ErrorKind, Keyring, Request, Secret, Verified, Verifier};

use crate::cases::{Case, NOW};
use crate::leaks::{LEAKS, Leak};
use crate::memory::{in_arena, make_states_undefined};
use crate::valgrind::{count_errors, declassified, make_undefined};

fn main() {
    assert!(valgrind::is_running(), "not under valgrind: run .ci/constant-time");
    match std::env::args().nth(1).as_deref() {
        Some("instructions") => instructions::count_all(),
        Some("intentional") => {
            let found = LEAKS.map(|(name, leak)| (name, branches(|| plant(leak))));
            assert!(found.iter().all(|(_, branches)| *branches > 0) && found[3].1 > 4);
            println!("{found:?}");
        }
        _ => {
            let cases = cases::all();
            assert!(cases.len() > 30);
            let on_verdicts: usize = cases.iter().map(verify_in_rotations).sum();
            println!("{} forms, {} branches on a verdict", cases.len(), on_verdicts + compare_payload_hash());
        }
    }
}

/// The branches that depend on an undefined byte.
fn branches(run: impl FnOnce()) -> usize {
    let before = count_errors();
    run();
    count_errors() - before
}

/// Verifies with one secret, with the older of two, and with three of eight, of which the last is long.
fn verify_in_rotations(case: &Case) -> usize {
    [(1, 0), (2, 1), (8, 0), (8, 4), (8, 7)].map(|(count, slot)| verify(case, count, slot)).iter().sum()
}

/// Verifies with `count` undefined secrets a request signed with the one in `slot`: unchanged, and with its first and last
/// digit wrong. Returns the number of branches on a verdict.
fn verify(case: &Case, count: usize, slot: usize) -> usize {
    let keys = &cases::keys()[..count];
    let genuine = case.sign(&keys[slot]).expect("a signature");
    let wrong = case.wrong_digits(&keys[slot]);

    let looks_at_secret = constructed_by_branches(case, keys);
    let verifier = constructed(case, keys, !looks_at_secret);
    if looks_at_secret {
        // The constructor decodes the secret with a table, so the resulting states are marked instead.
        let undefined =
            |key: &Vec<u8>| make_states_undefined(key) || make_states_undefined(&cases::text(key));
        assert!(keys.iter().all(undefined), "{}: the keyed states are not in the verifier", case.name);
    }
    let rejected = Err(ErrorKind::SignatureMismatch);
    let slot = u32::try_from(slot).expect("a few");
    let expected = [(&genuine, Ok(slot)), (&wrong[0], rejected), (&wrong[wrong.len() - 1], rejected)];
    let counts = expected.map(|(delivery, expected)| branches(|| expect(&*verifier, delivery, expected)));
    // Each is verified twice.
    let even = counts.iter().all(|count| (2..=4).contains(count)) && counts[1] == counts[2];
    assert!(even, "{}: branches on a verdict {counts:?}", case.name);
    counts.iter().sum()
}

/// Whether a constructor branches on its secret. Then its result is undefined too, with its pointers.
#[inline(never)]
fn constructed_by_branches(case: &Case, keys: &[Vec<u8>]) -> bool {
    branches(|| drop(constructed(case, keys, true))) > 0
}

/// `.ci/constant-time` ignores reports in this function and the one above.
#[inline(never)]
fn constructed(case: &Case, keys: &[Vec<u8>], undefined: bool) -> Box<dyn Registered> {
    let secret = |key: &Vec<u8>| {
        let text = cases::text(key);
        if undefined {
            make_undefined(&text);
        }
        // Not `new`, which checks the text for white space.
        Secret::verbatim(text).expect("a secret")
    };
    in_arena(|| case.build(Keyring::new(keys.iter().map(secret)).expect("secrets")).expect("a verifier"))
}

/// Verifies in one call and in chunks. Expects the index of a key or an error.
fn expect(verifier: &dyn Verifier, delivery: &Delivery, expected: Result<u32, ErrorKind>) {
    let request = delivery.request();
    for result in [verifier.verify(request), in_chunks(verifier, request)] {
        let verdict = result.as_ref().map(|verified| declassified(verified.key().index()));
        assert_eq!(verdict.map_err(Error::kind), expected);
    }
}

fn in_chunks(verifier: &dyn Verifier, request: Request<'_>) -> Result<Verified, Error> {
    let mut verification = verifier.begin(request.head())?;
    request.body().chunks(7).try_for_each(|chunk| verification.update(chunk))?;
    verification.finish()
}

/// Compares `payload_hash`, which is public, with the hash of an undefined body, in the same function. The signature's own
/// verdict does not depend on undefined bytes here.
fn compare_payload_hash() -> usize {
    let secret = cases::secret(&cases::keys()[0]);
    let genuine = TokenSigner::new(&secret, NOW).post("{\"price\":1.50}");
    let altered = genuine.clone().with_body("{\"price\":1.51}");
    let verifier = SignedWebhook::new(secret).clock(|| NOW);
    make_undefined(genuine.body());
    make_undefined(altered.body());
    branches(|| {
        expect(&verifier, &genuine, Ok(0));
        expect(&verifier, &altered, Err(ErrorKind::PayloadHashMismatch));
    })
}

/// Runs a leak with an undefined key, on a right and a wrong signature.
fn plant(leak: Leak) {
    let key = cases::text(&cases::keys()[0]);
    let body = b"{\"price\":1.50}";
    let right = hex::encode(leaks::tag(&key, body)).into_bytes();
    let mut wrong = right.clone();
    wrong[40] = if wrong[40] == b'0' { b'1' } else { b'0' };
    make_undefined(&key);
    for (signature, expected) in [(right, 1), (wrong, 0)] {
        assert_eq!(declassified(leak(&key, body, &signature).into()), expected);
    }
}
