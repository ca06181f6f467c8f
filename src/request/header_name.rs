//! The name of a header.

use std::fmt;

use crate::config_error::ConfigError;
use crate::name::Name;

/// A header's name, in lower case. Letter case does not matter in comparisons (RFC 9110, section 5.1).
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
    text: Name,
    #[cfg(feature = "http")]
    http: ::http::HeaderName,
}

impl HeaderName {
    /// Takes a name in any letter case.
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
            text: Name::Shared(text.into()),
        })
    }

    /// Takes a literal in lower case, for a `const` or `static`. An invalid name does not compile there.
    ///
    /// ```
    /// use countersign::HeaderName;
    ///
    /// static SIGNATURE: HeaderName = HeaderName::from_static("x-hub-signature-256");
    /// assert_eq!(SIGNATURE.as_str(), "x-hub-signature-256");
    /// ```
    ///
    /// # Panics
    ///
    /// Outside a `const` or `static`, if the name is empty, not a token, or has an upper-case letter.
    #[must_use]
    pub const fn from_static(name: &'static str) -> Self {
        let mut rest = name.as_bytes();
        assert!(!rest.is_empty(), "header name is empty");
        while let [first, beyond @ ..] = rest {
            assert!(
                is_token_char(*first) && !first.is_ascii_uppercase(),
                "header name is not a token in lower case"
            );
            rest = beyond;
        }
        Self {
            text: Name::Literal(name),
            #[cfg(feature = "http")]
            http: ::http::HeaderName::from_static(name),
        }
    }

    /// Returns the name in lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    pub(crate) fn shared(&self) -> &Name {
        &self.text
    }

    #[cfg(feature = "http")]
    pub(super) fn http(&self) -> &::http::HeaderName {
        &self.http
    }
}

impl fmt::Debug for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (*self.text).fmt(f)
    }
}

impl fmt::Display for HeaderName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (*self.text).fmt(f)
    }
}

/// Whether a text is a token of RFC 9110, section 5.6.2.
pub(super) fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(is_token_char)
}

const fn is_token_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}
