//! The methods that a verifier accepts.

use super::Head;
use super::header_name::is_token;
use crate::config_error::ConfigError;
use crate::error::ErrorKind;

/// Methods as on the wire, in their registered letter case (RFC 9110, section 9.1).
#[derive(Clone, Debug)]
pub(crate) enum Methods {
    /// The scheme's methods.
    Default(&'static [&'static str]),
    /// The caller's methods.
    Set(Vec<Box<str>>),
}

impl Methods {
    /// Takes the caller's methods: at least one, and each a token in capitals. `post` is another method than `POST`.
    pub(crate) fn new(methods: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Self, ConfigError> {
        Self::checked(methods, |method| is_token(method) && method == method.to_ascii_uppercase())
    }

    /// Takes the caller's methods, each of which must be in `all`.
    pub(crate) fn among(
        all: &[&str],
        methods: impl IntoIterator<Item = impl AsRef<str>>,
    ) -> Result<Self, ConfigError> {
        Self::checked(methods, |method| all.contains(&method))
    }

    fn checked(
        methods: impl IntoIterator<Item = impl AsRef<str>>,
        is_valid: impl Fn(&str) -> bool,
    ) -> Result<Self, ConfigError> {
        let methods: Vec<Box<str>> = methods.into_iter().map(|method| method.as_ref().into()).collect();
        let valid = !methods.is_empty() && methods.iter().all(|method| is_valid(method));
        if valid { Ok(Self::Set(methods)) } else { Err(ConfigError::MethodsInvalid) }
    }

    pub(crate) fn check(&self, head: Head<'_>) -> Result<(), ErrorKind> {
        let taken = match self {
            Self::Default(methods) => methods.contains(&head.method()),
            Self::Set(methods) => methods.iter().any(|method| &**method == head.method()),
        };
        if taken { Ok(()) } else { Err(ErrorKind::MethodUnsupported) }
    }
}
