//! The ERP's purchases as a list: what is wanted, what became of it, and the call that is at it. The page shows it.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::Serialize;
use sqlx::PgPool;

/// So many stand on a page.
pub const PAGE: usize = 50;
/// So many are searched at once for those in trouble.
const WINDOW: i64 = 5_000;

/// A purchase of the ERP.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Purchase {
    /// `erp.purchase_orders.id`
    pub id: i64,
    /// carreta, saplab
    pub supplier: Option<String>,
    /// Brand.
    pub brand: Option<String>,
    /// Article.
    pub article: Option<String>,
    /// Units.
    pub quantity: Option<String>,
    /// The dearest that is allowed, of a unit.
    pub max_price: Option<Decimal>,
    /// What was paid, of a unit.
    pub price: Option<Decimal>,
    /// placing, placed, failed, unknown, or the ERP's own word
    pub status: Option<String>,
    /// The supplier's number for people.
    pub supplier_number: Option<String>,
    /// The supplier's status.
    pub supplier_status: Option<String>,
    /// Why it was not bought.
    pub error: Option<String>,
    /// When the ERP's row last changed.
    pub updated_at: Option<DateTime<Utc>>,
    /// The open call that buys it.
    pub call: Option<i64>,
    /// Its state.
    pub call_state: Option<String>,
}

/// A page of them.
#[derive(Clone, Debug, Serialize)]
pub struct Page {
    /// Newest first.
    pub purchases: Vec<Purchase>,
    /// Below this id it goes on.
    pub older: Option<i64>,
}

/// Purchases below an id; `in_trouble`: only those with an error, or whose outcome is not known.
pub async fn page(pool: &PgPool, in_trouble: bool, before: Option<i64>) -> sqlx::Result<Page> {
    let page = i64::try_from(PAGE).unwrap_or(i64::MAX) + 1;
    let mut purchases: Vec<Purchase> = sqlx::query_as(
        "SELECT e.id::bigint AS id, e.supplier::text, e.brand::text, e.article::text, e.quantity::text, e.max_price::numeric,
                p.price, coalesce(e.status::text, p.state) AS status, coalesce(e.supplier_number::text, p.number) AS supplier_number,
                e.supplier_status::text, coalesce(e.error::text, p.error) AS error, e.updated_at::timestamptz, c.id AS call,
                c.state AS call_state
           FROM (SELECT * FROM erp.purchase_orders WHERE id < $1 ORDER BY id DESC LIMIT $2) e
           LEFT JOIN mirror.purchase p ON p.id = e.id
           LEFT JOIN queue.call c ON c.key = 'purchase:' || e.id AND c.state IN ('pending', 'running', 'unknown', 'quarantined')
          WHERE NOT $3 OR coalesce(e.error::text, p.error) IS NOT NULL OR coalesce(p.state, e.status::text) IN ('unknown', 'failed')
          ORDER BY e.id DESC LIMIT $4",
    )
    .bind(before.unwrap_or(i64::MAX))
    .bind(if in_trouble { WINDOW } else { page })
    .bind(in_trouble)
    .bind(page)
    .fetch_all(pool)
    .await?;
    let more = purchases.len() > PAGE;
    purchases.truncate(PAGE);
    let older = purchases.last().filter(|_| more).map(|last| last.id);
    Ok(Page { purchases, older })
}
