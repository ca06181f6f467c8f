//! Signed webhooks: a token that covers the body or the query.

mod carrier;
mod check;
mod payload;
mod query;
mod untrusted;

#[cfg(feature = "diagnose")]
pub(crate) use query::check_query;

use crate::config_error::ConfigError;
#[cfg(feature = "sign")]
use crate::error::Error;
use crate::error::ErrorKind;
use crate::jwt::Policy;
use crate::mac::{Function, MacKeys, Senders};
use crate::request::{HeaderName, Methods};
use crate::secret::{Keyring, Tenants};
#[cfg(feature = "sign")]
use crate::time::UnixTime;
use crate::time::{Clock, SharedClock, Tolerance};
use carrier::{AUTHORIZATION, Carrier};

/// Verifies the signed webhooks of Vonage's Messages, Dispatch, Voice and Video.
///
/// # The rule
///
/// - `Authorization: Bearer <JWT>`, the word in any case; HS256 only, whatever the dashboard's signature method says.
/// - The key is a *signature secret* as UTF-8 text: the account's, for Video that of the callback (each has its own).
/// - `iat` is required and must lie in the window: by default 300 s in the past and 60 s in the future, bounds included.
///   No lifetime is documented. `exp` and `nbf` are not documented either; where they are, they hold to the
///   second, unless a [`leeway`](Self::leeway) is set.
/// - `iss`, where there is one, is `Vonage`.
/// - **POST**: `payload_hash` is the hex SHA-256 of the raw body. The query is not signed.
/// - **GET** (Voice's answer URL by default): `payload_hash` is that of the query's parameters as a compact JSON object,
///   decoded, in their order, every value a string. A repeated name is refused as ambiguous; what a GET
///   without a query hashes is not documented, and both `{}` and nothing are accepted. A body is refused.
/// - The JOSE header and the claims are JSON objects with each name once; `crit` is refused; names not listed here are
///   ignored, up to 256 of them.
/// - Times are JSON numbers. Fractions are allowed (RFC 7519): `iat` and `exp` are rounded down, `nbf` up.
/// - A text claim of another type, or with U+0000, reads as absent. It is refused where it is needed: `iss`, `api_key` of
///   tenants, and what you require. A token whose `jti` reads as absent has no replay key, so a replay guard refuses it.
///
/// Sources: Vonage's [webhooks guide], its guide to secure callbacks (Video's secrets) and support article 19033783342876
/// (payload hash), published captures (the GET form), RFC 7515 and RFC 7519; read in November 2026. None of Vonage's own SDKs
/// checks `payload_hash`.
///
/// # Unsigned callbacks
///
/// An internal error of Vonage's can make it send an unsigned callback. It is refused with
/// [`TokenMissing`](ErrorKind::TokenMissing), status 401, unless you [`retry_unsigned`](Self::retry_unsigned).
///
/// Messages and SMS are sent again on 429 and 5xx only, for up to 24 hours (receipts, by one article, 72). After any other 4xx
/// the event is lost.
///
/// # Deployment caveat
///
/// Whether a retry is signed anew is not documented. If it is not, one that comes after the window is refused as stale,
/// and lost: to survive an outage of yours, widen the [`tolerance`](Self::tolerance) and remember the
/// [`replay_key`](crate::Verified::replay_key)s for as long.
///
/// For a POST, a query is in the request and not in the signature: take nothing from it that matters. For a GET, take the
/// parameters from [`Verified::parameters`](crate::Verified::parameters). The method is not signed: see
/// [`methods`](Self::methods). Put the verifier
/// before anything that decodes the body. Vonage Cloud Runtime moves the token to the header
/// `X-Vonage-Webhook-Auth-Token`: name it with [`header`](Self::header).
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
/// Of the head, so before a body byte is needed:
///
/// - [`MethodUnsupported`](ErrorKind::MethodUnsupported): neither GET nor POST.
/// - [`TokenMissing`](ErrorKind::TokenMissing) or [`TokenAwaited`](ErrorKind::TokenAwaited): the header is absent, blank, or the
///   word `Bearer` alone.
/// - [`HeaderRepeated`](ErrorKind::HeaderRepeated),
///   [`HeaderTooLong`](ErrorKind::HeaderTooLong): the header is not one value of at most 16 KiB.
/// - [`TokenMalformed`](ErrorKind::TokenMalformed), [`SignatureMalformed`](ErrorKind::SignatureMalformed): it is not
///   `Bearer` and a compact JWS.
/// - [`AlgorithmMismatch`](ErrorKind::AlgorithmMismatch), [`ExtensionUnsupported`](ErrorKind::ExtensionUnsupported).
/// - [`TenantMissing`](ErrorKind::TenantMissing), [`TenantUnknown`](ErrorKind::TenantUnknown): where there are tenants.
/// - [`SignatureMismatch`](ErrorKind::SignatureMismatch).
/// - After the signature: [`ClaimsMalformed`](ErrorKind::ClaimsMalformed), [`ClaimMissing`](ErrorKind::ClaimMissing),
///   [`ClaimMalformed`](ErrorKind::ClaimMalformed), [`ClaimMismatch`](ErrorKind::ClaimMismatch),
///   [`TokenExpired`](ErrorKind::TokenExpired), [`TokenPremature`](ErrorKind::TokenPremature),
///   [`TimestampStale`](ErrorKind::TimestampStale), [`TimestampFuture`](ErrorKind::TimestampFuture),
///   [`ClockUnavailable`](ErrorKind::ClockUnavailable), [`PayloadHashMissing`](ErrorKind::PayloadHashMissing),
///   [`PayloadHashMalformed`](ErrorKind::PayloadHashMalformed).
/// - Of a GET's query: [`QueryTooLong`](ErrorKind::QueryTooLong) (over 64 KiB),
///   [`ParameterMalformed`](ErrorKind::ParameterMalformed), [`ParameterRepeated`](ErrorKind::ParameterRepeated),
///   [`ParametersTooMany`](ErrorKind::ParametersTooMany), [`PayloadHashMismatch`](ErrorKind::PayloadHashMismatch).
///
/// Of the body: [`PayloadHashMismatch`](ErrorKind::PayloadHashMismatch), [`BodyTooLarge`](ErrorKind::BodyTooLarge), and
/// for a GET [`BodyUnexpected`](ErrorKind::BodyUnexpected).
///
/// [webhooks guide]: https://developer.vonage.com/en/getting-started/concepts/webhooks
#[derive(Debug)]
#[must_use]
pub struct SignedWebhook {
    carrier: Carrier,
    keys: Senders<MacKeys>,
    policy: Policy,
    unhashed_body: UnhashedBody,
    methods: Methods,
    unsigned: ErrorKind,
    max_body: usize,
}

