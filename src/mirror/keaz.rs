//! Warehouses and remains at KEAZ.
//!
//! A list shows how things stood while it was made. What has been acknowledged since it was asked for is newer, and is
//! left alone by it. What becomes of a remain goes into `mirror.remain_change` in the same statement.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;

use super::drift;
use crate::kill;
use crate::upstream::keaz::{Remain, Warehouse};

/// The whole list of warehouses as asked for at that time: what is not in it is gone. `before`: when the last good one
/// was taken. Returns how many somebody else had changed.
pub(crate) async fn replace_warehouses(
    tx: &mut PgConnection,
    rows: &[Warehouse],
    asked_at: DateTime<Utc>,
    before: Option<DateTime<Utc>>,
) -> sqlx::Result<i64> {
    let codes: Vec<_> = rows.iter().map(|row| row.code.as_str()).collect();
    list_warehouses(tx, rows).await?;
    let drifted = drift::of_warehouses(tx, asked_at, before).await?;
    sqlx::query("DELETE FROM mirror.keaz_warehouse WHERE code <> ALL($1) AND seen_at < $2")
        .bind(codes)
        .bind(asked_at)
        .execute(&mut *tx)
        .await?;
    let newer: Vec<String> = sqlx::query_scalar("SELECT code FROM mirror.keaz_warehouse WHERE seen_at >= $1")
        .bind(asked_at)
        .fetch_all(&mut *tx)
        .await?;
    let rows: Vec<_> = rows.iter().filter(|row| !newer.contains(&row.code)).cloned().collect();
    set_warehouses(tx, &rows).await?;
    drift::mend(tx, "warehouse").await?;
    sqlx::raw_sql("DROP TABLE listed_warehouse").execute(tx).await?;
    Ok(drifted)
}

async fn list_warehouses(tx: &mut PgConnection, rows: &[Warehouse]) -> sqlx::Result<()> {
    let codes: Vec<_> = rows.iter().map(|row| row.code.as_str()).collect();
    let addresses: Vec<_> = rows.iter().map(|row| row.address.as_deref()).collect();
    let contacts: Vec<_> = rows.iter().map(|row| row.contacts.as_deref()).collect();
    sqlx::query(
        "CREATE TEMP TABLE listed_warehouse ON COMMIT DROP AS
         SELECT DISTINCT ON (code) code, address, contacts
           FROM unnest($1::text[], $2::text[], $3::text[]) AS x (code, address, contacts) ORDER BY code",
    )
    .bind(codes)
    .bind(addresses)
    .bind(contacts)
    .execute(tx)
    .await?;
    Ok(())
}

/// Warehouses that KEAZ has; a field it does not mention stays as it was.
pub(crate) async fn set_warehouses(tx: &mut PgConnection, rows: &[Warehouse]) -> sqlx::Result<()> {
    let codes: Vec<_> = rows.iter().map(|row| row.code.as_str()).collect();
    let addresses: Vec<_> = rows.iter().map(|row| row.address.as_deref()).collect();
    let contacts: Vec<_> = rows.iter().map(|row| row.contacts.as_deref()).collect();
    sqlx::query(
        "INSERT INTO mirror.keaz_warehouse AS m (code, address, contacts)
         SELECT DISTINCT ON (code) code, address, contacts
           FROM unnest($1::text[], $2::text[], $3::text[]) AS x (code, address, contacts)
          ORDER BY code
         ON CONFLICT (code) DO UPDATE
            SET address = coalesce(excluded.address, m.address), contacts = coalesce(excluded.contacts, m.contacts),
                seen_at = now()
          WHERE (m.address, m.contacts) IS DISTINCT FROM
                (coalesce(excluded.address, m.address), coalesce(excluded.contacts, m.contacts))",
    )
    .bind(codes)
    .bind(addresses)
    .bind(contacts)
    .execute(tx)
    .await?;
    Ok(())
}

/// Warehouses that KEAZ has deleted. Their remains are forgotten too: whether KEAZ keeps them is not documented, and
/// what is not known to be there is published again.
pub(crate) async fn delete_warehouses(tx: &mut PgConnection, codes: &[&str]) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM mirror.keaz_warehouse WHERE code = ANY($1)")
        .bind(codes)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "WITH gone AS (DELETE FROM mirror.keaz_remain WHERE warehouse = ANY($1) RETURNING warehouse, article, quantity)
         INSERT INTO mirror.remain_change (warehouse, article, old, by)
         SELECT warehouse, article, quantity, 'pushed' FROM gone",
    )
    .bind(codes)
    .execute(tx)
    .await?;
    Ok(())
}

/// The whole list of remains as asked for at that time: what is not in it is gone. Only what differs is touched.
/// `before`: when the last good list was taken. Returns how many somebody else had changed.
pub(crate) async fn replace_remains(
    tx: &mut PgConnection,
    rows: &[Remain],
    asked_at: DateTime<Utc>,
    before: Option<DateTime<Utc>>,
) -> sqlx::Result<i64> {
    let (warehouses, articles, quantities) = columns(rows);
    sqlx::query(
        "CREATE TEMP TABLE listed ON COMMIT DROP AS
         SELECT DISTINCT ON (warehouse, article) warehouse, article, quantity, $4::timestamptz AS asked_at
           FROM unnest($1::text[], $2::text[], $3::numeric[]) AS x (warehouse, article, quantity)
          ORDER BY warehouse, article",
    )
    .bind(warehouses)
    .bind(articles)
    .bind(quantities)
    .bind(asked_at)
    .execute(&mut *tx)
    .await?;
    sqlx::raw_sql("ANALYZE listed").execute(&mut *tx).await?;
    let drifted = drift::of_remains(tx, asked_at, before).await?;
    take_out_unlisted(tx, asked_at).await?;
    kill::point("snapshot.half");
    take_in_listed(tx, asked_at, before).await?;
    drift::mend(tx, "remain").await?;
    sqlx::raw_sql("DROP TABLE listed").execute(tx).await?;
    kill::point("snapshot.merged");
    Ok(drifted)
}

