//! The differences between `erp` and `mirror`: SQL views, laid here and read by the jobs, by `plan` and by people.
//!
//! Nothing in Rust decides what differs; `migrations/views/diff.sql` does.

pub mod article;
pub(crate) mod difference;
pub mod explain;
pub(crate) mod figures;
pub mod plan;
pub mod purchases;
mod status_map;
pub(crate) mod tally;
mod views;

pub use status_map::holes as status_map_holes;
pub use views::{ViewsError, lay_views};

/// A transaction to read the views as a whole in. Over a whole catalogue they sort and hash it all: once in a while, and
/// better not on the disk.
async fn roomy(pool: &sqlx::PgPool) -> sqlx::Result<sqlx::Transaction<'static, sqlx::Postgres>> {
    let mut tx = pool.begin().await?;
    sqlx::query("SET LOCAL work_mem = '64MB'").execute(&mut *tx).await?;
    Ok(tx)
}
