//! What a token's claims must be.

use crate::claims::Claims;
use crate::error::{Error, ErrorKind};
use crate::time::{SharedClock, Tolerance, UnixTime};
use crate::verifier::Validity;

/// Conditions on the claims of a token whose signature holds.
#[derive(Debug)]
pub(crate) struct Policy {
    pub(crate) clock: SharedClock,
    /// Bounds of `iat`; `None` where any age is accepted.
    pub(crate) window: Option<Tolerance>,
    /// Whether `exp` must be there. Where it is there, it is enforced.
    pub(crate) expiry_required: bool,
    /// How long after `exp` and before `nbf` a token is still accepted.
    pub(crate) leeway: Tolerance,
    /// Required where the token names an issuer; `None` where any issuer is accepted.
    pub(crate) issuer: Option<&'static str>,
    pub(crate) api_key: Option<String>,
    pub(crate) application_id: Option<String>,
}

impl Policy {
    pub(crate) fn new(issuer: &'static str, window: Tolerance) -> Self {
        Self {
            clock: SharedClock::system(),
            window: Some(window),
            expiry_required: false,
            leeway: Tolerance::from_secs(0, 0),
            issuer: Some(issuer),
            api_key: None,
            application_id: None,
        }
    }

    /// Judges the claims, and says until when they hold, where something ends them.
    pub(crate) fn check(&self, claims: &Claims) -> Result<Option<Validity>, Error> {
        if self.issuer.is_some() && claims.issuer().is_some() && self.issuer != claims.issuer() {
            return Err(Error::claim(ErrorKind::ClaimMismatch, "iss"));
        }
        require("api_key", self.api_key.as_deref(), claims.api_key())?;
        require("application_id", self.application_id.as_deref(), claims.application_id())?;
        self.check_time(claims)
    }

    fn check_time(&self, claims: &Claims) -> Result<Option<Validity>, Error> {
        let now = self.clock.now()?;
        if self.expiry_required && claims.expires_at().is_none() {
            return Err(Error::claim(ErrorKind::ClaimMissing, "exp"));
        }
        if claims.expires_at().is_some_and(|expires_at| self.leeway.has_expired(now, expires_at)) {
            return Err(ErrorKind::TokenExpired.into());
        }
        if claims.not_before().is_some_and(|not_before| self.leeway.is_premature(now, not_before)) {
            return Err(ErrorKind::TokenPremature.into());
        }
        if let Some(window) = self.window {
            window.check(now, claims.issued_at()).map_err(|kind| Error::claim(kind, "iat"))?;
        }
        Ok(self.validity(now, claims))
    }

    /// Until when `exp` and the window of `iat` hold, both.
    fn validity(&self, now: UnixTime, claims: &Claims) -> Option<Validity> {
        let life = claims.expires_at().map(|expires_at| Validity {
            judged_at: now,
            until: self.leeway.end_of_life(expires_at),
            over: ErrorKind::TokenExpired.into(),
        });
        let age = self.window.map(|window| Validity {
            judged_at: now,
            until: window.end_of_age(claims.issued_at()),
            over: Error::claim(ErrorKind::TimestampStale, "iat"),
        });
        life.into_iter().chain(age).min_by_key(|validity| validity.until)
    }
}

fn require(name: &'static str, required: Option<&str>, given: Option<&str>) -> Result<(), Error> {
    match (required, given) {
        (None, _) => Ok(()),
        (Some(_), None) => Err(Error::claim(ErrorKind::ClaimMissing, name)),
        (Some(required), Some(given)) if required == given => Ok(()),
        (Some(_), Some(_)) => Err(Error::claim(ErrorKind::ClaimMismatch, name)),
    }
}
