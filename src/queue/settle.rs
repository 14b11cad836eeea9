//! Records how a call ended: the only place that writes an outcome.
//!
//! Success: the fence, the answer's effect (written by the caller between [`fence`] and [`done`]), the end of the call
//! and its run's progress are one transaction. Failure: one statement. Both only while the lease is still ours.

use std::time::Duration;

use serde_json::Value;
use sqlx::{PgConnection, PgPool};

use super::claim::interval;
use super::enqueue::{NewCall, enqueue, enqueue_or_find};
use super::outcome::Outcome;
use super::{Call, journal, run};
use crate::context::Context;
use crate::db::passing::commit;
use crate::kill;
use crate::mirror;
use crate::operation::Applied;
use crate::upstream::transport::clip;

/// Characters of what is said about a call's end: a site may send a hundred thousand rows with something to say of each.
const MAX_WORDS: usize = 2000;

/// Locks the call for the rest of the transaction. False: the lease is lost, and nothing may be written. What the
/// transaction writes into the history of the mirror bears the call's number (`sverka.call`).
pub async fn fence(tx: &mut PgConnection, call: &Call, daemon_id: i64) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT set_config('sverka.call', id::text, true) IS NOT NULL FROM queue.call
          WHERE id = $1 AND attempt = $2 AND lease_owner = $3 AND lease_until IS NOT NULL FOR UPDATE",
    )
    .bind(call.id)
    .bind(call.attempt)
    .bind(daemon_id)
    .fetch_optional(tx)
    .await
    .map(|held: Option<bool>| held.is_some())
}

/// How this attempt has ended, if it has: a commit whose answer was lost may have been one.
pub async fn ended(pool: &PgPool, call: &Call) -> sqlx::Result<Option<String>> {
    let outcome = sqlx::query_scalar("SELECT outcome FROM queue.attempt WHERE call_id = $1 AND attempt = $2")
        .bind(call.id)
        .bind(call.attempt)
        .fetch_optional(pool)
        .await?;
    Ok(outcome.flatten())
}

/// Ends a fenced call whose effect has been written, enqueues what follows from it, and lets its run go on.
pub async fn done(tx: &mut PgConnection, context: &Context, call: &Call, applied: &Applied) -> sqlx::Result<()> {
    journal::keep(tx, call).await?;
    sqlx::query(
        "WITH ended AS (
             UPDATE queue.call
                SET state = 'done', ended_at = now(), reason = $3, answer = coalesce($5, answer),
                    lease_owner = NULL, lease_until = NULL
              WHERE id = $1
         )
         UPDATE queue.attempt SET ended_at = now(), outcome = 'done', http_status = $4, words = $3
          WHERE call_id = $1 AND attempt = $2",
    )
    .bind(call.id)
    .bind(call.attempt)
    .bind(applied.note.as_ref().map(|note| clip(note, MAX_WORDS)))
    .bind(applied.asked.then_some(200))
    .bind(&applied.answer)
    .execute(&mut *tx)
    .await?;
    close_dead(tx, call.id).await?;
    let mut added = 0;
    for next in &applied.next {
        let next = NewCall {
            gating: call.gating,
            keeps_answer: next.keeps_answer || call.keeps_answer,
            ..next.clone()
        };
        added += i32::from(enqueue(tx, call.run_id, &next).await?);
    }
    match applied.next.first() {
        Some(page) if call.keeps_answer => wait_on(tx, call.id, page).await?,
        _ => release_waiting(tx, call.id, Duration::ZERO, true).await?,
    }
    let progress = run::Progress {
        ended: 1,
        added,
        gating: call.gating,
        dead: 0,
        pulled: applied.pulled,
        pushed: applied.pushed,
        refused: applied.refused,
    };
    if let Some(run_id) = call.run_id {
        if applied.drifted > 0 {
            mirror::drift::belongs_to(tx, run_id).await?;
        }
        run::progress(tx, context, run_id, progress).await?;
    }
    Ok(())
}

/// Writes down that the attempt came to nothing here, as if its worker had died over it: the lease runs out, and after three
/// of them the call is put aside.
pub(super) async fn came_to_nothing(pool: &PgPool, call: &Call, words: &str) -> sqlx::Result<()> {
    let note = sqlx::query(
        "UPDATE queue.attempt SET ended_at = now(), outcome = 'lease lost', words = $3
          WHERE call_id = $1 AND attempt = $2 AND outcome IS NULL",
    )
    .bind(call.id)
    .bind(call.attempt)
    .bind(words);
    commit(pool, note).await.map(drop)
}

