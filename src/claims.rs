//! The claims of a Vonage token.

use std::borrow::Cow;

use crate::encoding::hex;
use crate::encoding::json::{self, Names, Stop, Value};
use crate::error::{Error, ErrorKind};
use crate::time::UnixTime;

/// The claims of a verified token (RFC 7519, and those Vonage adds). Claims not listed here are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    issued_at: UnixTime,
    expires_at: Option<UnixTime>,
    not_before: Option<UnixTime>,
    // The strings in one piece of memory, the payload's own, and where each of them is.
    texts: String,
    id: Option<Span>,
    issuer: Option<Span>,
    api_key: Option<Span>,
    application_id: Option<Span>,
}

/// Where a text is. A token is no longer than a header may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Span {
    start: u16,
    end: u16,
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

    /// Parses the decoded payload of a token whose signature holds. Beside the claims it gives `payload_hash`, the SHA-256 of
    /// what the token was signed for.
    pub(crate) fn parse(payload: Vec<u8>) -> Result<(Self, Option<[u8; 32]>), Error> {
        let mut texts = String::from_utf8(payload).map_err(|_| ErrorKind::ClaimsMalformed)?;
        let (mut issued_at, mut expires_at, mut not_before, mut payload_hash) = (None, None, None, None);
        let (mut id, mut issuer, mut api_key, mut application_id) = (None, None, None, None);
        let mut others = None;
        let mut decoded = String::new();
        let mut span = |name, value| Span::of(text(name, value)?, &texts, &mut decoded);
        walk(&texts, |name, value| match &*name {
            "iat" => once(&mut issued_at, || time("iat", &value)),
            "exp" => once(&mut expires_at, || time("exp", &value)),
            "nbf" => once(&mut not_before, || time("nbf", &value)),
            "jti" => once(&mut id, || span("jti", value)),
            "iss" => once(&mut issuer, || span("iss", value)),
            "api_key" => once(&mut api_key, || span("api_key", value)),
            "application_id" => once(&mut application_id, || span("application_id", value)),
            "payload_hash" => once(&mut payload_hash, || hash(&value)),
            _ => other(&mut others, name),
        })?;
        texts.push_str(&decoded);
        let issued_at = issued_at.ok_or_else(|| Error::claim(ErrorKind::ClaimMissing, "iat"))?;
        let claims = Self { issued_at, expires_at, not_before, texts, id, issuer, api_key, application_id };
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

    fn text(&self, span: Option<Span>) -> Option<&str> {
        span.and_then(|span| self.texts.get(usize::from(span.start)..usize::from(span.end)))
    }
}

impl Span {
    /// Tells where in `texts` a claim's text is, which ends in what is decoded of the payload.
    fn of(text: Cow<'_, str>, payload: &str, decoded: &mut String) -> Result<Self, Error> {
        let (start, length) = match text {
            Cow::Borrowed(text) => (text.as_ptr().addr().wrapping_sub(payload.as_ptr().addr()), text.len()),
            Cow::Owned(text) => {
                let start = payload.len().wrapping_add(decoded.len());
                decoded.push_str(&text);
                (start, text.len())
            }
        };
        let position = |at| u16::try_from(at).map_err(|_| Error::from(ErrorKind::ClaimsMalformed));
        Ok(Self { start: position(start)?, end: position(start.wrapping_add(length))? })
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
