//! 8x8 JaaS (Jitsi as a Service).
//!
//! # The rule
//!
//! The header `X-Jaas-Signature` holds a comma-separated list: `t=<time>` in seconds since the Unix epoch, and `v1=<base64>` of
//! HMAC-SHA256(secret, time ‖ `.` ‖ raw body).
//!
//! - The secret is the endpoint's, as text. It begins with `whsec_`, but is not decoded.
//! - There may be several `v1`, of which one must match. At most 16 are tried. Entries of another name are skipped.
//! - The time may be 5 minutes in the past or in the future. The vendor leaves the tolerance to the receiver.
//! - No separate identifier is signed.
//!
//! Sources: the documentation's page on the signatures of webhooks, and published receivers of others; read in November 2026.
//! The vendor's example does not include its secret, so it is no test.
//!
//! # Unknown
//!
//! How to recognise a retry, and for how long JaaS retries.

use crate::error::Error;
use crate::mac::{Algorithm, Keys};
use crate::request::{Head, HeaderName};
use crate::rule::{Envelope, Profile, Rule};
use crate::secret::Keyring;
#[cfg(feature = "sign")]
use crate::sign::{Draft, Sign};
use crate::webhook::Webhook;

/// Verifies the webhooks of 8x8 JaaS.
///
/// # Example
///
/// All values were made for this example.
///
/// ```
/// use countersign::{ErrorKind, Head, Jaas, Request, Secret, UnixTime, Verifier};
///
/// let secret = Secret::new("whsec_made-up-endpoint-secret")?;
/// let jaas = Jaas::new(secret).clock(|| UnixTime::from_secs(1_700_000_000));
///
/// let headers = [("X-Jaas-Signature", "t=1700000000,v1=H67JOMl/zgIO9FVwe7J2epi+Won7/rh20oCO90XbF2Q=")];
/// let head = Head::new("POST", &headers);
/// assert!(jaas.verify(Request::new(head, r#"{"eventType":"ROOM_CREATED"}"#)).is_ok());
///
/// let rejected = jaas.verify(Request::new(head, r#"{"eventType":"ROOM_DESTROYED"}"#)).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Jaas = Webhook<JaasRule>;

/// The signing rule of [`Jaas`].
#[derive(Clone, Copy, Debug)]
pub struct JaasRule;

impl Jaas {
    /// Verifies with the endpoint's secret, or several, newest first.
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self::build(JaasRule, Keys::hmac(Algorithm::Sha256, keyring), None)
    }
}

impl Rule for JaasRule {
    fn profile(&self) -> Profile {
        Profile::new("jaas").window(300, 300)
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let signature = head.signature(&SIGNATURE)?;
        let time = signature.one("t")?;
        envelope.signed_at(time.seconds()?).any_base64(signature.all("v1")?).part(time).part(".").body();
        Ok(())
    }
}

#[cfg(feature = "sign")]
impl Sign for JaasRule {
    fn write(&self, draft: &mut Draft<'_>) {
        draft.header(SIGNATURE.as_str(), format!("t={},v1={}", draft.seconds(), draft.base64()));
    }
}

static SIGNATURE: HeaderName = HeaderName::from_static("x-jaas-signature");
