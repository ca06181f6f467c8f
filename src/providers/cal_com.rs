//! Cal.com: webhooks of bookings.
//!
//! # The rule
//!
//! `X-Cal-Signature-256` holds the hex of HMAC-SHA256(secret, raw body), without a prefix.
//!
//! - The secret is the one that you entered for the webhook, as text.
//! - The body is JSON, or what the webhook's own template makes.
//! - No time and no identifier is signed. Deduplicate on what the body says.
//!
//! Source: the code of the server (`sendPayload.ts`), as read in November 2026. It publishes no signature to test with.
//!
//! # Setup
//!
//! Enter a secret for the webhook. Without one the header holds the text `no-secret-provided`, which is rejected as any other wrong
//! text is.
//!
//! # Unknown
//!
//! How often an event is sent again. Secrets have no overlap in a rotation.

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

/// The platform.
#[derive(Clone, Copy, Debug)]
pub enum Platform {}

impl body_hmac::Platform for Platform {
    const SCHEME: &'static str = "cal-com";
}

const SIGNATURE: HeaderName = HeaderName::from_static("x-cal-signature-256");
