//! One verifier for the tokens of any platform.

use std::borrow::Cow;
use std::fmt;

use super::{Carrier, Covered, Policy, Signed, Token};
use crate::claims::Claims;
use crate::config_error::ConfigError;
use crate::error::Error;
#[cfg(feature = "diagnose")]
use crate::error::ErrorKind;
use crate::mac::{MacKeys, Senders};
use crate::request::{BaseUrl, Head, HeaderName, Methods, Request};
use crate::time::{Clock, SharedClock, Tolerance};
use crate::verifier::{Coverage, Evidence, Replays, Validity, Verification, Verified, Verifier};

/// Verifies a token (JWT, HS256) that covers the request. It does what platforms share: keys and their rotation, claims of
/// time, limits and methods.
///
/// The built-in token platforms are of this type, such as [`LiveKit`](crate::LiveKit).
///
/// # Errors
///
/// In the head, before a byte of the body is needed:
///
/// - [`MethodUnsupported`](crate::ErrorKind::MethodUnsupported).
/// - [`TokenMissing`](crate::ErrorKind::TokenMissing): the header is absent or blank.
/// - [`HeaderRepeated`](crate::ErrorKind::HeaderRepeated), [`HeaderTooLong`](crate::ErrorKind::HeaderTooLong): the header is
///   not one value of at most 16 KiB.
/// - [`TokenMalformed`](crate::ErrorKind::TokenMalformed), [`SignatureMalformed`](crate::ErrorKind::SignatureMalformed): it is
///   not a compact JWS in the platform's form.
/// - [`AlgorithmMismatch`](crate::ErrorKind::AlgorithmMismatch),
///   [`ExtensionUnsupported`](crate::ErrorKind::ExtensionUnsupported): its JOSE header names an algorithm other than HS256, or
///   a critical extension.
/// - [`TenantMissing`](crate::ErrorKind::TenantMissing), [`TenantUnknown`](crate::ErrorKind::TenantUnknown): only with tenants.
/// - [`SignatureMismatch`](crate::ErrorKind::SignatureMismatch).
/// - After the signature: [`ClaimsMalformed`](crate::ErrorKind::ClaimsMalformed), [`ClaimMissing`](crate::ErrorKind::ClaimMissing),
///   [`ClaimMalformed`](crate::ErrorKind::ClaimMalformed), [`ClaimMismatch`](crate::ErrorKind::ClaimMismatch),
///   [`TokenExpired`](crate::ErrorKind::TokenExpired), [`TokenPremature`](crate::ErrorKind::TokenPremature),
///   [`ClockUnavailable`](crate::ErrorKind::ClockUnavailable), [`PayloadHashMissing`](crate::ErrorKind::PayloadHashMissing),
///   [`PayloadHashMalformed`](crate::ErrorKind::PayloadHashMalformed).
///
/// In the body: [`PayloadHashMismatch`](crate::ErrorKind::PayloadHashMismatch),
/// [`BodyTooLarge`](crate::ErrorKind::BodyTooLarge), and [`BodyUnexpected`](crate::ErrorKind::BodyUnexpected) if the token
/// covers no body.
#[derive(Debug)]
#[must_use]
pub struct TokenWebhook<R> {
    rule: R,
    carrier: Carrier,
    keys: Senders<MacKeys>,
    policy: Policy,
    methods: Methods,
    max_body: usize,
}

/// Defines a platform's tokens and what they cover.
pub trait TokenRule: fmt::Debug + Send + Sync {
    /// The scheme's name.
    const SCHEME: &'static str;
    /// The methods that the platform sends.
    const METHODS: &'static [&'static str];
    /// The claim that names the tenant.
    const TENANT: &'static str;
    /// Whether `jti` is unique among the tenant's events.
    const IDENTIFIED: bool;

    /// Checks the URL or query against the verified claims, and returns what to check of the body.
    ///
    /// # Errors
    ///
    /// - The claims cover nothing, or another request.
    fn covers(&self, head: Head<'_>, claims: &Claims) -> Result<Covered, Error>;

    /// Returns the start of the public URL, if a claim has the URL's hash.
    fn base(&self) -> Option<&BaseUrl> {
        None
    }
}

