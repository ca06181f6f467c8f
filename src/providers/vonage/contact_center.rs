//! The Contact Center's webhooks: the tokens of signed webhooks in another header.

use super::signed_webhook::{API_KEY, PAYLOAD_HASH, policy};
use crate::claims::Claims;
use crate::config_error::ConfigError;
use crate::encoding::hex;
use crate::error::{Error, ErrorKind};
use crate::jwt::{Body, Carrier, Covered, Dated, Policy, TokenRule, TokenWebhook};
use crate::mac::{Function, Senders};
use crate::request::{Head, HeaderName};
use crate::secret::{Keyring, Secret};
use crate::verifier::Coverage;

/// Verifies the webhooks of the Vonage Contact Center.
///
/// # The rule
///
/// The rule of [`SignedWebhook`](super::SignedWebhook), with these differences ([documented], as read in November 2026):
///
/// - The token is in the header `Vonage-Signature`, after `Bearer`.
/// - The key is the **base64-decoded** subscription secret. This type decodes it.
/// - `exp`, five minutes after issue, is required.
/// - Only a POST with a signed body is accepted. Nothing else is documented.
///
/// It is not documented whether these tokens name an issuer. If one does, it must be `Vonage`, as for the other products, unless
/// you [`accept_any_issuer`](ContactCenter::accept_any_issuer). The subscription secret belongs to one subscription, so there
/// are no tenants.
///
/// # Deployment caveat
///
/// A token is valid for five minutes. If your clock is more than that ahead, every request is rejected. So is a request that
/// waits longer in a queue.
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
/// let rejected = contact_center.clock(move || later).verify(genuine.request()).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::TokenExpired);
///
/// assert_eq!(ContactCenter::new(Secret::new("my secret key")?).unwrap_err(), ConfigError::SecretNotBase64);
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Those of [`SignedWebhook`](super::SignedWebhook).
///
/// [documented]: https://newvoicemedia.atlassian.net/wiki/spaces/DP/pages/3943465165/Webhooks+subscriptions
pub type ContactCenter = TokenWebhook<ContactCenterRule>;

/// Defines the tokens of [`ContactCenter`] and what they cover.
#[derive(Clone, Copy, Debug)]
pub struct ContactCenterRule;

impl ContactCenter {
    /// Verifies with the subscription secret, or several, in base64 as the dashboard shows them.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::SecretNotBase64`]: a secret is not base64.
    /// - [`ConfigError::SecretEmpty`]: a secret decodes to nothing.
    pub fn new(keyring: impl Into<Keyring>) -> Result<Self, ConfigError> {
        let keyring = keyring.into().keyed(|text| Secret::from_base64(text.bytes()))?;
        let keys = Senders::one(Function::HmacSha256, &keyring);
        let policy = Policy { expiry_required: true, ..policy() };
        Ok(Self::build(ContactCenterRule, Carrier::bearer(SIGNATURE), keys, policy))
    }

    /// Accepts a token of any issuer. The subscription's secret must still have signed it.
    pub fn accept_any_issuer(self) -> Self {
        self.with_policy(|policy| policy.issuer = None)
    }
}

impl TokenRule for ContactCenterRule {
    const SCHEME: &'static str = "vonage-contact-center";
    const METHODS: &'static [&'static str] = &["POST"];
    const TENANT: &'static str = API_KEY;
    const IDENTIFIED: bool = true;

    fn covers(&self, _: Head<'_>, claims: &Claims) -> Result<Covered, Error> {
        let hash = claims.hash(PAYLOAD_HASH, hex::decode)?;
        let hash = hash.ok_or_else(|| Error::claim(ErrorKind::PayloadHashMissing, PAYLOAD_HASH))?;
        Ok(Covered { coverage: Coverage::Body, body: Body::Hashed(hash) })
    }
}

impl Dated for ContactCenterRule {}

pub(crate) const SIGNATURE: HeaderName = HeaderName::from_static("vonage-signature");
