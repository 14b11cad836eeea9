//! Commands beside a daemon and without one, and the exit codes that scripts rely on.

use std::process::{Output, Stdio};

use nix::sys::signal::Signal;
use sverka::simulate::{Action, Rule, Upstream};
use tokio::net::TcpListener;
use tokio::process::Child;

use super::{assert_everything_agrees, company};
use crate::support::{Fixture, Setup};

fn code(output: &Output) -> Option<i32> {
    output.status.code()
}

fn words(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// `sverka sync --wait`, under way.
fn follow(fixture: &Fixture) -> Child {
    let mut sync = fixture.binary(&["sync", "--wait"]);
    sync.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Runs a command with additional environment.
async fn with(fixture: &Fixture, environment: &[(&str, &str)], args: &[&str]) -> Output {
    fixture
        .binary(args)
        .envs(environment.iter().copied())
        .output()
        .await
        .unwrap()
}

#[tokio::test]
async fn sync_does_the_work_itself_where_no_daemon_is_alive() {
    let fixture = company(Setup::new()).await;
    let output = fixture.command(&["sync"]).await;
    assert_eq!(code(&output), Some(0), "{output:?}");
    assert_everything_agrees(&fixture).await;
    assert_eq!(fixture.count("queue.daemon").await, 0);
    let mark = fixture.mark();
    assert_eq!(code(&fixture.command(&["sync", "stock", "orders"]).await), Some(0));
    assert_eq!(fixture.effects_since(mark), []);
}

#[tokio::test]
async fn sync_leaves_the_work_to_a_daemon_that_is_alive_and_follows_it_when_asked_to() {
    let fixture = company(Setup::new()).await;
    let mut daemon = fixture.daemon().await;
    fixture
        .sim
        .inject(Rule::once(Upstream::Keaz, "keaz", Action::Gate("hold".into())));
    let output = fixture.command(&["sync", "stock"]).await;
    assert_eq!(code(&output), Some(0), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "the daemon works on run 1 (sverka status)\n");
    fixture.sim.wait_until_arrived("keaz.warehouses.list", 1).await;
    let mut following = follow(&fixture);
    fixture
        .until("all six runs", "(SELECT count(*) = 6 FROM queue.run)")
        .await;
    assert!(following.try_wait().unwrap().is_none(), "it waits for the gate too");
    fixture.sim.open("hold");
    assert_eq!(following.wait().await.unwrap().code(), Some(0));
    assert_everything_agrees(&fixture).await;
    let workers = fixture
        .value("(SELECT count(DISTINCT daemon_id) FROM queue.attempt)")
        .await;
    assert_eq!(workers.as_deref(), Some("1"), "the daemon did all of it");
    daemon.stop().await;
}

#[tokio::test]
async fn sync_does_the_work_itself_at_once_where_the_daemon_was_killed_a_moment_ago() {
    let fixture = company(Setup::new()).await;
    let mut daemon = fixture.daemon().await;
    daemon.kill().await;
    let output = fixture.command(&["sync"]).await;
    assert_eq!(code(&output), Some(0), "{output:?}");
    assert_everything_agrees(&fixture).await;
}

#[tokio::test]
async fn sync_takes_over_when_the_daemon_it_follows_is_killed() {
    let fixture = company(Setup::new().set("queue.lease", "5s")).await;
    let mut daemon = fixture.daemon().await;
    fixture
        .sim
        .inject(Rule::always(Upstream::Keaz, "keaz.remains.update", Action::Hang));
    let mut following = follow(&fixture);
    fixture.sim.wait_until_arrived("keaz.remains.update", 2).await;
    daemon.kill().await;
    fixture.sim.clear_faults();
    assert_eq!(following.wait().await.unwrap().code(), Some(0));
    assert_everything_agrees(&fixture).await;
}

#[tokio::test]
async fn two_syncs_at_once_share_the_work() {
    let fixture = company(Setup::new()).await;
    let (one, other) = tokio::join!(fixture.command(&["sync"]), fixture.command(&["sync"]));
    assert_eq!((code(&one), code(&other)), (Some(0), Some(0)), "{one:?}\n{other:?}");
    assert_everything_agrees(&fixture).await;
    let told = fixture.told_since(0);
    let mut distinct = told.clone();
    distinct.dedup();
    assert_eq!(told, distinct);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let fixture = Setup::new().start().await;
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = with(&fixture, &[("SVERKA__HTTP__LISTEN", &address)], &["run"]).await;
    assert_eq!(code(&output), Some(1), "{output:?}");
    let words = words(&output);
    assert!(words.contains(&format!("http.listen = {address}")), "{words}");
    assert_eq!(fixture.count("queue.daemon").await, 0);
}

#[tokio::test]
async fn a_bad_configuration_is_78_and_every_fault_is_named() {
    let fixture = Setup::new().start().await;
    let bad = [("SVERKA__KEAZ__FORMAT", "yaml"), ("SVERKA__QUEUE__LEASE", "soon")];
    for command in [vec!["run"], vec!["sync"], vec!["status"], vec!["config", "check"]] {
        let output = with(&fixture, &bad, &command).await;
        assert_eq!(code(&output), Some(78), "{command:?}: {output:?}");
        let words = words(&output);
        assert!(
            words.contains("keaz.format") && words.contains("environment SVERKA__KEAZ__FORMAT"),
            "{words}"
        );
        assert!(words.contains("queue.lease"), "{words}");
    }
    let output = with(
        &fixture,
        &[("SVERKA__DATABASE__URL", "postgres://host:port/")],
        &["status"],
    )
    .await;
    assert_eq!(code(&output), Some(78), "{output:?}");
}

#[tokio::test]
async fn a_database_that_cannot_be_reached_is_69() {
    let fixture = Setup::new().start().await;
    let nowhere = [("SVERKA__DATABASE__URL", "postgres://nobody:made-up@127.0.0.1:1/erp")];
    let (run, sync) = tokio::join!(with(&fixture, &nowhere, &["run"]), with(&fixture, &nowhere, &["sync"]));
    for output in [run, sync] {
        assert_eq!(code(&output), Some(69), "{output:?}");
        let words = words(&output);
        assert!(words.contains("the database does not answer"), "{words}");
        assert!(words.contains("refused"), "it says why: {words}");
        assert!(!words.contains("made-up"), "{words}");
    }
}

#[tokio::test]
async fn an_upstream_that_cannot_be_reached_is_69_and_nothing_is_lost() {
    let setup = Setup::new()
        .set("queue.backoff_base", "10m")
        .set("queue.backoff_max", "10m")
        .set("keaz.base_url", "http://127.0.0.1:1");
    let mut fixture = company(setup).await;
    let output = fixture.command(&["sync", "stock"]).await;
    assert_eq!(code(&output), Some(69), "{output:?}");
    let words = words(&output);
    assert!(words.contains("keaz") && words.contains("refused"), "{words}");
    assert_eq!(fixture.count("queue.call WHERE state = 'pending'").await, 2);
    let url = fixture.sim.keaz_url();
    fixture.change("keaz.base_url", url).await;
    let output = fixture.command(&["sync"]).await;
    assert_eq!(code(&output), Some(0), "{output:?}");
    assert_everything_agrees(&fixture).await;
}

#[tokio::test]
async fn a_command_line_that_asks_for_what_does_not_exist_is_2() {
    let fixture = Setup::new().start().await;
    for args in [
        vec!["sync", "everything"],
        vec!["plan", "everything"],
        vec!["sync", "--no-such-flag"],
        vec!["simulate", "--ports", "1"],
        vec![],
    ] {
        let output = fixture.command(&args).await;
        assert_eq!(code(&output), Some(2), "{args:?}: {output:?}");
    }
    let output = fixture.command(&["sync", "everything"]).await;
    assert!(
        words(&output).contains("warehouses, stock, prices, orders, purchases, reference"),
        "{output:?}"
    );
}

#[tokio::test]
async fn a_sync_whose_rows_are_refused_is_1() {
    // Left alone, it would be waited for.
    let fixture = company(
        Setup::new()
            .set("queue.keaz.breaker_failures", 0)
            .set("queue.max_attempts", 3),
    )
    .await;
    let refused = Action::Status {
        code: 400,
        headers: Vec::new(),
        body: "no".into(),
    };
    fixture
        .sim
        .inject(Rule::always(Upstream::Keaz, "keaz.remains.update", refused));
    let output = fixture.command(&["sync", "stock"]).await;
    assert_eq!(code(&output), Some(1), "{output:?}");
    assert!(words(&output).contains("sverka queue list"), "{output:?}");
}

#[tokio::test]
async fn flags_may_stand_before_or_after_the_command() {
    let fixture = Setup::new().start().await;
    let before = fixture.command(&["--format", "json", "plan"]).await;
    let after = fixture.command(&["plan", "--format", "json"]).await;
    assert_eq!(
        (code(&before), code(&after)),
        (Some(0), Some(0)),
        "{before:?} {after:?}"
    );
    assert_eq!(before.stdout, after.stdout);
    assert!(
        serde_json::from_slice::<serde_json::Value>(&after.stdout)
            .unwrap()
            .is_object()
    );
}

#[tokio::test]
async fn sigint_ends_a_daemon_as_gently_as_sigterm() {
    let fixture = Setup::new().start().await;
    let mut daemon = fixture.daemon().await;
    daemon.signal(Signal::SIGINT);
    let status = daemon.ends_within(std::time::Duration::from_secs(10)).await;
    assert_eq!(status.code(), Some(0), "{}", daemon.log());
}
