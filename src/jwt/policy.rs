//! What a token's claims must be.

use std::fmt;

use crate::claims::Claims;
use crate::error::{Error, ErrorKind};
use crate::time::{SharedClock, Tolerance, UnixTime};
use crate::verifier::Validity;

/// Conditions on the claims of a token whose signature holds.
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
        if let Some(issuer) = self.issuer
            && claims.needed_issuer()?.is_some_and(|given| given != issuer)
        {
            return Err(Error::claim(ErrorKind::ClaimMismatch, "iss"));
        }
        if let Some(api_key) = &self.api_key {
            require("api_key", api_key, claims.needed_api_key()?)?;
        }
        if let Some(application_id) = &self.application_id {
            require("application_id", application_id, claims.needed_application_id()?)?;
        }
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

/// Shows that an account or application is required, and not which.
impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Policy")
            .field("clock", &self.clock)
            .field("window", &self.window)
            .field("expiry_required", &self.expiry_required)
            .field("leeway", &self.leeway)
            .field("issuer", &self.issuer)
            .field("api_key", &self.api_key.is_some())
            .field("application_id", &self.application_id.is_some())
            .finish()
    }
}

fn require(name: &'static str, required: &str, given: Option<&str>) -> Result<(), Error> {
    match given {
        None => Err(Error::claim(ErrorKind::ClaimMissing, name)),
        Some(given) if given == required => Ok(()),
        Some(_) => Err(Error::claim(ErrorKind::ClaimMismatch, name)),
    }
}
