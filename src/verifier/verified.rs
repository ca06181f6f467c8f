//! What was proved.

use std::fmt;
use std::sync::Arc;
#[cfg(feature = "tower")]
use std::time::Duration;

use super::ReplayKey;
use crate::claims::Claims;
use crate::error::{Error, ErrorKind};
use crate::mac::Tag;
use crate::params::Parameters;
use crate::secret::KeyId;
use crate::time::{SharedClock, UnixTime};

/// Proof that a request was signed with one of the secrets. Only a [`Verification`](crate::Verification) makes one, so that
/// besides the schemes here it takes a [`Check`](crate::Check) of your own to vouch for anything.
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

/// What the signature covers. Everything else in the request is the sender's word, whoever that is.
///
/// Most schemes sign neither the method nor the path nor a header, and almost none the `Content-Type`: read a body as what the
/// platform documents, and not as what its header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Coverage {
    /// The raw body, byte for byte.
    Body,
    /// The decoded parameters of the query: their names, values and order. The same token proves a POST of a flat JSON object
    /// of the same texts.
    Query,
    /// The decoded parameters of the query, form or JSON object: their names and values. Their order is not covered, nor JSON
    /// types (`"true"` and `true` share a signature). `&`, `=` and `_` in values share one too. Blank parameters may have been
    /// added or removed; [`Verified::parameters`] leaves out those that are not covered.
    Params,
    /// The token alone: neither body nor query.
    Token,
    /// The URL that the platform calls, and nothing else: the body is the sender's word. A platform may sign no query, as its
    /// documentation here says; then it is the URL up to its path.
    Url,
    /// The URL, and the raw body byte for byte.
    UrlBody,
    /// The URL, and the decoded parameters of the form: their names and values, and the order of one name's values as
    /// [`Verified::parameters`] gives them. Not the form's bytes, nor the order of names.
    UrlParams,
    /// Nothing of the request.
    None,
}

impl Coverage {
    /// The stable name in lower case, for logs.
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

    #[cfg(feature = "reload")]
    pub(crate) fn into_evidence(self) -> Evidence {
        self.0
    }

    /// Which secret matched.
    #[must_use]
    pub fn key(&self) -> KeyId {
        self.0.key
    }

    /// What the signature covers.
    #[must_use]
    pub fn coverage(&self) -> Coverage {
        self.0.coverage
    }

    /// When it was signed, where the signature says so.
    #[must_use]
    pub fn signed_at(&self) -> Option<UnixTime> {
        self.0.signed_at
    }

    /// The last second in which the request verifies, by the verifier's clock, where something ends it: a window of time, a
    /// token's `exp`, or the earlier of both.
    #[must_use]
    pub fn valid_until(&self) -> Option<UnixTime> {
        self.0.validity.as_ref().map(|validity| validity.until)
    }

    /// For how long after the verdict the request still verifies, at most.
    #[cfg(feature = "tower")]
    pub(crate) fn time_left(&self) -> Option<Duration> {
        let validity = self.0.validity.as_ref()?;
        let seconds = validity.until.as_secs().saturating_sub(validity.judged_at.as_secs()).saturating_add(1);
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
    }

    /// A key that tells this event from the sender's others, where something signed does: `jti` with the account for tokens, `sig`
    /// for the SMS API. `None` where the platform signs no identifier, as Vogent, Voxagent and LiveKit.
    ///
    /// In a store that several schemes or senders share, hash it with their names: see [`ReplayKey::new`].
    #[must_use]
    pub fn replay_key(&self) -> Option<ReplayKey> {
        match &self.0.replay_key {
            Some(key) => Some(*key),
            None => Some(ReplayKey::new([self.account().as_bytes(), self.identifier()?])),
        }
    }

    /// Who sends, as far as the proof tells: identifiers are unique to an account, and another's must not stand for this one's.
    pub(crate) fn account(&self) -> &str {
        let claimed = || match &self.0.origin {
            Origin::Token { claims, tenant_claim, .. } => claims.text(tenant_claim),
            _ => None,
        };
        self.tenant().or_else(claimed).unwrap_or_default()
    }

    /// What is signed and tells this request from the account's others.
    pub(crate) fn identifier(&self) -> Option<&[u8]> {
        match (&self.0.replay_key, &self.0.origin) {
            (Some(key), _) => Some(key.as_bytes()),
            (None, Origin::Signature(tag)) => Some(tag.as_bytes()),
            (None, Origin::Token { claims, identified: true, .. }) => {
                claims.id().filter(|id| !id.is_empty()).map(str::as_bytes)
            }
            (None, Origin::Token { .. } | Origin::Other) => None,
        }
    }

