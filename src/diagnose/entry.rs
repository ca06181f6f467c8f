//! Where a diagnosis begins.

use super::budget::MOST_VERIFICATIONS;
use super::case::Case;
use super::explain::Explain;
use super::{Capture, Cause, Credentials, Diagnosis, Finding, other_scheme};

/// A verifier that can say why it rejects. All those of this crate can, and so can a [`Webhook`](crate::Webhook) by a rule of
/// your own; it is not for others to implement.
pub trait Diagnose: Explain {
    /// Looks for the causes for which this verifier, with its settings and its clock, rejects a request.
    ///
    /// A verifier keeps no secret that could be read, so give them once more, and others with them. Where its secret is
    /// refused by [`Secret::new`](crate::Secret::new), build it with [`Secret::verbatim`](crate::Secret::verbatim).
    fn diagnose(&self, capture: &Capture, credentials: &Credentials) -> Diagnosis {
        let Err(refusal) = self.verify(capture.request()) else { return Diagnosis::new(Vec::new()) };
        let tenant = self.claimed_tenant(capture);
        let case = Case::new(capture, refusal, credentials, tenant.as_deref());
        let mut findings = self.explain(&case).unwrap_or_else(|hints| {
            let other = other_scheme::find(&case, self.scheme(), &hints);
            other.map_or(hints, |finding| vec![finding])
        });
        if case.budget.is_exceeded() {
            let evidence = format!("it cost {MOST_VERIFICATIONS} verifications of the request");
            findings.push(Finding::hint(Cause::SearchIncomplete, evidence));
        }
        Diagnosis::new(findings)
    }
}

impl<V: Explain + ?Sized> Diagnose for V {}
