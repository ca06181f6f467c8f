//! Bland AI: post-call webhooks.
//!
//! # The rule
//!
//! `X-Webhook-Signature` holds the hex of HMAC-SHA256(webhook signing secret, raw body).
//!
//! - The secret is the account's, as text.
//! - No time and no identifier is signed. Deduplicate on the call's identifier in the body.
//! - Other platforms, such as Daily, use this header for another rule.
//!
//! Source: the tutorial on webhook signing in the vendor's documentation; read in November 2026. It publishes no signature to
//! test with.
//!
//! # Unknown
//!
//! - Whether the body is always sent as it was signed: the vendor's sample parses the JSON and writes it again before it
//!   hashes.
//! - How often and for how long Bland retries. Replacing the secret has no overlap.

use crate::mac::{Algorithm, Keys};
use crate::providers::body_hmac::{self, BodyHmac};
use crate::request::HeaderName;
use crate::secret::Keyring;
use crate::webhook::Webhook;

/// Verifies Bland's webhooks.
///
/// # Example
///
/// The signature was made for this example.
///
/// ```
/// use countersign::{Bland, Head, Request, Secret, Verifier};
///
/// let bland = Bland::new(Secret::new("bland-secret")?);
///
/// let headers = [("X-Webhook-Signature", "facdf7c23ac31348b5ab2a036c0f9a9779a2b649769e2a9f90ea7be4a46817c5")];
/// let head = Head::new("POST", &headers);
/// assert!(bland.verify(Request::new(head, r#"{"event":"call.ended"}"#)).is_ok());
/// assert!(bland.verify(Request::new(head, "{}")).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Bland = Webhook<BodyHmac<Platform>>;

impl Bland {
    /// Verifies with the account's webhook signing secret.
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self::build(BodyHmac::new(SIGNATURE), Keys::hmac(Algorithm::Sha256, keyring), None)
    }
}

/// Names the platform.
#[derive(Clone, Copy, Debug)]
pub enum Platform {}

impl body_hmac::Platform for Platform {
    const SCHEME: &'static str = "bland";
}

const SIGNATURE: HeaderName = HeaderName::from_static("x-webhook-signature");
