//! What a search found (Carreta document, the search for parts): offers with their signatures. Called by `client`.
//!
//! An offer without code, maker or price is left out and named; everything else may be missing, and is unknown then.

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::value::RawValue;

use super::order_body::OrderBody;
use super::order_qty::{self, Rule};
use crate::config::Secret;
use crate::upstream::object::Object;
use crate::upstream::transport::Reply;
use crate::upstream::{Fault, json};
use crate::value::Quantity;

/// The answer to a search, in Carreta's order.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct SearchPage {
    /// The offers that could be read.
    pub offers: Vec<Part>,
    /// Which rows could not be read, and why.
    pub rejected: Vec<String>,
}

/// One offer of one part. Neither `Debug` nor JSON shows its signature, with which anybody could order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Part {
    /// The part's number.
    pub code: String,
    /// The manufacturer.
    pub maker: String,
    /// The part's name.
    pub name: String,
    /// Its description.
    pub desc: String,
    /// Whether it is a replacement for what was searched; `None` when Carreta does not say.
    pub is_cross: Option<bool>,
    /// Roubles for one unit.
    pub price: Decimal,
    /// Days until delivery, at least.
    pub period_min: Option<i64>,
    /// Days until delivery, at most.
    pub period_max: Option<i64>,
    /// Units that an order must have at least and be a multiple of.
    pub min_qty: Option<i64>,
    /// How much there is, as the supplier writes it: `500`, `<10`, `>50`, `Есть`.
    pub qty: String,
    /// The probability of delivery in percent; `None` when there are no statistics.
    pub stat: Option<i64>,
    /// The code of the offer's source.
    pub source: String,
    /// What an order of it must be signed with; empty when Carreta gave none.
    #[serde(skip)]
    pub signature: Secret,
    /// What an order of it consists of.
    #[serde(skip)]
    pub body: OrderBody,
    /// Fields that were there and could not be read.
    pub unreadable: Vec<&'static str>,
}

impl Part {
    /// How much there is.
    pub fn quantity(&self) -> Quantity {
        Quantity::parse(&self.qty)
    }

    /// Whether so many units of it may be ordered.
    ///
    /// # Errors
    /// The [`Rule`] that forbids it.
    pub fn check(&self, order_qty: i64) -> Result<(), Rule> {
        let min_qty = self.min_qty.ok_or(Rule::UnknownMinimum)?;
        order_qty::check(order_qty, &self.quantity(), min_qty)
    }

    fn read(raw: &RawValue) -> Result<Self, &'static str> {
        let row = Object::read(raw).ok_or("it is not an object")?;
        let text = |key| row.text(key).unwrap_or_default();
        let needed = |text: String, why| if text.trim().is_empty() { Err(why) } else { Ok(text) };
        let body = OrderBody::read(&row);
        let mut part = Self {
            code: needed(text("code"), "it has no code")?,
            maker: needed(text("maker"), "it has no maker")?,
            name: text("name"),
            desc: text("desc"),
            is_cross: row.flag("is_cross"),
            price: row.decimal("price").ok_or("it has no usable price")?,
            period_min: row.integer("period_min"),
            period_max: row.integer("period_max"),
            min_qty: row.integer("min_qty"),
            qty: text("qty"),
            stat: row.integer("stat"),
            source: text("source"),
            signature: body.signature().clone(),
            body,
            unreadable: Vec::new(),
        };
        part.unreadable = row.unreadable();
        Ok(part)
    }
}

/// So many rows that cannot be read are named; more of them say nothing new.
const MAX_REJECTED: usize = 1000;

impl SearchPage {
    /// Reads the whole answer.
    ///
    /// # Errors
    /// As [`json::parse`]; [`Fault::Garbled`] when there is no list.
    pub(super) fn read(reply: &Reply) -> Result<Self, Fault> {
        let raw = json::parse(reply).or_else(|fault| unclosed(reply).ok_or(fault))?;
        Self::of(&raw).ok_or_else(|| Fault::Garbled(format!("no list of parts: {}", reply.words())))
    }

