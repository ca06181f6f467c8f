//! One verifier for the rule of any platform.

mod body;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use crate::config_error::ConfigError;
use crate::error::{Error, ErrorKind};
use crate::mac::{Keys, SenderKeys};
#[cfg(feature = "diagnose")]
use crate::params::Params;
use crate::request::{BaseUrl, Head, Methods, Request};
use crate::rule::{Binding, Envelope, Profile, Rule};
use crate::secret::KeyId;
use crate::time::{Clock, SharedClock, Tolerance, UnixTime};
use crate::verifier::{Coverage, End, Evidence, Replays, Validity, Verification, Verified, Verifier};
#[cfg(feature = "sign")]
pub(crate) use body::Whole;
pub(crate) use body::read_form;
use body::{Form, FormKeys, HeadSigned, InMessage, named_in_form};

/// Verifies with a platform's [`Rule`]. It does what platforms share: rotation of keys, comparison in constant time, chunks,
/// limits, methods, the timestamp window, the replay key.
///
/// Most built-in platforms are of this type, such as [`Vogent`](crate::Vogent). [`Rule`] shows how to write your own.
///
/// # Errors
///
/// - In the head: [`MethodUnsupported`](ErrorKind::MethodUnsupported), the rule's errors,
///   [`RuleInvalid`](ErrorKind::RuleInvalid) if the rule contradicts itself,
///   [`SignatureMalformed`](ErrorKind::SignatureMalformed), and with tenants [`TenantMissing`](ErrorKind::TenantMissing) and
///   [`TenantUnknown`](ErrorKind::TenantUnknown).
/// - In the body: [`BodyTooLarge`](ErrorKind::BodyTooLarge), [`BodyUnexpected`](ErrorKind::BodyUnexpected) if the platform
///   signs no body, and for a form [`ParameterMalformed`](ErrorKind::ParameterMalformed) and
///   [`ParametersTooMany`](ErrorKind::ParametersTooMany).
/// - [`SignatureMismatch`](ErrorKind::SignatureMismatch): no key matches a signature.
///   [`PayloadHashMismatch`](ErrorKind::PayloadHashMismatch): the body's hash is not the signed one.
/// - After the signature, with a window: [`TimestampMissing`](ErrorKind::TimestampMissing),
///   [`TimestampStale`](ErrorKind::TimestampStale), [`TimestampFuture`](ErrorKind::TimestampFuture),
///   [`ClockUnavailable`](ErrorKind::ClockUnavailable).
#[derive(Debug)]
#[must_use]
pub struct Webhook<R> {
    rule: R,
    keys: Keys,
    terms: Terms,
}

/// The settings for every rule.
#[derive(Debug)]
struct Terms {
    profile: Profile,
    base: Option<BaseUrl>,
    window: Option<Tolerance>,
    clock: SharedClock,
    methods: Methods,
    max_body: Option<usize>,
}

impl<R: Rule> Webhook<R> {
    /// Verifies with this rule and these keys.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::BaseUrlMissing`]: the rule signs the URL. Use [`with_base_url`](Self::with_base_url).
    pub fn with_rule(rule: R, keys: Keys) -> Result<Self, ConfigError> {
        if rule.profile().url_signed {
            Err(ConfigError::BaseUrlMissing)
        } else {
            Ok(Self::build(rule, keys, None))
        }
    }

    /// Verifies with this rule, these keys and the start of the public URL.
    pub fn with_base_url(rule: R, keys: Keys, base: BaseUrl) -> Self {
        Self::build(rule, keys, Some(base))
    }

    pub(crate) fn build(rule: R, keys: Keys, base: Option<BaseUrl>) -> Self {
        let profile = rule.profile();
        let terms = Terms {
            profile,
            base,
            window: profile.window,
            clock: SharedClock::system(),
            methods: Methods::Default(profile.methods),
            max_body: None,
        };
        Self { rule, keys, terms }
    }

