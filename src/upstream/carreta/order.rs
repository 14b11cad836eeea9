//! Purchase orders as Carreta shows them (Carreta document, Получение списка заказов and Получение информации по
//! заказу). Called by `client`.
//!
//! Everything but the id may be missing or unreadable; it is unknown then, never 0.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::upstream::object::Object;
use crate::value::time;

/// One page of orders, in Carreta's order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPage {
    /// Those that could be read.
    pub orders: Vec<Order>,
    /// Which rows could not be read, and why.
    pub rejected: Vec<String>,
}

/// One order: one article. Texts that Carreta did not send are `""`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Carreta's id.
    pub id: i64,
    /// The number that people see, e.g. `A111342-1`.
    pub number: String,
    /// The status, 1 to 15; the numbers do not grow with progress.
    pub status: Option<i64>,
    /// Its name.
    pub status_display: String,
    /// Carreta's comment.
    pub comment: String,
    /// Our comment, by which the order is found again.
    pub client_comment: String,
    /// When it was placed; Carreta's naive time read as Moscow time.
    pub created: Option<DateTime<Utc>>,
    /// The part's number.
    pub code: String,
    /// The manufacturer.
    pub maker: String,
    /// The part's name.
    pub name: String,
    /// Roubles for one unit.
    pub price: Option<Decimal>,
    /// Days until delivery, at least.
    pub period_min: Option<i64>,
    /// Days until delivery, at most.
    pub period_max: Option<i64>,
    /// Units ordered.
    pub order_qty: Option<i64>,
    /// Roubles in all.
    pub total: Option<Decimal>,
    /// Fields that were there and could not be read.
    #[serde(skip_deserializing)]
    pub unreadable: Vec<&'static str>,
}

impl Order {
    /// One order, of a list or alone.
    ///
    /// # Errors
    /// Why it is no order.
    pub(super) fn read(raw: &RawValue) -> Result<Self, String> {
        let row = Object::read(raw).ok_or("it is not an object")?;
        let id = row.integer("id").filter(|id| *id > 0).ok_or("it has no usable id")?;
        let text = |key| row.text(key).unwrap_or_default();
        let mut order = Self {
            id,
            number: text("number"),
            status: row.integer("status"),
            status_display: text("status_display"),
            comment: text("comment"),
            client_comment: text("client_comment"),
            created: row.parsed("created", time::moscow),
            code: text("code"),
            maker: text("maker"),
            name: text("name"),
            price: row.decimal("price"),
            period_min: row.integer("period_min"),
            period_max: row.integer("period_max"),
            order_qty: row.integer("order_qty"),
            total: row.decimal("total"),
            unreadable: Vec::new(),
        };
        order.unreadable = row.unreadable();
        Ok(order)
    }
}

impl OrderPage {
    /// Reads the whole answer; `None` when it has no list.
    pub(super) fn read(raw: &RawValue) -> Option<Self> {
        let rows = Object::read(raw)?.items("objects")?;
        let mut page = Self::default();
        for (index, row) in rows.iter().enumerate() {
            match Order::read(row) {
                Ok(order) => page.orders.push(order),
                Err(why) => page
                    .rejected
                    .push(format!("row {} of {}: {why}", index + 1, rows.len())),
            }
        }
        Some(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Option<OrderPage> {
        OrderPage::read(&serde_json::from_str::<Box<RawValue>>(text).unwrap())
    }

    #[test]
    fn the_documents_order_is_read_whole() {
        let page = page(include_str!("../../../tests/fixtures/carreta/orders.json")).unwrap();
        let [order] = page.orders.as_slice() else {
            panic!("{page:?}")
        };
        assert_eq!(
            (order.id, order.number.as_str(), order.status),
            (189_330, "A111342-1", Some(7))
        );
        assert_eq!(
            (order.code.as_str(), order.maker.as_str(), order.order_qty),
            ("AC108", "KITTO", Some(1))
        );
        assert_eq!(order.created, Some("2014-10-23T12:18:31.315072Z".parse().unwrap()));
        assert_eq!(
            (order.price, order.total),
            (Some("212.86".parse().unwrap()), Some("212.86".parse().unwrap()))
        );
        assert!(order.unreadable.is_empty() && page.rejected.is_empty());
    }

    #[test]
    fn one_unreadable_order_does_not_lose_the_others() {
        let page = page(r#"{"objects":[{"id":"1","order_qty":"2","status":"x"},{"number":"A"},{"id":2}]}"#).unwrap();
        assert_eq!(page.orders.iter().map(|order| order.id).collect::<Vec<_>>(), [1, 2]);
        assert_eq!((page.orders[0].order_qty, page.orders[0].status), (Some(2), None));
        assert_eq!(page.orders[0].unreadable, ["status"]);
        assert_eq!(page.rejected, ["row 2 of 3: it has no usable id"]);
    }

    #[test]
    fn an_answer_without_the_list_is_no_page() {
        for text in [r#"{"error":"x"}"#, r#"{"objects":null}"#, "[]", "1"] {
            assert_eq!(page(text), None, "{text}");
        }
        assert_eq!(page(r#"{"objects":[]}"#), Some(OrderPage::default()));
    }
}
