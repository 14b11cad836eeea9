//! What the last search of an article found at a supplier: read by the purchases, forgotten after a day.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use sqlx::PgConnection;
use sqlx::types::Json;

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
    pub(crate) quantity_text: Option<&'a str>,
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

/// What a search of `article` found, in place of what the search before it did. Old finds of others go too.
pub(crate) async fn replace(
    tx: &mut PgConnection,
    supplier: &str,
    article: &str,
    offers: &[Offer<'_>],
) -> sqlx::Result<()> {
    let searched = article.to_uppercase();
    sqlx::query(
        "DELETE FROM mirror.offer
          WHERE (supplier = $1 AND searched = $2) OR seen_at < now() - interval '1 day'",
    )
    .bind(supplier)
    .bind(&searched)
    .execute(&mut *tx)
    .await?;
    let rows: Vec<Value> = offers.iter().map(row).collect();
    sqlx::query(
        "INSERT INTO mirror.offer (supplier, searched, source, brand, article, name, price, quantity, quantity_text,
                                   min_quantity, days_min, days_max, is_cross, probability, ticket)
         SELECT $1, $2, x.* FROM jsonb_to_recordset($3) AS x (
                source text, brand text, article text, name text, price numeric, quantity int, quantity_text text,
                min_quantity int, days_min int, days_max int, is_cross bool, probability int, ticket jsonb)",
    )
    .bind(supplier)
    .bind(searched)
    .bind(Json(rows))
    .execute(tx)
    .await?;
    Ok(())
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
        "min_quantity": int(offer.min_quantity),
        "days_min": int(offer.days_min),
        "days_max": int(offer.days_max),
        "is_cross": offer.is_cross,
        "probability": int(offer.probability),
        "ticket": offer.ticket,
    })
}
