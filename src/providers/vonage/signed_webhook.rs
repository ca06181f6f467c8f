//! Signed webhooks, with a token that covers the body or the query.

mod query;

pub(crate) use query::check_query;

use crate::claims::Claims;
use crate::config_error::ConfigError;
use crate::encoding::hex;
use crate::error::{Error, ErrorKind};
use crate::jwt::{AUTHORIZATION, Age, Body, Carrier, Covered, Dated, Policy, TokenRule, TokenWebhook};
use crate::mac::{Function, MacKeys, Senders};
use crate::request::{Head, HeaderName};
use crate::secret::{Keyring, Tenants};
use crate::time::Tolerance;
use crate::verifier::Coverage;

/// Verifies the signed webhooks of Vonage's Messages, Dispatch, Voice and Video.
///
/// # The rule
///
/// - `Authorization: Bearer <JWT>`, the word in any case. Only HS256, even if the dashboard shows another signature method.
/// - The key is a *signature secret* as UTF-8 text: the account's, or for Video the callback's.
/// - `iat` is required and must be in the window: by default 300 s in the past and 60 s in the future, bounds included. No
///   lifetime, `exp` or `nbf` is documented. If present, `exp` and `nbf` are enforced to the second, unless you set a
///   [`leeway`](SignedWebhook::leeway).
/// - `iss`, if present, is `Vonage`.
/// - **POST**: `payload_hash` is the hex SHA-256 of the raw body. The query is not signed.
/// - **GET** (Voice's answer URL by default): `payload_hash` is that of the query's parameters as a compact JSON object:
///   decoded, in order, every value a string. A repeated name is rejected as ambiguous. The hash of a GET without a query is
///   not documented, so both `{}` and nothing are accepted. A body is rejected.
/// - The JOSE header and the claims are JSON objects with unique names. `crit` is rejected. Other claims are ignored. At most
///   256 are allowed, besides the times.
/// - Times are JSON numbers. Fractions are allowed (RFC 7519): `iat` and `exp` are rounded down, `nbf` up.
/// - A text claim of another type, or with U+0000, counts as absent. It is rejected if it is needed: `iss`, `api_key` with
///   tenants, and claims that you require. Without a readable `jti` there is no replay key, so a replay guard rejects the
///   request.
///
/// Sources: Vonage's [webhooks guide], its guide to secure callbacks (Video's secrets) and support article 19033783342876
/// (payload hash), published captures (the GET form), RFC 7515 and RFC 7519; read in November 2026. None of Vonage's own SDKs
/// checks `payload_hash`.
///
/// # Unsigned callbacks
///
/// An internal error can make Vonage send an unsigned callback. It is rejected with [`TokenMissing`](ErrorKind::TokenMissing),
/// status 401, unless you set [`retry_unsigned`](SignedWebhook::retry_unsigned).
///
/// Vonage retries Messages and SMS only after 429 and 5xx, for up to 24 hours (receipts, by one article, 72). After any other
/// 4xx the event is lost.
///
/// # Deployment caveat
///
/// It is not documented whether a retry is signed again. If not, a retry after the window is rejected as stale, and lost. To
/// survive longer outages, widen the [`tolerance`](SignedWebhook::tolerance) and remember the
/// [`replay_key`](crate::Verified::replay_key)s for as long.
///
/// The signature of a POST does not cover its query: use nothing important from it. For a GET, read the parameters from
/// [`Verified::parameters`](crate::Verified::parameters). The method is not signed: see [`methods`](SignedWebhook::methods).
/// Put the verifier before anything that decodes the body. Vonage Cloud Runtime moves the token to
/// `X-Vonage-Webhook-Auth-Token`: set it with [`header`](SignedWebhook::header).
///
/// # Example
///
/// ```
/// use countersign::vonage::SignedWebhook;
/// use countersign::{ErrorKind, Head, Request, Secret, UnixTime, Verifier};
/// # #[cfg(feature = "sign")] {
/// let secret = Secret::new("signature-secret-of-the-account")?;
/// let now = UnixTime::from_secs(1_700_000_000);
/// let webhook = SignedWebhook::new(secret.clone()).clock(move || now);
///
/// let genuine = countersign::sign::TokenSigner::new(&secret, now).post(r#"{"status":"answered"}"#);
/// let verified = webhook.verify(genuine.request())?;
/// assert_eq!(verified.signed_at(), Some(now));
///
/// let altered = Request::new(genuine.head(), r#"{"status":"rejected"}"#);
/// assert_eq!(webhook.verify(altered).unwrap_err().kind(), ErrorKind::PayloadHashMismatch);
///
/// let unsigned = webhook.begin(Head::new("POST", &[("accept", "*/*")])).unwrap_err();
/// assert_eq!((unsigned.kind(), unsigned.status()), (ErrorKind::TokenMissing, 401));
/// # }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// In the head, before a byte of the body is needed:
///
/// - [`MethodUnsupported`](ErrorKind::MethodUnsupported): neither GET nor POST.
/// - [`TokenMissing`](ErrorKind::TokenMissing) or [`TokenAwaited`](ErrorKind::TokenAwaited): the header is absent, blank, or
///   only `Bearer`.
/// - [`HeaderRepeated`](ErrorKind::HeaderRepeated),
///   [`HeaderTooLong`](ErrorKind::HeaderTooLong): the header is not one value of at most 16 KiB.
/// - [`TokenMalformed`](ErrorKind::TokenMalformed), [`SignatureMalformed`](ErrorKind::SignatureMalformed): it is not
///   `Bearer` and a compact JWS.
/// - [`AlgorithmMismatch`](ErrorKind::AlgorithmMismatch), [`ExtensionUnsupported`](ErrorKind::ExtensionUnsupported).
/// - [`TenantMissing`](ErrorKind::TenantMissing), [`TenantUnknown`](ErrorKind::TenantUnknown): only with tenants.
/// - [`SignatureMismatch`](ErrorKind::SignatureMismatch).
/// - After the signature: [`ClaimsMalformed`](ErrorKind::ClaimsMalformed), [`ClaimMissing`](ErrorKind::ClaimMissing),
///   [`ClaimMalformed`](ErrorKind::ClaimMalformed), [`ClaimMismatch`](ErrorKind::ClaimMismatch),
///   [`TokenExpired`](ErrorKind::TokenExpired), [`TokenPremature`](ErrorKind::TokenPremature),
///   [`TimestampStale`](ErrorKind::TimestampStale), [`TimestampFuture`](ErrorKind::TimestampFuture),
///   [`ClockUnavailable`](ErrorKind::ClockUnavailable), [`PayloadHashMissing`](ErrorKind::PayloadHashMissing),
///   [`PayloadHashMalformed`](ErrorKind::PayloadHashMalformed).
/// - In a GET's query: [`QueryTooLong`](ErrorKind::QueryTooLong) (over 64 KiB),
///   [`ParameterMalformed`](ErrorKind::ParameterMalformed), [`ParameterRepeated`](ErrorKind::ParameterRepeated),
///   [`ParametersTooMany`](ErrorKind::ParametersTooMany), [`PayloadHashMismatch`](ErrorKind::PayloadHashMismatch).
///
/// In the body: [`PayloadHashMismatch`](ErrorKind::PayloadHashMismatch), [`BodyTooLarge`](ErrorKind::BodyTooLarge), and
/// for a GET [`BodyUnexpected`](ErrorKind::BodyUnexpected).
///
/// [webhooks guide]: https://developer.vonage.com/en/getting-started/concepts/webhooks
pub type SignedWebhook = TokenWebhook<SignedWebhookRule>;

