//! Forgets what is old: ended calls with their attempts, ended runs, served slots, holds and pauses that are over, what people
//! were told of, drift, the history of changes, events, plans, processes that are gone.
//!
//! Dead calls are never pruned: they wait for a person.

use std::time::Duration;

use sqlx::PgPool;

use super::claim::interval;
use super::event;
use crate::kill;

/// So many rows at most in one statement, so that none is long.
const BATCH: i64 = 5_000;

/// Deletes what ended longer than `keep` ago. Returns how many calls went.
pub async fn prune(pool: &PgPool, keep: Duration) -> sqlx::Result<u64> {
    let calls = "DELETE FROM queue.call WHERE id IN (
                     SELECT id FROM queue.call
                      WHERE state IN ('done', 'cancelled') AND ended_at < now() - $1
                      ORDER BY ended_at LIMIT $2)";
    let pruned = in_batches(pool, calls, keep).await?;
    kill::point("prune.half");
    // The newest slot of each job is the memory of the schedule and stays.
    sqlx::query(
        "DELETE FROM queue.slot s
          WHERE taken_at < now() - $1 AND slot < (SELECT max(slot) FROM queue.slot t WHERE t.job = s.job)",
    )
    .bind(interval(keep))
    .execute(pool)
    .await?;
    // The newest finished run of each job is what freshness is measured by and stays; without one, the newest run.
    sqlx::query(
        "DELETE FROM queue.run r
          WHERE state = 'ended' AND ended_at < now() - $1
            AND id < (SELECT coalesce(max(id) FILTER (WHERE outcome = 'done'), max(id)) FROM queue.run t WHERE t.job = r.job)
            AND NOT EXISTS (SELECT FROM queue.call c WHERE c.run_id = r.id)",
    )
    .bind(interval(keep))
    .execute(pool)
    .await?;
    for old in [
        "DELETE FROM queue.hold WHERE state IN ('released', 'over') AND coalesce(decided_at, seen_at) < now() - $1",
        "DELETE FROM queue.incident WHERE closed_at < now() - $1",
        "DELETE FROM mirror.drift WHERE coalesce(mended_at, found_at) < now() - $1",
        "DELETE FROM queue.pause WHERE coalesce(ended_at, until) < now() - $1",
    ] {
        sqlx::query(old).bind(interval(keep)).execute(pool).await?;
    }
    for changes in [
        "DELETE FROM mirror.remain_change WHERE id IN (
             SELECT id FROM mirror.remain_change WHERE at < now() - $1 ORDER BY at LIMIT $2)",
        "DELETE FROM mirror.status_change WHERE id IN (
             SELECT id FROM mirror.status_change WHERE at < now() - $1 ORDER BY at LIMIT $2)",
        "DELETE FROM queue.event WHERE id IN (
             SELECT id FROM queue.event WHERE at < now() - $1 ORDER BY at LIMIT $2)",
    ] {
        in_batches(pool, changes, keep).await?;
    }
    forget_plans(pool, keep).await?;
    event::bound(pool).await?;
    let sql = format!(
        "WITH gone AS (DELETE FROM queue.daemon WHERE seen_at < now() - interval '1 day' RETURNING *)
         INSERT INTO queue.event (at, kind, facts) SELECT seen_at, 'daemon_gone', {} FROM gone d WHERE role = 'daemon'",
        event::DAEMON
    );
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(pool).await?;
    Ok(pruned)
}

/// Plans that were last shown or applied so long ago; first their rows, of which there may be very many.
async fn forget_plans(pool: &PgPool, keep: Duration) -> sqlx::Result<()> {
    let rows = "DELETE FROM queue.plan_row WHERE (plan_id, n) IN (
                    SELECT r.plan_id, r.n FROM queue.plan l JOIN queue.plan_row r ON r.plan_id = l.id
                     WHERE greatest(l.seen_at, l.applied_at) < now() - $1
                       AND NOT EXISTS (SELECT FROM queue.run u WHERE u.plan_id = l.id AND u.state <> 'ended')
                     LIMIT $2)";
    in_batches(pool, rows, keep).await?;
    sqlx::query(
        "DELETE FROM queue.plan l
          WHERE greatest(seen_at, applied_at) < now() - $1 AND NOT EXISTS (SELECT FROM queue.plan_row r WHERE r.plan_id = l.id)",
    )
    .bind(interval(keep))
    .execute(pool)
    .await?;
    Ok(())
}

/// Repeats a statement that deletes at most `$2` rows older than `$1`, until there are fewer. Returns how many went.
async fn in_batches(pool: &PgPool, delete: &'static str, keep: Duration) -> sqlx::Result<u64> {
    let mut pruned = 0;
    loop {
        let gone = sqlx::query(delete)
            .bind(interval(keep))
            .bind(BATCH)
            .execute(pool)
            .await?;
        pruned += gone.rows_affected();
        if gone.rows_affected() < BATCH.unsigned_abs() {
            return Ok(pruned);
        }
    }
}
