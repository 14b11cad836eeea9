//! `sverka hold list|show|release|refuse`: what `[guard]` keeps back, and the person's word about it.

use clap::Subcommand;
use sqlx::PgPool;

use super::{CliError, Format, output};
use crate::config::Settings;
use crate::db::Database;
use crate::hold::decide;
use crate::hold::look::{self, HoldView};
use crate::queue::audit;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List what is held, oldest first
    List {
        /// Also what was released, and what was mended
        #[arg(long)]
        all: bool,
    },
    /// Show the rows of one hold
    Show {
        /// The hold's number
        id: i64,
        /// Show at most so many rows
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Let exactly these rows go, once
    ///
    /// They go with the next run of the job. Values are read then: a row that has been mended meanwhile is not touched, and one
    /// that has joined since is judged anew.
    Release {
        /// The hold's number
        id: i64,
    },
    /// Keep these rows where they are until the ERP, or the price list, is mended
    Refuse {
        /// The hold's number
        id: i64,
    },
}

pub(super) async fn execute(command: &Command, settings: Settings, format: Format) -> Result<(), CliError> {
    let database = Database::open_migrated(&settings).await?;
    let done = on(command, &database.pool, format).await;
    database.close().await;
    done
}

async fn on(command: &Command, pool: &PgPool, format: Format) -> Result<(), CliError> {
    match *command {
        Command::List { all } => list(pool, all, format).await,
        Command::Show { id, limit } => show(pool, id, limit, format).await,
        Command::Release { id } => {
            if !decide::release(pool, id, &audit::who()).await? {
                return Err(refusal(pool, id).await?);
            }
            let hold = found(pool, id).await?;
            output::line(&format!(
                "hold {id} is released: {} rows may go, with the next run of {} (sverka sync {})",
                hold.rows, hold.job, hold.job
            ))
        }
        Command::Refuse { id } => {
            if !decide::refuse(pool, id, &audit::who()).await? {
                return Err(refusal(pool, id).await?);
            }
            output::line(&format!(
                "hold {id} is refused: its rows stay as they are until they are mended"
            ))
        }
    }
}

async fn list(pool: &PgPool, all: bool, format: Format) -> Result<(), CliError> {
    let holds = look::list(pool, all).await?;
    if holds.is_empty() && format == Format::Table {
        return output::line("nothing is held");
    }
    let headings = [
        "ID",
        "STATE",
        "JOB",
        "FROM/TO",
        "KIND",
        "ROWS",
        "OF",
        "SINCE",
        "BY",
        "WHY",
        "ROWS, E.G.",
    ];
    output::list(format, &holds, &headings, |hold| {
        vec![
            hold.id.to_string(),
            hold.state.clone(),
            hold.job.clone(),
            place(hold),
            hold.kind.clone(),
            hold.rows.to_string(),
            hold.of.to_string(),
            hold.created_at.format("%F %T UTC").to_string(),
            output::or_dash(hold.decided_by.clone()),
            hold.why.clone(),
            hold.samples.join(", "),
        ]
    })
}

async fn show(pool: &PgPool, id: i64, limit: u32, format: Format) -> Result<(), CliError> {
    let hold = found(pool, id).await?;
    let rows = look::rows(pool, id, i64::from(limit)).await?;
    if format == Format::Json {
        return output::json(&serde_json::json!({ "hold": hold, "rows": rows }));
    }
    output::line(&format!("hold {id} {}: {} {}", hold.state, hold.job, place(&hold)))?;
    output::line(&format!("why: {}", output::plain(&hold.why)))?;
    if let (Some(who), Some(at)) = (&hold.decided_by, hold.decided_at) {
        output::line(&format!(
            "decided: {} at {}",
            output::plain(who),
            at.format("%F %T UTC")
        ))?;
    }
    let headings = ["PLACE", "BRAND", "ARTICLE", "KIND", "OLD", "NEW"];
    output::list(format, &rows, &headings, |row| {
        vec![
            row.place.clone(),
            row.brand.clone(),
            row.article.clone(),
            row.kind.clone(),
            output::or_dash(row.old_value.clone()),
            output::or_dash(row.new_value.clone()),
        ]
    })?;
    let shown = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    if shown < hold.rows && shown == i64::from(limit) {
        output::line(&format!("{} rows in all (--limit)", hold.rows))?;
    }
    Ok(())
}

/// `keaz`, `keaz/W1`, `carreta/main`.
pub(super) fn place(hold: &HoldView) -> String {
    if hold.scope.is_empty() {
        return hold.upstream.clone();
    }
    output::plain(&format!("{}/{}", hold.upstream, hold.scope))
}

async fn found(pool: &PgPool, id: i64) -> Result<HoldView, CliError> {
    look::hold(pool, id).await?.ok_or_else(|| unknown(id))
}

fn unknown(id: i64) -> CliError {
    CliError::Failed(format!(
        "there is no hold {id}; those that are over are forgotten after queue.keep"
    ))
}

async fn refusal(pool: &PgPool, id: i64) -> Result<CliError, CliError> {
    let hold = found(pool, id).await?;
    Ok(CliError::Failed(match hold.state.as_str() {
        "released" => format!(
            "hold {id} was released already, by {}",
            output::or_dash(hold.decided_by)
        ),
        "refused" => format!("hold {id} was refused already, by {}", output::or_dash(hold.decided_by)),
        _ => {
            format!("hold {id} is over: its rows were mended, or a larger hold has taken its place (sverka hold list)")
        }
    }))
}
