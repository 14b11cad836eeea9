//! How single values are read: everything may come as text, because the environment knows nothing else.

use std::time::Duration;

use serde::{Deserialize, Deserializer, de};

/// `30` (seconds), `"30s"`, `"5m"`, `"1h 30m"`.
pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Raw {
        Seconds(u64),
        Text(String),
    }
    match Raw::deserialize(deserializer)? {
        Raw::Seconds(seconds) => Ok(Duration::from_secs(seconds)),
        Raw::Text(text) => match text.trim().parse() {
            Ok(seconds) => Ok(Duration::from_secs(seconds)),
            Err(_) => humantime::parse_duration(&text).map_err(de::Error::custom),
        },
    }
}

/// A list, or a text with commas.
pub(super) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Raw {
        List(Vec<String>),
        Text(String),
    }
    Ok(match Raw::deserialize(deserializer)? {
        Raw::List(items) => items,
        Raw::Text(text) => text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(String::from)
            .collect(),
    })
}

/// A table of texts in the order of the file; a Saplab status may be given as a number.
pub(super) fn status_map<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<(String, String)>, D::Error> {
    struct Pairs;
    impl<'de> de::Visitor<'de> for Pairs {
        type Value = Vec<(String, String)>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a table of ERP status = Saplab status (id or name)")
        }

        fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            #[derive(Deserialize)]
            #[serde(untagged)]
            enum Status {
                Id(i64),
                Name(String),
            }
            let mut pairs = Vec::new();
            while let Some((erp, saplab)) = map.next_entry::<String, Status>()? {
                let saplab = match saplab {
                    Status::Id(id) => id.to_string(),
                    Status::Name(name) => name,
                };
                pairs.push((erp, saplab));
            }
            Ok(pairs)
        }
    }
    deserializer.deserialize_map(Pairs)
}
