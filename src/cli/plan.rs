//! `sverka plan`: what differs, row by row.

use super::{CliError, Format, output, sync};
use crate::config::Settings;
use crate::db::Database;
use crate::diff::plan::{self, Change, Total};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Jobs [default: all]
    #[arg(value_name = "JOB")]
    jobs: Vec<String>,
    /// Show at most so many rows
    #[arg(long, default_value_t = 1000)]
    limit: u32,
}

#[derive(serde::Serialize)]
struct Plan {
    totals: Vec<Total>,
    changes: Vec<Change>,
}

pub(super) async fn show(args: &Args, settings: Settings, format: Format) -> Result<(), CliError> {
    let jobs = sync::parse_jobs(&args.jobs)?;
    let database = Database::open_migrated(&settings).await?;
    let plan = async {
        let totals = plan::totals(&database.pool, &jobs).await?;
        let changes = plan::changes(&database.pool, &jobs, i64::from(args.limit)).await?;
        Ok::<_, sqlx::Error>(Plan { totals, changes })
    }
    .await;
    database.close().await;
    print(&plan?, format)
}

fn print(plan: &Plan, format: Format) -> Result<(), CliError> {
    if format == Format::Json {
        return output::json(plan);
    }
    if plan.totals.is_empty() {
        return output::line("in sync: nothing differs");
    }
    output::list(
        format,
        &plan.changes,
        &["JOB", "ACTION", "ROW", "OLD", "NEW", "HELD"],
        |change| {
            vec![
                change.job.clone(),
                change.action.clone(),
                change.row.clone(),
                output::or_dash(change.old.clone()),
                output::or_dash(change.new.clone()),
                change.held.clone().unwrap_or_default(),
            ]
        },
    )?;
    for total in &plan.totals {
        let held = if total.held > 0 {
            format!(", {} held", total.held)
        } else {
            String::new()
        };
        output::line(&format!("{}: {} to {}{held}", total.job, total.rows, total.action))?;
    }
    Ok(())
}
