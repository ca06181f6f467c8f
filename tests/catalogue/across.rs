//! 137 to 150: across schemes and threads, side channels, resources and builds.

use std::sync::Arc;
use std::thread;

use countersign::{ErrorKind, Verifier};

use crate::run::Run;
use crate::schemes::Scheme;
use crate::support;

cases! {
    case_137_each_schemes_delivery_at_each_others_verifier,
    case_138_through_the_type_and_through_dyn,
    case_139_eight_threads_on_one_verifier,
    case_147_what_a_verification_asks_of_the_heap,
}

fn case_137_each_schemes_delivery_at_each_others_verifier(run: &mut Run) {
    for scheme in Scheme::all() {
        for other in Scheme::all() {
            let same = match (scheme, other) {
                (Scheme::Sms(verified, _), Scheme::Sms(signed, _)) => verified == signed,
                (Scheme::JwtPost | Scheme::JwtGet, Scheme::JwtPost | Scheme::JwtGet) => true,
                _ => format!("{scheme:?}") == format!("{other:?}"),
            };
            if same {
                let _ = run.accepts(&scheme.subject(), other.delivery());
            } else {
                let kinds = match scheme {
                    // Body schemes take no GET.
                    Scheme::Vogent | Scheme::Voxagent | Scheme::HexHmac(_)
                        if other.delivery().method() == "GET" =>
                    {
                        &[ErrorKind::MethodUnsupported][..]
                    }
                    _ => &[scheme.missing(), ErrorKind::SignatureMalformed, ErrorKind::SignatureMismatch],
                };
                run.refuses_as(&scheme.subject(), other.delivery(), kinds);
            }
        }
    }
}

fn case_138_through_the_type_and_through_dyn(run: &mut Run) {
    for scheme in Scheme::all() {
        let (subject, verifier) = (scheme.subject(), scheme.verifier());
        for delivery in [
            scheme.delivery(),
            scheme.altered(),
            scheme.signed_with_another_key(),
            scheme.with_signature("00"),
        ] {
            let request = delivery.request();
            run.holds(subject.verify(request) == support::verdict(&*verifier, request));
        }
    }
}

/// Genuine and forged deliveries of every scheme, in a mixed order, on verifiers that all threads share: each verdict is the one
/// that a single thread gave.
fn case_139_eight_threads_on_one_verifier(run: &mut Run) {
    const THREADS: usize = 8;
    // Unoptimised, it takes the time of the rest together.
    const EACH: usize = if cfg!(debug_assertions) { 12_500 } else { 100_000 };
    let shared: Arc<Vec<_>> = Arc::new(
        Scheme::all()
            .into_iter()
            .flat_map(|scheme| {
                let verifier: Arc<dyn Verifier> = scheme.verifier().into();
                [
                    scheme.delivery(),
                    scheme.altered(),
                    scheme.signed_with_another_key(),
                    scheme.with_signature("00"),
                ]
                .map(|delivery| (verifier.clone(), verifier.verify(delivery.request()), delivery))
            })
            .collect(),
    );
    thread::scope(|scope| {
        for number in 0..THREADS {
            let shared = shared.clone();
            scope.spawn(move || {
                for step in 0..EACH {
                    let (verifier, verdict, delivery) = &shared[(step * 31 + number * 17) % shared.len()];
                    assert_eq!(verifier.verify(delivery.request()), *verdict);
                }
            });
        }
    });
    let genuine = shared.iter().filter(|(_, verdict, _)| verdict.is_ok()).count();
    run.holds(genuine == Scheme::all().len());
}

fn case_147_what_a_verification_asks_of_the_heap(run: &mut Run) {
    let verifiers = [Scheme::Vogent, Scheme::Voxagent, Scheme::JwtPost, Scheme::ContactCenter];
    for scheme in verifiers {
        let subject = scheme.subject();
        let delivery = large(scheme);
        let asked = allocation_counter::measure(|| drop(subject.verify(delivery.request())));
        let token =
            if scheme.is_jwt() { delivery.header(scheme.header().unwrap()).unwrap().len() } else { 0 };
        run.holds(asked.count_total <= if scheme.is_jwt() { 3 } else { 0 });
        run.holds(asked.bytes_total <= 3 * u64::try_from(token).unwrap());
        let _ = run.accepts(&subject, delivery);
    }
}

/// A delivery with a body of 1 MiB.
fn large(scheme: Scheme) -> countersign::sign::Delivery {
    use countersign::sign;
    let (secret, now) = (support::secret(support::KEY), support::NOW);
    let body = vec![b'x'; 1 << 20];
    match scheme {
        Scheme::Vogent => sign::vogent(&secret, body),
        Scheme::Voxagent => sign::voxagent("x-voxagent", &secret, body),
        Scheme::JwtPost => sign::SignedWebhook::new(&secret, now).post(body),
        _ => sign::ContactCenter::new(&secret, now).unwrap().post(body),
    }
}
