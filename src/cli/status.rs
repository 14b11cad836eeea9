//! `sverka status`: how everything stands, once; exit code 1 while a freshness promise is broken.

use super::lines::Line;
use super::reader::Reader;
use super::{CliError, Format, output, stand};
use crate::config::Settings;
use crate::context::Context;
use crate::db::Database;
use crate::say;
use crate::status::Status;

pub(super) async fn show(settings: Settings, format: Format) -> Result<(), CliError> {
    let context = Context::new(settings, 0)?;
    let database = Database::open_migrated(&context.settings).await?;
    let status = Status::read(&database.pool, &context).await;
    database.close().await;
    let status = status?;
    let reader = Reader::new(&context.settings, format);
    match format {
        Format::Json => output::json(&status)?,
        Format::Table => output::lines(screen(&reader, &status))?,
    }
    if status.stale.is_empty() {
        return Ok(());
    }
    let late: Vec<_> = status.stale.iter().map(|stale| stale.job).collect();
    Err(CliError::Failed(say!(
        reader.lang,
        "error-stale",
        jobs = late.join(", ")
    )))
}

/// Its parts, a blank line between them.
fn screen(reader: &Reader, status: &Status) -> Vec<Line> {
    let [alarms, upstreams, jobs] = stand::head(reader, status);
    [alarms, upstreams, jobs, stand::tail(reader, status)].join(&Line::default())
}
