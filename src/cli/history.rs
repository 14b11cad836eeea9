//! `sverka history`: what happened in a time, one line each; and how the runs of that time went.

use chrono::Utc;

use super::reader::Reader;
use super::sync::parse_jobs;
use super::{CliError, Format, output};
use crate::config::Settings;
use crate::context::Context;
use crate::db::Database;
use crate::history::told::Teller;
use crate::history::when::{Typed, Window};
use crate::history::{self, Entry, Filter, History};
use crate::say;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Around this time: half an hour before and after it
    #[arg(value_name = "TIME", conflicts_with_all = ["since", "until"])]
    at: Option<String>,
    /// From when on: 02:30, "2026-11-30 02:30", or 2h for two hours ago [default: the last day]
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Until when; an hour of the day is the first one after the beginning [default: now]
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only what has to do with this job
    #[arg(long, value_name = "JOB")]
    job: Option<String>,
    /// Only what people did: who did what
    #[arg(long)]
    by_hand: bool,
    /// Show at most so many, the newest
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u16).range(1..))]
    limit: u16,
}

pub(super) async fn show(args: &Args, settings: Settings, format: Format) -> Result<(), CliError> {
    let typed = Typed {
        at: args.at.as_deref(),
        since: args.since.as_deref(),
        until: args.until.as_deref(),
    };
    let zone = settings.schedule.timezone;
    let window = Window::of(typed, zone, Utc::now()).map_err(|bad| CliError::Usage(bad.to_string()))?;
    let job = match &args.job {
        Some(job) => parse_jobs(std::slice::from_ref(job))?.first().copied(),
        None => None,
    };
    let filter = Filter {
        window,
        job,
        by_hand: args.by_hand,
        limit: args.limit.into(),
    };
    let Reader { lang, clock } = Reader::new(&settings, format);
    let context = Context::new(settings, 0)?;
    let database = Database::open_migrated(&context.settings).await?;
    let history = history::read(&database.pool, &context, &filter).await;
    database.close().await;
    let history = history?;
    let teller = Teller { lang, clock };
    match format {
        Format::Json => output::json(&history),
        Format::Table => output::line(&told(teller, &history)),
    }
}

fn told(teller: Teller, history: &History) -> String {
    let Teller { lang, clock } = teller;
    let (since, until) = (clock.brief(history.since), clock.brief(history.until));
    let mut lines = vec![say!(lang, "history-from-to", since = since, until = until)];
    if history.entries.is_empty() {
        lines.push(say!(lang, "history-none"));
    }
    if history.is_cut {
        lines.push(say!(lang, "history-cut", entries = history.entries.len()));
    }
    let entry = |entry: &Entry| output::plain(&format!("{}  {}", clock.brief(entry.at), teller.line(entry)));
    lines.extend(history.entries.iter().map(entry));
    if !history.jobs.is_empty() {
        lines.push(format!("\n{}:", say!(lang, "history-sums")));
        lines.extend(history.jobs.iter().map(|sum| teller.sum(sum)));
    }
    lines.push(format!("\n{}", say!(lang, "time-zone", zone = clock.zone())));
    lines.join("\n")
}
