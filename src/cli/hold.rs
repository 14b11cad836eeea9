//! `sverka hold list|show|release|refuse`: what `[guard]` keeps back, and the person's word about it.

use clap::Subcommand;
use sqlx::PgPool;

use super::reader::Reader;
use super::{CliError, Format, output};
use crate::config::Settings;
use crate::db::Database;
use crate::hold::decide;
use crate::hold::look::{self, HoldView};
use crate::queue::audit;
use crate::say;

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
    let reader = Reader::new(&settings, format);
    let database = Database::open_migrated(&settings).await?;
    let done = on(command, &database.pool, &reader, format).await;
    database.close().await;
    done
}

async fn on(command: &Command, pool: &PgPool, reader: &Reader, format: Format) -> Result<(), CliError> {
    let lang = reader.lang;
    match *command {
        Command::List { all } => list(pool, all, reader, format).await,
        Command::Show { id, limit } => show(pool, id, limit, reader, format).await,
        Command::Release { id } => {
            if !decide::release(pool, id, &audit::who()).await? {
                return Err(refusal(pool, reader, id).await?);
            }
            let hold = found(pool, reader, id).await?;
            output::line(&say!(lang, "hold-released", id = id, rows = hold.rows, job = hold.job))
        }
        Command::Refuse { id } => {
            if !decide::refuse(pool, id, &audit::who()).await? {
                return Err(refusal(pool, reader, id).await?);
            }
            output::line(&say!(lang, "hold-refused", id = id))
        }
    }
}

async fn list(pool: &PgPool, all: bool, reader: &Reader, format: Format) -> Result<(), CliError> {
    let holds = look::list(pool, all).await?;
    if holds.is_empty() && format == Format::Table {
        return output::line(&say!(reader.lang, "hold-nothing"));
    }
    let headings = reader.headings([
        "holds-id",
        "holds-state",
        "runs-job",
        "holds-where",
        "term-kind",
        "holds-rows",
        "term-of",
        "holds-since",
        "term-by",
        "holds-why",
        "term-examples",
    ]);
    output::list(format, &holds, &headings, |hold| {
        vec![
            hold.id.to_string(),
            reader.word("hold-state", &hold.state),
            hold.job.clone(),
            place(hold),
            reader.word("kind", &hold.kind),
            hold.rows.to_string(),
            hold.of.to_string(),
            reader.time(hold.created_at),
            output::or_dash(hold.decided_by.clone()),
            reader.told(&hold.why),
            hold.samples.join(", "),
        ]
    })
}

async fn show(pool: &PgPool, id: i64, limit: u32, reader: &Reader, format: Format) -> Result<(), CliError> {
    let lang = reader.lang;
    let hold = found(pool, reader, id).await?;
    let rows = look::rows(pool, id, i64::from(limit)).await?;
    if format == Format::Json {
        return output::json(&serde_json::json!({ "hold": hold, "rows": rows }));
    }
    let state = reader.word("hold-state", &hold.state);
    output::line(&say!(
        lang,
        "hold-head",
        id = id,
        state = state,
        job = hold.job.clone(),
        place = place(&hold)
    ))?;
    output::line(&say!(lang, "hold-why", why = reader.told(&hold.why)))?;
    if let (Some(who), Some(at)) = (&hold.decided_by, hold.decided_at) {
        output::line(&say!(
            lang,
            "hold-decided",
            who = output::plain(who),
            at = reader.time(at)
        ))?;
    }
    let headings = reader.headings([
        "holds-place",
        "term-brand",
        "holds-article",
        "term-kind",
        "holds-old",
        "holds-new",
    ]);
    output::list(format, &rows, &headings, |row| {
        vec![
            row.place.clone(),
            row.brand.clone(),
            row.article.clone(),
            reader.word("kind", &row.kind),
            output::or_dash(row.old_value.clone()),
            output::or_dash(row.new_value.clone()),
        ]
    })?;
    let shown = i64::try_from(rows.len()).unwrap_or(i64::MAX);
    if shown < hold.rows && shown == i64::from(limit) {
        output::line(&say!(lang, "hold-in-all", rows = hold.rows))?;
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

async fn found(pool: &PgPool, reader: &Reader, id: i64) -> Result<HoldView, CliError> {
    let unknown = || CliError::Failed(say!(reader.lang, "hold-unknown", id = id));
    look::hold(pool, id).await?.ok_or_else(unknown)
}

async fn refusal(pool: &PgPool, reader: &Reader, id: i64) -> Result<CliError, CliError> {
    let lang = reader.lang;
    let hold = found(pool, reader, id).await?;
    let who = output::or_dash(hold.decided_by);
    Ok(CliError::Failed(match hold.state.as_str() {
        "released" => say!(lang, "hold-released-already", id = id, who = who),
        "refused" => say!(lang, "hold-refused-already", id = id, who = who),
        _ => say!(lang, "hold-over", id = id),
    }))
}
