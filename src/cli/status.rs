//! `sverka status`: one screen; exit code 1 while a freshness promise is broken.

use serde::Serialize;
use sqlx::PgPool;

use super::{CliError, Format, output};
use crate::config::Settings;
use crate::context::Context;
use crate::daemon::health::{self, Stale};
use crate::db::Database;
use crate::diff::plan::{self, Total};
use crate::hold::{self, look::HoldView};
use crate::job::Job;
use crate::mirror::drift::{self, Drift};
use crate::queue::look::{self, Depth, Paused, RunRow};
use crate::queue::presence;

#[derive(Serialize)]
struct Status {
    daemons: i64,
    jobs: Vec<RunRow>,
    queue: Vec<Depth>,
    paused: Vec<Paused>,
    differs: Vec<Total>,
    held: Vec<HoldView>,
    drift: Vec<Drift>,
    stale: Vec<Stale>,
}

pub(super) async fn show(settings: Settings, format: Format) -> Result<(), CliError> {
    let database = Database::open_migrated(&settings).await?;
    let status = read(&database.pool, settings).await;
    database.close().await;
    let status = status?;
    match format {
        Format::Json => output::json(&status)?,
        Format::Table => print(&status)?,
    }
    if status.stale.is_empty() {
        return Ok(());
    }
    let late: Vec<_> = status.stale.iter().map(|stale| stale.job).collect();
    Err(CliError::Failed(format!(
        "no success for longer than promised in [freshness]: {}",
        late.join(", ")
    )))
}

async fn read(pool: &PgPool, settings: Settings) -> Result<Status, CliError> {
    let context = Context::new(settings, 0)?;
    Ok(Status {
        daemons: presence::daemons_alive(pool).await?,
        jobs: look::last_runs(pool).await?,
        queue: look::depth(pool).await?,
        paused: look::paused(pool).await?,
        differs: plan::totals(pool, &Job::ALL).await?,
        held: hold::look::list(pool, false).await?,
        drift: drift::summary(pool).await?,
        stale: health::stale(pool, &context).await?,
    })
}

fn print(status: &Status) -> Result<(), CliError> {
    output::line(&format!("daemons alive: {}\n", status.daemons))?;
    let headings = [
        "JOB", "RUN", "STATE", "OUTCOME", "PULLED", "PUSHED", "REFUSED", "DEAD", "ENDED", "NOTE",
    ];
    output::list(Format::Table, &status.jobs, &headings, |run| {
        vec![
            run.job.clone(),
            run.id.to_string(),
            run.state.clone(),
            output::or_dash(run.outcome.clone()),
            run.rows_pulled.to_string(),
            run.rows_pushed.to_string(),
            run.rows_refused.to_string(),
            run.dead_calls.to_string(),
            output::or_dash(run.ended_at.map(|at| at.format("%F %T UTC"))),
            run.note.clone().unwrap_or_default(),
        ]
    })?;
    for depth in &status.queue {
        let oldest = depth.oldest.format("%F %T UTC");
        output::line(&format!(
            "queue: {} {} {}, the oldest since {oldest}",
            depth.upstream, depth.calls, depth.state
        ))?;
    }
    for paused in &status.paused {
        let until = paused.paused_until.format("%F %T UTC");
        let why = output::or_dash(paused.reason.clone());
        output::line(&format!("{} rests until {until}: {why}", paused.name))?;
    }
    if status.differs.is_empty() {
        output::line("in sync: nothing differs")?;
    }
    for total in &status.differs {
        output::line(&format!(
            "differs: {} {} to {}, {} held",
            total.job, total.rows, total.action, total.held
        ))?;
    }
    for hold in &status.held {
        let place = super::hold::place(hold);
        output::line(&format!(
            "{}: hold {}, {place}, {} rows since {}: {}",
            hold.state,
            hold.id,
            hold.rows,
            hold.created_at.format("%F %T UTC"),
            output::plain(&hold.why)
        ))?;
    }
    for drift in &status.drift {
        output::line(&format!(
            "changed at {} by somebody else: {} {} found, {} not yet mended, the last {}; {}",
            drift.upstream,
            drift.found,
            drift.kind,
            drift.open,
            drift.last_found_at.format("%F %T UTC"),
            output::plain(&drift.samples.join("; "))
        ))?;
    }
    Ok(())
}
