//! Svix, which sends the webhooks of many platforms.
//!
//! # The rule
//!
//! The rule of [`standard_webhooks`](crate::standard_webhooks), in the headers `svix-id`, `svix-timestamp` and
//! `svix-signature`. If a request has both sets of headers, this type reads only these.
//!
//! - During a rotation, Svix signs with the new secret and up to 10 old ones.
//! - An endpoint may have an Ed25519 key instead of a secret: [`ed25519`](Svix::ed25519).
//! - An event goes to several endpoints with one identifier. If two routes share a replay guard, name each with
//!   [`sender`](crate::guide::exactly_once#what-names-an-event).
//!
//! A sender with `whitelabel_headers` sends `webhook-id` and so on: use [`StandardWebhooks`](crate::StandardWebhooks).
//!
//! Sources: the sender and the libraries in `svix/svix-webhooks`; read in November 2026.
//!
//! # Unknown
//!
//! When the last retry comes: each sender may set another schedule. By default it comes after about 28 hours.

use crate::config_error::ConfigError;
#[cfg(feature = "ed25519")]
use crate::mac::PublicKey;
use crate::providers::standard_rule::{self, Names, StandardRule};
use crate::request::HeaderName;
use crate::secret::Keyring;
use crate::webhook::Webhook;

/// Verifies webhooks sent through Svix.
///
/// # Example
///
/// The values are from Svix's documentation.
///
/// ```
/// use countersign::{ErrorKind, Head, Request, Secret, Svix, UnixTime, Verifier};
///
/// let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")?;
/// let svix = Svix::new(secret)?.clock(|| UnixTime::from_secs(1_614_265_330));
///
/// let headers = [
///     ("svix-id", "msg_p5jXN8AQM9LWM0D4loKWxJek"),
///     ("svix-timestamp", "1614265330"),
///     ("svix-signature", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="),
/// ];
/// let head = Head::new("POST", &headers);
/// assert!(svix.verify(Request::new(head, r#"{"test": 2432232314}"#)).is_ok());
///
/// let rejected = svix.verify(Request::new(head, r#"{"test":2432232314}"#)).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub type Svix = Webhook<StandardRule<Platform>>;

impl Svix {
    /// Verifies `v1` with the endpoint's secret, or several, newest first.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::SecretNotBase64`]: a secret, without `whsec_` if it has that prefix, is not base64.
    /// - [`ConfigError::SecretEmpty`]: a secret decodes to nothing.
    pub fn new(keyring: impl Into<Keyring>) -> Result<Self, ConfigError> {
        StandardRule::hmac(keyring)
    }

    /// Verifies `v1a` with the endpoint's public key, or several, newest first. Feature `ed25519`.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::KeyringEmpty`]: there is no key.
    #[cfg(feature = "ed25519")]
    pub fn ed25519(keys: impl IntoIterator<Item = PublicKey>) -> Result<Self, ConfigError> {
        StandardRule::ed25519(keys)
    }
}

/// Names the platform.
#[derive(Clone, Copy, Debug)]
pub enum Platform {}

impl standard_rule::Platform for Platform {
    const SCHEME: &'static str = "svix";

    fn names() -> &'static Names {
        &SVIX
    }
}

static SVIX: Names = Names {
    id: HeaderName::from_static("svix-id"),
    time: HeaderName::from_static("svix-timestamp"),
    signature: HeaderName::from_static("svix-signature"),
};
