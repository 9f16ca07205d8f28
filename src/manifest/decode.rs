//! A tree, decoded into the types of `schema`; every mistake is found, not only the first.
//!
//! Decoding stops at the first mistake, as serde does. The mistaken part is then cut out of the
//! tree and decoding starts again, until what is left decodes. That works because no key is
//! required here: what is missing is missed in `compile`, which is told where parts were cut out.

use std::collections::HashSet;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::{StrDeserializer, UsizeDeserializer};
use serde::de::{
    self, DeserializeSeed, Deserializer, Expected, IntoDeserializer, Unexpected, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};

use super::diagnostic::{Diagnostic, quote};
use super::mistake::Mistake;
use super::span::{Span, Spanned};
use super::tree::{Node, Value};

/// The most mistakes that are reported at once, because each costs a pass over the tree.
const MAX_MISTAKES: usize = 50;

/// What could be decoded.
#[derive(Debug)]
pub(super) struct Decoded<T> {
    pub(super) value: T,
    /// The lists and maps from which something was cut out: what is missing there may have been
    /// meant, and has been reported as something else.
    pub(super) damaged: HashSet<Span>,
}

/// Decodes a tree, and adds to `diagnostics` what is wrong with it. `None` if nothing is left.
pub(super) fn decode<T>(mut root: Node, diagnostics: &mut Vec<Diagnostic>) -> Option<Decoded<T>>
where
    T: for<'de> Deserialize<'de>,
{
    let mut damaged = HashSet::new();
    for _ in 0..MAX_MISTAKES {
        let error = match T::deserialize(&root) {
            Ok(value) => return Some(Decoded { value, damaged }),
            Err(error) => error,
        };
        let place = error.place.unwrap_or(Place {
            span: root.span,
            id: root.id,
        });
        if !matches!(error.mistake, Mistake::Reported) {
            diagnostics.push(error.mistake.diagnose(place.span));
        }
        damaged.insert(root.prune(place.id)?);
    }
    None
}

/// A mistake and where it is.
#[derive(Debug)]
pub(super) struct Error {
    mistake: Mistake,
    place: Option<Place>,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    /// What to underline.
    span: Span,
    /// What to cut out.
    id: usize,
}

impl Error {
    fn new(mistake: Mistake) -> Self {
        Self {
            mistake,
            place: None,
        }
    }

    /// Places the error, unless something deeper has done so.
    fn at(mut self, span: Span, id: usize) -> Self {
        self.place.get_or_insert(Place { span, id });
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.mistake)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(Mistake::Other(message.to_string()))
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_value(found, expected)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let found = match found {
            Unexpected::Bool(value) => format!("`{value}`"),
            Unexpected::Unsigned(value) => format!("the number `{value}`"),
            Unexpected::Signed(value) => format!("the number `{value}`"),
            Unexpected::Float(value) => format!("the number `{value}`"),
            Unexpected::Str(value) => format!("the text {}", quote(value)),
            Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Map => "a map".to_owned(),
            Unexpected::Char(_)
            | Unexpected::Bytes(_)
            | Unexpected::NewtypeStruct
            | Unexpected::Enum
            | Unexpected::UnitVariant
            | Unexpected::NewtypeVariant
            | Unexpected::TupleVariant
            | Unexpected::StructVariant
            | Unexpected::Other(_) => found.to_string(),
        };
        let expected = match expected.to_string().as_str() {
            "a sequence" => "a list".to_owned(),
            "a string" => "a text".to_owned(),
            "u64" => "a number".to_owned(),
            "a boolean" => "`true` or `false`".to_owned(),
            other => other.to_owned(),
        };
        Self::new(Mistake::Type { found, expected })
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Mistake::Key {
            found: field.to_owned(),
            expected,
        })
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Mistake::Variant {
            found: variant.to_owned(),
            expected,
        })
    }
}

