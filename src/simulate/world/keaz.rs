//! What KEAZ keeps of one distributor.

use std::collections::BTreeMap;

use serde::Serialize;

/// Warehouses by code, and the quantity by (warehouse, article).
#[derive(Clone, Debug, Default)]
pub struct Keaz {
    /// By code.
    pub warehouses: BTreeMap<String, Warehouse>,
    /// By (warehouse code, article).
    pub remains: BTreeMap<(String, String), u64>,
    /// The last inner id given to a warehouse.
    pub last_id: u64,
}

/// One warehouse, as KEAZ stores it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Warehouse {
    /// Inner id: can be filtered by, is never shown.
    pub id: u64,
    /// The distributor's own code, a text.
    pub code: String,
    /// Name.
    pub name: String,
    /// Address.
    pub address: String,
    /// Contacts.
    pub contacts: String,
}
