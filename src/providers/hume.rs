//! Hume: webhooks of its Empathic Voice Interface (EVI).
//!
//! # The rule
//!
//! `X-Hume-AI-Webhook-Signature` holds the hex of HMAC-SHA256(key, raw body ‖ `.` ‖ time). The body comes first.
//! `X-Hume-AI-Webhook-Timestamp` holds the time in seconds since the Unix epoch.
//!
//! - The key is the webhook signing key of the developer portal, as text.
//! - The time may be 3 minutes in the past, as in the vendor's examples, and 1 minute in the future, which they do not define.
//! - No separate identifier is signed. Deduplicate on `chat_id` and the event's name.
//!
//! Sources: the vendor's examples for TypeScript (`util.ts`) and Python (`utils.py`) in `HumeAI/hume-api-examples`; read in November
//! 2026. The vendor publishes no signature to test with.
//!
//! # Unknown
//!
//! - Which key signs if the account has an API key and a signing key. Either can sign. Give both in a [`Keyring`].
//! - Whether and for how long Hume retries.

use crate::error::Error;
use crate::mac::{Algorithm, Keys};
use crate::request::{Head, HeaderName};
use crate::rule::{Envelope, Profile, Rule};
use crate::secret::Keyring;
#[cfg(feature = "sign")]
use crate::sign::{Draft, Sign};
use crate::webhook::Webhook;

/// Verifies Hume's webhooks.
///
/// # Example
///
/// All values were made for this example.
///
/// ```
/// use countersign::{ErrorKind, Head, Hume, Request, Secret, UnixTime, Verifier};
///
/// let hume = Hume::new(Secret::new("hume-signing-key")?).clock(|| UnixTime::from_secs(1_750_000_000));
///
/// let headers = [
///     ("X-Hume-AI-Webhook-Signature", "02f4cfe3c76571c7763e13115e5c71720e43003f7ba91e4de522ab66a3492d57"),
///     ("X-Hume-AI-Webhook-Timestamp", "1750000000"),
/// ];
/// let head = Head::new("POST", &headers);
/// assert!(hume.verify(Request::new(head, r#"{"event":"call.ended"}"#)).is_ok());
///
/// let rejected = hume.verify(Request::new(head, r#"{"event":"call.started"}"#)).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Hume = Webhook<HumeRule>;

/// The signing rule of [`Hume`].
#[derive(Clone, Copy, Debug)]
pub struct HumeRule;

impl Hume {
    /// Verifies with the webhook signing key, or several keys, newest first.
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self::build(HumeRule, Keys::hmac(Algorithm::Sha256, keyring), None)
    }
}

impl Rule for HumeRule {
    fn profile(&self) -> Profile {
        Profile::new("hume").window(180, 60)
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let (tag, time) = (head.signature(&SIGNATURE)?, head.time(&TIME)?);
        envelope.hex(tag).signed_at(time.seconds()?).body().part(".").part(time);
        Ok(())
    }
}

#[cfg(feature = "sign")]
impl Sign for HumeRule {
    fn write(&self, draft: &mut Draft<'_>) {
        draft.header(TIME.as_str(), draft.seconds());
        draft.header(SIGNATURE.as_str(), draft.hex());
    }
}

static SIGNATURE: HeaderName = HeaderName::from_static("x-hume-ai-webhook-signature");
static TIME: HeaderName = HeaderName::from_static("x-hume-ai-webhook-timestamp");
