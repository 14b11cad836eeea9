//! Applies a plan: marks it as applied and asks for the runs that do it, in one transaction. Called by `sverka apply`.

use chrono::{DateTime, Utc};
use sqlx::{PgConnection, PgPool};

use super::settle;
use crate::context::Context;
use crate::job::Job;
use crate::queue::audit;
use crate::queue::run::{self, Trigger};

/// What became of the wish to apply a plan.
#[derive(Debug)]
pub enum Begun {
    /// These runs apply it: new ones, or those of somebody who was here before and which are not over.
    Runs(Vec<i64>),
    /// There is no such plan, or it has been forgotten.
    Unknown,
    /// All its rows were held when it was shown.
    Held,
    /// None of its jobs has an upstream here.
    Unconfigured,
    /// It has been applied, and is not applied again.
    Over {
        /// When.
        at: DateTime<Utc>,
        /// user@host
        by: String,
    },
}

/// Applies the plan unless that has been done. Of jobs whose upstream is not configured the rows are left.
pub async fn begin(pool: &PgPool, context: &Context, plan: i64, trigger: Trigger, who: &str) -> sqlx::Result<Begun> {
    let mut tx = pool.begin().await?;
    let found: Option<(i64, Option<DateTime<Utc>>, Option<String>)> =
        sqlx::query_as("SELECT rows, applied_at, applied_by FROM queue.plan WHERE id = $1 FOR UPDATE")
            .bind(plan)
            .fetch_optional(&mut *tx)
            .await?;
    match found {
        None => return Ok(Begun::Unknown),
        Some((_, Some(at), by)) => {
            let open = open_runs(&mut tx, plan).await?;
            let by = by.unwrap_or_default();
            return Ok(if open.is_empty() {
                Begun::Over { at, by }
            } else {
                Begun::Runs(open)
            });
        }
        Some((0, ..)) => return Ok(Begun::Held),
        Some(_) => {}
    }
    let (can, cannot): (Vec<Job>, Vec<Job>) = jobs(&mut tx, plan)
        .await?
        .into_iter()
        .partition(|job| job.is_configured(context));
    if can.is_empty() {
        return Ok(Begun::Unconfigured);
    }
    for job in cannot {
        settle::leave(&mut tx, plan, job, "its upstream is not configured").await?;
    }
    sqlx::query("UPDATE queue.plan SET applied_at = now(), applied_by = $2 WHERE id = $1")
        .bind(plan)
        .bind(who)
        .execute(&mut *tx)
        .await?;
    audit::record(&mut tx, who, "apply", None, Some(&format!("plan {plan}"))).await?;
    let mut runs = Vec::new();
    for job in &can {
        runs.push(run::request_plan(&mut tx, *job, trigger, plan).await?);
    }
    for job in can {
        run::start_next(&mut tx, context, job.lane()).await?;
    }
    tx.commit().await?;
    tracing::info!(plan, who, ?runs, "a plan is applied");
    Ok(Begun::Runs(runs))
}

/// The jobs of which it has rows to write, in the order of a whole sync: warehouses before what lies in them.
async fn jobs(tx: &mut PgConnection, plan: i64) -> sqlx::Result<Vec<Job>> {
    let names: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT t.job FROM queue.plan l CROSS JOIN LATERAL jsonb_to_recordset(l.totals) AS t (job text, rows bigint)
          WHERE l.id = $1 AND t.rows > 0",
    )
    .bind(plan)
    .fetch_all(tx)
    .await?;
    Ok(Job::ALL
        .into_iter()
        .filter(|job| names.iter().any(|name| name == job.as_str()))
        .collect())
}

async fn open_runs(tx: &mut PgConnection, plan: i64) -> sqlx::Result<Vec<i64>> {
    sqlx::query_scalar("SELECT id FROM queue.run WHERE plan_id = $1 AND state <> 'ended' ORDER BY id")
        .bind(plan)
        .fetch_all(tx)
        .await
}
