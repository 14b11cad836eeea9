//! The command line: one file for each subcommand, and the exit codes that scripts rely on.
//!
//! 0 done; 1 failed; 2 usage; 69 an upstream or the database is unavailable; 78 configuration.

mod apply;
mod call;
mod check;
mod completions;
mod config;
pub(crate) mod curl;
mod demo;
mod error;
mod explain;
mod explain_article;
mod follow;
mod healthcheck;
mod history;
mod hold;
mod lines;
mod man;
mod migrate;
pub(crate) mod output;
mod pause;
mod plan;
mod queue;
mod reader;
mod simulate;
mod stand;
mod status;
mod sync;
mod top;
mod user;

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};

use crate::config::{self as settings, ConfigError, Loaded, Source};
use crate::context::ClientError;
use crate::daemon::{self, DaemonError};
use crate::db::DbError;
use crate::db::deadline::within;

/// Keeps a distributor's ERP, KEAZ, Saplab and Carreta in agreement.
#[derive(Debug, Parser)]
#[command(
    name = "sverka",
    version,
    about,
    disable_help_subcommand = true,
    max_term_width = 100
)]
pub struct Cli {
    /// The configuration file [default: $SVERKA_CONFIG, /etc/sverka/sverka.toml, config/sverka.toml]
    #[arg(long, global = true, value_name = "PATH")]
    config: Option<PathBuf>,
    /// How lists are printed [default: table; of `call`: json]
    #[arg(long, global = true, value_enum)]
    format: Option<Format>,
    #[command(subcommand)]
    command: Command,
}

/// How lists are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// For scripts
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the daemon until SIGTERM
    ///
    /// SIGUSR1 starts every job now, SIGUSR2 logs a status snapshot, SIGHUP reads the configuration again.
    Run,
    /// Start jobs now: through the daemon if one is alive, else by itself
    Sync(sync::Args),
    /// Show what differs and would be written, without writing it, and keep it under a number
    ///
    /// `sverka apply NUMBER` writes exactly that. What was held is shown with the reason, and is no part of it.
    Plan(plan::Args),
    /// Write exactly what a plan has shown, once
    ///
    /// A row goes only if its old and its new value still are what was shown; the others are named, with what they are now,
    /// and the exit code is 1. [guard] judges as it does for a sync. Where a daemon is alive it does the work, and this
    /// command follows it.
    Apply(apply::Args),
    /// Tell why KEAZ shows what it shows of an article; or all that is known of an order
    ///
    /// Of an article: for each warehouse what the ERP has, the publishing rule, what KEAZ shows, what is sent or held and
    /// why, and what became of it. Of an order, by whatever number you have of it: its status and history, its delivery, what
    /// the ERP says, and what was sent about it and when.
    Explain(explain::Args),
    /// Make any single call to an upstream, through the queue, and print its answer
    // --list stands alone.
    #[command(subcommand_required = false)]
    Call {
        #[command(subcommand)]
        asked: call::Asked,
    },
    /// Show on one screen whether anything is wrong, and how every upstream and every job stands
    ///
    /// Exit code 1 while a job is later than [freshness] promises.
    Status,
    /// Show the same live, with the calls under way and the next ones, until q or Ctrl-C
    ///
    /// For a terminal of 80 columns and 24 rows or more. A database that goes away is said on the screen and asked again.
    Top(top::Args),
    /// Tell what happened in a time: runs, failures, holds, changes by hand, restarts
    ///
    /// Times are those of schedule.timezone. `sverka history 03:00` tells of half an hour before and after the last 3 o'clock;
    /// --since and --until name a time of any length; --by-hand tells who did what.
    History(history::Args),
    /// Look into the queue and act on single calls
    #[command(subcommand)]
    Queue(queue::Command),
    /// Show what is held because it is too much for one run, and decide about it
    #[command(subcommand)]
    Hold(hold::Command),
    /// Leave an upstream alone for a while: nothing goes there, or nothing but reads, until the time is over
    ///
    /// For all daemons of the database. What is due waits and loses nothing, and a job is not late for it. It ends by itself;
    /// SIGHUP, sync and check do not end it.
    Pause(pause::Pause),
    /// End the pause of an upstream, and let one that rests be asked at once
    Resume(pause::Resume),
    /// Check configuration, database and every upstream
    Check(check::Args),
    /// Show or check the configuration
    #[command(subcommand)]
    Config(config::Command),
    /// Bring the database's schema up to this binary's
    Migrate,
    /// Play KEAZ, Saplab and Carreta on loopback
    Simulate(simulate::Args),
    /// Show the whole thing at work, with a private database and simulated upstreams
    Demo(demo::Args),
    /// Print a completion script for a shell
    Completions(completions::Args),
    /// Ask the daemon on this machine whether it lives
    #[command(hide = true)]
    Healthcheck,
    /// Write the manual pages into a folder
    #[command(hide = true)]
    Man(man::Args),
}

