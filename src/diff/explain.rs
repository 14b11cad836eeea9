//! Everything that is known of one order, by whatever number a person has of it.
//!
//! Reads what the upstreams showed (`mirror`), what the ERP wants (`erp`, `diff`) and what was sent (`queue`). Asks no
//! upstream and writes nothing. `sverka explain --order` prints it.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::types::Json;

use crate::queue::look::{self, Sent};

/// What a number may name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A position of a customer's order: its id or invoice at Saplab.
    #[default]
    SaplabOrder,
    /// An order of ours at Carreta: its id or number.
    CarretaOrder,
    /// A position that we ordered through Saplab's client API: its id or invoice.
    SaplabPurchase,
    /// `erp.purchase_orders`: its id.
    Purchase,
}

/// One order, as far as it is known. What is `None` does not exist for its kind, or nobody has said it.
#[derive(Clone, Debug, Default, Serialize, sqlx::FromRow)]
#[sqlx(default)]
pub struct Order {
    /// What it is.
    #[sqlx(skip)]
    pub kind: Kind,
    /// Its id where it stands.
    pub id: i64,
    /// Invoice at Saplab, number at Carreta.
    pub number: Option<String>,
    /// Brand.
    pub brand: Option<String>,
    /// Article.
    pub article: Option<String>,
    /// Name.
    pub name: Option<String>,
    /// Units.
    pub quantity: Option<i32>,
    /// Of a unit.
    pub price: Option<Decimal>,
    /// Of all.
    pub total: Option<Decimal>,
    /// The upstream's status, in words where it has any.
    pub status: Option<String>,
    /// The upstream's number of it.
    pub status_id: Option<i64>,
    /// Paid.
    pub is_paid: Option<bool>,
    /// Taken off the order.
    pub is_denied: Option<bool>,
    /// In the archive.
    pub is_archived: Option<bool>,
    /// Whose order.
    pub client: Option<String>,
    /// What the client wrote; with our own orders, our token.
    pub comment: Option<String>,
    /// The way of delivery.
    pub shipping: Option<String>,
    /// Where to.
    pub address: Option<String>,
    /// Delivery takes at least so many days.
    pub days_min: Option<i32>,
    /// And at most so many.
    pub days_max: Option<i32>,
    /// When it was ordered.
    pub ordered_at: Option<DateTime<Utc>>,
    /// When it was changed, as the upstream says.
    pub changed_at: Option<DateTime<Utc>>,
    /// Since when the upstream shows it as it stands here; `None`: it has never shown it.
    pub seen_at: Option<DateTime<Utc>>,
    /// What happened to it, oldest first.
    pub history: Json<Vec<Event>>,
    /// `erp.purchase_orders.id` of an order of ours.
    pub purchase: Option<i64>,
    /// Where the purchase is bought.
    pub supplier: Option<String>,
    /// The supplier's id of the purchase.
    pub supplier_order_id: Option<String>,
    /// The dearest that the ERP allows.
    pub max_price: Option<Decimal>,
    /// The ERP's word for it.
    pub erp_status: Option<String>,
    /// The status at Saplab that `[saplab.status_map]` makes of that word.
    pub erp_means: Option<String>,
    /// What the next run does with it.
    pub next: Option<String>,
    /// Why it does not.
    pub held: Option<String>,
    /// Why it was not bought.
    pub error: Option<String>,
    /// What was sent about it, newest first.
    #[sqlx(skip)]
    pub sent: Vec<Sent>,
    /// What became of the status of a customer's order, as we learned it, newest first.
    #[sqlx(skip)]
    pub changes: Vec<StatusChange>,
}

/// A change of a status at Saplab.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct StatusChange {
    /// When it was acknowledged or seen.
    pub at: DateTime<Utc>,
    /// Before.
    pub old: Option<String>,
    /// After.
    pub new: Option<String>,
    /// pushed = Saplab acknowledged it; seen = it showed it.
    pub by: String,
    /// The push, or the list.
    pub call: Option<i64>,
}

