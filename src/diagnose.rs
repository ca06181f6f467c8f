//! Why a delivery was refused: the cause, the evidence and the remedy.
//!
//! Feature `diagnose`. For development, and for the day on which nothing verifies: offline, from a captured request and the
//! secrets at hand. It is never on the verifying path, and changes no verdict.
//!
//! It undoes, one after the other, what is known to happen to secrets, bodies, headers and parameters, and looks whether the
//! signature then matches. A finding is *proved* if it does, and else a *hint*: a shape that looks wrong. What it says
//! names headers, parameters and lengths, and holds no secret, no signature and no value of the request.
//!
//! # Example
//!
//! A secret that was read from a file, with the line feed at its end:
//!
//! ```
//! use countersign::diagnose::{Capture, Cause, Credentials, Diagnose};
//! use countersign::{Secret, Vogent};
//!
//! let stored = "made-up-vogent-secret\n";
//! let signature = "3eebf0b66e23eceee4d088432497fa03935cf906ae228d2a025519303f9ef439";
//! let capture = Capture::new("POST", [("X-Elto-Signature", signature)], r#"{"event":"dial.started"}"#);
//!
//! let vogent = Vogent::new(Secret::verbatim(stored)?);
//! let diagnosis = vogent.diagnose(&capture, &Credentials::new().secret(stored));
//! let finding = &diagnosis.findings()[0];
//! assert_eq!(finding.cause(), Cause::SecretWhitespace);
//! assert!(finding.is_proved());
//! assert_eq!(finding.evidence(), "the signature matches when the secret's last line feed is removed");
//!
//! let altered = Capture::new("POST", [("X-Elto-Signature", signature)], r#"{"event":"dial.ended"}"#);
//! let diagnosis = vogent.diagnose(&altered, &Credentials::new().secret(stored));
//! assert!(!diagnosis.findings().iter().any(|finding| finding.is_proved()));
//! # Ok::<(), countersign::ConfigError>(())
//! ```
//!
//! # Limits
//!
//! One thing at a time is undone, of a body up to 4 MiB and under the first 16 secrets: two faults in the same delivery are
//! found only where they do not meet (a header's name and the secret, a token's time and its body). What a gateway takes
//! away cannot be put back.
//!
//! All trials together cost at most 2,000 verifications of the request. A trial counts by the length of the message that is
//! hashed, and 1,024 bytes besides. Where that is used up, the diagnosis ends and has the hint [`Cause::SearchIncomplete`].
//! Beside the trials, the request is read and rewritten some 50 times. Do not diagnose for strangers.

mod asked;
mod bodies;
mod budget;
mod capture;
mod case;
mod cause;
mod credentials;
mod diagnosis;
mod explain;
mod hex_hmac;
mod json;
mod other_scheme;
mod pairs;
mod payloads;
mod secrets;
mod signatures;
mod signed_webhook;
mod sms;
mod times;
mod tokens;

pub use capture::Capture;
pub use cause::Cause;
pub use credentials::Credentials;
pub use diagnosis::{Diagnosis, Finding};

use crate::verifier::Verifier;
use case::Case;
use explain::Explain;

/// A verifier that can say why it refuses. All those of this crate can; it is not for others to implement.
pub trait Diagnose: Verifier + Explain {
    /// Looks for the causes for which this verifier, with its settings and its clock, refuses a request.
    ///
    /// A verifier keeps no secret that could be read, so they are given once more, and others with them. Where its secret is
    /// refused by [`Secret::new`](crate::Secret::new), build it with [`Secret::verbatim`](crate::Secret::verbatim).
    fn diagnose(&self, capture: &Capture, credentials: &Credentials) -> Diagnosis {
        match self.verify(capture.request()) {
            Ok(_) => Diagnosis::new(Vec::new()),
            Err(refusal) => {
                let tenant = self.untrusted_api_key(capture);
                let case = Case::new(capture, refusal, credentials, tenant.as_deref());
                let mut findings = self.explain(&case);
                if case.budget.is_exceeded() {
                    let evidence =
                        format!("it cost {} verifications of the request", budget::MOST_VERIFICATIONS);
                    findings.push(Finding::hint(Cause::SearchIncomplete, evidence));
                }
                Diagnosis::new(findings)
            }
        }
    }
}

impl<V: Verifier + Explain> Diagnose for V {}
