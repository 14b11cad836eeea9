//! The journal: what was said on the wire at each attempt, kept for `queue.journal`.
//!
//! Written in the transaction that records the attempt's end, by `settle` and `split`; forgotten by `prune`;
//! read by `sverka queue show`. What stands in it was redacted and clipped by `upstream::transport::journal`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};

use super::Call;
use super::claim::interval;
use crate::upstream::transport::journal::said;

/// So many rows at most in one statement.
const BATCH: i64 = 5_000;

/// An exchange as it is kept.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct ExchangeRow {
    /// The attempt of its call.
    pub attempt: i32,
    /// Within the attempt, from 1.
    pub number: i32,
    /// When it began.
    pub began_at: DateTime<Utc>,
    /// Milliseconds.
    pub took_ms: i64,
    /// GET or POST.
    pub method: String,
    /// The address, with the names of variables for what is secret in it.
    pub url: String,
    /// What the client set.
    pub headers: Vec<String>,
    /// The beginning of the body.
    pub body: Option<String>,
    /// Bytes of the whole body.
    pub body_bytes: i64,
    /// Whether `body` is not the whole of it.
    pub body_cut: bool,
    /// The status of the answer; empty = none came.
    pub status: Option<i32>,
    /// Those that say something about it.
    pub answer_headers: Vec<String>,
    /// The beginning of the answer.
    pub answer: Option<String>,
    /// Bytes of the whole answer.
    pub answer_bytes: Option<i64>,
    /// Whether `answer` is not the whole of it.
    pub answer_cut: bool,
    /// Why there is no whole answer.
    pub fault: Option<String>,
}

/// Keeps what was said in the attempt that the caller has fenced and is about to end.
pub async fn keep(tx: &mut PgConnection, call: &Call) -> sqlx::Result<()> {
    let exchanges = said();
    if exchanges.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "INSERT INTO queue.exchange (call_id, attempt, number, began_at, took_ms, method, url, headers, body,
                                     body_bytes, body_cut, status, answer_headers, answer, answer_bytes, answer_cut, fault)
         SELECT $1, $2, row_number() OVER (), e.*
           FROM jsonb_to_recordset($3) AS e (began_at timestamptz, took_ms bigint, method text, url text,
                headers text[], body text, body_bytes bigint, body_cut bool, status int, answer_headers text[], answer text,
                answer_bytes bigint, answer_cut bool, fault text)",
    )
    .bind(call.id)
    .bind(call.attempt)
    .bind(Json(exchanges))
    .execute(tx)
    .await?;
    Ok(())
}

/// What is kept of a call, in the order in which it was said.
pub async fn of(pool: &PgPool, call_id: i64) -> sqlx::Result<Vec<ExchangeRow>> {
    sqlx::query_as(
        "SELECT attempt, number, began_at, took_ms, method, url, headers, body, body_bytes, body_cut, status, answer_headers,
                answer, answer_bytes, answer_cut, fault
           FROM queue.exchange WHERE call_id = $1 ORDER BY attempt, number",
    )
    .bind(call_id)
    .fetch_all(pool)
    .await
}

/// Forgets what began longer than `keep` ago; the attempts stay.
pub async fn prune(pool: &PgPool, keep: Duration) -> sqlx::Result<()> {
    loop {
        let gone = sqlx::query(
            "DELETE FROM queue.exchange WHERE (call_id, attempt, number) IN (
                 SELECT call_id, attempt, number FROM queue.exchange
                  WHERE began_at < now() - $1 ORDER BY began_at LIMIT $2)",
        )
        .bind(interval(keep))
        .bind(BATCH)
        .execute(pool)
        .await?
        .rows_affected();
        if gone < BATCH.unsigned_abs() {
            return Ok(());
        }
    }
}
