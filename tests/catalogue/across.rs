//! 137 to 150: across schemes and threads, side channels, resources and builds.

use std::sync::Arc;
use std::thread;

use countersign::{ErrorKind, Verifier};

use crate::run::{Case, Run};
use crate::schemes::Scheme;

pub(crate) const CASES: &[Case] = &[
    (137, "each scheme's delivery at each other's verifier", |run| {
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
                    let kinds =
                        [scheme.missing(), ErrorKind::SignatureMalformed, ErrorKind::SignatureMismatch];
                    run.refuses_as(&scheme.subject(), other.delivery(), &kinds);
                }
            }
        }
    }),
    (138, "through the type and through `dyn`", |run| {
        run.elsewhere("every input above was handed over in both ways, in one call and in chunks");
    }),
    (139, "eight threads on one verifier", eight_threads),
    (140, "a verdict ignored, a proof made by hand", |run| {
        run.elsewhere("does not compile: tests/compile_fail/{verdict_ignored,proof_by_hand}.rs");
    }),
    (141, "branches and indices that depend on the key", |run| {
        run.elsewhere("measured by .ci/constant-time");
    }),
    (142, "the same of planted leaks", |run| run.elsewhere("measured by .ci/constant-time")),
    (143, "no table over the expected signature", |run| run.elsewhere("measured by .ci/constant-time")),
    (144, "instructions for a wrong digit at each position", |run| {
        run.elsewhere("measured by .ci/constant-time");
    }),
    (145, "instructions for each slot of a rotation", |run| run.elsewhere("measured by .ci/constant-time")),
    (146, "payload_hash compared by the same function", |run| run.elsewhere("measured by .ci/constant-time")),
    (147, "what a verification asks of the heap", |run| {
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
    }),
    (148, "twice the input, twice the work", |run| run.elsewhere("measured by .ci/instructions")),
    (149, "every combination of features, in debug and in release", |run| {
        run.elsewhere("built by .ci/supply-chain; this program runs in debug and in release (.ci/catalogue)");
    }),
    (150, "where a panic ends the process", |run| {
        run.elsewhere("this program runs with `panic=abort` (.ci/catalogue)");
    }),
];

/// A delivery with a body of 1 MiB.
fn large(scheme: Scheme) -> countersign::sign::Delivery {
    use countersign::sign;
    let (secret, now) = (crate::support::secret(crate::support::KEY), crate::support::NOW);
    let body = vec![b'x'; 1 << 20];
    match scheme {
        Scheme::Vogent => sign::vogent(&secret, body),
        Scheme::Voxagent => sign::voxagent("x-voxagent", &secret, body),
        Scheme::JwtPost => sign::SignedWebhook::new(&secret, now).post(body),
        _ => sign::ContactCenter::new(&secret, now).unwrap().post(body),
    }
}

/// Genuine and forged deliveries of every scheme, in a mixed order, on verifiers that all threads share: each verdict is the one
/// that a single thread gave.
fn eight_threads(run: &mut Run) {
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
    run.inputs += THREADS * EACH;
    let genuine = shared.iter().filter(|(_, verdict, _)| verdict.is_ok()).count();
    run.holds(genuine == Scheme::all().len());
}
