//! A batch that an upstream refused whole: half of it each time, until the row that spoils it stands alone.
//!
//! `operation::perform` calls it; what a half is, and how a row is put aside, the operation says. Of n rows one bad one
//! costs about 2 log2(n) requests.

use serde_json::Value;
use sqlx::PgPool;

use super::{Call, journal, run, settle};
use crate::context::Context;

/// Ends the call and enqueues its halves in its place, in one transaction. They have its run, its priority and its place
/// in time: what is known to hold a bad row is not put behind what is not. False: the lease is lost.
pub async fn split(
    pool: &PgPool,
    context: &Context,
    call: &Call,
    http_status: Option<u16>,
    words: &str,
    halves: [Value; 2],
) -> sqlx::Result<bool> {
    let mut tx = pool.begin().await?;
    if !settle::fence(&mut tx, call, context.daemon_id).await? {
        return Ok(false);
    }
    journal::keep(&mut tx, call).await?;
    sqlx::query(
        "WITH ended AS (
             UPDATE queue.call
                SET state = 'done', ended_at = now(), reason = $3, lease_owner = NULL, lease_until = NULL
              WHERE id = $1
         )
         UPDATE queue.attempt SET ended_at = now(), outcome = 'split', http_status = $4, words = $3
          WHERE call_id = $1 AND attempt = $2",
    )
    .bind(call.id)
    .bind(call.attempt)
    .bind(format!("refused whole, made again in halves: {words}"))
    .bind(http_status.map(i32::from))
    .execute(&mut *tx)
    .await?;
    let added = sqlx::query(
        "INSERT INTO queue.call (run_id, upstream, operation, args, class, priority, gating, due_at, split_of)
         SELECT c.run_id, c.upstream, c.operation, half.args, c.class, c.priority, c.gating, c.due_at, c.id
           FROM queue.call c, unnest($2::jsonb[]) AS half (args) WHERE c.id = $1
         ON CONFLICT (key) WHERE state IN ('pending', 'running', 'unknown', 'quarantined') DO NOTHING",
    )
    .bind(call.id)
    .bind(halves.as_slice())
    .execute(&mut *tx)
    .await?;
    if let Some(run_id) = call.run_id {
        let progress = run::Progress {
            ended: 1,
            added: i32::try_from(added.rows_affected()).unwrap_or_default(),
            gating: call.gating,
            ..Default::default()
        };
        run::progress(&mut tx, context, run_id, progress).await?;
    }
    tx.commit().await?;
    Ok(true)
}

/// Whether others like it were accepted while this row alone was refused, and more than once: it is the row then, and not
/// the upstream's bad hour. The other half counts; without one, what came after the first refusal.
pub async fn others_are_accepted(pool: &PgPool, call: &Call) -> sqlx::Result<bool> {
    if call.failures == 0 {
        return Ok(false);
    }
    sqlx::query_scalar(
        "SELECT EXISTS (
             SELECT FROM queue.call c
               JOIN queue.call d ON d.operation = c.operation AND d.state = 'done' AND d.ended_at >
                    CASE WHEN c.split_of IS NOT NULL THEN c.created_at
                         ELSE (SELECT min(ended_at) FROM queue.attempt WHERE call_id = c.id AND outcome = 'retry') END
               JOIN queue.attempt a ON a.call_id = d.id AND a.attempt = d.attempt
              WHERE c.id = $1 AND a.outcome = 'done' AND a.http_status = 200)",
    )
    .bind(call.id)
    .fetch_one(pool)
    .await
}
