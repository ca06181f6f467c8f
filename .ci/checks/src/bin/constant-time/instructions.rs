//! Counts the instructions of verifications under callgrind: a wrong digit at each position of a signature, and one signature
//! with its secret in each of eight slots.

use std::hint::black_box;

use countersign::sign::Delivery;
use countersign::{Keyring, Secret};

use crate::memory::in_arena;
use crate::{cases, leaks};

pub fn count_all() {
    let keys = cases::keys();
    let secrets: Vec<Secret> = keys.iter().map(|key| cases::secret(key)).collect();
    for case in cases::all() {
        let name = &case.name;
        let wrong = case.wrong_digits(&keys[0]);
        let build = |keyring| case.build(keyring).expect("a verifier");
        let one = |_| build(secrets[0].clone().into());
        count(&format!("digit/{name}"), &wrong, one, |verifier, wrong| {
            verifier.verify(wrong.request()).is_err()
        });

        if case.of_tenants {
            // The tenant's place in the verifier's hash table is random.
            continue;
        }
        let rotation = |slot| {
            let mut rotation = secrets[1..].to_vec();
            rotation.insert(slot, secrets[0].clone());
            build(Keyring::new(rotation).expect("secrets"))
        };
        let same = vec![case.sign(&keys[0]).expect("a signature"); secrets.len()];
        count(&format!("slot/{name}"), &same, rotation, |verifier, same| {
            verifier.verify(same.request()).is_ok()
        });
    }

    let case = cases::all().into_iter().find(|case| case.name.starts_with("vogent")).expect("the case");
    let key = cases::text(&keys[0]);
    let leak = |(): &(), wrong: &Delivery| {
        let signature = wrong.header("x-elto-signature").expect("a signature");
        !leaks::early_exit(&key, wrong.body(), signature.as_bytes())
    };
    count("intentional/early exit", &case.wrong_digits(&keys[0]), |_| (), leak);
}

/// Counts the instructions of `run` per request, in the second run, with the result of `prepare`. The cost of copying or
/// comparing a text depends on its address, so every run has its request and its allocations in the same places.
fn count<V>(
    name: &str,
    deliveries: &[Delivery],
    prepare: impl Fn(usize) -> V,
    run: impl Fn(&V, &Delivery) -> bool,
) {
    for (index, delivery) in deliveries.iter().enumerate() {
        for is_measured in [false, true] {
            in_arena(|| {
                let (delivery, prepared) = (delivery.clone(), prepare(index));
                let run = || run(&prepared, black_box(&delivery));
                assert!(if is_measured { measured(&run) } else { run() });
            });
        }
        println!("{name}");
    }
}

/// `.ci/programs.py` counts the instructions in this function.
#[inline(never)]
fn measured(run: &dyn Fn() -> bool) -> bool {
    run()
}
