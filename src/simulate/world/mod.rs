//! The state of the simulated companies: plain data that requests read and change, and that tests may set.

mod carreta;
mod keaz;
mod saplab;
mod shop;

pub use carreta::{Carreta, HistoryLine, Offer, Order, Profile, STATUSES as CARRETA_STATUSES};
pub use keaz::{Keaz, Warehouse};
pub use saplab::{
    CartLine, Client, Group, Manager, Part, Position, PositionEvent, Saplab, ShippingType, Status, Transaction,
};

/// Everything that the three upstreams know. `Default` is a shop with its usual statuses, shipping types and two
/// clients, without orders; a KEAZ without warehouses; a Carreta without offers and price lists.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The manufacturer's site.
    pub keaz: Keaz,
    /// The shop.
    pub saplab: Saplab,
    /// The supplier.
    pub carreta: Carreta,
}
