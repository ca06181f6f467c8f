//! The conditions on a token's claims.

use std::fmt;

use crate::claims::Claims;
use crate::error::{Error, ErrorKind};
use crate::time::{SharedClock, Tolerance, UnixTime};
use crate::verifier::{End, Validity};

/// Conditions on the claims of a token with a valid signature.
pub(crate) struct Policy {
    pub(crate) clock: SharedClock,
    pub(crate) age: Age,
    /// Whether `exp` is required. If present, it is always enforced.
    pub(crate) expiry_required: bool,
    /// How long after `exp` and before `nbf` a token is accepted.
    pub(crate) leeway: Tolerance,
    /// The issuer that a token may name. `None` accepts any.
    pub(crate) issuer: Option<&'static str>,
    /// Required claims, with their texts.
    pub(crate) required: Vec<(&'static str, String)>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Age {
    /// The platform does not send it.
    Undated,
    /// `iat` is required, with any value.
    Any,
    Within(Tolerance),
}

impl Policy {
    pub(crate) fn new(age: Age) -> Self {
        Self {
            clock: SharedClock::system(),
            age,
            expiry_required: false,
            leeway: Tolerance::from_secs(0, 0),
            issuer: None,
            required: Vec::new(),
        }
    }

    /// Requires this text of a claim.
    pub(crate) fn require(&mut self, name: &'static str, text: &str) {
        self.required.retain(|(given, _)| *given != name);
        self.required.push((name, text.to_owned()));
    }

    /// Returns the text that a claim must have.
    #[cfg(feature = "sign")]
    pub(crate) fn required(&self, name: &str) -> Option<&str> {
        self.required.iter().find(|(given, _)| *given == name).map(|(_, text)| text.as_str())
    }

    /// Returns the window of `iat`. `None` accepts any age.
    pub(crate) fn window(&self) -> Option<Tolerance> {
        match self.age {
            Age::Undated | Age::Any => None,
            Age::Within(window) => Some(window),
        }
    }

    /// Checks the claims. Returns until when they are valid, if anything ends them.
    pub(crate) fn check(&self, claims: &Claims) -> Result<Option<Validity>, Error> {
        if let Some(issuer) = self.issuer
            && claims.needed("iss")?.is_some_and(|given| given != issuer)
        {
            return Err(Error::claim(ErrorKind::ClaimMismatch, "iss"));
        }
        for (name, text) in &self.required {
            match claims.needed(name)? {
                None => return Err(Error::claim(ErrorKind::ClaimMissing, name)),
                Some(given) if given == text => {}
                Some(_) => return Err(Error::claim(ErrorKind::ClaimMismatch, name)),
            }
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
        let age = match (self.age, claims.issued_at()) {
            (Age::Undated, _) | (Age::Any, Some(_)) => None,
            (_, None) => return Err(Error::claim(ErrorKind::ClaimMissing, "iat")),
            (Age::Within(window), Some(issued_at)) => {
                window.check(now, issued_at).map_err(|kind| Error::claim(kind, "iat"))?;
                Some((window, issued_at))
            }
        };
        Ok(self.validity(now, age, claims.expires_at()))
    }

    /// Returns until when both `exp` and the window of `iat` allow the token.
    fn validity(
        &self,
        now: UnixTime,
        age: Option<(Tolerance, UnixTime)>,
        expires_at: Option<UnixTime>,
    ) -> Option<Validity> {
        let life = expires_at.map(|expires_at| Validity {
            checked_at: now,
            until: self.leeway.end_of_life(expires_at),
            end: End::Expiry,
        });
        let age = age.map(|(window, issued_at)| Validity {
            checked_at: now,
            until: window.end_of_age(issued_at),
            end: End::AgeOfClaim("iat"),
        });
        life.into_iter().chain(age).min_by_key(|validity| validity.until)
    }
}

/// Shows the names of the required claims, not their values.
impl fmt::Debug for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let required: Vec<_> = self.required.iter().map(|(name, _)| name).collect();
        f.debug_struct("Policy")
            .field("clock", &self.clock)
            .field("age", &self.age)
            .field("expiry_required", &self.expiry_required)
            .field("leeway", &self.leeway)
            .field("issuer", &self.issuer)
            .field("required", &required)
            .finish()
    }
}