    /// Sets how far the signed time may be from now.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::TimestampUnsigned`]: the platform signs no time.
    /// - [`ConfigError::WindowRequired`]: the scheme is unsafe without its window, and this one is longer than a day.
    pub fn tolerance(self, window: Tolerance) -> Result<Self, ConfigError> {
        match self.terms.profile {
            Profile { window: None, .. } => Err(ConfigError::TimestampUnsigned),
            Profile { window_required: true, .. } if window.span() > LONGEST_REQUIRED_WINDOW => {
                Err(ConfigError::WindowRequired)
            }
            _ => Ok(self.with_terms(|terms| terms.window = Some(window))),
        }
    }

    /// Accepts a request of any age. Anyone who has seen one request can replay it forever.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::TimestampUnsigned`]: the platform signs no time.
    /// - [`ConfigError::WindowRequired`]: the scheme is unsafe without its window.
    pub fn insecure_accept_any_age(self) -> Result<Self, ConfigError> {
        match self.terms.profile {
            Profile { window: None, .. } => Err(ConfigError::TimestampUnsigned),
            Profile { window_required: true, .. } => Err(ConfigError::WindowRequired),
            _ => Ok(self.with_terms(|terms| terms.window = None)),
        }
    }

    /// Replaces the system's clock. A target without a clock needs this ([`Clock`]).
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        self.with_terms(|terms| terms.clock = SharedClock::new(clock))
    }

    /// Accepts only these methods. Default: those that the platform sends. Most platforms do not sign the method.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::MethodsInvalid`]: the list is empty, or a method is not a token in capitals.
    pub fn methods(self, methods: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, ConfigError> {
        let methods = Methods::new(methods)?;
        Ok(self.with_terms(|terms| terms.methods = methods))
    }

    /// Rejects a body of more than `limit` bytes. Default: 1 MiB for a form, or the rule's
    /// [`body_limit`](Profile::body_limit) where that is more. No limit for a body that is not kept.
    pub fn max_body(self, limit: usize) -> Self {
        self.with_terms(|terms| terms.max_body = Some(limit))
    }

    /// Reads the tenant that the request names. **Nothing is verified.** Use it to look up that tenant's secret. Then verify with
    /// [`Tenants`](crate::Tenants) of only this tenant.
    ///
    /// ```
    /// use countersign::{BaseUrl, ErrorKind, Head, Request, Secret, Tenants, Twilio};
    ///
    /// let tenants = Tenants::new([("AC1", Secret::new("the-auth-token")?)])?;
    /// let twilio = Twilio::tenants(BaseUrl::new("https://hooks.example.com")?, tenants);
    ///
    /// let headers = [
    ///     ("X-Twilio-Signature", "AAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    ///     ("Content-Type", "application/x-www-form-urlencoded"),
    /// ];
    /// let head = Head::new("POST", &headers).with_target("/voice");
    /// assert_eq!(twilio.untrusted_tenant(Request::new(head, "AccountSid=AC2"))?, "AC2");
    ///
    /// let unnamed = twilio.untrusted_tenant(Request::new(head, "CallStatus=ringing")).unwrap_err();
    /// assert_eq!(unnamed.kind(), ErrorKind::TenantMissing);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// - [`TenantMissing`](ErrorKind::TenantMissing): it names none, or the rule reads none.
    /// - Those of the method, the rule, the signature's form, and the body.
    pub fn untrusted_tenant(&self, request: Request<'_>) -> Result<String, Error> {
        let mut envelope = Envelope::new();
        self.open(request.head(), &mut envelope)?;
        let keys = self.keys.0.any().ok_or(ErrorKind::TenantUnknown)?;
        let _ = envelope.tags(keys.kind())?;
        self.named_tenant(&envelope, request.body())
    }

    fn named_tenant(&self, envelope: &Envelope<'_>, body: &[u8]) -> Result<String, Error> {
        match envelope.tenant_in_form() {
            None => envelope.tenant_name().map(str::to_owned).ok_or_else(|| ErrorKind::TenantMissing.into()),
            Some(_) if body.len() > self.terms.limit(envelope) => Err(ErrorKind::BodyTooLarge.into()),
            Some(name) => named_in_form(&read_form(body)?, name).map(Cow::into_owned),
        }
    }

    /// Replaces the rule and keeps all settings.
    pub(crate) fn with_changed_rule(self, rule: R) -> Self {
        Self { rule, ..self }
    }

    pub(crate) fn rule(&self) -> &R {
        &self.rule
    }

    #[cfg(feature = "sign")]
    pub(crate) fn signs_time(&self) -> bool {
        self.terms.profile.window.is_some()
    }

    #[cfg(feature = "sign")]
    pub(crate) fn now(&self) -> Result<UnixTime, Error> {
        self.terms.clock.now()
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    fn with_terms(mut self, set: impl FnOnce(&mut Terms)) -> Self {
        set(&mut self.terms);
        self
    }

    /// Reads the head's claims into a new envelope. The caller holds it, since a copy costs 5 % of a small request.
    #[inline]
    pub(crate) fn open<'h>(&'h self, head: Head<'h>, envelope: &mut Envelope<'h>) -> Result<(), Error> {
        self.terms.methods.check(head)?;
        self.read_into(envelope, head.with_base(self.terms.base.as_ref()))
    }

    /// Reads the claims of a head with any method, at the head's own base URL.
    #[cfg(feature = "diagnose")]
    pub(crate) fn read_head<'h>(&'h self, head: Head<'h>) -> Result<Envelope<'h>, Error> {
        let mut envelope = Envelope::new();
        self.read_into(&mut envelope, head)?;
        Ok(envelope)
    }

    #[inline]
    fn read_into<'h>(&'h self, envelope: &mut Envelope<'h>, head: Head<'h>) -> Result<(), Error> {
        if self.terms.profile.url_signed && !head.has_usual_target() {
            return Err(ErrorKind::SignatureMismatch.into());
        }
        self.rule.read(head, envelope)?;
        envelope.check(&self.terms.profile).map_err(Error::from)
    }

    fn proceed<'v>(&'v self, envelope: Envelope<'_>) -> Result<Verification<'v>, Error> {
        if envelope.is_form() {
            let form = self.terms.form(self.keys_of_form(&envelope)?, envelope)?;
            Ok(form.keep())
        } else {
            self.terms.proceed(self.select(&envelope)?, envelope)
        }
    }

    /// Returns the keys and the tenant of a form, as far as the head says.
    pub(crate) fn keys_of_form(
        &self,
        envelope: &Envelope<'_>,
    ) -> Result<(FormKeys<'_>, Option<&Arc<str>>), Error> {
        match envelope.tenant_in_form() {
            Some(name) => Ok((FormKeys::Named(&self.keys.0, name), None)),
            None => self.select(envelope).map(|(keys, tenant)| (FormKeys::Known(keys), tenant)),
        }
    }

    #[inline]
    pub(crate) fn select(&self, envelope: &Envelope<'_>) -> Result<(&SenderKeys, Option<&Arc<str>>), Error> {
        let name =
            || envelope.tenant_name().map(Cow::Borrowed).ok_or_else(|| ErrorKind::TenantMissing.into());
        self.keys.0.select(name)
    }
}