#[derive(Debug)]
enum UnhashedBody {
    Refused,
    Accepted,
}

impl SignedWebhook {
    /// Verifies with the signature secret of an account or of a Video callback, or a [`Keyring`] of several.
    pub fn new(keyring: impl Into<Keyring>) -> Self {
        Self::with_keys(Senders::one(Function::HmacSha256, &keyring.into()))
    }

    /// Verifies for several accounts: the token names the account in its claim `api_key`, that account's secrets are
    /// tried, and the verified claim must still name it.
    pub fn tenants(tenants: Tenants) -> Self {
        Self::with_keys(Senders::tenants(Function::HmacSha256, tenants))
    }

    /// Reads the token from another header than `Authorization`. There it may stand alone or after `Bearer`: whether the
    /// one who moved it keeps the word is not documented.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::HeaderNameInvalid`]: the name is empty or not a token.
    pub fn header(self, name: &str) -> Result<Self, ConfigError> {
        Ok(Self { carrier: Carrier::named(HeaderName::new(name)?), ..self })
    }

    /// Sets the window of `iat`, by default 300 s in the past and 60 s in the future.
    pub fn tolerance(self, window: Tolerance) -> Self {
        self.with_policy(|policy| policy.window = Some(window))
    }

    /// Accepts a token for a while after its `exp` (the tolerance's past) and before its `nbf` (its future), for
    /// clocks that differ. By default both hold to the second.
    pub fn leeway(self, leeway: Tolerance) -> Self {
        self.with_policy(|policy| policy.leeway = leeway)
    }

    /// Accepts a token signed at any time. Whoever has seen one delivery can then send it again for ever, unless the
    /// [`replay_key`](crate::Verified::replay_key)s are remembered for ever.
    pub fn insecure_accept_any_age(self) -> Self {
        self.with_policy(|policy| policy.window = None)
    }

