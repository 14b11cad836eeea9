//! The real binary dies at every kill point and at every moment of a request, for each class of call that passes it;
//! it is started again, and nothing is lost, nothing is done twice.
//!
//! `table` says what dies where, `work` what was wanted and how that is judged.

mod table;
mod work;

use nix::sys::signal::Signal;
use serde_json::json;
use sverka::simulate::{Action, Moment, Rule, Upstream};
use table::{How, Row};
use work::{Person, Work};

use crate::support::{Fixture, Setup, until};

const OPEN: &str = "SELECT NOT EXISTS (SELECT FROM queue.call WHERE state IN ('pending', 'running', 'unknown'))
                       AND NOT EXISTS (SELECT FROM queue.run WHERE state <> 'ended')";

/// Short waits, and a rate limit that never stops anything: claims are transactions, as in production.
async fn fixture() -> Fixture {
    let mut setup = Setup::new()
        .set("queue.lease", "5s")
        .set("queue.quiet_window", "2s")
        .set("queue.max_attempts", 100)
        .set("saplab.panel.timeout", "1s")
        .set("carreta.timeout", "1s")
        .price_list("main");
    for upstream in ["keaz", "saplab", "carreta"] {
        setup = setup.set(&format!("queue.{upstream}.rate"), 1000);
    }
    let fixture = setup.start().await;
    work::prepare(&fixture).await;
    fixture
}

/// Kills the daemon in all the ways of the table in which work of this kind can be hit, one after the other.
async fn survives(work: Work) {
    let fixture = fixture().await;
    for (number, row) in table::rows(work).into_iter().enumerate() {
        let what = format!("{work:?} at {} ({:?})", row.point, row.how);
        let wanted = work.ask(&fixture, number).await;
        die(&fixture, &what, work, &row).await;
        recover(&fixture, &what, work).await;
        wanted.judge(&fixture, &what).await;
    }
    for moment in table::moments(work) {
        let what = format!("{work:?} while {moment:?}");
        let wanted = work.ask(&fixture, 1000 + moment as usize).await;
        die_while(&fixture, work, moment).await;
        recover(&fixture, &what, work).await;
        wanted.judge(&fixture, &what).await;
    }
}

/// A daemon that is armed, and dies there.
async fn die(fixture: &Fixture, what: &str, work: Work, row: &Row) {
    let subject = row.subject.unwrap_or_else(|| work.operation());
    let armed = |point: &str| match subject {
        "" => point.to_owned(),
        subject => format!("{point}@{subject}"),
    };
    let arm = armed(row.point);
    let kill = ("SVERKA_KILL", arm.as_str());
    match &row.how {
        How::Plain => {
            fixture.daemon_dies(what, &[kill]).await;
        }
        How::With(environment) => {
            fixture.daemon_dies(what, &[kill, *environment]).await;
        }
        How::Meets(action) => {
            fault(fixture, work, action.clone());
            fixture.daemon_dies(what, &[kill]).await;
        }
        How::Busy => {
            fault(fixture, work, Action::Delay(std::time::Duration::from_millis(700)));
            let busy = format!("{}@busy", row.point);
            fixture.daemon_dies(what, &[("SVERKA_KILL", &busy)]).await;
        }
        How::After(first) => {
            fixture.daemon_dies(what, &[("SVERKA_KILL", &armed(first))]).await;
            lease_ends(fixture).await;
            fixture.daemon_dies(what, &[("SVERKA_KILL", row.point)]).await;
        }
        How::Stopping => {
            fault(fixture, work, Action::Hang);
            let before = arrived(fixture, work);
            let environment = [("SVERKA_KILL", row.point), ("SVERKA__SHUTDOWN_GRACE", "100ms")];
            let mut daemon = fixture.daemon_with(&environment).await;
            until("the request", async || (arrived(fixture, work) > before).then_some(())).await;
            daemon.signal(Signal::SIGTERM);
            daemon.dies(what).await;
        }
        How::Told(signal) => {
            let mut daemon = fixture.daemon_with(&[kill]).await;
            daemon.signal(*signal);
            daemon.dies(what).await;
        }
    }
    fixture.sim.clear_faults();
}

/// A daemon that is killed while its request stands still at a moment on the other side.
async fn die_while(fixture: &Fixture, work: Work, moment: Moment) {
    let (upstream, on_wire) = work.on_wire();
    let gate = format!("{work:?}{moment:?}");
    let mut after = None;
    match (moment, work.before()) {
        // A connection has no operation: the one that follows the request before ours is ours.
        (Moment::Connected, Some(operation)) => {
            fixture
                .sim
                .inject(Rule::once(upstream, operation, Action::Gate(gate.clone())));
            after = Some((operation, count(fixture, operation)));
        }
        _ => fixture.sim.hold(upstream, on_wire, moment),
    }
    let mut daemon = fixture.daemon().await;
    if let Some((operation, before)) = after {
        until("the request before", async || {
            (count(fixture, operation) > before).then_some(())
        })
        .await;
        // Whatever else the daemon asks at its start is over, so that no other connection comes between.
        until("everything else", async || (in_flight(fixture) == 1).then_some(())).await;
        fixture.sim.hold(upstream, on_wire, moment);
        fixture.sim.open(&gate);
    }
    fixture.sim.held().await;
    daemon.kill().await;
    fixture.sim.let_go();
    fixture.sim.clear_faults();
}

fn fault(fixture: &Fixture, work: Work, action: Action) {
    let (upstream, on_wire) = work.on_wire();
    fixture.sim.inject(Rule::once(upstream, on_wire, action));
}

