//! `sverka demo`: a private database, the simulated upstreams and the daemon in one process, three syncs, and the proof
//! that each sent exactly what differed.

mod company;
mod proof;

use std::time::Instant;

use sqlx::PgPool;

use super::reader::Reader;
use super::{CliError, follow, output};
use crate::config::{self, Loaded, Settings, Source};
use crate::context::Context;
use crate::daemon::signals::Signals;
use crate::daemon::{Daemon, DaemonError};
use crate::db::Database;
use crate::diff::plan;
use crate::job::Job;
use crate::queue::run::{self, Trigger};
use crate::simulate::{self, Effect, Options, Simulator, World};
use crate::words::Lang;
use crate::words::clock::Clock;

const SEED: u64 = 1;
const POSITIONS: usize = 500;
const PRICE_ROWS: usize = 100_000;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// End after the third sync; exit code 0 only if everything agrees
    #[arg(long)]
    once: bool,
}

pub(super) async fn show(args: &Args) -> Result<(), CliError> {
    let begun = Instant::now();
    let folder = folder()?;
    let simulator = simulate::start(Options::default()).await?;
    *simulator.world() = World::demo(SEED, POSITIONS, PRICE_ROWS);
    let source = Source {
        path: Some(folder.path().join("sverka.toml")),
    };
    // No schedule while the demo counts.
    write_configuration(&source, &simulator, "")?;
    let Loaded { settings, .. } = config::load(&source, [])?;
    // It fails only where a logger runs already, and one is enough.
    let _ = crate::logging::start(&settings.log);
    output::line("1. A private PostgreSQL, the simulated KEAZ, Saplab and Carreta, and the daemon")?;
    let database = Database::open_migrated(&settings).await?;
    let shown = tokio::select! {
        shown = on(&database, source, settings, &simulator, args.once, begun) => shown,
        _ = tokio::signal::ctrl_c(), if args.once => Err(CliError::Failed("interrupted".into())),
    };
    database.close().await;
    simulator.stop().await;
    shown
}

async fn on(
    database: &Database,
    source: Source,
    settings: Settings,
    simulator: &Simulator,
    once: bool,
    begun: Instant,
) -> Result<(), CliError> {
    let pool = &database.pool;
    let context = Context::new(settings.clone(), 0)?;
    company::fill(pool).await?;
    let mut daemon = Daemon::start(pool, source.clone(), settings).await?;
    let address = daemon.address;
    let played = play(pool, &context, simulator).await;
    if played.is_ok() {
        output::line(&format!("\nDone in {:.1} s.", begun.elapsed().as_secs_f64()))?;
    }
    if played.is_ok() && !once {
        let folder = context.settings.data_dir.display();
        let address = address.map_or_else(String::new, |address| format!("http://{address}/readyz"));
        output::line(&format!(
            "The daemon runs on ({address}) and looks every ten seconds. Change the ERP and watch:\n\
             \n  psql -h {folder}/run -U sverka sverka -c \"UPDATE erp.stock SET quantity = 3 WHERE article = '100001'\"\
             \n  curl -s {}/_sim/ledger | tail -c 500\n\
             \nCtrl-C ends it.",
            simulator.keaz_url()
        ))?;
        write_configuration(&source, simulator, "*/10 * * * * *")?;
        daemon.reload().await;
        let signals = Signals::listen().map_err(DaemonError::Signals)?;
        return Ok(daemon.serve(signals, database).await?);
    }
    daemon.stop(context.settings.shutdown_grace).await;
    played
}

