//! Suppliers' prices for the ERP: only rows that differ from the last good list, or the last search, are touched.

use sqlx::PgConnection;

use crate::config::Guard;
use crate::diff::difference::Difference;
use crate::hold;
use crate::kill;
use crate::plan;

/// Writes what `diff.supplier_price` shows of one list, unless the guard holds it. Returns how many rows it does.
pub(crate) async fn write(tx: &mut PgConnection, guard: &Guard, supplier: &str, source: &str) -> sqlx::Result<i64> {
    hold::prices::collect(tx, guard, supplier, source).await?;
    let held = hold::prices::judge(tx, guard, supplier, source).await?;
    write_changes(tx).await?;
    kill::point("erp.prices");
    Ok(held)
}

/// Writes what is left in `price_change`.
async fn write_changes(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "DELETE FROM erp.supplier_prices e USING price_change d
          WHERE d.action = 'delete' AND e.supplier = d.supplier AND e.source = d.source AND e.brand = d.brand
            AND e.article = d.article;
         UPDATE erp.supplier_prices e
            SET name = d.name, price = d.price, quantity = d.quantity, quantity_text = d.quantity_text,
                min_quantity = d.min_quantity, days_min = d.days_min, days_max = d.days_max, updated_at = now()
           FROM price_change d
          WHERE d.action = 'update' AND e.supplier = d.supplier AND e.source = d.source AND e.brand = d.brand
            AND e.article = d.article;
         INSERT INTO erp.supplier_prices (supplier, source, brand, article, name, price, quantity, quantity_text,
                                          min_quantity, days_min, days_max, updated_at)
         SELECT supplier, source, brand, article, name, price, quantity, quantity_text, min_quantity, days_min,
                days_max, now()
           FROM price_change WHERE action = 'insert';
         DROP TABLE price_change",
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Writes what a plan shows, as far as it still is so and the guard does not hold its list.
pub(crate) async fn write_planned(tx: &mut PgConnection, guard: &Guard, plan: i64) -> sqlx::Result<()> {
    // No supplier's name has a stroke in it; a list's may.
    let lists: Vec<(String, String)> = sqlx::query_as(
        "SELECT DISTINCT split_part(place, '/', 1), substr(place, strpos(place, '/') + 1) FROM queue.plan_row
          WHERE plan_id = $1 AND kind = 'price' AND held IS NULL AND state IS NULL",
    )
    .bind(plan)
    .fetch_all(&mut *tx)
    .await?;
    for (supplier, source) in lists {
        hold::prices::collect(tx, guard, &supplier, &source).await?;
        hold::prices::judge(tx, guard, &supplier, &source).await?;
        write_shown(tx, Difference::Price, plan).await?;
    }
    let spots = "CREATE TEMP TABLE price_change ON COMMIT DROP AS SELECT * FROM diff.spot_price WHERE held IS NULL";
    sqlx::raw_sql(spots).execute(&mut *tx).await?;
    write_shown(tx, Difference::Spot, plan).await
}

/// Of `price_change`, what the plan shows.
async fn write_shown(tx: &mut PgConnection, kind: Difference, plan: i64) -> sqlx::Result<()> {
    let shown = plan::shown(kind, "$1");
    let mark = kind.mark();
    for sql in [
        format!("DELETE FROM price_change d WHERE NOT {shown}"),
        format!(
            "UPDATE queue.plan_row p SET state = 'done'
               FROM price_change d WHERE p.plan_id = $1 AND p.kind = '{kind}' AND p.mark = {mark} AND p.held IS NULL"
        ),
    ] {
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(plan)
            .execute(&mut *tx)
            .await?;
    }
    write_changes(tx).await
}

/// Writes what `diff.spot_price` shows of one search: nothing, unless its article is watched. There are many searches of
/// few rows each, so no table is made for them.
pub(crate) async fn write_spot(tx: &mut PgConnection, supplier: &str, searched: &str) -> sqlx::Result<()> {
    sqlx::query(
        "WITH d AS MATERIALIZED (
             SELECT * FROM diff.spot_price WHERE supplier = $1 AND searched = $2 AND held IS NULL
         ), deleted AS (
             DELETE FROM erp.supplier_prices e USING d
              WHERE d.action = 'delete' AND e.supplier = d.supplier AND e.source = d.source AND e.brand = d.brand
                AND e.article = d.article
         ), updated AS (
             UPDATE erp.supplier_prices e
                SET name = d.name, price = d.price, quantity = d.quantity, quantity_text = d.quantity_text,
                    min_quantity = d.min_quantity, days_min = d.days_min, days_max = d.days_max, updated_at = now()
               FROM d
              WHERE d.action = 'update' AND e.supplier = d.supplier AND e.source = d.source AND e.brand = d.brand
                AND e.article = d.article
         )
         INSERT INTO erp.supplier_prices (supplier, source, brand, article, name, price, quantity, quantity_text,
                                          min_quantity, days_min, days_max, updated_at)
         SELECT supplier, source, brand, article, name, price, quantity, quantity_text, min_quantity, days_min,
                days_max, now()
           FROM d WHERE action = 'insert'",
    )
    .bind(supplier)
    .bind(searched)
    .execute(tx)
    .await?;
    Ok(())
}

/// Lets the planner know at once how large the two tables have become: with yesterday's statistics the next comparison
/// of a whole list would take minutes. A company's view is passed over by PostgreSQL with a warning.
pub(crate) async fn analyze(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql("ANALYZE mirror.price; ANALYZE erp.supplier_prices")
        .execute(tx)
        .await?;
    Ok(())
}
