//! What a diagnosis costs.

use std::time::{Duration, Instant};

use countersign::diagnose::{Capture, Credentials, Diagnose};
use countersign::sign;
use countersign::vonage::{Method, Sms};

use crate::scheme::{KEY, NOW, OTHER_KEY, SCHEMES, Scheme, capture, key};

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
#[ignore = "measures time: `.ci/run` says how"]
fn a_diagnosis_costs_less_than_two_hundred_verifications() {
    for scheme in of_bodies() {
        for (kind, body) in [("JSON", large_json(1_048_576)), ("a form", large_form(1_048_576))] {
            let (genuine, forged) = deliveries(&scheme, &body);
            let (right, wrong) = ((scheme.verifier)(KEY), (scheme.verifier)(OTHER_KEY));
            let what = format!("{}, {kind}", scheme.name);
            require_few_verifications(&what, (&*right, &genuine), (&*wrong, &forged));
        }
    }
    for method in [Method::Md5Hash, Method::Sha256] {
        let verifier = |text| Sms::new(method, key(text)).max_body(usize::MAX);
        for count in [1, 15, 63] {
            let value = "Hello & welcome ".repeat(1_048_576 / 16 / count);
            let signer = || {
                let signer = sign::Sms::new(method, &key(KEY));
                (0..count).fold(signer, |signer, at| signer.param(&format!("name{at}"), &value))
            };
            for (kind, signed) in [("a form", signer().form()), ("JSON", signer().json())] {
                let what = format!("sms {}, {kind} of {count}", method.as_str());
                let delivery = capture(&signed);
                require_few_verifications(
                    &what,
                    (&verifier(KEY), &delivery),
                    (&verifier(OTHER_KEY), &delivery),
                );
            }
        }
    }
}

/// Requires that the diagnosis of a forgery costs less than 200 verifications of what is genuine.
fn require_few_verifications(
    what: &str,
    (right, genuine): (&dyn Diagnose, &Capture),
    (wrong, forged): (&dyn Diagnose, &Capture),
) {
    let credentials = Credentials::new().secret(OTHER_KEY);
    let verification = quickest(|| assert!(right.verify(genuine.request()).is_ok()));
    let diagnosis = quickest(|| assert!(!wrong.diagnose(forged, &credentials).is_genuine()));
    let ratio = diagnosis.as_secs_f64() / verification.as_secs_f64();
    println!("{what:<24} {ratio:6.1} verifications");
    assert!(ratio < 200.0, "{what}: {ratio}");
}

/// The schemes that take a body of any size.
fn of_bodies() -> impl Iterator<Item = Scheme> {
    ["vogent", "jwt post"]
        .into_iter()
        .filter_map(|name| SCHEMES.into_iter().find(|scheme| scheme.name == name))
}

/// A genuine delivery of this body, and one for which nothing fits.
fn deliveries(scheme: &Scheme, body: &str) -> (Capture, Capture) {
    let sign = |text| match scheme.name {
        "vogent" => sign::vogent(&key(text), body),
        _ => sign::SignedWebhook::new(&key(text), NOW).post(body),
    };
    // Of a token the body is looked into only where its signature holds.
    let altered = match scheme.name {
        "vogent" => sign(KEY),
        _ => (scheme.genuine)(OTHER_KEY).with_body(body),
    };
    (capture(&sign(KEY)), capture(&altered))
}

/// The quickest of five, which other work on the machine slows least.
fn quickest(run: impl Fn()) -> Duration {
    let timed = |_| {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    (0..5).map(timed).min().unwrap_or_default()
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
