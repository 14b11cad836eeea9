//! `sverka run` as a process: its signals, its end, its pages, and the commands beside it.

mod commands;

use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Daemon, Fixture, Setup, until};

const ALL: [Upstream; 3] = [Upstream::Keaz, Upstream::Saplab, Upstream::Carreta];
const ALL_ENDED: &str = "NOT EXISTS (SELECT FROM queue.run WHERE state <> 'ended')";

/// All five jobs have something to do.
async fn company(setup: Setup) -> Fixture {
    let fixture = setup.price_list("main").start().await;
    fixture.fill(2, 20).await;
    fixture.positions(3);
    let list = sverka::simulate::PriceList::generated(1, 200);
    fixture.sim.world().carreta.price_lists.insert("main".into(), list);
    fixture
}

async fn assert_everything_agrees(fixture: &Fixture) {
    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
    fixture.assert_statuses_equal_erp().await;
    assert_eq!(fixture.count("erp.supplier_prices").await, 200);
}

/// Asks for everything and waits until it is done.
async fn sync(fixture: &Fixture, daemon: &Daemon) {
    let before = fixture.count("queue.run").await;
    daemon.signal(Signal::SIGUSR1);
    let asked = format!("(SELECT count(*) >= {before} + 5 FROM queue.run)");
    fixture.until("the runs", &asked).await;
    fixture.until("their end", ALL_ENDED).await;
}

