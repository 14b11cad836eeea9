//! Runs as people look at them: those under way, the past ones page by page, what went wrong in one, and how they went
//! over time.
//!
//! Called by the admin page and its API. Everything goes along an index and has a limit.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::PgPool;

use crate::queue::look::{RUN, RunRow};

/// So many past runs of each job are drawn.
const DRAWN: i64 = 60;
/// So many calls of a run that went wrong are shown.
const TROUBLES: i64 = 100;

/// Runs that have not ended, oldest first.
pub(crate) async fn open(pool: &PgPool) -> sqlx::Result<Vec<RunRow>> {
    let sql = format!("{RUN} WHERE state <> 'ended' ORDER BY id");
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(pool).await
}

/// Runs that have ended, newest first; of one job, or of all; older than `before`.
pub(crate) async fn ended(
    pool: &PgPool,
    job: Option<&str>,
    before: Option<i64>,
    limit: i64,
) -> sqlx::Result<Vec<RunRow>> {
    let of_job = if job.is_some() {
        "AND job = $1"
    } else {
        "AND $1::text IS NULL"
    };
    let sql = format!(
        "{RUN} WHERE state = 'ended' AND id < coalesce($2, 9223372036854775807) {of_job} ORDER BY id DESC LIMIT $3"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(job)
        .bind(before)
        .bind(limit)
        .fetch_all(pool)
        .await
}

/// One run.
pub(crate) async fn run(pool: &PgPool, id: i64) -> sqlx::Result<Option<RunRow>> {
    let sql = format!("{RUN} WHERE id = $1");
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(id)
        .fetch_optional(pool)
        .await
}

/// How a past run went, for a plot.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub(crate) struct Point {
    pub(crate) id: i64,
    pub(crate) job: String,
    pub(crate) outcome: Option<String>,
    pub(crate) started_at: DateTime<Utc>,
    /// From its start to its end.
    pub(crate) seconds: f64,
    /// Pulled and pushed.
    pub(crate) rows: i64,
}

/// The last runs of these jobs, of each the oldest first.
pub(crate) async fn points(pool: &PgPool, jobs: &[&str]) -> sqlx::Result<Vec<Point>> {
    sqlx::query_as(
        "SELECT p.* FROM unnest($1::text[]) WITH ORDINALITY AS j (name, place)
          CROSS JOIN LATERAL (
                SELECT id, job, outcome, started_at, extract(epoch FROM ended_at - started_at)::float8 AS seconds,
                       rows_pulled + rows_pushed AS rows
                  FROM queue.run
                 WHERE job = j.name AND state = 'ended' AND started_at IS NOT NULL
                 ORDER BY id DESC LIMIT $2) p
          ORDER BY j.place, p.id",
    )
    .bind(jobs)
    .bind(DRAWN)
    .fetch_all(pool)
    .await
}

/// The calls of a run by what they do and how they stand.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub(crate) struct Part {
    pub(crate) operation: String,
    pub(crate) state: String,
    pub(crate) calls: i64,
}

/// The calls of a run, counted within the index.
pub(crate) async fn parts(pool: &PgPool, id: i64) -> sqlx::Result<Vec<Part>> {
    sqlx::query_as(
        "SELECT operation, state, count(*) AS calls FROM queue.call WHERE run_id = $1
          GROUP BY operation, state ORDER BY operation, state",
    )
    .bind(id)
    .fetch_all(pool)
    .await
}

/// A call that went wrong, or waits for another try.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub(crate) struct Trouble {
    pub(crate) id: i64,
    pub(crate) state: String,
    pub(crate) operation: String,
    pub(crate) args: Value,
    pub(crate) attempt: i32,
    /// When it is tried again.
    pub(crate) due_at: Option<DateTime<Utc>>,
    pub(crate) reason: Option<String>,
}

/// What went wrong in a run: its calls that are dead, quarantined, unknown or tried again, and the rows that were refused
/// while it was under way (each has a call of its own that belongs to no run).
pub(crate) async fn troubles(pool: &PgPool, run: &RunRow) -> sqlx::Result<Vec<Trouble>> {
    sqlx::query_as(
        "SELECT id, state, operation, args, attempt, NULL::timestamptz AS due_at, reason
           FROM queue.call
          WHERE run_id = $1 AND state IN ('dead', 'quarantined', 'unknown')
          UNION ALL
         SELECT id, state, operation, args, attempt, due_at, reason
           FROM queue.call
          WHERE run_id = $1 AND state = 'pending' AND attempt > 0
          UNION ALL
         (SELECT id, state, operation, args, attempt, NULL, reason FROM queue.call
           WHERE $2 > 0 AND state = 'dead' AND run_id IS NULL AND args ? 'refused' AND ended_at BETWEEN $3 AND $4)
          ORDER BY id LIMIT $5",
    )
    .bind(run.id)
    .bind(run.rows_refused)
    .bind(run.started_at)
    .bind(run.ended_at.unwrap_or_else(Utc::now))
    .bind(TROUBLES)
    .fetch_all(pool)
    .await
}
