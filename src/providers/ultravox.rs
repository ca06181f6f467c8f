//! Ultravox: webhooks of calls.
//!
//! # The rule
//!
//! `X-Ultravox-Webhook-Timestamp` holds the time in ISO 8601, and `X-Ultravox-Webhook-Signature` a list with commas: the hex of
//! HMAC-SHA256(secret, raw body ‖ time), one for each secret of the webhook. Nothing separates the body from the time.
//!
//! - The secret is used as text.
//! - One signature that matches is enough: a secret is rotated so. At most 16 are tried.
//! - The time's text is signed as it is sent. It may have a fraction of a second, and a zone (`Z`, `+01:00`); without one it is taken
//!   as UTC.
//! - The time may be 1 minute in the past, as recommended, or in the future. Since nothing separates it from the body, a window is
//!   required, of a day at most.
//! - No identifier is signed beside the body: deduplicate on `event` and `call.callId`. An event is sent up to 10 times more, over
//!   some 9 hours, each time with a new signature.
//!
//! Sources: the documentation's page on securing webhooks and its example; read in November 2026. The vendor publishes no signature
//! to test with.
//!
//! # Setup
//!
//! A webhook signs only while it has a secret, which it has unless that was taken away. The HTTP tools of an agent are not signed
//! so.
//!
//! # Unknown
//!
//! Whether the time is sent with a zone, and with how many digits after the point. All forms of the rule above are accepted.

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
