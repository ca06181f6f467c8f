//! What was proved.

use std::sync::Arc;

use super::ReplayKey;
use crate::claims::Claims;
use crate::mac::Tag;
use crate::secret::KeyId;
use crate::time::UnixTime;

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
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a proof that nobody looks at protects nothing"]
pub struct Verified(Evidence);

/// What the signature covers. Everything else in the request is the sender's word, whoever that is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Coverage {
    /// The raw body, and no header, path or query.
    Body,
    /// The decoded parameters of the query, names, values and order, and nothing else.
    Query,
    /// The parameters of the query, form or JSON object, save that `&`, `=` and `_` in values are alike and blank
    /// values may have been added or removed.
    Params,
    /// The token alone: neither body nor query.
    Token,
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
        }
    }
}

impl Verified {
    #[inline]
    pub(crate) fn new(evidence: Evidence) -> Self {
        Self(evidence)
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

    /// What tells this delivery from every other, where something signed does: `jti` with the account, the SMS API's `sig`,
    /// nothing for Vogent and Voxagent.
    #[must_use]
    pub fn replay_key(&self) -> Option<ReplayKey> {
        match (&self.0.replay_key, &self.0.origin) {
            (Some(key), _) => Some(*key),
            (None, Origin::Signature(tag)) => Some(ReplayKey::of_signature(tag)),
            (None, Origin::Token(claims)) => ReplayKey::of_token(claims),
            (None, Origin::Other) => None,
        }
    }

    /// The claims, where a token signs.
    #[must_use]
    pub fn claims(&self) -> Option<&Claims> {
        match &self.0.origin {
            Origin::Token(claims) => Some(claims),
            _ => None,
        }
    }

    /// The `api_key` of the tenant whose secret matched, where the verifier was built from
    /// [`Tenants`](crate::Tenants).
    #[must_use]
    pub fn tenant(&self) -> Option<&str> {
        self.0.tenant.as_deref()
    }
}

/// What a [`Check`](crate::Check) concludes; [`Verification::finish`](crate::Verification::finish) makes the proof of it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Evidence {
    key: KeyId,
    coverage: Coverage,
    signed_at: Option<UnixTime>,
    origin: Origin,
    /// One that was named; else it is made of the origin, if it is asked for.
    replay_key: Option<ReplayKey>,
    tenant: Option<Arc<str>>,
}

/// What besides the key and the time is worth keeping.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Origin {
    /// A signature that no other delivery has.
    Signature(Tag),
    Token(Claims),
    Other,
}

impl Evidence {
    /// Concludes that the secret `key` signed what `coverage` names.
    #[inline]
    pub fn new(key: KeyId, coverage: Coverage) -> Self {
        Self { key, coverage, signed_at: None, origin: Origin::Other, replay_key: None, tenant: None }
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

    #[inline]
    pub(crate) fn unique_signature(self, tag: Tag) -> Self {
        Self { origin: Origin::Signature(tag), ..self }
    }

    #[inline]
    pub(crate) fn claims(self, claims: Claims) -> Self {
        Self { origin: Origin::Token(claims), ..self }
    }

    #[inline]
    pub(crate) fn tenant(self, tenant: Option<Arc<str>>) -> Self {
        Self { tenant, ..self }
    }
}
