//! The Contact Center's webhooks: a setting of the signed webhook.

use super::signed_webhook::SignedWebhook;
use crate::config_error::ConfigError;
use crate::secret::{Keyring, Secret};
use crate::time::{Clock, Tolerance};
use crate::verifier::delegate_verifier;

/// Verifies the webhooks of the Vonage Contact Center.
///
/// # The rule
///
/// That of [`SignedWebhook`], with these differences ([documented], as read in November 2026):
///
/// - The token is in the header `Vonage-Signature`, after the word `Bearer`.
/// - The key is the **base64-decoded** subscription secret; it is decoded here.
/// - `exp`, five minutes after issue, is required.
/// - Only a POST, whose body is signed: no other form is documented.
///
/// Whether these tokens name an issuer is not documented; where one does, it must be `Vonage`, as for the other products,
/// unless you [`accept_any_issuer`](Self::accept_any_issuer).
/// The subscription secret belongs to one subscription, so there are no tenants.
///
/// # Deployment caveat
///
/// A token lives five minutes. A server whose clock runs more than that ahead refuses every delivery, and one in a queue
/// for longer is lost.
///
/// # Example
///
/// ```
/// use countersign::vonage::ContactCenter;
/// use countersign::{ConfigError, ErrorKind, Secret, UnixTime, Verifier};
/// # #[cfg(feature = "sign")] {
/// let secret = Secret::new("bXlfc2VjcmV0X2tleQ==")?;
/// let now = UnixTime::from_secs(1_700_000_000);
/// let contact_center = ContactCenter::new(secret.clone())?.clock(move || now);
///
/// let genuine = countersign::sign::ContactCenterSigner::new(&secret, now)?.post(r#"{"type":"interaction.ended"}"#);
/// assert!(contact_center.verify(genuine.request()).is_ok());
///
/// let later = UnixTime::from_secs(1_700_000_300);
/// let refused = contact_center.clock(move || later).verify(genuine.request()).unwrap_err();
/// assert_eq!(refused.kind(), ErrorKind::TokenExpired);
///
/// assert_eq!(ContactCenter::new(Secret::new("my secret key")?).unwrap_err(), ConfigError::SecretNotBase64);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Those of [`SignedWebhook`].
///
/// [documented]: https://newvoicemedia.atlassian.net/wiki/spaces/DP/pages/3943465165/Webhooks+subscriptions
#[derive(Debug)]
#[must_use]
pub struct ContactCenter(SignedWebhook);

impl ContactCenter {
    /// Verifies with the subscription secret, or several, as the dashboard shows them: in base64.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::SecretNotBase64`]: a secret is not base64.
    /// - [`ConfigError::SecretEmpty`]: a secret decodes to no byte.
    pub fn new(keyring: impl Into<Keyring>) -> Result<Self, ConfigError> {
        let keyring = keyring.into().keyed(|text| Secret::from_base64(text.bytes()))?;
        Ok(Self(SignedWebhook::new(keyring).carried_in(SIGNATURE).require_expiry().bodies_only()))
    }

    /// Reads the token from another header, where it may stand alone or after `Bearer`.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::HeaderNameInvalid`]: the name is empty or not a token.
    pub fn header(self, name: &str) -> Result<Self, ConfigError> {
        self.0.header(name).map(Self)
    }

    /// Sets the bounds of `iat`: by default 300 s in the past and 60 s in the future. `exp` holds besides.
    pub fn tolerance(self, window: Tolerance) -> Self {
        Self(self.0.tolerance(window))
    }

    /// Accepts a token for a while after its `exp` (the tolerance's past) and before its `nbf` (its future), for
    /// clocks that differ. By default both hold to the second.
    pub fn leeway(self, leeway: Tolerance) -> Self {
        Self(self.0.leeway(leeway))
    }

    /// Accepts a token of any issuer: the subscription's secret signed it all the same.
    pub fn accept_any_issuer(self) -> Self {
        Self(self.0.any_issuer())
    }

    /// Accepts a token signed at any time, as long as its `exp` has not come. It must still say when: `iat` stays required.
    pub fn insecure_accept_any_age(self) -> Self {
        Self(self.0.insecure_accept_any_age())
    }

    /// Tells the time by another clock than the system's. Where the system has none ([`Clock`]), this is the only one.
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        Self(self.0.clock(clock))
    }

    /// Refuses a body of more bytes than `limit`. There is no limit by default, since nothing of the body is kept.
    pub fn max_body(self, limit: usize) -> Self {
        Self(self.0.max_body(limit))
    }

    /// The webhook that this is a setting of.
    #[cfg(any(feature = "diagnose", feature = "sign"))]
    pub(crate) fn signed_webhook(&self) -> &SignedWebhook {
        &self.0
    }
}

delegate_verifier!(impl[] for ContactCenter, this => this.0, "vonage-contact-center");

pub(crate) const SIGNATURE: &str = "vonage-signature";
