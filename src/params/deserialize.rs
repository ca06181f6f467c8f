//! Parameters as a data format of serde.

use std::fmt::Display;
use std::str::FromStr;

use serde::de::value::StrDeserializer;
use serde::de::{self, DeserializeSeed, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::value::RawValue;

use super::{Param, Params};

/// Says why a type could not be read from [`Parameters`](crate::Parameters).
///
/// The text names a field of the type. It contains no name or value of the request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub struct ParametersError {
    field: Option<&'static str>,
    problem: &'static str,
}

impl ParametersError {
    /// Returns the field of the type that failed, if it is known.
    #[must_use]
    pub fn field(&self) -> Option<&'static str> {
        self.field
    }

    fn new(problem: &'static str) -> Self {
        Self { field: None, problem }
    }

    fn text(&self) -> String {
        match self.field {
            Some(field) => format!("parameter `{field}` {}", self.problem),
            None => format!("a parameter {}", self.problem),
        }
    }
}

/// The texts of serde can contain values, so they are dropped.
impl de::Error for ParametersError {
    fn custom<T: Display>(_: T) -> Self {
        Self::new("is not what its field takes")
    }

    fn missing_field(field: &'static str) -> Self {
        Self { field: Some(field), problem: "is missing" }
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self { field: Some(field), problem: "appears more than once" }
    }

    fn unknown_field(_: &str, _: &'static [&'static str]) -> Self {
        Self::new("has no field")
    }
}

pub(super) struct Deserializer<'de>(pub(super) &'de Params);

impl<'de> de::Deserializer<'de> for Deserializer<'de> {
    type Error = ParametersError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParametersError> {
        self.deserialize_struct("", &[], visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ParametersError> {
        visitor.visit_map(Members { rest: self.0.iter(), value: b"", field: None, fields })
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ParametersError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParametersError> {
        visitor.visit_some(self)
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParametersError> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit_struct seq tuple
        tuple_struct map enum identifier ignored_any
    }
}

struct Members<'de, I> {
    rest: I,
    value: &'de [u8],
    /// The field of the value, if the type has one.
    field: Option<&'static str>,
    fields: &'static [&'static str],
}

impl<'de, I: Iterator<Item = Param<'de>>> de::MapAccess<'de> for Members<'de, I> {
    type Error = ParametersError;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, ParametersError> {
        let Some(Param { name, value }) = self.rest.next() else { return Ok(None) };
        self.value = value;
        self.field = self.fields.iter().copied().find(|field| field.as_bytes() == name);
        seed.deserialize(Value(name)).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, ParametersError> {
        let named = |error: ParametersError| ParametersError { field: error.field.or(self.field), ..error };
        seed.deserialize(Value(self.value)).map_err(named)
    }
}

struct Value<'de>(&'de [u8]);

macro_rules! parse {
    ($($method:ident => $visit:ident by $parse:path,)*) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParametersError> {
            let value = str::from_utf8(self.0).ok().and_then($parse);
            visitor.$visit(value.ok_or_else(|| de::Error::custom(""))?)
        })*
    };
}

fn parse<T: FromStr>(text: &str) -> Option<T> {
    text.parse().ok()
}

/// Parses a finite number in JSON's syntax. Rust's parser also accepts `NaN`, `inf` and `+.5`.
fn parse_finite<T: FromStr + Into<f64> + Copy>(text: &str) -> Option<T> {
    serde_json::from_str::<&RawValue>(text).ok()?;
    text.parse().ok().filter(|number: &T| (*number).into().is_finite())
}

impl<'de> de::Deserializer<'de> for Value<'de> {
    type Error = ParametersError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParametersError> {
        match str::from_utf8(self.0) {
            Ok(text) => visitor.visit_borrowed_str(text),
            Err(_) => visitor.visit_borrowed_bytes(self.0),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParametersError> {
        visitor.visit_borrowed_bytes(self.0)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParametersError> {
        self.deserialize_bytes(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ParametersError> {
        if self.0.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, ParametersError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, ParametersError> {
        let name = str::from_utf8(self.0).map_err(de::Error::custom)?;
        let variant: StrDeserializer<'_, ParametersError> = name.into_deserializer();
        visitor.visit_enum(variant)
    }

    parse! {
        deserialize_bool => visit_bool by parse,
        deserialize_i8 => visit_i8 by parse,
        deserialize_i16 => visit_i16 by parse,
        deserialize_i32 => visit_i32 by parse,
        deserialize_i64 => visit_i64 by parse,
        deserialize_i128 => visit_i128 by parse,
        deserialize_u8 => visit_u8 by parse,
        deserialize_u16 => visit_u16 by parse,
        deserialize_u32 => visit_u32 by parse,
        deserialize_u64 => visit_u64 by parse,
        deserialize_u128 => visit_u128 by parse,
        deserialize_f32 => visit_f32 by parse_finite,
        deserialize_f64 => visit_f64 by parse_finite,
    }

    forward_to_deserialize_any! {
        char str string unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}
