//! The header that carries a token (RFC 6750, section 2.1).

use crate::error::{Error, ErrorKind};
use crate::request::{Head, HeaderName};

/// The token's header, the word before the token, and the error for a request without one.
#[derive(Clone, Debug)]
pub(crate) struct Carrier {
    header: HeaderName,
    word: Word,
    pub(crate) missing: ErrorKind,
}

/// The word `Bearer` before the token, in any letter case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Required,
    Optional,
    None,
}

impl Carrier {
    pub(crate) const fn bearer(header: HeaderName) -> Self {
        Self { header, word: Word::Required, missing: ErrorKind::TokenMissing }
    }

    pub(crate) const fn bare(header: HeaderName) -> Self {
        Self { header, word: Word::None, missing: ErrorKind::TokenMissing }
    }

    /// Sets another header. It takes the token with or without `Bearer`, since the proxy that moved it may have kept the word.
    /// `Authorization` keeps its rule.
    pub(crate) fn moved(self, header: HeaderName) -> Self {
        let word = match self.word {
            Word::None => Word::None,
            _ if header == AUTHORIZATION => Word::Required,
            _ => Word::Optional,
        };
        Self { header, word, ..self }
    }

    #[cfg(any(feature = "diagnose", feature = "sign"))]
    pub(crate) fn header_name(&self) -> &HeaderName {
        &self.header
    }

    /// Takes the token out of its header. Rejects an absent or blank header, or the word alone.
    pub(crate) fn token<'r>(&self, head: Head<'r>) -> Result<&'r [u8], Error> {
        let reject = |kind| Err(Error::header(kind, self.header.shared()));
        let value = head.header(&self.header)?.unwrap_or_default();
        let (has_word, rest) = match value.split_at_checked(BEARER.len()) {
            Some((word, rest)) if self.word != Word::None && word.eq_ignore_ascii_case(BEARER) => {
                (true, rest)
            }
            _ => (false, value),
        };
        match rest.strip_prefix(b" ") {
            _ if rest.trim_ascii().is_empty() => reject(self.missing),
            Some(token) if has_word => Ok(token),
            _ if self.word == Word::Required => reject(ErrorKind::TokenMalformed),
            _ => Ok(value),
        }
    }
}

pub(crate) const AUTHORIZATION: HeaderName = HeaderName::from_static("authorization");
const BEARER: &[u8] = b"bearer";
