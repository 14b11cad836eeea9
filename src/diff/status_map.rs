//! Whether `[saplab.status_map]` is complete: every entry names a status of the shop, every ERP status in use an entry.

use sqlx::{Executor, Postgres};

/// What is missing, in words. Empty while there is no map: then no status is pushed.
pub async fn holes<'c>(executor: impl Executor<'c, Database = Postgres>) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT 'Saplab has no status «' || saplab_text || '», wanted for ERP status «' || erp_status || '»'
           FROM mirror.saplab_status_map WHERE saplab_status_id IS NULL
          UNION ALL
         SELECT DISTINCT 'ERP status «' || status || '» is in use and not in [saplab.status_map]' FROM erp.orders o
          WHERE status IS NOT NULL AND NOT EXISTS (SELECT FROM mirror.saplab_status_map m WHERE m.erp_status = o.status)
            AND EXISTS (SELECT FROM mirror.saplab_status_map)",
    )
    .fetch_all(executor)
    .await
}
