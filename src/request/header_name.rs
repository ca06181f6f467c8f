//! The name of a header.

use std::fmt;
use std::sync::Arc;

use crate::config_error::ConfigError;

/// A header's name, in lower case; names are compared without regard to case (RFC 9110, section 5.1).
///
/// # Example
///
/// ```
/// use countersign::{ConfigError, HeaderName};
///
/// assert_eq!(HeaderName::new("X-Elto-Signature")?.as_str(), "x-elto-signature");
/// assert_eq!(HeaderName::new("X-Elto-Signature ").unwrap_err(), ConfigError::HeaderNameInvalid);
/// # Ok::<(), ConfigError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct HeaderName {
    text: Arc<str>,
    #[cfg(feature = "http")]
    http: ::http::HeaderName,
}

impl HeaderName {
    /// Takes a name in any case.
    ///
    /// # Errors
    ///
    /// - [`ConfigError::HeaderNameInvalid`]: the name is empty or not a token of RFC 9110, section 5.6.2.
    pub fn new(name: &str) -> Result<Self, ConfigError> {
        if !is_token(name) {
            return Err(ConfigError::HeaderNameInvalid);
        }
        let text = name.to_ascii_lowercase();
        Ok(Self {
            #[cfg(feature = "http")]
            http: text.parse().map_err(|_| ConfigError::HeaderNameInvalid)?,
            text: text.into(),
        })
    }

    /// Takes a scheme's own name: a token in lower case.
    pub(crate) fn from_static(name: &'static str) -> Self {
        Self {
            text: name.into(),
            #[cfg(feature = "http")]
            http: ::http::HeaderName::from_static(name),
        }
    }

    /// The name in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn shared(&self) -> &Arc<str> {
        &self.text
    }

    #[cfg(feature = "http")]
    pub(super) fn http(&self) -> &::http::HeaderName {
        &self.http
    }
}

impl fmt::Debug for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text.fmt(f)
    }
}

/// Whether a text is a token of RFC 9110, section 5.6.2.
pub(super) fn is_token(text: &str) -> bool {
    let is_token_char = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(is_token_char)
}
