//! Plans as people see them: what was shown, and what became of it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;
use sqlx::types::Json;

use crate::diff::plan::Total;

/// A plan without its rows.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Plan {
    /// `queue.plan.id`
    #[serde(rename = "plan")]
    pub id: i64,
    /// The one article or order that was asked for; empty = everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Rows to be written.
    pub rows: i64,
    /// Rows that were held when it was shown.
    pub held: i64,
    /// When it was first shown.
    pub made_at: DateTime<Utc>,
    /// To whom, as `user@host`.
    pub made_by: String,
    /// When it was applied.
    pub applied_at: Option<DateTime<Utc>>,
    /// By whom.
    pub applied_by: Option<String>,
    /// How many rows of each job and action.
    #[serde(serialize_with = "bare")]
    pub totals: Json<Vec<Total>>,
}

fn bare<S: serde::Serializer>(totals: &Json<Vec<Total>>, to: S) -> Result<S::Ok, S::Error> {
    totals.0.serialize(to)
}

/// One row of a plan.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct PlanRow {
    /// The job that writes it.
    pub job: String,
    /// add, insert, update, delete; place, refuse
    pub action: String,
    /// Which row.
    pub row: String,
    /// What stood there when it was shown; empty = nothing.
    pub old: Option<String>,
    /// What was to stand there.
    pub new: Option<String>,
    /// Why it was not to be written.
    pub held: Option<String>,
    /// What became of it: done, there, moved, held, left; empty = nothing yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// If it has moved: what stood there then.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now_old: Option<String>,
    /// And what would have stood there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub now_new: Option<String>,
    /// Why it was not written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
}

const ROW: &str = "SELECT job, action, row, old, new, held, state, now_old, now_new, why FROM queue.plan_row";

/// A plan.
pub async fn plan(pool: &PgPool, id: i64) -> sqlx::Result<Option<Plan>> {
    sqlx::query_as(
        "SELECT id, scope, rows, held, made_at, made_by, applied_at, applied_by, totals FROM queue.plan WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(pool)
    .await
}

/// Its first rows.
pub async fn rows(pool: &PgPool, plan: i64, limit: i64) -> sqlx::Result<Vec<PlanRow>> {
    let sql = format!("{ROW} WHERE plan_id = $1 ORDER BY n LIMIT $2");
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(plan)
        .bind(limit)
        .fetch_all(pool)
        .await
}

/// The first rows that were to be written and are not.
pub async fn undone(pool: &PgPool, plan: i64, limit: i64) -> sqlx::Result<Vec<PlanRow>> {
    let sql = format!(
        "{ROW} WHERE plan_id = $1 AND held IS NULL AND coalesce(state NOT IN ('done', 'there'), true) ORDER BY n LIMIT $2"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(plan)
        .bind(limit)
        .fetch_all(pool)
        .await
}

/// How many rows of a plan that was applied came to which end; those of which nothing is known yet under `open`.
pub async fn outcome(pool: &PgPool, plan: i64) -> sqlx::Result<BTreeMap<String, i64>> {
    let counted: Vec<(String, i64)> = sqlx::query_as(
        "SELECT coalesce(state, 'open'), count(*) FROM queue.plan_row WHERE plan_id = $1 AND held IS NULL GROUP BY 1",
    )
    .bind(plan)
    .fetch_all(pool)
    .await?;
    Ok(counted.into_iter().collect())
}
