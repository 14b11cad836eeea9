//! Puts single calls into the queue. Sets of push calls are enqueued by the jobs, straight from the diff views.

use std::time::Duration;

use serde_json::Value;
use sqlx::{PgConnection, PgPool};

use super::claim::interval;
use super::{Class, Priority};
use crate::kill;

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
    /// The intent, where operation and arguments do not name it.
    pub key: String,
    /// Whether its answer is kept with it.
    pub keeps_answer: bool,
    /// Not before so long from now.
    pub after: Duration,
}

/// Enqueues a call unless the same intent is open already. Returns whether it is new.
pub async fn enqueue(conn: &mut PgConnection, run_id: Option<i64>, call: &NewCall) -> sqlx::Result<bool> {
    let done = sqlx::query(
        "INSERT INTO queue.call (run_id, upstream, operation, args, class, priority, gating, key, keeps_answer, due_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + $10)
         ON CONFLICT (key) WHERE state IN ('pending', 'running', 'unknown') DO NOTHING",
    )
    .bind(run_id)
    .bind(call.upstream)
    .bind(call.operation)
    .bind(&call.args)
    .bind(call.class.as_str())
    .bind(call.priority as i16)
    .bind(call.gating)
    .bind(&call.key)
    .bind(call.keeps_answer)
    .bind(interval(call.after))
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Enqueues a call of no run. Returns its id, or the id of the one that is open, or quarantined, with the same intent.
pub async fn enqueue_once(pool: &PgPool, call: &NewCall) -> sqlx::Result<Result<i64, i64>> {
    let mut tx = pool.begin().await?;
    let (id, new) = insert_or_find(&mut tx, call).await?;
    kill::about("enqueue.before", call.operation);
    tx.commit().await?;
    kill::about("enqueue.committed", call.operation);
    Ok(if new { Ok(id) } else { Err(id) })
}

/// Enqueues a call of no run, or finds the open one of the same intent and makes it as urgent as this. Returns its id.
/// One that waits for its turn is brought forward; one under way may have been asked before the present moment, which is
/// why whoever reads a state back asks with a `key` of its own.
pub async fn enqueue_or_find(conn: &mut PgConnection, call: &NewCall) -> sqlx::Result<i64> {
    insert_or_find(conn, call).await.map(|(id, _)| id)
}

/// The id, and whether it is new: a row that was found carries the mark of this transaction's update.
async fn insert_or_find(conn: &mut PgConnection, call: &NewCall) -> sqlx::Result<(i64, bool)> {
    sqlx::query_as(
        "INSERT INTO queue.call (upstream, operation, args, class, priority, gating, key, keeps_answer, due_at)
         VALUES ($1, $2, $3, $4, $5, false, $6, $7, now() + $8)
         ON CONFLICT (key) WHERE state IN ('pending', 'running', 'unknown')
         DO UPDATE SET priority = least(call.priority, excluded.priority),
                       keeps_answer = call.keeps_answer OR excluded.keeps_answer
         RETURNING id, xmax = 0",
    )
    .bind(call.upstream)
    .bind(call.operation)
    .bind(&call.args)
    .bind(call.class.as_str())
    .bind(call.priority as i16)
    .bind(&call.key)
    .bind(call.keeps_answer)
    .bind(interval(call.after))
    .fetch_one(conn)
    .await
}