impl<'de> IntoDeserializer<'de, Error> for &'de Node {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let result = match &self.value {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Unsigned(value) => visitor.visit_u64(*value),
            Value::Signed(value) => visitor.visit_i64(*value),
            Value::Float(value) => visitor.visit_f64(*value),
            Value::Text(value) => visitor.visit_borrowed_str(value),
            Value::Broken => Err(Error::new(Mistake::Reported)),
            Value::List(items) => visitor.visit_seq(ListAccess(items.iter())),
            Value::Map(entries) => visitor.visit_map(MapAccess {
                entries: entries.iter(),
                value: None,
            }),
        };
        result.map_err(|error| error.at(self.span, self.id))
    }

    /// A key without a value is a mistake, not an absent key: it may have had a list that was
    /// commented out.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_some(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        let result = match &self.value {
            Value::Text(text) => {
                visitor.visit_enum(IntoDeserializer::<Error>::into_deserializer(text.as_str()))
            }
            Value::Map(entries) => match entries.as_slice() {
                [(key, value)] => visitor.visit_enum(VariantAccess { key, value }),
                _ => Err(de::Error::invalid_type(Unexpected::Map, &visitor)),
            },
            Value::Null
            | Value::Bool(_)
            | Value::Unsigned(_)
            | Value::Signed(_)
            | Value::Float(_)
            | Value::List(_)
            | Value::Broken => self.deserialize_any(visitor),
        };
        result.map_err(|error| error.at(self.span, self.id))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name == SPANNED {
            return visitor.visit_seq(SpannedAccess {
                span: self.span,
                value: Some(self),
                step: 0,
            });
        }
        self.deserialize_any(visitor)
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct newtype_struct seq tuple tuple_struct map identifier ignored_any
    }
}

struct ListAccess<'de>(std::slice::Iter<'de, Node>);

impl<'de> de::SeqAccess<'de> for ListAccess<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        self.0.next().map(|node| seed.deserialize(node)).transpose()
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.0.len())
    }
}

struct MapAccess<'de> {
    entries: std::slice::Iter<'de, (Spanned<String>, Node)>,
    value: Option<&'de Node>,
}

impl<'de> de::MapAccess<'de> for MapAccess<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Error> {
        let Some((key, value)) = self.entries.next() else {
            return Ok(None);
        };
        self.value = Some(value);
        seed.deserialize(KeyDeserializer(key))
            .map(Some)
            .map_err(|error| error.at(key.span, value.id))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let value = self
            .value
            .take()
            .ok_or_else(|| de::Error::custom("a value before its key"))?;
        seed.deserialize(value)
    }
}

/// A key, which is always a text.
struct KeyDeserializer<'de>(&'de Spanned<String>);

impl<'de> Deserializer<'de> for KeyDeserializer<'de> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        visitor.visit_borrowed_str(&self.0.value)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        if name != SPANNED {
            return self.deserialize_any(visitor);
        }
        visitor.visit_seq(SpannedAccess {
            span: self.0.span,
            value: Some(self),
            step: 0,
        })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}

/// A map with one entry as a variant with a value.
struct VariantAccess<'de> {
    key: &'de Spanned<String>,
    value: &'de Node,
}

impl<'de> de::EnumAccess<'de> for VariantAccess<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Error> {
        let key: StrDeserializer<'_, Error> = self.key.value.as_str().into_deserializer();
        let variant = seed
            .deserialize(key)
            .map_err(|error| error.at(self.key.span, self.value.id))?;
        Ok((variant, self))
    }
}

impl<'de> de::VariantAccess<'de> for VariantAccess<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<(), Error> {
        let message = format!("{} stands alone, without a value", quote(&self.key.value));
        Err(Error::new(Mistake::Other(message)).at(self.key.span, self.value.id))
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Error> {
        seed.deserialize(self.value)
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Error> {
        self.value.deserialize_any(visitor)
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        self.value.deserialize_any(visitor)
    }
}

/// The name by which `Spanned` asks for a value with its place.
const SPANNED: &str = "$sluice::Spanned";

/// A value with its place, as a sequence of start, end and value.
struct SpannedAccess<D> {
    span: Span,
    value: Option<D>,
    step: u8,
}

impl<'de, D: Deserializer<'de, Error = Error>> de::SeqAccess<'de> for SpannedAccess<D> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Error> {
        self.step += 1;
        let offset = |offset: usize| -> UsizeDeserializer<Error> { offset.into_deserializer() };
        match self.step {
            1 => seed.deserialize(offset(self.span.start)).map(Some),
            2 => seed.deserialize(offset(self.span.end)).map(Some),
            _ => self
                .value
                .take()
                .map(|value| seed.deserialize(value))
                .transpose(),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Spanned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct SpannedVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for SpannedVisitor<T> {
            type Value = Spanned<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a value with its place")
            }

            fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Spanned<T>, A::Error> {
                let missing = || de::Error::custom("a place is missing");
                let start = seq.next_element()?.ok_or_else(missing)?;
                let end = seq.next_element()?.ok_or_else(missing)?;
                let value = seq.next_element()?.ok_or_else(missing)?;
                Ok(Spanned {
                    value,
                    span: Span { start, end },
                })
            }
        }

        deserializer.deserialize_struct(SPANNED, &[], SpannedVisitor(PhantomData))
    }
}
