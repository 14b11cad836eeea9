//! What people ask the queue: which calls, which attempts, which runs; and the two things they may do to a call.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use sqlx::{PgConnection, PgPool};

use super::audit;

/// A call as a person sees it.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct CallRow {
    /// `queue.call.id`
    pub id: i64,
    /// pending, running, unknown, quarantined, done, dead, cancelled
    pub state: String,
    /// Whom it is made to.
    pub upstream: String,
    /// `upstream.resource.action`
    pub operation: String,
    /// read, idempotent, guarded
    pub class: String,
    /// What it reads or pushes.
    pub args: Value,
    /// How often it was claimed.
    pub attempt: i32,
    /// When it is tried (again).
    pub due_at: DateTime<Utc>,
    /// Since when it is in the queue.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Its run.
    pub run_id: Option<i64>,
    /// The last words about it.
    pub reason: Option<String>,
    /// What the upstream answered, where that is kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<Value>,
    /// What the upstream held when it was last looked at for this call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look: Option<Value>,
    /// The call that looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look_id: Option<i64>,
    /// Its state: while it is open, the answer is still to come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look_state: Option<String>,
    /// When it looked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub looked_at: Option<DateTime<Utc>>,
    /// Why it saw nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub look_reason: Option<String>,
}

/// One attempt of a call.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct AttemptRow {
    /// From 1.
    pub attempt: i32,
    /// When it was claimed.
    pub started_at: DateTime<Utc>,
    /// When it ended; empty while it is under way.
    pub ended_at: Option<DateTime<Utc>>,
    /// done, retry, paused, unknown, looking, quarantined, dead, released, lease lost
    pub outcome: Option<String>,
    /// The status of the answer.
    pub http_status: Option<i32>,
    /// The upstream's words.
    pub words: Option<String>,
    /// When it was to be tried again.
    pub retry_at: Option<DateTime<Utc>>,
}

/// A run as a person sees it.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct RunRow {
    /// `queue.run.id`
    pub id: i64,
    /// The job.
    pub job: String,
    /// schedule, signal, command, page
    pub trigger: String,
    /// The one article or order that was asked for; empty = everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// queued, running, ended
    pub state: String,
    /// done, partial, failed, superseded
    pub outcome: Option<String>,
    /// Calls in all.
    pub calls: i32,
    /// Calls not ended.
    pub open_calls: i32,
    /// Calls that are dead.
    pub dead_calls: i32,
    /// Rows read.
    pub rows_pulled: i64,
    /// Rows written upstream.
    pub rows_pushed: i64,
    /// Rows refused.
    pub rows_refused: i64,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// When its work began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// What an admin should know.
    pub note: Option<String>,
}

const CALL: &str =
    "SELECT c.id, c.state, c.upstream, c.operation, c.class, c.args, c.attempt, c.due_at, c.created_at, c.ended_at,
            c.run_id, c.reason, c.answer, l.answer AS look, c.look_id, l.state AS look_state, l.ended_at AS looked_at,
            l.reason AS look_reason
       FROM queue.call c LEFT JOIN queue.call l ON l.id = c.look_id";
pub(super) const RUN: &str =
    "SELECT id, job, trigger, scope, state, outcome, calls, open_calls, dead_calls, rows_pulled, rows_pushed,
                          rows_refused, requested_at, started_at, ended_at, note FROM queue.run";