/// Defines the tokens of [`SignedWebhook`] and what they cover.
#[derive(Clone, Copy, Debug)]
pub struct SignedWebhookRule {
    unhashed_body_accepted: bool,
}

impl SignedWebhook {
    /// Verifies with the signature secret of an account or of a Video callback, or a [`Keyring`] of several.
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self::with_keys(Senders::one(Function::HmacSha256, &keyring.into()))
    }

    /// Verifies for several accounts. The claim `api_key` names the account. Only its secrets are tried, and the verified claim
    /// must be the same.
    pub fn tenants(tenants: Tenants) -> Self {
        Self::with_keys(Senders::tenants(Function::HmacSha256, tenants))
    }

    /// Requires the claim `api_key` to be this account.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::NameEmpty`]: the name is empty.
    pub fn api_key(self, api_key: &str) -> Result<Self, ConfigError> {
        self.require(API_KEY, api_key)
    }

    /// Requires the claim `application_id` to be this application.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::NameEmpty`]: the name is empty.
    pub fn application_id(self, application_id: &str) -> Result<Self, ConfigError> {
        self.require("application_id", application_id)
    }

    /// Accepts a token without `payload_hash`, which proves nothing about the body or query. Anyone who has seen one request
    /// can send another body with its token. [`Verified::coverage`](crate::Verified::coverage) is then
    /// [`Coverage::Token`](crate::Coverage::Token). A present hash is still checked.
    pub fn insecure_accept_unhashed_body(self) -> Self {
        self.with_rule(|rule| rule.unhashed_body_accepted = true)
    }

    /// Rejects a request without a token with [`TokenAwaited`](ErrorKind::TokenAwaited), status 503, instead of
    /// [`TokenMissing`](ErrorKind::TokenMissing), status 401, so that the platform retries.
    ///
    /// Vonage documents that an internal error can make it send an unsigned callback, and that it retries after a 5xx.
    /// Strangers get the 503 too, except for other methods. Use it if a lost callback costs more than that. Check that no 5xx
    /// alarm pages anyone, and that no load balancer removes the host because of them.
    pub fn retry_unsigned(self) -> Self {
        self.with_carrier(|carrier| carrier.missing = ErrorKind::TokenAwaited)
    }

    /// Reads the account that the token in `Authorization` names. **Nothing is verified.** Use it to look up that account's
    /// secret. Then verify with [`tenants`](Self::tenants) of only this account, which requires the verified claim to be the
    /// same.
    ///
    /// # Errors
    ///
    /// - [`TenantMissing`](ErrorKind::TenantMissing): there is no such claim.
    /// - Those of the method and of the token's shape, see [above](SignedWebhook#errors).
    pub fn untrusted_api_key(head: Head<'_>) -> Result<String, Error> {
        Self::untrusted_tenant(&Carrier::bearer(AUTHORIZATION), head)
    }

    /// Reads it as [`untrusted_api_key`](Self::untrusted_api_key) does, but from another header: see [`header`](Self::header).
    ///
    /// # Errors
    ///
    /// - As above.
    pub fn untrusted_api_key_in(header: &HeaderName, head: Head<'_>) -> Result<String, Error> {
        Self::untrusted_tenant(&Carrier::bearer(AUTHORIZATION).moved(header.clone()), head)
    }

    fn with_keys(keys: Senders<MacKeys>) -> Self {
        Self::build(
            SignedWebhookRule { unhashed_body_accepted: false },
            Carrier::bearer(AUTHORIZATION),
            keys,
            policy(),
        )
    }

    fn require(self, claim: &'static str, text: &str) -> Result<Self, ConfigError> {
        if text.is_empty() {
            return Err(ConfigError::NameEmpty);
        }
        Ok(self.with_policy(|policy| policy.require(claim, text)))
    }
}

