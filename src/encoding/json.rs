//! One flat walk over a JSON object (RFC 8259). It visits the members in order and keeps the text of numbers.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::marks::Marks;

pub(crate) enum Value<'t> {
    Null,
    /// A number, `true` or `false` as text, so `1.50` stays `1.50`.
    Literal(&'t str),
    /// The decoded text, borrowed if nothing was escaped.
    String(Cow<'t, str>),
    /// An array or an object, not read.
    Nested,
}

/// Why a walk ended early.
#[derive(Debug)]
pub(crate) enum Stop<E> {
    /// The text is not exactly one JSON object.
    Syntax,
    /// The visitor rejected a member.
    Rejected(E),
}

/// Passes each member of the one JSON object in `text` to `visit`, in order, with repeated names.
pub(crate) fn walk<'t, E>(
    text: &'t str,
    mut visit: impl FnMut(Cow<'t, str>, Value<'t>) -> Result<(), E>,
) -> Result<(), Stop<E>> {
    let ends = |byte| byte < b' ' || matches!(byte, b'"' | b'\\');
    let mut reader = Reader { text, at: 0, marks: Marks::new(text.as_bytes(), ends) };
    let mut next = reader.open().ok_or(Stop::Syntax)?;
    while next == b',' {
        let (name, value) = reader.member().ok_or(Stop::Syntax)?;
        visit(name, value).map_err(Stop::Rejected)?;
        next = reader.token().filter(|next| matches!(next, b',' | b'}')).ok_or(Stop::Syntax)?;
    }
    if reader.token().is_none() { Ok(()) } else { Err(Stop::Syntax) }
}

/// Returns the offset of a borrowed piece in its text.
pub(crate) fn start_of(piece: &str, text: &str) -> usize {
    piece.as_ptr().addr().saturating_sub(text.as_ptr().addr())
}

/// Writes `text` as a JSON string, escaped as `JSON.stringify` does. Returns `None` if it is not UTF-8.
pub(crate) fn write_string(text: &[u8], mut out: impl io::Write) -> Option<()> {
    serde_json::to_writer(&mut out, str::from_utf8(text).ok()?).ok()?;
    out.flush().ok()
}

/// Whether a byte is a whole character that needs no escape in a JSON string.
pub(crate) fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=0x7f) && !matches!(byte, b'"' | b'\\')
}

/// The position of the walk. Punctuation and plain strings are parsed here, since the usual object has nothing else.
/// `serde_json` parses other values.
struct Reader<'t, F> {
    text: &'t str,
    at: usize,
    /// Bytes that end a string or start an escape in it (RFC 8259, section 7).
    marks: Marks<'t, F>,
}

impl<'t, F: Fn(u8) -> bool> Reader<'t, F> {
    /// Reads the start of the object. Returns `,` for the first member, as for every other.
    fn open(&mut self) -> Option<u8> {
        self.token().filter(|next| *next == b'{')?;
        let members = self.at;
        if self.token()? == b'}' {
            return Some(b'}');
        }
        self.at = members;
        Some(b',')
    }

    #[expect(clippy::inline_always, reason = "calls would take 10 % of a token's time without its hash")]
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

    /// Reads a string after its opening quotation mark.
    #[expect(clippy::inline_always, reason = "as above")]
    #[inline(always)]
    fn string(&mut self) -> Option<Cow<'t, str>> {
        let start = self.at;
        let end = self.marks.find(|mark| *mark >= start)?;
        if self.text.as_bytes().get(end) != Some(&b'"') {
            return self.parse().map(Cow::Owned);
        }
        self.at = end.saturating_add(1);
        self.text.get(start..end).map(Cow::Borrowed)
    }

    /// Reads a value that is not a string, after its first byte.
    fn other(&mut self) -> Option<Value<'t>> {
        self.parse().map(|raw: &RawValue| match raw.get().as_bytes() {
            [b'n', ..] => Value::Null,
            [b'[' | b'{', ..] => Value::Nested,
            _ => Value::Literal(raw.get()),
        })
    }

    /// Reads a value after its first byte with `serde_json`.
    #[cold]
    #[inline(never)]
    fn parse<T: Deserialize<'t>>(&mut self) -> Option<T> {
        let start = self.at.saturating_sub(1);
        let mut values = serde_json::Deserializer::from_str(self.text.get(start..)?).into_iter();
        let value = values.next()?.ok()?;
        self.at = start.saturating_add(values.byte_offset());
        Some(value)
    }

    /// Takes the next byte that is not white space.
    fn token(&mut self) -> Option<u8> {
        loop {
            let next = *self.text.as_bytes().get(self.at)?;
            self.at = self.at.saturating_add(1);
            if !matches!(next, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(next);
            }
        }
    }
}

/// The names seen so far. Their number is limited, since the sender is not authenticated yet.
#[derive(Default)]
pub(crate) struct Names<'t>(BTreeSet<Cow<'t, str>>);

impl<'t> Names<'t> {
    /// Adds a name. Returns `None` if it is repeated or one too many.
    pub(crate) fn insert(&mut self, name: Cow<'t, str>) -> Option<()> {
        (self.0.len() < MAX_COUNT && self.0.insert(name)).then_some(())
    }
}

const MAX_COUNT: usize = 256;
