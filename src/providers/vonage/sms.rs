//! The SMS API: a signature over the sorted parameters, in its own parameter.

mod check;
mod signature_method;
mod source;

pub use signature_method::SignatureMethod;

use std::borrow::Cow;

use crate::error::{Error, ErrorKind};
use crate::mac::{Function, MacKeys, Senders};
use crate::params::Params;
use crate::request::{Head, KeptBody, MediaType, Request};
use crate::secret::{Keyring, Tenants};
#[cfg(feature = "sign")]
use crate::time::UnixTime;
use crate::time::{Clock, SharedClock, Tolerance};
use crate::verifier::{Check, Evidence, Replays, Verification, Verified, Verifier};
pub(crate) use source::Source;

/// Verifies the webhooks of Vonage's SMS API: inbound SMS and delivery receipts.
///
/// # The rule
///
/// 1. The parameters are those of the query (GET), or of a form or one flat JSON object (POST, by media type). They are decoded
///    once, to bytes.
/// 2. `sig` is removed. The rest is sorted by name, bytewise. In every value each `&` and each `=` becomes `_`. The string is
///    `&name=value` for each parameter.
/// 3. `sig` is the hex of the keyed hash of that string with the account's [`SignatureMethod`], in either case.
///
/// In JSON, a string counts as its decoded text, a number as its literal text (`1.50` is not `1.5`), `null` as blank. Half a
/// surrogate pair (`"a\ud83d"`, a text cut inside an emoji) has no decoded text. The platform's signature for it is not
/// documented. So the body is rejected as [`BodyMalformed`](ErrorKind::BodyMalformed), status 400, which is final. In a GET
/// such a text is ordinary bytes, and verifies.
///
/// A form or JSON is read as UTF-8. A `Content-Type` with a `charset` other than UTF-8 or US-ASCII, or with more than one, is
/// rejected: a framework may decode with it and read other parameters.
///
/// A repeated name is rejected as ambiguous. So is a name that contains `&` or `=`, because the signed string could be split
/// into other parameters.
///
/// If any value is blank (only U+0000 to U+0020), the string without all blank values is accepted too. The vendor's oldest code
/// signs so, and its newer code does not. No published capture decides it. Anyone can add a blank parameter. So the omitted
/// names must be plain tokens (`[A-Za-z0-9._-]`, at most 64 characters), which can hide no other text.
/// [`Verified::parameters`] omits them.
///
/// Read the parameters from [`Verified::parameters`], not from the request.
///
/// Sources: Vonage's [signing guide] and SDKs, captures in their tests; read in November 2026.
///
/// # What it does not prove
///
/// - `a&b`, `a=b` and `a_b` in a value have one signature, by the platform's design.
/// - If any value is blank, blank parameters may have been added or removed.
/// - JSON types: `"true"` and `true` have one signature, and so do `"7"` and `7`.
/// - The method: the same parameters verify in a GET, a form and JSON.
/// - In a POST the body's parameters count and those of the query are unsigned: use nothing from the query.
/// - Time: `timestamp` is signed. But the platform may retry for up to 24 hours (receipts 72, by one support article), perhaps
///   with the first signature. So there is no [`tolerance`](Self::tolerance) by default, and a request of any age verifies.
///   Remember the [`replay_key`](Verified::replay_key)s to reject replays.
///
/// # Deployment caveat
///
/// The secret is the account's *signature secret*, not the API secret. The method must be the one on the dashboard. Webhooks of
/// the Messages API use another scheme: see [`SignedWebhook`](super::SignedWebhook).
///
/// # Example
///
/// A capture of 2017 from the vendor's PHP SDK:
///
/// ```
/// use countersign::vonage::{SignatureMethod, Sms};
/// use countersign::{ErrorKind, Head, Request, Secret, Verifier};
///
/// let sms = Sms::new(SignatureMethod::Md5Hash, Secret::new("my_secret_key_for_testing")?);
///
/// let query = "msisdn=14843472194&to=12192259404&messageId=0B00000042AC53BD&text=Test+with+%26+and+%3D&type=text\
///     &keyword=TEST&message-timestamp=2017-04-04+22%3A57%3A47&timestamp=1491346667\
///     &nonce=929d6744-bd28-42c8-b6cf-31d5b4f43732&sig=e06d9763e3fd0b9c31beb5fc2fcb011c";
/// let no_headers: [(&str, &str); 0] = [];
/// let head = Head::new("GET", &no_headers);
/// let verified = sms.verify(Request::new(head.with_query(query), b""))?;
/// assert_eq!(verified.signed_at().map(|time| time.as_secs()), Some(1_491_346_667));
///
/// let altered = query.replace("Test+with", "Text+with");
/// let rejected = sms.verify(Request::new(head.with_query(&altered), b"")).unwrap_err();
/// assert_eq!(rejected.kind(), ErrorKind::SignatureMismatch);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
///
/// - [`MethodUnsupported`](ErrorKind::MethodUnsupported), [`MediaTypeUnsupported`](ErrorKind::MediaTypeUnsupported),
///   [`HeaderRepeated`](ErrorKind::HeaderRepeated): neither a GET nor a POST of a form or of JSON.
/// - [`QueryTooLong`](ErrorKind::QueryTooLong) (over 64 KiB), [`BodyTooLarge`](ErrorKind::BodyTooLarge) (over
///   [`max_body`](Self::max_body)), [`BodyMissing`](ErrorKind::BodyMissing) (POST),
///   [`BodyUnexpected`](ErrorKind::BodyUnexpected) (GET), [`BodyMalformed`](ErrorKind::BodyMalformed) (not one JSON object).
/// - [`ParameterMalformed`](ErrorKind::ParameterMalformed), [`ParameterRepeated`](ErrorKind::ParameterRepeated),
///   [`ParameterAmbiguous`](ErrorKind::ParameterAmbiguous), [`ParameterNested`](ErrorKind::ParameterNested),
///   [`ParametersTooMany`](ErrorKind::ParametersTooMany) (over 1,000).
/// - [`SchemeMismatch`](ErrorKind::SchemeMismatch): a Messages API webhook.
/// - [`SignatureMissing`](ErrorKind::SignatureMissing), [`SignatureMalformed`](ErrorKind::SignatureMalformed),
///   [`SignatureMismatch`](ErrorKind::SignatureMismatch).
/// - [`TenantMissing`](ErrorKind::TenantMissing), [`TenantUnknown`](ErrorKind::TenantUnknown): only with tenants.
/// - With a tolerance: [`TimestampMissing`](ErrorKind::TimestampMissing),
///   [`TimestampMalformed`](ErrorKind::TimestampMalformed), [`TimestampStale`](ErrorKind::TimestampStale),
///   [`TimestampFuture`](ErrorKind::TimestampFuture), [`ClockUnavailable`](ErrorKind::ClockUnavailable).
///
/// [signing guide]: https://developer.vonage.com/en/getting-started/concepts/signing-messages
#[derive(Debug)]
#[must_use]
pub struct Sms {
    keys: Senders<MacKeys>,
    method: SignatureMethod,
    tolerance: Option<Tolerance>,
    clock: SharedClock,
    max_body: usize,
}

