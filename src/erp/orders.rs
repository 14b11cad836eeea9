//! Saplab positions for the ERP: inserted once with the mapped status, then refreshed, except for the status.

use sqlx::PgConnection;

use crate::diff::difference::Difference;
use crate::kill;
use crate::plan;

/// Writes what `diff.order` shows of these positions and does not hold.
pub(crate) async fn write(tx: &mut PgConnection, positions: &[i64]) -> sqlx::Result<()> {
    write_some(tx, Some(positions)).await
}

/// Writes all that `diff.order` shows and does not hold.
pub(crate) async fn write_all(tx: &mut PgConnection) -> sqlx::Result<()> {
    write_some(tx, None).await
}

async fn write_some(tx: &mut PgConnection, positions: Option<&[i64]>) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE erp.orders e
            SET invoice = d.invoice, client_id = d.client_id, client_name = d.client_name, brand = d.brand,
                article = d.article, name = d.name, quantity = d.quantity, price = d.price, total = d.total,
                is_paid = d.is_paid, created_at = d.created_at, updated_at = d.updated_at
           FROM diff.\"order\" d
          WHERE d.saplab_id = e.saplab_id AND d.action = 'update' AND d.held IS NULL AND ($1 IS NULL OR d.saplab_id = ANY($1))",
    )
    .bind(positions)
    .execute(&mut *tx)
    .await?;
    kill::point("erp.half");
    sqlx::query(
        "INSERT INTO erp.orders (saplab_id, invoice, client_id, client_name, brand, article, name, quantity, price,
                                 total, status, is_paid, created_at, updated_at)
         SELECT saplab_id, invoice, client_id, client_name, brand, article, name, quantity, price, total, status,
                is_paid, created_at, updated_at
           FROM diff.\"order\" WHERE action = 'insert' AND held IS NULL AND saplab_id = ANY($1)
          ORDER BY saplab_id",
    )
    .bind(positions)
    .execute(tx)
    .await?;
    kill::point("erp.written");
    Ok(())
}

/// Writes what a plan shows, as far as it still is so.
pub(crate) async fn write_planned(tx: &mut PgConnection, plan: i64) -> sqlx::Result<()> {
    let sql = format!(
        "WITH d AS MATERIALIZED (
             SELECT * FROM diff.\"order\" d WHERE held IS NULL AND {}
         ), updated AS (
             UPDATE erp.orders e
                SET invoice = d.invoice, client_id = d.client_id, client_name = d.client_name, brand = d.brand,
                    article = d.article, name = d.name, quantity = d.quantity, price = d.price, total = d.total,
                    is_paid = d.is_paid, created_at = d.created_at, updated_at = d.updated_at
               FROM d WHERE d.action = 'update' AND d.saplab_id = e.saplab_id
         ), inserted AS (
             INSERT INTO erp.orders (saplab_id, invoice, client_id, client_name, brand, article, name, quantity, price,
                                     total, status, is_paid, created_at, updated_at)
             SELECT saplab_id, invoice, client_id, client_name, brand, article, name, quantity, price, total, status,
                    is_paid, created_at, updated_at
               FROM d WHERE action = 'insert'
         )
         UPDATE queue.plan_row p SET state = 'done'
           FROM d WHERE p.plan_id = $1 AND p.kind = 'order' AND p.row = d.saplab_id::text AND p.held IS NULL",
        plan::shown(Difference::Order, "$1")
    );
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(plan).execute(tx).await?;
    Ok(())
}

/// Where Saplab and the ERP agree on a status, that is remembered; with `accept`, a status that somebody has changed in
/// Saplab since then becomes the ERP's, as far as the map gives one.
pub(crate) async fn agree(tx: &mut PgConnection, accept: bool) -> sqlx::Result<()> {
    if accept {
        sqlx::query(
            "UPDATE erp.orders e SET status = w.erp_status
               FROM diff.order_status d
               JOIN mirror.saplab_order m ON m.id = d.saplab_id
              CROSS JOIN LATERAL (
                   SELECT erp_status FROM mirror.saplab_status_map
                    WHERE saplab_status_id = m.status_id ORDER BY position LIMIT 1) w
              WHERE e.saplab_id = d.saplab_id AND d.new_status_id = m.agreed_status_id",
        )
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query(
        "UPDATE mirror.saplab_order m SET agreed_status_id = m.status_id
           FROM erp.orders e JOIN mirror.saplab_status_map w ON w.erp_status = e.status
          WHERE e.saplab_id = m.id AND w.saplab_status_id = m.status_id
            AND m.agreed_status_id IS DISTINCT FROM m.status_id",
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether `erp.orders` takes an UPDATE: a table of ours, and many a view of the company's.
pub(crate) async fn can_be_set(tx: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT pg_relation_is_updatable('erp.orders'::regclass, true) & 4 = 4")
        .fetch_one(tx)
        .await
}
