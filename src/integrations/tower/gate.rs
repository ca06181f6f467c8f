//! Verification and replay check of a request, before the service.

use std::sync::Arc;

use http::Request;
use http::request::Parts;

use super::VerifiedBody;
use super::guard::{Claimed, Guard};
use super::hold::Hold;
#[cfg(feature = "tenant-lookup")]
use super::lookup::{Hint, TenantLookup};
use crate::error::Error;
#[cfg(feature = "tenant-lookup")]
use crate::error::ErrorKind;
use crate::integrations::Observer;
use crate::integrations::head::head;
#[cfg(feature = "tenant-lookup")]
use crate::integrations::read::read;
use crate::integrations::read::{self, BoxError};
use crate::replay::SavedResponse;
#[cfg(feature = "tenant-lookup")]
use crate::request::Request as Whole;
use crate::verifier::{Verified, Verifier};

#[derive(Clone, Debug)]
pub(super) struct Gate {
    pub(super) source: Source,
    /// `None` if not set.
    pub(super) max_body: Option<usize>,
    pub(super) guard: Arc<Guard>,
}

/// A request that verified.
pub(super) struct Proved {
    verified: Verified,
    parts: Parts,
    body: VerifiedBody,
}

/// The outcome of a request that verified.
#[allow(clippy::large_enum_variant, reason = "it is taken apart at once, and smaller without `tracing`")]
pub(super) enum Admitted {
    /// To handle, with a lease if there is a guard.
    Fresh(Request<VerifiedBody>, Option<Hold>),
    /// Handled before, with the saved response.
    Duplicate(Verified, Option<SavedResponse>),
}

#[derive(Clone, Debug)]
pub(super) enum Source {
    One(Arc<dyn Verifier>),
    #[cfg(feature = "tenant-lookup")]
    Tenants(Arc<TenantLookup>),
}

impl Source {
    pub(super) fn scheme(&self) -> &'static str {
        self.example().scheme()
    }

    /// A verifier with the settings that all verifiers of this source share.
    pub(super) fn example(&self) -> &dyn Verifier {
        match self {
            Self::One(verifier) => &**verifier,
            #[cfg(feature = "tenant-lookup")]
            Self::Tenants(lookup) => lookup.example(),
        }
    }
}

impl Gate {
    /// Verifies a request. The outcome of one that does not verify is logged.
    pub(super) async fn prove(
        &self,
        request: Request<impl http_body::Body<Error: Into<BoxError>>>,
        observer: &mut Observer,
    ) -> Result<Proved, Error> {
        let (parts, body) = request.into_parts();
        let verdict = match &self.source {
            Source::One(verifier) => self.verify(&**verifier, &parts, body).await,
            #[cfg(feature = "tenant-lookup")]
            Source::Tenants(lookup) => self.verify_tenant(lookup, &parts, body, observer).await,
        };
        let (verified, body) = verdict.inspect_err(|error| observer.rejected(error))?;
        observer.prove(&verified);
        Ok(Proved { verified, parts, body })
    }

    /// Asks the guard whether a request was handled before. A fresh request gets its body back, and the proof in its
    /// extensions. The outcome is logged.
    pub(super) async fn admit(&self, proved: Proved, observer: &Observer) -> Result<Admitted, Error> {
        let Proved { verified, mut parts, body } = proved;
        // The verifier read its clock after the body arrived. Nothing but the start of a task waits between that and the claim.
        let claimed = self.guard.claim(self.source.example(), &verified, body.bytes(), observer).await;
        let hold = match claimed.inspect_err(|error| observer.held_back(&verified, error))? {
            Claimed::Unguarded => None,
            Claimed::Ours(hold) => Some(hold),
            Claimed::Done(response) => {
                observer.duplicate(&verified);
                return Ok(Admitted::Duplicate(verified, response));
            }
        };
        observer.verified(&verified);
        parts.extensions.insert(verified);
        let request = Request::from_parts(parts, body);
        #[cfg(feature = "axum")]
        let request = self.without_axums_limit(request);
        Ok(Admitted::Fresh(request, hold))
    }

    /// Returns the limit that was set. Else the default or the verifier's body limit, whichever is more.
    fn max_body(&self) -> usize {
        let default = || self.source.example().body_limit().unwrap_or(0).max(DEFAULT_MAX_BODY);
        self.max_body.unwrap_or_else(default)
    }

    /// Lifts the limit of axum's extractors where this layer takes more than their default. The body is read by now.
    #[cfg(feature = "axum")]
    fn without_axums_limit(&self, mut request: Request<VerifiedBody>) -> Request<VerifiedBody> {
        if self.max_body() > AXUMS_MAX_BODY {
            ::axum_core::extract::DefaultBodyLimit::disable().apply(&mut request);
        }
        request
    }

    /// Verifies the head, then the body as it arrives.
    async fn verify(
        &self,
        verifier: &dyn Verifier,
        parts: &Parts,
        body: impl http_body::Body<Error: Into<BoxError>>,
    ) -> Result<(Verified, VerifiedBody), Error> {
        let verification = verifier.begin(head(parts))?;
        let (proof, received) = read::verify(verification, body, self.max_body()).await?;
        Ok((proof, received.into()))
    }

    #[cfg(feature = "tenant-lookup")]
    async fn verify_tenant(
        &self,
        lookup: &Arc<TenantLookup>,
        parts: &Parts,
        body: impl http_body::Body<Error: Into<BoxError>>,
        observer: &mut Observer,
    ) -> Result<(Verified, VerifiedBody), Error> {
        let head = head(parts);
        let hint = match lookup.hint() {
            Hint::Head(hint) => {
                let name = match hint(head) {
                    // The scheme's settings decide whether to ask for a retry.
                    Err(missing) if missing.kind() == ErrorKind::TokenMissing => {
                        return Err(lookup.example().begin(head).err().unwrap_or(missing));
                    }
                    named => named?,
                };
                let verifier = lookup.verifier(&name, head).await?;
                observer.claims(&name);
                return self.verify(&*verifier, parts, body).await;
            }
            Hint::Request(hint) => hint,
        };
        lookup.check(head)?;
        let body = VerifiedBody::from(read(body, self.max_body(), |_| Ok(())).await?);
        let request = || Whole::new(head, body.bytes());
        let name = hint(request())?;
        let verifier = lookup.verifier(&name, head).await?;
        observer.claims(&name);
        Ok((verifier.verify(request())?, body))
    }
}

const DEFAULT_MAX_BODY: usize = 1024 * 1024;
#[cfg(feature = "axum")]
const AXUMS_MAX_BODY: usize = 2 * 1024 * 1024;