/// Calls, newest first; of one state, or all that are open, quarantined or dead.
pub async fn calls(pool: &PgPool, state: Option<&str>, limit: i64) -> sqlx::Result<Vec<CallRow>> {
    let sql = format!(
        "{CALL} WHERE CASE WHEN $1::text IS NULL THEN c.state IN ('pending', 'running', 'unknown', 'quarantined', 'dead') ELSE c.state = $1 END
         ORDER BY c.id DESC LIMIT $2"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(state)
        .bind(limit)
        .fetch_all(pool)
        .await
}

/// One call with its attempts.
pub async fn call(pool: &PgPool, id: i64) -> sqlx::Result<Option<(CallRow, Vec<AttemptRow>)>> {
    // The attempts first: a call read after them knows at least what they say.
    let attempts = sqlx::query_as(
        "SELECT attempt, started_at, ended_at, outcome, http_status, words, retry_at FROM queue.attempt
          WHERE call_id = $1 ORDER BY attempt",
    )
    .bind(id)
    .fetch_all(pool)
    .await?;
    let sql = format!("{CALL} WHERE c.id = $1");
    let Some(call) = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(id)
        .fetch_optional(pool)
        .await?
    else {
        return Ok(None);
    };
    Ok(Some((call, attempts)))
}

/// What was sent, or is to be sent, about one order.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Sent {
    /// `queue.call.id`
    pub call: i64,
    /// pending, running, unknown, quarantined, done, dead, cancelled
    pub state: String,
    /// `upstream.resource.action`
    pub operation: String,
    /// What it names.
    pub args: Value,
    /// How often it was claimed.
    pub attempt: i32,
    /// Since when it is in the queue.
    pub created_at: DateTime<Utc>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// When it is tried next; only while it waits.
    pub due_at: Option<DateTime<Utc>>,
    /// The status of the last answer; empty = none came, or nothing had to be sent.
    pub http_status: Option<i32>,
    /// The last words about it.
    pub reason: Option<String>,
}

/// So many calls about one order are shown.
const SENT: i64 = 10;

/// Calls that change a position of a customer's order, newest first.
pub async fn sent_of_position(pool: &PgPool, position: i64) -> sqlx::Result<Vec<Sent>> {
    let about = "SELECT * FROM queue.call WHERE upstream <> 'keaz' AND class <> 'read' AND args -> 'position' = to_jsonb($1::bigint)
          UNION ALL SELECT * FROM queue.call WHERE upstream <> 'keaz' AND class <> 'read' AND args ? 'positions'
                       AND args -> 'positions' @> to_jsonb($1::bigint)";
    sqlx::query_as(sqlx::AssertSqlSafe(sent(about)))
        .bind(position)
        .bind(SENT)
        .fetch_all(pool)
        .await
}

/// Calls that bought something, newest first: for a purchase of the ERP, or by their token.
pub async fn sent_of_purchase(pool: &PgPool, purchase: Option<i64>, token: Option<&str>) -> sqlx::Result<Vec<Sent>> {
    let about = "SELECT * FROM queue.call WHERE upstream <> 'keaz' AND class <> 'read' AND key = 'purchase:' || $1::bigint
          UNION ALL SELECT * FROM queue.call WHERE upstream <> 'keaz' AND class <> 'read' AND args -> 'purchase' = to_jsonb($1::bigint)
          UNION ALL SELECT * FROM queue.call WHERE operation = 'carreta.orders.create' AND args ->> 'comment' = $3";
    sqlx::query_as(sqlx::AssertSqlSafe(sent(about)))
        .bind(purchase)
        .bind(SENT)
        .bind(token)
        .fetch_all(pool)
        .await
}

/// `about`: the calls themselves, each part by an index of its own, so that no plan walks down all calls to find them;
/// `$2`: how many.
fn sent(about: &str) -> String {
    format!(
        "SELECT c.id AS call, c.state, c.operation, c.args, c.attempt, c.created_at, c.ended_at,
                CASE WHEN c.state = 'pending' THEN c.due_at END AS due_at, a.http_status, coalesce(c.reason, a.words) AS reason
           FROM (SELECT DISTINCT ON (id) * FROM ({about}) x WHERE class <> 'read' ORDER BY id DESC LIMIT $2) c
           LEFT JOIN LATERAL (
                SELECT http_status, words FROM queue.attempt WHERE call_id = c.id AND attempt = c.attempt LIMIT 1) a ON true
          ORDER BY c.id DESC"
    )
}