/// A line of an order's history.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Event {
    /// When.
    pub at: Option<DateTime<Utc>>,
    /// The status it got, or the upstream's words.
    pub what: Option<String>,
    /// Who did it.
    pub who: Option<String>,
}

const SAPLAB_ORDER: &str = r#"
    WITH found AS (
        SELECT id FROM mirror.saplab_order WHERE id = $2 OR upper(invoice) = upper($1)
         UNION
        SELECT saplab_id::bigint FROM erp.orders WHERE saplab_id::bigint = $2 OR upper(invoice::text) = upper($1)
    )
    SELECT f.id, coalesce(m.invoice, e.invoice::text) AS number, coalesce(m.brand, e.brand::text) AS brand,
           coalesce(m.article, e.article::text) AS article, coalesce(m.name, e.name::text) AS name,
           coalesce(m.quantity, e.quantity::int) AS quantity, coalesce(m.price, e.price::numeric) AS price,
           coalesce(m.total, e.total::numeric) AS total, coalesce(m.status_name, s.name) AS status, m.status_id,
           m.is_paid, m.is_denied, m.is_archived,
           nullif(concat_ws(' ', coalesce(m.client_name, e.client_name::text),
                            '(' || coalesce(m.client_id, e.client_id::bigint) || ')'), '') AS client,
           nullif(m.client_comment, '') AS comment, nullif(m.shipping_name, '') AS shipping,
           nullif(m.shipping_address, '') AS address, m.days_min, m.days_max,
           coalesce(m.date_added, e.created_at::timestamptz) AS ordered_at,
           coalesce(m.date_modified, e.updated_at::timestamptz) AS changed_at, m.seen_at, h.history,
           e.status::text AS erp_status, w.saplab_name || ' (' || w.saplab_status_id || ')' AS erp_means,
           CASE WHEN m.id IS NOT NULL AND e.saplab_id IS NULL THEN 'the next run of orders brings it into erp.orders'
                WHEN d.saplab_id IS NOT NULL AND d.held IS NULL THEN 'the next run of orders sends the ERP''s status'
           END AS next,
           CASE WHEN (SELECT diff.setting('saplab.status_map', '[]')) = '[]'
                THEN '[saplab.status_map] is empty: no status is sent' ELSE d.held END AS held
      FROM found f
      LEFT JOIN mirror.saplab_order m ON m.id = f.id
      LEFT JOIN erp.orders e ON e.saplab_id = f.id
      LEFT JOIN mirror.saplab_status s ON s.id = m.status_id
      LEFT JOIN mirror.saplab_status_map w ON w.erp_status = e.status::text
      LEFT JOIN diff.order_status d ON d.saplab_id = f.id
     CROSS JOIN LATERAL (
           SELECT coalesce(jsonb_agg(jsonb_build_object('at', x.line -> 'date', 'what', x.line ->> 'status',
                                                        'who', nullif(x.line ->> 'manager', '')) ORDER BY x.number), '[]') AS history
             FROM jsonb_array_elements(CASE jsonb_typeof(m.history) WHEN 'array' THEN m.history ELSE '[]' END)
                  WITH ORDINALITY AS x (line, number)) h
     ORDER BY f.id"#;

const CARRETA_ORDER: &str = r#"
    SELECT c.id, nullif(c.number, '') AS number, c.maker AS brand, c.code AS article, c.name, c.order_qty AS quantity,
           c.price, c.total,
           coalesce(mirror.carreta_status(c.status), nullif(concat_ws(': ', c.status::text, nullif(c.status_display, '')), '')) AS status,
           c.status::bigint AS status_id, nullif(c.client_comment, '') AS comment, c.period_min AS days_min,
           c.period_max AS days_max, c.created AS ordered_at, c.seen_at, p.id AS purchase, p.max_price,
           e.status::text AS erp_status, coalesce(e.error::text, p.error) AS error, h.history
      FROM mirror.carreta_order c
      LEFT JOIN mirror.purchase p ON p.supplier = 'carreta' AND p.ordered_id = c.id
      LEFT JOIN erp.purchase_orders e ON e.id = p.id
     CROSS JOIN LATERAL (
           SELECT coalesce(jsonb_agg(jsonb_build_object('at', created, 'what', comment) ORDER BY line), '[]') AS history
             FROM mirror.carreta_history WHERE order_id = c.id) h
     WHERE c.id = $2 OR upper(c.number) = upper($1)
     ORDER BY c.id"#;

