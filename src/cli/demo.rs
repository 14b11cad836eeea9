//! `sverka demo`.
use super::CliError;
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// End after the third sync
    #[arg(long)]
    once: bool,
}
pub(super) async fn show(args: &Args) -> Result<(), CliError> {
    let _ = args.once;
    Ok(())
}