impl Sms {
    /// Verifies with the account's method and signature secret, or a [`Keyring`] of several.
    pub fn new(method: SignatureMethod, keyring: impl Into<Keyring>) -> Self {
        Self::with_keys(method, Senders::one(method.into(), &keyring.into()))
    }

    /// Verifies for several accounts. The signed parameter `api-key` (or `api_key`) names the account, and only its secrets are
    /// tried.
    pub fn tenants(method: SignatureMethod, tenants: Tenants) -> Self {
        Self::with_keys(method, Senders::tenants(method.into(), tenants))
    }

    /// Requires the signed parameter `timestamp`, within a tolerance. By default a request of any age verifies, even without a
    /// timestamp.
    pub fn tolerance(self, tolerance: Tolerance) -> Self {
        Self { tolerance: Some(tolerance), ..self }
    }

    /// Replaces the system's clock. A target without a clock needs this ([`Clock`]).
    pub fn clock(self, clock: impl Clock + 'static) -> Self {
        Self { clock: SharedClock::new(clock), ..self }
    }

    /// Rejects a body of more than `limit` bytes. Default: 1 MiB.
    pub fn max_body(self, limit: usize) -> Self {
        Self { max_body: limit, ..self }
    }

    /// Reads the account that a request names. **Nothing is verified.** Use it to look up that account's secret. Then verify
    /// with [`tenants`](Self::tenants) of only this account.
    ///
    /// A malformed request is rejected, which saves a lookup. `sig` must be hex of a length that one of the
    /// [`SignatureMethod`]s has.
    ///
    /// # Errors
    ///
    /// - [`TenantMissing`](ErrorKind::TenantMissing): there is no parameter `api-key` or `api_key`.
    /// - Those of the request's form, see [above](Sms#errors), such as a body over 1 MiB.
    pub fn untrusted_api_key(request: Request<'_>) -> Result<String, Error> {
        let (source, mut params) = read(request, DEFAULT_MAX_BODY)?;
        if matches!(source, Source::Query) && !request.body().is_empty() {
            return Err(ErrorKind::BodyUnexpected.into());
        }
        let decode = |sig: &[u8]| {
            SignatureMethod::ALL.iter().find_map(|method| Function::from(*method).decode_hex(sig))
        };
        check::take_signature(&mut params, decode)?;
        check::untrusted_api_key(&params).map(Cow::into_owned)
    }

