//! Runs of jobs: requested, one after the other in their lane, through their stages, to their end.
//!
//! A run needs no process of its own: whoever ends its last gating call fills the next stage in the same transaction.
//! A killed daemon therefore loses no run, and several daemons share one.

use sqlx::{Connection, PgConnection, PgPool};

use crate::context::Context;
use crate::job::{Fill, Job};

/// A push stage is filled again while the diff is not empty, at most so often; the rest is left to the next run.
const ROUNDS_MAX: i16 = 5;

/// What asked for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A slot of `[schedule]`.
    Schedule,
    /// SIGUSR1.
    Signal,
    /// `sverka sync`.
    Command,
}

impl Trigger {
    fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Signal => "signal",
            Self::Command => "command",
        }
    }
}

/// What became of a request for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Requested {
    /// A new run; it begins now or when its lane is free.
    New(i64),
    /// The job is under way already.
    Joined(i64),
}

impl Requested {
    /// The run that does the work.
    pub fn run_id(self) -> i64 {
        match self {
            Self::New(id) | Self::Joined(id) => id,
        }
    }
}

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

/// A run waits when every call it has is waiting for its next try. `r` is the run.
const WAITING: &str = "r.state = 'running' AND r.open_calls > 0 AND NOT EXISTS (
    SELECT FROM queue.call c WHERE c.run_id = r.id
       AND (c.state IN ('running', 'unknown') OR c.state = 'pending' AND c.due_at <= now()))";

/// Asks for a run of a job, for one article or order if `scope` is given. A job that is under way is joined, unless
/// it only waits for retries: then the new run takes its waiting calls over and looks at everything afresh.
pub async fn request(
    pool: &PgPool,
    context: &Context,
    job: Job,
    trigger: Trigger,
    scope: Option<&str>,
) -> sqlx::Result<Requested> {
    let mut tx = pool.begin().await?;
    let requested = request_in(&mut tx, job, trigger, scope).await?;
    start_next(&mut tx, context, job.lane()).await?;
    tx.commit().await?;
    Ok(requested)
}

/// [`request`] inside a transaction of the caller, without starting it.
pub async fn request_in(
    tx: &mut PgConnection,
    job: Job,
    trigger: Trigger,
    scope: Option<&str>,
) -> sqlx::Result<Requested> {
    lock_lane(tx, job.lane()).await?;
    let sql = format!(
        "SELECT r.id, {WAITING} FROM queue.run r
          WHERE r.job = $1 AND r.state <> 'ended' AND r.scope IS NOT DISTINCT FROM $2"
    );
    let open: Option<(i64, bool)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(job.as_str())
        .bind(scope)
        .fetch_optional(&mut *tx)
        .await?;
    if let Some((id, false)) = open {
        return Ok(Requested::Joined(id));
    }
    if let Some((old, true)) = open {
        end_waiting(tx, old).await?;
    }
    let id: i64 =
        sqlx::query_scalar("INSERT INTO queue.run (job, lane, scope, trigger) VALUES ($1, $2, $3, $4) RETURNING id")
            .bind(job.as_str())
            .bind(job.lane())
            .bind(scope)
            .bind(trigger.as_str())
            .fetch_one(&mut *tx)
            .await?;
    Ok(Requested::New(id))
}

/// Starts the oldest queued run of a lane, if the lane is free or its run only waits for retries.
pub async fn start_next(tx: &mut PgConnection, context: &Context, lane: &str) -> sqlx::Result<()> {
    // A started run may end at once (nothing to do), and then the next one of the lane begins.
    while let Some(run_id) = start_one(tx, lane).await? {
        tracing::info!(run = run_id, lane, "run started");
        go_on(tx, context, run_id).await?;
    }
    Ok(())
}

