//! The parameters of a flat JSON object.

use memchr::memchr3;

use super::{Params, Span};
use crate::encoding::json::{self, Stop, Value};
use crate::error::ErrorKind;

impl Params {
    /// Reads a flat JSON object. A number keeps its text, `null` becomes blank.
    ///
    /// Returns whether a value was nested. Nested values are left out.
    pub(crate) fn read_json(&mut self, body: &[u8]) -> Result<bool, ErrorKind> {
        let body = str::from_utf8(body).map_err(|_| ErrorKind::BodyMalformed)?;
        // No member is longer than its text with quotation marks.
        self.reserve(body.len());
        // An escape can stand for any character.
        self.separators = memchr3(b'&', b'=', b'\\', body.as_bytes()).is_some();
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
            let start = self.text.len();
            self.text.push(b'&');
            self.text.extend_from_slice(name.as_bytes());
            let name_end = self.text.len();
            self.text.push(b'=');
            self.text.extend_from_slice(value.as_bytes());
            self.push(Span::new(start, name_end, self.text.len()))
        });
        match walked {
            Ok(()) => {
                self.finish();
                Ok(nested)
            }
            Err(Stop::Syntax) => Err(ErrorKind::BodyMalformed),
            Err(Stop::Rejected(rejection)) => Err(rejection),
        }
    }
}
