//! Clients as the panel lists them (panel document, /panel/client). What may be written of a client is in
//! `client_form`; a row of the list is not enough for that.
//!
//! Everything but the id may be missing or unreadable; it is unknown then, never 0. Called by `panel`.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::listed::{Listed, page_number, row};
use crate::upstream::object::Object;
use crate::value::time;

/// One page of clients.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientPage {
    /// Those that could be read.
    pub clients: Vec<ClientRow>,
    /// Pages in all with these filters, at least 1.
    pub pages: u32,
    /// The page that Saplab says it gave, where it says so.
    pub page: Option<u32>,
    /// Which rows could not be read, and why.
    pub rejected: Vec<String>,
}

/// One client. Texts that Saplab did not send are `""`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientRow {
    /// The shop's id.
    pub id: i64,
    /// The phone, which is the login too.
    pub phone: String,
    /// The person's name.
    pub name: String,
    /// The address of delivery.
    pub address: String,
    /// The e-mail address.
    pub email: String,
    /// When the client registered.
    pub date_added: Option<DateTime<Utc>>,
    /// When it was changed.
    pub date_modified: Option<DateTime<Utc>>,
    /// Whether it is a company.
    pub is_wholesaler: Option<bool>,
    /// The company's name.
    pub wholesaler_info: String,
    /// The discount group.
    pub group_id: Option<i64>,
    /// Its name.
    pub group: String,
    /// The manager; `None` when there is none (0 on the wire).
    pub manager_id: Option<i64>,
    /// The manager's name.
    pub manager: Option<String>,
    /// The office.
    pub point_id: Option<i64>,
    /// Its full name.
    pub point: String,
    /// Whether the client is active.
    pub status: Option<bool>,
    /// What managers wrote for managers.
    pub comment: String,
    /// The usual way of delivery; `None` when none was chosen (0 on the wire).
    pub shipping_id: Option<i64>,
    /// The balance, roubles.
    pub balance: Option<Decimal>,
    /// The debt, roubles.
    pub debt: Option<Decimal>,
    /// The debt for orders on hold, roubles.
    pub blocked_debt: Option<Decimal>,
    /// The credit limit, roubles.
    pub limit: Option<Decimal>,
    /// Fields that were there and could not be read.
    #[serde(skip_deserializing)]
    pub unreadable: Vec<&'static str>,
}

impl ClientRow {
    /// Reads one row of the list.
    ///
    /// # Errors
    /// Why it is no client.
    pub(super) fn read(raw: &RawValue) -> Result<Self, String> {
        let (row, id) = row(raw, &["id"])?;
        let text = |key| row.text(key).unwrap_or_default();
        let mut client = Self {
            id,
            phone: text("phone"),
            name: text("name"),
            address: text("address"),
            email: text("email"),
            date_added: row.parsed("date_added", time::moscow),
            date_modified: row.parsed("date_modified", time::moscow),
            is_wholesaler: row.flag("is_wholesaler"),
            wholesaler_info: text("wholesaler_info"),
            group_id: row.integer("group_id"),
            group: text("group"),
            manager_id: row.integer("manager_id").filter(|id| *id != 0),
            manager: row.text("manager").filter(|name| !name.is_empty()),
            point_id: row.integer("point_id"),
            point: text("point"),
            status: row.flag("status"),
            comment: text("comment"),
            shipping_id: row.integer("shipping_id").filter(|id| *id != 0),
            balance: row.decimal("balance"),
            debt: row.decimal("debt"),
            blocked_debt: row.decimal("blocked_debt"),
            limit: row.decimal("limit"),
            unreadable: Vec::new(),
        };
        client.unreadable = row.unreadable();
        Ok(client)
    }
}

impl ClientPage {
    /// Reads the whole answer; `None` when it has no list of clients.
    pub(super) fn read(raw: &RawValue) -> Option<Self> {
        let answer = Object::read(raw)?;
        let Listed { rows, rejected } = Listed::of(&answer.items("clients")?, ClientRow::read);
        let page = answer
            .integer("page")
            .or_else(|| answer.object("filters").integer("page"));
        Some(Self {
            clients: rows,
            pages: page_number(answer.integer("pages")).unwrap_or(1),
            page: page_number(page),
            rejected,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Option<ClientPage> {
        ClientPage::read(&serde_json::from_str::<Box<RawValue>>(text).unwrap())
    }

    #[test]
    fn the_documents_clients_are_read() {
        let page = page(include_str!("../../../tests/fixtures/saplab/clients.json")).unwrap();
        let [company, person] = page.clients.as_slice() else {
            panic!("{page:?}")
        };
        assert_eq!((company.id, company.phone.as_str()), (2, "2222222222"));
        assert_eq!(company.wholesaler_info, "ООО \"Рога и Копыта\"");
        assert_eq!((company.is_wholesaler, company.status), (Some(true), Some(true)));
        assert_eq!((company.manager_id, company.manager.as_deref()), (None, None));
        assert_eq!((company.shipping_id, person.shipping_id), (None, Some(1)));
        assert_eq!(company.limit, Some(Decimal::from(10_000)));
        assert_eq!(company.date_added, Some("2017-01-14T19:50:08.610461Z".parse().unwrap()));
        assert_eq!(
            (person.balance, person.debt),
            (Some(Decimal::from(14)), Some(Decimal::from(9211)))
        );
        assert_eq!(person.address, " г. Уфа, Бакалинская ул., 23");
        assert!(person.unreadable.is_empty() && page.rejected.is_empty());
        assert_eq!((page.pages, page.page), (1, None));
    }

    #[test]
    fn one_unreadable_client_does_not_lose_the_others_and_unknown_is_not_zero() {
        let page =
            page(r#"{"clients":[{"phone":"1"},{"id":5,"balance":"x","limit":null}],"pages":3,"page":"2"}"#).unwrap();
        assert_eq!(page.rejected, ["row 1 of 2: it has no usable id"]);
        assert_eq!((page.clients[0].balance, page.clients[0].limit), (None, None));
        assert_eq!(page.clients[0].unreadable, ["balance"]);
        assert_eq!((page.pages, page.page), (3, Some(2)));
    }

    #[test]
    fn an_answer_without_the_list_is_no_page() {
        for text in [r#"{"client":{}}"#, r#"{"clients":null}"#, "1", "[]"] {
            assert_eq!(page(text), None, "{text}");
        }
    }
}
