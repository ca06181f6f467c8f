//! One flat walk over a JSON object (RFC 8259): the members in their order, numbers as they are written.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::marks::Marks;

/// A member's value.
#[derive(Debug)]
pub(crate) enum Value<'t> {
    Null,
    /// A number, `true` or `false`: the text as it is written, so that `1.50` stays `1.50`.
    Literal(&'t str),
    /// The decoded text, borrowed where nothing was escaped.
    String(Cow<'t, str>),
    /// An array or an object, unread.
    Nested,
}

/// Why a walk ended early.
#[derive(Debug)]
pub(crate) enum Stop<E> {
    /// The text is not exactly one JSON object.
    Syntax,
    /// The visitor refused a member.
    Refused(E),
}

/// Shows `visit` each member of the one JSON object that `text` is, in their order, repeats included.
pub(crate) fn walk<'t, E>(
    text: &'t str,
    mut visit: impl FnMut(Cow<'t, str>, Value<'t>) -> Result<(), E>,
) -> Result<(), Stop<E>> {
    let mut reader = Reader { text, at: 0, marks: Marks::default() };
    let mut next = reader.open().ok_or(Stop::Syntax)?;
    while next == b',' {
        let (name, value) = reader.member().ok_or(Stop::Syntax)?;
        visit(name, value).map_err(Stop::Refused)?;
        next = reader.token().filter(|next| matches!(next, b',' | b'}')).ok_or(Stop::Syntax)?;
    }
    if reader.token().is_none() { Ok(()) } else { Err(Stop::Syntax) }
}

/// Reads a number that is written as an integer, without fraction or exponent.
pub(crate) fn integer(literal: &str) -> Option<i64> {
    literal.parse().ok()
}

/// Writes `text` as a JSON string, escaped as `JSON.stringify` does; `None` if it is not UTF-8.
pub(crate) fn write_string(text: &[u8], mut out: impl io::Write) -> Option<()> {
    serde_json::to_writer(&mut out, str::from_utf8(text).ok()?).ok()?;
    out.flush().ok()
}

/// Whether a byte stands for itself in a JSON string and is a whole character.
pub(crate) fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=0x7f) && !matches!(byte, b'"' | b'\\')
}

/// Where in the text the walk is. The members' frame, plain strings and plain integers are read here, since the usual
/// object has nothing else; every other value is `serde_json`'s.
struct Reader<'t> {
    text: &'t str,
    at: usize,
    /// What ends a string or is escaped in one (RFC 8259, section 7).
    marks: Marks,
}

impl<'t> Reader<'t> {
    /// Reads the object's beginning; `,` stands for the first member, as it does for every other.
    fn open(&mut self) -> Option<u8> {
        self.token().filter(|next| *next == b'{')?;
        let members = self.at;
        if self.token()? == b'}' {
            return Some(b'}');
        }
        self.at = members;
        Some(b',')
    }

    #[expect(clippy::inline_always, reason = "calls would be a tenth of a token's cost beside its hash")]
    #[inline(always)]
    fn member(&mut self) -> Option<(Cow<'t, str>, Value<'t>)> {
        self.token().filter(|next| *next == b'"')?;
        let name = self.string()?;
        self.token().filter(|next| *next == b':')?;
        let value = match self.token()? {
            b'"' => Value::String(self.string()?),
            _ => self.other()?,
        };
        Some((name, value))
    }

    /// Reads a string, of which the first quotation mark was the last token.
    #[expect(clippy::inline_always, reason = "as above")]
    #[inline(always)]
    fn string(&mut self) -> Option<Cow<'t, str>> {
        let start = self.at;
        let end =
            self.marks.find(self.text.as_bytes(), start, |byte| byte < b' ' || matches!(byte, b'"' | b'\\'));
        if self.text.as_bytes().get(end) != Some(&b'"') {
            return self.parse().map(Cow::Owned);
        }
        self.at = end.wrapping_add(1);
        self.text.get(start..end).map(Cow::Borrowed)
    }

    /// Reads a value that is no string, of which the first byte was the last token.
    fn other(&mut self) -> Option<Value<'t>> {
        let rest = self.text.get(self.at.wrapping_sub(1)..)?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let plain = matches!(rest.as_bytes(), [b'1'..=b'9', ..]);
        if plain && matches!(rest.as_bytes().get(digits), Some(b',' | b'}')) {
            self.at = self.at.wrapping_sub(1).wrapping_add(digits);
            return rest.get(..digits).map(Value::Literal);
        }
        self.parse().map(|raw: &RawValue| match raw.get().as_bytes() {
            [b'n', ..] => Value::Null,
            [b'[' | b'{', ..] => Value::Nested,
            _ => Value::Literal(raw.get()),
        })
    }

    /// Reads a value, of which the first byte was the last token, with `serde_json`.
    #[cold]
    #[inline(never)]
    fn parse<T: Deserialize<'t>>(&mut self) -> Option<T> {
        let start = self.at.wrapping_sub(1);
        let mut values = serde_json::Deserializer::from_str(self.text.get(start..)?).into_iter();
        let value = values.next()?.ok()?;
        self.at = start.wrapping_add(values.byte_offset());
        Some(value)
    }

    /// Takes the next byte that is not white space.
    fn token(&mut self) -> Option<u8> {
        loop {
            let next = *self.text.as_bytes().get(self.at)?;
            self.at = self.at.wrapping_add(1);
            if !matches!(next, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(next);
            }
        }
    }
}

/// The names a walk has met. Usually there are few and a look at each is quickest; beyond that, and for escaped ones, a
/// set. They are limited, since whoever sends them has proved nothing yet.
#[derive(Default)]
pub(crate) struct Names<'t> {
    few: [&'t str; FEW],
    count: usize,
    rest: HashSet<Cow<'t, str>>,
}

impl<'t> Names<'t> {
    /// Adds a name; `None` if it was there, or if it is one too many.
    pub(crate) fn insert(&mut self, name: Cow<'t, str>) -> Option<()> {
        let is_known = self.few.iter().take(self.count).any(|known| *known == name);
        if is_known || self.count.saturating_add(self.rest.len()) == MAX_COUNT {
            return None;
        }
        match (name, self.few.get_mut(self.count)) {
            (Cow::Borrowed(name), Some(free)) if self.rest.is_empty() => {
                *free = name;
                self.count = self.count.saturating_add(1);
                Some(())
            }
            (name, _) => self.rest.insert(name).then_some(()),
        }
    }
}

const FEW: usize = 16;
const MAX_COUNT: usize = 256;
