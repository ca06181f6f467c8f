//! The claims of a Vonage token.

use std::borrow::Cow;
use std::fmt;

use crate::encoding::hex;
use crate::encoding::json::{self, Names, Stop, Value};
use crate::error::{Error, ErrorKind};
use crate::time::UnixTime;

/// The claims of a verified token (RFC 7519, and those Vonage adds). Claims not listed here are ignored.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims {
    issued_at: UnixTime,
    expires_at: Option<UnixTime>,
    not_before: Option<UnixTime>,
    id: Option<Box<str>>,
    issuer: Option<Box<str>>,
    api_key: Option<Box<str>>,
    application_id: Option<Box<str>>,
}

impl Claims {
    /// `iat`: when the token was signed.
    #[must_use]
    pub fn issued_at(&self) -> UnixTime {
        self.issued_at
    }

    /// `exp`: from when on the token is no longer valid.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }

    /// `nbf`: from when on the token is valid.
    #[must_use]
    pub fn not_before(&self) -> Option<UnixTime> {
        self.not_before
    }

    /// `jti`: the token's identifier.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// `iss`: who issued the token.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// `api_key`: the account whose secret signed.
    #[must_use]
    pub fn api_key(&self) -> Option<&str> {
        self.api_key.as_deref()
    }

    /// `application_id`: the application the event belongs to.
    #[must_use]
    pub fn application_id(&self) -> Option<&str> {
        self.application_id.as_deref()
    }

    /// Parses the decoded payload of a token whose signature holds. Beside the claims it gives `payload_hash`, the SHA-256 of
    /// what the token was signed for.
    pub(crate) fn parse(payload: &[u8]) -> Result<(Self, Option<[u8; 32]>), Error> {
        let payload = str::from_utf8(payload).map_err(|_| ErrorKind::ClaimsMalformed)?;
        let (mut issued_at, mut expires_at, mut not_before, mut payload_hash) = (None, None, None, None);
        let (mut id, mut issuer, mut api_key, mut application_id) = (None, None, None, None);
        let mut others = None;
        let owned = |name, value| text(name, value).map(|text| Box::from(&*text));
        walk(payload, |name, value| match &*name {
            "iat" => once(&mut issued_at, || time("iat", &value)),
            "exp" => once(&mut expires_at, || time("exp", &value)),
            "nbf" => once(&mut not_before, || time("nbf", &value)),
            "jti" => once(&mut id, || owned("jti", value)),
            "iss" => once(&mut issuer, || owned("iss", value)),
            "api_key" => once(&mut api_key, || owned("api_key", value)),
            "application_id" => once(&mut application_id, || owned("application_id", value)),
            "payload_hash" => once(&mut payload_hash, || hash(&value)),
            _ => other(&mut others, name),
        })?;
        let issued_at = issued_at.ok_or_else(|| Error::claim(ErrorKind::ClaimMissing, "iat"))?;
        let claims = Self { issued_at, expires_at, not_before, id, issuer, api_key, application_id };
        Ok((claims, payload_hash))
    }

    /// Reads the account a token claims to be signed by, before anything is known of its signature.
    pub(crate) fn untrusted_api_key(payload: &[u8]) -> Result<Cow<'_, str>, Error> {
        let payload = str::from_utf8(payload).map_err(|_| ErrorKind::ClaimsMalformed)?;
        let mut api_key = None;
        let mut others = None;
        walk(payload, |name, value| match &*name {
            "api_key" => once(&mut api_key, || text("api_key", value)),
            _ => other(&mut others, name),
        })?;
        api_key.ok_or_else(|| ErrorKind::ApiKeyMissing.into())
    }
}

/// Shows none of the values.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims").finish_non_exhaustive()
    }
}

/// Shows `visit` each claim of a payload that is one JSON object.
fn walk<'t>(
    payload: &'t str,
    visit: impl FnMut(Cow<'t, str>, Value<'t>) -> Result<(), Error>,
) -> Result<(), Error> {
    json::walk(payload, visit).map_err(|stop| match stop {
        Stop::Syntax => ErrorKind::ClaimsMalformed.into(),
        Stop::Refused(refusal) => refusal,
    })
}

/// Takes a claim that has not been there before.
fn once<T>(claim: &mut Option<T>, read: impl FnOnce() -> Result<T, Error>) -> Result<(), Error> {
    if claim.is_some() {
        return Err(ErrorKind::ClaimsMalformed.into());
    }
    *claim = Some(read()?);
    Ok(())
}

/// Takes a claim that nobody reads.
fn other<'t>(others: &mut Option<Names<'t>>, name: Cow<'t, str>) -> Result<(), Error> {
    others.get_or_insert_default().insert(name).ok_or_else(|| ErrorKind::ClaimsMalformed.into())
}

fn time(name: &'static str, value: &Value<'_>) -> Result<UnixTime, Error> {
    match value {
        Value::Literal(literal) => json::integer(literal).map(UnixTime::from_secs),
        _ => None,
    }
    .ok_or_else(|| Error::claim(ErrorKind::ClaimMalformed, name))
}

fn text<'t>(name: &'static str, value: Value<'t>) -> Result<Cow<'t, str>, Error> {
    match value {
        Value::String(Cow::Borrowed(text)) => Ok(Cow::Borrowed(text)),
        // JSON has NUL only as an escape.
        Value::String(Cow::Owned(text)) if !text.contains('\0') => Ok(Cow::Owned(text)),
        _ => Err(Error::claim(ErrorKind::ClaimMalformed, name)),
    }
}

fn hash(value: &Value<'_>) -> Result<[u8; 32], Error> {
    match value {
        Value::String(text) => hex::decode(text.as_bytes()),
        _ => None,
    }
    .ok_or_else(|| ErrorKind::PayloadHashMalformed.into())
}
