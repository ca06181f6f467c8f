//! The methods that a verifier takes.

use super::Head;
use super::header_name::is_token;
use crate::config_error::ConfigError;
use crate::error::ErrorKind;

/// Methods as on the wire: names in the case they are registered in (RFC 9110, section 9.1).
#[derive(Clone, Debug)]
pub(crate) struct Methods(Vec<Box<str>>);

impl Methods {
    /// Those that send a body.
    pub(crate) const OF_BODIES: &[&str] = &["POST", "PUT", "PATCH"];

    /// Takes a scheme's own methods.
    pub(crate) fn of(methods: &[&str]) -> Self {
        Self(methods.iter().copied().map(Box::from).collect())
    }

    /// Takes the caller's: at least one, and each a token.
    pub(crate) fn new(methods: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, ConfigError> {
        let methods: Vec<Box<str>> = methods.into_iter().map(|method| method.as_ref().into()).collect();
        let valid = !methods.is_empty() && methods.iter().all(|method| is_token(method));
        if valid { Ok(Self(methods)) } else { Err(ConfigError::MethodsInvalid) }
    }

    /// Takes the caller's, each of which must be among `all`.
    pub(crate) fn among(
        all: &[&str],
        methods: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, ConfigError> {
        let methods = Self::new(methods)?;
        let valid = methods.0.iter().all(|method| all.contains(&&**method));
        if valid { Ok(methods) } else { Err(ConfigError::MethodsInvalid) }
    }

    pub(crate) fn check(&self, head: Head<'_>) -> Result<(), ErrorKind> {
        let taken = self.0.iter().any(|method| &**method == head.method());
        if taken { Ok(()) } else { Err(ErrorKind::MethodUnsupported) }
    }
}
