//! `sverka plan`: what differs, row by row, kept under a number that `sverka apply` takes.

use sqlx::PgPool;

use super::reader::Reader;
use super::{CliError, Format, output, sync};
use crate::config::Settings;
use crate::db::Database;
use crate::diff::plan::Total;
use crate::job::Job;
use crate::plan::look::{self, Plan, PlanRow};
use crate::plan::make;
use crate::queue::audit;
use crate::say;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Jobs [default: all]
    #[arg(value_name = "JOB")]
    jobs: Vec<String>,
    /// Only this article (stock) or this Saplab position (orders)
    #[arg(long, value_name = "ARTICLE|ORDER")]
    only: Option<String>,
    /// Show at most so many rows; the plan has all of them
    #[arg(long, default_value_t = 1000)]
    limit: u32,
}

/// What is printed as JSON.
#[derive(serde::Serialize)]
struct Shown {
    #[serde(flatten)]
    plan: Option<Plan>,
    changes: Vec<PlanRow>,
}

pub(super) async fn show(args: &Args, settings: Settings, format: Format) -> Result<(), CliError> {
    let jobs = sync::parse_jobs(&args.jobs)?;
    let reader = Reader::new(&settings, format);
    let jobs = sync::scoped(jobs, !args.jobs.is_empty(), args.only.is_some(), reader.lang)?;
    let database = Database::open_migrated(&settings).await?;
    let shown = make(args, &database.pool, &jobs).await;
    database.close().await;
    print(&reader, &shown?, format)
}

async fn make(args: &Args, pool: &PgPool, jobs: &[Job]) -> Result<Shown, CliError> {
    let Some(id) = make::make(pool, jobs, args.only.as_deref(), &audit::who()).await? else {
        return Ok(Shown {
            plan: None,
            changes: Vec::new(),
        });
    };
    Ok(Shown {
        plan: look::plan(pool, id).await?,
        changes: look::rows(pool, id, i64::from(args.limit)).await?,
    })
}

fn print(reader: &Reader, shown: &Shown, format: Format) -> Result<(), CliError> {
    let lang = reader.lang;
    let Some(plan) = &shown.plan else {
        return match format {
            Format::Json => output::json(&serde_json::json!({ "plan": null, "totals": [], "changes": [] })),
            Format::Table => output::line(&say!(lang, "plan-in-sync")),
        };
    };
    if format == Format::Json {
        return output::json(shown);
    }
    let headings = reader.headings([
        "plan-job",
        "plan-action",
        "plan-row",
        "plan-old",
        "plan-new",
        "plan-held",
    ]);
    output::list(format, &shown.changes, &headings, |row| {
        vec![
            row.job.clone(),
            reader.word("action", &row.action),
            row.row.clone(),
            output::or_dash(row.old.clone()),
            output::or_dash(row.new.clone()),
            row.held.as_deref().map(|held| reader.told(held)).unwrap_or_default(),
        ]
    })?;
    let all = plan.rows + plan.held;
    if i64::try_from(shown.changes.len()).unwrap_or(all) < all {
        output::line(&say!(lang, "plan-first", rows = shown.changes.len(), of = all))?;
    }
    for total in &plan.totals.0 {
        output::line(&sum(reader, total))?;
    }
    output::line(&closing(reader, plan))
}

fn sum(reader: &Reader, total: &Total) -> String {
    let lang = reader.lang;
    let (job, action) = (total.job.as_str(), reader.word("action", &total.action));
    if total.held > 0 {
        say!(
            lang,
            "plan-total-held",
            job = job,
            action = action,
            rows = total.rows,
            held = total.held
        )
    } else {
        say!(lang, "plan-total", job = job, action = action, rows = total.rows)
    }
}

/// Its number, and what can be done with it.
fn closing(reader: &Reader, plan: &Plan) -> String {
    let lang = reader.lang;
    let id = plan.id.to_string();
    if plan.rows == 0 {
        say!(lang, "plan-all-held", id = id)
    } else {
        say!(lang, "plan-number", id = id)
    }
}
