//! Saplab's ways of delivery (panel document, /panel/order/shipping_type and /panel/order/remove_shipping_type), as rows
//! that can be added, replaced and removed.

use serde::{Deserialize, Serialize};

use super::saplab_list_rows::{ID, ListRow, Title};
use super::saplab_reference::ListShippingTypes;
use super::saplab_seen::{added, same_name};
use super::{Arg, Kind, Sight};
use crate::mirror::saplab_reference::Removed;
use crate::upstream::Fault;
use crate::upstream::saplab::{Listed, Panel, ShippingType, Success};

const NAME: Arg = Arg::required("name", Kind::Text, "its name");
const MIN_PRICE: Arg = Arg::required(
    "min_price",
    Kind::Integer,
    "from which price of an order it can be chosen, whole roubles",
);

/// A way of delivery.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ShippingRow {
    name: String,
    min_price: i64,
}

impl ListRow for ShippingRow {
    const WHAT: &'static str = "way of delivery";
    const KIND: Removed = Removed::ShippingType;
    const ADD: Title = Title {
        name: "saplab.shipping_types.add",
        about: "Add a way of delivery (POST /panel/order/shipping_type)",
    };
    const EDIT: Title = Title {
        name: "saplab.shipping_types.edit",
        about: "Replace a way of delivery (POST /panel/order/shipping_type/$ID)",
    };
    const REMOVE: Title = Title {
        name: "saplab.shipping_types.remove",
        about: "Remove a way of delivery (POST /panel/order/remove_shipping_type)",
    };
    const ADD_ARGS: &'static [Arg] = &[NAME, MIN_PRICE];
    const EDIT_ARGS: &'static [Arg] = &[ID, NAME, MIN_PRICE];
    type List = ListShippingTypes;

    fn list() -> ListShippingTypes {
        ListShippingTypes {}
    }

    async fn add(&self, panel: &Panel) -> Result<Success, Fault> {
        panel.add_shipping_type(&self.name, self.min_price).await
    }

    async fn edit(&self, panel: &Panel, id: i64) -> Result<Success, Fault> {
        panel.edit_shipping_type(id, &self.name, self.min_price).await
    }

    async fn remove(panel: &Panel, id: i64) -> Result<Success, Fault> {
        panel.remove_shipping_type(id).await
    }

    fn is_added(&self, list: &Listed<ShippingType>) -> Sight {
        let same = |one: &ShippingType| one.min_price == Some(self.min_price.into());
        let named = |one: &ShippingType| same_name(&one.name, &self.name);
        added(Self::WHAT, &list.rows, &list.rejected, named, same, |one| one.id)
    }

    fn ids(list: &Listed<ShippingType>) -> (Vec<i64>, &[String]) {
        (list.rows.iter().map(|one| one.id).collect(), &list.rejected)
    }
}
