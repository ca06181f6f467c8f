//! 137 to 150: across schemes and threads, side channels, resources and builds.

use std::sync::Arc;
use std::thread;

use countersign::vonage::SignatureMethod;
use countersign::{Algorithm, ErrorKind, Verifier};

use crate::run::Run;
use crate::schemes::{Carrier, Scheme};
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
                    // Schemes that sign a body reject a GET.
                    Scheme::Vogent | Scheme::HexHmac(_) | Scheme::ContactCenter
                        if other.delivery().method() == "GET" =>
                    {
                        &[ErrorKind::MethodUnsupported][..]
                    }
                    _ => &[scheme.missing(), ErrorKind::SignatureMalformed, ErrorKind::SignatureMismatch],
                };
                run.rejects_as(&scheme.subject(), other.delivery(), kinds);
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
    // Unoptimised, it takes as long as all other cases together.
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
    // How often at most, and for how many times the bytes of what is kept: a token with its query, or the parameters.
    let sms = Scheme::Sms(SignatureMethod::Sha256, Carrier::Form);
    let costs = [
        (Scheme::Vogent, 0, 0),
        (Scheme::HexHmac(Algorithm::Sha256), 0, 0),
        (Scheme::JwtPost, 3, 3),
        (Scheme::JwtGet, 6, 4),
        (Scheme::ContactCenter, 3, 3),
        (sms, 3, 3),
    ];
    for (scheme, count, times) in costs {
        let subject = scheme.subject();
        let delivery = large(scheme);
        let asked = allocation_counter::measure(|| drop(subject.verify(delivery.request())));
        let kept = match scheme.header() {
            Some(header) if scheme.is_jwt() => {
                delivery.header(header).unwrap().len() + delivery.query().len()
            }
            _ => delivery.body().len(),
        };
        run.holds(asked.count_total <= count);
        run.holds(asked.bytes_total <= times * u64::try_from(kept).unwrap());
        let _ = run.accepts(&subject, delivery);
    }
}

/// A request with a body of 1 MiB, or with the largest query or form.
fn large(scheme: Scheme) -> countersign::sign::Delivery {
    use countersign::sign;
    let (secret, now) = (support::secret(support::KEY), support::NOW);
    let body = vec![b'x'; 1 << 20];
    match scheme {
        Scheme::Vogent => sign::vogent(&secret, body),
        Scheme::HexHmac(algorithm) => sign::hex_hmac("x-hex", algorithm, &secret, body),
        Scheme::JwtPost => sign::TokenSigner::new(&secret, now).post(body),
        Scheme::JwtGet => sign::TokenSigner::new(&secret, now).get(&format!("text={}", "x".repeat(60_000))),
        Scheme::Sms(method, _) => {
            sign::SmsSigner::new(method, &secret).param("text", &"x".repeat(1_000_000)).timestamp(now).form()
        }
        Scheme::ContactCenter => sign::ContactCenterSigner::new(&secret, now).unwrap().post(body),
    }
}
