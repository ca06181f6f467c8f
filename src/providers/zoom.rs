//! Zoom: webhooks of Meetings, Phone, Contact Center and the Video SDK.
//!
//! # The rule
//!
//! `X-Zm-Signature` holds `v0=` and the hex of HMAC-SHA256(secret token, `v0:` ‖ time ‖ `:` ‖ raw body), and
//! `X-Zm-Request-Timestamp` the time in seconds since the Unix epoch.
//!
//! - The key is the app's secret token, as text. Several apps at one address need a [`Keyring`] of all their tokens.
//! - The time may be 5 minutes in the past or in the future. The vendor gives no tolerance.
//! - No separate identifier is signed.
//! - The raw body is signed. The vendor's sample parses the JSON and writes it again, which works only for bodies that
//!   JavaScript writes in the same way.
//!
//! Sources: the documentation's page on webhooks, the support's page on their delays, and the vendor's sample
//! `zoom/webhook-sample`; read in November 2026. The vendor publishes no signature to test with.
//!
//! # Setup
//!
//! Zoom checks the address when you set it, and again every 72 hours, with the event `endpoint.url_validation`. It expects the
//! hex of HMAC-SHA256(secret token, `plainToken`). This is the key and the algorithm of the signature. So if you answer without
//! verification, anyone can have any request signed, with a `plainToken` of `v0:<time>:<body>`. Zoom signs this event too, and
//! [`answer_url_validation`](Zoom::answer_url_validation) verifies it first.
//!
//! # Unknown
//!
//! - Whether a retry is signed again. If not, it is rejected as stale: to accept it, widen the
//!   [`tolerance`](Webhook::tolerance). Zoom retries 5, 25 and 85 minutes after the first attempt, unless it gets 200 or 204
//!   within 3 seconds.
//! - Whether a header marks a retry: `x-zm-trackingid` is not documented and not signed.

use serde_json::{Value, json};

use crate::encoding::hex;
use crate::error::{Error, ErrorKind};
use crate::mac::{Algorithm, Keys};
use crate::request::{Head, HeaderName, Request};
use crate::rule::{Envelope, Profile, Rule};
use crate::secret::Keyring;
#[cfg(feature = "sign")]
use crate::sign::{Draft, Sign};
use crate::verifier::Verifier;
use crate::webhook::Webhook;

/// Verifies Zoom's webhooks.
///
/// # Example
///
/// The values are from a third party's tests.
///
/// ```
/// use countersign::{ErrorKind, Head, Request, Secret, UnixTime, Verifier, Zoom};
///
/// let zoom = Zoom::new(Secret::new("zoom_webhook_secret")?).clock(|| UnixTime::from_secs(1_739_923_528));
///
/// let headers = [
///     ("x-zm-signature", "v0=71276689c37d865ee24535dab72c05883e9d083978e8d3161202634051b15404"),
///     ("x-zm-request-timestamp", "1739923528"),
/// ];
/// let head = Head::new("POST", &headers);
/// assert!(zoom.verify(Request::new(head, r#"{"event":"meeting.started","event_ts":1626230691572}"#)).is_ok());
///
/// let rejected = zoom.verify(Request::new(head, r#"{"event":"meeting.ended"}"#)).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Zoom = Webhook<ZoomRule>;

/// The signing rule of [`Zoom`].
#[derive(Clone, Copy, Debug)]
pub struct ZoomRule;

impl Zoom {
    /// Verifies with the app's secret token, or several, newest first.
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self::build(ZoomRule, Keys::hmac(Algorithm::Sha256, keyring), None)
    }

    /// Answers Zoom's check of the address with a JSON body for the status 200. Returns `None` for other events. The request is
    /// verified first, and the key that signed it signs the answer.
    ///
    /// ```
    /// use countersign::{ErrorKind, Head, Request, Secret, UnixTime, Zoom};
    ///
    /// // All values were made for this example.
    /// let zoom = Zoom::new(Secret::new("zoom-secret-token")?).clock(|| UnixTime::from_secs(1_700_000_000));
    ///
    /// let headers = [
    ///     ("x-zm-signature", "v0=3b40f8ce7e8f5fee3be2ba8c35bc59692dea1684ca19b53ca8756f899191bdfb"),
    ///     ("x-zm-request-timestamp", "1700000000"),
    /// ];
    /// let head = Head::new("POST", &headers);
    /// let body = concat!(
    ///     r#"{"event":"endpoint.url_validation","payload":{"plainToken":"qgg8vlvZRS6UYooatFL8Aw"},"#,
    ///     r#""event_ts":1654503849680}"#,
    /// );
    /// let answer = zoom.answer_url_validation(Request::new(head, body))?;
    /// let expected = concat!(
    ///     r#"{"encryptedToken":"d9e0d764a78494688ba3f2d5c0ed4ca311394b4834d959759213424d2df961e3","#,
    ///     r#""plainToken":"qgg8vlvZRS6UYooatFL8Aw"}"#,
    /// );
    /// assert_eq!(answer.as_deref(), Some(expected));
    ///
    /// let forged = body.replace("qgg8", "aaaa");
    /// let rejected = zoom.answer_url_validation(Request::new(head, &forged)).unwrap_err();
    /// assert_eq!(rejected.kind(), ErrorKind::SignatureMismatch);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - Those of [`verify`](Verifier::verify).
    /// - [`BodyMalformed`](ErrorKind::BodyMalformed): the body is not JSON.
    /// - [`ParameterMalformed`](ErrorKind::ParameterMalformed): `plainToken` is absent or empty, or contains `:`, as signed
    ///   messages do.
    pub fn answer_url_validation(&self, request: Request<'_>) -> Result<Option<String>, Error> {
        let key = self.verify(request)?.key();
        let event: Value = serde_json::from_slice(request.body()).map_err(|_| ErrorKind::BodyMalformed)?;
        if event.get("event").and_then(Value::as_str) != Some("endpoint.url_validation") {
            return Ok(None);
        }
        let token = event.pointer("/payload/plainToken").and_then(Value::as_str);
        let token = token.filter(|token| !token.is_empty() && !token.contains(':'));
        let token = token.ok_or_else(|| Error::parameter(ErrorKind::ParameterMalformed, "plainToken"))?;
        let tag = self.keys().tag(key, token.as_bytes()).ok_or(ErrorKind::RuleInvalid)?;
        Ok(Some(json!({ "encryptedToken": hex::encode(&tag), "plainToken": token }).to_string()))
    }
}

impl Rule for ZoomRule {
    fn profile(&self) -> Profile {
        Profile::new("zoom").window(300, 300)
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let (tag, time) = (head.signature(&SIGNATURE)?.after("v0=")?, head.time(&TIME)?);
        envelope.hex(tag).signed_at(time.seconds()?).part("v0:").part(time).part(":").body();
        Ok(())
    }
}

#[cfg(feature = "sign")]
impl Sign for ZoomRule {
    fn write(&self, draft: &mut Draft<'_>) {
        draft.header(TIME.as_str(), draft.seconds());
        draft.header(SIGNATURE.as_str(), format!("v0={}", draft.hex()));
    }
}

static SIGNATURE: HeaderName = HeaderName::from_static("x-zm-signature");
static TIME: HeaderName = HeaderName::from_static("x-zm-request-timestamp");
