//! What happened to one order (Carreta document, Получение истории действий по заказу). Called by `client`.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::upstream::object::Object;
use crate::value::time;

/// An order's history, in Carreta's order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct History {
    /// The lines that could be read.
    pub lines: Vec<HistoryLine>,
    /// Which lines could not be read, and why.
    pub rejected: Vec<String>,
}

/// One thing that happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct HistoryLine {
    /// When; Carreta's naive time read as Moscow time. `None` when Carreta did not say it readably.
    pub created: Option<DateTime<Utc>>,
    /// What, in Carreta's words: status names in it need not be those of the table, and sums stand only here.
    pub comment: String,
}

impl History {
    /// Reads the whole answer; `None` when it has no list.
    pub(super) fn read(raw: &RawValue) -> Option<Self> {
        let rows = Object::read(raw)?.items("objects")?;
        let mut history = Self::default();
        for (index, row) in rows.iter().enumerate() {
            match Object::read(row) {
                Some(row) => history.lines.push(HistoryLine {
                    created: row.parsed("created", time::moscow),
                    comment: row.text("comment").unwrap_or_default(),
                }),
                None => history
                    .rejected
                    .push(format!("row {} of {}: it is not an object", index + 1, rows.len())),
            }
        }
        Some(history)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<History> {
        History::read(&serde_json::from_str::<Box<RawValue>>(text).unwrap())
    }

    #[test]
    fn the_documents_history_is_read() {
        let history = read(include_str!("../../../tests/fixtures/carreta/history.json")).unwrap();
        let line = HistoryLine {
            created: Some("2014-10-23T12:18:31.316768Z".parse().unwrap()),
            comment: "Создан со статусом \"Холд\" на сумму 212.86 руб.".into(),
        };
        assert_eq!(history.lines, [line]);
        assert!(history.rejected.is_empty());
    }

    #[test]
    fn an_unreadable_line_does_not_lose_the_others_and_another_object_is_no_history() {
        let history = read(r#"{"objects":[1,{"comment":"x","created":"вчера"}]}"#).unwrap();
        assert_eq!(
            (history.lines[0].comment.as_str(), history.lines[0].created),
            ("x", None)
        );
        assert_eq!(history.rejected, ["row 1 of 2: it is not an object"]);
        assert_eq!(read(r#"{"error":"x"}"#), None);
    }
}
