//! Agora: notifications of the Conversational AI engine and of all other products.
//!
//! # The rule
//!
//! `Agora-Signature-V2` holds the hex of HMAC-SHA256(secret, raw body).
//!
//! - The secret is that of the product's notifications in the console, as text.
//! - Agora also sends `Agora-Signature`, with SHA-1. It is never read: a request without `Agora-Signature-V2` is rejected.
//! - No separate time or identifier is signed. Deduplicate on `noticeId`. `notifyMs` is the time of sending.
//!
//! Sources: the vendor's documentation of notifications, and its recipe for webhooks; read in November 2026.
//!
//! # Setup
//!
//! Answer with 200 and a JSON body within 10 seconds. Otherwise Agora retries up to three times.
//!
//! # Unknown
//!
//! How a secret is rotated.

use crate::mac::{Algorithm, Keys};
use crate::providers::body_hmac::{self, BodyHmac};
use crate::request::HeaderName;
use crate::secret::Keyring;
use crate::webhook::Webhook;

/// Verifies Agora's notifications.
///
/// # Example
///
/// The signature is from the vendor's documentation.
///
/// ```
/// use countersign::{Agora, Head, Request, Secret, Verifier};
///
/// let agora = Agora::new(Secret::new("secret")?);
///
/// let headers = [("Agora-Signature-V2", "de96da5acf03b0021ac3b4fa2225e7ae6f3533a30d50bb02c08ea4fa748bda24")];
/// let head = Head::new("POST", &headers);
/// let body = concat!(
///     r#"{"eventType":10,"noticeId":"4eb720f0-8da7-11e9-a43e-53f411c2761f","#,
///     r#""notifyMs":1560408533119,"payload":{"a":"1","b":2},"productId":1}"#,
/// );
/// assert!(agora.verify(Request::new(head, body)).is_ok());
/// assert!(agora.verify(Request::new(head, &body.replace("10,", "11,"))).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Agora = Webhook<BodyHmac<Platform>>;

impl Agora {
    /// Verifies with the secret of the product's notifications.
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self::build(BodyHmac::new(SIGNATURE), Keys::hmac(Algorithm::Sha256, keyring), None)
    }
}

/// Names the platform.
#[derive(Clone, Copy, Debug)]
pub enum Platform {}

impl body_hmac::Platform for Platform {
    const SCHEME: &'static str = "agora";
}

const SIGNATURE: HeaderName = HeaderName::from_static("agora-signature-v2");
