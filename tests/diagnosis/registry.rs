//! Every scheme of the registry: changes are proved, and forgeries prove nothing.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::diagnose::{Capture, Credentials, Diagnose, Diagnosis, Finding};
use countersign::schemes::{Registered, Sample, Scheme};
use countersign::sign::{Delivery, Unsigned};
use countersign::{BaseUrl, Secret};

use crate::scheme::{NOW, shows_nothing};

const SEED: [u8; 32] = [7; 32];
const STRANGERS: [u8; 32] = [9; 32];

/// A scheme's sample, at a fixed time.
struct Subject {
    scheme: &'static Scheme,
    sample: Sample,
    verifier: Box<dyn Registered>,
    /// The sample, signed with its key.
    genuine: Delivery,
}

fn subjects() -> impl Iterator<Item = Subject> {
    Scheme::ALL.iter().map(|scheme| {
        let sample = at_now(scheme.sample(SEED));
        let verifier = scheme.build(&sample.settings).unwrap();
        let genuine = verifier.sign(&sample.key, &sample.unsigned).unwrap();
        Subject { scheme, sample, verifier, genuine }
    })
}

fn at_now(mut sample: Sample) -> Sample {
    sample.settings = sample.settings.clock(|| NOW);
    sample
}

/// A sample's secret: its seed in base64.
fn text(seed: [u8; 32]) -> String {
    BASE64_STANDARD.encode(seed)
}

fn capture(delivery: &Delivery) -> Capture {
    let headers = delivery.headers().iter().map(|(name, value)| (name.as_str(), value.as_str()));
    Capture::new(delivery.method(), headers, delivery.body()).target(delivery.target())
}

impl Subject {
    fn diagnose(&self, delivery: &Delivery) -> Diagnosis {
        self.verifier.diagnose(&capture(delivery), &Credentials::new().secret(text(SEED)))
    }

    /// Checks that the first finding is proved and has one of these codes.
    fn requires(&self, what: &str, delivery: &Delivery, causes: &[&str]) {
        let diagnosis = self.diagnose(delivery);
        let first = &diagnosis.findings()[0];
        let name = self.scheme.name();
        assert!(first.is_proved() && causes.contains(&first.code()), "{name}, {what}:\n{diagnosis}");
        shows_nothing(&diagnosis, &[&text(SEED)]);
    }
}

#[test]
fn a_strangers_request_proves_nothing() {
    for subject in subjects() {
        let strangers = at_now(subject.scheme.sample(STRANGERS));
        let forged = subject.verifier.sign(&strangers.key, &strangers.unsigned).unwrap();
        let genuine = &subject.genuine;
        assert!(subject.diagnose(genuine).is_genuine(), "{}", subject.scheme.name());
        for forged in [
            forged.clone(),
            forged.clone().with_body([forged.body(), b" "].concat()),
            forged.with_target(&format!("{}&a=1", genuine.target())),
        ] {
            let diagnosis = subject.diagnose(&forged);
            let name = subject.scheme.name();
            assert!(!diagnosis.findings().iter().any(Finding::is_proved), "{name}:\n{diagnosis}");
            assert!(!diagnosis.is_genuine(), "{name}");
            shows_nothing(&diagnosis, &[&text(SEED), &text(STRANGERS)]);
        }
    }
}

/// The identifiers of the event, of the request and of its trace look like an MD5.
#[test]
fn missing_headers() {
    let id = "5f".repeat(16);
    for subject in subjects() {
        let unsigned = subject.sample.unsigned.clone().id(&format!("wh_{id}"));
        let genuine = subject.verifier.sign(&subject.sample.key, &unsigned).unwrap();
        for (name, _) in genuine.headers() {
            let traced = genuine.clone().without_header(name).with_header("x-request-id", &id);
            let received = traced.with_header("traceparent", &format!("00-{id}-{id:.16}-01"));
            if subject.verifier.verify(received.request()).is_ok() {
                continue;
            }
            if name == "content-type" {
                subject.requires("content type", &received, &["params_other_source"]);
                continue;
            }
            let diagnosis = subject.diagnose(&received);
            let first = &diagnosis.findings()[0];
            let is_missing = first.evidence().contains(&format!("`{name}`"))
                && ["signature_missing", "unsigned_callback", "rejected_otherwise"].contains(&first.code());
            assert!(is_missing, "{}, {name}:\n{diagnosis}", subject.scheme.name());
        }
    }
}

