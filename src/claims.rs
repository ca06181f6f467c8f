//! The claims of a token.

use std::borrow::Cow;
use std::fmt;

use crate::encoding::decimal::{self, Rounding};
use crate::encoding::json::{self, Stop, Value};
use crate::error::{Error, ErrorKind};
use crate::time::UnixTime;

/// The claims of a verified token (RFC 7519): the registered ones, and a platform's own in [`text`](Self::text).
///
/// A text claim of another type, or with U+0000, counts as absent.
/// Fractions of seconds are rounded so that a token is never valid for longer.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims {
    issued_at: Option<UnixTime>,
    expires_at: Option<UnixTime>,
    not_before: Option<UnixTime>,
    /// The payload, followed by the decoded strings that were escaped.
    texts: String,
    others: Vec<Other>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Other {
    name: Place,
    /// `None` if the claim is not a string or has U+0000. No verifier here reads it.
    text: Option<Place>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Place {
    start: usize,
    end: usize,
}

impl Claims {
    /// Returns `iat`, when the token was signed, rounded down to seconds.
    #[must_use]
    pub fn issued_at(&self) -> Option<UnixTime> {
        self.issued_at
    }

    /// Returns `exp`, from which time the token is invalid, rounded down to seconds.
    #[must_use]
    pub fn expires_at(&self) -> Option<UnixTime> {
        self.expires_at
    }

    /// Returns `nbf`, from which time the token is valid, rounded up to seconds.
    #[must_use]
    pub fn not_before(&self) -> Option<UnixTime> {
        self.not_before
    }

    /// Returns `jti`, the token's identifier.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        self.text("jti")
    }

    /// Returns `iss`, the issuer.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.text("iss")
    }

    /// Returns the text claim of this name, such as Vonage's `api_key` and `application_id`.
    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        self.text_of(self.find(name)?)
    }

    /// Returns the claim of this name. If present, it must be a text.
    pub(crate) fn needed(&self, name: &'static str) -> Result<Option<&str>, Error> {
        let malformed = || Error::claim(ErrorKind::ClaimMalformed, name);
        self.find(name).map(|other| self.text_of(other).ok_or_else(malformed)).transpose()
    }

    /// Returns the SHA-256 in the claim of this name. If present, it must be one.
    pub(crate) fn hash(
        &self,
        name: &'static str,
        decode: impl Fn(&[u8]) -> Option<[u8; 32]>,
    ) -> Result<Option<[u8; 32]>, Error> {
        let malformed = || Error::claim(ErrorKind::PayloadHashMalformed, name);
        let decoded = |other| decode(self.text_of(other)?.as_bytes());
        self.find(name).map(|other| decoded(other).ok_or_else(malformed)).transpose()
    }

    /// Parses the payload of a token with a valid signature.
    pub(crate) fn parse(payload: Vec<u8>) -> Result<Self, Error> {
        let mut payload = String::from_utf8(payload).map_err(|_| ErrorKind::ClaimsMalformed)?;
        let (mut issued_at, mut expires_at, mut not_before) = (None, None, None);
        let mut others =
            Others { payload: &payload, escaped: String::new(), all: Vec::with_capacity(USUAL_COUNT) };
        walk(&payload, |name, value| match &*name {
            "iat" => once(&mut issued_at, || time("iat", &value, Rounding::Down)),
            "exp" => once(&mut expires_at, || time("exp", &value, Rounding::Down)),
            "nbf" => once(&mut not_before, || time("nbf", &value, Rounding::Up)),
            _ => others.add(name, value).ok_or_else(|| ErrorKind::ClaimsMalformed.into()),
        })?;
        let Others { escaped, all: others, .. } = others;
        payload.push_str(&escaped);
        Ok(Self { issued_at, expires_at, not_before, texts: payload, others })
    }

    /// Reads the claim that names the signer, before the signature is verified.
    pub(crate) fn untrusted<'t>(payload: &'t [u8], name: &'static str) -> Result<Cow<'t, str>, Error> {
        let payload = str::from_utf8(payload).map_err(|_| ErrorKind::ClaimsMalformed)?;
        let mut claim = None;
        walk(payload, |given, value| match value {
            _ if given != name => Ok(()),
            value => {
                once(&mut claim, || text(value).ok_or_else(|| Error::claim(ErrorKind::ClaimMalformed, name)))
            }
        })?;
        claim.ok_or_else(|| ErrorKind::TenantMissing.into())
    }

    fn find(&self, name: &str) -> Option<&Other> {
        self.others.iter().find(|other| other.name.of(&self.texts) == Some(name.as_bytes()))
    }

    fn text_of(&self, other: &Other) -> Option<&str> {
        let place = other.text?;
        self.texts.get(place.start..place.end)
    }
}

