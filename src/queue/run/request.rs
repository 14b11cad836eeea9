//! Asking for a run: a job that is under way is joined, unless it only waits.

use sqlx::{PgConnection, PgPool};

use super::lane;
use crate::context::Context;
use crate::job::Job;
use crate::kill;
use crate::queue::audit;

/// What asked for a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// A slot of `[schedule]`.
    Schedule,
    /// SIGUSR1.
    Signal,
    /// `sverka sync`.
    Command,
    /// A button of the admin page.
    Page,
}

impl Trigger {
    fn as_str(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Signal => "signal",
            Self::Command => "command",
            Self::Page => "page",
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

/// Asks for a run of a job, for one article or order if `scope` is given. A job that is under way is joined, unless
/// it only waits for retries: then the new run takes its waiting calls over and looks at everything afresh.
pub async fn request(
    pool: &PgPool,
    context: &Context,
    job: Job,
    trigger: Trigger,
    scope: Option<&str>,
) -> sqlx::Result<Requested> {
    begin(pool, context, job, trigger, scope, None).await
}

/// [`request`] by a person, who stands in `queue.audit`.
pub async fn request_by(
    pool: &PgPool,
    context: &Context,
    job: Job,
    trigger: Trigger,
    scope: Option<&str>,
    who: &str,
) -> sqlx::Result<Requested> {
    begin(pool, context, job, trigger, scope, Some(who)).await
}

async fn begin(
    pool: &PgPool,
    context: &Context,
    job: Job,
    trigger: Trigger,
    scope: Option<&str>,
    who: Option<&str>,
) -> sqlx::Result<Requested> {
    let mut tx = pool.begin().await?;
    let requested = request_in(&mut tx, job, trigger, scope).await?;
    if let Some(who) = who {
        let only = scope.map(|scope| format!(", only {scope}")).unwrap_or_default();
        let words = match requested {
            Requested::New(id) => format!("{job}{only}: run {id}"),
            Requested::Joined(id) => format!("{job}{only}: run {id}, which was under way"),
        };
        audit::record(&mut tx, who, "sync", None, Some(&words)).await?;
    }
    lane::start_next(&mut tx, context, job.lane()).await?;
    kill::about("request.before", job.as_str());
    tx.commit().await?;
    kill::about("request.committed", job.as_str());
    Ok(requested)
}

/// [`request`] inside a transaction of the caller, without starting it.
pub async fn request_in(
    tx: &mut PgConnection,
    job: Job,
    trigger: Trigger,
    scope: Option<&str>,
) -> sqlx::Result<Requested> {
    lane::lock(tx, job.lane()).await?;
    let waiting = lane::WAITING;
    let sql = format!(
        "SELECT r.id, {waiting} FROM queue.run r
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
        lane::end_waiting(tx, old).await?;
    }
    insert(tx, job, trigger, scope, None).await.map(Requested::New)
}

/// Asks for the run that applies the rows of a plan, inside a transaction of the caller, without starting it. A plan is
/// applied once, so there is none to be joined.
pub(crate) async fn request_plan(tx: &mut PgConnection, job: Job, trigger: Trigger, plan: i64) -> sqlx::Result<i64> {
    lane::lock(tx, job.lane()).await?;
    insert(tx, job, trigger, Some(&format!("plan {plan}")), Some(plan)).await
}

async fn insert(
    tx: &mut PgConnection,
    job: Job,
    trigger: Trigger,
    scope: Option<&str>,
    plan: Option<i64>,
) -> sqlx::Result<i64> {
    sqlx::query_scalar(
        "INSERT INTO queue.run (job, lane, scope, trigger, plan_id) VALUES ($1, $2, $3, $4, $5) RETURNING id",
    )
    .bind(job.as_str())
    .bind(job.lane())
    .bind(scope)
    .bind(trigger.as_str())
    .bind(plan)
    .fetch_one(tx)
    .await
}
