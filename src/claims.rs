//! The claims of a Vonage token.

use std::borrow::Cow;
use std::fmt;

use crate::encoding::decimal::{self, Rounding};
use crate::encoding::hex;
use crate::encoding::json::{self, Names, Stop, Value};
use crate::error::{Error, ErrorKind};
use crate::time::UnixTime;

/// The claims of a verified token (RFC 7519, and those Vonage adds). Claims not listed here are ignored.
///
/// A text claim that is no string, or a string with U+0000, reads as absent. Where the verifier needs the claim, it rejects the
/// token.
/// Fractions of seconds are rounded so that a token is never valid for longer.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims {
    issued_at: UnixTime,
    expires_at: Option<UnixTime>,
    not_before: Option<UnixTime>,
    id: Text,
    issuer: Text,
    api_key: Text,
    application_id: Text,
}

impl Claims {
    /// `iat`: when the token was signed, rounded down to whole seconds.
    #[must_use]
    pub fn issued_at(&self) -> UnixTime {
        self.issued_at
    }

    /// `exp`: from when on the token is no longer valid, rounded down to whole seconds.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }

    /// `nbf`: from when on the token is valid, rounded up to whole seconds.
    #[must_use]
    pub fn not_before(&self) -> Option<UnixTime> {
        self.not_before
    }

    /// `jti`: the token's identifier.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.id.get()
    }

    /// `iss`: who issued the token.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.get()
    }

    /// `api_key`: the account whose secret signed.
    #[must_use]
    pub fn api_key(&self) -> Option<&str> {
        self.api_key.get()
    }

    /// `application_id`: the application the event belongs to.
    #[must_use]
    pub fn application_id(&self) -> Option<&str> {
        self.application_id.get()
    }

    /// `iss`, which must be a text if it is there.
    pub(crate) fn needed_issuer(&self) -> Result<Option<&str>, Error> {
        self.issuer.needed("iss")
    }

    /// `api_key`, which must be a text if it is there.
    pub(crate) fn needed_api_key(&self) -> Result<Option<&str>, Error> {
        self.api_key.needed("api_key")
    }

    /// `application_id`, which must be a text if it is there.
    pub(crate) fn needed_application_id(&self) -> Result<Option<&str>, Error> {
        self.application_id.needed("application_id")
    }

    /// Parses the decoded payload of a token whose signature holds. Beside the claims it gives `payload_hash`, the SHA-256 of
    /// what the token was signed for.
    pub(crate) fn parse(payload: &[u8]) -> Result<(Self, Option<[u8; 32]>), Error> {
        let payload = str::from_utf8(payload).map_err(|_| ErrorKind::ClaimsMalformed)?;
        let (mut issued_at, mut expires_at, mut not_before, mut payload_hash) = (None, None, None, None);
        let (mut id, mut issuer, mut api_key, mut application_id) = (None, None, None, None);
        let mut others = None;
        walk(payload, |name, value| match &*name {
            "iat" => once(&mut issued_at, || time("iat", &value, Rounding::Down)),
            "exp" => once(&mut expires_at, || time("exp", &value, Rounding::Down)),
            "nbf" => once(&mut not_before, || time("nbf", &value, Rounding::Up)),
            "jti" => once(&mut id, || Ok(Text::of(value))),
            "iss" => once(&mut issuer, || Ok(Text::of(value))),
            "api_key" => once(&mut api_key, || Ok(Text::of(value))),
            "application_id" => once(&mut application_id, || Ok(Text::of(value))),
            "payload_hash" => once(&mut payload_hash, || hash(&value)),
            _ => other(&mut others, name),
        })?;
        let issued_at = issued_at.ok_or_else(|| Error::claim(ErrorKind::ClaimMissing, "iat"))?;
        let claims = Self {
            issued_at,
            expires_at,
            not_before,
            id: id.unwrap_or_default(),
            issuer: issuer.unwrap_or_default(),
            api_key: api_key.unwrap_or_default(),
            application_id: application_id.unwrap_or_default(),
        };
        Ok((claims, payload_hash))
    }

    /// Reads the account a token claims to be signed by, before anything is known of its signature.
    pub(crate) fn untrusted_api_key(payload: &[u8]) -> Result<Cow<'_, str>, Error> {
        let payload = str::from_utf8(payload).map_err(|_| ErrorKind::ClaimsMalformed)?;
        let mut api_key = None;
        let mut others = None;
        walk(payload, |name, value| match &*name {
            "api_key" => once(&mut api_key, || {
                text(value).ok_or_else(|| Error::claim(ErrorKind::ClaimMalformed, "api_key"))
            }),
            _ => other(&mut others, name),
        })?;
        api_key.ok_or_else(|| ErrorKind::TenantMissing.into())
    }
}

/// A claim that should be a text.
#[derive(Clone, Default, PartialEq, Eq)]
enum Text {
    #[default]
    Absent,
    /// Of another type, or with U+0000. The platform may mean something by it, but no verifier here reads it.
    Malformed,
    Given(Box<str>),
}

impl Text {
    fn of(value: Value<'_>) -> Self {
        text(value).map_or(Self::Malformed, |text| Self::Given(Box::from(&*text)))
    }

    fn get(&self) -> Option<&str> {
        match self {
            Self::Given(text) => Some(text),
            Self::Absent | Self::Malformed => None,
        }
    }

    fn needed(&self, name: &'static str) -> Result<Option<&str>, Error> {
        match self {
            Self::Malformed => Err(Error::claim(ErrorKind::ClaimMalformed, name)),
            Self::Absent | Self::Given(_) => Ok(self.get()),
        }
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

/// Takes a number of seconds (RFC 7519's `NumericDate`), in whatever form it is written.
fn time(name: &'static str, value: &Value<'_>, rounding: Rounding) -> Result<UnixTime, Error> {
    match value {
        Value::Literal(literal) => decimal::whole(literal, rounding).map(UnixTime::from_secs),
        _ => None,
    }
    .ok_or_else(|| Error::claim(ErrorKind::ClaimMalformed, name))
}

/// Takes a text without U+0000; `None` of any other value.
fn text(value: Value<'_>) -> Option<Cow<'_, str>> {
    match value {
        // JSON has U+0000 only as an escape, and a text with an escape is owned.
        Value::String(Cow::Owned(text)) if text.contains('\0') => None,
        Value::String(text) => Some(text),
        _ => None,
    }
}

fn hash(value: &Value<'_>) -> Result<[u8; 32], Error> {
    match value {
        Value::String(text) => hex::decode(text.as_bytes()),
        _ => None,
    }
    .ok_or_else(|| ErrorKind::PayloadHashMalformed.into())
}