impl<R: Rule> Verifier for Webhook<R> {
    fn begin<'v>(&'v self, head: Head<'_>) -> Result<Verification<'v>, Error> {
        let this: &Self = self;
        let mut envelope = Envelope::new();
        this.open(head, &mut envelope)?;
        self.proceed(envelope)
    }

    /// Skips the incremental steps for a raw body: for 256 bytes they take more than 50 % of the hash's time. Does not copy a
    /// form, which would take 10 %.
    fn verify(&self, request: Request<'_>) -> Result<Verified, Error> {
        let mut envelope = Envelope::new();
        self.open(request.head(), &mut envelope)?;
        if let Some(message) = envelope.raw() {
            let (keys, tenant) = self.select(&envelope)?;
            let tags = envelope.tags(keys.kind())?;
            if request.body().len() > self.terms.limit(&envelope) {
                return Err(ErrorKind::BodyTooLarge.into());
            }
            let found = keys.find(&[&message.before, request.body(), &message.after], &tags);
            let claims = Claims::of(&envelope, &self.terms, tenant.cloned());
            return claims.conclude(found);
        }
        if envelope.is_form() {
            let form = self.terms.form(self.keys_of_form(&envelope)?, envelope)?;
            return form.conclude(request.body());
        }
        let mut verification = self.proceed(envelope)?;
        verification.update(request.body())?;
        verification.finish()
    }

