//! Voxagent, formerly SpeakNode.
//!
//! # The rule
//!
//! A header holds the hex of HMAC-SHA256(webhook secret as UTF-8, raw body) ([documented], as read in November 2026). The rest
//! is the rule of [`HexHmac`](crate::HexHmac).
//!
//! **The header's name is not documented**, so there is no default here. Look it up in the platform's request history, or in a
//! request that your server received.
//!
//! No time and no identifier is signed. The platform "may retry" after a status other than 2xx, with no documented schedule.
//! Deduplicate on the conversation or session in the payload.
//!
//! # Deployment caveat
//!
//! Every webhook subscription has its own secret. Two subscriptions at one address need a [`Keyring`] of both.
//!
//! [documented]: https://docs.voxagent.app/en/guide/webhooks

use crate::config_error::ConfigError;
use crate::mac::{Algorithm, Keys};
use crate::providers::body_hmac::{self, BodyHmac};
use crate::request::HeaderName;
use crate::secret::Keyring;
use crate::webhook::Webhook;

/// Verifies Voxagent's webhooks.
///
/// # Example
///
/// ```
/// use countersign::{ErrorKind, Head, Request, Secret, Verifier, Voxagent};
///
/// // The name is an example: see the module's documentation.
/// let voxagent = Voxagent::new("X-Webhook-Signature", Secret::new("whsec-5f1e3c07")?)?;
///
/// let headers = [("X-Webhook-Signature", "d65ff1fe2493ae0060beca2ddc8ea00345e93cdf1aa3c0a1c6c23443e6944eaf")];
/// let head = Head::new("POST", &headers);
/// assert!(voxagent.verify(Request::new(head, r#"{"event":"SessionStarted"}"#)).is_ok());
///
/// let rejected = voxagent.verify(Request::new(Head::new("POST", &[("x-other", "")]), b"")).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::SignatureMissing);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Those of [`HexHmac`](crate::HexHmac).
pub type Voxagent = Webhook<BodyHmac<Platform>>;

impl Voxagent {
    /// Verifies the signature in the header of this name, with a [`Secret`](crate::Secret) or a [`Keyring`].
    ///
    /// # Errors
    ///
    /// - [`ConfigError::HeaderNameInvalid`]: the name is empty or not a token.
    pub fn new(header: &str, keyring: impl Into<Keyring>) -> Result<Self, ConfigError> {
        let rule = BodyHmac::new(HeaderName::new(header)?);
        Ok(Self::build(rule, Keys::hmac(Algorithm::Sha256, keyring), None))
    }
}

/// Names the platform.
#[derive(Clone, Copy, Debug)]
pub enum Platform {}

impl body_hmac::Platform for Platform {
    const SCHEME: &'static str = "voxagent";
}
