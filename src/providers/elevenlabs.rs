//! ElevenLabs: post-call webhooks, and those of speech-to-text and voice removal.
//!
//! # The rule
//!
//! The header `ElevenLabs-Signature` holds `t=<time>,v0=<hex>`: the time in seconds since the Unix epoch, and the hex of
//! HMAC-SHA256(secret, time ‖ `.` ‖ raw body).
//!
//! - The secret is the whole text that ElevenLabs shows when you create the webhook. It is not base64.
//! - The time may be 30 minutes in the past, as documented, and 5 minutes in the future, which is not documented.
//! - `post_call_audio` contains the whole call as base64 audio, so a body may have 32 MiB:
//!   [`body_limit`](crate::Verifier::body_limit).
//! - No separate identifier is signed. Deduplicate on `type` and `data.conversation_id`.
//!
//! Sources: the documentation's page on webhooks, and the vendor's SDKs for TypeScript (`webhooks.ts`) and Python
//! (`webhooks_custom.py`); read in November 2026.
//!
//! # Setup
//!
//! Choose HMAC as the webhook's authentication. OAuth 2.0 and mTLS send no signature. The webhooks of tools and of the start of
//! a conversation are not signed: give them a secret header, and compare it in constant time.
//!
//! # Unknown
//!
//! Whether ElevenLabs ever sends more than one `v0`, for example during a rotation. One match is enough here.

use crate::error::Error;
use crate::mac::{Algorithm, Keys};
use crate::request::{Head, HeaderName};
use crate::rule::{Envelope, Profile, Rule};
use crate::secret::Keyring;
#[cfg(feature = "sign")]
use crate::sign::{Draft, Sign};
use crate::webhook::Webhook;

/// Verifies ElevenLabs's webhooks.
///
/// # Example
///
/// Secret, time and body are from the vendor's tests, which sign at run time. The signature was made for this example.
///
/// ```
/// use countersign::{ElevenLabs, ErrorKind, Head, Request, Secret, UnixTime, Verifier};
///
/// let elevenlabs = ElevenLabs::new(Secret::new("test_secret")?).clock(|| UnixTime::from_secs(1_600_000_000));
///
/// let signature = "t=1600000000,v0=f8a0d1dc33ee963cb54d2f31514555995e93313c9d2042c030adbb82b87fae13";
/// let headers = [("ElevenLabs-Signature", signature)];
/// let head = Head::new("POST", &headers);
/// assert!(elevenlabs.verify(Request::new(head, r#"{"event_type": "speech.completed", "id": "123456"}"#)).is_ok());
///
/// let rejected = elevenlabs.verify(Request::new(head, "{}")).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type ElevenLabs = Webhook<ElevenLabsRule>;

/// The signing rule of [`ElevenLabs`].
#[derive(Clone, Copy, Debug)]
pub struct ElevenLabsRule;

impl ElevenLabs {
    /// Verifies with the webhook's secret, or several, newest first.
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self::build(ElevenLabsRule, Keys::hmac(Algorithm::Sha256, keyring), None)
    }
}

impl Rule for ElevenLabsRule {
    fn profile(&self) -> Profile {
        Profile::new("elevenlabs").window(30 * 60, 300).body_limit(32 * 1024 * 1024)
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let signature = head.signature(&SIGNATURE)?;
        let time = signature.one("t")?;
        envelope.signed_at(time.seconds()?).any_hex(signature.all("v0")?).part(time).part(".").body();
        Ok(())
    }
}

#[cfg(feature = "sign")]
impl Sign for ElevenLabsRule {
    fn write(&self, draft: &mut Draft<'_>) {
        draft.header(SIGNATURE.as_str(), format!("t={},v0={}", draft.seconds(), draft.hex()));
    }
}

static SIGNATURE: HeaderName = HeaderName::from_static("elevenlabs-signature");
