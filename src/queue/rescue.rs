//! Takes calls back from workers that do not work on them any more, and makes those due that wait for nothing.
//!
//! Both move many rows in one statement; where one row makes it fail, each is moved by itself and only that one stays,
//! with its reason in the log. Called by the worker at every beat.

use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgArguments;

use super::claim::interval;
use crate::db::passing::commit;
use crate::kill;

/// After so many workers died over one call it is put aside for a person.
const LOST_LEASES_MAX: i64 = 3;

/// So many in one statement, and singly where that fails.
const BATCH: i64 = 1000;

/// Calls over which two workers died come back one after the other: one of them may be the killer of the others.
const APART: Duration = Duration::from_secs(2);

/// A worker beats more often than this.
const BEAT: Duration = Duration::from_secs(6);

const EXPIRED: &str = "SELECT id FROM queue.call WHERE state = 'running' AND lease_until < now()
     AND ($1::bigint IS NULL OR id = $1) ORDER BY lease_until LIMIT $2";

/// A worker that has beaten since the lease ran out does not know of the call, or could not record its end: the database
/// failed, not the call; unless its task panicked over it. One that was seen a moment ago is asked again at its next beat. Of one that is dead, nobody knows
/// whether the call killed it.
const RESCUE: &str = "
    WITH expired AS (
         SELECT c.id, c.attempt, c.intent_at,
                EXISTS (SELECT FROM queue.daemon d WHERE d.id = c.lease_owner AND d.seen_at > c.lease_until)
                AND NOT EXISTS (SELECT FROM queue.attempt a
                                 WHERE a.call_id = c.id AND a.attempt = c.attempt AND a.outcome = 'lease lost') AS forgotten
           FROM queue.call c
          WHERE c.state = 'running' AND c.lease_until < now() AND ($1::bigint IS NULL OR c.id = $1)
            AND NOT EXISTS (SELECT FROM queue.daemon d
                             WHERE d.id = c.lease_owner AND d.seen_at > now() - $4 AND d.seen_at <= c.lease_until)
          ORDER BY c.lease_until LIMIT $2
            FOR UPDATE SKIP LOCKED
     ), noted AS (
         UPDATE queue.attempt a
            SET ended_at = now(), outcome = CASE WHEN e.forgotten THEN 'released' ELSE 'lease lost' END,
                words = CASE WHEN e.forgotten THEN 'the worker lost the database, and the call with it'
                             ELSE 'the worker stopped without an answer' END
           FROM expired e WHERE a.call_id = e.id AND a.attempt = e.attempt AND a.outcome IS NULL
         RETURNING a.call_id
     ), counted AS (
         SELECT e.id, e.intent_at, e.forgotten,
                CASE WHEN e.forgotten THEN 0 ELSE
                1 + (SELECT count(*) FROM queue.attempt a
                      WHERE a.call_id = e.id AND a.attempt < e.attempt AND a.outcome = 'lease lost') END AS lost
           FROM expired e
     ), turns AS (
         SELECT n.*, row_number() OVER (PARTITION BY lost > 1 ORDER BY id) - 1 AS turn FROM counted n
     ), ended AS (
         UPDATE queue.call c
            SET state = CASE WHEN n.lost < $3 THEN 'pending' WHEN n.intent_at IS NULL THEN 'dead' ELSE 'quarantined' END,
                ended_at = CASE WHEN n.lost >= $3 AND n.intent_at IS NULL THEN now() END,
                reason = CASE WHEN n.lost >= $3 THEN 'its worker died ' || n.lost || ' times over it' END,
                failures = c.failures + CASE WHEN n.forgotten THEN 0 ELSE 1 END,
                due_at = now() + CASE WHEN n.lost > 1 THEN n.turn * $5 ELSE interval '0' END,
                lease_owner = NULL, lease_until = NULL
           FROM turns n WHERE c.id = n.id
         RETURNING c.run_id, c.gating, c.state
     ), tally AS (
         SELECT run_id, count(*) AS dead, count(*) FILTER (WHERE gating) AS gate
           FROM ended WHERE state <> 'pending' AND run_id IS NOT NULL GROUP BY run_id
     ), runs AS (
         UPDATE queue.run r
            SET open_calls = r.open_calls - t.dead, gate_calls = r.gate_calls - t.gate,
                dead_calls = r.dead_calls + t.dead
           FROM tally t WHERE r.id = t.run_id
     )
     SELECT FROM ended";

const STRANDED: &str = "SELECT c.id FROM queue.call c
     WHERE c.state = 'unknown' AND ($1::bigint IS NULL OR c.id = $1)
       AND NOT EXISTS (SELECT FROM queue.call r
                        WHERE r.id = c.waits_for AND r.state IN ('pending', 'running', 'unknown')) LIMIT $2";

const UNBLOCK: &str = "
    UPDATE queue.call c
       SET state = 'pending', due_at = greatest(due_at, now()), waits_for = NULL,
           failures = failures + CASE WHEN class = 'guarded' THEN 1 ELSE 0 END
     WHERE c.state = 'unknown' AND ($1::bigint IS NULL OR c.id = $1)
       AND NOT EXISTS (SELECT FROM queue.call r
                        WHERE r.id = c.waits_for AND r.state IN ('pending', 'running', 'unknown'))";

type Statement = sqlx::query::Query<'static, sqlx::Postgres, PgArguments>;

/// Takes calls away from workers whose lease has run out and makes them due again: whoever claims one that may have been
/// sent, and must not be repeated, looks first. A call that has outlived three workers is dead, or quarantined if it may
/// have happened. Returns how many moved.
pub async fn rescue(pool: &PgPool) -> sqlx::Result<u64> {
    kill::point("rescue.before");
    let moved = all_or_each(pool, EXPIRED, "be taken over", |id| {
        sqlx::query(RESCUE)
            .bind(id)
            .bind(BATCH)
            .bind(LOST_LEASES_MAX)
            .bind(interval(BEAT))
            .bind(interval(APART))
    })
    .await?;
    if moved > 0 {
        kill::point("rescue.committed");
    }
    Ok(moved)
}

/// Makes calls due again that wait for a read-back which will never come: it died with its workers, a person or a
/// newer run cancelled it. Returns how many.
pub async fn unblock(pool: &PgPool) -> sqlx::Result<u64> {
    all_or_each(pool, STRANDED, "be made due again", |id| sqlx::query(UNBLOCK).bind(id)).await
}

/// All at once; where the database refuses that because of what stands in a row, each by itself.
async fn all_or_each(
    pool: &PgPool,
    which: &'static str,
    what: &str,
    statement: fn(Option<i64>) -> Statement,
) -> sqlx::Result<u64> {
    match commit(pool, statement(None)).await {
        Err(error) if is_of_a_row(&error) => tracing::debug!(%error, "one call of many cannot {what}"),
        done => return Ok(done?.rows_affected()),
    }
    let ids: Vec<i64> = sqlx::query_scalar(which)
        .bind(None::<i64>)
        .bind(BATCH)
        .fetch_all(pool)
        .await?;
    let mut count = 0;
    for id in ids {
        match commit(pool, statement(Some(id))).await {
            Err(error) if is_of_a_row(&error) => tracing::error!(call = id, %error, "a call cannot {what}"),
            done => count += done?.rows_affected(),
        }
    }
    Ok(count)
}

/// Integrity, data, a trigger's word (classes 22, 23, 44, P0): said of what stands in the rows, not of the server.
fn is_of_a_row(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.is_some_and(|code| ["22", "23", "44", "P0"].iter().any(|class| code.starts_with(class)))
}
