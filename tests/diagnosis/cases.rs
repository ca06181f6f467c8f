//! Captured requests, each with the code of its first finding in `want`. The other fields are those of the format of
//! `examples/deliveries`.

#[allow(dead_code, reason = "the examples ask for all of it")]
#[path = "../../examples/deliveries/record.rs"]
mod record;
#[path = "../../examples/deliveries/verifier.rs"]
mod verifier;

use countersign::diagnose::{Capture, Credentials, Diagnose};
use countersign::{ConfigError, Secret};
use record::{Record, Secrets};
use serde_json::Value;
use verifier::{Misconfigured, verifier};

use crate::scheme::OTHER_KEY;

const CASES: &str = include_str!("cases.jsonl");

/// Builds the secret without checks.
fn secret(text: &str) -> Result<Secret, ConfigError> {
    Secret::verbatim(text)
}

#[test]
fn each_capture_has_the_wanted_cause() {
    for line in CASES.lines() {
        let record = Record::parse(line.as_bytes()).unwrap();
        let want: Value = serde_json::from_str(line).unwrap();
        let headers = record.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let capture = Capture::new(&record.method, headers, record.body.as_slice());
        let capture = match &record.target {
            Some(target) => capture.target(target),
            None => capture.query(record.query.as_slice()),
        };
        // The secret is given even if no verifier accepts it.
        let strangers = Record { secrets: Secrets::Text(OTHER_KEY.to_owned()), ..record.clone() };
        let verifier = verifier(&record).or_else(|_| verifier(&strangers));
        let verifier = verifier.unwrap_or_else(|Misconfigured(reason)| panic!("{line}: {reason}"));
        let credentials = match &record.secrets {
            Secrets::Text(text) => Credentials::new().secret(text.as_str()),
            Secrets::Tenants(keys) => {
                keys.iter().fold(Credentials::new(), |all, (name, text)| all.tenant(name, text.as_str()))
            }
            _ => panic!("{line}"),
        };
        let diagnosis = verifier.diagnose(&capture, &credentials);
        assert_eq!(want["want"], diagnosis.findings()[0].code(), "{}:\n{diagnosis}", record.id);
    }
}
