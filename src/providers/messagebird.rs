//! MessageBird, with the header `MessageBird-Signature-JWT`.
//!
//! # The rule
//!
//! `MessageBird-Signature-JWT` holds a JWT with HS256, without `Bearer`.
//!
//! - The key is the signing key of the dashboard's developer settings, as text. It looks like hex, but is not decoded.
//! - `iss` is `MessageBird`, and `jti` identifies the event. Both are required.
//! - `url_hash` is the hex SHA-256 of the whole URL as text: the base URL that you entered at MessageBird, and the raw request
//!   target. Nothing is sorted or decoded.
//! - `payload_hash` is the hex SHA-256 of the raw body. It is present if and only if there is a body. Otherwise the request is
//!   rejected.
//! - `exp`, a minute after issue, is required. `exp` and `nbf` have a leeway of 1 s, as in the vendor's SDKs. `iat` is not
//!   sent.
//!
//! The vendor's SDKs also accept HS384 and HS512. The platform sends HS256, so this type accepts only HS256. The token's header
//! cannot choose.
//!
//! Sources: the vendor's SDKs for Go (`signature_jwt`) and Python (`request_validator`), and their 44 published cases; read in
//! November 2026.
//!
//! # Not this scheme
//!
//! Two schemes with `MessageBird-Signature` and `MessageBird-Request-Timestamp` are not verified here: MessageBird's older one,
//! and Bird's.
//!
//! # Unknown
//!
//! Whether a retry is signed again. If not, it is rejected after `exp`.

use crate::claims::Claims;
use crate::encoding::hex;
use crate::error::{Error, ErrorKind};
use crate::jwt::{Age, Body, Carrier, Covered, Policy, TokenRule, TokenWebhook, check_hash};
use crate::mac::{Function, Senders, sha256};
use crate::request::{BaseUrl, Head, HeaderName};
use crate::secret::Keyring;
use crate::time::Tolerance;
use crate::verifier::Coverage;

/// Verifies MessageBird's webhooks.
///
/// # Example
///
/// ```
/// use countersign::{BaseUrl, ErrorKind, Head, MessageBird, Request, Secret, UnixTime, Verifier};
///
/// let key = Secret::new("36efdd1aace2e26cd490f0d951138253bef2f7c6d34d18981da781555cc4cebb")?;
/// let messagebird = MessageBird::new(BaseUrl::new("https://example.com")?, key).clock(|| UnixTime::from_secs(1_625_479_200));
///
/// let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJNZXNzYWdlQmlyZCIsIm5iZiI6MTYyNTQ3OTIwMCwiZXhwIjoxNjI1NDc5MjYwL\
///     CJqdGkiOiI5M2U1NTAwNi1hMGU4LTQ1MjYtYTE5MC1mYTVmZjAwZWExMTYiLCJ1cmxfaGFzaCI6IjQxZjA1ZjBkZGQwYTIyYWIyMDlhYzQ2ZjQ3YzQ1NzJk\
///     OWNlZmEyNTdlZDc0YjI0MDA0YmFlNzUzZWNlNmMyNjAiLCJwYXlsb2FkX2hhc2giOiJkZmZkNjAyMWJiMmJkNWIwYWY2NzYyOTA4MDllYzNhNTMxOTFkZDg\
///     xYzdmNzBhNGIyODY4OGEzNjIxODI5ODZmIn0._H--TOuYFLpeEH39-rg5E3IHVkjHozBcaKVWPRC5m9I";
/// let headers = [("MessageBird-Signature-JWT", token)];
/// let head = Head::new("POST", &headers);
/// let genuine = head.with_target("/path?bar=1&foo=2");
/// assert!(messagebird.verify(Request::new(genuine, "Hello, World!")).is_ok());
///
/// let sorted_anew = head.with_target("/path?foo=2&bar=1");
/// let rejected = messagebird.verify(Request::new(sorted_anew, "Hello, World!")).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::PayloadHashMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Those of [`TokenWebhook`].
pub type MessageBird = TokenWebhook<MessageBirdRule>;

/// Defines the tokens of [`MessageBird`] and what they cover.
#[derive(Clone, Debug)]
pub struct MessageBirdRule {
    base: BaseUrl,
}

impl MessageBird {
    /// Verifies with the signing key, or several, and the start of the public URL.
    pub fn new(base: BaseUrl, keyring: impl Into<Keyring>) -> Self {
        let keys = Senders::one(Function::HmacSha256, &keyring.into());
        let leeway = Tolerance::from_secs(1, 1);
        let mut policy = Policy { expiry_required: true, leeway, ..Policy::new(Age::Undated) };
        policy.require("iss", ISSUER);
        Self::build(MessageBirdRule { base }, Carrier::bare(SIGNATURE), keys, policy)
    }
}

impl MessageBirdRule {
    #[cfg(feature = "sign")]
    pub(crate) fn url(&self, target: &str) -> String {
        self.base.join(target)
    }
}

impl TokenRule for MessageBirdRule {
    const SCHEME: &'static str = "messagebird";
    const METHODS: &'static [&'static str] = &["DELETE", "GET", "PATCH", "POST", "PUT"];
    const TENANT: &'static str = "iss";
    const IDENTIFIED: bool = true;

    fn base(&self) -> Option<&BaseUrl> {
        Some(&self.base)
    }

    fn covers(&self, head: Head<'_>, claims: &Claims) -> Result<Covered, Error> {
        if claims.needed("jti")?.is_none_or(str::is_empty) {
            return Err(Error::claim(ErrorKind::ClaimMissing, "jti"));
        }
        let url_hash = claims.hash(URL_HASH, hex::decode)?;
        let url_hash = url_hash.ok_or_else(|| Error::claim(ErrorKind::PayloadHashMissing, URL_HASH))?;
        let is_called =
            head.has_usual_target() && check_hash(&url_hash, &[sha256(head.url().as_bytes())]).is_ok();
        if !is_called {
            return Err(Error::about(ErrorKind::PayloadHashMismatch, "URL"));
        }
        match claims.hash("payload_hash", hex::decode)? {
            None => Ok(Covered { coverage: Coverage::Url, body: Body::Absent }),
            Some(hash) if hash == sha256(b"") => Err(ErrorKind::PayloadHashMismatch.into()),
            Some(hash) => Ok(Covered { coverage: Coverage::UrlBody, body: Body::Hashed(hash) }),
        }
    }
}

pub(crate) const SIGNATURE: HeaderName = HeaderName::from_static("messagebird-signature-jwt");
pub(crate) const ISSUER: &str = "MessageBird";
const URL_HASH: &str = "url_hash";
