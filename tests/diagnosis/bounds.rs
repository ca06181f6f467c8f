//! The cost of a diagnosis.

use std::time::{Duration, Instant};

use countersign::diagnose::{Capture, Credentials, Diagnose};
use countersign::sign;
use countersign::vonage::{SignatureMethod, SignedWebhook, Sms};
use countersign::{Algorithm, HexHmac};

use crate::scheme::{KEY, NOW, OTHER_KEY, SCHEMES, Scheme, Signs, capture, codes, key};

#[test]
fn memory_is_bounded_by_a_few_bodies() {
    for scheme in of_bodies() {
        let (_, forged) = deliveries(&scheme, &large_json(131_072));
        let verifier = scheme.verifier(OTHER_KEY);
        let credentials = Credentials::new().secret(OTHER_KEY);
        let used = allocation_counter::measure(|| {
            assert!(!verifier.diagnose(&forged, &credentials).is_genuine());
        });
        assert!(used.bytes_max < 131_072 * 16, "{}: {} bytes", scheme.name, used.bytes_max);
    }
}

/// Attack 160. Counts verifications by the copies of secrets, since each trial of a secret copies it.
#[test]
fn trials_cost_at_most_two_thousand_verifications() {
    for hostile in hostile(20_000) {
        match &*hostile.what {
            "sms md5hash, 61 parameters" => hostile.requires_few_trials(16),
            what if what.starts_with("sms") => hostile.requires_few_trials(0),
            _ => hostile.requires_few_trials(2),
        }
    }
}

#[test]
#[ignore = "takes long unless optimised: `.ci/release speed`"]
fn large_requests_and_many_secrets_cost_no_more_verifications() {
    for hostile in hostile(300_000) {
        hostile.requires_few_trials(if hostile.what.starts_with("sms") { 2 } else { 16 });
    }
    for hostile in hostile(1_048_576).into_iter().take(1) {
        hostile.requires_few_trials(2);
    }
    for hostile in hostile(4_194_304).into_iter().filter(|hostile| !hostile.what.starts_with("sms")) {
        hostile.requires_few_trials(2);
    }
}

#[test]
fn a_search_that_ends_early_says_so() {
    let sms = Sms::new(SignatureMethod::Md5Hash, key(OTHER_KEY));
    let capture = Capture::new("POST", [FORM], sms_of(60));
    let many = (0..16).fold(Credentials::new(), |credentials, _| credentials.secret(OTHER_KEY));
    let diagnosis = sms.diagnose(&capture, &many);
    assert_eq!(codes(&diagnosis).last(), Some(&"search_incomplete"), "{diagnosis}");
    assert!(diagnosis.to_string().contains("it cost 2000 verifications of the request"), "{diagnosis}");
    // Without a secret nothing is tried.
    for (params, credentials) in [(60, Credentials::new()), (5, many)] {
        let diagnosis = sms.diagnose(&Capture::new("POST", [FORM], sms_of(params)), &credentials);
        assert_eq!(codes(&diagnosis), ["forged_or_unknown_secret"], "{diagnosis}");
    }
}

