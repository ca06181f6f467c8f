//! Retell AI.
//!
//! # The rule
//!
//! The header `X-Retell-Signature` holds `v=<time>,d=<hex>`, in this order. The time is in milliseconds since the Unix epoch.
//! The hex is of HMAC-SHA256(API key, raw body ‖ time). Nothing separates the body from the time.
//!
//! - The key is the API key with the webhook badge in the dashboard, as text. Other API keys of the account do not verify.
//! - The time may be 5 minutes in the past or in the future.
//! - Digits could move from the time to the body. So a window is required, of a day at most.
//! - Custom functions are signed with this rule too.
//! - No identifier is signed. The documentation deduplicates on `event` and `call_id`.
//!
//! Sources: the vendor's SDKs for TypeScript (`webhook_auth.ts`) and Python (`webhook_auth.py`), and the documentation's
//! pages on secure webhooks and on custom functions; read in November 2026.
//!
//! # Unknown
//!
//! What is signed in a custom function with GET or DELETE, which has no body. Both are rejected, unless you accept them with
//! [`methods`](Webhook::methods).

use crate::error::Error;
use crate::mac::{Algorithm, Keys};
use crate::request::{Head, HeaderName};
use crate::rule::{Envelope, Profile, Rule};
use crate::secret::Keyring;
#[cfg(feature = "sign")]
use crate::sign::{Draft, Sign};
use crate::webhook::Webhook;

/// Verifies Retell's webhooks.
///
/// # Example
///
/// ```
/// use countersign::{Head, Request, Retell, Secret, UnixTime, Verifier};
///
/// let retell = Retell::new(Secret::new("test-api-key")?).clock(|| UnixTime::from_secs(1_700_000_000));
///
/// let signature = "v=1700000000000,d=07024cabe7dd8f6d1c6e4a8324ca92c812e6ad4a7ee506c04f7e462e3321823e";
/// let headers = [("X-Retell-Signature", signature)];
/// let head = Head::new("POST", &headers);
/// assert!(retell.verify(Request::new(head, r#"{"event":"call_ended"}"#)).is_ok());
/// assert!(retell.verify(Request::new(head, r#"{"event":"call_started"}"#)).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Retell = Webhook<RetellRule>;

/// The signing rule of [`Retell`].
#[derive(Clone, Copy, Debug)]
pub struct RetellRule;

impl Retell {
    /// Verifies with the API key that has the webhook badge.
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self::build(RetellRule, Keys::hmac(Algorithm::Sha256, keyring), None)
    }
}

impl Rule for RetellRule {
    fn profile(&self) -> Profile {
        Profile::new("retell").window(300, 300).window_required()
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let (time, tag) = head.signature(&SIGNATURE)?.after("v=")?.split(b',')?;
        envelope.hex(tag.after("d=")?).signed_at(time.millis()?).body().part(time);
        Ok(())
    }
}

#[cfg(feature = "sign")]
impl Sign for RetellRule {
    fn write(&self, draft: &mut Draft<'_>) {
        draft.header(SIGNATURE.as_str(), format!("v={},d={}", draft.millis(), draft.hex()));
    }
}

static SIGNATURE: HeaderName = HeaderName::from_static("x-retell-signature");
