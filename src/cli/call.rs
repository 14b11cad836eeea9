//! `sverka call OPERATION [--argument value...]`: any single operation, through the queue, its answer printed.
//!
//! The command line is made from the catalogue of operations, so that each has its own `--help`, and a wrong name is
//! said before anything is written. If a daemon is alive it makes the call and the command follows it.

use clap::{ArgAction, ArgMatches, Command, FromArgMatches, Subcommand};
use serde_json::{Map, Value};
use sqlx::PgPool;

use super::{CliError, Format, follow, output};
use crate::config::Settings;
use crate::context::Context;
use crate::db::Database;
use crate::operation::{self, Arg, Entry, Kind};
use crate::queue::enqueue::{self, NewCall};
use crate::queue::look::{self, CallRow};
use crate::queue::{Class, Priority, pause, presence};

/// Which operation, with what.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// `--list`
    List,
    /// One operation.
    One {
        /// Its name.
        operation: String,
        /// Its arguments as typed.
        given: Vec<(String, Vec<String>)>,
        /// Whether the person said yes to its consequences.
        yes: bool,
    },
}

impl Asked {
    /// The subcommand with a subcommand for each operation.
    fn commands(command: Command) -> Command {
        let list = clap::Arg::new("list")
            .long("list")
            .action(ArgAction::SetTrue)
            .help("List all operations with their class and arguments");
        let command = command
            .arg(list)
            .subcommand_value_name("OPERATION")
            .subcommand_help_heading("Operations")
            .disable_help_subcommand(true);
        operation::catalogue()
            .iter()
            .fold(command, |command, entry| command.subcommand(of_entry(entry)))
    }
}

fn of_entry(entry: &'static Entry) -> Command {
    let yes = clap::Arg::new("yes")
        .long("yes")
        .action(ArgAction::SetTrue)
        // Accepted everywhere, so that a script need not know; shown where it matters.
        .hide(entry.consequence.is_none())
        .help("Do it although it concerns somebody's money or order");
    let any = clap::Arg::new("arg")
        .long("arg")
        .value_name("NAME=VALUE")
        .action(ArgAction::Append)
        .help("An argument in another spelling: --arg name=value");
    let command = Command::new(entry.name).about(entry.about).arg(any).arg(yes);
    entry.args.iter().fold(command, |command, arg| command.arg(of_arg(arg)))
}

fn of_arg(arg: &'static Arg) -> clap::Arg {
    let what = match arg.kind {
        Kind::Text | Kind::Texts => "TEXT",
        Kind::Integer => "NUMBER",
        Kind::Integers => "NUMBERS",
        Kind::Decimal => "DECIMAL",
        Kind::Flag => "true|false",
        Kind::Date => "DAY",
        Kind::Json => "JSON",
        Kind::Pairs => "NAME=VALUE",
    };
    let help = if arg.required {
        format!("{} (required)", arg.about)
    } else {
        arg.about.to_owned()
    };
    let spelled = clap::Arg::new(arg.name)
        .long(arg.name)
        .value_name(what)
        .action(ArgAction::Append)
        .allow_hyphen_values(true)
        .help(help);
    if arg.name.contains('_') {
        spelled.alias(arg.name.replace('_', "-"))
    } else {
        spelled
    }
}

