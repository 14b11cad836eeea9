//! What each upstream last said or acknowledged: set-based writes of the tables of schema `mirror`.
//!
//! Called by the operations, inside the transaction that ends a call. Reading happens in the diff views.

pub(crate) mod carreta;
pub(crate) mod keaz;
pub(crate) mod prices;
pub(crate) mod saplab;
pub(crate) mod snapshot;