/// Marks a platform whose tokens have a time of signing.
pub trait Dated: TokenRule {}

impl<R: TokenRule> TokenWebhook<R> {
    /// Accepts a token for a while after its `exp` (the tolerance's past) and before its `nbf` (its future), since clocks
    /// differ.
    pub fn leeway(self, leeway: Tolerance) -> Self {
        self.with_policy(|policy| policy.leeway = leeway)
    }

    /// Replaces the system's clock. A target without a clock needs this ([`Clock`]).
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        self.with_policy(|policy| policy.clock = SharedClock::new(clock))
    }

    /// Reads the token from another header. If the platform sends `Bearer` before the token, the word is optional there: a
    /// proxy may drop or keep it.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::HeaderNameInvalid`]: the name is empty or not a token.
    pub fn header(self, name: &str) -> Result<Self, ConfigError> {
        let header = HeaderName::new(name)?;
        Ok(Self { carrier: self.carrier.moved(header), ..self })
    }

    /// Accepts only these methods. Default: all that the platform sends. A token does not cover the method.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::MethodsInvalid`]: the list is empty, or has a method that the platform does not send.
    pub fn methods(self, methods: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, ConfigError> {
        Ok(Self { methods: Methods::among(R::METHODS, methods)?, ..self })
    }

    /// Rejects a body of more than `limit` bytes. There is no limit by default, because the body is not kept.
    pub fn max_body(self, limit: usize) -> Self {
        Self { max_body: limit, ..self }
    }

    pub(crate) fn build(rule: R, carrier: Carrier, keys: Senders<MacKeys>, policy: Policy) -> Self {
        let methods = Methods::Default(R::METHODS);
        Self { rule, carrier, keys, policy, methods, max_body: usize::MAX }
    }

    pub(crate) fn with_policy(mut self, set: impl FnOnce(&mut Policy)) -> Self {
        set(&mut self.policy);
        self
    }

    pub(crate) fn with_carrier(mut self, set: impl FnOnce(&mut Carrier)) -> Self {
        set(&mut self.carrier);
        self
    }

    pub(crate) fn with_rule(mut self, set: impl FnOnce(&mut R)) -> Self {
        set(&mut self.rule);
        self
    }

    #[cfg(any(feature = "diagnose", feature = "sign"))]
    pub(crate) fn rule(&self) -> &R {
        &self.rule
    }

    #[cfg(any(feature = "diagnose", feature = "sign"))]
    pub(crate) fn carrier(&self) -> &Carrier {
        &self.carrier
    }

    #[cfg(any(feature = "diagnose", feature = "sign"))]
    pub(crate) fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Checks what does not depend on the key, the time or the limit of the body.
    #[cfg(feature = "sign")]
    pub(crate) fn check_signable(&self, request: Request<'_>) -> Result<(), Error> {
        let head = request.head().with_base(self.rule.base());
        self.methods.check(head)?;
        let claims = Claims::parse(self.parse(head)?.payload)?;
        self.rule.covers(head, &claims)?.body.check(request.body(), usize::MAX)
    }

    /// Returns the tenant that a request names, unverified. Checks the method first.
    pub(crate) fn untrusted_tenant(carrier: &Carrier, head: Head<'_>) -> Result<String, Error> {
        Methods::Default(R::METHODS).check(head)?;
        Self::claimed_tenant(carrier, head)
    }

    /// Returns the tenant that a request names, unverified, for any method.
    pub(crate) fn claimed_tenant(carrier: &Carrier, head: Head<'_>) -> Result<String, Error> {
        let token = Token::parse(carrier.token(head)?)?;
        token.untrusted(R::TENANT).map(Cow::into_owned)
    }

    /// Reads the token. Nothing is verified yet.
    #[inline]
    pub(crate) fn parse<'t>(&self, head: Head<'t>) -> Result<Token<'t>, Error> {
        Token::parse(self.carrier.token(head)?)
    }

    /// Returns the claims of a token that `keys`, or the verifier's own keys, signed. The claims are read after the signature
    /// is verified.
    #[cfg(feature = "diagnose")]
    pub(crate) fn claims(&self, head: Head<'_>, keys: Option<&MacKeys>) -> Result<Claims, Error> {
        let keys = keys.or_else(|| self.own_keys(head)).ok_or(ErrorKind::TenantUnknown)?;
        // A single sender needs no tenant claim.
        let signed = self.parse(head)?.verify(&Senders::One(keys.clone()), "");
        signed.map(|signed| signed.claims)
    }

    #[cfg(feature = "diagnose")]
    pub(crate) fn own_keys(&self, head: Head<'_>) -> Option<&MacKeys> {
        let tenant = || self.parse(head)?.untrusted(R::TENANT).map(|name| Cow::Owned(name.into_owned()));
        self.keys.select(tenant).ok().map(|(keys, _)| keys)
    }

    #[cfg(feature = "diagnose")]
    pub(crate) fn check_payload(&self, request: Request<'_>, claims: &Claims) -> Result<(), Error> {
        self.rule.covers(request.head(), claims)?.body.check(request.body(), self.max_body)
    }

    #[inline]
    fn check(&self, head: Head<'_>) -> Result<(Signed, Option<Validity>, Covered), Error> {
        self.methods.check(head)?;
        let head = head.with_base(self.rule.base());
        let signed = self.parse(head)?.verify(&self.keys, R::TENANT)?;
        let validity = self.policy.check(&signed.claims)?;
        let covered = self.rule.covers(head, &signed.claims)?;
        Ok((signed, validity, covered))
    }

    /// Makes the evidence of a token that covers this much of a request.
    #[inline]
    fn evidence(head: Head<'_>, signed: Signed, coverage: Coverage, validity: Option<Validity>) -> Evidence {
        let evidence = Evidence::new(signed.key, coverage)
            .scheme(R::SCHEME)
            .signed_at(signed.claims.issued_at())
            .validity(validity)
            .tenant(signed.tenant)
            .claims(signed.claims, R::TENANT, R::IDENTIFIED);
        if coverage == Coverage::Query { evidence.query(head.query()) } else { evidence }
    }
}

