//! Counts the instructions of verifications under callgrind, one file each: a wrong digit at each position of a signature, and
//! one signature with its secret in each of eight slots.

use std::ffi::CString;
use std::hint::black_box;

use countersign::schemes::Registered;
use countersign::sign::Delivery;
use countersign::{Head, HeaderName, Keyring, Request, Secret};

use crate::arena::in_arena;
use crate::{cases, leaks, valgrind};

pub fn count_all() {
    let keys = cases::keys();
    let secrets: Vec<Secret> = keys.iter().map(|key| cases::secret(key)).collect();
    let (signing, others) = (&secrets[0], &secrets[1..]);
    for case in cases::all() {
        let wrong = case.wrong_digits(&keys[0]);
        let build = |keyring| case.build(keyring).expect("a verifier");
        let verify = |verifier: &Box<dyn Registered>, request: Request<'_>| verifier.verify(request).is_ok();
        count(
            &format!("digit/{}", case.name),
            &wrong,
            |_| build(signing.clone().into()),
            |verifier, request| !verify(verifier, request),
        );

        if case.of_tenants {
            // The tenant's place in the verifier's hash table is random.
            continue;
        }
        let rotation = |slot| {
            let mut rotation = others.to_vec();
            rotation.insert(slot, signing.clone());
            build(Keyring::new(rotation).expect("secrets"))
        };
        let genuine = vec![case.sign(&keys[0]).expect("a signature"); secrets.len()];
        count(&format!("slot/{}", case.name), &genuine, rotation, verify);
    }

    let case = cases::all().into_iter().find(|case| case.name.starts_with("vogent")).expect("the case");
    let key = cases::text(&keys[0]);
    count(
        "intentional/early exit",
        &case.wrong_digits(&keys[0]),
        |_| (),
        |(), request| {
            let signature = request
                .head()
                .header(&HeaderName::from_static("x-elto-signature"))
                .expect("one")
                .expect("a signature");
            !leaks::early_exit(&key, request.body(), signature)
        },
    );
}

/// Counts the instructions of `run` per request, in the second run, with the result of `prepare`. The cost of copying or
/// comparing a text depends on its address. So all requests are read at one address, and all allocations are in one place.
fn count<V>(
    name: &str,
    deliveries: &[Delivery],
    prepare: impl Fn(usize) -> V,
    run: impl Fn(&V, Request<'_>) -> bool,
) {
    let name = CString::new(name).expect("a name");
    let (mut method, mut target, mut body) = (String::new(), String::new(), Vec::new());
    let mut headers = deliveries[0].headers().to_vec();
    for (index, delivery) in deliveries.iter().enumerate() {
        delivery.method().clone_into(&mut method);
        delivery.target().clone_into(&mut target);
        delivery.body().clone_into(&mut body);
        for (place, (name, value)) in headers.iter_mut().zip(delivery.headers()) {
            name.clone_into(&mut place.0);
            value.clone_into(&mut place.1);
        }
        let request = Request::new(Head::new(&method, &headers).with_target(&target), &body);
        for measured in [false, true] {
            in_arena(|| {
                let prepared = prepare(index);
                valgrind::zero_counts();
                assert!(run(&prepared, black_box(request)));
                if measured {
                    valgrind::dump_counts(&name);
                }
            });
        }
    }
}
