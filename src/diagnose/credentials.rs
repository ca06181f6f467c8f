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
pub struct Credentials(pub(super) Vec<Candidate>);

/// One secret.
#[derive(Clone)]
pub(super) struct Candidate {
    pub(super) text: Zeroizing<Vec<u8>>,
    /// The secret's tenant.
    pub(super) tenant: Option<String>,
    /// The name. `None` for a secret of the verifier.
    pub(super) label: Option<String>,
}

impl Credentials {
    /// Starts without secrets.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one of the verifier's secrets.
    pub fn secret(self, text: impl Into<Vec<u8>>) -> Self {
        self.and(text, None, None)
    }

    /// Adds the secret of a tenant.
    pub fn tenant(self, api_key: impl Into<String>, text: impl Into<Vec<u8>>) -> Self {
        let tenant = api_key.into();
        let label = format!("the secret of tenant `{tenant}`");
        self.and(text, Some(tenant), Some(label))
    }

    /// Adds a secret that the verifier does not know, such as the previous one, or another credential or environment of the
    /// platform. `label` names it in the evidence.
    pub fn other(self, label: impl Into<String>, text: impl Into<Vec<u8>>) -> Self {
        self.and(text, None, Some(format!("`{}`", label.into())))
    }

    fn and(mut self, text: impl Into<Vec<u8>>, tenant: Option<String>, label: Option<String>) -> Self {
        self.0.push(Candidate { text: Zeroizing::new(text.into()), tenant, label });
        self
    }
}

impl fmt::Debug for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Candidate(redacted)")
    }
}
