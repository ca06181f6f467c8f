//! The header that carries a token (RFC 6750, section 2.1).

use crate::error::{Error, ErrorKind};
use crate::jwt::Token;
use crate::request::{Head, HeaderName};

/// Where the token is, and whether the word `Bearer` must stand before it.
#[derive(Debug)]
pub(super) struct Carrier {
    header: HeaderName,
    bearer_required: bool,
}

impl Carrier {
    /// The scheme's own header, where the word is documented.
    pub(super) fn documented(header: &'static str) -> Self {
        Self { header: HeaderName::from_static(header), bearer_required: true }
    }

    /// A header of the caller's naming. Whether the one who moved the token kept the word is not documented, so that
    /// both are taken; `Authorization` keeps its rule.
    pub(super) fn named(header: HeaderName) -> Self {
        let bearer_required = header.as_str() == AUTHORIZATION;
        Self { header, bearer_required }
    }

    #[cfg(feature = "diagnose")]
    pub(super) fn header_name(&self) -> &HeaderName {
        &self.header
    }

    pub(super) fn untrusted_api_key(&self, head: Head<'_>) -> Result<String, Error> {
        Ok(Token::parse(self.token(head, ErrorKind::TokenMissing)?)?.untrusted_api_key()?.into_owned())
    }

    /// Takes the token out of its header, or refuses with `missing`: the header is absent, blank, or the word alone.
    pub(super) fn token<'r>(&self, head: Head<'r>, missing: ErrorKind) -> Result<&'r [u8], Error> {
        let refuse = |kind| Err(Error::header(kind, self.header.shared()));
        let value = head.header(&self.header)?.unwrap_or_default();
        let (has_word, rest) = match value.split_at_checked(BEARER.len()) {
            Some((word, rest)) if word.eq_ignore_ascii_case(BEARER) => (true, rest),
            _ => (false, value),
        };
        match rest.strip_prefix(b" ") {
            _ if rest.trim_ascii().is_empty() => refuse(missing),
            Some(token) if has_word => Ok(token),
            _ if self.bearer_required => refuse(ErrorKind::TokenMalformed),
            _ => Ok(value),
        }
    }
}

pub(super) const AUTHORIZATION: &str = "authorization";
const BEARER: &[u8] = b"bearer";
