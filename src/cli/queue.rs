//! `sverka queue list|show|retry|cancel`.

use clap::Subcommand;
use sqlx::PgPool;

use super::{CliError, Format, call, curl, output};
use crate::config::Settings;
use crate::context::Context;
use crate::db::Database;
use crate::queue::{audit, journal, look, pause, second_look};
use crate::upstream::transport::clip;
use crate::words::Lang;
use crate::words::clock::Clock;

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
    match command {
        Command::List { state, limit } => list(pool, state.as_deref(), *limit, format).await,
        Command::Show {
            id,
            curl: true,
            attempt,
        } => show_curl(pool, *id, *attempt, format).await,
        Command::Show { id, .. } => show(pool, *id, format).await,
        Command::Retry { id, yes: false } if is_quarantined(pool, *id).await? => {
            look_now(pool, settings, *id).await?;
            show(pool, *id, format).await?;
            Err(CliError::Usage(format!(
                "call {id} may have happened; compare with what the upstream holds; if it has not, add --yes"
            )))
        }
        Command::Retry { id, .. } if look::retry(pool, *id, &audit::who()).await? => {
            output::line(&format!("call {id} is due now; the daemon makes it, or the next sync"))?;
            say_paused(pool, &settings, *id).await
        }
        Command::Cancel { id } if look::cancel(pool, *id, &audit::who()).await? => output::line(&format!(
            "call {id} is cancelled; what still differs is pushed by the next run"
        )),
        Command::Retry { id, .. } | Command::Cancel { id } => Err(refusal(pool, *id).await?),
    }
}

/// A call that is due waits all the same while a person has paused its upstream.
async fn say_paused(pool: &PgPool, settings: &Settings, id: i64) -> Result<(), CliError> {
    let Some((call, _)) = look::call(pool, id).await? else {
        return Ok(());
    };
    match pause::covering(pool, &call.upstream, &call.class).await? {
        Some(pause) => {
            let clock = Clock::new(settings.schedule.timezone);
            output::line(&pause.told(Lang::of_environment(), &clock))
        }
        None => Ok(()),
    }
}

async fn list(pool: &PgPool, state: Option<&str>, limit: u32, format: Format) -> Result<(), CliError> {
    let calls = look::calls(pool, state, i64::from(limit)).await?;
    output::list(
        format,
        &calls,
        &["ID", "STATE", "OPERATION", "WHAT", "TRIES", "DUE", "WHY"],
        |call| {
            vec![
                call.id.to_string(),
                call.state.clone(),
                call.operation.clone(),
                clip(&call.args.to_string(), 60),
                call.attempt.to_string(),
                call.due_at.format("%F %T UTC").to_string(),
                call.reason.clone().unwrap_or_default(),
            ]
        },
    )
}

async fn show(pool: &PgPool, id: i64, format: Format) -> Result<(), CliError> {
    let Some((call, attempts)) = look::call(pool, id).await? else {
        return Err(CliError::Failed(format!(
            "there is no call {id}; ended ones are forgotten after queue.keep"
        )));
    };
    let acts = audit::of_call(pool, id).await?;
    let exchanges = journal::of(pool, id).await?;
    if format == Format::Json {
        return output::json(
            &serde_json::json!({ "call": call, "attempts": attempts, "exchanges": exchanges, "acts": acts }),
        );
    }
    output::line(&format!("call {} {} {}", call.id, call.operation, call.state))?;
    output::line(&format!("what: {}", call.args))?;
    output::line(&format!("why: {}", output::or_dash(call.reason)))?;
    if let Some(look) = call.look {
        output::line(&format!("the upstream held: {look}"))?;
    }
    if let Some(answer) = call.answer {
        output::line(&format!("answer: {answer}"))?;
    }
    output::list(
        format,
        &attempts,
        &["TRY", "STARTED", "ENDED", "OUTCOME", "HTTP", "NEXT", "WORDS"],
        |attempt| {
            vec![
                attempt.attempt.to_string(),
                attempt.started_at.format("%F %T%.3f").to_string(),
                output::or_dash(attempt.ended_at.map(|at| at.format("%T%.3f"))),
                output::or_dash(attempt.outcome.clone()),
                output::or_dash(attempt.http_status),
                output::or_dash(attempt.retry_at.map(|at| at.format("%T"))),
                attempt.words.clone().unwrap_or_default(),
            ]
        },
    )?;
    for act in acts {
        let found = act.words.map(|words| format!(" (it was {words})")).unwrap_or_default();
        output::line(&format!(
            "{} UTC {}: {}{found}",
            act.at.format("%F %T"),
            act.who,
            act.command
        ))?;
    }
    show_exchanges(&exchanges, format)
}

/// Reads what the upstream holds of a quarantined call's effect, before a person decides.
async fn look_now(pool: &PgPool, settings: Settings, id: i64) -> Result<(), CliError> {
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
    output::line(&format!("what {} holds now could not be read: {why}", entry.upstream))
}

fn show_exchanges(exchanges: &[journal::ExchangeRow], format: Format) -> Result<(), CliError> {
    if exchanges.is_empty() {
        return Ok(());
    }
    output::line("")?;
    output::list(
        format,
        exchanges,
        &["TRY", "REQUEST", "SENT", "HTTP", "TOOK", "GOT"],
        |exchange| {
            vec![
                exchange.attempt.to_string(),
                format!("{} {}", exchange.method, clip(&exchange.url, 100)),
                format!("{} B", exchange.body_bytes),
                output::or_dash(exchange.status),
                format!("{} ms", exchange.took_ms),
                output::or_dash(exchange.answer_bytes.map(|bytes| format!("{bytes} B"))),
            ]
        },
    )
}

/// The last request of the call, or of that attempt.
async fn show_curl(pool: &PgPool, id: i64, attempt: Option<i32>, format: Format) -> Result<(), CliError> {
    let exchanges = journal::of(pool, id).await?;
    let wanted = |exchange: &&journal::ExchangeRow| attempt.is_none_or(|attempt| attempt == exchange.attempt);
    let Some(last) = exchanges.iter().rfind(wanted) else {
        return Err(CliError::Failed(format!(
            "no request of call {id} is kept: none was sent, or queue.journal has passed"
        )));
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

async fn refusal(pool: &PgPool, id: i64) -> Result<CliError, CliError> {
    Ok(CliError::Failed(match look::call(pool, id).await? {
        None => format!("there is no call {id}"),
        Some((call, _)) => format!(
            "call {id} is {}: only a waiting, quarantined or dead call can be retried or cancelled, and only while the same intent \
             is not open in another call",
            call.state
        ),
    }))
}
