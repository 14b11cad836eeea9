//! `sverka simulate`: the three upstreams on loopback, until Ctrl-C.

use tokio::signal::unix::{SignalKind, signal};

use super::{CliError, output};
use crate::simulate::{self, Options, World};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Ports of KEAZ, Saplab and Carreta; 0 = any free one
    #[arg(long, value_delimiter = ',', num_args = 1, default_value = "0,0,0")]
    ports: Vec<u16>,
    /// Positions in Saplab
    #[arg(long, default_value_t = 500)]
    positions: usize,
    /// Rows of Carreta's price list «main»
    #[arg(long, default_value_t = 100_000)]
    price_rows: usize,
    /// Seed of the generated data
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

pub(super) async fn serve(args: &Args) -> Result<(), CliError> {
    let ports = <[u16; 3]>::try_from(args.ports.as_slice())
        .map_err(|_| CliError::Usage("--ports takes three ports, for KEAZ, Saplab and Carreta".into()))?;
    let options = Options {
        ports,
        ..Options::default()
    };
    let credentials = options.clone();
    let simulator = simulate::start(options).await?;
    *simulator.world() = World::demo(args.seed, args.positions, args.price_rows);
    output::line("# Simulated upstreams; the credentials are made up. Ctrl-C ends them.")?;
    for (name, value) in [
        ("SVERKA__KEAZ__BASE_URL", simulator.keaz_url()),
        ("SVERKA__KEAZ__API_KEY", credentials.keaz_key),
        ("SVERKA__SAPLAB__PANEL__BASE_URL", simulator.saplab_url()),
        ("SVERKA__SAPLAB__PANEL__LOGIN", credentials.panel_login),
        ("SVERKA__SAPLAB__PANEL__PASSWORD", credentials.panel_password),
        ("SVERKA__SAPLAB__CLIENT__BASE_URL", simulator.saplab_url()),
        ("SVERKA__SAPLAB__CLIENT__LOGIN", credentials.client_login),
        ("SVERKA__SAPLAB__CLIENT__PASSWORD", credentials.client_password),
        ("SVERKA__CARRETA__BASE_URL", simulator.carreta_url()),
        ("SVERKA__CARRETA__API_KEY", credentials.carreta_key),
    ] {
        output::line(&format!("export {name}='{value}'"))?;
    }
    output::line(&format!("# price list: {}", simulator.price_list_url("main")))?;
    output::line(&format!("# ledger of effects: {}/_sim/ledger", simulator.keaz_url()))?;
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminated.recv() => {}
    }
    simulator.stop().await;
    Ok(())
}
