//! OpenAI: webhooks, among them those of incoming calls (`realtime.call.incoming`).
//!
//! # The rule
//!
//! That of [`standard_webhooks`](crate::standard_webhooks), by HMAC alone, with one difference: a secret without the prefix `whsec_`
//! is used as its text, and not decoded.
//!
//! - The replay key is `webhook-id`. It stays the same when the event is sent again.
//! - The vendor's SDKs also take a signature without `v1,` before it, and the one for Node a request with an empty identifier. No
//!   request is sent so, and both are rejected here.
//!
//! Sources: the vendor's SDKs for Python (`_webhooks.py`) and Node (`webhook-signature.ts`) and their tests; read in November 2026.
//!
//! # Setup
//!
//! Each endpoint has its own secret, which is shown once, when the endpoint is made.
//!
//! # Unknown
//!
//! For how long an event is sent again; it is said to be up to 72 hours.

use crate::config_error::ConfigError;
use crate::providers::standard_rule::{self, PREFIX, StandardRule};
use crate::secret::{Keyring, Secret};
use crate::webhook::Webhook;

/// Verifies OpenAI's webhooks.
///
/// # Example
///
/// The values are those of the tests of the vendor's SDKs.
///
/// ```
/// use countersign::{ErrorKind, Head, OpenAi, Request, Secret, UnixTime, Verifier};
///
/// let secret = Secret::new("whsec_RdvaYFYUXuIFuEbvZHwMfYFhUf7aMYjYcmM24+Aj40c=")?;
/// let openai = OpenAi::new(secret)?.clock(|| UnixTime::from_secs(1_750_861_210));
///
/// let headers = [
///     ("webhook-id", "wh_685c059ae39c8190af8c71ed1022a24d"),
///     ("webhook-timestamp", "1750861210"),
///     ("webhook-signature", "v1,gUAg4R2hWouRZqRQG4uJypNS8YK885G838+EHb4nKBY="),
/// ];
/// let head = Head::new("POST", &headers);
/// let body = concat!(
///     r#"{"id": "evt_685c059ae3a481909bdc86819b066fb6", "object": "event", "created_at": 1750861210, "#,
///     r#""type": "response.completed", "data": {"id": "resp_123"}}"#,
/// );
/// assert!(openai.verify(Request::new(head, body)).is_ok());
///
/// let rejected = openai.verify(Request::new(head, &body.replace("123", "124"))).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type OpenAi = Webhook<StandardRule<Platform>>;

impl OpenAi {
    /// Verifies with the endpoint's secret, or several, newest first: base64 after `whsec_`, or without the prefix any text.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::SecretNotBase64`]: what follows `whsec_` is not base64.
    /// - [`ConfigError::SecretEmpty`]: nothing follows `whsec_`.
    pub fn new(keyring: impl Into<Keyring>) -> Result<Self, ConfigError> {
        StandardRule::hmac(keyring)
    }
}

/// The platform.
#[derive(Clone, Copy, Debug)]
pub enum Platform {}

impl standard_rule::Platform for Platform {
    const SCHEME: &'static str = "openai";

    fn key(shown: &Secret) -> Result<Secret, ConfigError> {
        shown.bytes().strip_prefix(PREFIX).map_or_else(|| Ok(shown.clone()), Secret::from_base64)
    }
}
