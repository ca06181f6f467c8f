//! Sinch: events of the Numbers API.
//!
//! # The rule
//!
//! `X-Sinch-Signature` holds the hex of HMAC-**SHA1**(callback secret, raw body).
//!
//! - The secret is that of the project's callback configuration, as text.
//! - No separate time or identifier is signed. The body's `eventId` identifies the event.
//!
//! Sources: the vendor's SDKs for Python and Node; read in November 2026.
//!
//! # Unknown
//!
//! How often Sinch retries, and how a secret is rotated.

use crate::mac::{Algorithm, Keys};
use crate::providers::body_hmac::{self, BodyHmac};
use crate::request::HeaderName;
use crate::secret::Keyring;
use crate::webhook::Webhook;

/// Verifies events of Sinch's Numbers API.
///
/// # Example
///
/// The signature is from the vendor's published test.
///
/// ```
/// use countersign::{Head, Request, Secret, SinchNumbers, Verifier};
///
/// let sinch = SinchNumbers::new(Secret::new("my-callback-secret")?);
///
/// let headers = [("X-Sinch-Signature", "d2107528d5d52897a97dc6e24e09a208036ccd83")];
/// let head = Head::new("POST", &headers);
/// let body = concat!(
///     r#"{"eventId":"event_id","timestamp":"2025-04-08T10:38:04.854087603","projectId":"project-id","#,
///     r#""resourceId":"+1234567890","resourceType":"ACTIVE_NUMBER","#,
///     r#""eventType":"PROVISIONING_TO_VOICE_PLATFORM","status":"SUCCEEDED","#,
///     r#""failureCode":null,"internalFailureCode":null}"#,
/// );
/// assert!(sinch.verify(Request::new(head, body)).is_ok());
/// assert!(sinch.verify(Request::new(head, &body.replace("SUCCEEDED", "FAILED"))).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type SinchNumbers = Webhook<BodyHmac<Platform>>;

impl SinchNumbers {
    /// Verifies with the callback secret.
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self::build(BodyHmac::new(SIGNATURE), Keys::hmac(Algorithm::Sha1, keyring), None)
    }
}

/// Names the platform.
#[derive(Clone, Copy, Debug)]
pub enum Platform {}

impl body_hmac::Platform for Platform {
    const SCHEME: &'static str = "sinch-numbers";
}

const SIGNATURE: HeaderName = HeaderName::from_static("x-sinch-signature");