    fn of(raw: &RawValue) -> Option<Self> {
        let rows = Object::read(raw)?.items("objects")?;
        let mut page = Self::default();
        for (index, row) in rows.iter().enumerate() {
            match Part::read(row) {
                Ok(part) => page.offers.push(part),
                Err(_) if page.rejected.len() >= MAX_REJECTED => {}
                Err(why) => page
                    .rejected
                    .push(format!("row {} of {}: {why}", index + 1, rows.len())),
            }
        }
        Some(page)
    }
}

/// The document's own example does not close its list. An answer that lacks just that is read as if it did; one that
/// was cut off anywhere else is still no JSON.
fn unclosed(reply: &Reply) -> Option<Box<RawValue>> {
    let list = reply.text().ok()?.trim_end().strip_suffix('}')?;
    serde_json::from_str(&format!("{list}]}}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOUND: &str = include_str!("../../../tests/fixtures/carreta/search.json");

    fn read(text: &str) -> Option<SearchPage> {
        SearchPage::of(&serde_json::from_str::<Box<RawValue>>(text).unwrap())
    }

    #[test]
    fn the_documents_offer_is_read_whole() {
        let page = read(FOUND).unwrap();
        assert_eq!(
            serde_json::to_value(&page).unwrap(),
            serde_json::json!({
                "offers": [{
                    "code": "OC47", "maker": "KNECHT/MAHLE", "name": "Фильтр масляный", "desc": "", "is_cross": false,
                    "price": "152.02", "period_min": 7, "period_max": 7, "min_qty": 1, "qty": "500", "stat": 97,
                    "source": "57", "unreadable": [],
                }],
                "rejected": [],
            })
        );
        assert_eq!(page.offers[0].quantity(), Quantity::Exact(500.into()));
    }

    #[test]
    fn the_signature_is_shown_nowhere() {
        let page = read(FOUND).unwrap();
        let signature = page.offers[0].signature.reveal();
        assert!(signature.contains("canary") && page.offers[0].body.signature().reveal() == signature);
        let shown = format!("{page:?} {}", serde_json::to_string(&page).unwrap());
        assert!(!shown.contains("canary"), "{shown}");
    }

    #[test]
    fn one_unreadable_offer_does_not_lose_the_others_and_what_is_missing_is_unknown() {
        let page = read(
            r#"{"objects":[{"code":"A","maker":"M","price":"дорого"},7,{"code":"A","maker":"M","price":1.5,
                "stat":null,"min_qty":"x"},{"maker":"M","price":"1"},{"code":"A","price":"1"}]}"#,
        )
        .unwrap();
        let [part] = page.offers.as_slice() else {
            panic!("{page:?}")
        };
        assert_eq!((part.stat, part.min_qty, part.is_cross), (None, None, None));
        assert_eq!(
            (part.price, part.quantity()),
            ("1.5".parse().unwrap(), Quantity::Unknown)
        );
        assert_eq!(part.unreadable, ["min_qty"]);
        assert_eq!(part.check(1), Err(Rule::UnknownMinimum));
        assert_eq!(
            page.rejected,
            [
                "row 1 of 5: it has no usable price",
                "row 2 of 5: it is not an object",
                "row 4 of 5: it has no code",
                "row 5 of 5: it has no maker",
            ]
        );
    }

    #[test]
    fn an_offer_says_how_many_of_it_may_be_ordered() {
        let mut part = read(FOUND).unwrap().offers.remove(0);
        assert_eq!(part.check(500), Ok(()));
        part.qty = "<2".into();
        part.min_qty = Some(2);
        assert!(matches!(part.check(2), Err(Rule::Impossible { .. })));
    }

    #[test]
    fn nothing_found_is_an_empty_page_and_another_object_is_none() {
        assert_eq!(read(r#"{"objects":[]}"#), Some(SearchPage::default()));
        assert_eq!(read(r#"{"error":"x"}"#), None);
        assert_eq!(read(r#"{"objects":"x"}"#), None);
    }
}
