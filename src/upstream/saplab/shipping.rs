//! Ways of delivery (panel document, /panel/order/shipping_type). Called by `panel`.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::listed::{Listed, row};

/// One way of delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShippingType {
    /// The shop's id.
    pub id: i64,
    /// Its name, as Saplab writes it, spaces included.
    pub name: String,
    /// From which price of an order it can be chosen, roubles.
    pub min_price: Option<Decimal>,
    /// Fields that were there and could not be read.
    #[serde(skip_deserializing)]
    pub unreadable: Vec<&'static str>,
}

impl ShippingType {
    /// Reads the collection `shipping_types`; `None` when there is none.
    pub(super) fn read_all(raw: &RawValue) -> Option<Listed<Self>> {
        Listed::read(raw, "shipping_types", Self::read)
    }

    fn read(raw: &RawValue) -> Result<Self, String> {
        let (row, id) = row(raw, &["id"])?;
        let name = row.text("name").unwrap_or_default();
        let min_price = row.decimal("min_price");
        Ok(Self {
            id,
            name,
            min_price,
            unreadable: row.unreadable(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_documents_ways_of_delivery_are_read_with_their_trailing_space() {
        let raw: Box<RawValue> =
            serde_json::from_str(include_str!("../../../tests/fixtures/saplab/shipping_types.json")).unwrap();
        let types = ShippingType::read_all(&raw).unwrap();
        let short: Vec<_> = types
            .rows
            .iter()
            .map(|one| (one.id, one.name.as_str(), one.min_price))
            .collect();
        assert_eq!(
            short,
            [
                (1, "Доставка по городу", Some(Decimal::from(1))),
                (2, "Доставка до ТК ", Some(Decimal::from(2)))
            ]
        );
        assert!(types.rejected.is_empty());
    }
}
