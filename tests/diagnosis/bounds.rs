//! What a diagnosis costs.

use std::time::{Duration, Instant};

use countersign::diagnose::{Capture, Credentials};

use crate::scheme::{KEY, OTHER_KEY, SCHEMES, Scheme, capture};

#[test]
fn memory_is_bounded_by_a_few_bodies() {
    for scheme in of_bodies() {
        let (_, forged) = deliveries(&scheme, &large_json(131_072));
        let verifier = (scheme.verifier)(OTHER_KEY);
        let credentials = Credentials::new().secret(OTHER_KEY);
        let used = allocation_counter::measure(|| {
            assert!(!verifier.diagnose(&forged, &credentials).is_genuine());
        });
        assert!(used.bytes_max < 131_072 * 16, "{}: {} bytes", scheme.name, used.bytes_max);
    }
}

#[test]
#[ignore = "measures time: `cargo test --release --features diagnose --test diagnosis -- --ignored --nocapture`"]
fn a_diagnosis_costs_less_than_two_hundred_verifications() {
    for scheme in of_bodies() {
        for (kind, body) in [("JSON", large_json(1_048_576)), ("a form", large_form(1_048_576))] {
            let (genuine, forged) = deliveries(&scheme, &body);
            let (right, wrong) = ((scheme.verifier)(KEY), (scheme.verifier)(OTHER_KEY));
            let credentials = Credentials::new().secret(OTHER_KEY);
            let verification = median(|| assert!(right.verify(genuine.request()).is_ok()));
            let diagnosis = median(|| assert!(!wrong.diagnose(&forged, &credentials).is_genuine()));
            let ratio = diagnosis.as_secs_f64() / verification.as_secs_f64();
            println!("{:<16} {kind:<7} {ratio:6.1} verifications", scheme.name);
            assert!(ratio < 200.0, "{}, {kind}: {ratio}", scheme.name);
        }
    }
}

/// The schemes that take a body of any size.
fn of_bodies() -> impl Iterator<Item = Scheme> {
    ["vogent", "jwt post"]
        .into_iter()
        .filter_map(|name| SCHEMES.into_iter().find(|scheme| scheme.name == name))
}

/// A genuine delivery of this body, and one for which nothing fits.
fn deliveries(scheme: &Scheme, body: &str) -> (Capture, Capture) {
    let sign = |key| match scheme.name {
        "vogent" => countersign::sign::vogent(&crate::scheme::key(key), body),
        _ => countersign::sign::SignedWebhook::new(&crate::scheme::key(key), crate::scheme::NOW).post(body),
    };
    // Of a token the body is looked into only where its signature holds.
    let altered = match scheme.name {
        "vogent" => sign(KEY),
        _ => (scheme.genuine)(OTHER_KEY).with_body(body),
    };
    (capture(&sign(KEY)), capture(&altered))
}

fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<_> = (0..9)
        .map(|_| {
            let start = Instant::now();
            run();
            start.elapsed()
        })
        .collect();
    times.sort();
    times[times.len() / 2]
}

/// JSON that every program writes differently.
fn large_json(bytes: usize) -> String {
    let member = r#"{"text":"Grüße <b>","url":"https://a.example/b","price":1.50,"tags":["a","b"]}"#;
    format!("[{}]", vec![member; bytes / member.len()].join(","))
}

fn large_form(bytes: usize) -> String {
    let pair = "text=Gr%C3%BC%C3%9Fe+an+alle&url=https%3A%2F%2Fa.example%2Fb";
    vec![pair; bytes / pair.len()].join("&")
}
