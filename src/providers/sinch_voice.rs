//! Sinch: callbacks of the Voice API v1 and of the Verification API.
//!
//! # The rule
//!
//! `Authorization: Application <key>:<signature>`, the word in any case. The signature is the base64 of HMAC-SHA256(application
//! secret, message). The message has five lines, without a line feed at the end:
//!
//! - the method;
//! - the base64 of the body's MD5, or nothing if the body is empty;
//! - the header `Content-Type`, byte for byte;
//! - `x-timestamp:` and the header `x-timestamp`, a time of ISO 8601;
//! - the path.
//!
//! - The secret is base64. This type decodes it, with or without padding, and ignores trailing bits.
//! - The time may be 5 minutes in the past or in the future. The vendor gives no number.
//! - The query is not signed, and there is no signed identifier. Deduplicate on the payload.
//! - Of the body, only the MD5 is signed, and MD5 is broken. Anyone who can choose a part of a body can make two bodies with
//!   one signature.
//!
//! Sources: the vendor's documentation of callback requests, and its SDKs for Java, Node, .NET and Python; read in November
//! 2026. The example in the documentation of the Verification API has a signature of another request.
//!
//! # Setup
//!
//! The path must be the one that Sinch calls: if a proxy removes a prefix, every request is rejected. Enter a callback URL
//! without a query. An application set to basic authorization sends other requests, which are rejected.
//!
//! # Unknown
//!
//! - Whether escapes in the path are decoded before signing. The SDKs differ. This type signs the raw path.
//! - Whether a query is part of the path. This type excludes it.
//! - The Voice API v2, a preview, sends `service` instead of `application`, and is rejected.

use crate::config_error::ConfigError;
use crate::error::Error;
use crate::mac::{Algorithm, Keys};
use crate::request::{CONTENT_TYPE, Head, HeaderName};
use crate::rule::{Encoding, Envelope, Hash, Profile, Rule};
use crate::secret::{Keyring, Secret, Tenants};
#[cfg(feature = "sign")]
use crate::sign::{Draft, Sign};
use crate::webhook::Webhook;

/// Verifies callbacks of Sinch's Voice and Verification APIs.
///
/// # Example
///
/// The vendor's published example:
///
/// ```
/// use countersign::{Head, Request, Secret, SinchVoice, UnixTime, Verifier};
///
/// let secret = Secret::new("BeIukql3pTKJ8RGL5zo0DA==")?;
/// let sinch = SinchVoice::new(secret)?.clock(|| UnixTime::from_secs(1_411_556_381));
///
/// let headers = [
///     (
///         "Authorization",
///         "application 669E367E-6BBA-48AB-AF15-266871C28135:Tg6fMyo8mj9pYfWQ9ssbx3Tc1BNC87IEygAfLbJqZb4=",
///     ),
///     ("x-timestamp", "2014-09-24T10:59:41Z"),
///     ("Content-Type", "application/json"),
/// ];
/// let head = Head::new("POST", &headers).with_target("/sinch/callback/ace");
/// let body = concat!(
///     r#"{"event":"ace","callid":"822aa4b7-05b4-4d83-87c7-1f835ee0b6f6_257","#,
///     r#""timestamp":"2014-09-24T10:59:41Z","version":1}"#,
/// );
/// assert!(sinch.verify(Request::new(head, body)).is_ok());
/// assert!(sinch.verify(Request::new(head.with_target("/sinch/callback/ice"), body)).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type SinchVoice = Webhook<SinchVoiceRule>;

/// The signing rule of [`SinchVoice`].
#[derive(Clone, Copy, Debug)]
pub struct SinchVoiceRule;

impl SinchVoice {
    /// Verifies with the secret of one application, in base64 as the dashboard shows it.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::SecretNotBase64`]: a secret is not base64.
    /// - [`ConfigError::SecretEmpty`]: a secret decodes to nothing.
    pub fn new(keyring: impl Into<Keyring>) -> Result<Self, ConfigError> {
        let keyring = keyring.into().keyed(decoded)?;
        Ok(Self::build(SinchVoiceRule, Keys::hmac(Algorithm::Sha256, keyring), None))
    }

    /// Verifies with the secrets of several applications, by application key. [`Verified::tenant`](crate::Verified::tenant)
    /// says which application sent the request. The application's name is not signed, so each needs its own secret.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::SecretNotBase64`]: a secret is not base64.
    /// - [`ConfigError::SecretEmpty`]: a secret decodes to nothing.
    pub fn tenants(tenants: Tenants) -> Result<Self, ConfigError> {
        let tenants = tenants.keyed(decoded)?;
        Ok(Self::build(SinchVoiceRule, Keys::hmac_tenants(Algorithm::Sha256, tenants), None))
    }
}

fn decoded(shown: &Secret) -> Result<Secret, ConfigError> {
    Secret::from_lenient_base64(shown.bytes())
}

impl Rule for SinchVoiceRule {
    fn profile(&self) -> Profile {
        Profile::new("sinch-voice").window(300, 300).methods(&["GET", "POST"])
    }

    fn read<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        let (application, tag) = head.signature(&AUTHORIZATION)?.after_word("application")?.split(b':')?;
        let time = head.time(&TIME)?;
        envelope.base64(tag).tenant(application.text()?).signed_at(time.iso8601()?);
        envelope.part(head.method()).part("\n").body_hash_if_any(Hash::Md5, Encoding::Base64);
        envelope.part("\n").part(head.header(&CONTENT_TYPE)?.unwrap_or_default());
        envelope.part("\nx-timestamp:").part(time).part("\n").part(head.path());
        Ok(())
    }
}

#[cfg(feature = "sign")]
impl Sign for SinchVoiceRule {
    fn write(&self, draft: &mut Draft<'_>) {
        draft.header(TIME.as_str(), draft.iso8601());
        let application = draft.tenant().unwrap_or_default();
        draft.header(AUTHORIZATION.as_str(), format!("application {application}:{}", draft.base64()));
    }

    fn key(&self, shown: &Secret) -> Result<Secret, ConfigError> {
        decoded(shown)
    }
}

static AUTHORIZATION: HeaderName = HeaderName::from_static("authorization");
static TIME: HeaderName = HeaderName::from_static("x-timestamp");