const SAPLAB_PURCHASE: &str = r#"
    SELECT s.id, s.invoice AS number, s.brand, s.article, s.name, s.quantity, s.price, s.total,
           coalesce(s.status_name, t.name) AS status, s.status_id, s.is_paid, s.is_denied, s.is_archived,
           nullif(s.client_comment, '') AS comment, nullif(s.shipping_name, '') AS shipping,
           nullif(s.shipping_address, '') AS address, s.days_min, s.days_max, s.date_added AS ordered_at, s.date_modified AS changed_at, s.seen_at,
           p.id AS purchase, p.max_price, e.status::text AS erp_status, coalesce(e.error::text, p.error) AS error,
           h.history
      FROM mirror.saplab_purchase s
      LEFT JOIN mirror.saplab_purchase_status t ON t.id = s.status_id
      LEFT JOIN mirror.purchase p ON p.supplier = 'saplab' AND p.ordered_id = s.id
      LEFT JOIN erp.purchase_orders e ON e.id = p.id
     CROSS JOIN LATERAL (
           SELECT coalesce(jsonb_agg(jsonb_build_object('at', x.line -> 'date', 'what', x.line ->> 'status',
                                                        'who', nullif(x.line ->> 'manager', '')) ORDER BY x.number), '[]') AS history
             FROM jsonb_array_elements(CASE jsonb_typeof(s.history) WHEN 'array' THEN s.history ELSE '[]' END)
                  WITH ORDINALITY AS x (line, number)) h
     WHERE s.id = $2 OR upper(s.invoice) = upper($1)
     ORDER BY s.id"#;

const PURCHASE: &str = r#"
    WITH found AS (
        SELECT id FROM mirror.purchase WHERE id = $2
         UNION
        SELECT id::bigint FROM erp.purchase_orders WHERE id::bigint = $2
    )
    SELECT f.id, coalesce(nullif(c.number, ''), s.invoice, p.number) AS number, coalesce(p.brand, e.brand::text) AS brand,
           coalesce(p.article, e.article::text) AS article, coalesce(c.name, s.name) AS name,
           coalesce(p.quantity, e.quantity::int) AS quantity, coalesce(c.price, s.price, p.price) AS price,
           coalesce(c.total, s.total) AS total,
           coalesce(mirror.carreta_status(c.status), s.status_name, t.name,
                    nullif(concat_ws(': ', c.status::text, nullif(c.status_display, '')), '')) AS status,
           coalesce(c.status::bigint, s.status_id) AS status_id, s.is_paid, s.is_denied, s.is_archived, p.token AS comment,
           nullif(s.shipping_name, '') AS shipping, nullif(s.shipping_address, '') AS address,
           coalesce(c.period_min, s.days_min) AS days_min, coalesce(c.period_max, s.days_max) AS days_max,
           coalesce(p.placed_at, c.created, s.date_added) AS ordered_at,
           coalesce(c.seen_at, s.seen_at) AS seen_at, f.id AS purchase, coalesce(p.supplier, e.supplier::text) AS supplier,
           p.ordered_id::text AS supplier_order_id, coalesce(p.max_price, e.max_price::numeric) AS max_price,
           coalesce(e.status::text, p.state) AS erp_status,
           CASE WHEN d.held IS NULL THEN CASE d.action
                WHEN 'place' THEN 'the next run of purchases buys it' WHEN 'refuse' THEN 'the next run of purchases refuses it'
                WHEN 'update' THEN 'the next run of purchases writes into the ERP what became of it' END END AS next,
           d.held, coalesce(p.error, d.error, e.error::text) AS error, h.history
      FROM found f
      LEFT JOIN mirror.purchase p ON p.id = f.id
      LEFT JOIN erp.purchase_orders e ON e.id = f.id
      LEFT JOIN mirror.carreta_order c ON p.supplier = 'carreta' AND c.id = p.ordered_id
      LEFT JOIN mirror.saplab_purchase s ON p.supplier = 'saplab' AND s.id = p.ordered_id
      LEFT JOIN mirror.saplab_purchase_status t ON t.id = s.status_id
      LEFT JOIN diff.purchase d ON d.id = f.id
     CROSS JOIN LATERAL (
           SELECT coalesce(jsonb_agg(jsonb_build_object('at', x.at, 'what', x.what, 'who', x.who) ORDER BY x.number), '[]') AS history
             FROM (SELECT line AS number, to_jsonb(created) AS at, comment AS what, NULL AS who
                     FROM mirror.carreta_history WHERE order_id = c.id
                    UNION ALL
                   SELECT number, line -> 'date', line ->> 'status', nullif(line ->> 'manager', '')
                     FROM jsonb_array_elements(CASE jsonb_typeof(s.history) WHEN 'array' THEN s.history ELSE '[]' END)
                          WITH ORDINALITY AS y (line, number)) x) h
     ORDER BY f.id"#;

