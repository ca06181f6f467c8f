//! Where a diagnosis begins.

use super::case::Case;
use super::explain::Explain;
use super::heads::Seen;
use super::trials::MOST_VERIFICATIONS;
use super::{Capture, Cause, Credentials, Diagnosis, Finding, other_scheme, signatures};
use crate::error::ErrorKind;

/// Says why a verifier rejects a request. All verifiers of this crate implement it, also a [`Webhook`](crate::Webhook) with your
/// own rule. The trait is sealed.
pub trait Diagnose: Explain {
    /// Finds out why this verifier, with its settings and its clock, rejects a request.
    ///
    /// A verifier keeps no readable secrets, so give them again, with others to try. If
    /// [`Secret::new`](crate::Secret::new) rejects the secret, build the verifier with
    /// [`Secret::verbatim`](crate::Secret::verbatim).
    fn diagnose(&self, capture: &Capture, credentials: &Credentials) -> Diagnosis {
        let Err(rejection) = self.verify(capture.request()) else { return Diagnosis::new(Vec::new()) };
        let tenant = self.claimed_tenant(capture.request());
        let case = Case::new(capture, rejection, credentials, tenant.as_deref());
        let other = || other_scheme::proved(&case, self.scheme()).map(|finding| vec![finding]);
        let mut findings = match self.explain(&case) {
            // Another scheme that needs no change is the likelier cause.
            Ok(findings) if findings.iter().any(is_of_scheme) => other().unwrap_or(findings),
            Ok(findings) => findings,
            Err(hints) => other().unwrap_or_else(|| {
                let alike = || other_scheme::alike(&case, self.scheme());
                let alike = if has_signature(self, &case) { None } else { alike() };
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

/// Whether the finding is about what a scheme decides: headers, their form, the algorithm, how the secret is decoded.
fn is_of_scheme(finding: &Finding) -> bool {
    matches!(
        finding.cause(),
        Cause::HeaderOther
            | Cause::SignaturePrefix
            | Cause::SignatureList
            | Cause::SignatureBase64
            | Cause::AlgorithmOther
            | Cause::SecretBase64
            | Cause::SecretHex
    )
}

/// Whether the verifier found a signature in the scheme's place, or something else is missing beside one.
fn has_signature<V: Explain + ?Sized>(verifier: &V, case: &Case<'_>) -> bool {
    matches!(case.rejection.kind(), ErrorKind::SignatureMismatch | ErrorKind::SignatureMalformed) || {
        let seen = Seen::new(case.capture, None);
        drop(verifier.begin(seen.request().head()));
        signatures::like(case.capture, None).any(|name| seen.was_asked(name.as_str()))
    }
}
