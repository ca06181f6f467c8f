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

    /// Decodes a form body (WHATWG URL, section 5.1), to bytes and strictly: an escape that is none is refused instead of
    /// kept.
    pub(crate) fn from_form(raw: &[u8]) -> Result<Self, Error> {
        let mut params = Self::with_capacity(raw.len());
        for pair in raw.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            params.begin()?;
            let mut in_name = true;
            let mut bytes = pair.iter();
            while let Some(byte) = bytes.next() {
                match byte {
                    b'=' if in_name => {
                        params.end_name()?;
                        in_name = false;
                    }
                    b'+' => params.text.push(b' '),
                    b'%' => {
                        let byte = bytes
                            .next()
                            .zip(bytes.next())
                            .and_then(|(high, low)| form::unescape(*high, *low));
                        params.text.push(byte.ok_or(ErrorKind::ParameterMalformed)?);
                    }
                    _ => params.text.push(*byte),
                }
            }
            if in_name {
                params.end_name()?;
            }
            params.end();
        }
        Ok(params)
    }

    /// Reads a flat JSON object. A number is its literal text, `null` is blank.
    ///
    /// The second result says whether a value was nested; such a value is left out.
    pub(crate) fn from_json(body: &[u8]) -> Result<(Self, bool), Error> {
        let mut params = Self::with_capacity(body.len());
        let mut nested = false;
        let walked =
            json::walk(str::from_utf8(body).map_err(|_| ErrorKind::BodyMalformed)?, |name, value| {
                let value = match &value {
                    Value::Null => "",
                    Value::Literal(literal) => literal,
                    Value::String(text) => text,
                    Value::Nested => {
                        nested = true;
                        return Ok(());
                    }
                };
                params.begin()?;
                params.text.extend_from_slice(name.as_bytes());
                params.end_name()?;
                params.text.extend_from_slice(value.as_bytes());
                params.end();
                Ok(())
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
        // Decoding lengthens by nothing but the first `&` and the `=` of a name that came without one.
        Self { text: Vec::with_capacity(raw_bytes.saturating_add(2)), spans: Vec::with_capacity(USUAL_COUNT) }
    }

    /// Begins a parameter, of which the name's text follows.
    fn begin(&mut self) -> Result<(), Error> {
        if self.spans.len() == MAX_COUNT {
            return Err(ErrorKind::ParametersTooMany.into());
        }
        let start = self.text.len();
        self.spans.push(Span { start, name_end: start, end: start });
        self.text.push(b'&');
        Ok(())
    }

    /// Ends the name of the parameter under way, of which the value's text follows.
    fn end_name(&mut self) -> Result<(), Error> {
        let name_end = self.text.len();
        match self.spans.last_mut() {
            Some(span) if name_end > span.start.saturating_add(1) => span.name_end = name_end,
            _ => return Err(ErrorKind::ParameterMalformed.into()),
        }
        self.text.push(b'=');
        Ok(())
    }

    /// Ends the parameter under way.
    fn end(&mut self) {
        if let Some(span) = self.spans.last_mut() {
            span.end = self.text.len();
        }
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
