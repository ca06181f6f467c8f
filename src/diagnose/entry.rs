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
        let tenant = self.claimed_tenant(capture.request());
        let case = Case::new(capture, refusal, credentials, tenant.as_deref());
        let other = || other_scheme::proved(&case, self.scheme()).map(|finding| vec![finding]);
        let mut findings = match self.explain(&case) {
            // Another scheme that needs no change is the likelier cause.
            Ok(findings) if is_of_headers(&findings) => other().unwrap_or(findings),
            Ok(findings) => findings,
            Err(hints) => other().unwrap_or_else(|| {
                let alike = || other_scheme::alike(&case, self.scheme());
                let alike = UNSIGNED.contains(&first(&hints)).then(alike).flatten();
                alike.map_or(hints, |finding| vec![finding])
            }),
        };
        if case.budget.is_exceeded() {
            let evidence = format!("it cost {MOST_VERIFICATIONS} verifications of the request");
            findings.push(Finding::hint(Cause::SearchIncomplete, evidence));
        }
        Diagnosis::new(findings)
    }
}

impl<V: Explain + ?Sized> Diagnose for V {}

/// Whether it takes several changes, of headers first, to make the signature match.
fn is_of_headers(findings: &[Finding]) -> bool {
    first(findings) == Some(Cause::HeaderOther)
        && findings.iter().filter(|finding| finding.is_proved()).count() > 1
}

fn first(findings: &[Finding]) -> Option<Cause> {
    findings.first().map(Finding::cause)
}

/// What is said where there is no signature of the scheme.
const UNSIGNED: [Option<Cause>; 4] = [
    Some(Cause::SignatureMissing),
    Some(Cause::UnsignedCallback),
    Some(Cause::HeaderOther),
    Some(Cause::SchemeOther),
];
