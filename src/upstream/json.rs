//! Tolerant reading of the upstreams' JSON: numbers in quotes, flags in five spellings, nulls, `[]` for `{}`.
//!
//! Numbers are read from their own text and never pass through binary floating point. The functions that take a
//! deserializer are for `#[serde(default, deserialize_with = "...")]` in the clients' rows; [`parse`] reads an answer.

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;

use rust_decimal::Decimal;
use serde::de::{self, DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::Fault;
use super::transport::Reply;

/// Reads a whole 2xx answer.
///
/// # Errors
/// [`Fault::NotApi`] for a web page, [`Fault::Garbled`] for anything else that is not the JSON expected.
pub fn parse<T: DeserializeOwned>(reply: &Reply) -> Result<T, Fault> {
    let text = reply.text()?;
    if text.trim_start().starts_with('<') {
        return Err(Fault::NotApi(format!(
            "HTTP {}: a web page: {}",
            reply.status,
            reply.words()
        )));
    }
    serde_json::from_str(text).map_err(|error| Fault::Garbled(reply.redact(&error.to_string())))
}

/// Reads one object out of a list; of a key that stands twice the last one counts.
///
/// # Errors
/// As `serde_json`, with the words of the field that does not fit.
pub fn row<T: DeserializeOwned>(raw: &RawValue) -> serde_json::Result<T> {
    let unique: BTreeMap<String, &RawValue> = serde_json::from_str(raw.get())?;
    serde_json::from_str(&serde_json::to_string(&unique)?)
}

/// A whole number, bare or in quotes.
pub fn integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    opt_integer(deserializer)?.ok_or_else(|| D::Error::custom("a whole number is missing"))
}

/// A whole number, bare or in quotes; null and `""` are `None`.
pub fn opt_integer<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    let Some(number) = opt_decimal(deserializer)? else {
        return Ok(None);
    };
    if !number.is_integer() {
        return Err(D::Error::custom(format_args!("{number} is not a whole number")));
    }
    i64::try_from(number)
        .map(Some)
        .map_err(|_| D::Error::custom(format_args!("{number} is too large")))
}

/// An exact decimal number, bare or in quotes.
pub fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    opt_decimal(deserializer)?.ok_or_else(|| D::Error::custom("a number is missing"))
}

/// An exact decimal number, bare or in quotes; null and `""` are `None`.
pub fn opt_decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    let text = match Scalar::read(deserializer)? {
        Scalar::Null => return Ok(None),
        Scalar::Number(text) | Scalar::Text(text) => text,
        other => return Err(D::Error::custom(format_args!("{other} is not a number"))),
    };
    if text.trim().is_empty() {
        return Ok(None);
    }
    number(&text)
        .map(Some)
        .ok_or_else(|| D::Error::custom(format_args!("{text:.40} is not a number")))
}

/// A decimal number where there is one; null, a text or anything else is `None` = unknown.
pub fn known_decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Decimal>, D::Error> {
    Ok(match Scalar::read(deserializer)? {
        Scalar::Number(text) | Scalar::Text(text) => number(&text),
        _ => None,
    })
}

/// A text; numbers come as they were written, leading zeros included; null is `""`.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(opt_text(deserializer)?.unwrap_or_default())
}

/// A text; numbers come as they were written; null is `None`, `""` is `Some("")`.
pub fn opt_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Scalar::read(deserializer)? {
        Scalar::Null => Ok(None),
        Scalar::Number(text) | Scalar::Text(text) => Ok(Some(text)),
        other => Err(D::Error::custom(format_args!("{other} is not a text"))),
    }
}

/// A flag: `true`, `1`, `"1"`, `"on"`, `"true"`, `"yes"`; everything that says no or nothing is `false`.
pub fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    Ok(opt_flag(deserializer)?.unwrap_or(false))
}

/// A flag as [`flag`] reads it; null and `""` are `None`.
pub fn opt_flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match Scalar::read(deserializer)? {
        Scalar::Null => Ok(None),
        Scalar::Bool(value) => Ok(Some(value)),
        Scalar::Number(text) | Scalar::Text(text) => match text.trim().to_ascii_lowercase().as_str() {
            "" => Ok(None),
            "1" | "on" | "true" | "yes" => Ok(Some(true)),
            "0" | "off" | "false" | "no" => Ok(Some(false)),
            other => Err(D::Error::custom(format_args!("{other:.40} is neither yes nor no"))),
        },
        other => Err(D::Error::custom(format_args!("{other} is neither yes nor no"))),
    }
}

/// Whatever the type reads; null is its default.
pub fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(deserializer: D) -> Result<T, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// An object; PHP's `[]` for an empty one, null and `""` are the default.
pub fn object<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(deserializer: D) -> Result<T, D::Error> {
    let Some(raw) = Option::<Box<RawValue>>::deserialize(deserializer)? else {
        return Ok(T::default());
    };
    match raw.get().split_whitespace().collect::<String>().as_str() {
        "[]" | "\"\"" => Ok(T::default()),
        _ => row(&raw).map_err(D::Error::custom),
    }
}

/// A list, or PHP's object with numbers for keys, in the order of the text; null and `""` are empty. The items are
/// unread, so that one bad item does not lose the others: see [`row`].
pub fn items<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Box<RawValue>>, D::Error> {
    deserializer.deserialize_any(Items(PhantomData))
}

/// As [`items`], with items that must all be readable.
pub fn list<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let raws = items(deserializer)?;
    raws.iter()
        .map(|raw| serde_json::from_str(raw.get()).map_err(D::Error::custom))
        .collect()
}

/// Plain digits with sign, point and exponent; nothing is rounded, nothing guessed.
pub(super) fn number(text: &str) -> Option<Decimal> {
    let text = text.trim();
    Decimal::from_str_exact(text)
        .or_else(|_| Decimal::from_scientific(text))
        .ok()
}

/// One value as it was written.
enum Scalar {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List,
    Object,
}

impl Scalar {
    fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Some(raw) = Option::<Box<RawValue>>::deserialize(deserializer)? else {
            return Ok(Self::Null);
        };
        let raw = raw.get().trim();
        Ok(match raw.as_bytes().first() {
            Some(b'n') | None => Self::Null,
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'"') => Self::Text(serde_json::from_str(raw).map_err(D::Error::custom)?),
            Some(b'[') => Self::List,
            Some(b'{') => Self::Object,
            Some(_) => Self::Number(raw.to_owned()),
        })
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "null",
            Self::Bool(true) => "true",
            Self::Bool(false) => "false",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List => "a list",
            Self::Object => "an object",
        })
    }
}

struct Items<'de>(PhantomData<&'de ()>);

impl<'de> de::Visitor<'de> for Items<'de> {
    type Value = Vec<Box<RawValue>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        if text.trim().is_empty() {
            Ok(Vec::new())
        } else {
            Err(E::invalid_type(de::Unexpected::Str(text), &self))
        }
    }

    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(items)
    }

    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some((_, item)) = map.next_entry::<de::IgnoredAny, Box<RawValue>>()? {
            items.push(item);
        }
        Ok(items)
    }
}
