//! Explains why captured requests are rejected: the cause, the evidence and the remedy.
//!
//! ```text
//! cargo run --example explain --features diagnose -- FILE
//! cargo run --example explain --features diagnose -- --http FILE --scheme SCHEME --secret VARIABLE
//! ```
//!
//! `cargo install --path . --example explain --features diagnose` installs it as `explain`. The feature `ed25519` adds the schemes
//! with public keys.
//!
//! - `FILE` holds captured requests, one JSON object per line, in the format of the example `deliveries`. `-` is standard
//!   input. Without a file it explains the samples in `examples/mistakes.jsonl`.
//! - `--http FILE` is one request, as a proxy or `curl -v` saved it. Chunks are decoded. Each setting of the format is an
//!   option. Secrets are in environment variables, which the options name.
//!
//! `--help` lists schemes, options and fields. The output has the findings of each request, the likeliest first, or with
//! `--json` a line per request. It prints no secret and no signature. The exit status is 0, or 2 if an option, a file or a line
//! is invalid or the output is lost.

#[path = "../deliveries/help.rs"]
mod help;
#[path = "../program/input.rs"]
mod input;
#[path = "../program/options.rs"]
mod options;
#[path = "../program/output.rs"]
mod output;
#[path = "../deliveries/record.rs"]
mod record;
mod report;
mod request;
mod saved;
#[path = "../deliveries/verifier.rs"]
mod verifier;

use std::ffi::OsString;
use std::hash::{BuildHasher as _, RandomState};
use std::process::ExitCode;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use clap::Parser;
use countersign::diagnose::{Capture, Cause, Credentials, Diagnose, Diagnosis};
use countersign::{ConfigError, Request, Secret};
use input::Input;
use output::complain;
use record::{Record, Secrets, Window};
use report::Report;
use saved::Saved;
use serde_json::json;
use verifier::{Misconfigured, verifier};

/// Explains why captured requests are rejected.
#[derive(Parser)]
#[command(name = "explain", after_help = help::help())]
struct Options {
    /// Files of captured requests; `-` is standard input [default: the samples in examples/mistakes.jsonl]
    #[arg(value_name = "FILE")]
    files: Vec<OsString>,
    /// Print a line of JSON for each request
    #[arg(long)]
    json: bool,
    #[command(flatten, next_help_heading = "One HTTP request")]
    saved: Saved,
}

fn main() -> ExitCode {
    let options: Options = options::options();
    let mut report = Report::new(options.json);
    let inputs = match options.saved.record() {
        Ok(Some(record)) => {
            explain(&record, &mut report);
            Input::files(options.files)
        }
        Ok(None) => Input::files_or(options.files, "examples/mistakes.jsonl", BUNDLED),
        Err(problem) => {
            report.unreadable(problem);
            Vec::new()
        }
    };
    for input in &inputs {
        explain_all(input, &mut report);
    }
    report.finish();
    if report.unreadable > 0 { ExitCode::from(2) } else { ExitCode::SUCCESS }
}

/// Explains every line. An invalid line is reported, and the others still count.
fn explain_all(input: &Input, report: &mut Report) {
    let name = input.name();
    let read = input.each_line(|number, line| match Record::parse(line) {
        Ok(record) => explain(&record, report),
        Err(error) => report.unreadable(format_args!("{name}: line {number}: {error}")),
    });
    if let Err(error) = read {
        report.unreadable(format_args!("{name}: {error}"));
    }
}

fn explain(record: &Record, report: &mut Report) {
    match diagnose(record) {
        Ok(diagnosis) => report.diagnosis(record, &diagnosis, arrival(record, &diagnosis).as_deref()),
        Err(Misconfigured(reason)) => report.unreadable(format_args!("{}: {reason}", record.id)),
    }
}

fn diagnose(record: &Record) -> Result<Diagnosis, Misconfigured> {
    let headers = record.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let capture = Capture::new(&record.method, headers, record.body.as_slice());
    let capture = match &record.target {
        Some(target) => capture.target(target),
        None => capture.query(record.query.as_slice()),
    };
    let verifier = verifier(record).or_else(|wrong| {
        if let Secrets::Public(_) = &record.secrets {
            return Err(wrong);
        }
        // The diagnosis explains most bad secrets. A verifier with a secret that nobody knows also rejects.
        let unknown = Record { secrets: Secrets::Text(unknown_secret()), ..record.clone() };
        verifier(&unknown).inspect(|_| complain(format_args!("explain: {}: {}", record.id, wrong.0)))
    })?;
    Ok(verifier.diagnose(&capture, &credentials(record)))
}

/// Returns a value for `--now` if the request is rejected only for its age today. It may have been in time when it arrived.
fn arrival(record: &Record, diagnosis: &Diagnosis) -> Option<String> {
    let is_old = |cause| matches!(cause, Cause::ClockSkew | Cause::TokenExpired);
    if record.now.is_some() || !is_old(diagnosis.findings().first()?.cause()) {
        return None;
    }
    // A century, since some schemes reject any age.
    let of_any_age = Record { tolerance: Window::Given(json!(3_155_760_000_u64)), ..record.clone() };
    let verifier = verifier(&of_any_age).ok();
    let proof = verifier.and_then(|verifier| verifier.verify(Request::new(record.head(), &record.body)).ok());
    let signed_at = proof.and_then(|proof| proof.signed_at());
    Some(signed_at.map_or_else(|| "SECONDS".to_owned(), |time| time.to_string()))
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

/// Makes a secret that no capture can be signed with. It is in base64, as for the Contact Center.
fn unknown_secret() -> String {
    let random = [RandomState::new().hash_one(0), RandomState::new().hash_one(1)];
    BASE64_STANDARD.encode(random.map(u64::to_be_bytes).as_flattened())
}

/// Makes a secret of any text.
fn secret(text: &str) -> Result<Secret, ConfigError> {
    Secret::verbatim(text)
}

const BUNDLED: &str = include_str!("../mistakes.jsonl");
