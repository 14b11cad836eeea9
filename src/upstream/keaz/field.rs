//! Values on their way out, and the filter of a request (KEAZ document, «Примеры запросов»).
//!
//! In an operation's arguments a filter is an object: a field, and the value or the list of values that it may have.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

/// A value on its way out: in JSON a number stays a number and a text a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Field {
    /// A text.
    Text(String),
    /// A number.
    Number(Number),
}

impl Field {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Number(number) => number.to_string(),
        }
    }

    /// `None` when it is neither a text nor a number: how KEAZ would have such a thing is not documented.
    pub(super) fn of(value: Value) -> Option<Self> {
        match value {
            Value::String(text) => Some(Self::Text(text)),
            Value::Number(number) => Some(Self::Number(number)),
            _ => None,
        }
    }
}

/// Which rows are meant: for each field the values that it may have. Empty = all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Filter(BTreeMap<String, OneOrMany>);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(Field),
    Many(Vec<Field>),
}

impl OneOrMany {
    fn as_slice(&self) -> &[Field] {
        match self {
            Self::One(field) => std::slice::from_ref(field),
            Self::Many(fields) => fields,
        }
    }
}

impl Filter {
    /// A filter of these fields and their values.
    pub fn of(fields: impl IntoIterator<Item = (String, Vec<Field>)>) -> Self {
        let fields = fields.into_iter().map(|(name, values)| (name, OneOrMany::Many(values)));
        Self(fields.collect())
    }

    /// The same with whole numbers for the texts of `id` that are such: the document's own example has a number there.
    #[must_use]
    pub fn with_numeric_ids(mut self) -> Self {
        let number = |field: &mut Field| {
            if let Field::Text(text) = field
                && let Some(id) = text.parse::<u64>().ok().filter(|id| id.to_string() == *text)
            {
                *field = Field::Number(id.into());
            }
        };
        match self.0.get_mut("id") {
            Some(OneOrMany::One(field)) => number(field),
            Some(OneOrMany::Many(fields)) => fields.iter_mut().for_each(number),
            None => {}
        }
        self
    }

    /// Whether it lets everything through.
    pub fn is_empty(&self) -> bool {
        self.pairs().next().is_none()
    }

    /// Each field with its values.
    pub(super) fn lists(&self) -> impl Iterator<Item = (&String, &[Field])> {
        self.0.iter().map(|(name, values)| (name, values.as_slice()))
    }

    /// Each field with each of its values.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&String, &Field)> {
        self.lists()
            .flat_map(|(name, values)| values.iter().map(move |value| (name, value)))
    }
}

/// Whether it can stand in a URL, in XML and in a form alike, and means itself there.
pub(super) fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_given_as_a_value_or_a_list_and_comes_back_as_it_was_given() {
        for text in [r#"{"id":2916}"#, r#"{"code":["007","8"],"id":[1]}"#, "{}"] {
            let filter: Filter = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&filter).unwrap(), text);
        }
        for text in [
            r#"{"id":null}"#,
            r#"{"id":{"a":1}}"#,
            r#"{"id":[[1]]}"#,
            r#"[{"id":1}]"#,
        ] {
            assert!(serde_json::from_str::<Filter>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn only_an_id_that_is_a_whole_number_becomes_one() {
        let filter: Filter = serde_json::from_str(r#"{"code":["3"],"id":["2916","007","x","-1"]}"#).unwrap();
        let expected = r#"{"code":["3"],"id":[2916,"007","x","-1"]}"#;
        assert_eq!(serde_json::to_string(&filter.with_numeric_ids()).unwrap(), expected);
        let one: Filter = serde_json::from_str(r#"{"id":"5"}"#).unwrap();
        assert_eq!(serde_json::to_string(&one.with_numeric_ids()).unwrap(), r#"{"id":5}"#);
    }

    #[test]
    fn a_filter_without_values_is_empty() {
        for text in ["{}", r#"{"id":[]}"#] {
            assert!(serde_json::from_str::<Filter>(text).unwrap().is_empty(), "{text}");
        }
        assert!(!serde_json::from_str::<Filter>(r#"{"id":""}"#).unwrap().is_empty());
    }
}
