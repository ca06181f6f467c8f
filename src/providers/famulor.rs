//! Famulor: webhooks of a workspace.
//!
//! # The rule
//!
//! `X-Famulor-Signature` holds `sha256=` and the hex of HMAC-SHA256(secret, raw body).
//!
//! - The secret is the workspace's webhook secret, as text, with its `whsec_`.
//! - No time and no identifier is signed. Deduplicate on the call's data in the body.
//!
//! Sources: the vendor's nodes for n8n and Activepieces, and its documentation; read in November 2026.
//!
//! # Setup
//!
//! Only the workspace's webhooks are signed. Requests of an assistant to its own `webhook_url` are not.
//!
//! # Unknown
//!
//! The webhooks of read receipts have `X-Signature-256`, with a secret of the sender. They are another scheme, and rejected.

use crate::mac::{Algorithm, Keys};
use crate::providers::body_hmac::{self, BodyHmac};
use crate::request::HeaderName;
use crate::secret::Keyring;
use crate::webhook::Webhook;

/// Verifies Famulor's webhooks.
///
/// # Example
///
/// The signature is from the vendor's published test.
///
/// ```
/// use countersign::{Famulor, Head, Request, Secret, Verifier};
///
/// let famulor = Famulor::new(Secret::new("test-secret")?);
///
/// let headers = [("X-Famulor-Signature", "sha256=90c33d548fe338f3655514dee22323669af00679a98b9d9cbc8ac2ee9deafe04")];
/// let head = Head::new("POST", &headers);
/// assert!(famulor.verify(Request::new(head, r#"{"event":"call.completed"}"#)).is_ok());
/// assert!(famulor.verify(Request::new(head, "{}")).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Famulor = Webhook<BodyHmac<Platform>>;

impl Famulor {
    /// Verifies with the workspace's webhook secret.
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self::build(BodyHmac::new(SIGNATURE), Keys::hmac(Algorithm::Sha256, keyring), None)
    }
}

/// Names the platform.
#[derive(Clone, Copy, Debug)]
pub enum Platform {}

impl body_hmac::Platform for Platform {
    const SCHEME: &'static str = "famulor";
    const PREFIX: &'static str = "sha256=";
}

const SIGNATURE: HeaderName = HeaderName::from_static("x-famulor-signature");