/// Runs by their ids, in that order.
pub async fn runs(pool: &PgPool, ids: &[i64]) -> sqlx::Result<Vec<RunRow>> {
    let sql = format!("{RUN} WHERE id = ANY($1) ORDER BY array_position($1, id)");
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).bind(ids).fetch_all(pool).await
}

/// What runs wait for when every open call of theirs waits.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// Open calls.
    pub calls: i64,
    /// Whom the next one waits for.
    pub upstream: String,
    /// Its last words.
    pub reason: Option<String>,
    /// Whether a person has paused it.
    pub is_paused: bool,
    /// Until the next try.
    pub next_try: Duration,
}

/// Whether all open calls of these runs wait for a retry, or for an upstream that rests or that a person has paused.
pub async fn waiting(pool: &PgPool, runs: &[i64]) -> sqlx::Result<Option<Waiting>> {
    let found: Option<(i64, String, Option<String>, bool, f64)> = sqlx::query_as(
        "WITH open AS (
             SELECT c.upstream, c.state, coalesce(c.reason, u.reason) AS reason,
                    greatest(c.due_at, u.paused_until, p.until) AS next_at, p.upstream IS NOT NULL AS is_paused
               FROM queue.call c LEFT JOIN queue.upstream u ON u.name = c.upstream
               LEFT JOIN queue.pause p ON p.upstream = c.upstream AND p.ended_at IS NULL AND p.until > now()
                                      AND (c.class <> 'read' OR NOT p.only_pushes)
              WHERE c.run_id = ANY($1) AND c.state IN ('pending', 'running', 'unknown')
         )
         SELECT count(*) OVER (), upstream, reason, is_paused, extract(epoch FROM next_at - now())::float8
           FROM open
          WHERE NOT EXISTS (SELECT FROM open o WHERE o.state <> 'pending' OR o.next_at <= now())
          ORDER BY next_at LIMIT 1",
    )
    .bind(runs)
    .fetch_optional(pool)
    .await?;
    Ok(found.map(|(calls, upstream, reason, is_paused, seconds)| Waiting {
        calls,
        upstream,
        reason,
        is_paused,
        next_try: Duration::try_from_secs_f64(seconds).unwrap_or_default(),
    }))
}

/// The newest run of each job.
pub async fn last_runs(pool: &PgPool) -> sqlx::Result<Vec<RunRow>> {
    // From job to job along the index `run_recent`, not through all runs.
    let sql = format!(
        "WITH RECURSIVE job (name) AS (
             SELECT min(job) FROM queue.run
             UNION ALL
             SELECT (SELECT min(r.job) FROM queue.run r WHERE r.job > job.name) FROM job WHERE job.name IS NOT NULL
         )
         {RUN} WHERE id IN (SELECT (SELECT r.id FROM queue.run r WHERE r.job = job.name ORDER BY r.id DESC LIMIT 1)
                              FROM job)
         ORDER BY job"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(pool).await
}

/// A call as a person saw it when they decided: what has become of it since counts against the decision.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::FromRow)]
pub struct Shown {
    /// Its state then.
    pub state: String,
    /// How often it had been claimed.
    pub attempt: i32,
}

/// What makes a call due as if it had never been tried: of one that may have happened, it is looked up anew.
pub(super) const AGAIN: &str =
    "state = 'pending', due_at = now(), ended_at = NULL, failures = 0, run_id = NULL, gating = false,
                looks = CASE WHEN c.state = 'pending' THEN c.looks ELSE 0 END,
                intent_at = CASE WHEN c.state = 'pending' THEN c.intent_at END,
                resent = c.resent AND c.state = 'pending'";

/// Makes a dead, quarantined or waiting call due now, with all its attempts before it: a person says that it has not
/// happened. What must not be repeated is looked up once more before it is sent. False: it is in no such state, or the
/// same intent is open already.
pub async fn retry(pool: &PgPool, id: i64, who: &str) -> sqlx::Result<bool> {
    retry_shown(pool, id, None, who).await
}