fn arrived(fixture: &Fixture, work: Work) -> u64 {
    count(fixture, work.on_wire().1)
}

fn count(fixture: &Fixture, operation: &str) -> u64 {
    fixture.sim.counts().get(operation).map_or(0, |count| count.arrived)
}

fn in_flight(fixture: &Fixture) -> u64 {
    fixture
        .sim
        .counts()
        .values()
        .map(|count| count.arrived - count.ended)
        .sum()
}

/// Time passes: what the dead daemon held is nobody's any more.
async fn lease_ends(fixture: &Fixture) {
    fixture
        .sql("UPDATE queue.call SET lease_until = now() - interval '1 second' WHERE state = 'running'")
        .await;
}

/// A daemon that is not armed finishes the work, with a person where the table of the classes wants one.
async fn recover(fixture: &Fixture, what: &str, work: Work) {
    lease_ends(fixture).await;
    sverka::queue::look::resume(&fixture.pool, None).await.unwrap();
    let mut daemon = fixture.daemon().await;
    for _ in 0..3 {
        until(&format!("rest after {what}"), async || {
            (fixture.value(OPEN).await.as_deref() == Some("true")).then_some(())
        })
        .await;
        match work.person(fixture).await {
            Person::Content => break,
            Person::Retried(calls) => assert!(calls < 3, "{what}: {calls} calls went to a person"),
        }
    }
    daemon.kill().await;
    let left = fixture.open_and_dead().await;
    let left: Vec<_> = left
        .iter()
        .filter(|call| !["done", "cancelled"].contains(&call.state.as_str()))
        .collect();
    assert!(left.is_empty(), "{what}: {left:#?}\n{}", daemon.log());
}

#[tokio::test]
async fn killed_anywhere_a_read_is_made_again() {
    survives(Work::Read).await;
}

#[tokio::test]
async fn killed_anywhere_stock_reaches_keaz() {
    survives(Work::Stock).await;
}

#[tokio::test]
async fn killed_anywhere_a_status_is_set_and_told_once() {
    survives(Work::Status).await;
}

#[tokio::test]
async fn killed_anywhere_a_purchase_is_placed_once() {
    survives(Work::Purchase).await;
}

#[tokio::test]
async fn killed_anywhere_a_position_is_paid_once() {
    survives(Work::Pay).await;
}

#[tokio::test]
async fn killed_anywhere_a_price_list_is_merged_whole() {
    survives(Work::Prices).await;
}

#[tokio::test]
async fn killed_while_it_migrates_an_empty_database_the_next_start_ends_it() {
    let fixture = Setup::new().start().await;
    for point in ["migrate.before", "migrate.applied", "migrate.done"] {
        fixture.sql("DROP SCHEMA erp, mirror, diff, queue CASCADE").await;
        fixture.daemon_dies(point, &[("SVERKA_KILL", point)]).await;
        fixture.daemon().await.stop().await;
        fixture.fill(1, 3).await;
        fixture.sync_done(&sverka::job::Job::ALL[..2]).await;
        fixture.assert_keaz_equals_erp().await;
        *fixture.sim.world() = sverka::simulate::World::default();
    }
}

#[tokio::test]
async fn killed_while_a_person_asks_for_a_payment_it_is_asked_for_again_and_made_once() {
    let fixture = fixture().await;
    for point in ["enqueue.before", "enqueue.committed"] {
        let wanted = Work::Pay.ask(&fixture, 0).await;
        fixture
            .sql("DELETE FROM queue.call WHERE class = 'guarded' AND state = 'pending'")
            .await;
        let position = wanted.position().to_string();
        let ask = async |kill: Option<&str>| {
            let mut command = fixture.binary(&["call", "saplab.orders.pay", "--position", &position, "--yes"]);
            command.envs(kill.map(|point| ("SVERKA_KILL", point)));
            command.output().await.unwrap()
        };
        let killed = ask(Some(point)).await;
        assert_eq!(killed.status.code(), None, "{point}: {killed:?}");
        let again = ask(None).await;
        if !again.status.success() {
            let said = String::from_utf8_lossy(&again.stderr);
            assert!(said.contains("is asked for already"), "{point}: {said}");
            recover(&fixture, point, Work::Pay).await;
        }
        wanted.judge(&fixture, point).await;
    }
}

#[test]
fn every_kill_point_is_in_the_table() {
    let mut missing = sverka::kill::POINTS.to_vec();
    for row in Work::ALL.into_iter().flat_map(table::rows) {
        missing.retain(|point| *point != row.point);
    }
    missing.retain(|point| !point.starts_with("migrate.") && !point.starts_with("enqueue."));
    assert!(missing.is_empty(), "nobody dies at {missing:?}");
}

#[tokio::test]
async fn a_request_that_stands_still_has_its_effect_when_it_is_let_go_though_its_sender_is_gone() {
    let fixture = fixture().await;
    let id = fixture.position(sverka::simulate::world::Position::default());
    fixture
        .sim
        .hold(Upstream::Saplab, "saplab.panel.order.pay", Moment::Received);
    fixture.enqueue("saplab.orders.pay", json!({"position": id})).await;
    let mut daemon = fixture.daemon().await;
    fixture.sim.held().await;
    daemon.kill().await;
    assert!(!fixture.sim.world().saplab.positions[&id].is_payed);
    fixture.sim.let_go();
    fixture
        .sim
        .wait_until(|world, _| world.saplab.positions[&id].is_payed)
        .await;
}
