//! Parameters of a query or a form.

use super::{Params, Span, is_separator};
use crate::encoding::{form, marks};
use crate::error::ErrorKind;

/// A form as it arrives, decoded (WHATWG URL, section 5.1) to bytes and strictly: an escape that is none is refused instead
/// of kept.
///
/// Text is copied in pieces as long as can be: up to an escape, or to where an `=` is put in.
#[derive(Debug, Default)]
pub(crate) struct Form {
    /// How much of the chunk has been copied.
    copied: usize,
    /// By how much positions in the text are ahead of those in the chunk, below zero by wrapping around.
    ahead: usize,
    /// Up to where each `+` in the text has become a space.
    spaced: usize,
    /// Where the pair under way begins in the text, with its `&`.
    start: usize,
    /// Where its name ends in the text; 0 until it does.
    name_end: usize,
    cut_off: CutOff,
    /// What is wrong with what has arrived.
    refusal: Option<ErrorKind>,
}

/// The beginning of an escape at the end of a chunk.
#[derive(Debug, Default)]
enum CutOff {
    #[default]
    Nothing,
    Percent,
    PercentAnd(u8),
}

impl Params {
    /// Decodes a query.
    pub(crate) fn read_query(&mut self, raw: &[u8]) -> Result<(), ErrorKind> {
        if raw.len() > MAX_QUERY_BYTES { Err(ErrorKind::QueryTooLong) } else { self.read_form(raw) }
    }

    /// Decodes the body of a form.
    pub(crate) fn read_form(&mut self, raw: &[u8]) -> Result<(), ErrorKind> {
        let mut form = Form::default();
        form.push(raw, self);
        form.finish(self)
    }
}

impl Form {
    /// Takes the next chunk. What is wrong with it is told in the end.
    pub(crate) fn push(&mut self, chunk: &[u8], params: &mut Params) {
        if self.refusal.is_none() && !chunk.is_empty() {
            self.refusal = self.decode(chunk, params).err();
        }
    }

    pub(crate) fn finish(mut self, params: &mut Params) -> Result<(), ErrorKind> {
        if let Some(refusal) = self.refusal {
            return Err(refusal);
        }
        if !matches!(self.cut_off, CutOff::Nothing) {
            return Err(ErrorKind::ParameterMalformed);
        }
        if params.has_text() {
            self.ahead = params.text.len();
            self.end_pair(b"", 0, params)?;
        }
        self.space(params);
        params.finish();
        Ok(())
    }

    fn decode(&mut self, mut chunk: &[u8], params: &mut Params) -> Result<(), ErrorKind> {
        if !params.has_text() {
            params.reserve(chunk.len());
            params.text.push(b'&');
        }
        while let (CutOff::Percent | CutOff::PercentAnd(_), Some((byte, rest))) =
            (&self.cut_off, chunk.split_first())
        {
            chunk = rest;
            match std::mem::take(&mut self.cut_off) {
                CutOff::PercentAnd(high) => self.unescape(high, *byte, params)?,
                _ => self.cut_off = CutOff::PercentAnd(*byte),
            }
        }
        let (chunk, cut_off) = match chunk {
            [] => return Ok(()),
            [chunk @ .., b'%'] => (chunk, CutOff::Percent),
            [chunk @ .., b'%', high] => (chunk, CutOff::PercentAnd(*high)),
            _ => (chunk, CutOff::Nothing),
        };
        self.copied = 0;
        self.ahead = params.text.len();
        let is_special = |byte| matches!(byte, b'%' | b'&' | b'=');
        marks::try_for_each(chunk, is_special, |at, byte| match byte {
            b'&' => self.end_pair(chunk, at, params),
            b'%' => self.take_escape(chunk, at, params),
            _ => {
                self.end_name(at, params);
                Ok(())
            }
        })?;
        self.copy_to(chunk, chunk.len(), params);
        self.cut_off = cut_off;
        Ok(())
    }

    /// Takes the end of a pair: an `&`, or the end of the text. Of nothing between two of them there is no pair.
    fn end_pair(&mut self, chunk: &[u8], at: usize, params: &mut Params) -> Result<(), ErrorKind> {
        if at.wrapping_add(self.ahead) != self.start.wrapping_add(1) {
            if self.name_end == 0 {
                self.add_equals_sign(chunk, at, params);
            }
            params.push(Span::new(self.start, self.name_end, at.wrapping_add(self.ahead)))?;
        }
        self.start = at.wrapping_add(self.ahead);
        self.name_end = 0;
        Ok(())
    }

    /// Takes an `=`: the first in a pair ends the name.
    fn end_name(&mut self, at: usize, params: &mut Params) {
        if self.name_end == 0 {
            self.name_end = at.wrapping_add(self.ahead);
        } else {
            params.separators = true;
        }
    }

    /// Ends the name of a pair that has no `=`: its value is empty.
    #[cold]
    fn add_equals_sign(&mut self, chunk: &[u8], at: usize, params: &mut Params) {
        self.copy_to(chunk, at, params);
        self.name_end = at.wrapping_add(self.ahead);
        params.text.push(b'=');
        self.ahead = self.ahead.wrapping_add(1);
    }

    /// Takes a `%` with the two digits after it.
    fn take_escape(&mut self, chunk: &[u8], at: usize, params: &mut Params) -> Result<(), ErrorKind> {
        self.copy_to(chunk, at, params);
        self.copied = at.wrapping_add(3);
        self.ahead = self.ahead.wrapping_sub(2);
        match chunk.get(at..self.copied) {
            Some([_, high, low]) => self.unescape(*high, *low, params),
            _ => Err(ErrorKind::ParameterMalformed),
        }
    }

    #[expect(clippy::inline_always, reason = "a call would be a twentieth of a form's cost beside its hash")]
    #[inline(always)]
    fn unescape(&mut self, high: u8, low: u8, params: &mut Params) -> Result<(), ErrorKind> {
        let byte = form::unescape(high, low).ok_or(ErrorKind::ParameterMalformed)?;
        params.separators |= is_separator(byte);
        if byte == b'+' {
            self.space(params);
            self.spaced = self.spaced.wrapping_add(1);
        }
        params.text.push(byte);
        Ok(())
    }

    fn copy_to(&mut self, chunk: &[u8], at: usize, params: &mut Params) {
        params.text.extend_from_slice(chunk.get(self.copied..at).unwrap_or_default());
        self.copied = at;
    }

    /// Makes each `+` so far a space, by arithmetic, of which the compiler makes fewer instructions than of a choice.
    fn space(&mut self, params: &mut Params) {
        for byte in params.text.get_mut(self.spaced..).unwrap_or_default() {
            *byte = byte.wrapping_sub(u8::from(*byte == b'+').wrapping_mul(b'+' - b' '));
        }
        self.spaced = params.text.len();
    }
}

const MAX_QUERY_BYTES: usize = 64 * 1024;
