//! The claims of a Vonage token.

use std::borrow::Cow;

use crate::encoding::hex;
use crate::encoding::json::{self, Stop, Value};
use crate::error::{Error, ErrorKind};
use crate::time::UnixTime;

/// The claims of a verified token (RFC 7519, and those Vonage adds). Claims not listed here are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    issued_at: UnixTime,
    expires_at: Option<UnixTime>,
    not_before: Option<UnixTime>,
    // The strings in one piece of memory, and where each of them is.
    texts: String,
    id: Option<Span>,
    issuer: Option<Span>,
    api_key: Option<Span>,
    application_id: Option<Span>,
    payload_hash: Option<[u8; 32]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: usize,
    end: usize,
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
        self.text(self.id)
    }

    /// `iss`: who issued the token.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.text(self.issuer)
    }

    /// `api_key`: the account whose secret signed.
    #[must_use]
    pub fn api_key(&self) -> Option<&str> {
        self.text(self.api_key)
    }

    /// `application_id`: the application the event belongs to.
    #[must_use]
    pub fn application_id(&self) -> Option<&str> {
        self.text(self.application_id)
    }

    /// `payload_hash`: the SHA-256 of what the token was signed for.
    pub(crate) fn payload_hash(&self) -> Option<&[u8; 32]> {
        self.payload_hash.as_ref()
    }

    /// Parses the decoded payload of a token whose signature holds.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, Error> {
        let (mut issued_at, mut expires_at, mut not_before, mut payload_hash) = (None, None, None, None);
        let (mut id, mut issuer, mut api_key, mut application_id) = (None, None, None, None);
        walk(payload, |name, value| {
            match name {
                "iat" => issued_at = Some(time("iat", &value)?),
                "exp" => expires_at = Some(time("exp", &value)?),
                "nbf" => not_before = Some(time("nbf", &value)?),
                "jti" => id = Some(text("jti", value)?),
                "iss" => issuer = Some(text("iss", value)?),
                "api_key" => api_key = Some(text("api_key", value)?),
                "application_id" => application_id = Some(text("application_id", value)?),
                "payload_hash" => payload_hash = Some(hash(&value)?),
                _ => {}
            }
            Ok(())
        })?;
        let mut texts = String::with_capacity(payload.len());
        let mut keep = |text: Option<Cow<'_, str>>| {
            text.map(|text| {
                let start = texts.len();
                texts.push_str(&text);
                Span { start, end: texts.len() }
            })
        };
        Ok(Self {
            issued_at: issued_at.ok_or_else(|| Error::claim(ErrorKind::ClaimMissing, "iat"))?,
            expires_at,
            not_before,
            id: keep(id),
            issuer: keep(issuer),
            api_key: keep(api_key),
            application_id: keep(application_id),
            texts,
            payload_hash,
        })
    }

    /// Reads the account a token claims to be signed by, before anything is known of its signature.
    pub(crate) fn untrusted_api_key(payload: &[u8]) -> Result<String, Error> {
        let mut api_key = None;
        walk(payload, |name, value| {
            if name == "api_key" {
                api_key = Some(text("api_key", value)?);
            }
            Ok(())
        })?;
        api_key.map(Cow::into_owned).ok_or_else(|| ErrorKind::ApiKeyMissing.into())
    }

    fn text(&self, span: Option<Span>) -> Option<&str> {
        span.and_then(|span| self.texts.get(span.start..span.end))
    }
}

/// Shows `visit` each claim, and refuses a payload that is not one JSON object with each name once.
fn walk<'t>(payload: &'t [u8], visit: impl FnMut(&str, Value<'t>) -> Result<(), Error>) -> Result<(), Error> {
    json::walk_unique(payload, visit).map_err(|stop| match stop {
        Stop::Syntax => ErrorKind::ClaimsMalformed.into(),
        Stop::Refused(refusal) => refusal,
    })
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
        Value::String(text) if !text.contains('\0') => Ok(text),
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