/// What is known about a failed attempt.
#[derive(Debug)]
pub struct Failure {
    /// What follows.
    pub outcome: Outcome,
    /// The upstream's words, redacted and clipped.
    pub words: String,
    /// The status of the answer, where there was one.
    pub http_status: Option<u16>,
    /// How to look upstream for the effect, when the outcome is unknown.
    pub read_back: Option<NewCall>,
    /// Whether it counts against `queue.max_attempts`, as far as its outcome does.
    pub counts: bool,
    /// What the upstream said, where that is not yet the end.
    pub answer: Option<Value>,
}

/// Writes down that a guarded request is about to leave; committed before its first byte does. False: the lease is lost.
pub async fn intend(pool: &PgPool, call: &Call, daemon_id: i64) -> sqlx::Result<bool> {
    kill::point("intent.before");
    // As it was when claimed: the statement may be repeated where nobody knows whether it was committed.
    let intend = sqlx::query(
        "UPDATE queue.call SET intent_at = now(), resent = resent OR $4, looks = 0
          WHERE id = $1 AND attempt = $2 AND lease_owner = $3 AND lease_until IS NOT NULL",
    )
    .bind(call.id)
    .bind(call.attempt)
    .bind(daemon_id)
    .bind(call.intent_age.is_some());
    let intended = commit(pool, intend).await?;
    kill::point("intent.committed");
    Ok(intended.rows_affected() == 1)
}

/// Records a failed attempt. False: the lease was lost, and somebody else has the call.
pub async fn failed(pool: &PgPool, context: &Context, call: &Call, failure: &Failure) -> sqlx::Result<bool> {
    let mut tx = pool.begin().await?;
    if !fence(&mut tx, call, context.daemon_id).await? {
        return Ok(false);
    }
    journal::keep(&mut tx, call).await?;
    let (state, wait, counts) = match failure.outcome {
        Outcome::Retry(wait) => ("pending", wait, true),
        Outcome::Pause(wait) => ("pending", wait, false),
        Outcome::Unknown(wait) => ("unknown", wait, true),
        Outcome::Look(_) => ("unknown", Duration::ZERO, false),
        Outcome::Quarantined => ("quarantined", Duration::ZERO, true),
        Outcome::Dead => ("dead", Duration::ZERO, true),
    };
    // Proved not to have happened; or to be looked at anew.
    let unsent = matches!(failure.outcome, Outcome::Retry(_) | Outcome::Pause(_));
    let unseen = unsent || matches!(failure.outcome, Outcome::Unknown(_));
    let waits_for = match (&failure.outcome, &failure.read_back) {
        (Outcome::Unknown(_), Some(read_back)) => Some(enqueue_or_find(&mut tx, read_back).await?),
        (Outcome::Look(after), Some(read_back)) => {
            let look = NewCall {
                after: *after,
                ..read_back.clone()
            };
            Some(enqueue_or_find(&mut tx, &look).await?)
        }
        _ => None,
    };
    sqlx::query(
        "WITH moved AS (
             UPDATE queue.call
                SET state = $3, failures = failures + $4::int, due_at = now() + $5, waits_for = $6, reason = $7,
                    intent_at = CASE WHEN NOT $10 THEN intent_at END, looks = CASE WHEN $11 THEN 0 ELSE looks END,
                    answer = coalesce($12, answer),
                    ended_at = CASE WHEN $3 = 'dead' THEN now() END, lease_owner = NULL, lease_until = NULL
              WHERE id = $1
             RETURNING due_at, state
         )
         UPDATE queue.attempt a
            SET ended_at = now(), outcome = $8, http_status = $9, words = $7,
                retry_at = CASE WHEN m.state = 'pending' THEN m.due_at END
           FROM moved m WHERE a.call_id = $1 AND a.attempt = $2",
    )
    .bind(call.id)
    .bind(call.attempt)
    .bind(state)
    .bind(i32::from(counts && failure.counts))
    .bind(interval(wait))
    .bind(waits_for)
    .bind(clip(&failure.words, MAX_WORDS))
    .bind(failure.outcome.word())
    .bind(failure.http_status.map(i32::from))
    .bind(unsent)
    .bind(unseen)
    .bind(&failure.answer)
    .execute(&mut *tx)
    .await?;
    if matches!(failure.outcome, Outcome::Dead | Outcome::Quarantined) {
        if failure.outcome == Outcome::Dead {
            close_dead(&mut tx, call.id).await?;
        }
        release_waiting(&mut tx, call.id, context.settings.queue.backoff_base, false).await?;
        if let Some(run_id) = call.run_id {
            let progress = run::Progress {
                ended: 1,
                dead: 1,
                gating: call.gating,
                ..Default::default()
            };
            run::progress(&mut tx, context, run_id, progress).await?;
        }
    }
    let [before, committed] = kill_points(&failure.outcome);
    kill::point(before);
    tx.commit().await?;
    kill::point(committed);
    Ok(true)
}

