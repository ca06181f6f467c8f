//! Vogent, formerly Elto.
//!
//! # The rule
//!
//! The header `X-Elto-Signature` holds the hex of HMAC(signing secret, raw body), with SHA-256 unless the workspace is set
//! otherwise ([documented], as read in November 2026). Hex of any case is accepted, as in the vendor's helper. The rest is the
//! rule of [`HexHmac`](crate::HexHmac).
//!
//! No time and no identifier is signed, and no retries are documented. Deduplicate on `dial_id` and the event.
//!
//! API functions (tools) are not signed: this verifier rejects them all. Set a secret header for each function, and verify it
//! with [`StaticToken`](crate::StaticToken).
//!
//! Third-party guides name a header `vogent-signature`. The platform does not send it.
//!
//! # Deployment caveat
//!
//! The secret is the *webhook signing secret* of the dashboard's API tab, not an API key. If the environment variable with it
//! is not set, do not start: there is no verifier without a secret.
//!
//! [documented]: https://docs.vogent.ai/platform-overview/api-settings

use crate::mac::{Algorithm, Keys};
use crate::providers::body_hmac::{self, BodyHmac};
use crate::request::HeaderName;
use crate::secret::Keyring;
use crate::webhook::Webhook;

/// Verifies Vogent's webhooks.
///
/// # Example
///
/// ```
/// use countersign::{ErrorKind, Head, Request, Secret, Verifier, Vogent};
///
/// let vogent = Vogent::new(Secret::new("made-up-vogent-secret")?);
///
/// let headers = [("X-Elto-Signature", "3eebf0b66e23eceee4d088432497fa03935cf906ae228d2a025519303f9ef439")];
/// let head = Head::new("POST", &headers);
/// assert!(vogent.verify(Request::new(head, r#"{"event":"dial.started"}"#)).is_ok());
///
/// let rejected = vogent.verify(Request::new(head, r#"{"event": "dial.started"}"#)).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Those of [`HexHmac`](crate::HexHmac).
pub type Vogent = Webhook<BodyHmac<Platform>>;

impl Vogent {
    /// Verifies HMAC-SHA256, the platform's default, with a [`Secret`](crate::Secret) or a [`Keyring`].
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self::with_algorithm(Algorithm::Sha256, keyring)
    }

    /// Verifies with another algorithm.
    pub fn with_algorithm(algorithm: Algorithm, keyring: impl Into<Keyring>) -> Self {
        Self::build(BodyHmac::new(SIGNATURE), Keys::hmac(algorithm, keyring), None)
    }
}

/// Names the platform.
#[derive(Clone, Copy, Debug)]
pub enum Platform {}

impl body_hmac::Platform for Platform {
    const SCHEME: &'static str = "vogent";
}

pub(crate) const SIGNATURE: HeaderName = HeaderName::from_static("x-elto-signature");
