//! The secrets to try.

use std::fmt;

use zeroize::Zeroizing;

/// The secrets to try, as you store them. It also takes what [`Secret::new`](crate::Secret::new) rejects, such as a PEM or white
/// space at an end, since that may be the fault.
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
    /// Starts without secrets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one of the verifier's secrets.
    pub fn secret(self, text: impl Into<Vec<u8>>) -> Self {
        self.and(text, Owner::Verifier)
    }

    /// Adds the secret of a tenant.
    pub fn tenant(self, api_key: impl Into<String>, text: impl Into<Vec<u8>>) -> Self {
        self.and(text, Owner::Tenant(api_key.into()))
    }

    /// Adds a secret that the verifier does not know, such as another credential of the platform, that of another stage, or the
    /// previous one. `label` names it in the evidence.
    pub fn other(self, label: impl Into<String>, text: impl Into<Vec<u8>>) -> Self {
        self.and(text, Owner::Other(label.into()))
    }

    fn and(mut self, text: impl Into<Vec<u8>>, owner: Owner) -> Self {
        self.0.push(Candidate { text: Zeroizing::new(text.into()), owner });
        self
    }

    /// The verifier's secrets first, then the others. If the request names a tenant, that tenant's secrets are the verifier's.
    /// Returns no more than are tried.
    pub(super) fn candidates(&self, tenant: Option<&str>) -> Vec<(Option<String>, &Candidate)> {
        let mut candidates: Vec<_> =
            self.0.iter().map(|candidate| (candidate.label(tenant), candidate)).collect();
        candidates.sort_by_key(|(label, _)| label.is_some());
        candidates.truncate(MAX_CANDIDATES);
        candidates
    }
}

impl Candidate {
    /// The secret's tenant.
    pub(super) fn tenant(&self) -> Option<&str> {
        if let Owner::Tenant(name) = &self.owner { Some(name) } else { None }
    }

    /// The name. `None` for a secret of the verifier.
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