impl Place {
    fn length(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    #[inline]
    fn of(self, texts: &str) -> Option<&[u8]> {
        texts.as_bytes().get(self.start..self.end)
    }
}

/// The claims read so far.
struct Others<'p> {
    payload: &'p str,
    escaped: String,
    all: Vec<Other>,
}

impl<'p> Others<'p> {
    /// Adds a claim. Returns `None` if it is repeated or one too many.
    fn add(&mut self, name: Cow<'p, str>, value: Value<'p>) -> Option<()> {
        let is_this = |other: &Other| {
            other.name.length() == name.len() && self.text(other.name) == Some(name.as_bytes())
        };
        let is_known = self.all.iter().any(is_this);
        if is_known || self.all.len() >= MAX_COUNT {
            return None;
        }
        let name = self.place(name);
        let text = text(value).map(|text| self.place(text));
        self.all.push(Other { name, text });
        Some(())
    }

    fn text(&self, place: Place) -> Option<&[u8]> {
        match place.start.checked_sub(self.payload.len()) {
            None => place.of(self.payload),
            Some(start) => self.escaped.as_bytes().get(start..start.checked_add(place.length())?),
        }
    }

    fn place(&mut self, text: Cow<'p, str>) -> Place {
        let (start, length) = match text {
            Cow::Borrowed(text) => (json::start_of(text, self.payload), text.len()),
            Cow::Owned(text) => {
                let start = self.payload.len().saturating_add(self.escaped.len());
                self.escaped.push_str(&text);
                (start, text.len())
            }
        };
        Place { start, end: start.saturating_add(length) }
    }
}

/// Hides the values.
impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims").finish_non_exhaustive()
    }
}

/// Passes each claim of a JSON object to `visit`.
fn walk<'t>(
    payload: &'t str,
    visit: impl FnMut(Cow<'t, str>, Value<'t>) -> Result<(), Error>,
) -> Result<(), Error> {
    json::walk(payload, visit).map_err(|stop| match stop {
        Stop::Syntax => ErrorKind::ClaimsMalformed.into(),
        Stop::Rejected(rejection) => rejection,
    })
}

/// Sets a claim that must not repeat.
fn once<T>(claim: &mut Option<T>, read: impl FnOnce() -> Result<T, Error>) -> Result<(), Error> {
    if claim.is_some() {
        return Err(ErrorKind::ClaimsMalformed.into());
    }
    *claim = Some(read()?);
    Ok(())
}

/// Reads a number of seconds (RFC 7519's `NumericDate`), in any JSON form.
fn time(name: &'static str, value: &Value<'_>, rounding: Rounding) -> Result<UnixTime, Error> {
    let seconds = match value {
        // Most times are whole. `parse` would also take `+1`, but that is no JSON.
        Value::Literal(literal) => literal.parse().ok().or_else(|| decimal::whole(literal, rounding)),
        _ => None,
    };
    seconds.map(UnixTime::from_secs).ok_or_else(|| Error::claim(ErrorKind::ClaimMalformed, name))
}

/// Returns a string without U+0000, or `None`.
fn text(value: Value<'_>) -> Option<Cow<'_, str>> {
    match value {
        // JSON can only have U+0000 as an escape, and a string with an escape is owned.
        Value::String(Cow::Owned(text)) if text.contains('\0') => None,
        Value::String(text) => Some(text),
        _ => None,
    }
}

/// The usual number of claims.
const USUAL_COUNT: usize = 8;
/// The most claims, besides those of time.
const MAX_COUNT: usize = 256;
