//! Sinch: events of the Conversation API and of SMS.
//!
//! # The rule
//!
//! `X-Sinch-Webhook-Signature` holds the base64 of HMAC-SHA256(secret, raw body ‖ `.` ‖ nonce ‖ `.` ‖ time). The body comes
//! first. `X-Sinch-Webhook-Signature-Nonce` holds the nonce. `X-Sinch-Webhook-Signature-Timestamp` holds the time in seconds
//! since the Unix epoch.
//!
//! - The secret is the webhook's, as text.
//! - The nonce must not be empty or contain `.`, so that the signed message has one reading. It is the replay key.
//! - The time may be 5 minutes in the past or in the future. The vendor gives no tolerance.
//! - `X-Sinch-Webhook-Signature-Algorithm` is not read: a request cannot choose its algorithm.
//!
//! Sources: the vendor's SDKs for Java, Node and Python, and the documentation of the Conversation API; read in November 2026.
//!
//! # Unknown
//!
//! Whether a retry has the same nonce. Until you have observed it, deduplicate on the payload too: with another nonce, the same
//! event counts as new.

use crate::error::Error;
use crate::mac::{Algorithm, Keys};
use crate::request::{Head, HeaderName};
use crate::rule::{Envelope, Profile, Rule};
use crate::secret::Keyring;
#[cfg(feature = "sign")]
use crate::sign::{Draft, Sign};
use crate::webhook::Webhook;

/// Verifies the events of Sinch's Conversation API and SMS.
///
/// # Example
///
/// The values are from the tests of the vendor's SDKs.
///
/// ```
/// use countersign::{ErrorKind, Head, Request, Secret, Sinch, UnixTime, Verifier};
///
/// let sinch = Sinch::new(Secret::new("foo_secret1234")?).clock(|| UnixTime::from_secs(1_634_579_353));
///
/// let headers = [
///     ("x-sinch-webhook-signature", "6bpJoRmFoXVjfJIVglMoJzYXxnoxRujzR4k2GOXewOE="),
///     ("x-sinch-webhook-signature-algorithm", "HmacSHA256"),
///     ("x-sinch-webhook-signature-nonce", "01FJA8B4A7BM43YGWSG9GBV067"),
///     ("x-sinch-webhook-signature-timestamp", "1634579353"),
/// ];
/// let head = Head::new("POST", &headers);
/// let body = concat!(
///     r#"{"app_id":"","accepted_time":"2021-10-18T17:49:13.813615Z","#,
///     r#""project_id":"e2df3a34-a71b-4448-9db5-a8d2baad28e4","contact_create_notification":{"contact":{"#,
///     r#""id":"01FJA8B466Y0R2GNXD78MD9SM1","channel_identities":[{"channel":"SMS","identity":"48123456789","#,
///     r#""app_id":""}],"display_name":"New Test Contact","email":"new.contact@email.com","#,
///     r#""external_id":"","metadata":"","language":"EN_US"}},"message_metadata":""}"#,
/// );
/// assert!(sinch.verify(Request::new(head, body)).is_ok());
///
/// let rejected = sinch.verify(Request::new(head, "{}")).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Sinch = Webhook<SinchRule>;

/// The signing rule of [`Sinch`].
#[derive(Clone, Copy, Debug)]
pub struct SinchRule;

impl Sinch {
    /// Verifies with the webhook's secret, or several, newest first.
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self::build(SinchRule, Keys::hmac(Algorithm::Sha256, keyring), None)
    }
}

impl Rule for SinchRule {
    fn profile(&self) -> Profile {
        Profile::new("sinch").window(300, 300).identified()
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let tag = head.signature(&SIGNATURE)?;
        let (nonce, time) = (head.signed(&NONCE)?.without(b'.')?, head.time(&TIME)?);
        envelope.base64(tag).signed_at(time.seconds()?).id(nonce.bytes());
        envelope.body().part(".").part(nonce).part(".").part(time);
        Ok(())
    }
}

#[cfg(feature = "sign")]
impl Sign for SinchRule {
    fn write(&self, draft: &mut Draft<'_>) {
        draft.header(NONCE.as_str(), draft.id());
        draft.header(TIME.as_str(), draft.seconds());
        draft.header(SIGNATURE.as_str(), draft.base64());
    }
}

static SIGNATURE: HeaderName = HeaderName::from_static("x-sinch-webhook-signature");
static NONCE: HeaderName = HeaderName::from_static("x-sinch-webhook-signature-nonce");
static TIME: HeaderName = HeaderName::from_static("x-sinch-webhook-signature-timestamp");
