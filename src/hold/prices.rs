//! What comes into `erp.supplier_prices`: rows of a list that would be deleted, lose their stock, or move in price.
//!
//! A list of which too many rows do is held as a whole: the mirror has it, the ERP keeps what it had, until a person
//! releases those rows or another list shows that it was a slip. Called with the differences of one list in the temporary
//! table `price_change`, before they are written.

use sqlx::PgConnection;

use super::book::{self, Page};
use crate::config::Guard;

/// Takes out of `price_change` what may not be written. Returns how many rows stay held.
pub(crate) async fn judge(tx: &mut PgConnection, guard: &Guard, supplier: &str, source: &str) -> sqlx::Result<i64> {
    suspect(tx, guard, supplier, source).await?;
    let page = Page {
        job: "prices",
        run_id: None,
        upstream: supplier,
        scope: Some(source),
        states: &["held", "refused"],
        small: guard.small,
    };
    book::keep(tx, &page).await?;
    let held: i64 = sqlx::query_scalar("SELECT count(*) FROM suspect")
        .fetch_one(&mut *tx)
        .await?;
    if held > 0 {
        sqlx::raw_sql("DELETE FROM price_change WHERE NOT released")
            .execute(&mut *tx)
            .await?;
    }
    // What was released is written now; the next list is judged anew.
    sqlx::query("DELETE FROM queue.pass WHERE upstream = $1 AND place = $2")
        .bind(supplier)
        .bind(source)
        .execute(&mut *tx)
        .await?;
    sqlx::raw_sql("DROP TABLE suspect").execute(tx).await?;
    Ok(held)
}

/// Fills `price_change` with what differs, each row with what it does to what the ERP has.
pub(crate) async fn collect(tx: &mut PgConnection, guard: &Guard, supplier: &str, source: &str) -> sqlx::Result<()> {
    book::lock(tx, supplier, Some(source)).await?;
    sqlx::query(
        "CREATE TEMP TABLE price_change ON COMMIT DROP AS
         SELECT d.*, p.article IS NOT NULL AS released
           FROM (SELECT x.*, action = 'delete' AS deletes,
                        action = 'update' AND quantity = 0 AND old_quantity IS DISTINCT FROM 0 AS empties,
                        action = 'update' AND old_price IS NOT NULL
                            AND abs(price - old_price) * 100 > old_price * $3::bigint AS reprices
                   FROM diff.supplier_price x WHERE supplier = $1 AND source = $2) d
           LEFT JOIN queue.pass p ON p.upstream = d.supplier AND p.place = d.source AND p.brand = d.brand
                 AND p.article = d.article AND p.new_value IS NOT DISTINCT FROM
                     CASE WHEN deletes THEN NULL WHEN empties THEN '0' WHEN reprices THEN d.price::text END",
    )
    .bind(supplier)
    .bind(source)
    .bind(guard.reprice_percent)
    .execute(&mut *tx)
    .await?;
    sqlx::raw_sql("ANALYZE price_change").execute(tx).await?;
    Ok(())
}

/// `suspect`: the rows of every kind of which there are too many.
async fn suspect(tx: &mut PgConnection, guard: &Guard, supplier: &str, source: &str) -> sqlx::Result<()> {
    sqlx::query(
        "CREATE TEMP TABLE suspect ON COMMIT DROP AS
         WITH tally AS (
             SELECT (SELECT count(*) FROM erp.supplier_prices e WHERE e.supplier = $1 AND e.source = $2) AS of,
                    count(*) FILTER (WHERE deletes AND NOT released) AS deleted,
                    count(*) FILTER (WHERE empties AND NOT released) AS emptied,
                    count(*) FILTER (WHERE reprices AND NOT released) AS repriced
               FROM price_change
         ), judged AS (
             SELECT *, least(floor($3 * of), $6) AS may_delete, least(floor($4 * of), $6) AS may_empty,
                    least(floor($5 * of), $6) AS may_reprice
               FROM tally
         ), verdict AS (
             SELECT *, deleted > $7 AND deleted > may_delete AS d, emptied > $7 AND emptied > may_empty AS z,
                    repriced > $7 AND repriced > may_reprice AS p
               FROM judged
         )
         SELECT $2::text AS scope, $2::text AS place, c.brand, c.article,
                CASE WHEN deletes THEN 'delete' WHEN empties THEN 'zero' ELSE 'reprice' END AS kind,
                CASE WHEN empties THEN old_quantity::text ELSE old_price::text END AS old_value,
                CASE WHEN deletes THEN NULL WHEN empties THEN '0' ELSE price::text END AS new_value,
                of,
                format('of %s rows of the list «%s» in the ERP ', of, $2::text) || concat_ws('; ',
                    CASE WHEN d THEN format('%s would be deleted, guard.max_delete_share and max_rows allow %s', deleted, may_delete) END,
                    CASE WHEN z THEN format('%s would have a stock of 0, guard.max_zero_share and max_rows allow %s', emptied, may_empty) END,
                    CASE WHEN p THEN format('the price of %s would move by more than %s %%, guard.max_reprice_share and max_rows allow %s', repriced, $8::bigint, may_reprice) END) AS why
           FROM price_change c CROSS JOIN verdict
          WHERE NOT c.released AND (c.deletes AND d OR c.empties AND z OR c.reprices AND p)",
    )
    .bind(supplier)
    .bind(source)
    .bind(guard.max_delete_share)
    .bind(guard.max_zero_share)
    .bind(guard.max_reprice_share)
    .bind((guard.max_rows > 0).then_some(guard.max_rows))
    .bind(guard.small)
    .bind(guard.reprice_percent)
    .execute(tx)
    .await?;
    Ok(())
}
