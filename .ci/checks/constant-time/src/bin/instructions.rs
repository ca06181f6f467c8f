//! Counts the instructions of verifications, under callgrind, which writes each to a file: of a wrong digit at each position
//! of a signature, and of one signature whose secret is in each of eight slots.

use std::ffi::CString;
use std::hint::black_box;

use countersign::sign::{self, Delivery};
use countersign::{Algorithm, Head, Keyring, Request, Secret};
use countersign_constant_time::cases::{self, BODY};
use countersign_constant_time::{leaks, valgrind};

fn main() {
    valgrind::require();
    let secrets: Vec<_> =
        cases::secrets().into_iter().map(|text| Secret::verbatim(text).expect("a secret")).collect();
    let [signing, others @ ..] = &*secrets else { unreachable!("eight") };
    for case in cases::all() {
        let genuine = (case.sign)(signing);
        let verifier = (case.verifier)(signing.clone().into());
        let wrong: Vec<_> = (0..).map_while(|at| case.with_wrong_digit(&genuine, at)).collect();
        count(&format!("digit/{}", case.name), &wrong, |_, request| verifier.verify(request).is_err());

        if case.name.ends_with("tenants") {
            // Where in its hash table a verifier finds the tenant is a matter of chance.
            continue;
        }
        let with_signing_in = |slot| {
            let mut rotation = others.to_vec();
            rotation.insert(slot, signing.clone());
            (case.verifier)(Keyring::new(rotation).expect("secrets"))
        };
        let verifiers: Vec<_> = (0..=others.len()).map(with_signing_in).collect();
        count(&format!("slot/{}", case.name), &vec![genuine; verifiers.len()], |slot, request| {
            verifiers[slot].verify(request).is_ok()
        });
    }

    let key = &cases::secrets()[0];
    let case = cases::all().into_iter().find(|case| case.name == "voxagent").expect("the case");
    let genuine = sign::hex_hmac("x-sig", Algorithm::Sha256, signing, BODY);
    let wrong: Vec<_> = (0..).map_while(|at| case.with_wrong_digit(&genuine, at)).collect();
    let signature = countersign::HeaderName::new("x-sig").expect("a name");
    count("planted/early exit", &wrong, |_, request| {
        let signature = request.head().header(&signature).expect("one").expect("a signature");
        !leaks::early_exit(key, request.body(), signature)
    });
}

/// Counts what `run` takes for each delivery, the second and third time, of which `.ci/constant-time` takes the lower count: the
/// allocator hands out two pieces of one size in turn, and copying a text depends on where it is. For the same reason all
/// deliveries are shown in one place.
fn count(name: &str, deliveries: &[Delivery], run: impl Fn(usize, Request<'_>) -> bool) {
    let name = CString::new(name).expect("a name");
    let mut place = Place::default();
    for (index, delivery) in deliveries.iter().enumerate() {
        for measured in [false, true, true] {
            place.take(delivery);
            let request =
                Request::new(Head::new(&place.method, &place.headers).with_query(&place.query), &place.body);
            valgrind::zero_counts();
            let expected = run(index, black_box(request));
            if measured {
                valgrind::dump_counts(&name);
            }
            assert!(expected);
        }
    }
}

#[derive(Default)]
struct Place {
    method: String,
    query: Vec<u8>,
    headers: Vec<(String, Vec<u8>)>,
    body: Vec<u8>,
}

impl Place {
    fn take(&mut self, delivery: &Delivery) {
        delivery.method().clone_into(&mut self.method);
        delivery.query().as_bytes().clone_into(&mut self.query);
        delivery.body().clone_into(&mut self.body);
        self.headers.resize_with(delivery.headers().len(), Default::default);
        for (place, (name, value)) in self.headers.iter_mut().zip(delivery.headers()) {
            name.clone_into(&mut place.0);
            value.as_bytes().clone_into(&mut place.1);
        }
    }
}
