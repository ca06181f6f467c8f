//! JSON as other programs write it: the same members in the same order, numbers as they stand.

mod style;

pub(super) use style::{Escapes, Layout, Style};

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// A JSON text, taken apart.
pub(super) enum Node<'t> {
    Object(Vec<(Cow<'t, str>, Node<'t>)>),
    Array(Vec<Node<'t>>),
    /// A number, `true`, `false` or `null` as it is written, or a string with nothing escaped but what must be.
    Scalar(Cow<'t, str>),
}

impl<'t> Node<'t> {
    /// Takes one array or object apart; `None` if it is none, or nested too deeply to be a webhook's.
    pub(super) fn parse(text: &'t [u8]) -> Option<Self> {
        let node = Self::of(serde_json::from_slice(text).ok()?, MAX_DEPTH)?;
        if let Self::Scalar(_) = node { None } else { Some(node) }
    }

    fn of(raw: &'t RawValue, depth: usize) -> Option<Self> {
        let inner = depth.checked_sub(1)?;
        let text = raw.get();
        Some(match text.as_bytes().first()? {
            b'{' => {
                let Members(members) = serde_json::from_str(text).ok()?;
                let members =
                    members.into_iter().map(|(name, value)| Some((scalar(name)?, Self::of(value, inner)?)));
                Self::Object(members.collect::<Option<_>>()?)
            }
            b'[' => {
                let items: Vec<&RawValue> = serde_json::from_str(text).ok()?;
                Self::Array(items.into_iter().map(|item| Self::of(item, inner)).collect::<Option<_>>()?)
            }
            _ => Self::Scalar(scalar(raw)?),
        })
    }

    /// Sorts the members of every object by name.
    pub(super) fn sort(&mut self) {
        match self {
            Self::Object(members) => {
                members.sort_by(|(a, _), (b, _)| a.cmp(b));
                for (_, value) in members {
                    value.sort();
                }
            }
            Self::Array(items) => items.iter_mut().for_each(Self::sort),
            Self::Scalar(_) => {}
        }
    }

    /// Writes it as a program of this style does, at this depth.
    pub(super) fn write(&self, style: Style, depth: usize, out: &mut Vec<u8>) {
        let inner = depth.saturating_add(1);
        match self {
            Self::Object(members) => style.layout.write(*b"{}", members, depth, out, |(name, value), out| {
                style.escapes.write(name, out);
                out.extend_from_slice(style.layout.colon());
                value.write(style, inner, out);
            }),
            Self::Array(items) => {
                style.layout.write(*b"[]", items, depth, out, |item, out| item.write(style, inner, out));
            }
            Self::Scalar(text) => style.escapes.write(text, out),
        }
    }
}

/// A scalar as it is written, save that of a string nothing is escaped but what must be.
fn scalar(raw: &RawValue) -> Option<Cow<'_, str>> {
    let text = raw.get();
    if text.contains('\\') {
        let decoded: String = serde_json::from_str(text).ok()?;
        serde_json::to_string(&decoded).ok().map(Cow::Owned)
    } else {
        Some(Cow::Borrowed(text))
    }
}

/// An object's members in their order, repeats included.
struct Members<'t>(Vec<(&'t RawValue, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;

        impl<'de> Visitor<'de> for Collect {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members<'de>, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }

        deserializer.deserialize_map(Collect)
    }
}

const MAX_DEPTH: usize = 16;