/// The same, if it still is as it was shown.
pub async fn retry_shown(pool: &PgPool, id: i64, shown: Option<&Shown>, who: &str) -> sqlx::Result<bool> {
    let mut tx = pool.begin().await?;
    let Some(before) = locked(&mut tx, id, shown).await? else {
        return Ok(false);
    };
    let sql = format!(
        "UPDATE queue.call c SET {AGAIN}
          WHERE id = $1 AND (state IN ('pending', 'quarantined') OR state = 'dead' AND NOT EXISTS (
                SELECT FROM queue.call o
                 WHERE o.key = c.key AND o.state IN ('pending', 'running', 'unknown', 'quarantined')))"
    );
    let retried = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).execute(&mut *tx).await?;
    if retried.rows_affected() == 0 {
        return Ok(false);
    }
    audit::record(&mut tx, who, "queue retry", Some(id), Some(&before.state)).await?;
    sqlx::query("SELECT pg_notify('sverka_queue', '')")
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(true)
}

/// Locks the call and tells how it stands. `None`: there is none, or it is not as it was shown.
async fn locked(tx: &mut PgConnection, id: i64, shown: Option<&Shown>) -> sqlx::Result<Option<Shown>> {
    let now: Option<Shown> = sqlx::query_as("SELECT state, attempt FROM queue.call WHERE id = $1 FOR UPDATE")
        .bind(id)
        .fetch_optional(tx)
        .await?;
    Ok(now.filter(|now| shown.is_none_or(|shown| shown == now)))
}

/// Keeps a read of the upstream's state, asked for by a person, with the quarantined call that it is about.
pub async fn seen(pool: &PgPool, id: i64, look: i64) -> sqlx::Result<()> {
    sqlx::query("UPDATE queue.call SET look_id = $2 WHERE id = $1 AND state = 'quarantined'")
        .bind(id)
        .bind(look)
        .execute(pool)
        .await?;
    Ok(())
}

/// Takes a waiting, quarantined or dead call out of the queue, as a person says. What it was to push is pushed by the
/// next run if it still differs.
pub async fn cancel(pool: &PgPool, id: i64, who: &str) -> sqlx::Result<bool> {
    cancel_shown(pool, id, None, who).await
}

/// The same, if it still is as it was shown.
pub async fn cancel_shown(pool: &PgPool, id: i64, shown: Option<&Shown>, who: &str) -> sqlx::Result<bool> {
    let mut tx = pool.begin().await?;
    let Some(before) = locked(&mut tx, id, shown).await? else {
        return Ok(false);
    };
    if !take_out(&mut tx, id).await? {
        return Ok(false);
    }
    audit::record(&mut tx, who, "queue cancel", Some(id), Some(&before.state)).await?;
    tx.commit().await?;
    Ok(true)
}

/// The same for a read that a command has asked for and does not wait for any longer: nobody's decision.
pub async fn withdraw(pool: &PgPool, id: i64) -> sqlx::Result<()> {
    take_out(&mut *pool.acquire().await?, id).await?;
    Ok(())
}

async fn take_out(tx: &mut PgConnection, id: i64) -> sqlx::Result<bool> {
    let cancelled = sqlx::query(
        "WITH ended AS (
             UPDATE queue.call SET state = 'cancelled', ended_at = now(), waits_for = NULL,
                    reason = 'cancelled by a person' || coalesce('; before that: ' || reason, '')
              WHERE id = $1 AND state IN ('pending', 'dead', 'unknown', 'quarantined')
             RETURNING run_id, gating, state
         ), before AS (SELECT state FROM queue.call WHERE id = $1), progress AS (
             UPDATE queue.run r
                SET open_calls = open_calls - 1, gate_calls = gate_calls - CASE WHEN e.gating THEN 1 ELSE 0 END
               FROM ended e, before b WHERE r.id = e.run_id AND b.state NOT IN ('dead', 'quarantined')
         )
         SELECT FROM ended",
    )
    .bind(id)
    .execute(tx)
    .await?;
    Ok(cancelled.rows_affected() == 1)
}

