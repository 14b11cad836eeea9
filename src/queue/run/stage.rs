//! Stages: filled one after the other, each when the gating calls of the one before have ended.

use std::time::Duration;

use sqlx::{Connection, PgConnection};

use super::lane;
use crate::context::Context;
use crate::db::passing::Passing;
use crate::diff::ViewsError;
use crate::job::{Fill, Job};
use crate::kill;
use crate::metrics;
use crate::trace;

/// A push stage is filled again while the diff is not empty, at most so often; the rest is left to the next run.
const ROUNDS_MAX: i16 = 5;

/// What the end of a call does to its run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Progress {
    /// Calls ended.
    pub ended: i32,
    /// Calls that follow from it, of the same gating.
    pub added: i32,
    /// Whether the next stage waits for them.
    pub gating: bool,
    /// Of the ended ones, dead.
    pub dead: i32,
    /// Rows read.
    pub pulled: i64,
    /// Rows written upstream.
    pub pushed: i64,
    /// Rows the upstream refused.
    pub refused: i64,
}

/// A run as its next stage needs it.
#[derive(Debug, sqlx::FromRow)]
pub struct Stand {
    /// `queue.run.id`
    pub id: i64,
    job: String,
    lane: String,
    /// The one article or order asked for.
    pub scope: Option<String>,
    /// The plan that it applies.
    pub plan_id: Option<i64>,
    /// The present stage, from 0.
    pub stage: i16,
    /// How often it has been filled.
    pub rounds: i16,
    dead_calls: i32,
}

impl Stand {
    /// Whether another round of the stage would be pointless: what died would only die again.
    fn is_exhausted(&self) -> bool {
        self.rounds >= ROUNDS_MAX || self.rounds > 0 && self.dead_calls > 0
    }
}

/// Records the end of calls and, when the stage is over, fills the next. Call it last in a transaction.
pub async fn progress(tx: &mut PgConnection, context: &Context, run_id: i64, by: Progress) -> sqlx::Result<()> {
    let open = by.added - by.ended;
    let gate: Option<i32> = sqlx::query_scalar(
        "UPDATE queue.run
            SET open_calls = open_calls + $2, gate_calls = gate_calls + $3, calls = calls + $4,
                dead_calls = dead_calls + $5, rows_pulled = rows_pulled + $6, rows_pushed = rows_pushed + $7,
                rows_refused = rows_refused + $8
          WHERE id = $1
         RETURNING CASE WHEN state = 'running' THEN gate_calls END",
    )
    .bind(run_id)
    .bind(open)
    .bind(if by.gating { open } else { 0 })
    .bind(by.added)
    .bind(by.dead)
    .bind(by.pulled)
    .bind(by.pushed)
    .bind(by.refused)
    .fetch_optional(&mut *tx)
    .await?
    .flatten();
    if gate.is_some_and(|gate| gate <= 0) {
        go_on(tx, context, run_id).await?;
    }
    Ok(())
}

/// Fills the stages of a running run until one has calls to wait for, or the run is over.
pub(super) async fn go_on(tx: &mut PgConnection, context: &Context, run_id: i64) -> sqlx::Result<()> {
    loop {
        let run: Option<Stand> = sqlx::query_as(
            "SELECT id, job, lane, scope, plan_id, stage, rounds, dead_calls FROM queue.run
              WHERE id = $1 AND state = 'running' FOR UPDATE",
        )
        .bind(run_id)
        .fetch_optional(&mut *tx)
        .await?;
        let Some(run) = run else { return Ok(()) };
        if run.is_exhausted() {
            step(tx, run_id, run.stage + 1, 0).await?;
            continue;
        }
        match fill(tx, context, &run).await? {
            Ok(Fill::Next) => step(tx, run_id, run.stage + 1, 0).await?,
            Ok(Fill::Calls) => {
                step(tx, run_id, run.stage, run.rounds + 1).await?;
                if recount(tx, run_id).await? > 0 {
                    return Ok(());
                }
            }
            Ok(Fill::End) => return end_if_over(tx, context, &run).await,
            Err(why) => {
                tracing::error!(run = run_id, job = run.job, stage = run.stage, %why, "run failed: its next stage cannot be made; mend the cause, the next run tries again");
                return end(tx, context, &run, "failed", Some(&why)).await;
            }
        }
    }
}