    /// Whether the URL is covered up to its path alone.
    #[cfg(feature = "axum")]
    pub(crate) fn is_query_unsigned(&self) -> bool {
        self.0.query_unsigned
    }

    /// Whether the signature is one of the parameters.
    #[cfg(feature = "axum")]
    pub(crate) fn is_signed_by_parameter(&self) -> bool {
        matches!(self.0.origin, Origin::Signature(_))
    }

    /// The claims, where a token signs.
    #[must_use]
    pub fn claims(&self) -> Option<&Claims> {
        match &self.0.origin {
            Origin::Token { claims, .. } => Some(claims),
            _ => None,
        }
    }

    /// The parameters that the signature covers, where it covers parameters: those of the SMS API, and the query of a signed
    /// webhook's GET. Take them from here, and do not parse the request again.
    #[must_use]
    pub fn parameters(&self) -> Option<Parameters> {
        match &self.0.covered {
            Covered::Parameters(parameters) => Some(parameters.clone()),
            Covered::Query(query) => Parameters::of_query(query),
            Covered::Other => None,
        }
    }

    /// The name of the tenant whose secret matched, where the verifier was built from
    /// [`Tenants`](crate::Tenants).
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.0.tenant.as_deref()
    }
}

/// What a [`Check`](crate::Check) concludes; [`Verification::finish`](crate::Verification::finish) makes the proof of it.
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct Evidence {
    key: KeyId,
    coverage: Coverage,
    signed_at: Option<UnixTime>,
    origin: Origin,
    /// One that was named; else it is made of the origin, if it is asked for.
    replay_key: Option<ReplayKey>,
    tenant: Option<Arc<str>>,
    validity: Option<Validity>,
    covered: Covered,
    query_unsigned: bool,
}

/// The parameters that are covered.
#[derive(Clone, PartialEq, Eq)]
enum Covered {
    Parameters(Parameters),
    /// A raw query, decoded only where its parameters are asked for: its hash needs no memory of its own.
    Query(Arc<[u8]>),
    Other,
}

/// Until when evidence holds.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Validity {
    /// The time of the verdict.
    pub(crate) judged_at: UnixTime,
    /// The last second in which it holds.
    pub(crate) until: UnixTime,
    /// How it is refused after that.
    pub(crate) over: Error,
}

/// What besides the key and the time is worth keeping.
#[derive(Clone, PartialEq, Eq)]
enum Origin {
    /// A signature that no other delivery has.
    Signature(Tag),
    Token {
        claims: Claims,
        /// The claim that names the account.
        tenant_claim: &'static str,
        /// Whether `jti` tells an event from the account's others.
        identified: bool,
    },
    Other,
}

impl Evidence {
    /// Concludes that the secret `key` signed what `coverage` names.
    #[inline]
    pub fn new(key: KeyId, coverage: Coverage) -> Self {
        Self {
            key,
            coverage,
            signed_at: None,
            origin: Origin::Other,
            replay_key: None,
            tenant: None,
            covered: Covered::Other,
            validity: None,
            query_unsigned: false,
        }
    }

    /// Adds the signed time.
    #[inline]
    pub fn signed_at(self, signed_at: Option<UnixTime>) -> Self {
        Self { signed_at, ..self }
    }

    /// Adds the replay key.
    pub fn replay_key(self, replay_key: ReplayKey) -> Self {
        Self { replay_key: Some(replay_key), ..self }
    }

    /// Adds the last second in which the request verifies, as judged at `now`.
    pub fn valid_until(self, now: UnixTime, until: UnixTime) -> Self {
        let over = ErrorKind::TimestampStale.into();
        Self { validity: Some(Validity { judged_at: now, until, over }), ..self }
    }

    #[inline]
    pub(crate) fn validity(self, validity: Option<Validity>) -> Self {
        Self { validity, ..self }
    }

    /// Judges by the present time whether it still holds.
    pub(super) fn judged_again(mut self, clock: &SharedClock) -> Result<Self, Error> {
        if let Some(validity) = &mut self.validity {
            validity.judged_at = clock.now()?;
            if validity.judged_at > validity.until {
                return Err(validity.over.clone());
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

    /// Says whether the URL is covered up to its path alone.
    pub(crate) fn query_unsigned(self, query_unsigned: bool) -> Self {
        Self { query_unsigned, ..self }
    }

    /// Adds a query that is covered.
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

/// Shows which secret matched, what it covers and what else there is, and none of the request's values.
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
            .field("key", &self.key)
            .field("coverage", &self.coverage)
            .field("signed_at", &self.signed_at.is_some())
            .field("tenant", &self.tenant.is_some())
            .finish_non_exhaustive()
    }
}
