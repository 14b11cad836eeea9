//! Everything that is known of one article: what the ERP has in each warehouse and the rule makes of it, what KEAZ shows,
//! what was sent and is to be sent, what suppliers ask for it, and what became of it so far.
//!
//! Reads `erp`, `mirror`, `diff` and `queue`; asks no upstream and writes nothing. [`verdict`] says in one word how a
//! warehouse stands, [`told`] says it in sentences. `sverka explain ARTICLE` and the page show both.

mod near;
pub mod told;
pub mod verdict;

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::PgPool;
use sqlx::types::Json;

pub use near::{Nowhere, nowhere};
use verdict::Verdict;

use crate::queue::Class;
use crate::queue::look::{self, Standing};
use crate::queue::pause::{self, Pause};

/// So many changes are shown.
const CHANGES: i64 = 50;
/// So many of the newest dead calls are searched for one that names the article.
const DEAD: i64 = 1_000;
/// So many prices, and so many offers.
const PRICES: i64 = 100;

/// One article.
#[derive(Clone, Debug, Serialize)]
pub struct Article {
    /// As it was asked for.
    pub article: String,
    /// The warehouses that have it, or had it.
    pub places: Vec<Place>,
    /// When KEAZ's list of remains was last read.
    pub keaz_read_at: Option<DateTime<Utc>>,
    /// How KEAZ stands, where it was ever in trouble.
    pub keaz: Option<Standing>,
    /// A person has paused pushes to KEAZ, or all of it.
    pub pause: Option<Pause>,
    /// What suppliers' price lists and searches say: `erp.supplier_prices`.
    pub prices: Vec<Price>,
    /// What the last search found at the suppliers, other articles that may replace it included.
    pub offers: Vec<Offer>,
    /// What became of it at KEAZ, newest first.
    pub changes: Vec<Change>,
}

/// The article in one warehouse.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Place {
    /// The warehouse's code.
    pub warehouse: String,
    /// Its name in the ERP.
    pub name: Option<String>,
    /// Whether the ERP knows the warehouse.
    pub in_erp: bool,
    /// Whether KEAZ does.
    pub at_keaz: bool,
    /// The ERP's rows, one for each brand.
    pub stock: Json<Vec<StockRow>>,
    /// Whether any of them is of a published brand.
    pub is_published: bool,
    /// What KEAZ should show; `None` where it is unknown.
    pub wanted: Option<Decimal>,
    /// On hand, of the published brands.
    pub on_hand: Option<Decimal>,
    /// Reserved, of the published brands.
    pub reserved: Option<Decimal>,
    /// What publishing rules and rounding keep of what is free.
    pub held_back: Option<Decimal>,
    /// Whether KEAZ shows it at all.
    pub is_shown: bool,
    /// What KEAZ shows, as it last listed or acknowledged it.
    pub shown: Option<Decimal>,
    /// Since when KEAZ is known to show that.
    pub shown_since: Option<DateTime<Utc>>,
    /// update or delete, where it differs.
    pub action: Option<String>,
    /// What would be set; `None`: nothing, it would be deleted.
    pub goal: Option<Decimal>,
    /// Why it is not sent although it differs.
    pub held: Option<String>,
    /// The hold of `[guard]` that it is in.
    pub hold: Option<i64>,
    /// Whether a person has refused that.
    pub hold_refused: Option<bool>,
    /// KEAZ would show 0 or nothing, where it shows some now: goes when a run has judged it.
    pub loses: Option<bool>,
    /// What KEAZ last acknowledged, as far as is remembered.
    #[sqlx(skip)]
    pub acknowledged: Option<Change>,
    /// The call that is to change it, or has failed to.
    #[sqlx(skip)]
    pub call: Option<About>,
    /// How it stands, in a word.
    #[sqlx(skip)]
    pub verdict: Verdict,
}

/// A row of `erp.stock`, and the rule that applies to it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StockRow {
    /// Brand.
    pub brand: String,
    /// On hand; `None` = unknown, which is not 0.
    pub quantity: Option<Decimal>,
    /// Promised to somebody.
    pub reserved: Decimal,
    /// Whether the brand is published.
    pub is_published: bool,
    /// What it adds to what KEAZ should show.
    pub published: Option<Decimal>,
    /// The rule of `erp.publishing_rules`.
    pub rule: Option<Rule>,
}

/// A publishing rule.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Rule {
    /// `erp.publishing_rules.id`
    pub id: i64,
    /// Units kept for ourselves.
    pub hold_back: Option<Decimal>,
    /// Of the rest, so many per cent are published.
    pub percent: Option<Decimal>,
    /// At most so many.
    pub cap: Option<Decimal>,
    /// 0 when fewer would be left.
    pub minimum: Option<Decimal>,
}

