//! Why a request was rejected: the cause, the evidence and the remedy.
//!
//! Feature `diagnose`. Use it in development, and when nothing verifies. It works offline, from a captured request and your
//! secrets. It changes no verdict.
//!
//! It undoes known changes to secrets, headers, bodies, parameters and URLs, one at a time. After each, the same code verifies
//! the request again. If the signature then matches, the finding is *proved*. Otherwise it is a *hint*. Findings name headers,
//! parameters and lengths. They contain no secret, no signature and no value of the request.
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
//! It also works with a [`Rule`](crate::Rule) of your own:
//!
//! ```
//! use countersign::diagnose::{Capture, Cause, Credentials, Diagnose};
//! use countersign::rule::{Envelope, Profile, Rule};
//! use countersign::{Algorithm, Error, Head, HeaderName, Keys, Secret, Webhook};
//!
//! #[derive(Debug)]
//! struct Acme;
//!
//! static SIGNATURE: HeaderName = HeaderName::from_static("acme-signature");
//!
//! impl Rule for Acme {
//!     fn profile(&self) -> Profile {
//!         Profile::new("acme")
//!     }
//!
//!     fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
//!         envelope.hex(head.signature(&SIGNATURE)?).body();
//!         Ok(())
//!     }
//! }
//!
//! let acme = Webhook::with_rule(Acme, Keys::hmac(Algorithm::Sha256, Secret::new("s3cr3t")?))?;
//!
//! // A gateway renamed the header, and a framework wrote the JSON again.
//! let signature = "629c5b4f3ca50d22a893a236367a715cf8148cbf7a749829c7d2eaf89ea74039";
//! let capture = Capture::new("POST", [("X-Gateway-Signature", signature)], r#"{"ok": true}"#);
//! let diagnosis = acme.diagnose(&capture, &Credentials::new());
//! let causes: Vec<_> = diagnosis.findings().iter().map(|finding| finding.cause()).collect();
//! assert_eq!(causes, [Cause::HeaderOther, Cause::BodyReserialised]);
//! # Ok::<(), countersign::ConfigError>(())
//! ```
//!
//! # Limits
//!
//! It tries the first 16 secrets, and bodies up to 4 MiB, those over 256 KiB with fewer changes. It finds two faults in one
//! request only in separate parts, such as a header's name and the body, or a token's time and its body. It cannot restore what
//! a gateway removed.
//!
//! All trials together cost at most 2,000 verifications of the request. A trial costs the length of the hashed message and 1,024
//! bytes more. At this limit, the diagnosis ends with the hint [`Cause::SearchIncomplete`]. It also reads the head up to 1,000
//! times, and rewrites the text about 100 times. Do not diagnose for strangers.

mod bodies;
mod capture;
mod case;
mod cause;
mod charsets;
mod credentials;
mod diagnosis;
mod entry;
mod explain;
mod heads;
mod json;
mod other_scheme;
mod pairs;
mod rules;
mod search;
mod secrets;
mod signatures;
mod sms;
mod times;
mod tokens;
mod trials;
mod urls;

pub use capture::Capture;
pub use cause::Cause;
pub use credentials::Credentials;
pub use diagnosis::{Diagnosis, Finding};
pub use entry::Diagnose;
pub(crate) use explain::Explain;
