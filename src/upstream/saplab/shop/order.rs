//! The client's own positions (client document, /account/order and the answer of /account/order/create): numbers where
//! the panel sends texts, 0 for pickup, and other fields than the panel's.
//!
//! Everything but the id may be missing or unreadable; it is unknown then, never 0. Called by `shop`.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::part::{days, filled};
use crate::upstream::object::Object;
use crate::upstream::saplab::listed::{self, Listed, page_number};
use crate::upstream::saplab::position::HistoryEntry;
use crate::value::time;

/// One page of positions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopOrderPage {
    /// Those that could be read.
    pub positions: Vec<ShopPosition>,
    /// Pages in all with these filters, at least 1; sent, but not documented.
    pub pages: u32,
    /// Which rows could not be read, and why.
    pub rejected: Vec<String>,
}

/// One position of the client's order. Texts that the shop did not send are `""`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShopPosition {
    /// The position's id; the panel has the same.
    pub id: i64,
    /// The order's label.
    pub invoice: String,
    /// The article.
    pub article: String,
    /// The brand.
    pub brand: String,
    /// Its name.
    pub name: String,
    /// The status; ids differ from shop to shop.
    pub status_id: Option<i64>,
    /// Its name; the shop sends 0 for none.
    pub status_name: Option<String>,
    /// The shipping type; 0 is pickup.
    pub shipping_id: Option<i64>,
    /// Its name.
    pub shipping_name: String,
    /// The address.
    pub shipping_address: String,
    /// Days until delivery, at least.
    pub days_min: Option<i64>,
    /// Days until delivery, at most.
    pub days_max: Option<i64>,
    /// Roubles a unit.
    pub price: Option<Decimal>,
    /// Units.
    pub quantity: Option<i64>,
    /// Roubles in all.
    pub total: Option<Decimal>,
    /// The name of the document made for it, if one was.
    pub document: Option<String>,
    /// Whether it is paid.
    pub is_payed: Option<bool>,
    /// Whether it was taken off.
    pub is_denied: Option<bool>,
    /// Whether it is in the archive.
    pub is_archived: Option<bool>,
    /// What happened to it, in the shop's order.
    pub history: Vec<HistoryEntry>,
    /// What the client wrote.
    pub client_comment: String,
    /// What the manager wrote.
    pub manager_comment: String,
    /// When it was ordered.
    pub date_added: Option<DateTime<Utc>>,
    /// When it was changed.
    pub date_modified: Option<DateTime<Utc>>,
    /// Fields that were there and could not be read.
    #[serde(skip_deserializing)]
    pub unreadable: Vec<&'static str>,
}

impl ShopOrderPage {
    /// Reads the whole answer; `None` when it has no list of positions.
    pub(super) fn read(raw: &RawValue) -> Option<Self> {
        let answer = Object::read(raw)?;
        let listed = Listed::of(&answer.items("orders")?, ShopPosition::read);
        Some(Self {
            positions: listed.rows,
            pages: page_number(answer.integer("pages")).unwrap_or(1),
            rejected: listed.rejected,
        })
    }
}

impl ShopPosition {
    /// Reads one row of a list.
    ///
    /// # Errors
    /// Why it is no position.
    pub(super) fn read(raw: &RawValue) -> Result<Self, String> {
        let (row, id) = listed::row(raw, &["id"])?;
        let text = |key| row.text(key).unwrap_or_default();
        let comment = row.object("comment");
        let (days_min, days_max) = days(&row);
        let mut position = Self {
            id,
            invoice: text("invoice"),
            article: text("article"),
            brand: text("brand"),
            name: text("name"),
            status_id: row.integer("status_id"),
            status_name: filled(&row, "status_name").filter(|name| name != "0"),
            shipping_id: row.integer("shipping_id"),
            shipping_name: text("shipping_name"),
            shipping_address: text("shipping_address"),
            days_min,
            days_max,
            price: row.decimal("price"),
            quantity: row.integer("quantity"),
            total: row.decimal("total"),
            document: filled(&row, "document"),
            is_payed: row.flag("is_payed"),
            is_denied: row.flag("is_denied"),
            is_archived: row.flag("is_archived"),
            history: history(&row),
            client_comment: comment.text("client_comment").unwrap_or_default(),
            manager_comment: comment.text("manager_comment").unwrap_or_default(),
            date_added: row.parsed("date_added", time::moscow),
            date_modified: row.parsed("date_modified", time::moscow),
            unreadable: Vec::new(),
        };
        position.unreadable = row.unreadable();
        Ok(position)
    }
}

