//! Holds as people see them: `sverka hold`, `status`, the note of a run.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::types::Json;
use sqlx::{PgExecutor, PgPool};

/// A hold.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct HoldView {
    /// `queue.hold.id`
    pub id: i64,
    /// held, released, refused, over
    pub state: String,
    /// The job that would have written the rows.
    pub job: String,
    /// The run that found them.
    pub run_id: Option<i64>,
    /// Where they come from or go to.
    pub upstream: String,
    /// The warehouse or the price list; empty = all of the upstream.
    pub scope: String,
    /// zero, delete, reprice
    pub kind: String,
    /// How many.
    pub rows: i64,
    /// Of how many.
    pub of: i64,
    /// By which setting.
    pub why: String,
    /// Since when.
    pub created_at: DateTime<Utc>,
    /// When it was last judged.
    pub seen_at: DateTime<Utc>,
    /// When a person decided.
    pub decided_at: Option<DateTime<Utc>>,
    /// Who: user@host.
    pub decided_by: Option<String>,
    /// Some of the rows.
    pub samples: Vec<String>,
    /// Another one when any of the rows is another one.
    #[serde(skip)]
    pub mark: String,
}

/// A row of a hold.
#[derive(Clone, Debug, Serialize, Deserialize, sqlx::FromRow)]
pub struct HeldRow {
    /// The warehouse or the price list.
    pub place: String,
    /// Empty at KEAZ.
    pub brand: String,
    /// The article.
    pub article: String,
    /// zero, delete, reprice
    pub kind: String,
    /// What stands there.
    pub old_value: Option<String>,
    /// What would stand there; empty = nothing.
    pub new_value: Option<String>,
}

const ONE: &str = "SELECT * FROM queue.hold WHERE id = $1";

/// Holds with three of their rows. `which`: rows of `queue.hold`, chosen before any of theirs is read.
fn holds(which: &str) -> String {
    format!(
        "SELECT h.id, h.state, h.job, h.run_id, h.upstream, h.scope, h.kind, h.rows, h.of, h.why, h.created_at, h.seen_at,
           h.decided_at, h.decided_by, s.samples,
           coalesce(h.mark, CASE WHEN h.state IN ('held', 'refused') THEN queue.hold_mark(h.id) ELSE '' END) AS mark
      FROM ({which}) h
     CROSS JOIN LATERAL (
           SELECT coalesce(array_agg(concat_ws(' ', nullif(x.brand, ''), x.article) || ': ' || coalesce(x.old_value, '?')
                                     || ' -> ' || coalesce(x.new_value, 'gone')), '{{}}') AS samples
             FROM (SELECT * FROM queue.hold_row r WHERE r.hold_id = h.id ORDER BY place, brand, article LIMIT 3) x) s"
    )
}

/// Holds, oldest first: those that are open, or all.
pub async fn list(pool: &PgPool, all: bool) -> sqlx::Result<Vec<HoldView>> {
    let sql = holds("SELECT * FROM queue.hold WHERE $1 OR state IN ('held', 'refused')") + " ORDER BY h.id";
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(all).fetch_all(pool).await
}

/// The open ones first, then what was decided or mended, newest first; at most so many.
pub async fn newest(pool: &PgPool, limit: i64) -> sqlx::Result<Vec<HoldView>> {
    let newest = "ORDER BY state IN ('held', 'refused') DESC, id DESC";
    let sql = holds(&format!("SELECT * FROM queue.hold {newest} LIMIT $1")) + " " + newest;
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(limit)
        .fetch_all(pool)
        .await
}

/// One hold.
pub async fn hold(pool: &PgPool, id: i64) -> sqlx::Result<Option<HoldView>> {
    let sql = holds(ONE);
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(id)
        .fetch_optional(pool)
        .await
}

/// Its rows, at most so many.
pub async fn rows(pool: &PgPool, id: i64, limit: i64) -> sqlx::Result<Vec<HeldRow>> {
    sqlx::query_as(
        "SELECT place, brand, article, kind, old_value, new_value FROM queue.hold_row
          WHERE hold_id = $1 ORDER BY place, brand, article LIMIT $2",
    )
    .bind(id)
    .bind(limit)
    .fetch_all(pool)
    .await
}

#[derive(sqlx::FromRow)]
struct WithRows {
    #[sqlx(flatten)]
    hold: HoldView,
    held: Json<Vec<HeldRow>>,
}

/// One hold with its rows behind that one (place, brand, article), at most so many: as they stood at one moment.
pub async fn with_rows(
    pool: &PgPool,
    id: i64,
    (place, brand, article): (&str, &str, &str),
    limit: i64,
) -> sqlx::Result<Option<(HoldView, Vec<HeldRow>)>> {
    let sql = format!(
        "SELECT x.*, r.held FROM ({}) x
          CROSS JOIN LATERAL (
                SELECT coalesce(jsonb_agg(to_jsonb(n) ORDER BY place, brand, article), '[]') AS held
                  FROM (SELECT place, brand, article, kind, old_value, new_value FROM queue.hold_row
                         WHERE hold_id = $1 AND (place, brand, article) > ($3, $4, $5)
                         ORDER BY place, brand, article LIMIT $2) n) r",
        holds(ONE)
    );
    let found: Option<WithRows> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(id)
        .bind(limit)
        .bind(place)
        .bind(brand)
        .bind(article)
        .fetch_optional(pool)
        .await?;
    Ok(found.map(|found| (found.hold, found.held.0)))
}

/// What of a job's work is held, in one sentence.
pub(crate) async fn note(database: impl PgExecutor<'_>, job: &str) -> sqlx::Result<Option<String>> {
    sqlx::query_scalar(
        "SELECT 'held: ' || sum(rows) || ' rows (sverka hold list: ' || string_agg(id::text, ', ' ORDER BY id) || ')'
           FROM queue.hold WHERE job = $1 AND state IN ('held', 'refused')",
    )
    .bind(job)
    .fetch_one(database)
    .await
}
