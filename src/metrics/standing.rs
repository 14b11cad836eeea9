//! How everything stands in the database, read at a scrape: every question is an index away or has a limit, however many
//! calls the queue remembers. What differs is not among them: that is counted in the background (`diff/tally.rs`).

use sqlx::PgPool;

use crate::context::Context;
use crate::daemon::freshness::{self, Fresh};
use crate::db::horizon;
use crate::queue::look::{self, Standing as Breaker};
use crate::queue::reach::{self, Reach};
use crate::queue::{presence, restore};
use crate::upstream::Upstream;

/// So many calls of a state are counted (of pending ones: of each upstream and priority); then it says so many.
const COUNTED: i64 = 10_000;

/// What a scrape found.
#[derive(Debug)]
pub(crate) struct Standing {
    pub(super) daemons: i64,
    pub(super) is_restored: bool,
    pub(super) size: i64,
    pub(super) horizon: f64,
    pub(super) queue: Vec<Depth>,
    pub(super) breakers: Vec<Breaker>,
    pub(super) reach: Vec<Reach>,
    pub(super) fresh: Vec<Fresh>,
    pub(super) holds: Vec<Holds>,
    pub(super) notices: Vec<Waiting>,
}

/// Calls of one upstream in one state.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Depth {
    pub(super) upstream: String,
    pub(super) state: String,
    pub(super) calls: i64,
    /// How long the oldest of them has been in the queue.
    pub(super) oldest: f64,
}

/// Open holds of one job in one state.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Holds {
    pub(super) job: String,
    pub(super) state: String,
    pub(super) holds: i64,
    pub(super) rows: i64,
}

/// Messages of one channel that have not been delivered.
#[derive(Debug, sqlx::FromRow)]
pub(super) struct Waiting {
    pub(super) channel: String,
    pub(super) notices: i64,
    /// For how long the oldest of them has been waiting.
    pub(super) oldest: f64,
}

impl Standing {
    /// As it is now.
    pub(crate) async fn read(pool: &PgPool, context: &Context) -> sqlx::Result<Self> {
        // With no age as a bound, whoever holds the horizon at all; a slot has no age.
        let holder = horizon::holder(pool, std::time::Duration::ZERO).await?;
        Ok(Self {
            daemons: presence::daemons_alive(pool).await?,
            is_restored: restore::open(pool).await?.is_some(),
            size: sqlx::query_scalar("SELECT pg_database_size(current_database())")
                .fetch_one(pool)
                .await?,
            horizon: holder.and_then(|holder| holder.seconds).unwrap_or_default(),
            queue: depth(pool).await?,
            breakers: look::standing(pool).await?,
            reach: reach::read(pool, context).await?,
            fresh: freshness::read(pool, context).await?,
            holds: holds(pool).await?,
            notices: notices(pool).await?,
        })
    }
}

/// State by state: each has an index of its own, whose order is asked for so that the planner takes it.
async fn depth(pool: &PgPool) -> sqlx::Result<Vec<Depth>> {
    let upstreams = Upstream::ALL.map(Upstream::as_str);
    sqlx::query_as(
        "SELECT upstream, state, count(*) AS calls, extract(epoch FROM now() - min(created_at))::float8 AS oldest
           FROM (SELECT p.* FROM unnest($1::text[]) AS u (name) CROSS JOIN generate_series(0, 3) AS level (priority)
                  CROSS JOIN LATERAL (
                        SELECT upstream, state, created_at FROM queue.call
                         WHERE upstream = u.name AND priority = level.priority AND state = 'pending'
                         ORDER BY due_at LIMIT $2) p
                 UNION ALL
                (SELECT upstream, state, created_at FROM queue.call WHERE state = 'running' ORDER BY lease_until LIMIT $2)
                 UNION ALL
                (SELECT upstream, state, created_at FROM queue.call WHERE state = 'unknown' ORDER BY waits_for LIMIT $2)
                 UNION ALL
                (SELECT upstream, state, created_at FROM queue.call WHERE state = 'quarantined' ORDER BY id LIMIT $2)
                 UNION ALL
                (SELECT upstream, state, created_at FROM queue.call WHERE state = 'dead' ORDER BY id LIMIT $2)) c
          GROUP BY upstream, state",
    )
    .bind(upstreams.as_slice())
    .bind(COUNTED)
    .fetch_all(pool)
    .await
}

async fn holds(pool: &PgPool) -> sqlx::Result<Vec<Holds>> {
    sqlx::query_as(
        "SELECT job, state, count(*) AS holds, sum(rows)::bigint AS rows FROM queue.hold
          WHERE state IN ('held', 'refused') GROUP BY job, state",
    )
    .fetch_all(pool)
    .await
}

async fn notices(pool: &PgPool) -> sqlx::Result<Vec<Waiting>> {
    sqlx::query_as(
        "SELECT channel, count(*) AS notices, extract(epoch FROM now() - min(created_at))::float8 AS oldest
           FROM (SELECT channel, created_at FROM queue.notice WHERE sent_at IS NULL AND given_up_at IS NULL
                  ORDER BY channel, id LIMIT $1) n GROUP BY channel",
    )
    .bind(COUNTED)
    .fetch_all(pool)
    .await
}
