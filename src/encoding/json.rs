//! One flat walk over a JSON object (RFC 8259): the members in their order, repeats kept, numbers as they are written.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A member's value.
#[derive(Debug)]
pub(crate) enum Value<'t> {
    Null,
    Bool(bool),
    /// The literal text, so that `1.50` stays `1.50`.
    Number(&'t str),
    /// The decoded text.
    String(Cow<'t, str>),
    /// An array or an object, unread.
    Nested,
}

/// Why a text has no members.
#[derive(Debug)]
pub(crate) enum Problem {
    /// Not exactly one JSON object in UTF-8.
    Syntax,
    /// More members than the limit.
    TooMany,
}

/// Lists the members of the one JSON object that `text` is, at most `limit` of them.
pub(crate) fn members(text: &[u8], limit: usize) -> Result<Vec<(Cow<'_, str>, Value<'_>)>, Problem> {
    let text = str::from_utf8(text).map_err(|_| Problem::Syntax)?;
    let mut too_many = false;
    let mut reader = serde_json::Deserializer::from_str(text);
    let raw = reader
        .deserialize_map(Members { limit, too_many: &mut too_many })
        .and_then(|members| reader.end().map(|()| members));
    match raw {
        Ok(members) => members.into_iter().map(|(Text(name), raw)| Ok((name, value(raw)?))).collect(),
        Err(_) if too_many => Err(Problem::TooMany),
        Err(_) => Err(Problem::Syntax),
    }
}

/// Lists the members of the one JSON object that `text` is; `None` if it is not one or a name appears twice.
pub(crate) fn unique_members(text: &[u8]) -> Option<Vec<(Cow<'_, str>, Value<'_>)>> {
    let members = members(text, usize::MAX).ok()?;
    let mut names: Vec<&str> = members.iter().map(|(name, _)| &**name).collect();
    names.sort_unstable();
    let mut pairs = names.iter().zip(names.iter().skip(1));
    if pairs.any(|(name, next)| name == next) { None } else { Some(members) }
}

/// Reads a number that is written as an integer, without fraction or exponent.
pub(crate) fn integer(literal: &str) -> Option<i64> {
    literal.parse().ok()
}

/// Appends `text` as a JSON string, escaped as `JSON.stringify` does.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) -> Option<()> {
    serde_json::to_writer(out, text).ok()
}

fn value(raw: &RawValue) -> Result<Value<'_>, Problem> {
    let literal = raw.get();
    Ok(match literal.as_bytes().first() {
        Some(b'n') => Value::Null,
        Some(b't') => Value::Bool(true),
        Some(b'f') => Value::Bool(false),
        Some(b'"') => {
            let Text(text) = serde_json::from_str(literal).map_err(|_| Problem::Syntax)?;
            Value::String(text)
        }
        Some(b'[' | b'{') => Value::Nested,
        _ => Value::Number(literal),
    })
}

struct Members<'l> {
    limit: usize,
    too_many: &'l mut bool,
}

impl<'t> Visitor<'t> for Members<'_> {
    type Value = Vec<(Text<'t>, &'t RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'t>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            if members.len() == self.limit {
                *self.too_many = true;
                return Err(A::Error::custom("too many members"));
            }
            members.push(member);
        }
        Ok(members)
    }
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
