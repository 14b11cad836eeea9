//! SIGKILL at twenty moments of the first sync, and the result is the same: with a company's database, and with the
//! private cluster, whose server is killed too.

use std::collections::BTreeMap;
use std::path::Path;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use sverka::db::cluster::Cluster;
use sverka::simulate::{Simulator, World};

use crate::support::{Fixture, Setup, until};

const KILLS: u64 = 20;
const POSITIONS: usize = 200;
const PRICES: i64 = 5_000;
const ALL_ENDED: &str = "NOT EXISTS (SELECT FROM queue.run WHERE state <> 'ended')";

/// Small batches and pages: many calls, so many different moments.
fn moderate() -> Setup {
    Setup::new()
        .set("keaz.batch_rows", 10)
        .set("saplab.per_page", 10)
        .set("queue.lease", "5s")
        .set("queue.max_attempts", 100)
        .price_list("main")
}

/// The ERP and the shop; the ERP has decided about every third position already.
async fn fill(fixture: &Fixture) {
    fixture.fill(5, 200).await;
    *fixture.sim.world() = World::demo(7, POSITIONS, usize::try_from(PRICES).unwrap());
    fixture
        .sql(&format!(
            "INSERT INTO erp.orders (saplab_id, status)
             SELECT id, 'paused' FROM generate_series(1, {POSITIONS}, 3) id"
        ))
        .await;
}

fn arrived(sim: &Simulator) -> u64 {
    sim.counts().values().map(|count| count.arrived).sum()
}

/// Kills the daemon each time the upstreams have seen some more requests, and starts it again. `also` is done after
/// each kill.
async fn kill_during_the_first_sync(fixture: &Fixture, seed: u64, also: impl AsyncFn(u64)) {
    let mut moments = fastrand::Rng::with_seed(seed);
    for number in 0..KILLS {
        let mut daemon = fixture.daemon().await;
        if number == 0 {
            daemon.signal(Signal::SIGUSR1);
            // A signal outlives nobody; a run that was asked for does.
            fixture.until("all runs", "(SELECT count(*) = 6 FROM queue.run)").await;
        }
        let moment = arrived(&fixture.sim) + moments.u64(1..=7);
        tokio::select! {
            () = fixture.sim.wait_until(|_, _| arrived(&fixture.sim) >= moment) => {}
            () = fixture.until("the end", ALL_STARTED_AND_ENDED) => panic!("over before kill {number} (seed {seed})"),
        }
        daemon.kill().await;
        also(number).await;
    }
}

const ALL_STARTED_AND_ENDED: &str =
    "(SELECT count(*) = 6 FROM queue.run) AND NOT EXISTS (SELECT FROM queue.run WHERE state <> 'ended')";

async fn assert_the_result_is_the_same(fixture: &Fixture) {
    // The daemon finishes what the killed ones have begun; nothing is left beyond its lease.
    let mut daemon = fixture.daemon().await;
    fixture.until("the end of the first sync", ALL_ENDED).await;
    assert_eq!(
        fixture
            .count("queue.call WHERE state IN ('pending', 'running', 'unknown')")
            .await,
        0
    );
    // What three workers died over was put aside with its reason; the next sync finds it again.
    let other = "queue.call WHERE state = 'dead' AND reason NOT LIKE 'its worker died 3 times%'";
    assert_eq!(fixture.count(other).await, 0);
    daemon.signal(Signal::SIGUSR1);
    fixture
        .until("the second sync", "(SELECT count(*) = 12 FROM queue.run)")
        .await;
    fixture.until("its end", ALL_ENDED).await;
    let well = fixture.count("queue.run WHERE id > 6 AND outcome <> 'done'").await;
    assert_eq!(well, 0, "{}", daemon.log());
    daemon.stop().await;

    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
    fixture.assert_statuses_equal_erp().await;
    assert_eq!(
        fixture.count("mirror.price").await,
        fixture.count("erp.supplier_prices").await
    );
    assert!(fixture.count("erp.supplier_prices").await > PRICES * 9 / 10);
    let mut set = BTreeMap::new();
    for effect in fixture.sim.ledger() {
        if effect.operation == "saplab.panel.order.set_status" {
            *set.entry(effect.key).or_insert(0) += 1;
        }
    }
    assert!(set.len() > 40, "{set:?}");
    assert!(
        set.values().all(|times| *times == 1),
        "a customer was told twice: {set:?}"
    );
}

#[tokio::test]
async fn killed_twenty_times_during_the_first_sync_the_result_is_the_same() {
    let fixture = moderate().start().await;
    fill(&fixture).await;
    kill_during_the_first_sync(&fixture, 1, async |_| {}).await;
    assert_the_result_is_the_same(&fixture).await;
}

#[tokio::test]
async fn with_a_private_cluster_that_is_killed_too_the_result_is_the_same() {
    let mut fixture = moderate().start().await;
    // PostgreSQL of another user must get in.
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(fixture.folder.path(), open).unwrap();
    let cluster = Cluster::start(fixture.folder.path()).await.unwrap();
    fixture
        .use_database(private_pool(&cluster), cluster.connect_options())
        .await;
    fill(&fixture).await;
    let folder = fixture.folder.path().to_owned();
    kill_during_the_first_sync(&fixture, 2, async |number| {
        if number % 4 == 3 {
            kill_postmaster(&folder);
            cluster.revive().await.unwrap();
        }
    })
    .await;
    assert_the_result_is_the_same(&fixture).await;
    fixture.pool.close().await;
    cluster.stop().await.unwrap();
    assert_eq!(postmaster(&folder), None);
}

fn private_pool(cluster: &Cluster) -> PgPool {
    PgPoolOptions::new()
        .max_connections(3)
        .connect_lazy_with(cluster.connect_options())
}

fn postmaster(folder: &Path) -> Option<Pid> {
    let text = std::fs::read_to_string(folder.join("pgdata/postmaster.pid")).ok()?;
    text.lines().next()?.parse().ok().map(Pid::from_raw)
}

fn kill_postmaster(folder: &Path) {
    kill(postmaster(folder).unwrap(), Signal::SIGKILL).unwrap();
}

#[tokio::test]
async fn a_private_cluster_outlives_a_killed_daemon_and_is_stopped_by_the_next_gentle_end() {
    let mut fixture = Setup::new().start().await;
    let open = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(fixture.folder.path(), open).unwrap();
    fixture.without_database_url();
    let folder = fixture.folder.path().to_owned();
    let mut daemon = fixture.daemon().await;
    let first = postmaster(&folder);
    daemon.kill().await;
    let mut daemon = fixture.daemon().await;
    assert!(
        first.is_some() && postmaster(&folder) == first,
        "the next start adopts it"
    );
    let output = fixture.command(&["status"]).await;
    assert!(output.status.success(), "{output:?}");
    assert_eq!(
        postmaster(&folder),
        first,
        "a command beside the daemon leaves it running"
    );
    kill_postmaster(&folder);
    until("the daemon to notice", async || {
        (daemon.get("/readyz").await.0 == 503).then_some(())
    })
    .await;
    daemon.kill().await;
    let mut daemon = fixture.daemon().await;
    assert_eq!(daemon.get("/readyz").await.0, 200);
    daemon.stop().await;
    assert_eq!(postmaster(&folder), None, "the last user stops it");
}
