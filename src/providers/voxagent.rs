//! Voxagent, formerly SpeakNode.
//!
//! # The rule
//!
//! A header holds the hex of HMAC-SHA256(webhook secret as UTF-8, raw body) ([documented], as read in November
//! 2026). The rest is the rule of [`HexHmac`].
//!
//! **The header's name is documented nowhere**, so there is no default here: the caller names it. Look at one delivery
//! in the platform's request history, or at what your server receives.
//!
//! No time and no identifier is signed. The platform "may retry" after a status other than 2xx, on no documented
//! schedule. Deduplicate on what the payload says of the conversation or session.
//!
//! # Deployment caveat
//!
//! Every webhook subscription has a secret of its own: two subscriptions at one address need a [`Keyring`] of both.
//!
//! [documented]: https://docs.voxagent.app/en/guide/webhooks

use super::hex_hmac::HexHmac;
use crate::config_error::ConfigError;
use crate::secret::Keyring;
use crate::verifier::delegate_verifier;

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
/// let refused = voxagent.verify(Request::new(Head::new("POST", &[("x-other", "")]), b"")).unwrap_err();
/// assert_eq!(refused.kind(), ErrorKind::SignatureMissing);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Those of [`HexHmac`].
#[derive(Debug)]
#[must_use]
pub struct Voxagent(HexHmac);

impl Voxagent {
    /// Verifies the signature in the header of this name, with a [`Secret`](crate::Secret) or a [`Keyring`].
    ///
    /// # Errors
    ///
    /// - [`ConfigError::HeaderNameInvalid`]: the name is empty or not a token.
    pub fn new(header: &str, keyring: impl Into<Keyring>) -> Result<Self, ConfigError> {
        HexHmac::new(header, keyring).map(Self)
    }

    /// Takes requests of these methods alone, by default `POST`, `PUT` and `PATCH`.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::MethodsInvalid`]: there is none, or one is not a token.
    pub fn methods(self, methods: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, ConfigError> {
        self.0.methods(methods).map(Self)
    }

    /// Refuses a body of more bytes than `limit`. There is no limit by default, since nothing of the body is kept.
    pub fn max_body(self, limit: usize) -> Self {
        Self(self.0.max_body(limit))
    }

    /// The scheme that this is a setting of.
    #[cfg(feature = "diagnose")]
    pub(crate) fn hex_hmac(&self) -> &HexHmac {
        &self.0
    }
}

delegate_verifier!(impl[] for Voxagent, this => this.0, "voxagent");