#[test]
fn renamed_headers() {
    for subject in subjects() {
        let written = subject.genuine.headers().iter().filter(|(name, _)| name != "content-type");
        let renamed = |delivery: Delivery, (name, value): &(String, String)| {
            delivery.without_header(name).with_header(&format!("x-gateway-{name}"), value)
        };
        for header in written.clone() {
            subject.requires(&header.0, &renamed(subject.genuine.clone(), header), &["header_other"]);
        }
        if written.clone().next().is_some() {
            let all = written.fold(subject.genuine.clone(), renamed);
            subject.requires("all headers", &all, &["header_other"]);
        }
    }
}

#[test]
fn quoted_and_padded_secrets() {
    let mut told = 0;
    for subject in subjects().filter(|subject| subject.sample.settings.keyring.is_some()) {
        for (code, stored) in [
            ("secret_quoted", format!("\"{}\"", text(SEED))),
            ("secret_whitespace", format!("{}\n", text(SEED))),
            ("secret_whitespace", format!(" {}", text(SEED))),
            ("secret_assignment", format!("SECRET={}", text(SEED))),
        ] {
            let mut settings = subject.sample.settings.clone();
            settings.keyring = Some(Secret::verbatim(stored.as_str()).unwrap().into());
            // If the scheme cannot decode the text, a verifier with another secret rejects.
            let strangers = at_now(subject.scheme.sample(STRANGERS)).settings;
            let verifier =
                subject.scheme.build(&settings).or_else(|_| subject.scheme.build(&strangers)).unwrap();
            let diagnosis =
                verifier.diagnose(&capture(&subject.genuine), &Credentials::new().secret(stored.as_str()));
            let first = &diagnosis.findings()[0];
            let name = subject.scheme.name();
            assert_eq!((first.code(), first.is_proved()), (code, true), "{name}, {code}:\n{diagnosis}");
            told += 1;
        }
    }
    assert!(told > 20, "{told}");
}

#[test]
fn json_written_again() {
    let mut told = 0;
    for subject in subjects() {
        let body = str::from_utf8(subject.genuine.body()).unwrap();
        let received = subject.genuine.clone().with_body(body.replace("\":", "\": "));
        if body.starts_with('{') && subject.verifier.verify(received.request()).is_err() {
            subject.requires("spaces", &received, &["body_reserialised", "payload_hash_reserialised"]);
            told += 1;
        }
    }
    assert!(told > 5, "{told}");
}

#[test]
fn another_url() {
    for subject in subjects() {
        let Some(base) = subject.sample.settings.base_url.clone() else { continue };
        let base = base.join("");
        let (scheme, host) = base.split_once("://").unwrap();
        let other = if scheme == "https" { "http" } else { "https" };
        for (what, base, target) in [
            ("scheme", format!("{other}://{host}"), subject.genuine.target().to_owned()),
            ("port", format!("{scheme}://{host}:8443"), subject.genuine.target().to_owned()),
            ("slash", base.clone(), subject.genuine.target().replace('?', "/?")),
        ] {
            let mut settings = subject.sample.settings.clone();
            settings.base_url = Some(BaseUrl::new(&base).unwrap());
            let verifier = subject.scheme.build(&settings).unwrap();
            let received = capture(&subject.genuine.clone().with_target(&target));
            if verifier.verify(received.request()).is_err() {
                let diagnosis = verifier.diagnose(&received, &Credentials::new().secret(text(SEED)));
                let first = &diagnosis.findings()[0];
                let name = subject.scheme.name();
                assert_eq!(
                    (first.code(), first.is_proved()),
                    ("url_other", true),
                    "{name}, {what}:\n{diagnosis}"
                );
            }
        }
    }
}

