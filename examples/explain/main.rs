//! Says why deliveries were refused:
//! `cargo run --example explain --features diagnose -- [--json] [FILE…]`
//!
//! A file holds captured deliveries, one JSON object a line, as the example `deliveries` takes them; `-` is standard input. Other
//! secrets at hand are in the field `candidates`, an object of names and texts. Without a file it takes
//! `examples/mistakes.jsonl`.
//!
//! `… -- --scheme SCHEME --secret VARIABLE [OPTION…] --http FILE` explains one HTTP request as a proxy or `curl -v` saved it:
//!
//! - `--scheme`: `vogent`, `voxagent`, `hex-hmac`, `vonage-sms`, `vonage-jwt`, `vonage-contact-center`.
//! - `--secret VARIABLE`, `--candidate VARIABLE`: the environment variables that hold the secret, and others at hand.
//! - `--algorithm`, `--header`, `--now SECONDS`: as the fields of these names.
//! - `--body FILE`: the raw body, where the saved request has none.
//!
//! For people it prints the findings of each delivery, the likeliest first; with `--json`, a line a delivery. No secret and no
//! signature is printed. The exit status is 0, or 2 where something could not be read.

#[path = "../deliveries/output.rs"]
mod output;
#[path = "../deliveries/record.rs"]
mod record;
mod saved;
#[path = "../deliveries/verifier.rs"]
mod verifier;

use std::fmt;
use std::io::{self, BufRead, Write as _};
use std::process::ExitCode;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use countersign::diagnose::{Capture, Credentials, Diagnosis};
use countersign::{ConfigError, Secret};
use output::{print, visible};
use record::{Record, Secrets};
use saved::Saved;
use serde::Serialize;
use serde_json::Value;
use verifier::{Misconfigured, verifier};

const BUNDLED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/mistakes.jsonl");
const USAGE: &str = "usage: explain [--json] [FILE…]    (- is standard input)\n       \
    explain [--json] --scheme SCHEME --secret VARIABLE [--candidate VARIABLE]… [--algorithm NAME] [--header NAME]\n               \
    [--now SECONDS] [--body FILE] --http FILE";

fn main() -> ExitCode {
    let mut explainer = Explainer::default();
    let mut files = Vec::new();
    let mut saved = Saved::default();
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => explainer.json = true,
            "--help" | "-h" => {
                print(USAGE);
                return ExitCode::SUCCESS;
            }
            option if option.starts_with("--") => {
                if let Err(wrong) = saved.option(option, arguments.next()) {
                    return explainer.unreadable(format_args!("{wrong}\n{USAGE}"));
                }
            }
            _ => files.push(argument),
        }
    }
    match saved.record() {
        Ok(Some(record)) => explainer.explain(&record),
        Ok(None) if files.is_empty() => files.push(BUNDLED.to_owned()),
        Ok(None) => {}
        Err(wrong) => return explainer.unreadable(format_args!("{wrong}\n{USAGE}")),
    }
    for file in files {
        if let Err(error) = explainer.explain_file(&file) {
            explainer.unreadable(format_args!("{file}: {error}"));
        }
    }
    explainer.status
}

#[derive(Default)]
struct Explainer {
    json: bool,
    status: ExitCode,
}

impl Explainer {
    /// Explains every line. One that cannot be read is reported, and the others still count.
    fn explain_file(&mut self, file: &str) -> io::Result<()> {
        let lines: Box<dyn BufRead> = match file {
            "-" => Box::new(io::stdin().lock()),
            _ => Box::new(io::BufReader::new(std::fs::File::open(file)?)),
        };
        for (number, line) in (1..).zip(lines.split(b'\n')) {
            let line = line?;
            if line.trim_ascii().is_empty() {
                continue;
            }
            match Record::parse(&line) {
                Ok(record) => self.explain(&record),
                Err(error) => {
                    self.unreadable(format_args!("{file}: line {number}: {error}"));
                }
            }
        }
        Ok(())
    }

    fn explain(&mut self, record: &Record) {
        let id = &record.id;
        match diagnose(record) {
            Ok(diagnosis) if self.json => print(Line::of(id, &diagnosis).to_json()),
            Ok(diagnosis) => {
                let id = id.as_str().map_or_else(|| id.to_string(), visible);
                print(format_args!(
                    "{id}
{diagnosis}
"
                ));
            }
            Err(Misconfigured(reason)) => {
                self.unreadable(format_args!("{id}: {reason}"));
            }
        }
    }

    fn unreadable(&mut self, what: impl fmt::Display) -> ExitCode {
        let _ = writeln!(io::stderr().lock(), "explain: {what}");
        self.status = ExitCode::from(2);
        self.status
    }
}

#[derive(Serialize)]
struct Line<'d> {
    id: &'d Value,
    findings: Vec<Found<'d>>,
}

#[derive(Serialize)]
struct Found<'d> {
    code: &'static str,
    proved: bool,
    evidence: &'d str,
    remedy: &'static str,
}

impl<'d> Line<'d> {
    fn of(id: &'d Value, diagnosis: &'d Diagnosis) -> Self {
        let findings = diagnosis.findings().iter().map(|finding| Found {
            code: finding.code(),
            proved: finding.is_proved(),
            evidence: finding.evidence(),
            remedy: finding.remedy(),
        });
        Self { id, findings: findings.collect() }
    }

    fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn diagnose(record: &Record) -> Result<Diagnosis, Misconfigured> {
    let headers = record.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let capture = Capture::new(&record.method, headers, record.body.as_slice());
    let capture = match &record.target {
        Some(target) => capture.target(target),
        None => capture.query(record.query.as_slice()),
    };
    let verifier = verifier(record).or_else(|_| {
        // What is wrong with a secret that is refused, the diagnosis says: a stranger's verifier refuses all the same.
        verifier(&Record { secrets: Secrets::Text(STRANGERS.to_owned()), ..record.clone() })
    })?;
    Ok(verifier.diagnose(&capture, &credentials(record)))
}

fn credentials(record: &Record) -> Credentials {
    let credentials = Credentials::new();
    let credentials = match &record.secrets {
        Secrets::Text(text) => credentials.secret(text.as_str()),
        Secrets::Base64(text) => credentials.secret(BASE64_STANDARD.decode(text).unwrap_or_default()),
        Secrets::Rotation(texts) => texts.iter().fold(credentials, |all, text| all.secret(text.as_str())),
        Secrets::Public(_) => credentials,
        Secrets::Tenants(keys) => {
            keys.iter().fold(credentials, |all, (name, text)| all.tenant(name, text.as_str()))
        }
    };
    record.candidates.iter().fold(credentials, |all, (name, text)| all.other(name, text.as_str()))
}

/// What it takes for a secret: anything.
fn secret(text: &str) -> Result<Secret, ConfigError> {
    Secret::verbatim(text)
}

/// Base64, as the Contact Center's are.
const STRANGERS: &str = "c3RyYW5nZXI=";
