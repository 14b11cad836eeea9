//! What a search found at a supplier. Each search takes the place of the one before it for the same article.

use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::Value;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};

/// So many units can be ordered at most, whatever there is (Carreta document, Создание заказа).
pub(crate) const MOST: i64 = 10_000;

/// One offer.
#[derive(Debug, Serialize)]
pub(crate) struct Offer {
    /// The supplier's code of the source or warehouse; empty where there is none.
    pub(crate) source: String,
    pub(crate) brand: String,
    pub(crate) article: String,
    pub(crate) name: String,
    pub(crate) price: Decimal,
    /// Only an exact whole number.
    pub(crate) quantity: Option<i64>,
    /// As the supplier wrote it.
    pub(crate) quantity_text: String,
    /// The most that can be ordered; `None` = nothing can.
    pub(crate) most: Option<i64>,
    /// An order must be a multiple of it.
    pub(crate) min_quantity: Option<i64>,
    pub(crate) days_min: Option<i64>,
    pub(crate) days_max: Option<i64>,
    /// Another article that may replace the one searched for.
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

/// Replaces what is known of this search, and lets the purchases that wait for it go on.
pub(crate) async fn set(tx: &mut PgConnection, supplier: &str, searched: &str, offers: &[Offer]) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM mirror.offer WHERE supplier = $1 AND searched = $2")
        .bind(supplier)
        .bind(searched)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "INSERT INTO mirror.offer (supplier, searched, source, brand, article, name, price, quantity, quantity_text, most,
                                   min_quantity, days_min, days_max, is_cross, probability, ticket)
         SELECT $1, $2, source, brand, article, name, price, quantity, quantity_text, most, min_quantity, days_min,
                days_max, is_cross, probability, nullif(ticket, 'null')
           FROM jsonb_to_recordset($3) AS x (
                source text, brand text, article text, name text, price numeric, quantity int, quantity_text text,
                most int, min_quantity int, days_min int, days_max int, is_cross bool, probability int, ticket jsonb)",
    )
    .bind(supplier)
    .bind(searched)
    .bind(Json(offers))
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "UPDATE mirror.purchase SET searched_at = now()
          WHERE supplier = $1 AND state = 'placing' AND mirror.searched(supplier, article, brand) = $2",
    )
    .bind(supplier)
    .bind(searched)
    .execute(tx)
    .await?;
    Ok(())
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

/// One offer by its id; `None` when another search has taken its place, or a day has passed.
pub(crate) async fn get(pool: &PgPool, id: i64) -> sqlx::Result<Option<Chosen>> {
    sqlx::query_as("SELECT ticket, quantity_text, min_quantity, brand, article FROM mirror.offer WHERE id = $1")
        .bind(id)
        .fetch_optional(pool)
        .await
}
