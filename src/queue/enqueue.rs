//! Puts single calls into the queue. Sets of push calls are enqueued by the jobs, straight from the diff views.

use serde_json::Value;
use sqlx::PgConnection;

use super::{Class, Priority};

/// A call to be.
#[derive(Clone, Debug)]
pub struct NewCall {
    /// `keaz`, `saplab`, `carreta`
    pub upstream: &'static str,
    /// `upstream.resource.action`
    pub operation: &'static str,
    /// The operation's arguments.
    pub args: Value,
    /// What a second execution would do.
    pub class: Class,
    /// Who goes first.
    pub priority: Priority,
    /// Whether the next stage of the run waits for it.
    pub gating: bool,
}

/// Enqueues a call unless the same intent is open already. Returns whether it is new.
pub async fn enqueue(conn: &mut PgConnection, run_id: Option<i64>, call: &NewCall) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "INSERT INTO queue.call (run_id, upstream, operation, args, class, priority, gating)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT (key) WHERE state IN ('pending', 'running', 'unknown') DO NOTHING",
    )
    .bind(run_id)
    .bind(call.upstream)
    .bind(call.operation)
    .bind(&call.args)
    .bind(call.class.as_str())
    .bind(call.priority as i16)
    .bind(call.gating)
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Enqueues a call of no run, or finds the open one of the same intent and makes it as urgent as this. Returns its id.
pub async fn enqueue_or_find(conn: &mut PgConnection, call: &NewCall) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "INSERT INTO queue.call (upstream, operation, args, class, priority, gating)
         VALUES ($1, $2, $3, $4, $5, false)
         ON CONFLICT (key) WHERE state IN ('pending', 'running', 'unknown')
         DO UPDATE SET priority = least(call.priority, excluded.priority)
         RETURNING id",
    )
    .bind(call.upstream)
    .bind(call.operation)
    .bind(&call.args)
    .bind(call.class.as_str())
    .bind(call.priority as i16)
    .fetch_one(conn)
    .await
}
