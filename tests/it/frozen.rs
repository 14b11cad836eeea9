//! A daemon that stands still and goes on, one that is told to stop in the middle of a payment, and a call that kills
//! whoever takes it.

use nix::sys::signal::Signal;
use serde_json::json;
use sverka::simulate::world::Position;
use sverka::simulate::{Action, Moment, Rule, Upstream};

use crate::support::{Fixture, Setup, until};

const PAY: &str = "saplab.panel.order.pay";

/// A shop with a position that is to be paid; its id, and the call.
async fn to_be_paid() -> (Fixture, u64, i64) {
    let fixture = Setup::new()
        .set("queue.lease", "5s")
        .set("saplab.panel.timeout", "1s")
        .start()
        .await;
    let position = fixture.position(Position::default());
    fixture.sim.world().saplab.clients.get_mut(&2).unwrap().balance = 100_000.into();
    let call = fixture
        .enqueue("saplab.orders.pay", json!({ "position": position }))
        .await;
    (fixture, position, call)
}

fn toggles(fixture: &Fixture) -> u64 {
    fixture.sim.counts().get(PAY).map_or(0, |count| count.arrived)
}

async fn attempts(fixture: &Fixture, call: i64) -> String {
    let outcomes = format!(
        "SELECT string_agg(coalesce(outcome, '?'), ', ' ORDER BY attempt) FROM queue.attempt WHERE call_id = {call}"
    );
    fixture.value(&outcomes).await.unwrap()
}

/// The dead daemon's leases run out.
async fn lease_ends(fixture: &Fixture) {
    fixture
        .sql("UPDATE queue.call SET lease_until = now() - interval '1 second' WHERE state = 'running'")
        .await;
}

#[tokio::test]
async fn a_daemon_that_froze_beyond_its_lease_before_it_sent_sends_nothing() {
    let (fixture, position, call) = to_be_paid().await;
    let kill = ("SVERKA_KILL", "intent.committed@saplab.orders.pay!stop");
    let mut frozen = fixture.daemon_with(&[kill]).await;
    let intended = format!("SELECT intent_at IS NOT NULL FROM queue.call WHERE id = {call}");
    fixture.until("the intent", &intended).await;
    // Its lease runs out in its own time: it is its own clock that must tell it.
    let mut other = fixture.daemon().await;
    assert_eq!(fixture.over(call).await.state, "quarantined");
    frozen.signal(Signal::SIGCONT);
    frozen.says("not sent: our lease may have run out", 1).await;
    frozen.stop().await;
    other.stop().await;
    assert_eq!(toggles(&fixture), 0);
    assert!(!fixture.sim.world().saplab.positions[&position].is_payed);
}

#[tokio::test]
async fn the_late_end_of_a_daemon_that_froze_with_its_request_under_way_is_refused() {
    let (fixture, position, call) = to_be_paid().await;
    fixture.sim.hold(Upstream::Saplab, PAY, Moment::Applied);
    let mut frozen = fixture.daemon().await;
    fixture.sim.held().await;
    frozen.signal(Signal::SIGSTOP);
    lease_ends(&fixture).await;
    let mut other = fixture.daemon().await;
    assert_eq!(fixture.over(call).await.state, "done");
    let before = attempts(&fixture, call).await;
    fixture.sim.let_go();
    frozen.signal(Signal::SIGCONT);
    frozen.says("the lease had run out", 1).await;
    frozen.stop().await;
    other.stop().await;
    assert_eq!(attempts(&fixture, call).await, before);
    // It depends on when the frozen one was last seen whether it counts as dead.
    let expected = ["looking, lease lost, looking, done", "looking, released, looking, done"];
    assert!(expected.contains(&before.as_str()), "{before}");
    assert_eq!(toggles(&fixture), 1);
    assert!(fixture.sim.world().saplab.positions[&position].is_payed);
}

#[tokio::test]
async fn told_to_stop_in_the_middle_of_a_payment_the_next_start_looks_before_anything_else() {
    for (action, paid) in [(Action::Gate("answer".into()), true), (Action::Hang, false)] {
        let (fixture, position, call) = to_be_paid().await;
        fixture.sim.inject(Rule::once(Upstream::Saplab, PAY, action));
        let mut daemon = fixture.daemon_with(&[("SVERKA__SHUTDOWN_GRACE", "800ms")]).await;
        until("the request", async || (toggles(&fixture) == 1).then_some(())).await;
        daemon.signal(Signal::SIGTERM);
        daemon.says("stopping", 1).await;
        let later = fixture.enqueue("saplab.managers.list", json!({})).await;
        fixture.sim.open("answer");
        assert!(daemon.ends_within(std::time::Duration::from_secs(20)).await.success());
        assert_eq!(fixture.call(later).await.state, "pending", "nothing new is claimed");
        let running = fixture.count("queue.call WHERE state = 'running'").await;
        assert_eq!(running, 0, "nothing waits for a lease to run out");
        fixture.sim.clear_faults();
        let mut daemon = fixture.daemon().await;
        let state = if paid { "done" } else { "quarantined" };
        assert_eq!(fixture.over(call).await.state, state);
        daemon.stop().await;
        assert_eq!(toggles(&fixture), 1);
        assert_eq!(fixture.sim.world().saplab.positions[&position].is_payed, paid);
    }
}

#[tokio::test]
async fn a_call_that_kills_three_workers_is_put_aside_and_the_others_go_on() {
    for (operation, point) in [
        ("saplab.managers.list", "wire.before"),
        ("saplab.orders.pay", "look.before"),
    ] {
        let (fixture, position, payment) = to_be_paid().await;
        let deadly = if operation == "saplab.orders.pay" {
            payment
        } else {
            fixture.sql("DELETE FROM queue.call").await;
            fixture.enqueue(operation, json!({})).await
        };
        // They are taken up together with it, and die with its worker.
        let mut others = Vec::new();
        for beside in [
            "saplab.groups.list",
            "saplab.shipping_types.list",
            "saplab.statuses.list",
        ] {
            others.push(fixture.enqueue(beside, json!({})).await);
        }
        for _ in 0..3 {
            let armed = format!("{point}@#{deadly}");
            fixture.daemon_dies(&armed, &[("SVERKA_KILL", &armed)]).await;
            lease_ends(&fixture).await;
        }
        let mut daemon = fixture.daemon().await;
        let call = fixture.over(deadly).await;
        assert_eq!(call.state, "dead", "{call:#?}");
        assert!(call.reason.unwrap().starts_with("its worker died 3 times over it"));
        for other in others {
            let other = fixture.over(other).await;
            assert_eq!(other.state, "done", "{other:#?}");
        }
        daemon.stop().await;
        assert_eq!(toggles(&fixture), 0);
        assert!(!fixture.sim.world().saplab.positions[&position].is_payed);
    }
}
