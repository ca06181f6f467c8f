//! Ultravox: call webhooks.
//!
//! # The rule
//!
//! `X-Ultravox-Webhook-Timestamp` holds the time in ISO 8601. `X-Ultravox-Webhook-Signature` holds a comma-separated list of
//! the hex of HMAC-SHA256(secret, raw body ‖ time), one per secret of the webhook. Nothing separates the body from the time.
//!
//! - The secret is used as text.
//! - One match is enough, because a rotation signs with both secrets. At most 16 signatures are tried.
//! - The time's text is signed as sent. It may have a fraction of a second and a zone (`Z`, `+01:00`). Without a zone it is
//!   UTC.
//! - The time may be 1 minute in the past, as recommended, or in the future. Nothing separates it from the body, so a window is
//!   required, of a day at most.
//! - No separate identifier is signed. Deduplicate on `event` and `call.callId`. Ultravox retries up to 10 times over
//!   about 9 hours, each time with a new signature.
//!
//! Sources: the documentation's page on securing webhooks and its example; read in November 2026. The vendor publishes no signature
//! to test with.
//!
//! # Setup
//!
//! A webhook is signed only while it has a secret. It has one by default. The HTTP tools of an agent do not use this rule.
//!
//! # Unknown
//!
//! Whether the time has a zone, and how many digits its fraction has. All forms above are accepted.

use crate::error::Error;
use crate::mac::{Algorithm, Keys};
use crate::request::{Head, HeaderName};
use crate::rule::{Envelope, Profile, Rule};
use crate::secret::Keyring;
#[cfg(feature = "sign")]
use crate::sign::{Draft, Sign};
use crate::webhook::Webhook;

/// Verifies Ultravox's webhooks.
///
/// # Example
///
/// All values were made for this example.
///
/// ```
/// use countersign::{ErrorKind, Head, Request, Secret, Ultravox, UnixTime, Verifier};
///
/// let ultravox = Ultravox::new(Secret::new("ultravox-secret")?).clock(|| UnixTime::from_secs(1_795_608_000));
///
/// let headers = [
///     ("X-Ultravox-Webhook-Signature", "8cdd060a6cd6598ad8c5daea46df2ff5c223cfe4040a2d9be19dd081d2cd7a8a"),
///     ("X-Ultravox-Webhook-Timestamp", "2026-11-25T12:00:00.000000Z"),
/// ];
/// let head = Head::new("POST", &headers);
/// assert!(ultravox.verify(Request::new(head, r#"{"event":"call.ended"}"#)).is_ok());
///
/// let rejected = ultravox.verify(Request::new(head, r#"{"event":"call.started"}"#)).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Ultravox = Webhook<UltravoxRule>;

/// The signing rule of [`Ultravox`].
#[derive(Clone, Copy, Debug)]
pub struct UltravoxRule;

impl Ultravox {
    /// Verifies with the webhook's secret, or several, newest first.
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self::build(UltravoxRule, Keys::hmac(Algorithm::Sha256, keyring), None)
    }
}

impl Rule for UltravoxRule {
    fn profile(&self) -> Profile {
        Profile::new("ultravox").window(60, 60).window_required()
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let (tags, time) = (head.signature(&SIGNATURE)?, head.time(&TIME)?);
        envelope.any_hex(tags.list(b',')).signed_at(time.iso8601()?).body().part(time);
        Ok(())
    }
}

#[cfg(feature = "sign")]
impl Sign for UltravoxRule {
    fn write(&self, draft: &mut Draft<'_>) {
        draft.header(TIME.as_str(), draft.iso8601());
        draft.header(SIGNATURE.as_str(), draft.hex());
    }
}

static SIGNATURE: HeaderName = HeaderName::from_static("x-ultravox-webhook-signature");
static TIME: HeaderName = HeaderName::from_static("x-ultravox-webhook-timestamp");
