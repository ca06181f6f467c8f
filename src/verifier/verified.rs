//! The proof.

use std::fmt;
use std::sync::Arc;
#[cfg(feature = "tower")]
use std::time::Duration;

use super::{CUSTOM, ReplayKey};
use crate::claims::Claims;
use crate::error::{Error, ErrorKind};
use crate::mac::Tag;
use crate::params::Parameters;
use crate::secret::KeyId;
use crate::time::{SharedClock, UnixTime};

/// Proves that one of the secrets signed a request. Only a verifier makes one: those here, or one with your own
/// [`Check`](crate::Check).
///
/// # Example
///
/// ```compile_fail,E0624
/// // There is no constructor.
/// let verified = countersign::Verified::new(countersign::Evidence::new(
///     countersign::KeyId::new(0),
///     countersign::Coverage::Body,
/// ));
/// ```
#[derive(Clone, PartialEq, Eq)]
#[must_use = "a proof that nobody looks at protects nothing"]
pub struct Verified(Evidence);

/// What the signature covers. Everything else in the request can be forged.
///
/// Most schemes sign no method, no path and no header. So read a body as the platform documents it, not as its `Content-Type`
/// says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Coverage {
    /// The raw body, byte for byte.
    Body,
    /// The query's decoded parameters: names, values and order. The same token also proves a POST of a flat JSON object with
    /// the same texts.
    Query,
    /// The decoded parameters of the query, form or JSON object: names and values. The order and JSON types are not covered
    /// (`"true"` and `true` have one signature). Nor are `&`, `=` and `_` in values distinguished. Blank parameters may have
    /// been added or removed. [`Verified::parameters`] leaves out those that are not covered.
    Params,
    /// Only the token: neither body nor query.
    Token,
    /// Only the public URL, not the body. If the scheme does not sign the query, it is the URL up to its path. If it signs the
    /// query decoded or sorted, the query's text and order are not covered.
    Url,
    /// The public URL as in [`Url`](Self::Url), and the raw body byte for byte.
    UrlBody,
    /// The public URL as in [`Url`](Self::Url), and the form's decoded parameters: names and values, and the order of one name's
    /// values in [`Verified::parameters`]. The form's bytes and the order of names are not covered.
    UrlParams,
    /// Nothing of the request.
    None,
}

impl Coverage {
    /// Returns the stable name in lower case, for logs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Body => "body",
            Self::Query => "query",
            Self::Params => "params",
            Self::Token => "token",
            Self::Url => "url",
            Self::UrlBody => "url_body",
            Self::UrlParams => "url_params",
            Self::None => "none",
        }
    }
}

impl Verified {
    #[inline]
    pub(crate) fn new(evidence: Evidence) -> Self {
        Self(evidence)
    }

    #[inline]
    pub(crate) fn into_evidence(self) -> Evidence {
        self.0
    }

