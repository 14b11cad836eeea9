//! What a search found at a supplier. Each search takes the place of the one before it for the same article.

use std::borrow::Cow;

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};

/// One offer, of whichever supplier.
#[derive(Clone, Debug)]
pub(crate) struct Offer<'a> {
    /// The code of where the supplier has it from.
    pub(crate) source: &'a str,
    pub(crate) brand: &'a str,
    pub(crate) article: &'a str,
    pub(crate) name: &'a str,
    /// Roubles for one unit.
    pub(crate) price: Decimal,
    /// Units, where the supplier gives a number.
    pub(crate) quantity: Option<i64>,
    /// As the supplier writes it.
    pub(crate) quantity_text: Option<Cow<'a, str>>,
    /// The most that can be ordered; `None` = nothing can.
    pub(crate) most: Option<i64>,
    /// Units that an order must be a multiple of.
    pub(crate) min_quantity: Option<i64>,
    pub(crate) days_min: Option<i64>,
    pub(crate) days_max: Option<i64>,
    pub(crate) is_cross: Option<bool>,
    /// Of delivery, in per cent.
    pub(crate) probability: Option<i64>,
    /// What the supplier wants to have back with an order.
    pub(crate) ticket: Option<Value>,
}

/// What was searched for, as `mirror.offer.searched` has it.
pub(crate) fn searched(article: &str, brand: Option<&str>) -> String {
    let article = article.trim().to_uppercase();
    brand.map_or(article.clone(), |brand| {
        format!("{article}/{}", brand.trim().to_uppercase())
    })
}

/// Replaces what is known of this search, and lets the purchases that wait for it go on. Returns the
/// numbers of the offers, in their order. `is_whole`: every offer of the answer could be read.
pub(crate) async fn set(
    tx: &mut PgConnection,
    supplier: &str,
    searched: &str,
    article: &str,
    offers: &[Offer<'_>],
    is_whole: bool,
) -> sqlx::Result<Vec<i64>> {
    begin(tx, supplier, searched, article, is_whole).await?;
    // An offer that is found again on the same terms keeps its number: an order of it that is on its way stays good.
    let ids = sqlx::query_scalar(
        "WITH found AS (
             SELECT x.*, to_jsonb(x) - ARRAY['ticket', 'ordinality'] AS terms
               FROM ROWS FROM (jsonb_to_recordset($3) AS (
                    source text, brand text, article text, name text, price numeric, quantity int, quantity_text text,
                    most int, min_quantity int, days_min int, days_max int, is_cross bool, probability int, ticket jsonb))
                    WITH ORDINALITY AS x
         ), new AS (
             SELECT *, row_number() OVER (PARTITION BY terms ORDER BY ordinality) AS copy FROM found
         ), known AS (
             SELECT o.id, to_jsonb(o) - ARRAY['id', 'supplier', 'searched', 'ticket', 'seen_at'] AS terms
               FROM mirror.offer o WHERE o.supplier = $1 AND o.searched = $2
         ), old AS (
             SELECT id, terms, row_number() OVER (PARTITION BY terms ORDER BY id) AS copy FROM known
         ), offer AS MATERIALIZED (
             SELECT new.*, old.id IS NULL AS is_new,
                    coalesce(old.id, nextval(pg_get_serial_sequence('mirror.offer', 'id'))) AS id
               FROM new LEFT JOIN old USING (terms, copy)
         ), gone AS (
             DELETE FROM mirror.offer o USING old
              WHERE o.id = old.id AND NOT EXISTS (SELECT FROM offer WHERE offer.id = old.id)
         ), kept AS (
             UPDATE mirror.offer o SET ticket = offer.ticket, seen_at = now()
               FROM offer WHERE o.id = offer.id AND NOT offer.is_new
         ), added AS (
             INSERT INTO mirror.offer (id, supplier, searched, source, brand, article, name, price, quantity,
                                       quantity_text, most, min_quantity, days_min, days_max, is_cross, probability, ticket)
             OVERRIDING SYSTEM VALUE
             SELECT id, $1, $2, source, brand, article, name, price, quantity, quantity_text, most, min_quantity, days_min,
                    days_max, is_cross, probability, ticket
               FROM offer WHERE is_new
         )
         SELECT id FROM offer ORDER BY ordinality",
    )
    .bind(supplier)
    .bind(searched)
    .bind(Json(offers.iter().map(row).collect::<Vec<_>>()))
    .fetch_all(&mut *tx)
    .await?;
    sqlx::query(
        "UPDATE mirror.purchase SET searched_at = now()
          WHERE supplier = $1 AND state = 'placing' AND mirror.searched(supplier, article, brand) = $2",
    )
    .bind(supplier)
    .bind(searched)
    .execute(tx)
    .await?;
    Ok(ids)
}

