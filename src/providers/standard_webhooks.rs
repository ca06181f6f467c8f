//! Standard Webhooks 1.0.0, which many platforms use, such as Recall.ai.
//!
//! # The rule
//!
//! `webhook-id` holds an identifier, and `webhook-timestamp` the time in seconds since the Unix epoch. `webhook-signature`
//! holds a space-separated list of signatures of `id.time.body`: `v1,` and base64 of HMAC-SHA256, or `v1a,` and base64 of
//! Ed25519.
//!
//! - A secret is base64, with or without the prefix `whsec_`. This type decodes it. A public key is `whpk_` and base64.
//! - One match is enough: during a rotation, the platform signs with both secrets. Entries of another version are skipped, and
//!   at most 16 of this one are tried.
//! - The kind of the key decides the version: [`new`](StandardWebhooks::new) reads `v1`, and
//!   [`ed25519`](StandardWebhooks::ed25519) reads `v1a`.
//! - The time may be 5 minutes in the past or in the future. It is a number without a sign or leading zeros.
//! - The identifier must not be empty or contain `.`, so that the signed message has one reading. A retry keeps it, with a new
//!   time.
//! - The URL and the method are not signed.
//!
//! Sources: the specification, `spec/standard-webhooks.md` of `standard-webhooks/standard-webhooks`, and its libraries. For
//! `v1a`, the sender of Svix (`worker.rs`), since none of those libraries verifies it. Read in November 2026.
//!
//! # Recall.ai
//!
//! It also signs a GET and the upgrade to a WebSocket, but covers only their identifier and time.
//! [`recall_ai`](StandardWebhooks::recall_ai) accepts them. A GET with a body is rejected.
//!
//! # Setup
//!
//! Supabase shows the secrets of its auth hooks with `v1,` before `whsec_`. Leave that out.
//!
//! Recall.ai signs nothing until a workspace has a verification secret. In workspaces from before 15 December 2025, webhooks of
//! the dashboard come from [`Svix`](crate::Svix), and each endpoint has its own secret.
//!
//! # Unknown
//!
//! Recall.ai's tolerance: its example checks no time.

use crate::config_error::ConfigError;
#[cfg(feature = "ed25519")]
use crate::mac::PublicKey;
use crate::providers::standard_rule::{self, StandardRule};
use crate::secret::Keyring;
use crate::webhook::Webhook;

/// Verifies Standard Webhooks.
///
/// # Example
///
/// The values are from the specification's libraries.
///
/// ```
/// use countersign::{ErrorKind, Head, Request, Secret, StandardWebhooks, UnixTime, Verifier};
///
/// let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?;
/// let webhooks = StandardWebhooks::new(secret)?.clock(|| UnixTime::from_secs(1_614_265_330));
///
/// let headers = [
///     ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
///     ("webhook-timestamp", "1614265330"),
///     ("webhook-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
/// ];
/// let head = Head::new("POST", &headers);
/// assert!(webhooks.verify(Request::new(head, r#"{"test": 2432232314}"#)).is_ok());
///
/// let rejected = webhooks.verify(Request::new(head, r#"{"test":2432232314}"#)).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type StandardWebhooks = Webhook<StandardRule<Platform>>;

impl StandardWebhooks {
    /// Verifies `v1` with the endpoint's secret, or several, newest first.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::SecretNotBase64`]: a secret, without `whsec_` if it has that prefix, is not base64.
    /// - [`ConfigError::SecretEmpty`]: a secret decodes to nothing.
    pub fn new(keyring: impl Into<Keyring>) -> Result<Self, ConfigError> {
        StandardRule::hmac(keyring)
    }

    /// Verifies `v1a` with the sender's public key, or several, newest first. Feature `ed25519`.
    ///
    /// ```
    /// use countersign::{Head, PublicKey, Request, StandardWebhooks, UnixTime, Verifier};
    ///
    /// // The values are from Svix's tests.
    /// let key = PublicKey::from_base64("whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=")?;
    /// let webhooks = StandardWebhooks::ed25519([key])?.clock(|| UnixTime::from_secs(1_614_265_330));
    ///
    /// let signature = "v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==";
    /// let headers = [
    ///     ("webhook-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
    ///     ("webhook-timestamp", "1614265330"),
    ///     ("webhook-signature", signature),
    /// ];
    /// let head = Head::new("POST", &headers);
    /// assert!(webhooks.verify(Request::new(head, r#"{"test": 2432232314}"#)).is_ok());
    /// assert!(webhooks.verify(Request::new(head, "{}")).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`ConfigError::KeyringEmpty`]: there is no key.
    #[cfg(feature = "ed25519")]
    pub fn ed25519(keys: impl IntoIterator<Item = PublicKey>) -> Result<Self, ConfigError> {
        StandardRule::ed25519(keys)
    }

    /// Verifies Recall.ai's requests with the workspace's verification secret: a POST, or a GET without a body. A GET [proves
    /// only](crate::Coverage::None) that Recall.ai sent one. It covers neither the path nor the query.
    ///
    /// ```
    /// use countersign::{ErrorKind, Head, Request, Secret, StandardWebhooks, UnixTime, Verifier};
    ///
    /// let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?;
    /// let recall_ai = StandardWebhooks::recall_ai(secret)?.clock(|| UnixTime::from_secs(1_731_705_121));
    ///
    /// // The signature was made for this example.
    /// let headers = [
    ///     ("webhook-id", "msg_loFOjxBNrRLzqYUf"),
    ///     ("webhook-timestamp", "1731705121"),
    ///     ("webhook-signature", "v1,Wgi9CsDZXW+smmM5daNSOOiP608BBvRmpGX7zD+S/eA="),
    /// ];
    /// let head = Head::new("GET", &headers);
    /// assert!(recall_ai.verify(Request::new(head, "")).is_ok());
    ///
    /// let rejected = recall_ai.verify(Request::new(head, "{}")).unwrap_err();
    /// assert_eq!(rejected.kind(), ErrorKind::BodyUnexpected);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - Those of [`new`](Self::new).
    pub fn recall_ai(keyring: impl Into<Keyring>) -> Result<Self, ConfigError> {
        StandardRule::hmac_with_get(keyring)
    }
}

/// Names the platform.
#[derive(Clone, Copy, Debug)]
pub enum Platform {}

impl standard_rule::Platform for Platform {
    const SCHEME: &'static str = "standard-webhooks";
}
