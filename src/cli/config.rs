//! `sverka config show` and `sverka config check`.

use clap::Subcommand;

use super::{CliError, Format, output};
use crate::config::{self, Source};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print the configuration in force, with the source of every value and without secrets
    Show,
    /// Say whether the configuration is good; else every fault with its key and source, exit code 78
    Check,
}

pub(super) fn execute(command: &Command, source: &Source, format: Format) -> Result<(), CliError> {
    let loaded = config::load(source, config::environment())?;
    match (command, format) {
        (Command::Show, Format::Table) => output::line(config::show(&loaded).trim_end()),
        (Command::Show, Format::Json) => output::json(&loaded.entries),
        (Command::Check, _) => output::line("the configuration is good"),
    }
}