/// Why a command did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// The configuration is bad.
    #[error("{0}")]
    Config(#[from] ConfigError),
    /// No database.
    #[error(transparent)]
    Database(#[from] DbError),
    /// A query failed.
    #[error("the database does not answer: {0}")]
    Query(#[from] sqlx::Error),
    /// The daemon could not run.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// A client could not be built.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Something cannot be reached; what was asked for stays in the queue.
    #[error("{0}")]
    Unavailable(String),
    /// It was tried and did not work.
    #[error("{0}")]
    Failed(String),
    /// The command line asks for something that does not exist.
    #[error("{0}")]
    Usage(String),
    /// The terminal or a file.
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

impl CliError {
    /// The exit code, as in `sysexits`.
    pub fn code(&self) -> u8 {
        match self {
            Self::Config(_) | Self::Client(_) | Self::Daemon(DaemonError::Client(_)) => 78,
            Self::Database(error) | Self::Daemon(DaemonError::Database(error)) => match error {
                DbError::Url(_) => 78,
                DbError::Unavailable(_) | DbError::Cluster(_) | DbError::Busy(_) => 69,
                _ => 1,
            },
            Self::Query(_) | Self::Unavailable(_) | Self::Daemon(DaemonError::Query(_)) => 69,
            Self::Usage(_) => 2,
            Self::Failed(_) | Self::Io(_) | Self::Daemon(_) => 1,
        }
    }
}

impl Cli {
    /// Executes the command and says how it went.
    pub async fn execute(self) -> ExitCode {
        let format = self.format.unwrap_or(Format::Table);
        let done = self.dispatch().await;
        crate::logging::flush();
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("sverka: {}", error.said(reader::language(format)));
                ExitCode::from(error.code())
            }
        }
    }

    async fn dispatch(self) -> Result<(), CliError> {
        let source = Source {
            path: self.config.clone(),
        };
        let format = self.format.unwrap_or(Format::Table);
        // These need no settings.
        match &self.command {
            Command::Completions(args) => return completions::print(args),
            Command::Config(command) => return config::execute(command, &source, format),
            Command::Call {
                asked: call::Asked::List,
            } => return call::list(format),
            Command::Simulate(args) => return simulate::serve(args).await,
            Command::Demo(args) => return demo::show(args).await,
            Command::Man(args) => return man::write(args),
            _ => {}
        }
        let Loaded { settings, .. } = settings::load(&source, settings::environment())?;
        // A log would be written across the screen of `top`; into a file it may go.
        if !matches!(self.command, Command::Top(_)) || !std::io::stderr().is_terminal() {
            // It fails only where a logger runs already, and one is enough.
            let _ = crate::logging::start(&settings.log);
        }
        crate::logging::hook_panics();
        if matches!(self.command, Command::Healthcheck) {
            return healthcheck::ask(&settings).await;
        }
        user::become_owner_of(&settings.data_dir)?;
        // What only looks waits as long as its statements may take, and no longer.
        let limit = settings.database.statement_timeout * 5;
        match self.command {
            Command::Run => Ok(daemon::run(source, settings).await?),
            Command::Sync(args) => sync::sync(&args, settings, format).await,
            Command::Plan(args) => within(limit, plan::show(&args, settings, format)).await,
            Command::Apply(args) => apply::apply(&args, settings, format).await,
            Command::Explain(args) => within(limit, explain::explain(&args, settings, format)).await,
            Command::Call { asked } => call::call(&asked, settings, self.format).await,
            Command::Status => within(limit, status::show(settings, format)).await,
            Command::History(args) => within(limit, history::show(&args, settings, format)).await,
            Command::Top(args) => top::show(&args, settings).await,
            Command::Queue(command) => within(limit, queue::execute(&command, settings, format)).await,
            Command::Hold(command) => within(limit, hold::execute(&command, settings, format)).await,
            Command::Pause(args) => within(limit, pause::pause(&args, settings, format)).await,
            Command::Resume(args) => within(limit, pause::resume(&args, settings)).await,
            Command::Check(args) => check::check(&args, settings, format).await,
            Command::Migrate => migrate::migrate(settings).await,
            Command::Completions(_)
            | Command::Config(_)
            | Command::Simulate(_)
            | Command::Demo(_)
            | Command::Healthcheck
            | Command::Man(_) => Ok(()),
        }
    }
}
