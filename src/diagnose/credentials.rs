//! The secrets that are at hand.

use std::fmt;

use zeroize::Zeroizing;

/// The secrets to try, as they are stored: what [`Secret::new`](crate::Secret::new) refuses (white space around it, a PEM) is
/// taken here as well, since it may be what is wrong.
///
/// # Example
///
/// ```
/// use countersign::diagnose::Credentials;
///
/// let credentials = Credentials::new()
///     .secret("whsec-5f1e3c07\n")
///     .other("the API secret", "9a2b4d61");
/// assert_eq!(format!("{credentials:?}"), "Credentials([Candidate(redacted), Candidate(redacted)])");
/// ```
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct Credentials(Vec<Candidate>);

/// One secret.
#[derive(Clone)]
pub(super) struct Candidate {
    pub(super) text: Zeroizing<Vec<u8>>,
    owner: Owner,
}

#[derive(Clone)]
enum Owner {
    Verifier,
    Tenant(String),
    Other(String),
}

impl Credentials {
    /// No secret yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a secret that the verifier is built from.
    pub fn secret(self, text: impl Into<Vec<u8>>) -> Self {
        self.and(text, Owner::Verifier)
    }

    /// Adds the secret of a tenant.
    pub fn tenant(self, api_key: impl Into<String>, text: impl Into<Vec<u8>>) -> Self {
        self.and(text, Owner::Tenant(api_key.into()))
    }

    /// Adds a secret that the verifier does not know: another credential of the platform, one of another stage, the previous
    /// one. `label` names it in the evidence.
    pub fn other(self, label: impl Into<String>, text: impl Into<Vec<u8>>) -> Self {
        self.and(text, Owner::Other(label.into()))
    }

    fn and(mut self, text: impl Into<Vec<u8>>, owner: Owner) -> Self {
        self.0.push(Candidate { text: Zeroizing::new(text.into()), owner });
        self
    }

    /// Those of the verifier first, then the others; where the delivery names a tenant, that tenant's are the verifier's. No
    /// more than are tried.
    pub(super) fn candidates(&self, tenant: Option<&str>) -> Vec<(Option<String>, &Candidate)> {
        let mut candidates: Vec<_> =
            self.0.iter().map(|candidate| (candidate.label(tenant), candidate)).collect();
        candidates.sort_by_key(|(label, _)| label.is_some());
        candidates.truncate(MAX_CANDIDATES);
        candidates
    }
}

impl Candidate {
    /// The tenant whose secret it is.
    pub(super) fn tenant(&self) -> Option<&str> {
        if let Owner::Tenant(name) = &self.owner { Some(name) } else { None }
    }

    /// What it is called; `None` for one that the verifier tries.
    fn label(&self, tenant: Option<&str>) -> Option<String> {
        match &self.owner {
            Owner::Verifier => None,
            Owner::Tenant(api_key) if Some(api_key.as_str()) == tenant => None,
            Owner::Tenant(api_key) => Some(format!("the secret of tenant `{api_key}`")),
            Owner::Other(label) => Some(format!("`{label}`")),
        }
    }
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Candidate(redacted)")
    }
}

const MAX_CANDIDATES: usize = 16;
