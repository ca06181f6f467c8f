//! The claims of a Vonage token.

use std::borrow::Cow;

use crate::encoding::hex;
use crate::encoding::json::{self, Value};
use crate::error::{Error, ErrorKind};
use crate::time::UnixTime;

/// The claims of a verified token (RFC 7519, and those Vonage adds). Claims not listed here are ignored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    issued_at: UnixTime,
    expires_at: Option<UnixTime>,
    not_before: Option<UnixTime>,
    id: Option<String>,
    issuer: Option<String>,
    api_key: Option<String>,
    application_id: Option<String>,
    payload_hash: Option<[u8; 32]>,
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

    /// `payload_hash`: the SHA-256 of what the token was signed for.
    pub(crate) fn payload_hash(&self) -> Option<&[u8; 32]> {
        self.payload_hash.as_ref()
    }

    /// Parses the decoded payload of a token whose signature holds.
    pub(crate) fn parse(payload: &[u8]) -> Result<Self, Error> {
        let mut issued_at = None;
        let mut claims = Self::EMPTY;
        for (name, value) in members(payload)? {
            match &*name {
                "iat" => issued_at = Some(time("iat", &value)?),
                "exp" => claims.expires_at = Some(time("exp", &value)?),
                "nbf" => claims.not_before = Some(time("nbf", &value)?),
                "jti" => claims.id = Some(text("jti", value)?),
                "iss" => claims.issuer = Some(text("iss", value)?),
                "api_key" => claims.api_key = Some(text("api_key", value)?),
                "application_id" => claims.application_id = Some(text("application_id", value)?),
                "payload_hash" => claims.payload_hash = Some(hash(&value)?),
                _ => {}
            }
        }
        claims.issued_at = issued_at.ok_or_else(|| Error::claim(ErrorKind::ClaimMissing, "iat"))?;
        Ok(claims)
    }

    /// Reads the account a token claims to be signed by, before anything is known of its signature.
    pub(crate) fn untrusted_api_key(payload: &[u8]) -> Result<String, Error> {
        let api_key = members(payload)?.into_iter().find(|(name, _)| name == "api_key");
        text("api_key", api_key.ok_or(ErrorKind::ApiKeyMissing)?.1)
    }

    const EMPTY: Self = Self {
        issued_at: UnixTime::from_secs(0),
        expires_at: None,
        not_before: None,
        id: None,
        issuer: None,
        api_key: None,
        application_id: None,
        payload_hash: None,
    };
}

fn members(payload: &[u8]) -> Result<Vec<(Cow<'_, str>, Value<'_>)>, Error> {
    json::unique_members(payload).ok_or_else(|| ErrorKind::ClaimsMalformed.into())
}

fn time(name: &'static str, value: &Value<'_>) -> Result<UnixTime, Error> {
    match value {
        Value::Number(literal) => json::integer(literal).map(UnixTime::from_secs),
        _ => None,
    }
    .ok_or_else(|| Error::claim(ErrorKind::ClaimMalformed, name))
}

fn text(name: &'static str, value: Value<'_>) -> Result<String, Error> {
    match value {
        Value::String(text) if !text.contains('\0') => Ok(text.into_owned()),
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