/// The three syncs.
async fn play(pool: &PgPool, context: &Context, simulator: &Simulator) -> Result<(), CliError> {
    output::line(&format!(
        "\n2. First sync: 5 warehouses x 2,000 articles to KEAZ, {POSITIONS} positions and {PRICE_ROWS} prices to the ERP"
    ))?;
    sync(pool, context).await?;
    say_sent(&simulator.ledger(), 0)?;

    output::line("\n3. The ERP changes 7 stock rows, 3 order statuses and 1 address")?;
    company::change(pool).await?;
    let planned = plan::changes(pool, &Job::ALL, 100).await?;
    for change in &planned {
        let (old, new) = (output::or_dash(change.old.clone()), output::or_dash(change.new.clone()));
        output::line(&format!(
            "   {:<10} {} {}: {old} -> {new}",
            change.job, change.action, change.row
        ))?;
    }
    let before = simulator.ledger().len();
    sync(pool, context).await?;
    say_sent(&simulator.ledger(), before)?;
    proof::sent_exactly(&planned, &simulator.ledger()[before..])?;

    output::line("\n4. Third sync: nothing has changed")?;
    let before = simulator.ledger().len();
    sync(pool, context).await?;
    say_sent(&simulator.ledger(), before)?;
    proof::sent_exactly(&[], &simulator.ledger()[before..])?;

    proof::in_sync(pool).await?;
    proof::upstreams_equal_erp(pool, simulator).await?;
    output::line("\nEvery diff view is empty, and what KEAZ and Saplab hold equals the ERP.")
}

/// Every job, followed to its end.
async fn sync(pool: &PgPool, context: &Context) -> Result<(), CliError> {
    let mut runs = Vec::new();
    for job in Job::ALL {
        runs.push(run::request(pool, context, job, Trigger::Command, None).await?.run_id());
    }
    let reader = Reader {
        lang: Lang::En,
        clock: Clock::new(context.settings.schedule.timezone),
    };
    let followed = follow::follow(pool, &runs, &reader).await?;
    for run in &followed.runs {
        output::line(&format!(
            "   {:<10} {}: {} pulled, {} pushed, {} refused in {} calls",
            run.job,
            run.outcome.as_deref().unwrap_or(&run.state),
            run.rows_pulled,
            run.rows_pushed,
            run.rows_refused,
            run.calls
        ))?;
    }
    match followed.waiting {
        Some(why) => Err(CliError::Unavailable(why)),
        None if followed.runs.iter().all(|run| run.outcome.as_deref() == Some("done")) => Ok(()),
        None => Err(CliError::Failed("a run did not end well".into())),
    }
}

fn say_sent(ledger: &[Effect], since: usize) -> Result<(), CliError> {
    let sent = ledger.len() - since;
    output::line(&format!("   => {sent} effects in the upstreams' ledgers"))
}

/// A folder that the unprivileged user of the private PostgreSQL can enter.
fn folder() -> std::io::Result<tempfile::TempDir> {
    use std::os::unix::fs::PermissionsExt;
    let open = std::fs::Permissions::from_mode(0o755);
    tempfile::Builder::new()
        .prefix("sverka-demo-")
        .permissions(open)
        .tempdir()
}

/// The demo's configuration file, as an admin would write it.
fn write_configuration(source: &Source, simulator: &Simulator, cron: &str) -> std::io::Result<()> {
    let Some((path, folder)) = source.path.as_deref().and_then(|path| Some((path, path.parent()?))) else {
        return Ok(());
    };
    let options = simulator.options().clone();
    let text = format!(
        r#"data_dir = "{data_dir}"

[log]
level = "warn"

[http]
listen = "127.0.0.1:0"

[schedule]
warehouses = "{cron}"
stock = "{cron}"
orders = "{cron}"
prices = ""
reference = ""

[keaz]
base_url = "{keaz}"
api_key = "{keaz_key}"

[saplab.panel]
base_url = "{saplab}"
login = "{login}"
password = "{password}"

[saplab.status_map]
"новый" = "Принято"
"в работе" = "В работе"
"заказан" = "Заказано"
"на складе" = "Оприходовано офисом"
"выдан" = "Выдано (Отправлено)"
"ждёт" = "Приостановлено"
"снят" = "Снято"

[carreta]
base_url = "{carreta}"
api_key = "{carreta_key}"

[[carreta.price_lists]]
name = "main"
url = "{prices}"
"#,
        data_dir = folder.join("data").display(),
        keaz = simulator.keaz_url(),
        keaz_key = options.keaz_key,
        saplab = simulator.saplab_url(),
        login = options.panel_login,
        password = options.panel_password,
        carreta = simulator.carreta_url(),
        carreta_key = options.carreta_key,
        prices = simulator.price_list_url("main"),
    );
    std::fs::write(path, text)
}