/// The moments around the commit, by what is committed.
fn kill_points(outcome: &Outcome) -> [&'static str; 2] {
    match outcome {
        Outcome::Retry(_) => ["retry.before", "retry.committed"],
        Outcome::Pause(_) => ["pause.before", "pause.committed"],
        Outcome::Unknown(_) => ["unknown.before", "unknown.committed"],
        Outcome::Look(_) => ["look.before", "look.committed"],
        Outcome::Quarantined => ["quarantine.before", "quarantine.committed"],
        Outcome::Dead => ["dead.before", "dead.committed"],
    }
}

/// The state that somebody waits for is read on the next page too: then they wait for that one.
async fn wait_on(tx: &mut PgConnection, call_id: i64, page: &NewCall) -> sqlx::Result<()> {
    let page = enqueue_or_find(tx, page).await?;
    sqlx::query("UPDATE queue.call SET waits_for = $2 WHERE waits_for = $1 AND state = 'unknown'")
        .bind(call_id)
        .bind(page)
        .execute(tx)
        .await?;
    Ok(())
}

/// An older dead call of the same intent has nothing to say any more: the intent was fulfilled, or has died anew. A newer
/// one may just have been written: a refused row that is tried again may be refused again.
async fn close_dead(tx: &mut PgConnection, call_id: i64) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE queue.call SET state = 'cancelled', ended_at = now()
          WHERE state = 'dead' AND key = (SELECT key FROM queue.call WHERE id = $1) AND id < $1",
    )
    .bind(call_id)
    .execute(tx)
    .await?;
    Ok(())
}

/// Calls whose answer was lost waited for this read-back. They are made again: each reads by its keys what still
/// differs from the mirror that the read-back has just refreshed, and sends only that. None of them is due earlier than
/// its own backoff says: an upstream that fails over every push and answers every read is not pressed. What has been looked
/// at goes before what has not: it keeps its place in time, and a guarded call becomes urgent, lest the look grow stale.
///
/// What must not be repeated, or is looked at before it is sent, goes by what `seen` read-back answered; one that died
/// counts as a failure of its own.
async fn release_waiting(tx: &mut PgConnection, read_back: i64, wait: Duration, seen: bool) -> sqlx::Result<()> {
    let released = sqlx::query(
        "WITH released AS (
             UPDATE queue.call
                SET state = 'pending', waits_for = NULL,
                    due_at = CASE WHEN $2 = interval '0' THEN due_at ELSE greatest(due_at, now() + $2) END,
                    priority = CASE WHEN $3 AND class = 'guarded' THEN 0 ELSE priority END,
                    looks = looks + $3::int, look_id = CASE WHEN $3 THEN $1 ELSE look_id END,
                    failures = failures + CASE WHEN NOT $3 AND (class = 'guarded' OR EXISTS (
                        SELECT FROM queue.attempt a
                         WHERE a.call_id = call.id AND a.attempt = call.attempt AND a.outcome = 'looking'))
                        THEN 1 ELSE 0 END
              WHERE waits_for = $1 AND state = 'unknown'
             RETURNING id
         )
         SELECT pg_notify('sverka_queue', '') FROM released LIMIT 1",
    )
    .bind(read_back)
    .bind(interval(wait))
    .bind(seen)
    .execute(tx)
    .await?;
    if released.rows_affected() > 0 {
        kill::point("read_back.before");
    }
    Ok(())
}
