//! One flat walk over a JSON object (RFC 8259): the members in their order, numbers as they are written.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A member's value.
#[derive(Debug)]
pub(crate) enum Value<'t> {
    Null,
    /// A number, `true` or `false`: the text as it is written, so that `1.50` stays `1.50`.
    Literal(&'t str),
    /// The decoded text.
    String(Cow<'t, str>),
    /// An array or an object, unread.
    Nested,
}

/// Why a walk ended early.
#[derive(Debug)]
pub(crate) enum Stop<E> {
    /// The text is not exactly one JSON object in UTF-8.
    Syntax,
    /// The visitor refused a member.
    Refused(E),
}

/// Shows `visit` each member of the one JSON object that `text` is, in their order, repeats included.
pub(crate) fn walk<'t, E>(
    text: &'t [u8],
    visit: impl FnMut(Cow<'t, str>, Value<'t>) -> Result<(), E>,
) -> Result<(), Stop<E>> {
    let text = str::from_utf8(text).map_err(|_| Stop::Syntax)?;
    let mut refusal = None;
    let mut reader = serde_json::Deserializer::from_str(text);
    let walked = reader.deserialize_map(Walk { visit, refusal: &mut refusal }).and_then(|()| reader.end());
    match (walked, refusal) {
        (Ok(()), _) => Ok(()),
        (Err(_), Some(refusal)) => Err(Stop::Refused(refusal)),
        (Err(_), None) => Err(Stop::Syntax),
    }
}

/// As [`walk`], for an object in which a name that appears twice is as good as a syntax error.
pub(crate) fn walk_unique<'t, E>(
    text: &'t [u8],
    mut visit: impl FnMut(&str, Value<'t>) -> Result<(), E>,
) -> Result<(), Stop<E>> {
    let mut names = Names::default();
    let walked = walk(text, |name, value| {
        let visited = visit(&name, value);
        if names.insert(name) { visited.map_err(Stop::Refused) } else { Err(Stop::Syntax) }
    });
    walked.map_err(|stop| match stop {
        Stop::Syntax => Stop::Syntax,
        Stop::Refused(stop) => stop,
    })
}

/// Reads a number that is written as an integer, without fraction or exponent.
pub(crate) fn integer(literal: &str) -> Option<i64> {
    literal.parse().ok()
}

/// Appends `text` as a JSON string, escaped as `JSON.stringify` does.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) -> Option<()> {
    serde_json::to_writer(out, text).ok()
}

/// The names a walk has met. Usually there are few and a look at each is quickest; beyond that, and for escaped ones, a
/// set.
#[derive(Default)]
struct Names<'t> {
    few: [&'t str; FEW],
    count: usize,
    rest: HashSet<Cow<'t, str>>,
}

impl<'t> Names<'t> {
    /// Adds a name; false if it was there.
    fn insert(&mut self, name: Cow<'t, str>) -> bool {
        if self.few.iter().take(self.count).any(|known| *known == name) {
            return false;
        }
        match (name, self.few.get_mut(self.count)) {
            (Cow::Borrowed(name), Some(free)) if self.rest.is_empty() => {
                *free = name;
                self.count = self.count.saturating_add(1);
                true
            }
            (name, _) => self.rest.insert(name),
        }
    }
}

struct Walk<'r, V, E> {
    visit: V,
    refusal: &'r mut Option<E>,
}

impl<'t, V: FnMut(Cow<'t, str>, Value<'t>) -> Result<(), E>, E> Visitor<'t> for Walk<'_, V, E> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'t>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some((Text(name), raw)) = map.next_entry::<Text<'t>, &'t RawValue>()? {
            let value = value(raw).ok_or_else(|| A::Error::custom("not a string"))?;
            if let Err(refusal) = (self.visit)(name, value) {
                *self.refusal = Some(refusal);
                return Err(A::Error::custom("refused"));
            }
        }
        Ok(())
    }
}

fn value(raw: &RawValue) -> Option<Value<'_>> {
    let literal = raw.get();
    Some(match literal.as_bytes() {
        [b'n', ..] => Value::Null,
        [b'[' | b'{', ..] => Value::Nested,
        [b'"', inner @ .., b'"'] if !inner.contains(&b'\\') => {
            Value::String(Cow::Borrowed(literal.get(1..literal.len().saturating_sub(1))?))
        }
        [b'"', ..] => {
            let Text(text) = serde_json::from_str(literal).ok()?;
            Value::String(text)
        }
        _ => Value::Literal(literal),
    })
}

/// A string that borrows where nothing was escaped; `Cow`'s own implementation always copies.
struct Text<'t>(Cow<'t, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        reader.deserialize_str(TextVisitor)
    }
}

const FEW: usize = 16;