/// A call that names the article in a warehouse.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct About {
    /// The warehouse.
    pub warehouse: String,
    /// `queue.call.id`
    pub id: i64,
    /// `keaz.remains.update` or `delete`
    pub operation: String,
    /// pending, running, unknown, quarantined, dead
    pub state: String,
    /// How often it was claimed.
    pub attempt: i32,
    /// Since when it is in the queue.
    pub created_at: DateTime<Utc>,
    /// When it is tried next; only while it waits.
    pub due_at: Option<DateTime<Utc>>,
    /// The status of the last answer.
    pub http_status: Option<i32>,
    /// The last words about it.
    pub words: Option<String>,
    /// The value that KEAZ refused, where it refused this row.
    pub refused: Option<Value>,
}

/// A change at KEAZ.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Change {
    /// The warehouse.
    pub warehouse: String,
    /// When it was acknowledged or seen.
    pub at: DateTime<Utc>,
    /// Before; `None` = nothing.
    pub old: Option<Decimal>,
    /// After; `None` = nothing.
    pub new: Option<Decimal>,
    /// pushed = KEAZ acknowledged it; seen = its list showed it.
    pub by: String,
    /// The push, or the list.
    pub call: Option<i64>,
}

/// A supplier's price as the ERP has it.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Price {
    /// carreta, saplab
    pub supplier: String,
    /// The price list, or the source of a searched offer.
    pub source: String,
    /// Brand.
    pub brand: String,
    /// Name.
    pub name: Option<String>,
    /// Of a unit.
    pub price: Option<Decimal>,
    /// As the supplier wrote it.
    pub quantity: Option<String>,
    /// Delivery takes at least so many days.
    pub days_min: Option<i32>,
    /// And at most so many.
    pub days_max: Option<i32>,
    /// When any of that last changed.
    pub updated_at: Option<DateTime<Utc>>,
}

/// An offer that the last search found.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Offer {
    /// carreta, saplab
    pub supplier: String,
    /// The source.
    pub source: String,
    /// Brand.
    pub brand: String,
    /// Article.
    pub article: String,
    /// Of a unit.
    pub price: Decimal,
    /// As the supplier wrote it.
    pub quantity: Option<String>,
    /// Whether it is another article that may replace the searched one.
    pub is_cross: Option<bool>,
    /// When it was found.
    pub seen_at: DateTime<Utc>,
}

const PLACES: &str = "
    WITH at AS (
        SELECT warehouse_code::text AS warehouse FROM erp.stock WHERE article = $1
         UNION SELECT warehouse FROM mirror.keaz_remain WHERE article = $1
         UNION SELECT warehouse FROM mirror.remain_change WHERE article = $1
    ), stock AS (
        SELECT s.warehouse_code::text AS warehouse,
               jsonb_agg(jsonb_build_object(
                   'brand', s.brand, 'quantity', s.quantity::text, 'reserved', coalesce(s.reserved, 0)::text,
                   'is_published', p.article IS NOT NULL, 'published', p.quantity::text,
                   'rule', CASE WHEN p.rule_id IS NOT NULL THEN jsonb_build_object(
                       'id', p.rule_id, 'hold_back', p.hold_back::text, 'percent', p.percent::text, 'cap', p.cap::text,
                       'minimum', p.minimum::text) END) ORDER BY s.brand) AS rows
          FROM erp.stock s
          LEFT JOIN (SELECT * FROM erp.publishing WHERE article = $1) p
                 ON p.warehouse = s.warehouse_code AND p.brand = s.brand
         WHERE s.article = $1 GROUP BY 1
    )
    SELECT a.warehouse, w.name::text AS name, w.code IS NOT NULL AS in_erp, k.code IS NOT NULL AS at_keaz,
           coalesce(s.rows, '[]') AS stock, p.article IS NOT NULL AS is_published, p.quantity AS wanted, p.on_hand, p.reserved,
           p.held_back, m.article IS NOT NULL AS is_shown, m.quantity AS shown, m.seen_at AS shown_since, d.action,
           d.new_quantity AS goal, d.held, d.hold_id AS hold, h.state = 'refused' AS hold_refused, d.loses
      FROM at a
      LEFT JOIN stock s ON s.warehouse = a.warehouse
      LEFT JOIN erp.warehouses w ON w.code = a.warehouse
      LEFT JOIN mirror.keaz_warehouse k ON k.code = a.warehouse
      LEFT JOIN (SELECT * FROM erp.published WHERE article = $1) p ON p.warehouse = a.warehouse
      LEFT JOIN (SELECT * FROM mirror.keaz_remain WHERE article = $1) m ON m.warehouse = a.warehouse
      LEFT JOIN (SELECT * FROM diff.remain WHERE article = $1) d ON d.warehouse = a.warehouse
      LEFT JOIN queue.hold h ON h.id = d.hold_id
     ORDER BY a.warehouse";