    /// Returns the same verifier for requests of any age, with other keys.
    #[cfg(feature = "diagnose")]
    pub(crate) fn of_any_age(&self, keys: Option<&MacKeys>) -> Self {
        let function =
            |method: &SignatureMethod| Some(Function::from(*method)) == keys.map(MacKeys::function);
        let method = SignatureMethod::ALL.iter().copied().find(function).unwrap_or(self.method);
        let keys = keys.map_or_else(|| self.keys.clone(), |keys| Senders::One(keys.clone()));
        Self { keys, method, tolerance: None, clock: self.clock.clone(), max_body: self.max_body }
    }

    #[cfg(feature = "diagnose")]
    pub(crate) fn own_keys(&self, request: Request<'_>) -> Option<&MacKeys> {
        let name =
            || Self::claimed_api_key(request).map(Cow::from).ok_or_else(|| ErrorKind::TenantMissing.into());
        self.keys.select(name).ok().map(|(keys, _)| keys)
    }

    /// Returns the account that a request names, unverified.
    #[cfg(feature = "diagnose")]
    pub(crate) fn claimed_api_key(request: Request<'_>) -> Option<String> {
        let (_, mut params) = read(request, DEFAULT_MAX_BODY).ok()?;
        params.sort_unique().ok()?;
        check::untrusted_api_key(&params).map(Cow::into_owned).ok()
    }

    #[cfg(any(feature = "diagnose", feature = "sign"))]
    pub(crate) fn method(&self) -> SignatureMethod {
        self.method
    }

    #[cfg(feature = "sign")]
    pub(crate) fn now(&self) -> Result<UnixTime, Error> {
        self.clock.now()
    }

    /// Returns the window of `timestamp` and the clock.
    #[cfg(feature = "diagnose")]
    pub(crate) fn window(&self) -> Option<(Tolerance, &SharedClock)> {
        self.tolerance.map(|tolerance| (tolerance, &self.clock))
    }

    fn with_keys(method: SignatureMethod, keys: Senders<MacKeys>) -> Self {
        Self { keys, method, tolerance: None, clock: SharedClock::system(), max_body: DEFAULT_MAX_BODY }
    }
}

impl Verifier for Sms {
    fn begin<'v>(&'v self, head: Head<'_>) -> Result<Verification<'v>, Error> {
        let mut params = Params::default();
        match Source::of(head)? {
            Source::Query => {
                params.read_query(head.query())?;
                let evidence = self.check(params)?.into_evidence();
                Ok(Verification::decided(evidence).checked_again(&self.clock))
            }
            Source::Body(media_type) => {
                let body = KeptBody::new(self.max_body);
                Ok(Verification::new(BufferedBody { sms: self, media_type, body }).limit(self.max_body))
            }
        }
    }

    fn verify(&self, request: Request<'_>) -> Result<Verified, Error> {
        let (source, params) = read(request, self.max_body)?;
        if matches!(source, Source::Query) && !request.body().is_empty() {
            // A wrong signature is reported first, as where the body comes in chunks.
            return Err(self.check(params).err().unwrap_or_else(|| ErrorKind::BodyUnexpected.into()));
        }
        self.check(params)
    }

    fn replays(&self) -> Replays {
        Replays::of(self.tolerance)
    }

    fn scheme(&self) -> &'static str {
        "vonage-sms"
    }
}

/// Reads the parameters, and returns where they were.
fn read(request: Request<'_>, max_body: usize) -> Result<(Source, Params), Error> {
    let source = Source::of(request.head())?;
    let mut params = Params::default();
    match source {
        Source::Query => params.read_query(request.head().query())?,
        Source::Body(_) if request.body().len() > max_body => {
            return Err(ErrorKind::BodyTooLarge.into());
        }
        Source::Body(media_type) => source::read(media_type, request.body(), &mut params)?,
    }
    Ok((source, params))
}

/// A body as it arrives. It is kept, because the parameters must be sorted before they are hashed.
struct BufferedBody<'v> {
    sms: &'v Sms,
    media_type: MediaType,
    body: KeptBody,
}

impl Check for BufferedBody<'_> {
    fn keeps_body(&self) -> bool {
        true
    }

    fn update(&mut self, chunk: &[u8]) -> Result<(), Error> {
        Ok(self.body.push(chunk)?)
    }

    fn finish(self: Box<Self>) -> Result<Evidence, Error> {
        let mut params = Params::default();
        source::read(self.media_type, self.body.bytes(), &mut params)?;
        self.sms.check(params).map(Verified::into_evidence)
    }
}

const DEFAULT_MAX_BODY: usize = 1024 * 1024;
