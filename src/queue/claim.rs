//! Who works on a call: claims in batches, leases by the database's clock, heartbeats.
//!
//! The claim walks the index of pending calls by priority and due time and stops after what it takes, so its cost does
//! not depend on how many ended, dead or future calls there are.

use std::time::Duration;

use sqlx::postgres::types::PgInterval;
use sqlx::{PgExecutor, PgPool};

use super::Call;
use super::floor::Floor;
use super::rate::{self, Allowance, Pace};
use crate::db::passing::commit;
use crate::kill;

pub use super::rescue::{rescue, unblock};

/// The statement of [`claim`]: upstream, limit, daemon, lease, and for each priority the time before which none is due.
/// After a restore a site is only read ([`super::restore`]); what a person has paused ([`super::pause`]) gives nothing, or
/// nothing but reads.
///
/// An upstream whose breaker is open gives nothing; after its rest, one call as the probe. Only then its row is locked,
/// and the rest pushed on by the lease: a second claimer finds that when the lock is his, and a killed prober costs one
/// lease. A probe that takes longer is still under way.
pub const CLAIM: &str = "
    WITH half_open AS (
         SELECT name FROM queue.upstream u
          WHERE name = $1 AND openings > 0 AND coalesce(paused_until <= now(), true)
            AND (SELECT p.state FROM queue.call p WHERE p.id = u.probe_id) IS DISTINCT FROM 'running'
            FOR UPDATE
     ), due AS (
         SELECT c.id
           FROM generate_series(0, 3) AS level (priority)
          CROSS JOIN LATERAL (
                SELECT id FROM queue.call
                 WHERE upstream = $1 AND priority = level.priority AND state = 'pending' AND due_at <= now()
                   AND (class = 'read' OR NOT (SELECT EXISTS (
                        SELECT FROM queue.restore WHERE ended_at IS NULL AND $1 = ANY (waits)))
                                        AND NOT (SELECT EXISTS (
                        SELECT FROM queue.pause
                         WHERE upstream = $1 AND ended_at IS NULL AND until > now() AND only_pushes)))
                   AND due_at >= ($5::timestamptz[])[level.priority + 1]
                 ORDER BY due_at LIMIT $2
                   FOR UPDATE SKIP LOCKED) c
          WHERE (EXISTS (SELECT FROM half_open)
                 OR NOT EXISTS (SELECT FROM queue.upstream u
                                 WHERE u.name = $1 AND (u.openings > 0 OR u.paused_until > now())))
            AND NOT (SELECT EXISTS (SELECT FROM queue.pause
                                     WHERE upstream = $1 AND ended_at IS NULL AND until > now() AND NOT only_pushes))
          LIMIT CASE WHEN EXISTS (SELECT FROM half_open) THEN 1 ELSE $2 END
     ), claimed AS (
         UPDATE queue.call c
            SET state = 'running', attempt = c.attempt + 1, lease_owner = $3, lease_until = now() + $4,
                waits_for = NULL
           FROM due WHERE c.id = due.id
         RETURNING c.id, c.run_id, c.operation, c.args, c.gating, c.attempt, c.failures, c.priority, c.due_at,
                   extract(epoch FROM now() - c.intent_at)::float8 AS intent_age, c.resent, c.looks, c.look_id, c.keeps_answer,
                   extract(epoch FROM now() - c.created_at)::float8 AS age
     ), journal AS (
         INSERT INTO queue.attempt (call_id, attempt, daemon_id, started_at)
         SELECT id, attempt, $3, clock_timestamp() FROM claimed
     ), probing AS (
         UPDATE queue.upstream u SET probe_id = c.id, paused_until = now() + $4
           FROM claimed c WHERE u.name = $1 AND EXISTS (SELECT FROM half_open)
     )
     SELECT c.id, c.run_id, c.operation, c.args, c.gating, c.attempt, c.failures, c.intent_age, c.resent, c.looks,
            c.keeps_answer, c.age, l.answer AS look, extract(epoch FROM now() - l.ended_at)::float8 AS look_age,
            EXISTS (SELECT FROM half_open) AS is_probe
       FROM claimed c LEFT JOIN queue.call l ON l.id = c.look_id
      ORDER BY c.priority, c.due_at";

/// The statement of [`next_due`]: upstream.
pub const NEXT_DUE: &str = "
    SELECT min(extract(epoch FROM greatest(c.due_at, u.paused_until) - now()))::float8
      FROM generate_series(0, 3) AS level (priority)
     CROSS JOIN LATERAL (
           SELECT due_at FROM queue.call
            WHERE upstream = $1 AND priority = level.priority AND state = 'pending' AND due_at > now()
            ORDER BY due_at LIMIT 1) c
      LEFT JOIN queue.upstream u ON u.name = $1";

/// Begins what looks for due calls: along the index that has them in their order, whatever the statistics of the day make
/// of it. They are taken while thousands of calls come and go, and a plan that reads a whole other index and sorts would
/// be kept until the next ones.
pub const BEGIN: &str =
    "BEGIN; SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_seqscan = off";

/// Takes up to `limit` due calls of an upstream; the attempt is counted and written before anything is sent.
pub async fn claim(
    pool: &PgPool,
    upstream: &str,
    limit: usize,
    daemon_id: i64,
    lease: Duration,
) -> sqlx::Result<Vec<Call>> {
    Ok(
        claim_within(pool, upstream, limit, daemon_id, lease, 0, &Floor::default())
            .await?
            .calls,
    )
}