/// Every order that the number names: a position or an invoice, an order of ours, a purchase of the ERP.
pub async fn orders(pool: &PgPool, number: &str) -> sqlx::Result<Vec<Order>> {
    let id: Option<i64> = number.parse().ok();
    let mut found = Vec::new();
    for (kind, sql) in [
        (Kind::SaplabOrder, SAPLAB_ORDER),
        (Kind::CarretaOrder, CARRETA_ORDER),
        (Kind::SaplabPurchase, SAPLAB_PURCHASE),
        (Kind::Purchase, PURCHASE),
    ] {
        let rows: Vec<Order> = sqlx::query_as(sql).bind(number).bind(id).fetch_all(pool).await?;
        for mut order in rows {
            order.kind = kind;
            if kind == Kind::SaplabOrder {
                order.changes = changes(pool, order.id).await?;
            }
            order.sent = match kind {
                Kind::SaplabOrder => look::sent_of_position(pool, order.id).await?,
                _ => look::sent_of_purchase(pool, order.purchase, order.comment.as_deref()).await?,
            };
            found.push(order);
        }
    }
    Ok(found)
}

/// So many changes of a status are shown.
const CHANGES: i64 = 50;

async fn changes(pool: &PgPool, position: i64) -> sqlx::Result<Vec<StatusChange>> {
    sqlx::query_as(
        "SELECT at, coalesce(old, old_id::text) AS old, coalesce(new, new_id::text) AS new, by, call_id AS call
           FROM mirror.status_change WHERE saplab_id = $1 ORDER BY id DESC LIMIT $2",
    )
    .bind(position)
    .bind(CHANGES)
    .fetch_all(pool)
    .await
}

/// Where orders are looked for.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Place {
    /// saplab, carreta, shop, erp
    pub place: String,
    /// So many stand there.
    pub rows: i64,
    /// When the newest of them came or changed.
    pub newest: Option<DateTime<Utc>>,
}

/// All of them, and when each was last read as a whole by its job.
pub async fn places(pool: &PgPool) -> sqlx::Result<Vec<Place>> {
    sqlx::query_as(
        "SELECT 'saplab' AS place, count(*) AS rows, max(seen_at) AS newest FROM mirror.saplab_order
          UNION ALL SELECT 'carreta', count(*), max(seen_at) FROM mirror.carreta_order
          UNION ALL SELECT 'shop', count(*), max(seen_at) FROM mirror.saplab_purchase
          UNION ALL SELECT 'erp', (SELECT count(*) FROM erp.purchase_orders), max(began_at) FROM mirror.purchase",
    )
    .fetch_all(pool)
    .await
}
