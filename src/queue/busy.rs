//! What the queue is doing just now, for `sverka top`: what has ended in the last minute, what is under way, what is due
//! next. Every part goes along an index; the calls that are named have a limit, those that ended are counted.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgPool;

use crate::upstream::Upstream;

/// Calls that ended in the last minute.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Ended {
    pub(crate) upstream: String,
    /// done, dead, cancelled
    pub(crate) state: String,
    pub(crate) calls: i64,
}

/// A call that is under way or waits.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Current {
    pub(crate) id: i64,
    pub(crate) operation: String,
    pub(crate) args: Value,
    /// How often it was claimed.
    pub(crate) attempt: i32,
    /// When this attempt began; of one that waits, when it can be made.
    pub(crate) at: DateTime<Utc>,
}

/// What the queue is doing.
#[derive(Clone, Debug)]
pub(crate) struct Busy {
    pub(crate) ended: Vec<Ended>,
    /// Longest under way first.
    pub(crate) running: Vec<Current>,
    /// Due first.
    pub(crate) next: Vec<Current>,
}

/// Looks; at most `limit` calls of each kind.
pub(crate) async fn read(pool: &PgPool, limit: i64) -> sqlx::Result<Busy> {
    Ok(Busy {
        ended: ended(pool).await?,
        running: running(pool, limit).await?,
        next: next(pool, limit).await?,
    })
}

async fn ended(pool: &PgPool) -> sqlx::Result<Vec<Ended>> {
    sqlx::query_as(
        "SELECT upstream, state, count(*) AS calls
           FROM (SELECT upstream, state FROM queue.call
                  WHERE state IN ('done', 'cancelled') AND ended_at > now() - interval '1 minute'
                  UNION ALL
                 SELECT upstream, state FROM queue.call WHERE state = 'dead' AND ended_at > now() - interval '1 minute') c
          GROUP BY upstream, state ORDER BY upstream, state DESC",
    )
    .fetch_all(pool)
    .await
}

async fn running(pool: &PgPool, limit: i64) -> sqlx::Result<Vec<Current>> {
    sqlx::query_as(
        "SELECT c.id, c.operation, c.args, c.attempt, coalesce(a.started_at, c.created_at) AS at
           FROM queue.call c LEFT JOIN queue.attempt a ON a.call_id = c.id AND a.attempt = c.attempt
          WHERE c.state = 'running' ORDER BY at, c.id LIMIT $1",
    )
    .bind(limit)
    .fetch_all(pool)
    .await
}

/// A call whose upstream rests cannot be made before that is over.
async fn next(pool: &PgPool, limit: i64) -> sqlx::Result<Vec<Current>> {
    let upstreams = Upstream::ALL.map(Upstream::as_str);
    sqlx::query_as(
        "SELECT d.id, d.operation, d.args, d.attempt, greatest(d.due_at, r.paused_until) AS at
           FROM unnest($2::text[]) AS u (name)
          CROSS JOIN generate_series(0, 3) AS level (priority)
          CROSS JOIN LATERAL (SELECT c.id, c.operation, c.args, c.attempt, c.due_at FROM queue.call c
                               WHERE c.upstream = u.name AND c.priority = level.priority AND c.state = 'pending'
                               ORDER BY c.due_at LIMIT $1) d
           LEFT JOIN queue.upstream r ON r.name = u.name
          ORDER BY at, d.id LIMIT $1",
    )
    .bind(limit)
    .bind(&upstreams[..])
    .fetch_all(pool)
    .await
}
