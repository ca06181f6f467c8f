//! Vogent, formerly Elto.
//!
//! # The rule
//!
//! The header `X-Elto-Signature` holds the hex of HMAC(signing secret, raw body), with SHA-256 unless the workspace is
//! set otherwise ([documented], as read in November 2026; any case of hex is accepted, as the vendor's helper decodes
//! it). The rest is the rule of [`HexHmac`].
//!
//! No time and no identifier is signed, and no retry scheme is documented. Deduplicate on the payload: `dial_id` and the
//! event.
//!
//! Third-party guides name a header `vogent-signature`; the platform does not send it.
//!
//! # Deployment caveat
//!
//! The secret is the *webhook signing secret* of the dashboard's API tab, not an API key. Where the environment
//! variable that holds it is unset, do not start: there is no verifier without a secret.
//!
//! [documented]: https://docs.vogent.ai/platform-overview/api-settings

use super::hex_hmac::HexHmac;
use crate::config_error::ConfigError;
use crate::mac::Algorithm;
use crate::request::HeaderName;
use crate::secret::Keyring;
use crate::verifier::delegate_verifier;

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
/// let refused = vogent.verify(Request::new(head, r#"{"event": "dial.started"}"#)).unwrap_err();
/// assert_eq!(refused.kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Those of [`HexHmac`].
#[derive(Debug)]
#[must_use]
pub struct Vogent(HexHmac);

impl Vogent {
    /// Verifies HMAC-SHA256, the platform's default, with a [`Secret`](crate::Secret) or a [`Keyring`].
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self::with_algorithm(Algorithm::Sha256, keyring)
    }

    /// Verifies an HMAC of another algorithm.
    pub fn with_algorithm(algorithm: Algorithm, keyring: impl Into<Keyring>) -> Self {
        Self(HexHmac::named(HeaderName::from_static(SIGNATURE), algorithm, &keyring.into()))
    }

    /// Reads the signature from another header, for a gateway that renames it.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::HeaderNameInvalid`]: the name is empty or not a token.
    pub fn header(self, name: &str) -> Result<Self, ConfigError> {
        self.0.header(name).map(Self)
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

delegate_verifier!(impl[] for Vogent, this => this.0, "vogent");

pub(crate) const SIGNATURE: &str = "x-elto-signature";
