//! The parameters of a query or a form.

use super::{Params, Span, is_separator};
use crate::encoding::form;
use crate::encoding::marks::Marks;
use crate::error::ErrorKind;

impl Params {
    pub(crate) fn read_query(&mut self, raw: &[u8]) -> Result<(), ErrorKind> {
        if raw.len() > MAX_QUERY_BYTES { Err(ErrorKind::QueryTooLong) } else { self.read_form(raw) }
    }

    /// Decodes a form (WHATWG URL, section 5.1) to bytes. An invalid escape is an error.
    ///
    /// `&` and `=` keep their places, so text is copied only up to an escape or a missing `=`.
    pub(crate) fn read_form(&mut self, raw: &[u8]) -> Result<(), ErrorKind> {
        self.reserve(raw.len());
        self.text.push(b'&');
        let mut rest = raw;
        let mut start: usize = 0;
        let mut name_end = None;
        for at in Marks::new(raw, |byte| matches!(byte, b'%' | b'&' | b'=')).chain([raw.len()]) {
            let uncopied = rest.len().saturating_sub(raw.len().saturating_sub(at));
            let mut end = self.text.len().saturating_add(uncopied);
            match raw.get(at) {
                Some(b'%') => {
                    let [_, high, low, beyond @ ..] = self.copy(rest, uncopied) else {
                        return Err(ErrorKind::ParameterMalformed);
                    };
                    let byte = form::unescape(*high, *low).ok_or(ErrorKind::ParameterMalformed)?;
                    self.separators |= is_separator(byte);
                    self.text.push(byte);
                    rest = beyond;
                }
                Some(b'=') if name_end.is_none() => name_end = Some(end),
                Some(b'=') => self.separators = true,
                // Nothing between two `&` is not a parameter.
                _ if end == start.saturating_add(1) => start = end,
                _ => {
                    let name_end = name_end.take().unwrap_or(end);
                    if name_end == end {
                        rest = self.copy(rest, uncopied);
                        self.text.push(b'=');
                        end = end.saturating_add(1);
                    }
                    self.push(Span::new(start, name_end, end))?;
                    start = end;
                }
            }
        }
        self.copy(rest, rest.len());
        self.finish();
        Ok(())
    }

    /// Copies `length` bytes of `rest`, each `+` as a space, and returns the rest.
    fn copy<'r>(&mut self, rest: &'r [u8], length: usize) -> &'r [u8] {
        let (copied, rest) = rest.split_at_checked(length).unwrap_or((rest, &[]));
        self.text.extend(copied.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }));
        rest
    }
}

const MAX_QUERY_BYTES: usize = 64 * 1024;