impl FromArgMatches for Asked {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        if matches.get_flag("list") {
            return Ok(Self::List);
        }
        let Some((operation, of_it)) = matches.subcommand() else {
            return Err(clap::Error::raw(
                clap::error::ErrorKind::MissingSubcommand,
                "which operation? See: sverka call --list\n",
            ));
        };
        let entry = operation::entry(operation);
        let args = entry.map_or(&[][..], |entry| entry.args);
        let texts = |name: &str| -> Vec<String> {
            of_it
                .get_many(name)
                .map(|all| all.cloned().collect())
                .unwrap_or_default()
        };
        let mut given: Vec<(String, Vec<String>)> = args
            .iter()
            .map(|arg| (arg.name.to_owned(), texts(arg.name)))
            .filter(|(_, texts)| !texts.is_empty())
            .collect();
        for pair in texts("arg") {
            let Some((name, value)) = pair.split_once('=') else {
                return Err(clap::Error::raw(
                    clap::error::ErrorKind::ValueValidation,
                    format!("--arg {pair}: name=value is expected\n"),
                ));
            };
            let name = name.replace('-', "_");
            match given.iter_mut().find(|(known, _)| *known == name) {
                Some((_, texts)) => texts.push(value.to_owned()),
                None => given.push((name, vec![value.to_owned()])),
            }
        }
        let yes = of_it.get_flag("yes");
        Ok(Self::One {
            operation: operation.to_owned(),
            given,
            yes,
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

impl Subcommand for Asked {
    fn augment_subcommands(command: Command) -> Command {
        Self::commands(command)
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        Self::commands(command)
    }

    fn has_subcommand(name: &str) -> bool {
        operation::entry(name).is_some()
    }
}

/// `--list`
pub(super) fn list(format: Format) -> Result<(), CliError> {
    let rows: Vec<Value> = operation::catalogue().iter().map(described).collect();
    output::list(
        format,
        &rows,
        &["OPERATION", "CLASS", "WHAT IT DOES", "ARGUMENTS"],
        |row| {
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            let args = row["arguments"].as_array().map(Vec::as_slice).unwrap_or_default();
            let spelled = |arg: &Value| {
                let name = arg["name"].as_str().unwrap_or_default();
                if arg["required"] == true {
                    format!("--{name}")
                } else {
                    format!("[--{name}]")
                }
            };
            let args: Vec<String> = args.iter().map(spelled).collect();
            vec![text("operation"), text("class"), text("about"), args.join(" ")]
        },
    )
}

fn described(entry: &Entry) -> Value {
    let args: Vec<Value> = entry
        .args
        .iter()
        .map(|arg| serde_json::json!({ "name": arg.name, "required": arg.required, "about": arg.about }))
        .collect();
    serde_json::json!({
        "operation": entry.name, "upstream": entry.upstream.as_str(), "class": entry.class.as_str(),
        "about": entry.about, "arguments": args, "consequence": entry.consequence,
    })
}

/// Makes the call and prints its answer.
pub(super) async fn call(asked: &Asked, settings: Settings, format: Option<Format>) -> Result<(), CliError> {
    let Asked::One { operation, given, yes } = asked else {
        return list(format.unwrap_or(Format::Table));
    };
    let entry = operation::entry(operation)
        .ok_or_else(|| CliError::Usage(format!("there is no operation «{operation}»: sverka call --list")))?;
    let call = entry
        .call(arguments(entry, given)?)
        .map_err(|error| CliError::Usage(format!("{operation}: {error}")))?;
    if let (Some(consequence), false) = (entry.consequence, *yes) {
        return Err(CliError::Usage(format!(
            "{operation} {consequence}; if that is meant, add --yes"
        )));
    }
    let context = Context::new(settings.clone(), 0)?;
    if !context.serves(entry.upstream) {
        return Err(CliError::Usage(format!(
            "{} is not configured: sverka config show",
            entry.upstream
        )));
    }
    let database = Database::open_migrated(&settings).await?;
    let done = make(&database.pool, context, entry, call).await;
    database.close().await;
    show(&done?, entry, format.unwrap_or(Format::Json))
}

fn arguments(entry: &Entry, given: &[(String, Vec<String>)]) -> Result<Map<String, Value>, CliError> {
    let mut arguments = Map::new();
    for (name, texts) in given {
        let arg = entry.args.iter().find(|arg| arg.name == name).ok_or_else(|| {
            CliError::Usage(format!(
                "{} has no argument «{name}»: sverka call {} --help",
                entry.name, entry.name
            ))
        })?;
        arguments.insert(name.clone(), arg.read(texts).map_err(CliError::Usage)?);
    }
    if let Some(missing) = entry
        .args
        .iter()
        .find(|arg| arg.required && !arguments.contains_key(arg.name))
    {
        return Err(CliError::Usage(format!(
            "{} needs --{}: {}",
            entry.name, missing.name, missing.about
        )));
    }
    Ok(arguments)
}

/// Enqueues the call, and waits for its end, or for the moment when nothing but waiting is left.
pub(super) async fn make(pool: &PgPool, context: Context, entry: &Entry, call: NewCall) -> Result<CallRow, CliError> {
    // Somebody sits there and asks: an upstream that rests is tried at once.
    look::resume(pool, Some(entry.upstream.as_str())).await?;
    let key = if entry.class == Class::Read {
        // A read of one's own: another's may have been asked a while ago.
        format!("command:{:016x}", fastrand::u64(..))
    } else {
        call.key.clone()
    };
    let call = NewCall {
        key,
        keeps_answer: true,
        priority: Priority::Urgent,
        ..call
    };
    let id = match enqueue::enqueue_once(pool, &call).await? {
        Ok(id) => id,
        Err(open) => {
            return Err(CliError::Failed(format!(
                "the same is asked for already and not over: sverka queue show {open}"
            )));
        }
    };
    if let Some(paused) = pause::covering(pool, entry.upstream.as_str(), entry.class.as_str()).await? {
        eprintln!("sverka: {}", output::plain(&paused.words()));
    }
    if presence::daemons_alive(pool).await? > 0
        && let Some(row) = follow::call_of_daemon(pool, id).await?
    {
        return Ok(row);
    }
    follow::work_on_call(pool, context, id).await
}

fn show(call: &CallRow, entry: &Entry, format: Format) -> Result<(), CliError> {
    let reason = call.reason.clone().unwrap_or_default();
    match call.state.as_str() {
        "done" => {
            let answer = call.answer.clone().unwrap_or(Value::Null);
            match (format, rows_of(&answer)) {
                (Format::Table, Some(rows)) => output::objects(rows),
                _ => output::json(&answer),
            }?;
            if !reason.is_empty() {
                eprintln!("sverka: {reason}");
            }
            Ok(())
        }
        "dead" => Err(CliError::Failed(format!("{}: {reason} (call {})", entry.name, call.id))),
        "quarantined" => Err(CliError::Failed(format!(
            "{}: whether it happened cannot be told: {reason}. It is not repeated. Compare with the upstream (sverka queue \
             show {}), then decide: sverka queue cancel {} (leave it as it is) or sverka queue retry {} --yes (make it)",
            entry.name, call.id, call.id, call.id
        ))),
        state => Err(CliError::Unavailable(format!(
            "{}: call {} is {state}: {reason}. Nothing is lost: it stays in the queue and is made by the daemon, or by \
             the next command that works on the queue",
            entry.name, call.id
        ))),
    }
}

/// The rows of an answer that is a list, or has exactly one.
fn rows_of(answer: &Value) -> Option<&Vec<Value>> {
    match answer {
        Value::Array(rows) => Some(rows),
        Value::Object(fields) => {
            let mut lists = fields
                .iter()
                .filter(|(name, _)| *name != "rejected")
                .filter_map(|(_, value)| value.as_array());
            lists.next().filter(|_| lists.next().is_none())
        }
        _ => None,
    }
}