impl TokenRule for SignedWebhookRule {
    const SCHEME: &'static str = "vonage-jwt";
    const METHODS: &'static [&'static str] = &["GET", "POST"];
    const TENANT: &'static str = API_KEY;
    const IDENTIFIED: bool = true;

    fn covers(&self, head: Head<'_>, claims: &Claims) -> Result<Covered, Error> {
        match claims.hash(PAYLOAD_HASH, hex::decode)? {
            None if self.unhashed_body_accepted => {
                Ok(Covered { coverage: Coverage::Token, body: Body::Unsigned })
            }
            None => Err(Error::claim(ErrorKind::PayloadHashMissing, PAYLOAD_HASH)),
            Some(hash) if head.method() == "GET" => {
                check_query(head.query(), &hash)?;
                Ok(Covered { coverage: Coverage::Query, body: Body::Absent })
            }
            Some(hash) => Ok(Covered { coverage: Coverage::Body, body: Body::Hashed(hash) }),
        }
    }
}

impl Dated for SignedWebhookRule {}

/// The claims that all Vonage's tokens must have.
pub(super) fn policy() -> Policy {
    Policy { issuer: Some(ISSUER), ..Policy::new(Age::Within(Tolerance::from_secs(300, 60))) }
}

pub(crate) const ISSUER: &str = "Vonage";
pub(super) const API_KEY: &str = "api_key";
pub(super) const PAYLOAD_HASH: &str = "payload_hash";