    /// Tells the time by another clock than the system's. Where the system has none ([`Clock`]), this is the only one.
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        self.with_policy(|policy| policy.clock = SharedClock::new(clock))
    }

    /// Requires the claim `api_key` to be this account.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::NameEmpty`]: the name is empty.
    pub fn api_key(self, api_key: &str) -> Result<Self, ConfigError> {
        let api_key = Some(non_empty(api_key)?);
        Ok(self.with_policy(|policy| policy.api_key = api_key))
    }

    /// Requires the claim `application_id` to be this application.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::NameEmpty`]: the name is empty.
    pub fn application_id(self, application_id: &str) -> Result<Self, ConfigError> {
        let application_id = Some(non_empty(application_id)?);
        Ok(self.with_policy(|policy| policy.application_id = application_id))
    }

    /// Accepts a token without `payload_hash`, which proves nothing of the body or query: whoever has seen one
    /// delivery can send another body with its token. [`Verified::coverage`](crate::Verified::coverage) then says
    /// [`Coverage::Token`](crate::Coverage::Token). A hash that is there is still checked.
    pub fn insecure_accept_unhashed_body(self) -> Self {
        Self { unhashed_body: UnhashedBody::Accepted, ..self }
    }

    /// Takes requests of these methods alone: `POST`, `GET` or, by default, both. The signature does not cover the method: one
    /// token proves a POST of a flat JSON object of texts and a GET of the same parameters.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::MethodsInvalid`]: there is none, or one is neither `POST` nor `GET`.
    pub fn methods(self, methods: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, ConfigError> {
        Ok(Self { methods: Methods::among(METHODS, methods)?, ..self })
    }

    /// Refuses a request without a token with [`TokenAwaited`](ErrorKind::TokenAwaited), status 503, instead of
    /// [`TokenMissing`](ErrorKind::TokenMissing), status 401, so that the platform sends it again.
    ///
    /// Vonage documents that an error of its own can make it send an unsigned callback, and that it sends again after a 5xx.
    /// Every stranger gets the 503 too, unless the method is another one. Choose it where a lost callback costs more than that:
    /// where 5xx answers page nobody, and no load balancer takes the host out for them.
    pub fn retry_unsigned(self) -> Self {
        Self { unsigned: ErrorKind::TokenAwaited, ..self }
    }

    /// Refuses a body of more bytes than `limit`. There is no limit by default, since nothing of the body is kept.
    pub fn max_body(self, limit: usize) -> Self {
        Self { max_body: limit, ..self }
    }

    pub(super) fn carried_in(self, header: &'static str) -> Self {
        Self { carrier: Carrier::documented(header), ..self }
    }

    pub(super) fn require_expiry(self) -> Self {
        self.with_policy(|policy| policy.expiry_required = true)
    }

    pub(super) fn bodies_only(self) -> Self {
        Self { methods: Methods::Default(&["POST"]), ..self }
    }

    pub(super) fn any_issuer(self) -> Self {
        self.with_policy(|policy| policy.issuer = None)
    }

    /// The header that carries the token.
    #[cfg(feature = "diagnose")]
    pub(crate) fn header_name(&self) -> &HeaderName {
        self.carrier.header_name()
    }

    /// What the claims must be.
    #[cfg(feature = "diagnose")]
    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    #[cfg(feature = "sign")]
    pub(crate) fn now(&self) -> Result<UnixTime, Error> {
        self.policy.clock.now()
    }

    fn with_keys(keys: Senders<MacKeys>) -> Self {
        Self {
            carrier: Carrier::documented(AUTHORIZATION),
            keys,
            policy: Policy::new(ISSUER, Tolerance::from_secs(300, 60)),
            unhashed_body: UnhashedBody::Refused,
            methods: Methods::Default(METHODS),
            unsigned: ErrorKind::TokenMissing,
            max_body: usize::MAX,
        }
    }

    fn with_policy(mut self, set: impl FnOnce(&mut Policy)) -> Self {
        set(&mut self.policy);
        self
    }
}

fn non_empty(name: &str) -> Result<String, ConfigError> {
    if name.is_empty() { Err(ConfigError::NameEmpty) } else { Ok(name.to_owned()) }
}

pub(crate) const ISSUER: &str = "Vonage";
const METHODS: &[&str] = &["GET", "POST"];