async fn take(
    executor: impl PgExecutor<'_>,
    upstream: &str,
    limit: usize,
    daemon_id: i64,
    lease: Duration,
    floor: &Floor,
) -> sqlx::Result<Vec<Call>> {
    sqlx::query_as(CLAIM)
        .bind(upstream)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind(daemon_id)
        .bind(interval(lease))
        .bind(floor.times())
        .fetch_all(executor)
        .await
}

/// What was claimed under a rate limit.
#[derive(Debug, Default)]
pub struct Claimed {
    /// The calls.
    pub calls: Vec<Call>,
    /// The limit stopped the claim: there may be more, which may be claimed after so long.
    pub free_in: Option<Duration>,
}

/// [`claim`], but no more than `rate` calls in any one second, all daemons of this database together; 0 = no limit, and
/// no lock. What is claimed counts, sent or not. `floor` only spares it what is known to be dead.
pub async fn claim_within(
    pool: &PgPool,
    upstream: &str,
    limit: usize,
    daemon_id: i64,
    lease: Duration,
    rate: u32,
    floor: &Floor,
) -> sqlx::Result<Claimed> {
    let mut tx = pool.begin_with(BEGIN).await?;
    let Some(pace) = Pace::of(rate) else {
        let calls = take(&mut *tx, upstream, limit, daemon_id, lease, floor).await?;
        tx.commit().await?;
        return Ok(Claimed { calls, free_in: None });
    };
    let allowed = match rate::ask(&mut tx, upstream, pace).await? {
        Allowance::Calls(calls) => usize::try_from(calls).unwrap_or(0),
        Allowance::Wait(free_in) => {
            tx.rollback().await?;
            return Ok(Claimed {
                calls: Vec::new(),
                free_in: Some(free_in),
            });
        }
    };
    let calls = take(&mut *tx, upstream, limit.min(allowed), daemon_id, lease, floor).await?;
    if calls.is_empty() {
        tx.rollback().await?;
        return Ok(Claimed::default());
    }
    let free_in = rate::spend(&mut tx, upstream, pace, calls.len()).await?;
    for call in &calls {
        kill::about("claim.before", &call.operation);
    }
    tx.commit().await?;
    let is_stopped = calls.len() == allowed && allowed < limit;
    Ok(Claimed {
        calls,
        free_in: is_stopped.then_some(free_in),
    })
}

/// How long until the next call of an upstream falls due, as far as it is not due already; `None` = there is none.
pub async fn next_due(pool: &PgPool, upstream: &str) -> sqlx::Result<Option<Duration>> {
    let mut tx = pool.begin_with(BEGIN).await?;
    let next = sqlx::query_scalar(NEXT_DUE).bind(upstream);
    let seconds: Option<f64> = next.fetch_one(&mut *tx).await?;
    tx.commit().await?;
    Ok(seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()))
}

/// Prolongs the leases of every call this daemon still works on; returns those that are still its own, with their
/// attempts. One whose end is being recorded is locked: it needs no lease any more, and nobody can rescue it. (What has a
/// lease is running; said so, the index of running calls, with all its dead entries, is never taken for that of the ids.)
pub async fn heartbeat(pool: &PgPool, daemon_id: i64, calls: &[i64], lease: Duration) -> sqlx::Result<Vec<(i64, i32)>> {
    let subject = if calls.is_empty() { "idle" } else { "busy" };
    kill::about("heartbeat.before", subject);
    let beat = sqlx::query_as(
        "WITH alive AS (UPDATE queue.daemon SET seen_at = now() WHERE id = $1)
         UPDATE queue.call SET lease_until = now() + $3
          WHERE id IN (SELECT id FROM queue.call
                        WHERE id = ANY($2) AND lease_until IS NOT NULL AND lease_owner = $1
                          FOR UPDATE SKIP LOCKED)
         RETURNING id, attempt",
    )
    .bind(daemon_id)
    .bind(calls)
    .bind(interval(lease));
    let mut tx = pool.begin().await?;
    let held = beat.fetch_all(&mut *tx).await?;
    tx.commit().await?;
    kill::about("heartbeat.committed", subject);
    Ok(held)
}

/// Gives back, uncounted, what this daemon holds and will not finish.
pub async fn release(pool: &PgPool, daemon_id: i64) -> sqlx::Result<u64> {
    kill::point("release.before");
    let release = sqlx::query(
        "WITH released AS (
             UPDATE queue.call
                SET state = 'pending', due_at = now(), lease_owner = NULL, lease_until = NULL
              WHERE state = 'running' AND lease_owner = $1
             RETURNING id, attempt
         )
         UPDATE queue.attempt a SET ended_at = now(), outcome = 'released', words = 'the daemon was told to stop'
           FROM released r WHERE a.call_id = r.id AND a.attempt = r.attempt",
    )
    .bind(daemon_id);
    let released = commit(pool, release).await?;
    kill::point("release.committed");
    Ok(released.rows_affected())
}

/// A duration as PostgreSQL's interval; longer than 292,000 years does not occur.
pub(crate) fn interval(duration: Duration) -> PgInterval {
    PgInterval {
        months: 0,
        days: 0,
        microseconds: i64::try_from(duration.as_micros()).unwrap_or(i64::MAX),
    }
}
