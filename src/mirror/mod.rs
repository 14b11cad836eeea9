//! What each upstream last said or acknowledged: set-based writes of the tables of schema `mirror`.
//!
//! Called by the operations, inside the transaction that ends a call. Reading happens in the diff views.

pub(crate) mod carreta;
pub(crate) mod drift;
pub(crate) mod keaz;
pub(crate) mod offers;
pub(crate) mod prices;
pub(crate) mod purchases;
pub(crate) mod saplab;
pub(crate) mod saplab_reference;
pub(crate) mod shop;
pub(crate) mod snapshot;

use chrono::{DateTime, Utc};
use sqlx::PgPool;

/// The database's clock: read before a list is asked for, to tell what was acknowledged since.
pub(crate) async fn clock(pool: &PgPool) -> sqlx::Result<DateTime<Utc>> {
    sqlx::query_scalar("SELECT clock_timestamp()").fetch_one(pool).await
}
