//! One JSON object whose fields are read one by one: a field that cannot be read is unknown, and said to be so.
//!
//! Of a key that stands twice the last one counts; unknown fields are ignored; no field takes the others with it.
//! Called by the Saplab and Carreta clients for rows that must not be lost for one odd value.

use std::cell::RefCell;
use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::Deserializer;
use serde_json::value::RawValue;

use super::json;
use crate::value::money;

/// An object with unread fields.
#[derive(Default)]
pub(super) struct Object<'a> {
    fields: BTreeMap<String, &'a RawValue>,
    unreadable: RefCell<Vec<&'static str>>,
}

impl<'a> Object<'a> {
    /// Reads an object; PHP's `[]` is an empty one. `None` when it is something else.
    pub(super) fn read(raw: &'a RawValue) -> Option<Self> {
        let text = raw.get().trim();
        if text
            .strip_prefix('[')
            .and_then(|rest| rest.strip_suffix(']'))
            .is_some_and(|inside| inside.trim().is_empty())
        {
            return Some(Self::default());
        }
        Some(Self {
            fields: serde_json::from_str(text).ok()?,
            unreadable: RefCell::default(),
        })
    }

    /// The field as it was written; absent and `null` are the same.
    pub(super) fn raw(&self, key: &str) -> Option<&'a RawValue> {
        self.fields.get(key).copied().filter(|raw| raw.get().trim() != "null")
    }

    /// Whether the field is there, be it `null`.
    pub(super) fn has(&self, key: &str) -> bool {
        self.fields.contains_key(key)
    }

    /// The names of all fields, sorted.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    /// The field as it was written, `null` included; `None` only when it is absent.
    pub(super) fn written(&self, key: &str) -> Option<&'a RawValue> {
        self.fields.get(key).copied()
    }

    /// A text, or a number as it was written. NUL, which no database text can hold, is left out.
    pub(super) fn text(&self, key: &'static str) -> Option<String> {
        let text = self.field(key, |raw| json::opt_text(&mut Deserializer::from_str(raw)))?;
        Some(if text.contains('\0') {
            text.replace('\0', "")
        } else {
            text
        })
    }

    /// A whole number, bare or in quotes.
    pub(super) fn integer(&self, key: &'static str) -> Option<i64> {
        self.field(key, |raw| json::opt_integer(&mut Deserializer::from_str(raw)))
    }

    /// A sum of money or another exact number, bare or in quotes.
    pub(super) fn decimal(&self, key: &'static str) -> Option<Decimal> {
        self.field(key, |raw| match json::opt_text(&mut Deserializer::from_str(raw)) {
            Ok(Some(text)) if text.trim().is_empty() => Ok(None),
            Ok(Some(text)) => money::parse(&text).map(Some).map_err(|_| ()),
            Ok(None) => Ok(None),
            Err(_) => Err(()),
        })
    }

    /// `true`, `1`, `"1"`, `"on"`, and their opposites.
    pub(super) fn flag(&self, key: &'static str) -> Option<bool> {
        self.field(key, |raw| json::opt_flag(&mut Deserializer::from_str(raw)))
    }

    /// What `read` makes of the text of a field; a text that it cannot read is noted. `""` is unknown.
    pub(super) fn parsed<T>(&self, key: &'static str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(key).filter(|text| !text.trim().is_empty())?;
        self.field(key, |_| read(&text).map(Some).ok_or(()))
    }

    /// An object in a field; empty when it is absent or something else.
    pub(super) fn object(&self, key: &'static str) -> Self {
        self.field(key, |raw| match self.raw(key).and_then(Object::read) {
            Some(object) => Ok(Some(object)),
            None if raw == "\"\"" => Ok(None),
            None => Err(()),
        })
        .unwrap_or_default()
    }

    /// A list in a field, or PHP's object in its place. `None` when it is absent, null or something else.
    pub(super) fn items(&self, key: &'static str) -> Option<Vec<Box<RawValue>>> {
        self.field(key, |raw| json::items(&mut Deserializer::from_str(raw)).map(Some))
    }

    /// The fields read so far that were there and could not be read.
    pub(super) fn unreadable(&self) -> Vec<&'static str> {
        self.unreadable.borrow().clone()
    }

    fn field<T, E>(&self, key: &'static str, read: impl FnOnce(&str) -> Result<Option<T>, E>) -> Option<T> {
        let raw = self.raw(key)?;
        read(raw.get().trim()).unwrap_or_else(|_| {
            self.unreadable.borrow_mut().push(key);
            None
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw(text: &str) -> Box<RawValue> {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn fields_are_read_from_numbers_texts_and_nulls_alike() {
        let raw =
            raw(r#"{"a":"1","b":1,"c":null,"d":"","e":3958.07,"f":"1 234,56","g":"on","h":"007","h2":"a\u0000b"}"#);
        let object = Object::read(&raw).unwrap();
        assert_eq!((object.integer("a"), object.integer("b")), (Some(1), Some(1)));
        assert_eq!(
            (object.integer("c"), object.integer("d"), object.integer("z")),
            (None, None, None)
        );
        assert_eq!(object.decimal("e").unwrap().to_string(), "3958.07");
        assert_eq!(object.decimal("f").unwrap().to_string(), "1234.56");
        assert_eq!((object.flag("g"), object.flag("c")), (Some(true), None));
        assert_eq!(
            (object.text("h").as_deref(), object.text("b").as_deref()),
            (Some("007"), Some("1"))
        );
        assert_eq!(object.text("h2").as_deref(), Some("ab"));
        assert!(object.unreadable().is_empty());
    }

    #[test]
    fn a_field_that_cannot_be_read_is_unknown_and_named() {
        let raw = raw(r#"{"a":"x","b":1.5,"c":[],"d":"maybe","e":{"x":1},"f":"<10"}"#);
        let object = Object::read(&raw).unwrap();
        assert_eq!((object.integer("a"), object.integer("b")), (None, None));
        assert_eq!(
            (object.text("c"), object.flag("d"), object.decimal("f")),
            (None, None, None)
        );
        assert_eq!(object.object("e").integer("x"), Some(1));
        assert_eq!(object.unreadable(), ["a", "b", "c", "d", "f"]);
    }

    #[test]
    fn the_last_of_two_keys_counts_and_an_empty_list_is_an_empty_object() {
        let twice = raw(r#"{"a":1,"a":2}"#);
        assert_eq!(Object::read(&twice).unwrap().integer("a"), Some(2));
        assert!(Object::read(&raw(" [ ] ")).is_some());
        assert!(Object::read(&raw("[1]")).is_none());
        assert!(Object::read(&raw("1")).is_none());
    }
}