/// Notes a search, and forgets those that are a day old with their offers. Two answers of one search go
/// one after the other: the first statement locks its row.
async fn begin(
    tx: &mut PgConnection,
    supplier: &str,
    searched: &str,
    article: &str,
    is_whole: bool,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO mirror.search (supplier, searched, article, is_whole) VALUES ($1, $2, upper(btrim($3)), $4)
         ON CONFLICT (supplier, searched) DO UPDATE SET is_whole = excluded.is_whole, searched_at = now()",
    )
    .bind(supplier)
    .bind(searched)
    .bind(article)
    .bind(is_whole)
    .execute(&mut *tx)
    .await?;
    // What another answer is about to replace is locked, and left to it.
    sqlx::query(
        "WITH old AS (
             SELECT supplier, searched FROM mirror.search
              WHERE searched_at < now() - interval '1 day' LIMIT 1000 FOR UPDATE SKIP LOCKED
         ), forgotten AS (
             DELETE FROM mirror.search s USING old WHERE (s.supplier, s.searched) = (old.supplier, old.searched)
         )
         DELETE FROM mirror.offer o USING old WHERE (o.supplier, o.searched) = (old.supplier, old.searched)",
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Enqueues a search of every article in `erp.watched_articles` at each of these suppliers, once for each. Their intents
/// have names of their own: a purchase's search does not wait behind them.
pub(crate) async fn watch(tx: &mut PgConnection, run_id: i64, suppliers: &[&str]) -> sqlx::Result<u64> {
    let enqueued = sqlx::query(
        "INSERT INTO queue.call (run_id, upstream, operation, args, key, class, priority, gating)
         SELECT DISTINCT ON (s.supplier, mirror.searched(s.supplier, w.article, w.brand)) $1,
                CASE s.supplier WHEN 'saplab' THEN 'saplab.client' ELSE s.supplier END,
                CASE s.supplier WHEN 'saplab' THEN 'saplab.parts.search' ELSE 'carreta.parts.search' END,
                CASE s.supplier WHEN 'saplab' THEN jsonb_build_object('article', w.article, 'brand', w.brand)
                                              ELSE jsonb_build_object('q', w.article) END,
                'spot:' || s.supplier || ':' || md5(mirror.searched(s.supplier, w.article, w.brand)), 'read', 3, true
           FROM (SELECT btrim(brand::text) AS brand, btrim(article::text) AS article FROM erp.watched_articles) w
          CROSS JOIN unnest($2::text[]) AS s (supplier)
          WHERE w.brand <> '' AND w.article <> ''
          ORDER BY s.supplier, mirror.searched(s.supplier, w.article, w.brand), w.article, w.brand
         ON CONFLICT (key) WHERE state IN ('pending', 'running', 'unknown') DO NOTHING",
    )
    .bind(run_id)
    .bind(suppliers)
    .execute(tx)
    .await?;
    Ok(enqueued.rows_affected())
}

/// The answer of a search with each offer's number, by which it is ordered.
pub(crate) fn numbered(answer: &impl Serialize, list: &str, numbers: &[i64]) -> Option<Value> {
    let mut answer = serde_json::to_value(answer).ok()?;
    let offers = answer.get_mut(list)?.as_array_mut()?;
    for (offer, number) in offers.iter_mut().zip(numbers) {
        offer.as_object_mut()?.insert("offer".into(), (*number).into());
    }
    Some(answer)
}

/// An offer that is to be ordered.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Chosen {
    pub(crate) ticket: Option<Value>,
    pub(crate) quantity_text: Option<String>,
    pub(crate) min_quantity: Option<i32>,
    pub(crate) brand: String,
    pub(crate) article: String,
}

/// One offer by its id; `None` when another search has not found it any more, or a day has passed.
pub(crate) async fn get(pool: &PgPool, id: i64) -> sqlx::Result<Option<Chosen>> {
    sqlx::query_as("SELECT ticket, quantity_text, min_quantity, brand, article FROM mirror.offer WHERE id = $1")
        .bind(id)
        .fetch_optional(pool)
        .await
}

/// Money travels as text: JSON numbers would be floats on the way. What does not fit its column is unknown.
fn row(offer: &Offer<'_>) -> Value {
    let int = |value: Option<i64>| value.and_then(|value| i32::try_from(value).ok());
    json!({
        "source": offer.source,
        "brand": offer.brand,
        "article": offer.article,
        "name": offer.name,
        "price": offer.price.to_string(),
        "quantity": int(offer.quantity),
        "quantity_text": offer.quantity_text,
        "most": int(offer.most),
        "min_quantity": int(offer.min_quantity),
        "days_min": int(offer.days_min),
        "days_max": int(offer.days_max),
        "is_cross": offer.is_cross,
        "probability": int(offer.probability),
        "ticket": offer.ticket,
    })
}