    fn replays(&self) -> Replays {
        if self.terms.profile.identified { Replays::of(self.terms.window) } else { Replays::Undetectable }
    }

    fn retry_period(&self) -> Duration {
        self.terms.profile.retry_period
    }

    fn body_limit(&self) -> Option<usize> {
        self.terms.profile.body_limit
    }

    fn scheme(&self) -> &'static str {
        self.terms.profile.scheme
    }
}

/// For diagnosis.
#[cfg(feature = "diagnose")]
impl<R: Rule> Webhook<R> {
    /// Checks that `keys`, or the verifier's own, signed a request of any age and method, at the head's own base URL. The inner
    /// result says whether the body is the signed one.
    pub(crate) fn signed(
        &self,
        request: Request<'_>,
        keys: Option<&SenderKeys>,
    ) -> Result<Result<Verified, Error>, Error> {
        let Terms { profile, max_body, .. } = self.terms;
        let methods = Methods::Default(profile.methods);
        let clock = self.terms.clock.clone();
        let terms = Terms { profile, base: None, window: None, clock, methods, max_body };
        let envelope = self.read_head(request.head())?;
        let is_head_signed = envelope.binding() != Binding::Message;
        let keys = keys.map_or_else(|| self.keys_for(request), Ok)?;
        if envelope.is_form() {
            let form = terms.form((FormKeys::Known(keys), None), envelope)?;
            return form.conclude(request.body()).map(Ok);
        }
        let mut verification = terms.proceed((keys, None), envelope)?;
        let verdict = verification.update(request.body()).and_then(|()| verification.finish());
        if is_head_signed { Ok(verdict) } else { verdict.map(Ok) }
    }

    pub(crate) fn keys_for(&self, request: Request<'_>) -> Result<&SenderKeys, Error> {
        if let Some(keys) = self.keys.0.single() {
            return Ok(keys);
        }
        let envelope = self.read_head(request.head())?;
        let (keys, _) = self.keys_of_form(&envelope)?;
        let mut params = Params::default();
        if let FormKeys::Named(..) = keys {
            params.read_form(request.body())?;
        }
        keys.select(&params).map(|(keys, _)| keys)
    }

    /// Returns the tenant that a request of any method names, unverified.
    pub(crate) fn claimed_tenant(&self, request: Request<'_>) -> Option<String> {
        let envelope = self.read_head(request.head().with_base(self.base_url())).ok()?;
        self.named_tenant(&envelope, request.body()).ok()
    }

    /// Returns the start of the public URL, if it is signed.
    pub(crate) fn base_url(&self) -> Option<&BaseUrl> {
        self.terms.base.as_ref().filter(|_| self.terms.profile.url_signed)
    }

    pub(crate) fn window(&self) -> Option<(Tolerance, &SharedClock)> {
        self.terms.window.map(|window| (window, &self.terms.clock))
    }
}

