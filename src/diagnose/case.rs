//! A rejected request, and the secrets to try.

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
    pub(super) refusal: Error,
    /// The budget of all trials.
    pub(super) budget: Budget,
    /// The secrets with their names, the verifier's own first, which have none.
    pub(super) candidates: Vec<(Option<String>, &'c Candidate)>,
}

/// The changes that make the signature match.
pub(super) type Changes = Vec<Change>;

impl<'c> Case<'c> {
    pub(super) fn new(
        capture: &'c Capture,
        refusal: Error,
        credentials: &'c Credentials,
        tenant: Option<&str>,
    ) -> Self {
        let budget = Budget::of(capture);
        Self { capture, refusal, budget, candidates: credentials.candidates(tenant) }
    }

    /// Tries each secret unchanged on a message of this length. If one matches, the change is none, or to use another secret.
    pub(super) fn try_secrets(
        &self,
        read: ReadSecret,
        message: usize,
        mut matches: impl FnMut(&Secret) -> bool,
    ) -> Option<Changes> {
        for (label, candidate) in &self.candidates {
            if !self.budget.draw(message) {
                return None;
            }
            if read(&candidate.text).is_ok_and(|secret| matches(&secret)) {
                return Some(self.other_secret(label.as_deref()).into_iter().collect());
            }
        }
        None
    }

    /// Undoes changes of each secret, one after the other, and tries it on a message of this length.
    pub(super) fn change_secrets(
        &self,
        read: ReadSecret,
        message: usize,
        mut matches: impl FnMut(&Secret) -> bool,
    ) -> Option<Changes> {
        for (label, candidate) in &self.candidates {
            for secrets::Change { cause, words, text } in secrets::changes(&candidate.text) {
                if !self.budget.draw(message) {
                    return None;
                }
                if read(&text).is_ok_and(|secret| matches(&secret)) {
                    let change = (cause, words.to_owned());
                    return Some([change].into_iter().chain(self.other_secret(label.as_deref())).collect());
                }
            }
        }
        None
    }

    /// The change to use another secret, if it has a name.
    pub(super) fn other_secret(&self, label: Option<&str>) -> Option<Change> {
        let is_unnamed = self.refusal.kind() == ErrorKind::TenantMissing;
        let cause = if is_unnamed { Cause::TenantMissing } else { Cause::SecretOther };
        label.map(|label| (cause, format!("{label} is used")))
    }

    /// The findings if no change makes the signature match: hints, and that the request may be forged.
    pub(super) fn unexplained(&self, mut hints: Vec<Finding>) -> Vec<Finding> {
        let own = self.candidates.iter().filter(|(label, _)| label.is_none());
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
    pub(super) fn refused_otherwise(&self) -> Finding {
        let cause = match self.refusal.kind() {
            ErrorKind::TenantMissing => Cause::TenantMissing,
            _ => Cause::RefusedOtherwise,
        };
        Finding::hint(cause, self.refusal.to_string())
    }
}

/// One proof for each needed change. Each names all of them.
pub(super) fn proofs(changes: &Changes) -> Vec<Finding> {
    let words: Vec<_> = changes.iter().map(|(_, words)| words.as_str()).collect();
    let evidence = format!("the signature matches when {}", words.join(", and "));
    changes.iter().map(|(cause, _)| Finding::proved(*cause, &evidence)).collect()
}
