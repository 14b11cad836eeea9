//! The shop's order statuses (panel document, /panel/order/status). Their ids are the shop's own: never hard-code one.
//! Called by `panel`.

use serde::{Deserialize, Serialize};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use crate::upstream::json;
use crate::upstream::object::Object;

/// One status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The shop's id.
    pub id: i64,
    /// Its name, as Saplab writes it, spaces included.
    pub name: String,
    /// RRGGBB.
    pub color: String,
    /// Whether setting it sends an SMS to the client; `None` when Saplab does not say.
    pub sms: Option<bool>,
    /// Whether setting it sends an e-mail to the client; `None` when Saplab does not say.
    pub email: Option<bool>,
}

impl Status {
    fn read(raw: &RawValue) -> Option<Self> {
        let row = Object::read(raw)?;
        Some(Self {
            id: row.integer("id")?,
            name: row.text("name")?,
            color: row.text("color").unwrap_or_default(),
            sms: row.flag("sms"),
            email: row.flag("email"),
        })
    }

    /// Reads the collection `statuses`, or a bare list. `None` when it is neither, or a row has no id or name: with a
    /// status missing, a position's status could be mapped wrongly.
    pub(super) fn read_all(raw: &RawValue) -> Option<Vec<Self>> {
        let rows = match raw.get().trim_start().starts_with('[') {
            true => json::items(&mut Deserializer::from_str(raw.get())).ok()?,
            false => Object::read(raw)?.items("statuses")?,
        };
        rows.iter().map(|row| Self::read(row)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<Vec<Status>> {
        Status::read_all(&serde_json::from_str::<Box<RawValue>>(text).unwrap())
    }

    #[test]
    fn the_documents_statuses_are_read_in_order() {
        let statuses = read(include_str!("../../../tests/fixtures/saplab/statuses.json")).unwrap();
        assert_eq!(
            statuses.iter().map(|status| status.id).collect::<Vec<_>>(),
            [2, 4, 7, 3, 6, 1, 5]
        );
        assert_eq!(statuses[1].name, "Выдано (Отправлено)");
        assert_eq!((statuses[1].sms, statuses[1].email), (Some(false), Some(true)));
    }

    #[test]
    fn a_bare_list_or_a_php_map_will_do_and_a_nameless_status_will_not() {
        assert_eq!(read(r#"[{"id":14,"name":"A"}]"#).unwrap()[0].id, 14);
        assert_eq!(
            read(r#"{"statuses":{"14":{"id":14,"name":"A","sms":true}}}"#).unwrap()[0].sms,
            Some(true)
        );
        assert_eq!(read(r#"{"statuses":[{"id":14},{"id":15,"name":"B"}]}"#), None);
        assert_eq!(read(r#"{"email":"x"}"#), None);
    }
}
