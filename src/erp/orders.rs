//! Saplab positions for the ERP: inserted once with the mapped status, then refreshed, except for the status.

use sqlx::PgConnection;

/// Writes what `diff.order` shows of these positions.
pub(crate) async fn write(tx: &mut PgConnection, positions: &[i64]) -> sqlx::Result<()> {
    write_some(tx, Some(positions)).await
}

/// Writes all that `diff.order` shows.
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
          WHERE d.saplab_id = e.saplab_id AND d.action = 'update' AND ($1 IS NULL OR d.saplab_id = ANY($1))",
    )
    .bind(positions)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "INSERT INTO erp.orders (saplab_id, invoice, client_id, client_name, brand, article, name, quantity, price,
                                 total, status, is_paid, created_at, updated_at)
         SELECT saplab_id, invoice, client_id, client_name, brand, article, name, quantity, price, total, status,
                is_paid, created_at, updated_at
           FROM diff.\"order\" WHERE action = 'insert' AND saplab_id = ANY($1)
          ORDER BY saplab_id",
    )
    .bind(positions)
    .execute(tx)
    .await?;
    Ok(())
}
