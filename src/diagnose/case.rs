//! A rejected request, and the secrets to try.

use zeroize::Zeroizing;

use super::credentials::Candidate;
use super::secrets;
use super::trials::{Budget, Change};
use super::{Capture, Cause, Credentials, Finding};
use crate::config_error::ConfigError;
use crate::error::{Error, ErrorKind};
use crate::secret::Secret;

/// How a scheme turns a secret's text into a key.
pub(super) type ReadSecret = fn(&[u8]) -> Result<Secret, ConfigError>;

/// Takes the text itself.
pub(super) const VERBATIM: ReadSecret = |text| Secret::verbatim(text);
/// Decodes the text from base64.
pub(super) const DECODED: ReadSecret =
    |text| Secret::from_base64(text.strip_prefix(b"whsec_").unwrap_or(text));

#[derive(Debug)]
pub struct Case<'c> {
    pub(super) capture: &'c Capture,
    /// Why the verifier rejects.
    pub(super) rejection: Error,
    /// The budget of all trials.
    pub(super) budget: Budget,
    /// The secrets, the verifier's own first, the others with the change to use them.
    pub(super) candidates: Vec<(Option<Change>, &'c Candidate)>,
}

/// The changes that make the signature match.
pub(super) type Changes = Vec<Change>;

impl<'c> Case<'c> {
    /// Takes no more secrets than are tried. If the request names a tenant, that tenant's secrets are the verifier's.
    pub(super) fn new(
        capture: &'c Capture,
        rejection: Error,
        credentials: &'c Credentials,
        tenant: Option<&str>,
    ) -> Self {
        let is_unnamed = rejection.kind() == ErrorKind::TenantMissing;
        let cause = if is_unnamed { Cause::TenantMissing } else { Cause::SecretOther };
        let mut candidates: Vec<_> = credentials
            .0
            .iter()
            .map(|candidate| {
                let is_named = tenant.is_some() && candidate.tenant.as_deref() == tenant;
                let other = candidate.label.as_ref().filter(|_| !is_named);
                (other.map(|label| (cause, format!("{label} is used"))), candidate)
            })
            .collect();
        candidates.sort_by_key(|(other, _)| other.is_some());
        candidates.truncate(MAX_CANDIDATES);
        Self { capture, rejection, budget: Budget::of(capture), candidates }
    }

    /// Each secret as it is given.
    pub(super) fn given_secrets(&self) -> impl Iterator<Item = (Changes, Zeroizing<Vec<u8>>)> {
        let candidates = self.candidates.iter();
        candidates.map(|(other, candidate)| (other.iter().cloned().collect(), candidate.text.clone()))
    }

    /// Each secret after one undone change, with all needed changes.
    pub(super) fn changed_secrets(&self) -> impl Iterator<Item = (Changes, Zeroizing<Vec<u8>>)> {
        self.candidates.iter().flat_map(|(other, candidate)| {
            let changed = secrets::changes(&candidate.text).into_iter();
            changed.map(|(change, text)| ([change].into_iter().chain(other.clone()).collect(), text))
        })
    }

    /// The findings if no change makes the signature match: hints, and that the request may be forged.
    pub(super) fn unexplained(&self, mut hints: Vec<Finding>) -> Vec<Finding> {
        let own = self.candidates.iter().filter(|(other, _)| other.is_none());
        hints.extend(own.filter_map(|(_, candidate)| secrets::hint(&candidate.text)));
        let given = match self.candidates.len() {
            0 => String::new(),
            1 => " and the secret that you gave".to_owned(),
            count => format!(" and {count} secrets that you gave"),
        };
        let evidence = format!("no change makes the signature match, with the verifier's keys{given}");
        hints.push(Finding::hint(Cause::ForgedOrUnknownSecret, evidence));
        hints
    }

    /// The finding for a rejection with another reason than the signature.
    pub(super) fn rejected_otherwise(&self) -> Finding {
        let cause = match self.rejection.kind() {
            ErrorKind::TenantMissing => Cause::TenantMissing,
            _ => Cause::RejectedOtherwise,
        };
        Finding::hint(cause, self.rejection.to_string())
    }
}

/// One proof for each needed change. Each names all of them.
pub(super) fn proofs(changes: &Changes) -> Vec<Finding> {
    let words: Vec<_> = changes.iter().map(|(_, words)| words.as_str()).collect();
    let evidence = format!("the signature matches when {}", words.join(", and "));
    changes.iter().map(|(cause, _)| Finding::proved(*cause, &evidence)).collect()
}

const MAX_CANDIDATES: usize = 16;
