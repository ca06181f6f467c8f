//! A header's value, and parts of it.

use std::fmt;

use super::HeaderName;
use crate::encoding::iso8601;
use crate::error::{Error, ErrorKind};
use crate::time::UnixTime;

/// A header's value, or a part of it. Its errors name the header.
///
/// # Example
///
/// ```
/// use countersign::{Head, HeaderName};
///
/// static SIGNATURE: HeaderName = HeaderName::from_static("acme-signature");
///
/// let headers = [("Acme-Signature", "t=1700000000,v1=00ff")];
/// let field = Head::new("POST", &headers).signature(&SIGNATURE)?;
/// assert_eq!(field.one("v1")?.bytes(), b"00ff");
/// assert_eq!(field.one("t")?.seconds()?.as_secs(), 1_700_000_000);
///
/// let missing = field.one("v2").map(|field| field.bytes()).unwrap_err();
/// assert_eq!(missing.to_string(), "header `acme-signature` has the wrong form or length");
/// # Ok::<(), countersign::Error>(())
/// ```
#[derive(Clone, Copy)]
pub struct Field<'h> {
    name: &'h HeaderName,
    value: &'h [u8],
}

impl<'h> Field<'h> {
    #[inline]
    pub(super) fn new(name: &'h HeaderName, value: &'h [u8]) -> Self {
        Self { name, value }
    }

    /// Returns the bytes.
    #[must_use]
    #[inline]
    pub fn bytes(self) -> &'h [u8] {
        self.value
    }

    /// Returns the text.
    ///
    /// # Errors
    ///
    /// - [`HeaderMalformed`](ErrorKind::HeaderMalformed): it is not UTF-8.
    pub fn text(self) -> Result<&'h str, Error> {
        str::from_utf8(self.value).map_err(|_| self.reject(ErrorKind::HeaderMalformed))
    }

    /// Returns the rest after a required prefix.
    ///
    /// # Errors
    ///
    /// - [`SignatureMalformed`](ErrorKind::SignatureMalformed): it does not begin with the prefix.
    pub fn after(self, prefix: &str) -> Result<Self, Error> {
        self.value
            .strip_prefix(prefix.as_bytes())
            .map(|value| Self { value, ..self })
            .ok_or_else(|| self.malformed())
    }

    /// Returns the rest after a word and a space. The word is in any letter case, as in `Authorization`.
    ///
    /// # Errors
    ///
    /// - [`SignatureMalformed`](ErrorKind::SignatureMalformed): it does not begin with the word and a space.
    pub fn after_word(self, word: &str) -> Result<Self, Error> {
        let (given, rest) = self.split(b' ')?;
        if given.value.eq_ignore_ascii_case(word.as_bytes()) { Ok(rest) } else { Err(self.malformed()) }
    }

    /// Returns the parts before and after the first separator.
    ///
    /// # Errors
    ///
    /// - [`SignatureMalformed`](ErrorKind::SignatureMalformed): there is no separator.
    pub fn split(self, separator: u8) -> Result<(Self, Self), Error> {
        let mut pieces = self.value.splitn(2, |byte| *byte == separator).map(|value| Self { value, ..self });
        match (pieces.next(), pieces.next()) {
            (Some(before), Some(after)) => Ok((before, after)),
            _ => Err(self.malformed()),
        }
    }

    /// Returns the entries of a list, without surrounding white space.
    pub fn list(self, separator: u8) -> impl Iterator<Item = Field<'h>> {
        let pieces = self.value.split(move |byte| *byte == separator);
        pieces.map(move |value| Self { value: value.trim_ascii(), ..self })
    }

    /// Returns the values of all entries `name=value` of a comma-separated list.
    ///
    /// # Errors
    ///
    /// - [`SignatureMalformed`](ErrorKind::SignatureMalformed): there is no such entry.
    pub fn all(self, name: &str) -> Result<impl Iterator<Item = Field<'h>>, Error> {
        let mut all = self.named(name).peekable();
        if all.peek().is_some() { Ok(all) } else { Err(self.malformed()) }
    }

    fn named(self, name: &str) -> impl Iterator<Item = Field<'h>> {
        self.list(b',').filter_map(move |entry| {
            let value = entry.value.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
            Some(Self { value, ..entry })
        })
    }

    /// Returns the value of the only entry `name=value` of a comma-separated list.
    ///
    /// # Errors
    ///
    /// - [`SignatureMalformed`](ErrorKind::SignatureMalformed): there is no such entry, or more than one.
    pub fn one(self, name: &str) -> Result<Self, Error> {
        let mut all = self.named(name);
        match (all.next(), all.next()) {
            (Some(one), None) => Ok(one),
            _ => Err(self.malformed()),
        }
    }

    /// Returns itself unless it is empty or contains the byte that ends it in the signed message. Otherwise the message could
    /// be split elsewhere.
    ///
    /// # Errors
    ///
    /// - [`HeaderMalformed`](ErrorKind::HeaderMalformed): it is empty or contains the separator.
    pub fn without(self, separator: u8) -> Result<Self, Error> {
        let is_plain = !self.value.is_empty() && !self.value.contains(&separator);
        if is_plain { Ok(self) } else { Err(self.reject(ErrorKind::HeaderMalformed)) }
    }

    /// Parses Unix time in whole seconds: digits without sign or leading zero, so that each time has one text.
    ///
    /// # Errors
    ///
    /// - [`TimestampMalformed`](ErrorKind::TimestampMalformed): it is not such a number.
    pub fn seconds(self) -> Result<UnixTime, Error> {
        UnixTime::from_digits(self.value).ok_or_else(|| self.reject(ErrorKind::TimestampMalformed))
    }

    /// Parses Unix time in milliseconds, in the same form. The fraction of a second is dropped.
    ///
    /// # Errors
    ///
    /// - [`TimestampMalformed`](ErrorKind::TimestampMalformed): it is not such a number.
    pub fn millis(self) -> Result<UnixTime, Error> {
        self.seconds().map(|millis| UnixTime::from_secs(millis.as_secs().div_euclid(1_000)))
    }

    /// Parses a date and time of ISO 8601 such as `2023-11-14T22:13:20`. A fraction of a second is allowed and dropped. The
    /// zone is `Z` or `+01:00`. Without one the time is UTC.
    ///
    /// # Errors
    ///
    /// - [`TimestampMalformed`](ErrorKind::TimestampMalformed): it is not such a time.
    pub fn iso8601(self) -> Result<UnixTime, Error> {
        let seconds = iso8601::unix_seconds(self.value);
        seconds.map(UnixTime::from_secs).ok_or_else(|| self.reject(ErrorKind::TimestampMalformed))
    }

    /// Makes an error of this kind that names the header.
    #[must_use]
    pub fn reject(self, kind: ErrorKind) -> Error {
        Error::header(kind, self.name.shared())
    }

    fn malformed(self) -> Error {
        self.reject(ErrorKind::SignatureMalformed)
    }
}

impl AsRef<[u8]> for Field<'_> {
    #[inline]
    fn as_ref(&self) -> &[u8] {
        self.value
    }
}

/// Hides the value, which may be a signature.
impl fmt::Debug for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field").field("name", &self.name).finish_non_exhaustive()
    }
}
