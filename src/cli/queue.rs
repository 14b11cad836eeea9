//! `sverka queue list|show|retry|cancel`.

use clap::Subcommand;
use sqlx::PgPool;

use super::reader::Reader;
use super::{CliError, Format, call, curl, output};
use crate::config::Settings;
use crate::context::Context;
use crate::db::Database;
use crate::queue::{audit, journal, look, pause, second_look};
use crate::say;
use crate::upstream::transport::clip;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List calls, newest first: all that are open, quarantined or dead, or those of one state
    List {
        /// Only calls in this state
        #[arg(long, value_parser = ["pending", "running", "unknown", "quarantined", "done", "dead", "cancelled"])]
        state: Option<String>,
        /// Show at most so many
        #[arg(long, default_value_t = 50)]
        limit: u32,
    },
    /// Show one call with all its attempts, and what was said on the wire
    Show {
        /// The call's number
        id: i64,
        /// Print the last request as a curl command, without secrets, and its answer as comments
        #[arg(long)]
        curl: bool,
        /// Of this attempt, not of the last one
        #[arg(long, requires = "curl", value_name = "N")]
        attempt: Option<i32>,
    },
    /// Make a dead, quarantined or waiting call now
    ///
    /// A quarantined call may have happened: what the upstream holds now is read and shown first, and it is only made
    /// with --yes. Then the upstream is looked at once more, and the call is not sent if it stands so already.
    Retry {
        /// The call's number
        id: i64,
        /// Make a quarantined call although it may have happened
        #[arg(long)]
        yes: bool,
    },
    /// Take a dead, quarantined or waiting call out of the queue
    Cancel {
        /// The call's number
        id: i64,
    },
}

pub(super) async fn execute(command: &Command, settings: Settings, format: Format) -> Result<(), CliError> {
    let database = Database::open_migrated(&settings).await?;
    let done = on(command, &database.pool, settings, format).await;
    database.close().await;
    done
}

async fn on(command: &Command, pool: &PgPool, settings: Settings, format: Format) -> Result<(), CliError> {
    let reader = Reader::new(&settings, format);
    let lang = reader.lang;
    match command {
        Command::List { state, limit } => list(pool, state.as_deref(), *limit, &reader, format).await,
        Command::Show {
            id,
            curl: true,
            attempt,
        } => show_curl(pool, *id, *attempt, &reader, format).await,
        Command::Show { id, .. } => show(pool, *id, &reader, format).await,
        Command::Retry { id, yes: false } if is_quarantined(pool, *id).await? => {
            look_now(pool, settings, &reader, *id).await?;
            show(pool, *id, &reader, format).await?;
            Err(CliError::Usage(say!(lang, "call-compare", id = *id)))
        }
        Command::Retry { id, .. } if look::retry(pool, *id, &audit::who()).await? => {
            output::line(&say!(lang, "call-due", id = *id))?;
            say_paused(pool, &reader, *id).await
        }
        Command::Cancel { id } if look::cancel(pool, *id, &audit::who()).await? => {
            output::line(&say!(lang, "call-cancelled", id = *id))
        }
        Command::Retry { id, .. } | Command::Cancel { id } => Err(refusal(pool, &reader, *id).await?),
    }
}

/// A call that is due waits all the same while a person has paused its upstream.
async fn say_paused(pool: &PgPool, reader: &Reader, id: i64) -> Result<(), CliError> {
    let Some((call, _)) = look::call(pool, id).await? else {
        return Ok(());
    };
    match pause::covering(pool, &call.upstream, &call.class).await? {
        Some(pause) => output::line(&pause.told_with_command(reader.lang, &reader.clock)),
        None => Ok(()),
    }
}

async fn list(pool: &PgPool, state: Option<&str>, limit: u32, reader: &Reader, format: Format) -> Result<(), CliError> {
    let calls = look::calls(pool, state, i64::from(limit)).await?;
    let headings = reader.headings([
        "queue-id",
        "queue-state",
        "queue-operation",
        "queue-what",
        "queue-tries",
        "queue-when",
        "queue-why",
    ]);
    output::list(format, &calls, &headings, |call| {
        vec![
            call.id.to_string(),
            reader.word("state", &call.state),
            call.operation.clone(),
            clip(&call.args.to_string(), 60),
            call.attempt.to_string(),
            reader.time(call.ended_at.unwrap_or(call.due_at)),
            call.reason.clone().unwrap_or_default(),
        ]
    })
}

