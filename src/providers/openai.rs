//! OpenAI: webhooks, including those of incoming calls (`realtime.call.incoming`).
//!
//! # The rule
//!
//! The rule of [`standard_webhooks`](crate::standard_webhooks), only with HMAC. One difference: a secret without the prefix
//! `whsec_` is used as text and not decoded.
//!
//! - The replay key is `webhook-id`. A retry keeps it.
//! - The vendor's SDKs also accept a signature without `v1,`, and the one for Node accepts an empty identifier. OpenAI sends
//!   neither, so both are rejected here.
//!
//! Sources: the vendor's SDKs for Python (`_webhooks.py`) and Node (`webhook-signature.ts`) and their tests; read in November 2026.
//!
//! # Setup
//!
//! Each endpoint has its own secret, which is shown only once.
//!
//! # Unknown
//!
//! For how long OpenAI retries. Some say up to 72 hours.

use crate::config_error::ConfigError;
use crate::providers::standard_rule::{self, PREFIX, StandardRule};
use crate::secret::{Keyring, Secret};
use crate::webhook::Webhook;

/// Verifies OpenAI's webhooks.
///
/// # Example
///
/// The values are from the tests of the vendor's SDKs.
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
    /// Verifies with the endpoint's secret, or several, newest first. A secret is `whsec_` and base64, or any text without that
    /// prefix.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::SecretNotBase64`]: the text after `whsec_` is not base64.
    /// - [`ConfigError::SecretEmpty`]: nothing follows `whsec_`.
    pub fn new(keyring: impl Into<Keyring>) -> Result<Self, ConfigError> {
        StandardRule::hmac(keyring)
    }
}

/// Names the platform.
#[derive(Clone, Copy, Debug)]
pub enum Platform {}

impl standard_rule::Platform for Platform {
    const SCHEME: &'static str = "openai";

    fn key(shown: &Secret) -> Result<Secret, ConfigError> {
        shown.bytes().strip_prefix(PREFIX).map_or_else(|| Ok(shown.clone()), Secret::from_base64)
    }
}
