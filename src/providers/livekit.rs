//! LiveKit.
//!
//! # The rule
//!
//! `Authorization` holds a JWT with HS256, **without** `Bearer`.
//!
//! - The key is the API secret, as text. `iss` is the API key of that secret.
//! - `sha256` is the base64 of SHA-256(raw body), padded. It is required: the same secret signs the tokens of clients that join
//!   rooms, and those have no such claim.
//! - `exp`, 5 minutes after issue, is required. `exp` and `nbf` have a leeway of 60 s, as in the vendor's SDKs.
//! - LiveKit sends no `iat` and does not sign the URL.
//! - After a connection error, 429 or 5xx, LiveKit retries, by default 4 times within about 15 s. A retry has the first
//!   attempt's token, so it is rejected after `exp`.
//! - The event's identifier is `id` in the body (`EV_…`). `jti` does not identify an event, so it gives no replay key.
//!
//! Sources: the vendor's SDKs for Go (`protocol`, `url_notifier.go` and `verifier.go`), Rust (`livekit-api`) and Python; read in
//! November 2026. The vendor publishes no token to test with: its tests sign when they run.
//!
//! # Setup
//!
//! The content type is `application/webhook+json`, so that JSON middleware does not change the body. Keep it so.
//!
//! # Unknown
//!
//! Whether LiveKit Cloud retries in the same way as the open server.

use crate::claims::Claims;
use crate::config_error::ConfigError;
use crate::encoding::base64;
use crate::error::{Error, ErrorKind};
use crate::jwt::{AUTHORIZATION, Age, Body, Carrier, Covered, Policy, TokenRule, TokenWebhook};
use crate::mac::{Function, MacKeys, Senders};
use crate::request::Head;
use crate::secret::{Keyring, Tenants};
use crate::time::Tolerance;
use crate::verifier::Coverage;

/// Verifies LiveKit's webhooks.
///
/// # Example
///
/// ```
/// use countersign::{ErrorKind, Head, LiveKit, Request, Secret, UnixTime, Verifier};
///
/// let livekit = LiveKit::new(Secret::new("thiskeyistotallyunsafe")?)
///     .api_key("myapikey")?
///     .clock(|| UnixTime::from_secs(1_700_000_000));
///
/// let token = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJteWFwaWtleSIsIm5iZiI6MTcwMDAwMDAwMCwiZXhwIjoxNzAwMDAwMzAwLC\
///     JzaGEyNTYiOiJvQzBWdmNsOWpHZTBSQWlNRlk2Z0p4R1hueTZFSHNjTzJWcXVpK2MyeGdvPSJ9.k5HaXlCCagt0qMq1u5WqEjl9aToIl5s4r31c4VvyG2Y";
/// let headers = [("Authorization", token)];
/// let head = Head::new("POST", &headers);
/// let body = r#"{"event":"room_started","id":"EV_eugWmGhovZmm","createdAt":"1692985556"}"#;
/// assert!(livekit.verify(Request::new(head, body)).is_ok());
///
/// let rejected = livekit.verify(Request::new(head, "{}")).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::PayloadHashMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// Those of [`TokenWebhook`].
pub type LiveKit = TokenWebhook<LiveKitRule>;

/// Defines the tokens of [`LiveKit`] and what they cover.
#[derive(Clone, Copy, Debug)]
pub struct LiveKitRule;

impl LiveKit {
    /// Verifies with the API secret, or several, for any API key in the token.
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self::with_keys(Senders::one(Function::HmacSha256, &keyring.into()))
    }

    /// Verifies with the API secrets of several API keys. The claim `iss` names the key. Only that key's secrets are tried, and
    /// the verified claim must be the same.
    pub fn tenants(tenants: Tenants) -> Self {
        Self::with_keys(Senders::tenants(Function::HmacSha256, tenants))
    }

    /// Requires the claim `iss` to be this API key.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::NameEmpty`]: the key is empty.
    pub fn api_key(self, api_key: &str) -> Result<Self, ConfigError> {
        if api_key.is_empty() {
            return Err(ConfigError::NameEmpty);
        }
        Ok(self.with_policy(|policy| policy.require(ISSUER, api_key)))
    }

    /// Reads the API key that the token in `Authorization` names. **Nothing is verified.** Use it to look up that key's secret.
    /// Then verify with [`tenants`](LiveKit::tenants) of only this key, which requires the verified claim to be the same.
    ///
    /// # Errors
    ///
    /// - [`TenantMissing`](ErrorKind::TenantMissing): there is no such claim.
    /// - Those of the method and of the token's shape, see [`TokenWebhook`].
    pub fn untrusted_api_key(head: Head<'_>) -> Result<String, Error> {
        Self::untrusted_tenant(&Carrier::bare(AUTHORIZATION), head)
    }

    fn with_keys(keys: Senders<MacKeys>) -> Self {
        let leeway = Tolerance::from_secs(60, 60);
        let policy = Policy { expiry_required: true, leeway, ..Policy::new(Age::Undated) };
        Self::build(LiveKitRule, Carrier::bare(AUTHORIZATION), keys, policy)
    }
}

impl TokenRule for LiveKitRule {
    const SCHEME: &'static str = "livekit";
    const METHODS: &'static [&'static str] = &["POST"];
    const TENANT: &'static str = ISSUER;
    const IDENTIFIED: bool = false;

    fn covers(&self, _: Head<'_>, claims: &Claims) -> Result<Covered, Error> {
        let hash = claims.hash(SHA256, base64::decode_padded_32)?;
        let hash = hash.ok_or_else(|| Error::claim(ErrorKind::PayloadHashMissing, SHA256))?;
        Ok(Covered { coverage: Coverage::Body, body: Body::Hashed(hash) })
    }
}

const ISSUER: &str = "iss";
const SHA256: &str = "sha256";