async fn jobs_of_runs(fixture: &Fixture) -> Vec<(String, String)> {
    sqlx::query_as("SELECT job, coalesce(outcome, state) FROM queue.run ORDER BY job, id")
        .fetch_all(&fixture.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn sigusr1_starts_every_job_once_and_a_second_one_while_they_run_starts_none() {
    let fixture = company(Setup::new()).await;
    let mut daemon = fixture.daemon().await;
    for upstream in ALL {
        fixture
            .sim
            .inject(Rule::always(upstream, "", Action::Gate("hold".into())));
    }
    daemon.signal(Signal::SIGUSR1);
    for first in ["keaz.warehouses.list", "saplab.panel.status.list", "carreta.price_list"] {
        fixture.sim.wait_until_arrived(first, 1).await;
    }
    daemon.signal(Signal::SIGUSR1);
    daemon.says("already under way: not started twice", 6).await;
    assert_eq!(fixture.count("queue.run").await, 6);
    fixture.sim.clear_faults();
    fixture.until("the runs", ALL_ENDED).await;
    let jobs = ["orders", "prices", "purchases", "reference", "stock", "warehouses"];
    assert_eq!(
        jobs_of_runs(&fixture).await,
        jobs.map(|job| (job.into(), "done".into()))
    );
    assert_everything_agrees(&fixture).await;
    assert_eq!(fixture.count("queue.call WHERE attempt > 1").await, 0);

    let mark = fixture.mark();
    sync(&fixture, &daemon).await;
    assert_eq!(fixture.count("queue.run WHERE outcome = 'done'").await, 12);
    assert_eq!(fixture.told_since(mark), [""; 0], "and nothing was left to write");
    daemon.stop().await;
}

#[tokio::test]
async fn the_schedule_wakes_two_daemons_and_each_slot_is_served_once() {
    let fixture = company(Setup::new().set("schedule.stock", "* * * * * *")).await;
    let mut daemons = [fixture.daemon().await, fixture.daemon().await];
    fixture
        .until(
            "three scheduled runs",
            "(SELECT count(*) >= 3 FROM queue.run WHERE trigger = 'schedule' AND state = 'ended')",
        )
        .await;
    for daemon in &mut daemons {
        daemon.stop().await;
    }
    let new: i64 = daemons
        .iter()
        .map(|daemon| i64::try_from(daemon.log().matches("run requested").count()).unwrap())
        .sum();
    assert_eq!(new, fixture.count("queue.run").await);
    assert_eq!(
        fixture
            .count("queue.run WHERE outcome IS DISTINCT FROM 'done' AND state = 'ended'")
            .await,
        0
    );
    fixture.assert_keaz_equals_erp().await;
}

#[tokio::test]
async fn sigterm_lets_calls_under_way_finish_and_exits_0() {
    let fixture = company(Setup::new()).await;
    let mut daemon = fixture.daemon().await;
    let gate = Action::Gate("answer".into());
    fixture
        .sim
        .inject(Rule::once(Upstream::Keaz, "keaz.remains.update", gate));
    daemon.signal(Signal::SIGUSR1);
    fixture.sim.wait_until_arrived("keaz.remains.update", 1).await;
    daemon.signal(Signal::SIGTERM);
    daemon.says("stopping", 1).await;
    fixture.sim.open("answer");
    assert_eq!(
        daemon.ends_within(Duration::from_secs(10)).await.code(),
        Some(0),
        "{}",
        daemon.log()
    );
    let done = "queue.attempt a JOIN queue.call c ON c.id = a.call_id WHERE c.operation = 'keaz.remains.update'";
    assert!(
        fixture.count(&format!("{done} AND a.outcome = 'done'")).await >= 1,
        "its answer counts"
    );
    assert_eq!(fixture.count("queue.call WHERE state = 'running'").await, 0);
    assert_eq!(fixture.count("queue.daemon").await, 0, "it said goodbye");
    let output = fixture.command(&["sync"]).await;
    assert!(output.status.success(), "{output:?}");
    assert_everything_agrees(&fixture).await;
}

#[tokio::test]
async fn sigterm_with_calls_that_hang_exits_0_after_the_grace_period_and_no_effect_is_lost_or_doubled() {
    let fixture = company(Setup::new().set("shutdown_grace", "1s")).await;
    let mut daemon = fixture.daemon().await;
    sync(&fixture, &daemon).await;
    fixture
        .sql("UPDATE erp.orders SET status = 'issued'; UPDATE erp.stock SET quantity = quantity + 1")
        .await;
    let applied = || Action::ApplyThen(Box::new(Action::Hang));
    fixture
        .sim
        .inject(Rule::once(Upstream::Saplab, "saplab.panel.order.set_status", applied()));
    fixture.sim.inject(Rule::once(
        Upstream::Saplab,
        "saplab.panel.order.set_status",
        Action::Hang,
    ));
    fixture
        .sim
        .inject(Rule::always(Upstream::Keaz, "keaz.remains.update", applied()));
    let mark = fixture.mark();
    daemon.signal(Signal::SIGUSR1);
    fixture.sim.wait_until_arrived("saplab.panel.order.set_status", 3).await;
    fixture.sim.wait_until_arrived("keaz.remains.update", 4).await;
    daemon.signal(Signal::SIGTERM);
    assert_eq!(
        daemon.ends_within(Duration::from_secs(5)).await.code(),
        Some(0),
        "{}",
        daemon.log()
    );
    assert_eq!(fixture.count("queue.call WHERE state IN ('running', 'dead')").await, 0);
    assert_eq!(
        fixture.count("queue.call WHERE failures > 0").await,
        0,
        "that is nobody's failure"
    );
    fixture.sim.clear_faults();
    let output = fixture.command(&["sync"]).await;
    assert!(output.status.success(), "{output:?}");
    assert_everything_agrees(&fixture).await;
    let set = fixture
        .told_since(mark)
        .into_iter()
        .filter(|effect| effect.starts_with("saplab"));
    assert_eq!(
        set.collect::<Vec<_>>(),
        [1, 2, 3].map(|id| format!("saplab.panel.order.set_status {id} = 4"))
    );
}

#[tokio::test]
async fn a_second_sigint_ends_it_at_once() {
    let fixture = company(Setup::new().set("shutdown_grace", "50s")).await;
    let mut daemon = fixture.daemon().await;
    fixture.sim.inject(Rule::once(Upstream::Keaz, "keaz", Action::Hang));
    daemon.signal(Signal::SIGUSR1);
    fixture.sim.wait_until_arrived("keaz.warehouses.list", 1).await;
    daemon.signal(Signal::SIGINT);
    daemon.says("stopping", 1).await;
    daemon.signal(Signal::SIGINT);
    assert_eq!(
        daemon.ends_within(Duration::from_secs(5)).await.code(),
        Some(130),
        "{}",
        daemon.log()
    );
}

#[tokio::test]
async fn sighup_with_a_broken_file_keeps_the_old_configuration_and_says_why() {
    let mut fixture = company(Setup::new()).await;
    let mut daemon = fixture.daemon().await;
    let good = std::fs::read_to_string(&fixture.config).unwrap();
    let broken = [
        ("keaz.batch_rowz = 3\n", "keaz.batch_rowz"),
        ("keaz.format = \"yaml\"\n", "keaz.format"),
        ("schedule.stock = \"at noon\"\n", "schedule.stock"),
        ("[[[\n", "sverka.toml"),
    ];
    for (number, (line, named)) in broken.into_iter().enumerate() {
        let key = line.split(' ').next().unwrap();
        let rest: Vec<&str> = good
            .lines()
            .filter(|line| !line.starts_with(&format!("{key} ")))
            .collect();
        std::fs::write(&fixture.config, format!("{}\n{line}", rest.join("\n"))).unwrap();
        daemon.signal(Signal::SIGHUP);
        daemon
            .says(
                "the configuration was not reloaded; the old one stays in force",
                number + 1,
            )
            .await;
        let log = daemon.log();
        let said = log.split("not reloaded").last().unwrap();
        assert!(said.contains(named), "{named} is not named in: {said}");
    }
    std::fs::remove_file(&fixture.config).unwrap();
    daemon.signal(Signal::SIGHUP);
    daemon
        .says("the configuration was not reloaded", broken.len() + 1)
        .await;
    sync(&fixture, &daemon).await;
    assert_everything_agrees(&fixture).await;
    assert_eq!(daemon.get("/healthz").await.0, 200);

    fixture.change("keaz.format", "xml").await;
    daemon.signal(Signal::SIGHUP);
    daemon.says("configuration reloaded", 1).await;
    daemon.stop().await;
}

#[tokio::test]
async fn sighup_with_a_good_file_applies_it_to_what_comes_and_keeps_what_is_under_way() {
    let mut fixture = company(Setup::new()).await;
    let mut daemon = fixture.daemon().await;
    fixture.sim.inject(Rule::once(
        Upstream::Keaz,
        "keaz.warehouses.list",
        Action::Gate("old".into()),
    ));
    daemon.signal(Signal::SIGUSR1);
    fixture.sim.wait_until_arrived("keaz.warehouses.list", 1).await;
    fixture.change("keaz.format", "xml").await;
    fixture.change("schedule.reference", "* * * * * *").await;
    daemon.signal(Signal::SIGHUP);
    daemon.says("configuration reloaded", 1).await;
    fixture.sim.open("old");
    fixture
        .until(
            "the new schedule",
            "(SELECT count(*) > 0 FROM queue.run WHERE job = 'reference' AND trigger = 'schedule')",
        )
        .await;
    let five = "(SELECT count(*) = 5 FROM queue.run WHERE job <> 'reference' AND outcome = 'done')";
    fixture.until("the runs", five).await;
    let requests = fixture.sim.requests();
    let to_keaz: Vec<_> = requests.iter().filter(|seen| seen.upstream == Upstream::Keaz).collect();
    let old: Vec<_> = to_keaz.iter().filter(|seen| !seen.path.ends_with(".xml")).collect();
    assert_eq!(old.len(), 1, "{to_keaz:#?}");
    assert_eq!(old[0].status, Some(200), "the call under way was finished");
    assert_everything_agrees(&fixture).await;
    daemon.stop().await;
}

#[tokio::test]
async fn sighup_takes_a_mended_credential_and_wakes_the_upstream_that_rested() {
    let mut fixture = company(Setup::new().simulator(|options| options.keaz_bad_key_401 = true)).await;
    let mut daemon = fixture.daemon().await;
    fixture.sim.options().keaz_key = "the-new-key".into();
    daemon.signal(Signal::SIGUSR1);
    let rests = "EXISTS (SELECT FROM queue.upstream WHERE name = 'keaz' AND paused_until > now())";
    fixture.until("KEAZ to rest", rests).await;
    fixture.change("keaz.api_key", "the-new-key").await;
    daemon.signal(Signal::SIGHUP);
    fixture.until("the runs", ALL_ENDED).await;
    assert_eq!(
        fixture.count("queue.call WHERE failures > 0").await,
        0,
        "no attempt was burned"
    );
    assert_everything_agrees(&fixture).await;
    daemon.stop().await;
}

#[tokio::test]
async fn a_refusal_of_the_old_credential_that_comes_after_sighup_does_not_put_the_upstream_to_rest() {
    let mut fixture = company(Setup::new()).await;
    let mut daemon = fixture.daemon().await;
    // A list is under way; its refusal comes after the reload.
    let late = Action::Gate("late".into());
    fixture
        .sim
        .inject(Rule::always(Upstream::Keaz, "keaz.remains.list", late));
    daemon.signal(Signal::SIGUSR1);
    fixture.sim.wait_until_arrived("keaz.remains.list", 1).await;
    // Nothing else of KEAZ is under way: it would be refused before the reload, and rightly put KEAZ to rest.
    let alone = "(SELECT count(*) = 1 FROM queue.call WHERE upstream = 'keaz' AND state IN ('pending', 'running'))";
    fixture.until("that list to be alone", alone).await;
    fixture.sim.options().keaz_bad_key_401 = true;
    fixture.sim.options().keaz_key = "the-new-key".into();
    fixture.change("keaz.api_key", "the-new-key").await;
    daemon.signal(Signal::SIGHUP);
    daemon.says("configuration reloaded", 1).await;
    fixture.sim.open("late");
    fixture.until("the runs", ALL_ENDED).await;
    assert!(fixture.count("queue.attempt WHERE http_status = 401").await >= 1);
    assert_eq!(fixture.count("queue.attempt WHERE outcome = 'paused'").await, 0);
    assert_eq!(fixture.count("queue.call WHERE failures > 0").await, 0);
    assert_everything_agrees(&fixture).await;
    daemon.stop().await;
}

#[tokio::test]
async fn sigusr2_logs_a_snapshot_of_the_queue_and_the_runs() {
    let fixture = company(Setup::new()).await;
    let mut daemon = fixture.daemon().await;
    sync(&fixture, &daemon).await;
    fixture.sql("UPDATE erp.stock SET quantity = 1000").await;
    fixture.sim.forget_requests();
    fixture.sim.inject(Rule::always(
        Upstream::Keaz,
        "keaz.remains.update",
        Action::Gate("hold".into()),
    ));
    daemon.signal(Signal::SIGUSR1);
    fixture.sim.wait_until_arrived("keaz.remains.update", 2).await;
    daemon.signal(Signal::SIGUSR2);
    daemon.says("status: this daemon", 1).await;
    daemon.says("status: last run", 5).await;
    daemon.says("status: queue", 1).await;
    fixture.sim.clear_faults();
    fixture.until("the runs", ALL_ENDED).await;
    daemon.stop().await;
}

#[tokio::test]
async fn readyz_tells_which_freshness_promise_is_broken_and_healthz_does_not_care() {
    let setup = Setup::new()
        .set("schedule.stock", "0 0 0 1 1 *")
        .set("freshness.stock", "2s");
    let fixture = company(setup).await;
    let mut daemon = fixture.daemon().await;
    let ready = async |wanted: u16| {
        until(&format!("/readyz to say {wanted}"), async || {
            let (status, body) = daemon.get("/readyz").await;
            (status == wanted).then_some(body)
        })
        .await
    };
    let said: Value = serde_json::from_str(&ready(503).await).unwrap();
    assert_eq!(said["ready"], false);
    assert_eq!(said["stale"][0]["job"], "stock");
    assert_eq!(said["stale"].as_array().unwrap().len(), 1, "{said}");
    // Another replica would be as late.
    assert_eq!(daemon.get("/readyz?exclude=freshness").await.0, 200);
    assert_eq!(daemon.get("/readyz?exclude=everything").await.0, 400);
    assert_eq!(daemon.get("/healthz").await, (200, "ok\n".into()));
    daemon.signal(Signal::SIGUSR1);
    let said: Value = serde_json::from_str(&ready(200).await).unwrap();
    assert_eq!(said["ready"], true);
    assert_eq!(daemon.get("/nothing").await.0, 404);
    daemon.stop().await;
}

#[tokio::test]
async fn two_daemons_on_one_database_share_the_work_and_double_nothing() {
    let fixture = company(Setup::new().set("keaz.batch_rows", 1)).await;
    let mut first = fixture.daemon().await;
    let mut second = fixture.daemon().await;
    second.says("other daemons work on this database too", 1).await;
    fixture.sim.inject(Rule::always(
        Upstream::Keaz,
        "keaz.remains.update",
        Action::Delay(Duration::from_millis(20)),
    ));
    first.signal(Signal::SIGUSR1);
    second.signal(Signal::SIGUSR1);
    fixture
        .until(
            "the runs",
            "(SELECT count(*) >= 6 FROM queue.run) AND NOT EXISTS (SELECT FROM queue.run WHERE state <> 'ended')",
        )
        .await;
    first.stop().await;
    second.stop().await;
    assert_everything_agrees(&fixture).await;
    let both = fixture
        .value("(SELECT count(DISTINCT daemon_id) FROM queue.attempt)")
        .await;
    assert_eq!(both.as_deref(), Some("2"));
    let told = fixture.told_since(0);
    let mut distinct = told.clone();
    distinct.dedup();
    assert_eq!(told, distinct);
    assert_eq!(
        fixture.count("queue.call WHERE state <> 'done' OR attempt > 1").await,
        0
    );
}

#[tokio::test]
async fn a_daemon_that_stood_still_beyond_its_lease_sends_nothing_late_and_records_nothing_late() {
    let fixture = company(Setup::new().set("queue.lease", "5s")).await;
    let mut frozen = fixture.daemon().await;
    sync(&fixture, &frozen).await;
    fixture.sql("UPDATE erp.orders SET status = 'issued'").await;
    let mark = fixture.mark();
    let gate = Action::ApplyThen(Box::new(Action::Gate("late".into())));
    fixture
        .sim
        .inject(Rule::always(Upstream::Saplab, "saplab.panel.order.set_status", gate));
    frozen.signal(Signal::SIGUSR1);
    fixture.sim.wait_until_arrived("saplab.panel.order.set_status", 3).await;
    frozen.signal(Signal::SIGSTOP);
    let mut other = fixture.daemon().await;
    fixture.until("the other daemon to finish the runs", ALL_ENDED).await;
    fixture.sim.open("late");
    frozen.signal(Signal::SIGCONT);
    frozen.says("the answer came after the lease had run out", 3).await;
    frozen.stop().await;
    other.stop().await;
    assert_eq!(fixture.told_since(mark).len(), 3, "{:?}", fixture.told_since(mark));
    assert_everything_agrees(&fixture).await;
}
