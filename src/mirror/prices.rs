//! Price lists: staged by COPY, checked as a whole, merged set-based; only rows that differ are touched.

use std::collections::BTreeMap;
use std::path::Path;

use sqlx::{PgConnection, PgPool};
use tokio::sync::mpsc;

use crate::config::{Guard, PriceList};
use crate::kill;
use crate::operation::ApplyError;
use crate::upstream::carreta::price_list::{self, Reader, Totals, Validators};

/// So many bytes of COPY data are collected before they are sent.
const CHUNK: usize = 256 * 1024;

/// What the last good version of a list said of itself; nothing if there is none.
pub(crate) async fn validators(pool: &PgPool, supplier: &str, source: &str) -> sqlx::Result<Validators> {
    let stored: Option<(Option<String>, Option<String>)> =
        sqlx::query_as("SELECT etag, last_modified FROM mirror.snapshot WHERE name = $1")
            .bind(snapshot(supplier, source))
            .fetch_optional(pool)
            .await?;
    let (etag, last_modified) = stored.unwrap_or_default();
    Ok(Validators { etag, last_modified })
}

/// Whether the list is the last good one again, byte by byte; then it has been seen now, and has these validators.
pub(crate) async fn is_same(
    tx: &mut PgConnection,
    supplier: &str,
    source: &str,
    digest: &str,
    validators: &Validators,
) -> sqlx::Result<bool> {
    let renewed = sqlx::query(
        "UPDATE mirror.snapshot SET taken_at = now(), etag = $3, last_modified = $4 WHERE name = $1 AND digest = $2",
    )
    .bind(snapshot(supplier, source))
    .bind(digest)
    .bind(&validators.etag)
    .bind(&validators.last_modified)
    .execute(tx)
    .await?;
    Ok(renewed.rows_affected() > 0)
}

/// The list is still the last good one.
pub(crate) async fn touch(tx: &mut PgConnection, supplier: &str, source: &str) -> sqlx::Result<()> {
    sqlx::query("UPDATE mirror.snapshot SET taken_at = now() WHERE name = $1")
        .bind(snapshot(supplier, source))
        .execute(tx)
        .await?;
    Ok(())
}

/// Copies a downloaded list into the temporary table `price_staged`. Memory does not grow with the list.
pub(crate) async fn stage(
    tx: &mut PgConnection,
    path: &Path,
    list: &PriceList,
    max_bytes: u64,
) -> Result<Totals, ApplyError> {
    sqlx::raw_sql(
        "DROP TABLE IF EXISTS price_staged;
         CREATE TEMP TABLE price_staged (
             brand text, article text, name text, price numeric, quantity int, quantity_text text, min_quantity int,
             days_min int, days_max int, line bigint) ON COMMIT DROP",
    )
    .execute(&mut *tx)
    .await?;
    let (chunks, mut chunk) = mpsc::channel(2);
    let (path, columns) = (path.to_owned(), list.columns.clone());
    let reading = tokio::task::spawn_blocking(move || read(&path, &columns, max_bytes, &chunks));
    let mut copy = tx.copy_in_raw("COPY price_staged FROM STDIN").await?;
    while let Some(rows) = chunk.recv().await {
        copy.send(rows.as_slice()).await?;
    }
    match reading.await.map_err(std::io::Error::other)? {
        Ok(totals) => {
            copy.finish().await?;
            Ok(totals)
        }
        Err(error) => {
            copy.abort("the list is refused").await?;
            Err(error)
        }
    }
}

/// Turns the file into chunks of COPY data; reading and decoding block, so this runs beside the executor. It ends early
/// when nobody takes the chunks any more.
fn read(
    path: &Path,
    columns: &BTreeMap<String, String>,
    max_bytes: u64,
    chunks: &mpsc::Sender<Vec<u8>>,
) -> Result<Totals, ApplyError> {
    let mut rows = Reader::new(price_list::open(path, max_bytes)?, columns)?;
    let mut chunk = Vec::with_capacity(CHUNK + 4096);
    for row in rows.by_ref().flatten() {
        price_list::copy_line(&row, &mut chunk);
        if chunk.len() >= CHUNK && chunks.blocking_send(std::mem::take(&mut chunk)).is_err() {
            break;
        }
    }
    // Nobody to take it means that the transaction is gone, and with it the need for the rows.
    let _ = chunks.blocking_send(chunk);
    Ok(rows.totals().clone())
}