async fn take_out_unlisted(tx: &mut PgConnection, asked_at: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "WITH gone AS (
             DELETE FROM mirror.keaz_remain m
              WHERE m.seen_at < $1
                AND NOT EXISTS (SELECT FROM listed l WHERE l.warehouse = m.warehouse AND l.article = m.article)
             RETURNING m.warehouse, m.article, m.quantity
         )
         INSERT INTO mirror.remain_change (warehouse, article, old, by)
         SELECT warehouse, article, quantity, 'seen' FROM gone",
    )
    .bind(asked_at)
    .execute(tx)
    .await?;
    Ok(())
}

/// Changed rows, then new ones; of a first list no new row is a change.
async fn take_in_listed(
    tx: &mut PgConnection,
    asked_at: DateTime<Utc>,
    before: Option<DateTime<Utc>>,
) -> sqlx::Result<()> {
    sqlx::query(
        "WITH changed AS MATERIALIZED (
             SELECT m.warehouse, m.article, m.quantity AS old, l.quantity AS new
               FROM listed l JOIN mirror.keaz_remain m ON l.warehouse = m.warehouse AND l.article = m.article
              WHERE l.quantity IS DISTINCT FROM m.quantity AND m.seen_at < $1
         ), set AS (
             UPDATE mirror.keaz_remain m SET quantity = c.new, seen_at = now()
               FROM changed c
              WHERE c.warehouse = m.warehouse AND c.article = m.article AND m.seen_at < $1
             RETURNING m.warehouse, m.article, c.old, c.new
         )
         INSERT INTO mirror.remain_change (warehouse, article, old, new, by)
         SELECT warehouse, article, old, new, 'seen' FROM set",
    )
    .bind(asked_at)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "WITH fresh AS (
             INSERT INTO mirror.keaz_remain (warehouse, article, quantity)
             SELECT l.warehouse, l.article, l.quantity FROM listed l
              WHERE NOT EXISTS (SELECT FROM mirror.keaz_remain m
                                 WHERE l.warehouse = m.warehouse AND l.article = m.article)
             ON CONFLICT (warehouse, article) DO NOTHING
             RETURNING warehouse, article, quantity
         )
         INSERT INTO mirror.remain_change (warehouse, article, new, by)
         SELECT warehouse, article, quantity, 'seen' FROM fresh WHERE $1",
    )
    .bind(before.is_some())
    .execute(tx)
    .await?;
    Ok(())
}

/// Remains that KEAZ acknowledged. One that it never had before is no change; one that comes back is.
pub(crate) async fn set_remains<'a>(
    tx: &mut PgConnection,
    rows: impl IntoIterator<Item = &'a Remain>,
) -> sqlx::Result<()> {
    let (warehouses, articles, quantities) = columns(rows);
    sqlx::query(
        "WITH given AS MATERIALIZED (
             SELECT * FROM unnest($1::text[], $2::text[], $3::numeric[]) AS x (warehouse, article, quantity)
         ), known AS MATERIALIZED (
             SELECT m.warehouse, m.article, m.quantity FROM given g JOIN mirror.keaz_remain m USING (warehouse, article)
         ), set AS (
             INSERT INTO mirror.keaz_remain (warehouse, article, quantity) SELECT * FROM given ORDER BY 1, 2
             ON CONFLICT (warehouse, article) DO UPDATE SET quantity = excluded.quantity, seen_at = now()
         )
         INSERT INTO mirror.remain_change (warehouse, article, old, new, by)
         SELECT g.warehouse, g.article, k.quantity, g.quantity, 'pushed'
           FROM given g LEFT JOIN known k USING (warehouse, article)
          WHERE CASE WHEN k.article IS NOT NULL THEN k.quantity IS DISTINCT FROM g.quantity
                     ELSE EXISTS (SELECT FROM mirror.remain_change c
                                   WHERE c.article = g.article AND c.warehouse = g.warehouse) END",
    )
    .bind(warehouses)
    .bind(articles)
    .bind(quantities)
    .execute(tx)
    .await?;
    Ok(())
}

/// Remains that KEAZ has deleted.
pub(crate) async fn delete_remains(tx: &mut PgConnection, warehouse: &str, articles: &[&str]) -> sqlx::Result<()> {
    sqlx::query(
        "WITH gone AS (
             DELETE FROM mirror.keaz_remain WHERE warehouse = $1 AND article = ANY($2) RETURNING article, quantity
         )
         INSERT INTO mirror.remain_change (warehouse, article, old, by) SELECT $1, article, quantity, 'pushed' FROM gone",
    )
    .bind(warehouse)
    .bind(articles)
    .execute(tx)
    .await?;
    Ok(())
}

type Columns<'a> = (Vec<&'a str>, Vec<&'a str>, Vec<Option<Decimal>>);

fn columns<'a>(rows: impl IntoIterator<Item = &'a Remain>) -> Columns<'a> {
    let mut columns = Columns::default();
    for row in rows {
        columns.0.push(&row.warehouse);
        columns.1.push(&row.article);
        columns.2.push(row.quantity);
    }
    columns
}
