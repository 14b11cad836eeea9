//! What would be done now, row by row, for people: the diff views read as they are.

use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use crate::job::Job;

/// One row that differs.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Change {
    /// The job that would write it.
    pub job: String,
    /// add, insert, update, delete; place, refuse
    pub action: String,
    /// Which row.
    pub row: String,
    /// What stands there now; empty = nothing.
    pub old: Option<String>,
    /// What would stand there.
    pub new: Option<String>,
    /// Why it is not written although it differs.
    pub held: Option<String>,
}

/// How many rows of one job differ.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub struct Total {
    /// The job.
    pub job: String,
    /// add, insert, update, delete
    pub action: String,
    /// Rows that would be written.
    pub rows: i64,
    /// Rows that are held.
    pub held: i64,
}

/// Every view of schema `diff` in one shape. `$1`: the jobs asked for.
const CHANGES: &str = "
    SELECT 'warehouses' AS job, action, code AS row,
           concat_ws('; ', old_address, old_contacts) AS old, concat_ws('; ', new_address, new_contacts) AS new, held
      FROM diff.warehouse WHERE 'warehouses' = ANY($1)
    UNION ALL
    SELECT 'stock', action, warehouse || '/' || article, old_quantity::text,
           new_quantity::text || CASE WHEN reserved <> 0 OR held_back <> 0
                THEN ' (ERP ' || on_hand || ', reserved ' || reserved || ', held back ' || held_back || ')' ELSE '' END, held
      FROM diff.remain WHERE 'stock' = ANY($1)
    UNION ALL
    SELECT 'orders', 'update', saplab_id::text, old_status, coalesce(new_status, erp_status), held
      FROM diff.order_status WHERE 'orders' = ANY($1)
    UNION ALL
    SELECT 'orders', action, saplab_id::text, NULL, concat_ws(' ', invoice, brand, article), held
      FROM diff.\"order\" WHERE 'orders' = ANY($1)
    UNION ALL
    SELECT 'prices', action, supplier || '/' || source || '/' || brand || '/' || article, old_price::text, price::text, held
      FROM diff.supplier_price WHERE 'prices' = ANY($1)
    UNION ALL
    SELECT 'prices', action, supplier || '/' || source || '/' || brand || '/' || article, old_price::text, price::text, held
      FROM diff.spot_price WHERE 'prices' = ANY($1)
    UNION ALL
    SELECT 'purchases', action, id::text, NULL,
           concat_ws(' ', supplier, brand, article, quantity || ' pcs', status, supplier_number, supplier_status, error), held
      FROM diff.purchase WHERE 'purchases' = ANY($1)";

/// The rows that differ, at most `limit`.
pub async fn changes(pool: &PgPool, jobs: &[Job], limit: i64) -> sqlx::Result<Vec<Change>> {
    let sql = format!("SELECT * FROM ({CHANGES}) c ORDER BY job, row, action LIMIT $2");
    let mut tx = super::roomy(pool).await?;
    let changes = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(names(jobs))
        .bind(limit)
        .fetch_all(&mut *tx)
        .await?;
    tx.rollback().await?;
    Ok(changes)
}

/// The rows that differ, counted.
pub async fn totals(pool: &PgPool, jobs: &[Job]) -> sqlx::Result<Vec<Total>> {
    let sql = format!(
        "SELECT job, action, count(*) FILTER (WHERE held IS NULL) AS rows, count(held) AS held
           FROM ({CHANGES}) c GROUP BY job, action ORDER BY job, action"
    );
    let mut tx = super::roomy(pool).await?;
    let totals = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(names(jobs))
        .fetch_all(&mut *tx)
        .await?;
    tx.rollback().await?;
    Ok(totals)
}

fn names(jobs: &[Job]) -> Vec<&'static str> {
    jobs.iter().map(|job| job.as_str()).collect()
}
