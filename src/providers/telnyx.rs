//! Telnyx: events of the API v2, and TeXML. Feature `ed25519`.
//!
//! # The rule
//!
//! `Telnyx-Signature-Ed25519` holds the base64 of the Ed25519 signature of `time|body`, and `Telnyx-Timestamp` the time in seconds
//! since the Unix epoch.
//!
//! - The public key is the account's, from Mission Control: base64 of 32 bytes, not a PEM.
//! - The time may be 5 minutes in the past or in the future.
//! - The URL is not signed, not even in TeXML. No separate identifier is signed. Deduplicate on `data.id`.
//! - Some descriptions of the API call the headers compatible with Standard Webhooks. They are not.
//!
//! Sources: the vendor's SDKs for Python, Node, Go, Ruby and PHP, and its documentation; read in November 2026. The vendor publishes
//! no signature to test with.
//!
//! # Unknown
//!
//! How a key is rotated. Each account has one.

use crate::config_error::ConfigError;
use crate::error::Error;
use crate::mac::{Keys, PublicKey};
use crate::request::{Head, HeaderName};
use crate::rule::{Envelope, Profile, Rule};
#[cfg(feature = "sign")]
use crate::sign::{Draft, Sign};
use crate::webhook::Webhook;

/// Verifies Telnyx's webhooks.
///
/// # Example
///
/// The key is from the vendor's tests. The signature was made for this example.
///
/// ```
/// use countersign::{Head, PublicKey, Request, Telnyx, UnixTime, Verifier};
///
/// let key = PublicKey::from_base64("+7E99DXiiQXvceNX4nHm3Lbm5mqPWad5RhDr2ufuCik=")?;
/// let telnyx = Telnyx::new([key])?.clock(|| UnixTime::from_secs(1_700_000_000));
///
/// let signature = "tMXRZyBL2gkwrgKp6CTDXTO/K+DVq0ZKEFB3tSdfBwqZGC3K/Hr7TCW+jY7RdWrAiKXEckI3tsHEpdz7lS/MDA==";
/// let headers = [("Telnyx-Signature-Ed25519", signature), ("Telnyx-Timestamp", "1700000000")];
/// let head = Head::new("POST", &headers);
/// let body = r#"{"data":{"event_type":"message.received","id":"test-123"}}"#;
/// assert!(telnyx.verify(Request::new(head, body)).is_ok());
/// assert!(telnyx.verify(Request::new(head, "{}")).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Telnyx = Webhook<TelnyxRule>;

/// The signing rule of [`Telnyx`].
#[derive(Clone, Copy, Debug)]
pub struct TelnyxRule;

impl Telnyx {
    /// Verifies with the account's public key, or several, newest first.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::KeyringEmpty`]: there is no key.
    pub fn new(keys: impl IntoIterator<Item = PublicKey>) -> Result<Self, ConfigError> {
        Ok(Self::build(TelnyxRule, Keys::ed25519(keys)?, None))
    }
}

impl Rule for TelnyxRule {
    fn profile(&self) -> Profile {
        Profile::new("telnyx").window(300, 300)
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let time = head.time(&TIME)?;
        envelope.base64(head.signature(&SIGNATURE)?).signed_at(time.seconds()?).part(time).part("|").body();
        Ok(())
    }
}

#[cfg(feature = "sign")]
impl Sign for TelnyxRule {
    fn write(&self, draft: &mut Draft<'_>) {
        draft.header(TIME.as_str(), draft.seconds());
        draft.header(SIGNATURE.as_str(), draft.base64());
    }
}

static SIGNATURE: HeaderName = HeaderName::from_static("telnyx-signature-ed25519");
static TIME: HeaderName = HeaderName::from_static("telnyx-timestamp");
