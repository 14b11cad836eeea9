//! What became of purchases, for the ERP: only rows that differ are touched.

use sqlx::PgConnection;

use crate::kill;

/// Writes what `diff.purchase` shows of purchases that were taken up or cannot be.
pub(crate) async fn write(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE erp.purchase_orders e
            SET status = d.status, supplier_order_id = d.supplier_order_id, supplier_number = d.supplier_number,
                supplier_status = d.supplier_status, error = d.error, updated_at = now()
           FROM diff.purchase d
          WHERE d.action IN ('update', 'refuse') AND d.id = e.id",
    )
    .execute(tx)
    .await?;
    kill::point("erp.purchases");
    Ok(())
}
