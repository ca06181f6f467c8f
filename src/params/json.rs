//! Parameters of a flat JSON object.

use memchr::memchr3;

use super::{Params, Span};
use crate::encoding::json::{self, Stop, Value};
use crate::error::ErrorKind;

impl Params {
    /// Reads a flat JSON object. A number is its literal text, `null` is blank.
    ///
    /// The second result says whether a value was nested; such a value is left out.
    pub(crate) fn from_json(body: &[u8]) -> Result<(Self, bool), ErrorKind> {
        let body = str::from_utf8(body).map_err(|_| ErrorKind::BodyMalformed)?;
        // Nothing is longer in the text than with its quotation marks.
        let mut params = Self::with_capacity(body.len());
        // After a `\` a string may hold anything.
        params.separators = memchr3(b'&', b'=', b'\\', body.as_bytes()).is_some();
        let mut nested = false;
        let walked = json::walk(body, |name, value| {
            let value = match &value {
                Value::Null => "",
                Value::Literal(literal) => literal,
                Value::String(text) => text,
                Value::Nested => {
                    nested = true;
                    return Ok(());
                }
            };
            let start = params.text.len();
            params.text.push(b'&');
            params.text.extend_from_slice(name.as_bytes());
            let name_end = params.text.len();
            params.text.push(b'=');
            params.text.extend_from_slice(value.as_bytes());
            params.push(Span::new(start, name_end, params.text.len()))
        });
        match walked {
            Ok(()) => Ok((params.finish(), nested)),
            Err(Stop::Syntax) => Err(ErrorKind::BodyMalformed),
            Err(Stop::Refused(refusal)) => Err(refusal),
        }
    }
}