async fn show(pool: &PgPool, id: i64, reader: &Reader, format: Format) -> Result<(), CliError> {
    let lang = reader.lang;
    let Some((call, attempts)) = look::call(pool, id).await? else {
        return Err(CliError::Failed(say!(lang, "call-unknown", id = id)));
    };
    let acts = audit::of_call(pool, id).await?;
    let exchanges = journal::of(pool, id).await?;
    if format == Format::Json {
        return output::json(
            &serde_json::json!({ "call": call, "attempts": attempts, "exchanges": exchanges, "acts": acts }),
        );
    }
    let state = reader.word("state", &call.state);
    output::line(&say!(
        lang,
        "call-head",
        id = id,
        operation = call.operation,
        state = state
    ))?;
    output::line(&say!(lang, "call-what", what = call.args.to_string()))?;
    output::line(&say!(lang, "call-why", why = output::or_dash(call.reason)))?;
    if let Some(look) = call.look {
        output::line(&say!(lang, "call-look", look = look.to_string()))?;
    }
    if let Some(answer) = call.answer {
        output::line(&say!(lang, "call-answer", answer = answer.to_string()))?;
    }
    show_attempts(&attempts, reader)?;
    for act in acts {
        let was = |state: &String| format!(" ({})", say!(lang, "call-was", state = reader.word("state", state)));
        let found = act.words.as_ref().map(was).unwrap_or_default();
        output::line(&format!("{} {}: {}{found}", reader.time(act.at), act.who, act.command))?;
    }
    show_exchanges(&exchanges, reader)
}

fn show_attempts(attempts: &[look::AttemptRow], reader: &Reader) -> Result<(), CliError> {
    let headings = reader.headings([
        "queue-try",
        "queue-started",
        "queue-ended",
        "queue-outcome",
        "term-http",
        "queue-next",
        "queue-words",
    ]);
    output::list(Format::Table, attempts, &headings, |attempt| {
        vec![
            attempt.attempt.to_string(),
            reader.clock.exact(attempt.started_at),
            output::or_dash(attempt.ended_at.map(|at| reader.clock.brief(at))),
            output::or_dash(attempt.outcome.as_ref().map(|outcome| reader.word("attempt", outcome))),
            output::or_dash(attempt.http_status),
            output::or_dash(attempt.retry_at.map(|at| reader.clock.brief(at))),
            attempt.words.clone().unwrap_or_default(),
        ]
    })
}

/// Reads what the upstream holds of a quarantined call's effect, before a person decides.
async fn look_now(pool: &PgPool, settings: Settings, reader: &Reader, id: i64) -> Result<(), CliError> {
    let context = Context::new(settings, 0)?;
    let found = look::call(pool, id).await?;
    let asked = found.and_then(|(call, _)| second_look::read_of(&context, &call));
    let Some((entry, read)) = asked else { return Ok(()) };
    let seen = call::make(pool, context, entry, read).await?;
    if seen.state == "done" {
        look::seen(pool, id, seen.id).await?;
        return Ok(());
    }
    let why = output::or_dash(seen.reason);
    let site = entry.upstream.as_str();
    output::line(&say!(reader.lang, "call-unread", site = site, why = why))
}

fn show_exchanges(exchanges: &[journal::ExchangeRow], reader: &Reader) -> Result<(), CliError> {
    if exchanges.is_empty() {
        return Ok(());
    }
    let lang = reader.lang;
    let bytes = |bytes: i64| say!(lang, "term-bytes", n = bytes);
    output::line("")?;
    let headings = reader.headings([
        "queue-try",
        "term-request",
        "term-sent",
        "term-http",
        "term-took",
        "term-got",
    ]);
    output::list(Format::Table, exchanges, &headings, |exchange| {
        vec![
            exchange.attempt.to_string(),
            format!("{} {}", exchange.method, clip(&exchange.url, 100)),
            bytes(exchange.body_bytes),
            output::or_dash(exchange.status),
            say!(lang, "term-milliseconds", n = exchange.took_ms),
            output::or_dash(exchange.answer_bytes.map(bytes)),
        ]
    })
}

/// The last request of the call, or of that attempt.
async fn show_curl(
    pool: &PgPool,
    id: i64,
    attempt: Option<i32>,
    reader: &Reader,
    format: Format,
) -> Result<(), CliError> {
    let exchanges = journal::of(pool, id).await?;
    let wanted = |exchange: &&journal::ExchangeRow| attempt.is_none_or(|attempt| attempt == exchange.attempt);
    let Some(last) = exchanges.iter().rfind(wanted) else {
        return Err(CliError::Failed(say!(reader.lang, "call-no-request", id = id)));
    };
    let command = curl::command(last);
    match format {
        Format::Json => output::json(&serde_json::json!({ "curl": command, "exchange": last })),
        Format::Table => output::line(command.trim_end()),
    }
}

async fn is_quarantined(pool: &PgPool, id: i64) -> Result<bool, CliError> {
    let found = look::call(pool, id).await?;
    Ok(found.is_some_and(|(call, _)| call.state == "quarantined"))
}

async fn refusal(pool: &PgPool, reader: &Reader, id: i64) -> Result<CliError, CliError> {
    let lang = reader.lang;
    Ok(CliError::Failed(match look::call(pool, id).await? {
        None => say!(lang, "call-unknown", id = id),
        Some((call, _)) => say!(lang, "call-not-so", id = id, state = reader.word("state", &call.state)),
    }))
}
