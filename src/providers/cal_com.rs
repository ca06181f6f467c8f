//! Cal.com: webhooks of bookings.
//!
//! # The rule
//!
//! `X-Cal-Signature-256` holds the hex of HMAC-SHA256(secret, raw body), without a prefix.
//!
//! - The secret is the one that you entered for the webhook, as text.
//! - The body is JSON, or the result of the webhook's own template.
//! - No time and no identifier is signed. Deduplicate on the payload.
//!
//! Source: the code of the server (`sendPayload.ts`), as read in November 2026. It publishes no signature to test with.
//!
//! # Setup
//!
//! Enter a secret for the webhook. Without one the header is `no-secret-provided`, which is rejected.
//!
//! # Unknown
//!
//! How often Cal.com retries. A rotation of the secret has no overlap.

use crate::mac::{Algorithm, Keys};
use crate::providers::body_hmac::{self, BodyHmac};
use crate::request::HeaderName;
use crate::secret::Keyring;
use crate::webhook::Webhook;

/// Verifies Cal.com's webhooks.
///
/// # Example
///
/// The signature was made for this example.
///
/// ```
/// use countersign::{CalCom, Head, Request, Secret, Verifier};
///
/// let cal_com = CalCom::new(Secret::new("cal-secret")?);
///
/// let headers = [("X-Cal-Signature-256", "b6b403c0d1226e05a0032416f34c3f7a3b9c4bd6574f699474109b197e37f293")];
/// let head = Head::new("POST", &headers);
/// assert!(cal_com.verify(Request::new(head, r#"{"event":"call.ended"}"#)).is_ok());
/// assert!(cal_com.verify(Request::new(head, "{}")).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type CalCom = Webhook<BodyHmac<Platform>>;

impl CalCom {
    /// Verifies with the secret of the webhook.
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self::build(BodyHmac::new(SIGNATURE), Keys::hmac(Algorithm::Sha256, keyring), None)
    }
}

/// Names the platform.
#[derive(Clone, Copy, Debug)]
pub enum Platform {}

impl body_hmac::Platform for Platform {
    const SCHEME: &'static str = "cal-com";
}

const SIGNATURE: HeaderName = HeaderName::from_static("x-cal-signature-256");