/// Judges the staged list against the last good one and, if it is sound, makes the mirror equal to it. Returns what
/// changed, in words.
pub(crate) async fn merge(
    tx: &mut PgConnection,
    supplier: &str,
    source: &str,
    totals: &Totals,
    (validators, digest): (&Validators, &str),
    guard: &Guard,
) -> Result<String, ApplyError> {
    kill::point("list.staged");
    let name = snapshot(supplier, source);
    let last: Option<i64> = sqlx::query_scalar("SELECT rows FROM mirror.snapshot WHERE name = $1")
        .bind(&name)
        .fetch_optional(&mut *tx)
        .await?;
    price_list::check(totals, last.and_then(|rows| u64::try_from(rows).ok()), guard)?;
    // Of several lines for one article the cheapest counts, then the first.
    sqlx::query(
        "CREATE TEMP TABLE price_list ON COMMIT DROP AS
         SELECT DISTINCT ON (brand, article) $1::text AS supplier, $2::text AS source, brand, article, name, price,
                quantity, quantity_text, min_quantity, days_min, days_max
           FROM price_staged ORDER BY brand, article, price, line",
    )
    .bind(supplier)
    .bind(source)
    .execute(&mut *tx)
    .await?;
    sqlx::raw_sql("DROP TABLE price_staged; ANALYZE price_list")
        .execute(&mut *tx)
        .await?;
    let deleted = sqlx::query(
        "DELETE FROM mirror.price m
          WHERE m.supplier = $1 AND m.source = $2
            AND NOT EXISTS (SELECT FROM price_list l WHERE l.brand = m.brand AND l.article = m.article)",
    )
    .bind(supplier)
    .bind(source)
    .execute(&mut *tx)
    .await?;
    kill::point("list.half");
    let updated = sqlx::query(
        "UPDATE mirror.price m
            SET name = l.name, price = l.price, quantity = l.quantity, quantity_text = l.quantity_text,
                min_quantity = l.min_quantity, days_min = l.days_min, days_max = l.days_max
           FROM price_list l
          WHERE m.supplier = l.supplier AND m.source = l.source AND m.brand = l.brand AND m.article = l.article
            AND (m.name, m.price, m.quantity, m.quantity_text, m.min_quantity, m.days_min, m.days_max)
                IS DISTINCT FROM
                (l.name, l.price, l.quantity, l.quantity_text, l.min_quantity, l.days_min, l.days_max)",
    )
    .execute(&mut *tx)
    .await?;
    let inserted = sqlx::query(
        "INSERT INTO mirror.price (supplier, source, brand, article, name, price, quantity, quantity_text,
                                   min_quantity, days_min, days_max)
         SELECT l.* FROM price_list l
          WHERE NOT EXISTS (SELECT FROM mirror.price m
                             WHERE m.supplier = l.supplier AND m.source = l.source AND m.brand = l.brand
                               AND m.article = l.article)
         ON CONFLICT (supplier, source, brand, article) DO NOTHING",
    )
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "INSERT INTO mirror.snapshot (name, rows, taken_at, etag, last_modified, digest) VALUES ($1, $2, now(), $3, $4, $5)
         ON CONFLICT (name) DO UPDATE
            SET rows = excluded.rows, taken_at = now(), etag = excluded.etag, last_modified = excluded.last_modified,
                digest = excluded.digest",
    )
    .bind(&name)
    .bind(i64::try_from(totals.accepted()).unwrap_or(i64::MAX))
    .bind(&validators.etag)
    .bind(&validators.last_modified)
    .bind(digest)
    .execute(&mut *tx)
    .await?;
    sqlx::raw_sql("DROP TABLE price_list").execute(tx).await?;
    kill::point("list.merged");
    Ok(format!(
        "{} rows: {} new, {} changed, {} gone, {} left out",
        totals.accepted(),
        inserted.rows_affected(),
        updated.rows_affected(),
        deleted.rows_affected(),
        totals.rejected
    ))
}

fn snapshot(supplier: &str, source: &str) -> String {
    format!("{supplier}.prices:{source}")
}
