//! What the daemon writes for the ERP: rows of `diff.order` into `erp.orders`, of `diff.supplier_price` into
//! `erp.supplier_prices`.
//!
//! Plain INSERT, UPDATE and DELETE only: a company's view with INSTEAD OF triggers knows no ON CONFLICT.

pub(crate) mod orders;
pub(crate) mod prices;
pub(crate) mod purchases;
