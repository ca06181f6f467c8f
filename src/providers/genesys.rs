//! Genesys Cloud: outbound webhooks of Open Messaging.
//!
//! # The rule
//!
//! `X-Hub-Signature-256` holds `sha256=` and the **base64** of HMAC-SHA256(secret, raw body). GitHub's header of the same name
//! holds hex.
//!
//! - The secret is the integration's `outboundNotificationWebhookSignatureSecretToken`, as text.
//! - No time and no identifier is signed. Deduplicate on the payload.
//!
//! Sources: the documentation's page on validating notifications of Open Messaging, and the vendor's blueprint for Slack
//! (`docs/routes/slack.js`); read in November 2026. They publish no signature to test with.
//!
//! # Setup
//!
//! Answer within 10 seconds. Otherwise, and after 429 and 5xx, Genesys retries up to 5 times, 5 seconds apart.
//!
//! # Unknown
//!
//! - Whether the body is always sent as it was signed: both sources parse the JSON and write it again before they hash.
//! - `AudioHook` uses another scheme, HTTP message signatures, and is not supported. Other webhooks of Genesys Cloud have
//!   headers that you configure: see [`StaticToken`](crate::StaticToken).

use crate::mac::{Algorithm, Keys};
use crate::providers::body_hmac::{self, BodyHmac};
use crate::request::HeaderName;
use crate::rule::Encoding;
use crate::secret::Keyring;
use crate::webhook::Webhook;

/// Verifies the webhooks of Genesys Cloud's Open Messaging.
///
/// # Example
///
/// The signature was made for this example.
///
/// ```
/// use countersign::{Genesys, Head, Request, Secret, Verifier};
///
/// let genesys = Genesys::new(Secret::new("genesys-secret")?);
///
/// let headers = [("X-Hub-Signature-256", "sha256=4G5TUd/AGeavAobfB7vfh7HZBvpSXigVlIkcPUK0BAY=")];
/// let head = Head::new("POST", &headers);
/// assert!(genesys.verify(Request::new(head, r#"{"type":"Text","text":"Hello"}"#)).is_ok());
/// assert!(genesys.verify(Request::new(head, "{}")).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Genesys = Webhook<BodyHmac<Platform>>;

impl Genesys {
    /// Verifies with the integration's secret token.
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self::build(BodyHmac::new(SIGNATURE), Keys::hmac(Algorithm::Sha256, keyring), None)
    }
}

/// Names the platform.
#[derive(Clone, Copy, Debug)]
pub enum Platform {}

impl body_hmac::Platform for Platform {
    const SCHEME: &'static str = "genesys";
    const ENCODING: Encoding = Encoding::Base64;
    const PREFIX: &'static str = "sha256=";
}

const SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature-256");