/// Gives a request of each scheme to the verifiers of all others, with the same secret.
#[test]
fn requests_of_another_scheme() {
    let named = |subject: &Subject| {
        let settings = &subject.sample.settings;
        // Nothing shows the scheme if the operator names the header, or if it has a public key.
        settings.header.is_none() && settings.keyring.is_some()
    };
    for sent in subjects() {
        let received = sent.genuine.clone().with_header("host", "example.com");
        for other in subjects().filter(|other| other.scheme.name() != sent.scheme.name()) {
            // SignalWire also accepts Twilio's header.
            if other.verifier.verify(received.request()).is_ok() {
                continue;
            }
            let diagnosis = other.diagnose(&received);
            let first = &diagnosis.findings()[0];
            let what = format!("{} at {}:\n{diagnosis}", sent.scheme.name(), other.scheme.name());
            if named(&sent) {
                assert_eq!((first.code(), first.is_proved()), ("scheme_other", true), "{what}");
                assert!(first.evidence().contains(&format!("`{}`", sent.scheme.name())), "{what}");
            } else {
                let told = ["scheme_other", "header_other", "signature_missing", "unsigned_callback"];
                let is_missing =
                    first.code() == "rejected_otherwise" && first.evidence().ends_with("is missing");
                assert!(told.contains(&first.code()) || is_missing, "{what}");
            }
            let strangers = at_now(other.scheme.sample(STRANGERS)).settings;
            let strangers = other.scheme.build(&strangers).unwrap();
            let forged = strangers.diagnose(&capture(&received), &Credentials::new().secret(text(STRANGERS)));
            assert!(!forged.findings().iter().any(Finding::is_proved), "{what}\n{forged}");
            shows_nothing(&diagnosis, &[&text(SEED)]);
        }
    }
}

#[test]
fn quoted_headers() {
    for subject in subjects() {
        for (name, value) in subject.genuine.headers().iter().filter(|(name, _)| name != "content-type") {
            let quoted =
                subject.genuine.clone().without_header(name).with_header(name, &format!("\"{value}\""));
            if subject.verifier.verify(quoted.request()).is_err() {
                subject.requires(&format!("quoted {name}"), &quoted, &["signature_prefix"]);
            }
        }
    }
}

#[test]
fn exchanged_headers() {
    for subject in subjects() {
        let headers = subject.genuine.headers().iter().filter(|(name, _)| name != "content-type");
        let headers: Vec<_> = headers.collect();
        for (at, (a, of_a)) in headers.iter().enumerate() {
            for (b, of_b) in &headers[at + 1..] {
                let swapped = subject.genuine.clone().without_header(a).without_header(b);
                let swapped = swapped.with_header(a, of_b).with_header(b, of_a);
                subject.requires(&format!("{a} and {b}"), &swapped, &["header_other"]);
            }
        }
    }
}

#[test]
fn white_space_at_the_ends_of_a_body() {
    let mut told = 0;
    for subject in subjects() {
        let body = subject.genuine.body();
        let padded = [body, b"\n"].concat();
        let unsigned = if body.starts_with(b"{") { Unsigned::json } else { Unsigned::form };
        let unsigned = unsigned(padded.clone()).target(subject.genuine.target());
        let sent = subject.verifier.sign(&subject.sample.key, &unsigned).unwrap();
        let padded = subject.genuine.clone().with_body(padded);
        for (what, received) in [("padded", padded), ("trimmed", sent.with_body(body))] {
            if subject.verifier.verify(received.request()).is_err() {
                subject.requires(what, &received, &["body_newline", "signature_prefix"]);
                told += 1;
            }
        }
    }
    assert!(told > 20, "{told}");
}

#[test]
fn an_old_secret_is_found_if_it_is_given() {
    for subject in subjects().filter(|subject| subject.sample.settings.keyring.is_some()) {
        let old = at_now(subject.scheme.sample(STRANGERS));
        let received = capture(&subject.verifier.sign(&old.key, &old.unsigned).unwrap());
        let credentials = Credentials::new().secret(text(SEED));
        let wrong = subject.verifier.diagnose(&received, &credentials);
        assert!(!wrong.findings().iter().any(Finding::is_proved), "{wrong}");
        let known = subject.verifier.diagnose(&received, &credentials.other("the old one", text(STRANGERS)));
        let first = &known.findings()[0];
        let name = subject.scheme.name();
        assert_eq!((first.code(), first.is_proved()), ("secret_other", true), "{name}:\n{known}");
        assert!(first.evidence().contains("`the old one`"), "{known}");
    }
}
