//! `sverka apply PLAN`: exactly what the plan has shown, through the daemon if one is alive, else by itself; then what
//! became of it.

use std::collections::BTreeMap;

use sqlx::PgPool;

use super::follow::{self, Followed};
use super::reader::Reader;
use super::{CliError, Format, output};
use crate::config::Settings;
use crate::context::Context;
use crate::db::Database;
use crate::plan::begin::{self, Begun};
use crate::plan::look::{self as plans, Plan, PlanRow};
use crate::queue::look::{self, RunRow};
use crate::queue::run::Trigger;
use crate::queue::{audit, presence};
use crate::say;

/// So many rows that were not written are named.
const NAMED: i64 = 1000;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The plan's number, as `sverka plan` has said it
    #[arg(value_name = "PLAN")]
    plan: i64,
}

/// What is printed as JSON.
#[derive(serde::Serialize)]
struct Applied {
    #[serde(flatten)]
    plan: Plan,
    outcome: BTreeMap<String, i64>,
    undone: Vec<PlanRow>,
    runs: Vec<RunRow>,
}

pub(super) async fn apply(args: &Args, settings: Settings, format: Format) -> Result<(), CliError> {
    let database = Database::open_migrated(&settings).await?;
    let applied = on(args.plan, &database.pool, settings, format).await;
    database.close().await;
    applied
}

async fn on(id: i64, pool: &PgPool, settings: Settings, format: Format) -> Result<(), CliError> {
    let reader = Reader::new(&settings, format);
    let context = Context::new(settings, 0)?;
    // Somebody sits there and asks: an upstream that rests is tried at once.
    look::resume(pool, None).await?;
    let runs = match begin::begin(pool, &context, id, Trigger::Command, &audit::who()).await? {
        Begun::Runs(runs) => runs,
        refused => return Err(refusal(&reader, id, &refused)),
    };
    let of_daemon = if presence::daemons_alive(pool).await? > 0 {
        follow::follow_daemon(pool, &runs, &reader).await?
    } else {
        None
    };
    let followed = match of_daemon {
        Some(followed) => followed,
        None => follow::work_and_follow(pool, context, &runs, &reader).await?,
    };
    let Some(plan) = plans::plan(pool, id).await? else {
        return Err(refusal(&reader, id, &Begun::Unknown));
    };
    let applied = Applied {
        plan,
        outcome: plans::outcome(pool, id).await?,
        undone: plans::undone(pool, id, NAMED).await?,
        runs: followed.runs.clone(),
    };
    match format {
        Format::Json => output::json(&applied)?,
        Format::Table => print(&reader, &applied)?,
    }
    verdict(&reader, &applied, &followed)
}

fn refusal(reader: &Reader, id: i64, begun: &Begun) -> CliError {
    let (lang, id) = (reader.lang, id.to_string());
    match begun {
        Begun::Over { at, by } => CliError::Failed(say!(
            lang,
            "apply-over",
            id = id,
            at = reader.clock.brief(*at),
            by = by.as_str()
        )),
        Begun::Held => CliError::Failed(say!(lang, "plan-all-held", id = id)),
        Begun::Unconfigured => CliError::Usage(say!(lang, "apply-unconfigured", id = id)),
        Begun::Unknown | Begun::Runs(_) => CliError::Failed(say!(lang, "apply-unknown", id = id)),
    }
}

fn print(reader: &Reader, applied: &Applied) -> Result<(), CliError> {
    let lang = reader.lang;
    if !applied.undone.is_empty() {
        let headings = reader.headings([
            "apply-became",
            "plan-job",
            "plan-action",
            "plan-row",
            "plan-old",
            "plan-new",
            "apply-now-old",
            "apply-now-new",
            "apply-why",
        ]);
        output::list(Format::Table, &applied.undone, &headings, |row| cells(reader, row))?;
    }
    let count = |state: &str| applied.outcome.get(state).copied().unwrap_or_default();
    output::line(&say!(
        lang,
        "apply-done",
        id = applied.plan.id.to_string(),
        rows = count("done"),
        of = applied.plan.rows
    ))?;
    for (state, words) in [
        ("there", say!(lang, "apply-there", rows = count("there"))),
        ("moved", say!(lang, "apply-moved", rows = count("moved"))),
        ("held", say!(lang, "apply-held", rows = count("held"))),
        ("left", say!(lang, "apply-left", rows = count("left"))),
        ("open", say!(lang, "apply-open", rows = count("open"))),
    ] {
        if count(state) > 0 {
            output::line(&words)?;
        }
    }
    if applied.plan.held > 0 {
        output::line(&say!(lang, "apply-was-held", rows = applied.plan.held))?;
    }
    Ok(())
}

fn cells(reader: &Reader, row: &PlanRow) -> Vec<String> {
    let state = row.state.as_deref().unwrap_or("open");
    vec![
        reader.word("became", state),
        row.job.clone(),
        reader.word("action", &row.action),
        row.row.clone(),
        output::or_dash(row.old.clone()),
        output::or_dash(row.new.clone()),
        if state == "moved" {
            output::or_dash(row.now_old.clone())
        } else {
            String::new()
        },
        if state == "moved" {
            output::or_dash(row.now_new.clone())
        } else {
            String::new()
        },
        row.why.as_deref().map(|why| reader.told(why)).unwrap_or_default(),
    ]
}

/// The exit code: 69 while it waits for a site, 1 when a row of the plan was not written.
fn verdict(reader: &Reader, applied: &Applied, followed: &Followed) -> Result<(), CliError> {
    let lang = reader.lang;
    if let Some(why) = &followed.waiting {
        return Err(CliError::Unavailable(say!(lang, "apply-waits", why = why.as_str())));
    }
    for note in followed
        .runs
        .iter()
        .filter(|run| run.outcome.as_deref() == Some("failed"))
    {
        let note = note.note.as_deref().map(|note| reader.told(note)).unwrap_or_default();
        eprintln!("sverka: {}", output::plain(&note));
    }
    let good = |state: &str| applied.outcome.get(state).copied().unwrap_or_default();
    if good("done") + good("there") == applied.plan.rows {
        return Ok(());
    }
    Err(CliError::Failed(say!(lang, "apply-not-all")))
}