/// A list in the document's examples; its table says an object, which may be one line or several under keys.
fn history(row: &Object<'_>) -> Vec<HistoryEntry> {
    match row.raw("history").and_then(HistoryEntry::read) {
        Some(only) => vec![only],
        None => row
            .items("history")
            .unwrap_or_default()
            .iter()
            .filter_map(|line| HistoryEntry::read(line))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Option<ShopOrderPage> {
        ShopOrderPage::read(&serde_json::from_str::<Box<RawValue>>(text).unwrap())
    }

    fn at(text: &str) -> Option<DateTime<Utc>> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn the_documents_answer_is_read_whole() {
        let page = page(include_str!("../../../../tests/fixtures/saplab/shop/orders.json")).unwrap();
        assert_eq!((page.positions.len(), page.pages), (1, 1));
        let one = &page.positions[0];
        assert_eq!(
            (one.id, one.invoice.as_str(), one.article.as_str(), one.brand.as_str()),
            (6, "NO-005", "333222", "KAYABA")
        );
        assert_eq!(
            (one.status_id, one.status_name.as_deref()),
            (Some(1), Some("Приостановлено"))
        );
        assert_eq!(
            (
                one.shipping_id,
                one.shipping_name.as_str(),
                one.shipping_address.as_str()
            ),
            (Some(0), "Самовывоз", "")
        );
        assert_eq!((one.days_min, one.days_max, one.quantity), (Some(3), Some(3), Some(1)));
        assert_eq!(
            (one.price, one.total, &one.document),
            (Some(4343.into()), Some(4343.into()), &None)
        );
        assert_eq!(
            (one.is_payed, one.is_denied, one.is_archived),
            (Some(false), Some(false), Some(false))
        );
        assert_eq!(
            (one.history[0].status.as_str(), one.history[0].color.as_str()),
            ("Приостановлено", "BAF8FF")
        );
        assert!(one.unreadable.is_empty() && page.rejected.is_empty());
    }

    #[test]
    fn one_object_has_dates_of_two_forms_and_two_zones() {
        let page = page(
            r#"{"orders":[{"id":1,"date_added":"2019-09-11 19:14:23","date_modified":"2019-09-11 19:14:23.25",
                "history":[{"date":"2019-09-11 16:14:23.000000","status":"A"}]}]}"#,
        )
        .unwrap();
        let one = &page.positions[0];
        assert_eq!(one.date_added, at("2019-09-11T16:14:23Z"));
        assert_eq!(one.date_modified, at("2019-09-11T16:14:23.25Z"));
        assert_eq!(one.history[0].date, one.date_added);
        let json = serde_json::to_value(one).unwrap();
        assert_eq!(json["date_added"], "2019-09-11T16:14:23Z");
    }

    #[test]
    fn a_history_may_be_a_list_a_map_or_a_single_line() {
        let line = r#"{"date":"2019-09-11 16:14:23.000000","color":"F","status":"A","manager":"M"}"#;
        for (history, lines) in [
            (format!("[{line}]"), 1),
            (format!("[{line},{line},null]"), 2),
            (format!(r#"{{"0":{line},"1":{line}}}"#), 2),
            (line.to_owned(), 1),
            ("[]".into(), 0),
            ("{}".into(), 0),
            ("null".into(), 0),
        ] {
            let page = page(&format!(r#"{{"orders":[{{"id":1,"history":{history}}}]}}"#)).unwrap();
            assert_eq!(page.positions[0].history.len(), lines, "{history}");
            assert!(page.positions[0].unreadable.is_empty(), "{history}");
        }
    }

    #[test]
    fn a_status_name_of_zero_is_none_and_texts_are_numbers_too() {
        for name in ["0", "\"0\"", "\"\"", "null"] {
            let text = format!(
                r#"{{"orders":{{"3":{{"id":"1","status_name":{name},"status_id":"14","price":"25.50","is_payed":"1",
                    "comment":[]}}}},"pages":"3"}}"#
            );
            let page = page(&text).unwrap();
            let one = &page.positions[0];
            assert_eq!((&one.status_name, one.status_id, page.pages), (&None, Some(14), 3));
            assert_eq!(one.price.unwrap().to_string(), "25.50");
            assert_eq!((one.is_payed, one.is_denied), (Some(true), None));
        }
    }

    #[test]
    fn one_unreadable_position_does_not_lose_the_others() {
        let page = page(r#"{"orders":[{"id":0},17,{"id":2,"total":"дог."}],"pages":0}"#).unwrap();
        assert_eq!((page.positions[0].id, page.pages), (2, 1));
        assert_eq!(page.positions[0].unreadable, ["total"]);
        assert_eq!(page.rejected[0], "row 1 of 3: it has no usable id");
        assert_eq!(page.rejected.len(), 2);
    }

    #[test]
    fn an_answer_without_the_list_is_no_page() {
        for text in [r#"{"pages":1}"#, r#"{"orders":null}"#, "[]", "1"] {
            assert_eq!(page(text), None, "{text}");
        }
    }
}
