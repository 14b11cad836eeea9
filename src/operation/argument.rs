//! The arguments of an operation as a person types them: a name, a kind, and the JSON that the queue keeps.

use rust_decimal::Decimal;
use serde_json::{Map, Value};

/// One argument of an operation.
#[derive(Clone, Copy, Debug)]
pub struct Arg {
    /// The field's name.
    pub name: &'static str,
    /// What may be given.
    pub kind: Kind,
    /// Whether the operation means nothing without it.
    pub required: bool,
    /// One line of help.
    pub about: &'static str,
}

/// What an argument may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Any text, kept to the letter.
    Text,
    /// A whole number.
    Integer,
    /// An exact decimal number.
    Decimal,
    /// `true` or `false`.
    Flag,
    /// A day, `2026-12-31`.
    Date,
    /// Texts: given once for each.
    Texts,
    /// Whole numbers: given once for each, or separated by commas.
    Integers,
    /// A JSON value.
    Json,
    /// `name=value`, once for each; or a JSON object.
    Pairs,
}

impl Arg {
    /// An argument that may be left out.
    pub const fn new(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            name,
            kind,
            required: false,
            about,
        }
    }

    /// An argument that must be there.
    pub const fn required(name: &'static str, kind: Kind, about: &'static str) -> Self {
        Self {
            required: true,
            ..Self::new(name, kind, about)
        }
    }

    /// The value of the argument for the texts that were given.
    ///
    /// # Errors
    /// In words, when they are not of its kind.
    pub fn read(&self, given: &[String]) -> Result<Value, String> {
        let one = || match given {
            [one] => Ok(one.as_str()),
            _ => Err(format!("--{} is given more than once", self.name)),
        };
        let wrong = |text: &str, wanted: &str| format!("--{}: «{text}» is not {wanted}", self.name);
        let integer = |text: &str| {
            text.trim()
                .parse::<i64>()
                .map(Value::from)
                .map_err(|_| wrong(text, "a whole number"))
        };
        match self.kind {
            Kind::Text => one().map(Value::from),
            Kind::Integer => integer(one()?),
            Kind::Decimal => {
                let text = one()?;
                let number: Decimal = text.parse().map_err(|_| wrong(text, "a decimal number"))?;
                Ok(number.to_string().into())
            }
            Kind::Flag => match one()? {
                "true" | "yes" | "on" | "1" => Ok(true.into()),
                "false" | "no" | "off" | "0" => Ok(false.into()),
                other => Err(wrong(other, "true or false")),
            },
            Kind::Date => {
                let text = one()?;
                let day: chrono::NaiveDate = text.parse().map_err(|_| wrong(text, "a day like 2026-12-31"))?;
                Ok(day.to_string().into())
            }
            Kind::Texts => Ok(given.into()),
            Kind::Integers => given.iter().flat_map(|text| text.split(',')).map(integer).collect(),
            Kind::Json => {
                let text = one()?;
                serde_json::from_str(text).map_err(|error| format!("--{}: this is not JSON: {error}", self.name))
            }
            Kind::Pairs => {
                let parted: Result<Vec<_>, _> = given.iter().map(|text| pairs(text)).collect();
                let mut values: Map<String, Value> = Map::new();
                for (name, value) in parted.map_err(|why| format!("--{}: {why}", self.name))?.concat() {
                    let all = values.entry(name).or_insert_with(|| Value::Array(Vec::new()));
                    match (all, value) {
                        (Value::Array(all), Value::Array(more)) => all.extend(more),
                        (Value::Array(all), one) => all.push(one),
                        _ => {}
                    }
                }
                Ok(values.into())
            }
        }
    }
}

/// `name=value`, or the pairs of a JSON object.
fn pairs(text: &str) -> Result<Vec<(String, Value)>, String> {
    match text.split_once('=') {
        _ if text.starts_with('{') => match serde_json::from_str::<Map<String, Value>>(text) {
            Ok(object) => Ok(object.into_iter().collect()),
            Err(error) => Err(format!("«{text}» is not a JSON object: {error}")),
        },
        Some((name, value)) => Ok(vec![(name.to_owned(), value.into())]),
        None => Err(format!("«{text}» is not name=value")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(kind: Kind, given: &[&str]) -> Result<Value, String> {
        let given: Vec<String> = given.iter().map(|text| (*text).to_owned()).collect();
        Arg::new("it", kind, "").read(&given)
    }

    #[test]
    fn each_kind_reads_its_own_and_refuses_the_rest_in_words() {
        let table = [
            (Kind::Text, vec!["007"], json!("007")),
            (Kind::Integer, vec!["-20"], json!(-20)),
            (Kind::Decimal, vec!["0.10"], json!("0.10")),
            (Kind::Flag, vec!["on"], json!(true)),
            (Kind::Date, vec!["2026-12-31"], json!("2026-12-31")),
            (Kind::Texts, vec!["a", "b,c"], json!(["a", "b,c"])),
            (Kind::Integers, vec!["1,2", "3"], json!([1, 2, 3])),
            (Kind::Json, vec![r#"{"a":1}"#], json!({"a": 1})),
            (
                Kind::Pairs,
                vec!["id=1", "id=2", "code=a=b"],
                json!({"id": ["1", "2"], "code": ["a=b"]}),
            ),
            (
                Kind::Pairs,
                vec![r#"{"id":[1,2],"code":"a"}"#, "id=3"],
                json!({"id": [1, 2, "3"], "code": ["a"]}),
            ),
        ];
        for (kind, given, expected) in table {
            assert_eq!(read(kind, &given), Ok(expected), "{kind:?}");
        }
        for (kind, given) in [
            (Kind::Text, vec!["a", "b"]),
            (Kind::Integer, vec!["1.5"]),
            (Kind::Decimal, vec!["1,5"]),
            (Kind::Flag, vec!["maybe"]),
            (Kind::Date, vec!["31.12.2026"]),
            (Kind::Integers, vec!["1,x"]),
            (Kind::Json, vec!["{"]),
            (Kind::Pairs, vec!["id"]),
            (Kind::Pairs, vec!["{id=1"]),
        ] {
            assert!(read(kind, &given).unwrap_err().starts_with("--it"), "{kind:?}");
        }
    }
}