    /// Returns the [name](crate::Verifier::scheme) of the scheme that verified the request.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        self.0.scheme
    }

    /// Returns which secret matched.
    #[must_use]
    pub fn key(&self) -> KeyId {
        self.0.key
    }

    /// Returns what the signature covers.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        self.0.coverage
    }

    /// Returns when the request was signed, if the signature covers a time.
    #[must_use]
    pub fn signed_at(&self) -> Option<UnixTime> {
        self.0.signed_at
    }

    /// Returns the last second in which the request verifies, by the verifier's clock. The timestamp window or the token's
    /// `exp` ends it, whichever is earlier. `None` if nothing does.
    #[must_use]
    pub fn valid_until(&self) -> Option<UnixTime> {
        self.0.validity.as_ref().map(|validity| validity.until)
    }

    /// Returns how long after the verdict the request still verifies, at most.
    #[cfg(feature = "tower")]
    pub(crate) fn time_left(&self) -> Option<Duration> {
        let validity = self.0.validity.as_ref()?;
        let seconds =
            validity.until.as_secs().saturating_sub(validity.checked_at.as_secs()).saturating_add(1);
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
    }

    /// Returns a key that is unique to this event: account and `jti` for tokens, `sig` for the SMS API. `None` if the platform
    /// signs no identifier, such as Vogent and LiveKit.
    ///
    /// If several schemes or senders share a store, hash the key with [`scheme`](Self::scheme) and the sender's name: see
    /// [`ReplayKey::new`].
    #[must_use]
    pub fn replay_key(&self) -> Option<ReplayKey> {
        match &self.0.id {
            Some(Id::Key(key)) => Some(*key),
            _ => Some(ReplayKey::new([self.account().as_bytes(), self.identifier()?])),
        }
    }

    /// Returns the proved account. Identifiers are unique only within an account.
    pub(crate) fn account(&self) -> &str {
        let claimed = || match &self.0.origin {
            Origin::Token { claims, tenant_claim, .. } => claims.text(tenant_claim),
            _ => None,
        };
        self.tenant().or_else(claimed).unwrap_or_default()
    }

    /// Returns the signed identifier, unique within the account.
    pub(crate) fn identifier(&self) -> Option<&[u8]> {
        match (&self.0.id, &self.0.origin) {
            (Some(Id::Key(key)), _) => Some(key.as_bytes()),
            (Some(Id::Signed(id)), _) => Some(id),
            (None, Origin::Signature(tag)) => Some(tag.as_bytes()),
            (None, Origin::Token { claims, identified: true, .. }) => {
                claims.id().filter(|id| !id.is_empty()).map(str::as_bytes)
            }
            (None, Origin::Token { .. } | Origin::Other) => None,
        }
    }

    /// Whether the URL is covered only up to its path.
    #[cfg(feature = "axum")]
    pub(crate) fn is_query_unsigned(&self) -> bool {
        self.0.query_unsigned
    }

    /// Whether the signature is one of the parameters.
    #[cfg(feature = "axum")]
    pub(crate) fn is_signed_by_parameter(&self) -> bool {
        matches!(self.0.origin, Origin::Signature(_))
    }

    /// Returns the claims of a token.
    #[must_use]
    pub fn claims(&self) -> Option<&Claims> {
        match &self.0.origin {
            Origin::Token { claims, .. } => Some(claims),
            _ => None,
        }
    }

    /// Returns the signed parameters, if the signature covers parameters, such as those of the SMS API or of a signed webhook's
    /// GET. Read them from here, not from the request. Keep them in a variable: their values borrow from them.
    #[must_use]
    pub fn parameters(&self) -> Option<Parameters> {
        match &self.0.covered {
            Covered::Parameters(parameters) => Some(parameters.clone()),
            Covered::Query(query) => Parameters::of_query(query),
            Covered::Other => None,
        }
    }

    /// Returns the tenant whose secret matched, if the verifier has [`Tenants`](crate::Tenants).
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.0.tenant.as_deref()
    }
}

/// The conclusion of a [`Check`](crate::Check). [`Verification::finish`](crate::Verification::finish) makes the proof of it.
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct Evidence {
    scheme: &'static str,
    key: KeyId,
    coverage: Coverage,
    signed_at: Option<UnixTime>,
    origin: Origin,
    /// The key that the scheme set. Otherwise it is made of the origin on demand.
    id: Option<Id>,
    tenant: Option<Arc<str>>,
    validity: Option<Validity>,
    covered: Covered,
    query_unsigned: bool,
}

#[derive(Clone, PartialEq, Eq)]
enum Covered {
    Parameters(Parameters),
    /// A raw query, decoded only on demand.
    Query(Arc<[u8]>),
    Other,
}

/// Until when the evidence holds.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) checked_at: UnixTime,
    /// The last second in which it holds.
    pub(crate) until: UnixTime,
    pub(crate) end: End,
}