impl<R: Dated> TokenWebhook<R> {
    /// Sets the window of `iat`. Default: 300 s in the past, 60 s in the future. A present `exp` is enforced too.
    pub fn tolerance(self, window: Tolerance) -> Self {
        self.with_policy(|policy| policy.age = super::Age::Within(window))
    }

    /// Accepts a token of any age, until its `exp` if it has one. Without `exp`, anyone who has seen a request can replay it
    /// forever, unless you remember its [`replay_key`](Verified::replay_key) forever. `iat` stays required.
    pub fn insecure_accept_any_age(self) -> Self {
        self.with_policy(|policy| policy.age = super::Age::Any)
    }
}

impl<R: TokenRule> Verifier for TokenWebhook<R> {
    fn begin<'v>(&'v self, head: Head<'_>) -> Result<Verification<'v>, Error> {
        let (signed, validity, covered) = self.check(head)?;
        let evidence = Self::evidence(head, signed, covered.coverage, validity);
        Ok(covered.body.begin(evidence, self.max_body).checked_again(&self.policy.clock))
    }

    /// Skips the incremental steps, which would cost 10 % of a small token's verification.
    fn verify(&self, request: Request<'_>) -> Result<Verified, Error> {
        let (signed, validity, covered) = self.check(request.head())?;
        covered.body.check(request.body(), self.max_body)?;
        Ok(Verified::new(Self::evidence(request.head(), signed, covered.coverage, validity)))
    }

    fn replays(&self) -> Replays {
        if R::IDENTIFIED { Replays::of(self.policy.window()) } else { Replays::Undetectable }
    }

    fn scheme(&self) -> &'static str {
        R::SCHEME
    }
}