impl Terms {
    fn proceed<'v>(
        &'v self,
        (keys, tenant): (&SenderKeys, Option<&Arc<str>>),
        envelope: Envelope<'_>,
    ) -> Result<Verification<'v>, Error> {
        let tags = envelope.tags(keys.kind())?;
        let claims = Claims::of(&envelope, self, tenant.cloned());
        let limit = self.limit(&envelope);
        let binding = envelope.binding();
        let verification = if binding == Binding::Message {
            Verification::new(InMessage::new(claims, keys, tags, envelope.into_messages())?)
        } else {
            let found =
                envelope.whole_messages().fold(None, |found, message| found.or(keys.find(&[message], &tags)));
            let evidence = claims.conclude(found)?.into_evidence();
            Verification::new(HeadSigned::new(binding, evidence)).checked_again(&self.clock)
        };
        Ok(verification.limit(limit))
    }

    fn form<'v>(
        &'v self,
        (keys, tenant): (FormKeys<'v>, Option<&Arc<str>>),
        envelope: Envelope<'_>,
    ) -> Result<Form<'v>, Error> {
        let tags = envelope.tags(keys.kind()?)?;
        let claims = Claims::of(&envelope, self, tenant.cloned());
        let limit = self.limit(&envelope);
        Ok(Form::new(claims, keys, tags, envelope.into_message_list(), limit))
    }

    fn limit(&self, envelope: &Envelope<'_>) -> usize {
        let of_form = self.profile.body_limit.unwrap_or(0).max(DEFAULT_MAX_FORM);
        self.max_body.unwrap_or(if envelope.is_form() { of_form } else { usize::MAX })
    }
}

/// A request's claims, kept until the signature is verified.
struct Claims<'v> {
    terms: &'v Terms,
    coverage: Coverage,
    signed_at: Option<UnixTime>,
    id: Option<Vec<u8>>,
    tenant: Option<Arc<str>>,
    query_unsigned: bool,
}

impl<'v> Claims<'v> {
    #[inline]
    fn of(envelope: &Envelope<'_>, terms: &'v Terms, tenant: Option<Arc<str>>) -> Self {
        let coverage = match (envelope.binding(), terms.profile.url_signed) {
            (Binding::Unsigned | Binding::Absent, false) => Coverage::None,
            (Binding::Unsigned | Binding::Absent, true) => Coverage::Url,
            (Binding::Message, true) if envelope.is_form() => Coverage::UrlParams,
            (Binding::Message, false) if envelope.is_form() => Coverage::Params,
            (_, true) => Coverage::UrlBody,
            (_, false) => Coverage::Body,
        };
        let (signed_at, query_unsigned) = (envelope.time(), envelope.is_query_unsigned());
        Self {
            terms,
            coverage,
            signed_at,
            id: envelope.identifier().map(<[u8]>::to_vec),
            tenant,
            query_unsigned,
        }
    }

    /// Adds the tenant from the body.
    fn of_tenant(self, tenant: &Arc<str>) -> Self {
        Self { tenant: Some(Arc::clone(tenant)), ..self }
    }

    /// Checks the result of the signature, then the time.
    #[inline]
    fn conclude(self, found: Option<KeyId>) -> Result<Verified, Error> {
        let key = found.ok_or(ErrorKind::SignatureMismatch)?;
        let validity = match self.terms.window {
            None => None,
            Some(window) => {
                let signed_at = self.signed_at.ok_or(ErrorKind::TimestampMissing)?;
                let checked_at = self.terms.clock.now()?;
                window.check(checked_at, signed_at)?;
                Some(Validity { checked_at, until: window.end_of_age(signed_at), end: End::Age })
            }
        };
        let evidence = Evidence::new(key, self.coverage)
            .scheme(self.terms.profile.scheme)
            .signed_at(self.signed_at)
            .validity(validity)
            .query_unsigned(self.query_unsigned)
            .tenant(self.tenant)
            .id(self.id);
        Ok(Verified::new(evidence))
    }
}

const DEFAULT_MAX_FORM: usize = 1024 * 1024;
/// A digit that moves between the time and the body changes the time by years, so a day is short enough.
const LONGEST_REQUIRED_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);
