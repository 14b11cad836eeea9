//! `sverka status`: one screen; exit code 1 while a freshness promise is broken.

use super::{CliError, Format, output};
use crate::config::Settings;
use crate::context::Context;
use crate::db::Database;
use crate::queue::look::Standing;
use crate::status::Status;
use crate::words::Lang;
use crate::words::clock::Clock;

pub(super) async fn show(settings: Settings, format: Format) -> Result<(), CliError> {
    let context = Context::new(settings, 0)?;
    let database = Database::open_migrated(&context.settings).await?;
    let status = Status::read(&database.pool, &context).await;
    database.close().await;
    let status = status?;
    match format {
        Format::Json => output::json(&status)?,
        Format::Table => print(&status, Clock::new(context.settings.schedule.timezone))?,
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

fn print(status: &Status, clock: Clock) -> Result<(), CliError> {
    output::line(&format!("daemons alive: {}", status.daemons))?;
    if status.daemons > 1 {
        let alive: Vec<_> = status.alive.iter().map(ToString::to_string).collect();
        output::line(&format!(
            "{} daemons work on this database: {}",
            status.daemons,
            alive.join("; ")
        ))?;
    }
    if !status.settings_differ.is_empty() {
        let keys = status.settings_differ.join(", ");
        output::line(&format!("their settings differ: {keys}"))?;
    }
    if let Some(restore) = &status.restore {
        output::line(&format!("since {}: {restore}", restore.found_at.format("%F %T UTC")))?;
    }
    output::line("")?;
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
    for pause in &status.pauses {
        let words = output::plain(&pause.told(Lang::of_environment(), &clock));
        output::line(&format!("{words} (sverka resume {})", pause.upstream))?;
    }
    for upstream in &status.upstreams {
        print_standing(upstream)?;
    }
    if let Some(holder) = &status.horizon {
        output::line(&format!("warning: {}", holder.words()))?;
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
            "{}: hold {}, {place}, {} rows since {}: {} (sverka hold show {})",
            hold.state,
            hold.id,
            hold.rows,
            hold.created_at.format("%F %T UTC"),
            output::plain(&hold.why),
            hold.id
        ))?;
    }
    for wait in status.waits.iter().filter(|wait| wait.kind != "held") {
        let how = match wait.kind.as_str() {
            "quarantined" => "may have happened",
            _ => "is dead",
        };
        let why = output::plain(wait.why.as_deref().unwrap_or("-"));
        output::line(&format!(
            "waits for you: call {} {} {how}: {why} ({})",
            wait.id,
            wait.what,
            wait.command()
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

/// One line about an upstream that is in trouble; nothing about the others.
fn print_standing(upstream: &Standing) -> Result<(), CliError> {
    let Standing {
        name,
        breaker,
        failures,
        ..
    } = upstream;
    let why = output::or_dash(upstream.reason.clone());
    if breaker == "closed" {
        return match upstream.paused_until {
            Some(until) => output::line(&format!("{name} rests until {}: {why}", until.format("%F %T UTC"))),
            None if *failures > 0 => output::line(&format!("{name} failed {failures} times in a row")),
            None => Ok(()),
        };
    }
    let since = output::or_dash(upstream.opened_at.map(|at| at.format("%F %T UTC")));
    let next = match upstream.paused_until {
        _ if breaker == "half-open" => "one call probes".to_owned(),
        Some(until) => format!("one call probes at {}", until.format("%F %T UTC")),
        None => "one call probes next".to_owned(),
    };
    output::line(&format!(
        "{name} is left alone since {since} (breaker {breaker}), {next}: {why}"
    ))
}