/// Open calls by their operation, refused rows by their key, and of other dead calls the newest: no list of calls is long.
const CALLS: &str = "
    WITH named AS (
        SELECT * FROM queue.call
         WHERE operation IN ('keaz.remains.update', 'keaz.remains.delete') AND state IN ('pending', 'running', 'unknown')
           AND args -> 'articles' ? $1
         UNION ALL
        SELECT * FROM queue.call WHERE state = 'dead' AND key = ANY($2)
         UNION ALL
        SELECT * FROM (SELECT * FROM queue.call WHERE state = 'dead' ORDER BY id DESC LIMIT $3) d
         WHERE operation IN ('keaz.remains.update', 'keaz.remains.delete') AND args -> 'articles' ? $1
    ), newest AS (
        SELECT DISTINCT ON (warehouse) *
          FROM (SELECT *, args ->> 'warehouse' AS warehouse FROM named) n
         WHERE warehouse IS NOT NULL ORDER BY warehouse, state = 'dead', id DESC
    )
    SELECT c.warehouse, c.id, c.operation, c.state, c.attempt, c.created_at,
           CASE WHEN c.state = 'pending' THEN c.due_at END AS due_at, a.http_status, coalesce(a.words, c.reason) AS words,
           c.args -> 'refused' AS refused
      FROM newest c
      LEFT JOIN LATERAL (
           SELECT http_status, words FROM queue.attempt t
            WHERE t.call_id = c.id AND t.ended_at IS NOT NULL ORDER BY attempt DESC LIMIT 1) a ON true
     ORDER BY c.warehouse";

const CHANGED: &str = "
    SELECT warehouse, at, old, new, by, call_id AS call FROM mirror.remain_change
     WHERE article = $1 ORDER BY id DESC LIMIT $2";

const PRICED: &str = "
    SELECT supplier::text, source::text, brand::text, name::text, price::numeric, quantity_text::text AS quantity,
           days_min::int, days_max::int, updated_at::timestamptz
      FROM erp.supplier_prices WHERE upper(btrim(article)) = upper(btrim($1))
     ORDER BY price, supplier, source, brand LIMIT $2";

const OFFERED: &str = "
    SELECT o.supplier, o.source, o.brand, o.article, o.price, o.quantity_text AS quantity, o.is_cross, o.seen_at
      FROM mirror.search f JOIN mirror.offer o USING (supplier, searched)
     WHERE f.article = upper(btrim($1)) ORDER BY o.is_cross IS TRUE, o.price, o.id LIMIT $2";

/// All that is known of the article, written exactly so. `None`: nothing is.
pub async fn read(pool: &PgPool, article: &str) -> sqlx::Result<Option<Article>> {
    let places = places(pool, article).await?;
    let prices: Vec<Price> = listed(pool, PRICED, article, PRICES).await?;
    let offers: Vec<Offer> = listed(pool, OFFERED, article, PRICES).await?;
    if places.is_empty() && prices.is_empty() && offers.is_empty() {
        return Ok(None);
    }
    let keaz = look::standing(pool).await?.into_iter().find(|one| one.name == "keaz");
    let mut found = Article {
        article: article.to_owned(),
        places,
        keaz_read_at: keaz_read_at(pool).await?,
        keaz,
        pause: pause::covering(pool, "keaz", Class::Idempotent.as_str()).await?,
        prices,
        offers,
        changes: listed(pool, CHANGED, article, CHANGES).await?,
    };
    judge(&mut found, calls(pool, article).await?);
    Ok(Some(found))
}

/// Gives each warehouse its call, what was acknowledged last, and its verdict.
fn judge(article: &mut Article, calls: Vec<About>) {
    let rests = article.keaz.as_ref().is_some_and(|keaz| keaz.paused_until.is_some());
    let resting = rests || article.pause.is_some();
    for place in &mut article.places {
        place.call = calls.iter().find(|call| call.warehouse == place.warehouse).cloned();
        let pushed = |change: &&Change| change.warehouse == place.warehouse && change.by == "pushed";
        place.acknowledged = article.changes.iter().find(pushed).cloned();
        place.verdict = verdict::of(place, resting);
    }
}

async fn places(pool: &PgPool, article: &str) -> sqlx::Result<Vec<Place>> {
    sqlx::query_as(PLACES).bind(article).fetch_all(pool).await
}

async fn calls(pool: &PgPool, article: &str) -> sqlx::Result<Vec<About>> {
    let warehouses: Vec<String> = sqlx::query_scalar(
        "SELECT code::text FROM erp.warehouses UNION SELECT code FROM mirror.keaz_warehouse
          UNION SELECT warehouse_code::text FROM erp.stock WHERE article = $1",
    )
    .bind(article)
    .fetch_all(pool)
    .await?;
    let keys: Vec<String> = warehouses
        .iter()
        .map(|code| format!("keaz.remain:{code}/{article}"))
        .collect();
    sqlx::query_as(CALLS)
        .bind(article)
        .bind(keys)
        .bind(DEAD)
        .fetch_all(pool)
        .await
}

async fn listed<T>(pool: &PgPool, sql: &'static str, article: &str, limit: i64) -> sqlx::Result<Vec<T>>
where
    T: Send + Unpin + for<'r> sqlx::FromRow<'r, sqlx::postgres::PgRow>,
{
    sqlx::query_as(sql).bind(article).bind(limit).fetch_all(pool).await
}

async fn keaz_read_at(pool: &PgPool) -> sqlx::Result<Option<DateTime<Utc>>> {
    sqlx::query_scalar("SELECT taken_at FROM mirror.snapshot WHERE name = 'keaz.remains.list'")
        .fetch_optional(pool)
        .await
}
