//! What each verifier tells of its settings.

use super::case::{Case, VERBATIM, proofs};
use super::payloads::Payload;
use super::{Capture, Finding, search, signed_webhook, sms};
use crate::error::ErrorKind;
use crate::jwt::TokenWebhook;
use crate::providers::static_token::StaticToken;
use crate::providers::vonage::Sms;
use crate::request::Request;
use crate::rule::Rule;
use crate::secret::Secret;
use crate::verifier::Verifier;
use crate::webhook::Webhook;

/// Why a request is rejected; `Err` with what looks wrong where nothing explains its signature.
pub(super) type Explanation = Result<Vec<Finding>, Vec<Finding>>;

/// Seals [`Diagnose`](super::Diagnose).
pub trait Explain: Verifier {
    /// Says why a request is rejected.
    fn explain(&self, case: &Case<'_>) -> Explanation;

    /// Whether the verifier's own keys signed a request, whatever its time and its claims.
    fn signs(&self, request: Request<'_>) -> bool;

    /// Whose the request says it is, where a scheme has tenants.
    fn claimed_tenant(&self, _: &Capture) -> Option<String> {
        None
    }
}

impl<R: Rule> Explain for Webhook<R> {
    fn explain(&self, case: &Case<'_>) -> Explanation {
        search::explain(self, case)
    }

    fn signs(&self, request: Request<'_>) -> bool {
        search::signs(self, request)
    }

    fn claimed_tenant(&self, capture: &Capture) -> Option<String> {
        let envelope = self.read_head(capture.request().head().with_base(self.base())).ok()?;
        envelope.tenant_name().map(str::to_owned)
    }
}

impl Explain for Sms {
    fn explain(&self, case: &Case<'_>) -> Explanation {
        sms::explain(case, self)
    }

    fn signs(&self, request: Request<'_>) -> bool {
        holds(self, request)
    }

    fn claimed_tenant(&self, capture: &Capture) -> Option<String> {
        Self::claimed_api_key(capture.request())
    }
}

impl<R: Payload> Explain for TokenWebhook<R> {
    fn explain(&self, case: &Case<'_>) -> Explanation {
        signed_webhook::explain(case, self)
    }

    fn signs(&self, request: Request<'_>) -> bool {
        holds(self, request)
    }

    fn claimed_tenant(&self, capture: &Capture) -> Option<String> {
        Self::claimed_tenant(self.carrier(), capture.request().head()).ok()
    }
}

/// Nothing is signed. The token may still be another, or stored wrongly.
impl Explain for StaticToken {
    fn explain(&self, case: &Case<'_>) -> Explanation {
        if case.refusal.kind() != ErrorKind::SignatureMismatch {
            return Ok(vec![case.refused_otherwise()]);
        }
        let matches = |token: &Secret| self.with_token(token).verify(case.capture.request()).is_ok();
        let found = case.try_secrets(VERBATIM, 0, matches);
        match found.or_else(|| case.change_secrets(VERBATIM, 0, matches)) {
            Some(changes) if !changes.is_empty() => Ok(proofs(&changes)),
            _ => Err(case.unexplained(Vec::new())),
        }
    }

    fn signs(&self, request: Request<'_>) -> bool {
        holds(self, request)
    }
}

/// Whether a request verifies, or is rejected by one of these verifiers for what it judges after the signature.
fn holds(verifier: &dyn Verifier, request: Request<'_>) -> bool {
    verifier.verify(request).map_or_else(
        |error| {
            matches!(
                error.kind(),
                ErrorKind::TimestampStale
                    | ErrorKind::TimestampFuture
                    | ErrorKind::TokenExpired
                    | ErrorKind::TokenPremature
                    | ErrorKind::PayloadHashMismatch
            )
        },
        |_| true,
    )
}
