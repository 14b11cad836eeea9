//! Operations with a client's balance (panel document, /panel/client/balance/$ID). They have no ids, and equal ones may
//! stand there twice. Called by `panel`.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::listed::{Listed, page_number};
use crate::upstream::object::Object;
use crate::value::time;

/// One page of operations, in Saplab's order: the newest first in the document's example.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionPage {
    /// Those that could be read.
    pub transactions: Vec<Transaction>,
    /// Pages in all, at least 1.
    pub pages: u32,
    /// The page that Saplab says it gave, where it says so.
    pub page: Option<u32>,
    /// Which rows could not be read, and why.
    pub rejected: Vec<String>,
}

/// One operation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transaction {
    /// When.
    pub date: Option<DateTime<Utc>>,
    /// Roubles; negative = charged.
    pub amount: Option<Decimal>,
    /// What for; written as `description`.
    pub comment: String,
    /// Fields that were there and could not be read.
    #[serde(skip_deserializing)]
    pub unreadable: Vec<&'static str>,
}

impl Transaction {
    fn read(raw: &RawValue) -> Result<Self, String> {
        let row = Object::read(raw).ok_or("it is not an object")?;
        let (date, amount) = (row.parsed("date", time::moscow), row.decimal("amount"));
        let comment = row.text("comment").unwrap_or_default();
        Ok(Self {
            date,
            amount,
            comment,
            unreadable: row.unreadable(),
        })
    }
}

impl TransactionPage {
    /// Reads the whole answer; `None` when it has no list of operations.
    pub(super) fn read(raw: &RawValue) -> Option<Self> {
        let answer = Object::read(raw)?;
        // The document's sample says transactions, its words groups.
        let items = answer.items("transactions").or_else(|| answer.items("groups"))?;
        let Listed { rows, rejected } = Listed::of(&items, Transaction::read);
        Some(Self {
            transactions: rows,
            pages: page_number(answer.integer("pages")).unwrap_or(1),
            page: page_number(answer.integer("page")),
            rejected,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(text: &str) -> Option<TransactionPage> {
        TransactionPage::read(&serde_json::from_str::<Box<RawValue>>(text).unwrap())
    }

    #[test]
    fn the_documents_operations_are_read_with_fractions_of_any_length_and_equal_times() {
        let page = page(include_str!("../../../tests/fixtures/saplab/balance.json")).unwrap();
        assert_eq!((page.pages, page.page, page.transactions.len()), (26, Some(1), 10));
        let first = &page.transactions[0];
        assert_eq!(first.date, Some("2017-04-11T18:31:24.48985Z".parse().unwrap()));
        assert_eq!(first.amount, Some(Decimal::from(-109)));
        assert_eq!(first.comment, "Оплата позиции WEEN - 122-2412 (1 шт.)");
        assert_eq!(page.transactions[2].amount, Some(Decimal::from(270)));
        assert_eq!(page.transactions[3].date, page.transactions[4].date);
        assert!(page.transactions.iter().all(|one| one.unreadable.is_empty()));
    }

    #[test]
    fn the_collection_may_have_the_documents_other_name() {
        let page = page(r#"{"groups":[{"date":"2017-01-31 00:34:19","amount":-1.5,"comment":"x"},7]}"#).unwrap();
        assert_eq!(page.transactions[0].amount, Some(Decimal::new(-15, 1)));
        assert_eq!(page.rejected, ["row 2 of 2: it is not an object"]);
        assert_eq!((page.pages, page.page), (1, None));
    }

    #[test]
    fn an_answer_without_the_list_is_no_page() {
        for text in [r#"{"pages":1}"#, "[]", "1"] {
            assert_eq!(page(text), None, "{text}");
        }
    }
}
