//! The binary `sverka`: parse the command line, dispatch, exit with the right code.

use std::process::ExitCode;

use clap::Parser;
use sverka::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(cli.execute()),
        Err(error) => {
            eprintln!("sverka: the runtime cannot be started: {error}");
            ExitCode::FAILURE
        }
    }
}
