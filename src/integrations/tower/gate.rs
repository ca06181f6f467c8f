//! What a request goes through before it reaches the service.

use std::sync::Arc;

use http::Request;
use http::request::Parts;

use super::guard::{Claim, Guard};
#[cfg(feature = "tenants")]
use super::lookup::{Hint, TenantLookup};
use super::{Body, Observer};
use crate::error::Error;
#[cfg(feature = "tenants")]
use crate::error::ErrorKind;
#[cfg(feature = "tenants")]
use crate::integrations::read::read;
use crate::integrations::read::{self, BoxError};
use crate::request::Head;
#[cfg(feature = "tenants")]
use crate::request::Request as Whole;
use crate::verifier::{Replays, Verified, Verifier};

/// How requests are verified.
#[derive(Clone, Debug)]
pub(super) struct Gate {
    pub(super) source: Source,
    pub(super) max_body: usize,
    pub(super) guard: Option<Guard>,
}

/// Where the verifier comes from.
#[derive(Clone, Debug)]
pub(super) enum Source {
    One(Arc<dyn Verifier>),
    #[cfg(feature = "tenants")]
    Tenants(Arc<TenantLookup>),
}

impl Source {
    pub(super) fn scheme(&self) -> &'static str {
        self.example().scheme()
    }

    pub(super) fn replays(&self) -> Replays {
        self.example().replays()
    }

    /// A verifier with the settings of all that it gives.
    fn example(&self) -> &dyn Verifier {
        match self {
            Self::One(verifier) => &**verifier,
            #[cfg(feature = "tenants")]
            Self::Tenants(lookup) => lookup.example(),
        }
    }
}

impl Gate {
    /// Lets a request through that verifies and is no replay, with its body read and the proof in its extensions.
    pub(super) async fn admit(
        &self,
        request: Request<impl http_body::Body<Error: Into<BoxError>>>,
        observer: &Observer,
    ) -> Result<(Request<Body>, Option<Claim>), Error> {
        let (mut parts, body) = request.into_parts();
        let (verified, body) = match &self.source {
            Source::One(verifier) => self.verify(&**verifier, &parts, body).await?,
            #[cfg(feature = "tenants")]
            Source::Tenants(lookup) => self.verify_tenant(lookup, &parts, body).await?,
        };
        observer.verified(&verified);
        let claim = match &self.guard {
            Some(guard) => Some(guard.claim(self.source.scheme(), &verified).await?),
            None => None,
        };
        parts.extensions.insert(verified);
        Ok((Request::from_parts(parts, body), claim))
    }

    /// Judges the head, and then the body as it arrives.
    async fn verify(
        &self,
        verifier: &dyn Verifier,
        parts: &Parts,
        body: impl http_body::Body<Error: Into<BoxError>>,
    ) -> Result<(Verified, Body), Error> {
        let verification = verifier.begin(Head::from(parts))?;
        let (proof, received) = read::verify(verification, body, self.max_body).await?;
        Ok((proof, received.into()))
    }

    #[cfg(feature = "tenants")]
    async fn verify_tenant(
        &self,
        lookup: &Arc<TenantLookup>,
        parts: &Parts,
        body: impl http_body::Body<Error: Into<BoxError>>,
    ) -> Result<(Verified, Body), Error> {
        let hint = match lookup.hint() {
            Hint::Head(hint) => {
                let head = Head::from(parts);
                let name = match hint(head) {
                    // The scheme's settings say whether it is asked for again.
                    Err(missing) if missing.kind() == ErrorKind::TokenMissing => {
                        return Err(lookup.example().begin(head).err().unwrap_or(missing));
                    }
                    named => named?,
                };
                let verifier = lookup.verifier(name).await?;
                return self.verify(&*verifier, parts, body).await;
            }
            Hint::Request(hint) => hint,
        };
        let body = Body::from(read(body, self.max_body, |_| Ok(())).await?);
        let request = || Whole::new(Head::from(parts), body.bytes());
        let verifier = lookup.verifier(hint(request())?).await?;
        Ok((verifier.verify(request())?, body))
    }
}
