//! The parameters of a request, decoded to bytes, in the order they came in.

use crate::encoding::form;
use crate::encoding::json::{self, Stop, Value};
use crate::error::{Error, ErrorKind};

/// Parameters in one buffer, each laid out as `&name=value`: the form in which the SMS scheme signs them.
#[derive(Debug)]
pub(crate) struct Params {
    text: Vec<u8>,
    spans: Vec<Span>,
}

#[derive(Clone, Copy, Debug)]
struct Span {
    start: usize,
    name_end: usize,
    end: usize,
}

/// One parameter.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Param<'p> {
    pub(crate) name: &'p [u8],
    pub(crate) value: &'p [u8],
    /// `&name=value`
    pub(crate) whole: &'p [u8],
}

impl Param<'_> {
    /// Whether the value is empty or holds nothing but U+0000 to U+0020.
    pub(crate) fn is_blank(&self) -> bool {
        self.value.iter().all(|byte| *byte <= b' ')
    }
}

impl Params {
    /// Decodes a query.
    pub(crate) fn from_query(raw: &[u8]) -> Result<Self, Error> {
        if raw.len() > MAX_QUERY_BYTES { Err(ErrorKind::QueryTooLong.into()) } else { Self::from_form(raw) }
    }

    /// Decodes a form body.
    pub(crate) fn from_form(raw: &[u8]) -> Result<Self, Error> {
        let mut params = Self::with_capacity(raw.len());
        for (name, value) in form::pairs(raw) {
            params.push(name, value, form::decode_into)?;
        }
        Ok(params)
    }

    /// Reads a flat JSON object. A number is its literal text, `null` is blank.
    ///
    /// The second result says whether a value was nested; such a value is left out.
    pub(crate) fn from_json(body: &[u8]) -> Result<(Self, bool), Error> {
        let mut params = Self::with_capacity(body.len());
        let mut nested = false;
        let walked = json::walk(body, |name, value| {
            let value = match &value {
                Value::Null => "",
                Value::Bool(true) => "true",
                Value::Bool(false) => "false",
                Value::Number(literal) => literal,
                Value::String(text) => text,
                Value::Nested => {
                    nested = true;
                    return Ok(());
                }
            };
            params.push(name.as_bytes(), value.as_bytes(), |decoded, text| {
                text.extend_from_slice(decoded);
                Some(())
            })
        });
        match walked {
            Ok(()) => Ok((params, nested)),
            Err(Stop::Syntax) => Err(ErrorKind::BodyMalformed.into()),
            Err(Stop::Refused(refusal)) => Err(refusal),
        }
    }

    /// The parameters, in the order they came in or the one they were sorted to.
    pub(crate) fn iter(&self) -> impl Iterator<Item = Param<'_>> + Clone {
        self.spans.iter().map(|span| span.of(&self.text))
    }

    /// The parameter of this name.
    pub(crate) fn get(&self, name: &str) -> Option<Param<'_>> {
        self.iter().find(|param| param.name == name.as_bytes())
    }

    /// Sorts by name, bytewise, and refuses a name that appears twice.
    pub(crate) fn sort_unique(&mut self) -> Result<(), Error> {
        let text = &self.text;
        self.spans.sort_unstable_by_key(|span| span.of(text).name);
        let mut names = self.spans.iter().map(|span| span.of(text).name);
        let mut previous = names.next();
        for name in names {
            if previous == Some(name) {
                return Err(ErrorKind::ParameterRepeated.into());
            }
            previous = Some(name);
        }
        Ok(())
    }

    /// Replaces each `&` and each `=` in the values by `_`.
    pub(crate) fn clean_values(&mut self) {
        for span in &self.spans {
            let value = self.text.get_mut(span.name_end..span.end).unwrap_or_default();
            // The first byte is the `=` between name and value.
            for byte in value.iter_mut().skip(1).filter(|byte| matches!(byte, b'&' | b'=')) {
                *byte = b'_';
            }
        }
    }

    fn with_capacity(raw_bytes: usize) -> Self {
        // Decoding never lengthens, and every pair but the first brings the `&` it is split at.
        Self { text: Vec::with_capacity(raw_bytes.saturating_add(2)), spans: Vec::with_capacity(USUAL_COUNT) }
    }

    fn push(
        &mut self,
        name: &[u8],
        value: &[u8],
        decode: impl Fn(&[u8], &mut Vec<u8>) -> Option<()>,
    ) -> Result<(), Error> {
        if self.spans.len() == MAX_COUNT {
            return Err(ErrorKind::ParametersTooMany.into());
        }
        let start = self.text.len();
        self.text.push(b'&');
        decode(name, &mut self.text).ok_or(ErrorKind::ParameterMalformed)?;
        let name_end = self.text.len();
        if name_end == start.saturating_add(1) {
            return Err(ErrorKind::ParameterMalformed.into());
        }
        self.text.push(b'=');
        decode(value, &mut self.text).ok_or(ErrorKind::ParameterMalformed)?;
        self.spans.push(Span { start, name_end, end: self.text.len() });
        Ok(())
    }
}

impl Span {
    fn of(self, text: &[u8]) -> Param<'_> {
        let part = |from: usize, to: usize| text.get(from..to).unwrap_or_default();
        Param {
            name: part(self.start.saturating_add(1), self.name_end),
            value: part(self.name_end.saturating_add(1), self.end),
            whole: part(self.start, self.end),
        }
    }
}

const MAX_QUERY_BYTES: usize = 64 * 1024;
const MAX_COUNT: usize = 1_000;
const USUAL_COUNT: usize = 32;
