//! What became of purchases, for the ERP: only rows that differ are touched.

use sqlx::PgConnection;

use crate::diff::difference::Difference;
use crate::kill;
use crate::plan;

/// Writes what `diff.purchase` shows of purchases that were taken up or cannot be.
pub(crate) async fn write(tx: &mut PgConnection) -> sqlx::Result<()> {
    write_some(tx, None).await
}

async fn write_some(tx: &mut PgConnection, plan: Option<i64>) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE erp.purchase_orders e
            SET status = d.status, supplier_order_id = d.supplier_order_id, supplier_number = d.supplier_number,
                supplier_status = d.supplier_status, error = d.error, updated_at = now()
           FROM diff.purchase d
          WHERE d.action IN ('update', 'refuse') AND d.id = e.id
            AND ($1::bigint IS NULL OR d.id IN (SELECT id FROM mirror.purchase WHERE plan_id = $1))",
    )
    .bind(plan)
    .execute(tx)
    .await?;
    kill::point("erp.purchases");
    Ok(())
}

/// Writes what a plan shows, as far as it still is so.
pub(crate) async fn write_planned(tx: &mut PgConnection, plan: i64) -> sqlx::Result<()> {
    let sql = format!(
        "WITH d AS MATERIALIZED (
             SELECT * FROM diff.purchase d WHERE action IN ('update', 'refuse') AND held IS NULL AND {}
         ), written AS (
             UPDATE erp.purchase_orders e
                SET status = d.status, supplier_order_id = d.supplier_order_id, supplier_number = d.supplier_number,
                    supplier_status = d.supplier_status, error = d.error, updated_at = now()
               FROM d WHERE d.id = e.id
         )
         UPDATE queue.plan_row p SET state = 'done'
           FROM d WHERE p.plan_id = $1 AND p.kind = 'purchase' AND p.row = d.id::text AND p.held IS NULL",
        plan::shown(Difference::Purchase, "$1")
    );
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(plan).execute(tx).await?;
    Ok(())
}

/// What became of the purchases that were taken up for a plan.
pub(crate) async fn write_of_plan(tx: &mut PgConnection, plan: i64) -> sqlx::Result<()> {
    write_some(tx, Some(plan)).await
}