#[test]
#[ignore = "measures time: `.ci/release speed`"]
fn a_diagnosis_costs_less_than_two_hundred_verifications() {
    for scheme in of_bodies() {
        for (kind, body) in [("JSON", large_json(1_048_576)), ("a form", large_form(1_048_576))] {
            let (genuine, forged) = deliveries(&scheme, &body);
            let (right, wrong) = (scheme.verifier(KEY), scheme.verifier(OTHER_KEY));
            let what = format!("{}, {kind}", scheme.name);
            require_few_verifications(&what, (&*right, &genuine), (&*wrong, &forged));
        }
    }
    for method in [SignatureMethod::Md5Hash, SignatureMethod::Sha256] {
        let verifier = |text| Sms::new(method, key(text)).max_body(usize::MAX);
        for count in [1, 15, 63] {
            let value = "Hello & welcome ".repeat(1_048_576 / 16 / count);
            let signer = || {
                let signer = sign::SmsSigner::new(method, &key(KEY));
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

/// A request with as many trials as possible.
struct Hostile {
    what: String,
    verifier: Box<dyn Diagnose>,
    capture: Capture,
}

impl Hostile {
    fn requires_few_trials(&self, secrets: usize) {
        let what = format!("{}, {secrets} secrets", self.what);
        let request = self.capture.request();
        let length = request.body().len() + request.head().query().len() + 1024;
        let (short, long) = (self.allocated(secrets, 64), self.allocated(secrets, 1088));
        let copies = (long - short) / 1024;
        let bytes = short / u64::try_from(length).unwrap();
        println!("{what:<60} {copies:6} copies of secrets, {bytes:6} times the request allocated");
        // A trial copies the secret at most three times, and its message is at least half the request. Besides, some copies of
        // each secret are changed.
        assert!(copies <= 3 * 2 * 2000 + 200 * u64::try_from(secrets).unwrap(), "{what}: {copies}");
        assert!(bytes <= 8 * 2000, "{what}: {bytes}");
    }

    /// The bytes that a diagnosis allocates with this many secrets of this length.
    fn allocated(&self, secrets: usize, length: usize) -> u64 {
        let filled = || Credentials::new().secret(KEY);
        let wrong = (1..secrets).map(|_| "k".repeat(length));
        let credentials =
            if secrets == 0 { Credentials::new() } else { wrong.fold(filled(), Credentials::secret) };
        let used = allocation_counter::measure(|| {
            assert!(!self.verifier.diagnose(&self.capture, &credentials).is_genuine());
        });
        used.bytes_total
    }
}

/// Requests of about this size, for every scheme.
fn hostile(bytes: usize) -> Vec<Hostile> {
    let mut all = Vec::new();
    let mut add = |what: &str, verifier: Box<dyn Diagnose>, capture: Capture| {
        all.push(Hostile { what: what.to_owned(), verifier, capture });
    };
    for (method, name) in [(SignatureMethod::Md5Hash, "md5hash"), (SignatureMethod::Sha256, "sha256")] {
        let sms = || Box::new(Sms::new(method, key(OTHER_KEY)).max_body(usize::MAX));
        let form = format!("sig={}&text={}", list(method, bytes / 2), "x".repeat(bytes / 2));
        add(&format!("sms {name}, a list in a form"), sms(), Capture::new("POST", [FORM], form.clone()));
        let json = format!(r#"{{"sig":"{}","text":"{}"}}"#, list(method, bytes / 2), "x".repeat(bytes / 2));
        add(&format!("sms {name}, a list in JSON"), sms(), Capture::new("POST", [JSON], json));
        add(&format!("sms {name}, a list in a query"), sms(), Capture::new("GET", NO_HEADER, "").query(form));
        let names = ["sig", "SIG", "Sig", "signature", "Signature"];
        let many = |count| (0..count).map(|at| format!("{}={}&", names[at % 5], "0".repeat(32)));
        let many = |count| many(count).chain([format!("text={}", "x".repeat(bytes / 2))]).collect::<String>();
        add(&format!("sms {name}, 900 signatures"), sms(), Capture::new("POST", [FORM], many(900)));
        add(&format!("sms {name}, many signatures"), sms(), Capture::new("POST", [FORM], many(bytes / 80)));
        add(&format!("sms {name}, 61 parameters"), sms(), Capture::new("POST", [FORM], sms_of(60)));
        let none = "a&".repeat(bytes / 2);
        add(&format!("sms {name}, parameters alone"), sms(), Capture::new("POST", [FORM], none));
    }
    // A verifier rejects longer headers.
    let longest = bytes.min(16_000);
    let long = [("text", "x".repeat(bytes)), ("JSON", large_json(bytes)), ("a form", large_form(bytes))];
    for (kind, body) in &long {
        let hex =
            || Box::new(HexHmac::with_algorithm("x-signature", Algorithm::Sha1, key(OTHER_KEY)).unwrap());
        let list = "0".repeat(40) + &",0123456789abcdef0123456789abcdef01234567".repeat(longest / 41);
        add(&format!("hex, {kind}, a list"), hex(), Capture::new("POST", [("x-signature", list)], &**body));
        let dots = "a.".repeat(longest / 2);
        add(&format!("hex, {kind}, words"), hex(), Capture::new("POST", [("x-signature", dots)], &**body));
        let headers = (0..1000).map(|at| (format!("x-signature-{at}"), "0".repeat(40)));
        add(&format!("hex, {kind}, many headers"), hex(), Capture::new("POST", headers, &**body));

        let webhook = || Box::new(SignedWebhook::new(key(OTHER_KEY)).clock(|| NOW));
        let forged = sign::TokenSigner::new(&key("nobody's"), NOW).post(&**body);
        let token = forged.header("authorization").unwrap().to_owned();
        add(&format!("jwt, {kind}, forged"), webhook(), capture(&forged));
        let tokens = vec![token.as_str(); longest / (token.len() + 2)].join(", ");
        add(
            &format!("jwt, {kind}, a list"),
            webhook(),
            Capture::new("POST", [("authorization", tokens)], &**body),
        );
        let headers = (0..1000).map(|at| (format!("x-token-{at}"), token.as_str()));
        add(&format!("jwt, {kind}, many headers"), webhook(), Capture::new("POST", headers, &**body));
        // The signature matches, so the search looks for the payload.
        let signer = || sign::TokenSigner::new(&key(KEY), NOW);
        let other = capture(&signer().post("another body").with_body(body.as_str()));
        add(&format!("jwt, {kind}, another body"), webhook(), other.query("a=1"));
        let query = (0..60).map(|at| format!("name{at}={at}")).collect::<Vec<_>>().join("&");
        let other = capture(&signer().get("a=1")).query(query);
        add(&format!("jwt, {kind}, another query"), webhook(), other);
    }
    all
}

/// A form of this many small parameters with a wrong signature.
fn sms_of(params: usize) -> String {
    (0..params).map(|at| format!("name{at}={at}&")).chain([format!("sig={}", "0".repeat(32))]).collect()
}

/// Wrong signatures of the method's length.
fn list(method: SignatureMethod, bytes: usize) -> String {
    let digits = if method == SignatureMethod::Sha256 { 64 } else { 32 };
    let signatures = (0..bytes / (digits + 1)).map(|at| format!("{at:0digits$x}"));
    signatures.collect::<Vec<_>>().join(".")
}

/// Checks that the diagnosis of a forgery costs less than 200 verifications of a genuine request.
fn require_few_verifications<V: Diagnose + ?Sized>(
    what: &str,
    (right, genuine): (&V, &Capture),
    (wrong, forged): (&V, &Capture),
) {
    let credentials = Credentials::new().secret(OTHER_KEY);
    let verification = quickest(|| assert!(right.verify(genuine.request()).is_ok()));
    let diagnosis = quickest(|| assert!(!wrong.diagnose(forged, &credentials).is_genuine()));
    let ratio = diagnosis.as_secs_f64() / verification.as_secs_f64();
    println!("{what:<24} {ratio:6.1} verifications");
    assert!(ratio < 200.0, "{what}: {ratio}");
}

/// The schemes with bodies of any size.
fn of_bodies() -> impl Iterator<Item = Scheme> {
    SCHEMES.into_iter().filter(|scheme| {
        ["vogent", "vonage-jwt"].contains(&scheme.name) && scheme.signs != Signs::TokenOfQuery
    })
}

/// A genuine request with this body, and a forgery.
fn deliveries(scheme: &Scheme, body: &str) -> (Capture, Capture) {
    let signed = capture(&scheme.signed(KEY, body));
    // The search looks at a token's body only if the signature matches.
    let altered = match scheme.signs {
        Signs::Body(_) => signed.clone(),
        _ => capture(&scheme.genuine(OTHER_KEY).with_body(body)),
    };
    (signed, altered)
}

/// The quickest of five runs, since other work on the machine slows some.
fn quickest(run: impl Fn()) -> Duration {
    let timed = |_| {
        let start = Instant::now();
        run();
        start.elapsed()
    };
    (0..5).map(timed).min().unwrap_or_default()
}

/// JSON that each program writes differently.
fn large_json(bytes: usize) -> String {
    let member = r#"{"text":"Grüße <b>","url":"https://a.example/b","price":1.50,"tags":["a","b"]}"#;
    format!("[{}]", vec![member; bytes / member.len()].join(","))
}

fn large_form(bytes: usize) -> String {
    let pair = "text=Gr%C3%BC%C3%9Fe+an+alle&url=https%3A%2F%2Fa.example%2Fb";
    vec![pair; bytes / pair.len()].join("&")
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const JSON: (&str, &str) = ("content-type", "application/json");
const NO_HEADER: [(&str, &str); 0] = [];
