//! The signatures of a request.

use std::fmt;

#[cfg(feature = "diagnose")]
use super::message::Encoding;
use crate::encoding::base64;
use crate::error::{Error, ErrorKind};
use crate::mac::{SignatureKind, Tag, Tags};
use crate::request::Field;

/// Signatures as text. They are decoded when the keys are known, since the keys decide the length.
#[derive(Clone, Debug, Default)]
pub(super) struct Texts<'h> {
    first: Option<Text<'h>>,
    more: Vec<Text<'h>>,
}

#[derive(Clone, Copy)]
struct Text<'h> {
    field: Field<'h>,
    written: Written,
    /// Whether another signature may replace it if it is malformed.
    is_entry: bool,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Written {
    Hex,
    Base64,
}

impl<'h> Texts<'h> {
    #[inline]
    pub(super) fn required(&mut self, field: Field<'h>, written: Written) {
        self.push(Text { field, written, is_entry: false });
    }

    /// Adds a signature of a list. Those after the limit are ignored.
    pub(super) fn entry(&mut self, field: Field<'h>, written: Written) {
        if self.more.len() < MOST {
            self.push(Text { field, written, is_entry: true });
        }
    }

    #[inline]
    fn push(&mut self, text: Text<'h>) {
        if self.first.is_none() {
            self.first = Some(text);
        } else {
            self.more.push(text);
        }
    }

    #[cfg(feature = "diagnose")]
    pub(super) fn first(&self) -> Option<(&'h [u8], Encoding)> {
        let Text { field, written, .. } = self.first.as_ref()?;
        let encoding = match written {
            Written::Hex => Encoding::Hex,
            Written::Base64 => Encoding::Base64,
        };
        Some((field.bytes(), encoding))
    }

    /// Decodes the signatures. Malformed signatures of a list are skipped if one is well-formed.
    #[inline]
    pub(super) fn decode(&self, kind: SignatureKind) -> Result<Tags, Error> {
        let first = self.first.as_ref().ok_or(ErrorKind::SignatureMalformed)?;
        let malformed = || first.field.reject(ErrorKind::SignatureMalformed);
        if self.more.is_empty() {
            return first.decode(kind).map(Tags::from).ok_or_else(malformed);
        }
        let mut tags = Vec::new();
        for text in [first].into_iter().chain(&self.more) {
            match text.decode(kind) {
                Some(tag) => tags.push(tag),
                None if text.is_entry => {}
                None => return Err(text.field.reject(ErrorKind::SignatureMalformed)),
            }
        }
        Tags::of(&tags).ok_or_else(malformed)
    }
}

impl Text<'_> {
    #[inline]
    fn decode(&self, kind: SignatureKind) -> Option<Tag> {
        match self.written {
            Written::Hex => kind.decode_hex(self.field.bytes()),
            Written::Base64 => {
                let (bytes, length) = base64::decode_signature(self.field.bytes())?;
                (length == kind.bytes()).then(|| Tag::new(bytes.get(..length).unwrap_or_default()))
            }
        }
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.field.fmt(f)
    }
}

/// The most signatures of a list after the first.
const MOST: usize = 15;
