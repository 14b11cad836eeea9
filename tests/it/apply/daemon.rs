//! Beside a daemon and without one, and when one of them dies in the middle.

use std::process::Stdio;

use sverka::simulate::{Action, Rule, Upstream};
use tokio::process::Child;

use super::{apply, in_sync, in_sync_with, number, plan, said};
use crate::support::{Fixture, Setup};

/// Every quantity of W1 is another one.
async fn thirty_differ(fixture: &Fixture) -> String {
    fixture
        .sql("UPDATE erp.stock SET quantity = quantity + 100 WHERE warehouse_code = 'W1'")
        .await;
    let shown = plan(fixture, &["stock"]).await;
    assert_eq!(shown["rows"], 30);
    number(&shown)
}

/// `sverka apply`, under way.
fn follow(fixture: &Fixture, plan: &str) -> Child {
    let mut command = fixture.binary(&["apply", plan]);
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Each of the thirty rows went out once, and nothing else did.
fn assert_thirty_once(fixture: &Fixture, mark: usize) {
    let told = fixture.told_since(mark);
    let mut distinct = told.clone();
    distinct.dedup();
    assert_eq!((told.len(), distinct.len()), (30, 30), "{told:?}");
}

#[tokio::test]
async fn a_daemon_that_is_alive_does_the_work_and_the_command_follows_it() {
    let fixture = in_sync().await;
    let id = thirty_differ(&fixture).await;
    let before = fixture
        .value("SELECT coalesce(max(id), 0) FROM queue.call")
        .await
        .unwrap();
    let mut daemon = fixture.daemon().await;
    let mark = fixture.mark();
    let (code, applied) = apply(&fixture, &id).await;
    assert_eq!(code, 0, "{applied}");
    assert_thirty_once(&fixture, mark);
    let workers = format!(
        "(SELECT string_agg(DISTINCT coalesce(d.role, 'gone'), ', ')
            FROM queue.attempt a LEFT JOIN queue.daemon d ON d.id = a.daemon_id WHERE a.call_id > {before})"
    );
    assert_eq!(fixture.value(&workers).await.as_deref(), Some("daemon"));
    daemon.stop().await;
}

#[tokio::test]
async fn without_a_daemon_the_command_does_the_work_itself() {
    let fixture = in_sync().await;
    let id = thirty_differ(&fixture).await;
    let mark = fixture.mark();
    assert_eq!(apply(&fixture, &id).await.0, 0);
    assert_thirty_once(&fixture, mark);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn the_command_takes_over_when_the_daemon_it_follows_is_killed() {
    let fixture = in_sync_with(Setup::new().set("queue.lease", "5s").set("keaz.batch_rows", 10)).await;
    let id = thirty_differ(&fixture).await;
    let mut daemon = fixture.daemon().await;
    fixture
        .sim
        .inject(Rule::always(Upstream::Keaz, "keaz.remains.update", Action::Hang));
    let mark = fixture.mark();
    let mut following = follow(&fixture, &id);
    fixture.sim.wait_until_arrived("keaz.remains.update", 2).await;
    daemon.kill().await;
    fixture.sim.clear_faults();
    assert_eq!(following.wait().await.unwrap().code(), Some(0));
    assert_thirty_once(&fixture, mark);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn a_command_that_was_killed_in_the_middle_is_gone_on_with_by_the_same_command() {
    let fixture = in_sync_with(Setup::new().set("queue.lease", "5s").set("keaz.batch_rows", 10)).await;
    let id = thirty_differ(&fixture).await;
    fixture
        .sim
        .inject(Rule::always(Upstream::Keaz, "keaz.remains.update", Action::Hang));
    let mark = fixture.mark();
    let mut first = follow(&fixture, &id);
    fixture.sim.wait_until_arrived("keaz.remains.update", 1).await;
    first.kill().await.unwrap();
    fixture.sim.clear_faults();
    let (code, out, errors) = said(&fixture, &["apply", &id]).await;
    assert_eq!(code, 0, "{out}{errors}");
    assert!(out.contains(&format!("plan {id}: 30 of 30 rows written")), "{out}");
    assert_thirty_once(&fixture, mark);
    let runs = fixture.count("queue.run WHERE plan_id IS NOT NULL").await;
    assert_eq!(runs, 1, "it was gone on with, not begun anew");
}

#[tokio::test]
async fn a_lost_answer_is_looked_up_and_its_rows_stand_so_already() {
    let fixture = in_sync().await;
    let id = thirty_differ(&fixture).await;
    let lost = Action::ApplyThen(Box::new(Action::Drop));
    fixture
        .sim
        .inject(Rule::once(Upstream::Keaz, "keaz.remains.update", lost));
    let mark = fixture.mark();
    let (code, applied) = apply(&fixture, &id).await;
    assert_eq!(
        (code, &applied["outcome"]["there"]),
        (0, &serde_json::json!(30)),
        "{applied}"
    );
    assert_thirty_once(&fixture, mark);
}

#[tokio::test]
async fn an_upstream_that_does_not_answer_is_69_and_the_plan_stays_in_the_queue() {
    let setup = Setup::new()
        .set("queue.backoff_base", "10m")
        .set("queue.backoff_max", "10m");
    let mut fixture = in_sync_with(setup).await;
    let id = thirty_differ(&fixture).await;
    fixture.change("keaz.base_url", "http://127.0.0.1:1").await;
    let (code, _, errors) = said(&fixture, &["apply", &id]).await;
    assert!(code == 69 && errors.contains("Nothing is lost"), "{errors}");
    let url = fixture.sim.keaz_url();
    fixture.change("keaz.base_url", url).await;
    fixture
        .sql("UPDATE queue.call SET due_at = now() WHERE state = 'pending'")
        .await;
    let mark = fixture.mark();
    let (code, out, errors) = said(&fixture, &["apply", &id]).await;
    assert_eq!(code, 0, "{out}{errors}");
    assert_thirty_once(&fixture, mark);
}
