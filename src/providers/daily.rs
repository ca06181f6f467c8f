//! Daily: webhooks of the REST API, and the webhook of a call to a room's number (pinless dial-in).
//!
//! # The rule
//!
//! `X-Webhook-Signature` holds the base64 of HMAC-SHA256(key, time ‖ `.` ‖ raw body), and `X-Webhook-Timestamp` the time. For pinless
//! dial-in the headers are `X-Pinless-Signature` and `X-Pinless-Timestamp`: [`pinless`](Daily::pinless).
//!
//! - The key is the webhook's `hmac`, which is base64. This type decodes it.
//! - A time of 10 digits is in seconds since the Unix epoch, one of 13 digits in milliseconds. Others are rejected.
//! - The time may be 5 minutes in the past or in the future. The vendor gives no tolerance.
//! - No separate identifier is signed. Deduplicate on the event's `id`.
//!
//! Other platforms use the header `X-Webhook-Signature` for other rules.
//!
//! Sources: the documentation of the REST API, its page on webhooks, and published receivers of others; read in November 2026.
//! The vendor publishes no signature to test with.
//!
//! # Setup
//!
//! When you create a webhook, Daily sends it the unsigned body `{"test":"test"}` and expects 200. This verifier rejects it.
//! Answer it outside the verifier, only while you create the webhook, and do nothing else with it. Three failures in a row
//! disable the webhook.
//!
//! # Unknown
//!
//! - The unit of the time. Here the number of digits decides.
//! - Whether pinless dial-in gives its key in the same way.

use crate::config_error::ConfigError;
use crate::error::{Error, ErrorKind};
use crate::mac::{Algorithm, Keys};
use crate::request::{Field, Head, HeaderName};
use crate::rule::{Envelope, Profile, Rule};
use crate::secret::{Keyring, Secret};
#[cfg(feature = "sign")]
use crate::sign::{Draft, Sign};
use crate::time::UnixTime;
use crate::webhook::Webhook;

/// Verifies Daily's webhooks.
///
/// # Example
///
/// All values were made for this example.
///
/// ```
/// use countersign::{Daily, ErrorKind, Head, Request, Secret, UnixTime, Verifier};
///
/// let secret = Secret::new("BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=")?;
/// let daily = Daily::new(secret)?.clock(|| UnixTime::from_secs(1_785_412_800));
///
/// let headers = [
///     ("X-Webhook-Signature", "jlrwv+tScaHyhDLr/DdQ12ulse0yXDoMCl4zzWjmREk="),
///     ("X-Webhook-Timestamp", "1785412800"),
/// ];
/// let head = Head::new("POST", &headers);
/// assert!(daily.verify(Request::new(head, r#"{"type":"participant.joined"}"#)).is_ok());
///
/// let rejected = daily.verify(Request::new(head, r#"{"type":"participant.left"}"#)).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Daily = Webhook<DailyRule>;

/// The signing rule of [`Daily`].
#[derive(Clone, Copy, Debug)]
pub struct DailyRule(&'static Names);

#[derive(Debug)]
struct Names {
    signature: HeaderName,
    time: HeaderName,
}

impl Daily {
    /// Verifies with the webhook's `hmac`, or several, newest first.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::SecretNotBase64`]: a secret is not base64.
    /// - [`ConfigError::SecretEmpty`]: a secret decodes to nothing.
    pub fn new(keyring: impl Into<Keyring>) -> Result<Self, ConfigError> {
        Self::named(&WEBHOOK, keyring)
    }

    /// Verifies the webhook of pinless dial-in.
    ///
    /// # Errors
    ///
    /// - Those of [`new`](Self::new).
    pub fn pinless(keyring: impl Into<Keyring>) -> Result<Self, ConfigError> {
        Self::named(&PINLESS, keyring)
    }

    fn named(names: &'static Names, keyring: impl Into<Keyring>) -> Result<Self, ConfigError> {
        let keys = Keys::hmac(Algorithm::Sha256, keyring.into().keyed(key)?);
        Ok(Self::build(DailyRule(names), keys, None))
    }
}

impl Rule for DailyRule {
    fn profile(&self) -> Profile {
        Profile::new("daily").window(300, 300)
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let (tag, time) = (head.signature(&self.0.signature)?, head.time(&self.0.time)?);
        envelope.base64(tag).signed_at(unix_time(time)?).part(time).part(".").body();
        Ok(())
    }
}

#[cfg(feature = "sign")]
impl Sign for DailyRule {
    fn write(&self, draft: &mut Draft<'_>) {
        draft.header(self.0.time.as_str(), draft.seconds());
        draft.header(self.0.signature.as_str(), draft.base64());
    }

    fn key(&self, shown: &Secret) -> Result<Secret, ConfigError> {
        key(shown)
    }
}

fn key(shown: &Secret) -> Result<Secret, ConfigError> {
    Secret::from_base64(shown.bytes())
}

fn unix_time(time: Field<'_>) -> Result<UnixTime, Error> {
    match time.bytes().len() {
        10 => time.seconds(),
        13 => time.millis(),
        _ => Err(time.reject(ErrorKind::TimestampMalformed)),
    }
}

static WEBHOOK: Names = Names {
    signature: HeaderName::from_static("x-webhook-signature"),
    time: HeaderName::from_static("x-webhook-timestamp"),
};
static PINLESS: Names = Names {
    signature: HeaderName::from_static("x-pinless-signature"),
    time: HeaderName::from_static("x-pinless-timestamp"),
};
