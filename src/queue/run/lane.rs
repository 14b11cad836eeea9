//! Lanes: of the runs of one lane the oldest goes, and one that only waits for retries does not hold up the next.

use sqlx::PgConnection;

use super::stage;
use crate::context::Context;
use crate::job::Job;
use crate::metrics;

/// A run waits when every call it has is waiting for its next try, or for the end of a person's pause. `r` is the run.
/// By the clock and not by `now()`, the beginning of a transaction that may have waited for its lane meanwhile: to it,
/// calls that were due at once would seem to wait.
pub(super) const WAITING: &str = "r.state = 'running' AND r.open_calls > 0 AND NOT EXISTS (
    SELECT FROM queue.call c WHERE c.run_id = r.id
       AND (c.state IN ('running', 'unknown') OR c.state = 'pending' AND c.due_at <= clock_timestamp()
            AND NOT EXISTS (SELECT FROM queue.pause p
                             WHERE p.upstream = c.upstream AND p.ended_at IS NULL AND p.until > clock_timestamp()
                               AND (c.class <> 'read' OR NOT p.only_pushes))))";

/// Starts the oldest queued run of a lane, if the lane is free or its run only waits for retries.
pub async fn start_next(tx: &mut PgConnection, context: &Context, lane: &str) -> sqlx::Result<()> {
    // A started run may end at once (nothing to do), and then the next one of the lane begins.
    while let Some(run_id) = start_one(tx, lane).await? {
        tracing::info!(run = run_id, lane, "run started");
        stage::go_on(tx, context, run_id).await?;
    }
    Ok(())
}

async fn start_one(tx: &mut PgConnection, lane: &str) -> sqlx::Result<Option<i64>> {
    lock(tx, lane).await?;
    let queued: Option<i64> =
        sqlx::query_scalar("SELECT id FROM queue.run WHERE lane = $1 AND state = 'queued' ORDER BY id LIMIT 1")
            .bind(lane)
            .fetch_optional(&mut *tx)
            .await?;
    let Some(next) = queued else { return Ok(None) };
    let sql = format!("SELECT r.id, {WAITING} FROM queue.run r WHERE r.lane = $1 AND r.state = 'running'");
    let running: Option<(i64, bool)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(lane)
        .fetch_optional(&mut *tx)
        .await?;
    match running {
        Some((_, false)) => return Ok(None),
        Some((waiting, true)) => end_waiting(tx, waiting).await?,
        None => {}
    }
    sqlx::query("UPDATE queue.run SET state = 'running', started_at = now() WHERE id = $1")
        .bind(next)
        .execute(&mut *tx)
        .await?;
    take_over(tx, next).await?;
    Ok(Some(next))
}

/// Ends a run that only waits for retries. Its pushes stay due; its reads are pointless, the next run reads afresh.
pub(super) async fn end_waiting(tx: &mut PgConnection, run_id: i64) -> sqlx::Result<()> {
    let job: Option<String> = sqlx::query_scalar(
        "WITH reads AS (
             UPDATE queue.call SET state = 'cancelled', ended_at = now(), waits_for = NULL,
                    reason = coalesce(reason || '; ', '') || 'read again by the next run'
              WHERE run_id = $1 AND class = 'read' AND state = 'pending'
         )
         UPDATE queue.run SET state = 'ended', ended_at = now(), outcome = 'superseded' WHERE id = $1 RETURNING job",
    )
    .bind(run_id)
    .fetch_optional(tx)
    .await?;
    let job = job.and_then(|job| Job::of_run(&job)).map_or("unknown", Job::as_str);
    metrics::own().run_ended(job, "superseded", None);
    tracing::info!(
        run = run_id,
        "run ended: all it had left was waiting for retries; its pushes stay in the queue"
    );
    Ok(())
}

/// Moves the pushes that earlier runs of the job left waiting to this one, which does not wait for them between its
/// stages. Where a person asked for it, they are due now.
async fn take_over(tx: &mut PgConnection, run_id: i64) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE queue.call c
            SET run_id = n.id, gating = false,
                due_at = CASE WHEN n.trigger = 'schedule' THEN c.due_at ELSE least(c.due_at, now()) END
           FROM queue.run n, queue.run o
          WHERE n.id = $1 AND n.scope IS NULL AND o.job = n.job AND o.state = 'ended' AND c.run_id = o.id
            AND c.state = 'pending'",
    )
    .bind(run_id)
    .execute(tx)
    .await?;
    Ok(())
}

/// Decisions about a lane are made one at a time.
pub(super) async fn lock(tx: &mut PgConnection, lane: &str) -> sqlx::Result<()> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext('sverka lane ' || $1))")
        .bind(lane)
        .execute(tx)
        .await?;
    Ok(())
}
