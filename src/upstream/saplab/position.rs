//! Positions as the panel lists them (panel document, /panel/order): rows of the list are positions of orders, and an
//! order is the positions with the same `invoice`.
//!
//! Everything but the id may be missing or unreadable; it is unknown then, never 0. Called by `panel`.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::listed::{Listed, page_number};
use crate::upstream::object::Object;
use crate::value::time;

/// One page of positions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderPage {
    /// Those that could be read.
    pub positions: Vec<Position>,
    /// Pages in all with these filters, at least 1.
    pub pages: u32,
    /// The page that Saplab says it gave, where it says so.
    pub page: Option<u32>,
    /// Which rows could not be read, and why.
    pub rejected: Vec<String>,
}

/// One position of a customer's order. Texts that Saplab did not send are `""`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The position's id, by which its status is set.
    pub id: i64,
    /// The order's label.
    pub invoice: String,
    /// The client.
    pub client_id: Option<i64>,
    /// The client's name.
    pub client_name: String,
    /// Whether the client is a company.
    pub is_wholesaler: Option<bool>,
    /// The company's name.
    pub wholesaler_info: String,
    /// Whose goods these are.
    pub distributor_id: Option<i64>,
    /// The distributor's name.
    pub distributor_name: String,
    /// The brand.
    pub brand: String,
    /// The article.
    pub article: String,
    /// The article's name.
    pub name: String,
    /// Days until delivery, at least.
    pub delivery_min: Option<i64>,
    /// Days until delivery, at most.
    pub delivery_max: Option<i64>,
    /// What one unit costs the shop, roubles.
    pub initial_price: Option<Decimal>,
    /// What one unit costs the client, roubles.
    pub price: Option<Decimal>,
    /// Units.
    pub quantity: Option<Decimal>,
    /// Roubles in all.
    pub total: Option<Decimal>,
    /// The status; ids differ from shop to shop.
    pub status_id: Option<i64>,
    /// Its name; Saplab may send 0 for none.
    pub status_name: Option<String>,
    /// The shipping type; `None` when none was chosen (0 on the wire).
    pub shipping_id: Option<i64>,
    /// Its name.
    pub shipping_name: String,
    /// The address.
    pub shipping_address: String,
    /// The document made for it, if one was.
    pub doc_id: Option<i64>,
    /// What the client wrote.
    pub client_comment: String,
    /// What the manager wrote.
    pub manager_comment: String,
    /// Whether the client asked to take it off.
    pub deny_request: Option<bool>,
    /// Whether it is in the archive.
    pub is_archived: Option<bool>,
    /// Whether it was taken off.
    pub is_denied: Option<bool>,
    /// Whether it is paid.
    pub is_payed: Option<bool>,
    /// When it was ordered.
    pub date_added: Option<DateTime<Utc>>,
    /// When it was changed.
    pub date_modified: Option<DateTime<Utc>>,
    /// What happened to it, in Saplab's order.
    pub history: Vec<HistoryEntry>,
    /// Fields that were there and could not be read.
    pub unreadable: Vec<String>,
}

/// One line of a position's history.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// When.
    pub date: Option<DateTime<Utc>>,
    /// RRGGBB.
    pub color: String,
    /// The status it got.
    pub status: String,
    /// Who did it.
    pub manager: String,
}

impl Position {
    /// Reads one row of the list.
    ///
    /// # Errors
    /// Why it is no position.
    pub(super) fn read(raw: &RawValue) -> Result<Self, String> {
        let row = Object::read(raw).ok_or("it is not an object")?;
        let id = row.integer("id").filter(|id| *id > 0).ok_or("it has no usable id")?;
        let text = |key| row.text(key).unwrap_or_default();
        let comment = row.object("comment");
        let mut position = Self {
            id,
            invoice: text("invoice"),
            client_id: row.integer("client_id"),
            client_name: text("client_name"),
            is_wholesaler: row.flag("is_wholesaler"),
            wholesaler_info: text("wholesaler_info"),
            distributor_id: row.integer("distributor_id"),
            distributor_name: text("distributor_name"),
            brand: text("brand"),
            article: text("article"),
            name: text("name"),
            // The document's table says delivarytime, its sample deliverytime.
            delivery_min: row
                .integer("deliverytime_min")
                .or_else(|| row.integer("delivarytime_min")),
            delivery_max: row
                .integer("deliverytime_max")
                .or_else(|| row.integer("delivarytime_max")),
            initial_price: row.decimal("initial_price"),
            price: row.decimal("price"),
            quantity: row.decimal("quantity"),
            total: row.decimal("total"),
            status_id: row.integer("status_id"),
            status_name: row.text("status_name").filter(|name| !name.is_empty() && name != "0"),
            shipping_id: row.integer("shipping_id").filter(|id| *id != 0),
            shipping_name: text("shipping_name"),
            shipping_address: text("shipping_address"),
            doc_id: row.integer("doc_id"),
            client_comment: comment.text("client_comment").unwrap_or_default(),
            manager_comment: comment.text("manager_comment").unwrap_or_default(),
            deny_request: row.flag("deny_request"),
            is_archived: row.flag("is_archived"),
            is_denied: row.flag("is_denied"),
            is_payed: row.flag("is_payed"),
            date_added: row.parsed("date_added", time::moscow),
            date_modified: row.parsed("date_modified", time::moscow),
            history: row
                .items("history")
                .unwrap_or_default()
                .iter()
                .filter_map(|raw| HistoryEntry::read(raw))
                .collect(),
            unreadable: Vec::new(),
        };
        position.unreadable = row.unreadable().into_iter().map(str::to_owned).collect();
        Ok(position)
    }
}

impl HistoryEntry {
    pub(super) fn read(raw: &RawValue) -> Option<Self> {
        let entry = Object::read(raw)?;
        Some(Self {
            date: entry.parsed("date", time::utc),
            color: entry.text("color").unwrap_or_default(),
            status: entry.text("status")?,
            manager: entry.text("manager").unwrap_or_default(),
        })
    }
}

impl OrderPage {
    /// Reads the whole answer; `None` when it has no list of positions.
    pub(super) fn read(raw: &RawValue) -> Option<Self> {
        let answer = Object::read(raw)?;
        let Listed { rows, rejected } = Listed::of(&answer.items("orders")?, Position::read);
        let page = answer
            .integer("page")
            .or_else(|| answer.object("filters").integer("page"));
        Some(Self {
            positions: rows,
            pages: page_number(answer.integer("pages")).unwrap_or(1),
            page: page_number(page),
            rejected,
        })
    }
}

#[cfg(test)]
mod tests;