/// What stands in the queue, by upstream and state.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Depth {
    /// The upstream.
    pub upstream: String,
    /// The state.
    pub state: String,
    /// How many.
    pub calls: i64,
    /// The oldest of them.
    pub oldest: DateTime<Utc>,
}

/// Open, quarantined and dead calls, counted.
pub async fn depth(pool: &PgPool) -> sqlx::Result<Vec<Depth>> {
    sqlx::query_as(
        // State by state: each has an index of its own, and the many calls that are done are in none of them.
        "SELECT upstream, state, count(*) AS calls, min(created_at) AS oldest
           FROM (SELECT upstream, 'pending' AS state, created_at FROM queue.call WHERE state = 'pending'
                 UNION ALL SELECT upstream, 'running', created_at FROM queue.call WHERE state = 'running'
                 UNION ALL SELECT upstream, 'unknown', created_at FROM queue.call WHERE state = 'unknown'
                 UNION ALL SELECT upstream, 'quarantined', created_at FROM queue.call WHERE state = 'quarantined'
                 UNION ALL SELECT upstream, 'dead', created_at FROM queue.call WHERE state = 'dead') c
          GROUP BY upstream, state ORDER BY upstream, state",
    )
    .fetch_all(pool)
    .await
}

/// How an upstream stands.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Standing {
    /// The upstream.
    pub name: String,
    /// closed, open, half-open
    pub breaker: String,
    /// Failures of its own in a row, while it is closed.
    pub failures: i32,
    /// Whether it does not let us in: a person has to act.
    pub denied: bool,
    /// Since when it is not closed.
    pub opened_at: Option<DateTime<Utc>>,
    /// Nothing is sent before.
    pub paused_until: Option<DateTime<Utc>>,
    /// Its words.
    pub reason: Option<String>,
}

const STANDING: &str = "SELECT name, failures, denied, opened_at, reason,
        CASE WHEN paused_until > now() THEN paused_until END AS paused_until,
        CASE WHEN openings = 0 THEN 'closed'
             WHEN paused_until > now() AND NOT EXISTS (SELECT FROM queue.call WHERE id = probe_id AND state = 'running')
             THEN 'open' ELSE 'half-open' END AS breaker
   FROM queue.upstream";

/// Every upstream that has ever been in trouble, or has a rate.
pub async fn standing(pool: &PgPool) -> sqlx::Result<Vec<Standing>> {
    let sql = format!("{STANDING} ORDER BY name");
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(pool).await
}

/// Upstreams that rest now.
pub async fn paused(pool: &PgPool) -> sqlx::Result<Vec<Standing>> {
    let sql = format!("{STANDING} WHERE paused_until > now() ORDER BY name");
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(pool).await
}

/// Ends the rest of an upstream: a person expects it to answer. Where its breaker is open, one call probes at once.
pub async fn resume(pool: &PgPool, upstream: Option<&str>) -> sqlx::Result<()> {
    sqlx::query("UPDATE queue.upstream SET paused_until = NULL WHERE $1::text IS NULL OR name = $1")
        .bind(upstream)
        .execute(pool)
        .await?;
    sqlx::query("UPDATE queue.call SET due_at = now() WHERE state = 'pending' AND due_at > now()
                    AND ($1::text IS NULL OR upstream = $1)
                    AND EXISTS (SELECT FROM queue.attempt a WHERE a.call_id = call.id AND a.attempt = call.attempt AND a.outcome = 'paused')")
        .bind(upstream)
        .execute(pool)
        .await?;
    sqlx::query("SELECT pg_notify('sverka_queue', '')")
        .execute(pool)
        .await?;
    Ok(())
}