async fn start_one(tx: &mut PgConnection, lane: &str) -> sqlx::Result<Option<i64>> {
    lock_lane(tx, lane).await?;
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

/// The backstop, called at every poll: starts what could start and moves on what stands still.
pub async fn tick(pool: &PgPool, context: &Context) -> sqlx::Result<()> {
    let lanes: Vec<String> = sqlx::query_scalar("SELECT DISTINCT lane FROM queue.run WHERE state = 'queued'")
        .fetch_all(pool)
        .await?;
    for lane in lanes {
        let mut tx = pool.begin().await?;
        start_next(&mut tx, context, &lane).await?;
        tx.commit().await?;
    }
    let idle: Vec<i64> = sqlx::query_scalar("SELECT id FROM queue.run WHERE state = 'running' AND gate_calls <= 0")
        .fetch_all(pool)
        .await?;
    for run_id in idle {
        let mut tx = pool.begin().await?;
        go_on(&mut tx, context, run_id).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// Fills the stages of a running run until one has calls to wait for, or the run is over.
async fn go_on(tx: &mut PgConnection, context: &Context, run_id: i64) -> sqlx::Result<()> {
    loop {
        let run: Option<Stand> = sqlx::query_as(
            "SELECT id, job, lane, scope, stage, rounds, dead_calls FROM queue.run
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

/// A run as its next stage needs it.
#[derive(Debug, sqlx::FromRow)]
pub struct Stand {
    /// `queue.run.id`
    pub id: i64,
    job: String,
    lane: String,
    /// The one article or order asked for.
    pub scope: Option<String>,
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

/// Fills one stage under a savepoint: a view of the company's that is broken fails the run, not the call that ended.
async fn fill(tx: &mut PgConnection, context: &Context, run: &Stand) -> sqlx::Result<Result<Fill, String>> {
    let Some(job) = Job::parse(&run.job) else {
        return Ok(Err(format!("this binary knows no job «{}»", run.job)));
    };
    let mut savepoint = tx.begin().await?;
    let filled = match crate::diff::lay_views(&mut savepoint).await {
        Ok(()) => job
            .fill(&mut savepoint, context, run)
            .await
            .map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match filled {
        Ok(fill) => {
            savepoint.commit().await?;
            Ok(Ok(fill))
        }
        Err(why) => {
            savepoint.rollback().await?;
            Ok(Err(why))
        }
    }
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
    end(tx, context, run, if dead == 0 { "done" } else { "partial" }, None).await
}

async fn end(
    tx: &mut PgConnection,
    context: &Context,
    run: &Stand,
    outcome: &str,
    note: Option<&str>,
) -> sqlx::Result<()> {
    let (pulled, pushed, refused): (i64, i64, i64) = sqlx::query_as(
        "UPDATE queue.run SET state = 'ended', ended_at = now(), outcome = $2, note = $3 WHERE id = $1
         RETURNING rows_pulled, rows_pushed, rows_refused",
    )
    .bind(run.id)
    .bind(outcome)
    .bind(note)
    .fetch_one(&mut *tx)
    .await?;
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
    Box::pin(start_next(tx, context, &run.lane)).await
}

/// Ends a run that only waits for retries. Its pushes stay due; its reads are pointless, the next run reads afresh.
async fn end_waiting(tx: &mut PgConnection, run_id: i64) -> sqlx::Result<()> {
    sqlx::query(
        "WITH reads AS (
             UPDATE queue.call SET state = 'cancelled', ended_at = now(), waits_for = NULL,
                    reason = coalesce(reason || '; ', '') || 'read again by the next run'
              WHERE run_id = $1 AND class = 'read' AND state = 'pending'
         )
         UPDATE queue.run SET state = 'ended', ended_at = now(), outcome = 'superseded' WHERE id = $1",
    )
    .bind(run_id)
    .execute(tx)
    .await?;
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
async fn lock_lane(tx: &mut PgConnection, lane: &str) -> sqlx::Result<()> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext('sverka lane ' || $1))")
        .bind(lane)
        .execute(tx)
        .await?;
    Ok(())
}
