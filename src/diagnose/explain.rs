//! How each kind of verifier is diagnosed.

use super::case::{Case, VERBATIM, proofs};
use super::subject::Subject;
use super::{Finding, heads, search};
use crate::error::ErrorKind;
use crate::providers::static_token::StaticToken;
use crate::request::Request;
use crate::secret::Secret;
use crate::verifier::Verifier;

/// Why a request is rejected. `Err` has only hints: nothing explains its signature.
pub(super) type Explanation = Result<Vec<Finding>, Vec<Finding>>;

/// Seals [`Diagnose`](super::Diagnose).
pub trait Explain: Verifier {
    /// Explains why a request is rejected.
    fn explain(&self, case: &Case<'_>) -> Explanation;

    /// Whether the verifier's own keys signed a request, of any time and with any claims.
    fn signs(&self, request: Request<'_>) -> bool;

    /// The tenant that the request names, if the scheme has tenants.
    fn claimed_tenant(&self, request: Request<'_>) -> Option<String>;
}

impl<S: Subject> Explain for S {
    fn explain(&self, case: &Case<'_>) -> Explanation {
        search::explain(self, case)
    }

    fn signs(&self, request: Request<'_>) -> bool {
        let head = request.head().with_base(self.traits().base);
        self.prove(Request::new(head, request.body()), None).is_ok()
    }

    fn claimed_tenant(&self, request: Request<'_>) -> Option<String> {
        Subject::claimed_tenant(self, request)
    }
}

/// Nothing is signed, but the token may be another one, or stored wrongly.
impl Explain for StaticToken {
    fn explain(&self, case: &Case<'_>) -> Explanation {
        let moved = heads::readable(case.capture, |seen| self.begin(seen.head()).map(drop));
        let matches = |token: &Secret| self.with_token(token).verify(case.capture.request()).is_ok();
        let moved = moved.into_iter().next().map(|seen| seen.changes);
        let given = case.candidates.iter();
        let given =
            given.map(|(other, candidate)| (other.clone().into_iter().collect(), candidate.text.clone()));
        let found = moved.or_else(|| {
            let mut texts = given.chain(case.changed_secrets());
            texts
                .find(|(_, text)| VERBATIM(text).is_ok_and(|token| matches(&token)))
                .map(|(changes, _)| changes)
        });
        match found {
            Some(changes) if !changes.is_empty() => Ok(proofs(&changes)),
            None if case.rejection.kind() == ErrorKind::SignatureMismatch => {
                Err(case.unexplained(Vec::new()))
            }
            _ => Err(vec![case.rejected_otherwise()]),
        }
    }

    fn signs(&self, request: Request<'_>) -> bool {
        self.verify(request).is_ok()
    }

    fn claimed_tenant(&self, _: Request<'_>) -> Option<String> {
        None
    }
}