/// What ends a validity.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// The token expires.
    Expiry,
    /// The signed time is too old.
    Age,
    AgeOfClaim(&'static str),
    AgeOfParameter(&'static str),
}

impl From<End> for Error {
    fn from(end: End) -> Self {
        match end {
            End::Expiry => ErrorKind::TokenExpired.into(),
            End::Age => ErrorKind::TimestampStale.into(),
            End::AgeOfClaim(name) => Self::claim(ErrorKind::TimestampStale, name),
            End::AgeOfParameter(name) => Self::parameter(ErrorKind::TimestampStale, name),
        }
    }
}

#[derive(Clone, PartialEq, Eq)]
enum Id {
    /// Unique on its own.
    Key(ReplayKey),
    /// Unique within the account.
    Signed(Vec<u8>),
}

/// What the identifier and the claims come from.
#[derive(Clone, PartialEq, Eq)]
enum Origin {
    /// A signature that is unique to its request.
    Signature(Tag),
    Token {
        claims: Claims,
        /// The claim that names the account.
        tenant_claim: &'static str,
        /// Whether `jti` is unique within the account.
        identified: bool,
    },
    Other,
}

impl Evidence {
    /// Concludes that the secret `key` signed what `coverage` names.
    #[inline]
    pub fn new(key: KeyId, coverage: Coverage) -> Self {
        Self {
            scheme: CUSTOM,
            key,
            coverage,
            signed_at: None,
            origin: Origin::Other,
            id: None,
            tenant: None,
            covered: Covered::Other,
            validity: None,
            query_unsigned: false,
        }
    }

    /// Sets the scheme's name, the same as [`Verifier::scheme`](crate::Verifier::scheme). Default: `custom`.
    #[inline]
    pub fn scheme(self, scheme: &'static str) -> Self {
        Self { scheme, ..self }
    }

    /// Adds the signed time.
    #[inline]
    pub fn signed_at(self, signed_at: Option<UnixTime>) -> Self {
        Self { signed_at, ..self }
    }

    /// Adds the replay key.
    pub fn replay_key(self, replay_key: ReplayKey) -> Self {
        Self { id: Some(Id::Key(replay_key)), ..self }
    }

    /// Adds an identifier that is signed with the account's keys.
    #[inline]
    pub(crate) fn id(self, id: Option<Vec<u8>>) -> Self {
        Self { id: id.map(Id::Signed), ..self }
    }

    /// Adds the last second in which the request verifies, and the time `now` of that check.
    pub fn valid_until(self, now: UnixTime, until: UnixTime) -> Self {
        Self { validity: Some(Validity { checked_at: now, until, end: End::Age }), ..self }
    }

    #[inline]
    pub(crate) fn validity(self, validity: Option<Validity>) -> Self {
        Self { validity, ..self }
    }

    /// Checks whether it still holds now.
    pub(super) fn checked_again(mut self, clock: &SharedClock) -> Result<Self, Error> {
        if let Some(validity) = &mut self.validity {
            validity.checked_at = clock.now()?;
            if validity.checked_at > validity.until {
                return Err(validity.end.into());
            }
        }
        Ok(self)
    }

    #[inline]
    pub(crate) fn unique_signature(self, tag: Tag) -> Self {
        Self { origin: Origin::Signature(tag), ..self }
    }

    #[inline]
    pub(crate) fn parameters(self, parameters: Parameters) -> Self {
        Self { covered: Covered::Parameters(parameters), ..self }
    }

    /// Sets whether the URL is covered only up to its path.
    pub(crate) fn query_unsigned(self, query_unsigned: bool) -> Self {
        Self { query_unsigned, ..self }
    }

    #[inline]
    pub(crate) fn query(self, query: &[u8]) -> Self {
        Self { covered: Covered::Query(query.into()), ..self }
    }

    #[inline]
    pub(crate) fn claims(self, claims: Claims, tenant_claim: &'static str, identified: bool) -> Self {
        Self { origin: Origin::Token { claims, tenant_claim, identified }, ..self }
    }

    #[inline]
    pub(crate) fn tenant(self, tenant: Option<Arc<str>>) -> Self {
        Self { tenant, ..self }
    }
}

/// Shows which secret matched, the coverage and which parts exist, but no values of the request.
impl fmt::Debug for Verified {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show("Verified", f)
    }
}

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.show("Evidence", f)
    }
}

impl Evidence {
    fn show(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct(name)
            .field("scheme", &self.scheme)
            .field("key", &self.key)
            .field("coverage", &self.coverage)
            .field("signed_at", &self.signed_at.is_some())
            .field("tenant", &self.tenant.is_some())
            .finish_non_exhaustive()
    }
}
