//! What the shop says of an order that it has taken (client document, /account/order/create). Called by `shop`.

use serde::Serialize;

use super::order::ShopPosition;
use super::part::filled;
use crate::upstream::object::Object;
use crate::upstream::saplab::listed::Listed;

/// An order that was placed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlacedOrder {
    /// The order's label, by which it is listed.
    pub invoice: String,
    /// Its positions, as far as they could be read.
    pub positions: Vec<ShopPosition>,
    /// Which of them could not be read, and why. The order was placed all the same.
    pub rejected: Vec<String>,
}

impl PlacedOrder {
    /// Reads an answer that says `ok`; `None` when it does not name the order, or its positions are of others only.
    pub(super) fn read(answer: &Object<'_>) -> Option<Self> {
        let invoice = filled(answer, "message")?;
        let rows = answer.items("data").unwrap_or_default();
        let Listed {
            rows: positions,
            rejected,
        } = Listed::of(&rows, ShopPosition::read);
        let is_ours = positions.is_empty() || positions.iter().any(|position| position.invoice == invoice);
        is_ours.then_some(Self {
            invoice,
            positions,
            rejected,
        })
    }
}
