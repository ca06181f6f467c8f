//! Parameters of a query or a form.

use super::{Params, Span, is_separator};
use crate::encoding::{form, marks};
use crate::error::ErrorKind;

impl Params {
    /// Decodes a query.
    pub(crate) fn from_query(raw: &[u8]) -> Result<Self, ErrorKind> {
        if raw.len() > MAX_QUERY_BYTES { Err(ErrorKind::QueryTooLong) } else { Self::from_form(raw) }
    }

    /// Decodes a form body (WHATWG URL, section 5.1), to bytes and strictly: an escape that is none is refused instead of
    /// kept.
    pub(crate) fn from_form(raw: &[u8]) -> Result<Self, ErrorKind> {
        let mut decoder = Decoder::new(raw);
        let is_special = |byte| matches!(byte, b'%' | b'&' | b'=');
        marks::try_for_each(raw, is_special, |at, byte| match byte {
            b'&' => decoder.end_pair(at),
            b'%' => decoder.unescape(at),
            _ => {
                decoder.end_name(at);
                Ok(())
            }
        })?;
        decoder.end_pair(raw.len())?;
        Ok(decoder.finish())
    }
}

/// A form under way. Text is copied in pieces as long as can be: up to an escape, or to where an `=` is put in.
struct Decoder<'r> {
    raw: &'r [u8],
    params: Params,
    /// How much of `raw` has been copied.
    copied: usize,
    /// By how much positions in the text are ahead of those in `raw`, below zero by wrapping around.
    ahead: usize,
    /// Up to where each `+` in the text has become a space.
    spaced: usize,
    /// Where the pair under way begins in the text, with its `&`.
    start: usize,
    /// Where its name ends in the text; 0 until it does.
    name_end: usize,
}

impl<'r> Decoder<'r> {
    fn new(raw: &'r [u8]) -> Self {
        let mut params = Params::with_capacity(raw.len());
        params.text.push(b'&');
        Self { raw, params, copied: 0, ahead: 1, spaced: 0, start: 0, name_end: 0 }
    }

    /// Takes the end of a pair: an `&`, or the end of the text. Of nothing between two of them there is no pair.
    fn end_pair(&mut self, at: usize) -> Result<(), ErrorKind> {
        if at.wrapping_add(self.ahead) != self.start.wrapping_add(1) {
            if self.name_end == 0 {
                self.add_equals_sign(at);
            }
            self.params.push(Span::new(self.start, self.name_end, at.wrapping_add(self.ahead)))?;
        }
        self.start = at.wrapping_add(self.ahead);
        self.name_end = 0;
        Ok(())
    }

    /// Takes an `=`: the first in a pair ends the name.
    fn end_name(&mut self, at: usize) {
        if self.name_end == 0 {
            self.name_end = at.wrapping_add(self.ahead);
        } else {
            self.params.separators = true;
        }
    }

    /// Ends the name of a pair that has no `=`: its value is empty.
    #[cold]
    fn add_equals_sign(&mut self, at: usize) {
        self.copy_to(at);
        self.name_end = at.wrapping_add(self.ahead);
        self.params.text.push(b'=');
        self.ahead = self.ahead.wrapping_add(1);
    }

    /// Takes a `%` with the two digits after it.
    fn unescape(&mut self, at: usize) -> Result<(), ErrorKind> {
        self.copy_to(at);
        self.copied = at.wrapping_add(3);
        self.ahead = self.ahead.wrapping_sub(2);
        let byte = match self.raw.get(at..self.copied) {
            Some([_, high, low]) => form::unescape(*high, *low),
            _ => None,
        };
        let byte = byte.ok_or(ErrorKind::ParameterMalformed)?;
        self.params.separators |= is_separator(byte);
        if byte == b'+' {
            self.space();
            self.spaced = self.spaced.wrapping_add(1);
        }
        self.params.text.push(byte);
        Ok(())
    }

    fn copy_to(&mut self, at: usize) {
        self.params.text.extend_from_slice(self.raw.get(self.copied..at).unwrap_or_default());
        self.copied = at;
    }

    /// Makes each `+` so far a space.
    fn space(&mut self) {
        for byte in self.params.text.get_mut(self.spaced..).unwrap_or_default() {
            *byte = if *byte == b'+' { b' ' } else { *byte };
        }
        self.spaced = self.params.text.len();
    }

    fn finish(mut self) -> Params {
        self.copy_to(self.raw.len());
        self.space();
        self.params.finish()
    }
}

const MAX_QUERY_BYTES: usize = 64 * 1024;