/// Fills one stage under a savepoint: a view of the company's that is broken fails the run, not the call that ended.
async fn fill(tx: &mut PgConnection, context: &Context, run: &Stand) -> sqlx::Result<Result<Fill, String>> {
    let Some(job) = Job::of_run(&run.job) else {
        return Ok(Err(format!("this binary knows no job «{}»", run.job)));
    };
    kill::about("stage.before", &run.job);
    let mut savepoint = tx.begin().await?;
    let filled = match crate::diff::lay_views(&mut savepoint).await {
        Ok(()) => job
            .fill(&mut savepoint, context, run)
            .await
            .map_err(ViewsError::Database),
        Err(error) => Err(error),
    };
    let filled = match filled {
        // Not the run's fault: the whole step is tried again. Only a view that is too slow is too slow each time.
        Err(ViewsError::Database(error)) if error.is_passing() && !is_too_slow(&error) => return Err(error),
        filled => filled.map_err(|error| error.to_string()),
    };
    match filled {
        Ok(fill) => {
            savepoint.commit().await?;
            kill::about("stage.filled", &run.job);
            Ok(Ok(fill))
        }
        Err(why) => {
            savepoint.rollback().await?;
            Ok(Err(why))
        }
    }
}

/// Cancelled, as `statement_timeout` does.
fn is_too_slow(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code());
    code.as_deref() == Some("57014")
}

async fn step(tx: &mut PgConnection, run_id: i64, stage: i16, rounds: i16) -> sqlx::Result<()> {
    sqlx::query("UPDATE queue.run SET stage = $2, rounds = $3 WHERE id = $1")
        .bind(run_id)
        .bind(stage)
        .bind(rounds)
        .execute(tx)
        .await?;
    Ok(())
}

/// Counts the open calls of a run after a stage was filled. Returns how many gate.
async fn recount(tx: &mut PgConnection, run_id: i64) -> sqlx::Result<i32> {
    sqlx::query_scalar(
        "UPDATE queue.run r
            SET open_calls = n.open, gate_calls = n.gate, calls = r.calls + greatest(n.open - r.open_calls, 0)
           FROM (SELECT count(*)::int AS open, count(*) FILTER (WHERE gating)::int AS gate
                   FROM queue.call WHERE run_id = $1 AND state IN ('pending', 'running', 'unknown')) n
          WHERE r.id = $1
         RETURNING r.gate_calls",
    )
    .bind(run_id)
    .fetch_one(tx)
    .await
}

/// Past its last stage a run is over when its last call is, gating or not.
async fn end_if_over(tx: &mut PgConnection, context: &Context, run: &Stand) -> sqlx::Result<()> {
    recount(tx, run.id).await?;
    let (open, dead): (i32, i32) = sqlx::query_as("SELECT open_calls, dead_calls FROM queue.run WHERE id = $1")
        .bind(run.id)
        .fetch_one(&mut *tx)
        .await?;
    if open > 0 {
        return Ok(());
    }
    let note = remarks(tx, run).await?;
    end(
        tx,
        context,
        run,
        if dead == 0 { "done" } else { "partial" },
        note.as_deref(),
    )
    .await
}

/// What an admin should know of a run that ended well: what it left undone for a person.
async fn remarks(tx: &mut PgConnection, run: &Stand) -> sqlx::Result<Option<String>> {
    let held = crate::hold::look::note(&mut *tx, &run.job).await?;
    let drifted = crate::mirror::drift::note(&mut *tx, run.id, &run.job).await?;
    let remarks: Vec<_> = held.into_iter().chain(drifted).collect();
    Ok(Some(remarks.join("; ")).filter(|remarks| !remarks.is_empty()))
}

async fn end(
    tx: &mut PgConnection,
    context: &Context,
    run: &Stand,
    outcome: &'static str,
    note: Option<&str>,
) -> sqlx::Result<()> {
    let (pulled, pushed, refused, seconds): (i64, i64, i64, Option<f64>) = sqlx::query_as(
        "UPDATE queue.run SET state = 'ended', ended_at = now(), outcome = $2, note = $3 WHERE id = $1
         RETURNING rows_pulled, rows_pushed, rows_refused, extract(epoch FROM now() - started_at)::float8",
    )
    .bind(run.id)
    .bind(outcome)
    .bind(note)
    .fetch_one(&mut *tx)
    .await?;
    let job = Job::of_run(&run.job).map_or("unknown", Job::as_str);
    let took = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    metrics::own().run_ended(job, outcome, took);
    trace::run_ended(run.id, job, outcome, took);
    tracing::info!(
        run = run.id,
        job = run.job,
        outcome,
        pulled,
        pushed,
        refused,
        "run ended"
    );
    sqlx::query("SELECT pg_notify('sverka_queue', '')")
        .execute(&mut *tx)
        .await?;
    kill::about("run.ended", &run.job);
    Box::pin(lane::start_next(tx, context, &run.lane)).await
}
