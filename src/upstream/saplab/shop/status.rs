//! The shop's order statuses as its client sees them (client document, /misc/order_statuses). Their ids are the shop's
//! own: never hard-code one. Called by `shop`.

use serde::Serialize;
use serde_json::Deserializer;
use serde_json::value::RawValue;

use super::part::filled;
use crate::upstream::json;
use crate::upstream::object::Object;

/// One status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ShopStatus {
    /// The shop's id, the same as in the panel.
    pub id: i64,
    /// Its name, as the shop writes it.
    pub name: String,
    /// RRGGBB.
    pub color: String,
}

impl ShopStatus {
    fn read(raw: &RawValue) -> Option<Self> {
        let row = Object::read(raw)?;
        Some(Self {
            id: row.integer("id")?,
            name: filled(&row, "name")?,
            color: row.text("color").unwrap_or_default(),
        })
    }

    /// Reads the list; the document shows no answer, so it may be bare, PHP's map, or either under one key, whatever
    /// its name. `None` when there is no such list or more than one, or when a status of it cannot be read: with one
    /// missing, another could be taken for it.
    pub(super) fn read_all(raw: &RawValue) -> Option<Vec<Self>> {
        let values = items(raw)?;
        if let Some(statuses) = Self::list(&values) {
            return Some(statuses);
        }
        if raw.get().trim_start().starts_with('[') {
            return None;
        }
        let mut lists = values.iter().filter_map(|value| items(value));
        match (lists.next(), lists.next()) {
            (Some(only), None) => Self::list(&only),
            _ => None,
        }
    }

    fn list(rows: &[Box<RawValue>]) -> Option<Vec<Self>> {
        rows.iter().map(|row| Self::read(row)).collect()
    }
}

/// The values of a list or of an object.
fn items(raw: &RawValue) -> Option<Vec<Box<RawValue>>> {
    raw.get().trim_start().starts_with(['[', '{']).then_some(())?;
    json::items(&mut Deserializer::from_str(raw.get())).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<ShopStatus>> {
        ShopStatus::read_all(&serde_json::from_str::<Box<RawValue>>(text).unwrap())
    }

    #[test]
    fn the_list_may_be_bare_a_map_or_under_any_one_key() {
        let (one, two) = (
            r#"{"id":14,"name":"Принято","color":"FAFFB3"}"#,
            r#"{"id":"2","name":"В работе"}"#,
        );
        for text in [
            format!("[{one},{two}]"),
            format!(r#"{{"14":{one},"2":{two}}}"#),
            format!(r#"{{"statuses":[{one},{two}]}}"#),
            format!(r#"{{"status":"ok","data":[{one},{two}],"pages":1}}"#),
            format!(r#"{{"order_statuses":{{"14":{one},"2":{two}}}}}"#),
        ] {
            let statuses = read(&text).unwrap_or_else(|| panic!("{text}"));
            let seen: Vec<_> = statuses
                .iter()
                .map(|status| (status.id, status.name.as_str()))
                .collect();
            assert_eq!(seen, [(14, "Принято"), (2, "В работе")], "{text}");
            assert_eq!(
                (statuses[0].color.as_str(), statuses[1].color.as_str()),
                ("FAFFB3", ""),
                "{text}"
            );
        }
    }

    #[test]
    fn an_empty_list_is_empty_and_a_status_that_cannot_be_read_spoils_it() {
        assert_eq!(read("[]"), Some(Vec::new()));
        assert_eq!(read(r#"{"statuses":[]}"#), Some(Vec::new()));
        for text in [
            r#"[{"id":1,"name":"A"},{"id":2}]"#,
            r#"[{"id":1,"name":"A"},7]"#,
            r#"{"1":{"id":1,"name":"A"},"2":{"name":"B"}}"#,
            r#"{"statuses":[{"id":1,"name":""}]}"#,
            r#"{"a":[{"id":1,"name":"A"}],"b":[{"id":2,"name":"B"}]}"#,
            r#"[[{"id":1,"name":"A"}]]"#,
            r#"{"email":"x"}"#,
            "1",
            "null",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
