//! The one cart of the login (client document, /account/cart). Others may use the same login: what is in it need not
//! be ours. Called by `shop`.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::part::{days, filled};
use crate::upstream::object::Object;
use crate::upstream::saplab::listed::Listed;

/// What is in the cart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cart {
    /// The lines that could be read.
    pub lines: Vec<CartLine>,
    /// Which rows could not be read, and why: something is in the cart there, nobody knows what.
    pub rejected: Vec<String>,
}

/// One line of the cart. Texts that the shop did not send are `""`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CartLine {
    /// The identifier by which the line is ordered.
    pub to_order: String,
    /// The article.
    pub article: String,
    /// The brand.
    pub brand: String,
    /// Its name.
    pub name: String,
    /// It is sold in multiples of so many units.
    pub multiplicity: Option<i64>,
    /// Units.
    pub quantity: Option<i64>,
    /// Roubles a unit.
    pub price: Option<Decimal>,
    /// Roubles in all.
    pub total: Option<Decimal>,
    /// Where it lies, if the shop says so; sent, but not documented.
    pub warehouse: Option<String>,
    /// What was written when it was added.
    pub comment: String,
    /// Days until delivery, at least.
    pub days_min: Option<i64>,
    /// Days until delivery, at most.
    pub days_max: Option<i64>,
    /// Fields that were there and could not be read.
    #[serde(skip_deserializing)]
    pub unreadable: Vec<&'static str>,
}

impl Cart {
    /// Reads the whole answer; `None` when it has no contents, which is not the same as an empty cart.
    pub(super) fn read(raw: &RawValue) -> Option<Self> {
        let listed = Listed::of(&Object::read(raw)?.items("contents")?, CartLine::read);
        Some(Self {
            lines: listed.rows,
            rejected: listed.rejected,
        })
    }
}

impl CartLine {
    fn read(raw: &RawValue) -> Result<Self, String> {
        let row = Object::read(raw).ok_or("it is not an object")?;
        let text = |key| row.text(key).unwrap_or_default();
        let (days_min, days_max) = days(&row);
        let mut line = Self {
            to_order: filled(&row, "to_order").ok_or("it has no identifier")?,
            article: text("article"),
            brand: text("brand"),
            name: text("name"),
            multiplicity: row.integer("multiplicity").filter(|units| *units > 0),
            quantity: row.integer("quantity"),
            price: row.decimal("price"),
            total: row.decimal("total"),
            warehouse: filled(&row, "warehouse"),
            comment: text("comment"),
            days_min,
            days_max,
            unreadable: Vec::new(),
        };
        line.unreadable = row.unreadable();
        Ok(line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cart(text: &str) -> Option<Cart> {
        Cart::read(&serde_json::from_str::<Box<RawValue>>(text).unwrap())
    }

    #[test]
    fn the_documents_cart_is_read_whole() {
        let cart = cart(include_str!("../../../../tests/fixtures/saplab/shop/cart.json")).unwrap();
        let line = &cart.lines[0];
        assert_eq!(line.to_order.len(), 64);
        assert_eq!(
            (line.article.as_str(), line.brand.as_str(), line.comment.as_str()),
            (".sg-4540.", "ZEKKERT", "test")
        );
        assert_eq!((line.multiplicity, line.quantity), (Some(1), Some(1)));
        assert_eq!((line.price, line.total), (Some(2198.into()), Some(2198.into())));
        assert_eq!(
            (line.days_min, line.days_max, &line.warehouse),
            (Some(4), Some(4), &None)
        );
        assert!(cart.rejected.is_empty() && line.unreadable.is_empty());
    }

    #[test]
    fn an_empty_cart_may_be_a_list_or_an_object_but_must_be_there() {
        for text in [r#"{"contents":[]}"#, r#"{"contents":{}}"#] {
            assert_eq!(cart(text), Some(Cart::default()), "{text}");
        }
        for text in ["{}", "[]", r#"{"contents":null}"#, r#"{"contents":1}"#] {
            assert_eq!(cart(text), None, "{text}");
        }
    }

    #[test]
    fn a_line_without_identifier_is_told_of_and_does_not_lose_the_others() {
        let cart = cart(
            r#"{"contents":{"a":{"article":"1"},"b":{"to_order":"t","price":"2198.50","quantity":"2","total":[]}}}"#,
        )
        .unwrap();
        assert_eq!(cart.rejected, ["row 1 of 2: it has no identifier"]);
        let line = &cart.lines[0];
        assert_eq!(line.price.unwrap().to_string(), "2198.50");
        assert_eq!((line.quantity, line.total), (Some(2), None));
        assert_eq!(line.unreadable, ["total"]);
    }
}
