//! Answers that were lost: before the effect, after it, and with an effect that comes late. No effect happens twice.

use serde_json::{Value, json};
use sverka::simulate::{Action, Rule, Upstream};

use super::{ended, new_client, retried, shop};
use crate::support::{Fixture, until};

/// The guarded operations: arguments, and the name on the simulator's side.
fn guarded() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        (
            "saplab.shipping_types.add",
            json!({"name": "Курьер", "min_price": 1000}),
            "saplab.panel.shipping_type.add",
        ),
        (
            "saplab.statuses.add",
            json!({"name": "Новый", "color": "ABABAB", "sms": true, "email": false}),
            "saplab.panel.status.add",
        ),
        (
            "saplab.groups.add",
            json!({"name": "Web", "discount": 1}),
            "saplab.panel.group.add",
        ),
        ("saplab.clients.create", new_client(), "saplab.panel.client.create"),
        (
            "saplab.balance.add",
            json!({"client": 1, "amount": "-100", "description": "API списание"}),
            "saplab.panel.balance.add",
        ),
        ("saplab.orders.pay", json!({"position": 1}), "saplab.panel.order.pay"),
        (
            "saplab.orders.documents",
            json!({"positions": [2, 3]}),
            "saplab.panel.order.documents",
        ),
    ]
}

/// Those that set a value: they may be made again when it does not show.
fn repeatable() -> Vec<(&'static str, Value, &'static str)> {
    vec![
        (
            "saplab.shipping_types.edit",
            json!({"id": 1, "name": "Курьер", "min_price": 7}),
            "saplab.panel.shipping_type.edit",
        ),
        (
            "saplab.shipping_types.remove",
            json!({"id": 2}),
            "saplab.panel.shipping_type.remove",
        ),
        (
            "saplab.statuses.edit",
            json!({"id": 1, "name": "Стоп", "color": "ABABAB", "sms": false, "email": false}),
            "saplab.panel.status.edit",
        ),
        ("saplab.statuses.remove", json!({"id": 2}), "saplab.panel.status.remove"),
        (
            "saplab.groups.edit",
            json!({"id": 1, "name": "Web", "discount": 2, "comment": ""}),
            "saplab.panel.group.edit",
        ),
        ("saplab.groups.remove", json!({"id": 7}), "saplab.panel.group.remove"),
        (
            "saplab.clients.edit",
            json!({"id": 2, "comment": "новый"}),
            "saplab.panel.client.edit",
        ),
        ("saplab.orders.deny", json!({"position": 1}), "saplab.panel.order.deny"),
        (
            "saplab.orders.archive",
            json!({"position": 2}),
            "saplab.panel.order.archive",
        ),
        (
            "saplab.orders.set_status",
            json!({"position": 3, "status": 5}),
            "saplab.panel.order.set_status",
        ),
    ]
}

/// All of these calls, each of which meets this action once. Their ids, by operation on the simulator's side.
async fn meeting(
    calls: Vec<(&'static str, Value, &'static str)>,
    action: &Action,
) -> (Fixture, Vec<(i64, &'static str)>) {
    let fixture = shop().await;
    let mut ids = Vec::new();
    for (operation, arguments, on_wire) in calls {
        fixture
            .sim
            .inject(Rule::once(Upstream::Saplab, on_wire, action.clone()));
        ids.push((fixture.enqueue(operation, arguments).await, on_wire));
    }
    (fixture, ids)
}

async fn state(fixture: &Fixture, id: i64) -> (String, String) {
    let call = fixture.call(id).await;
    (call.state, call.reason.unwrap_or_default())
}

fn effects(fixture: &Fixture, on_wire: &str) -> usize {
    let ledger = fixture.sim.ledger();
    ledger.iter().filter(|effect| effect.operation == on_wire).count()
}

fn after_the_effect() -> Action {
    Action::ApplyThen(Box::new(Action::Drop))
}

#[tokio::test]
async fn an_answer_that_was_lost_after_the_effect_is_found_upstream_and_nothing_is_sent_again() {
    let (fixture, ids) = meeting(guarded(), &after_the_effect()).await;
    ended(&fixture, ids[0].0).await;
    for (id, on_wire) in ids {
        let (state, reason) = state(&fixture, id).await;
        assert_eq!(
            (state.as_str(), effects(&fixture, on_wire)),
            ("done", 1),
            "{on_wire}: {reason}"
        );
        assert_eq!(fixture.sim.counts()[on_wire].arrived, 1, "{on_wire}");
    }
}

#[tokio::test]
async fn an_answer_that_was_lost_before_the_effect_goes_to_a_person_and_happens_once_when_they_say_so() {
    let (fixture, ids) = meeting(guarded(), &Action::Drop).await;
    ended(&fixture, ids[0].0).await;
    for (id, on_wire) in &ids {
        let (state, reason) = state(&fixture, *id).await;
        assert_eq!(
            (state.as_str(), effects(&fixture, on_wire)),
            ("quarantined", 0),
            "{on_wire}: {reason}"
        );
    }
    for (id, on_wire) in ids {
        let call = retried(&fixture, id).await;
        assert_eq!(
            (call.state.as_str(), effects(&fixture, on_wire)),
            ("done", 1),
            "{call:#?}"
        );
    }
}

#[tokio::test]
async fn an_effect_that_comes_late_is_found_when_a_person_asks_again() {
    let late = Action::ApplyLate {
        gate: "late".into(),
        then: Box::new(Action::Drop),
    };
    let (fixture, ids) = meeting(guarded(), &late).await;
    ended(&fixture, ids[0].0).await;
    for (id, on_wire) in &ids {
        let (state, reason) = state(&fixture, *id).await;
        assert_eq!(
            (state.as_str(), effects(&fixture, on_wire)),
            ("quarantined", 0),
            "{on_wire}: {reason}"
        );
    }
    fixture.sim.open("late");
    until("the late effects", async || {
        ids.iter()
            .all(|(_, on_wire)| effects(&fixture, on_wire) == 1)
            .then_some(())
    })
    .await;
    for (id, on_wire) in ids {
        let call = retried(&fixture, id).await;
        assert_eq!(
            (call.state.as_str(), effects(&fixture, on_wire)),
            ("done", 1),
            "{call:#?}"
        );
    }
}

#[tokio::test]
async fn a_server_that_failed_over_it_or_answered_nonsense_is_asked_what_it_holds() {
    for answer in [
        Action::Status {
            code: 502,
            headers: Vec::new(),
            body: String::new(),
        },
        Action::Garbage("{}".into()),
        Action::Html,
    ] {
        let (fixture, ids) = meeting(guarded(), &Action::ApplyThen(Box::new(answer.clone()))).await;
        ended(&fixture, ids[0].0).await;
        for (id, on_wire) in ids {
            let (state, reason) = state(&fixture, id).await;
            assert_eq!(
                (state.as_str(), effects(&fixture, on_wire)),
                ("done", 1),
                "{answer:?} {on_wire}: {reason}"
            );
        }
    }
}

#[tokio::test]
async fn what_sets_a_value_is_made_again_until_it_shows_and_not_longer() {
    for (action, arrived) in [(Action::Drop, 2), (after_the_effect(), 1)] {
        let (fixture, ids) = meeting(repeatable(), &action).await;
        ended(&fixture, ids[0].0).await;
        for (id, on_wire) in ids {
            let (state, reason) = state(&fixture, id).await;
            assert_eq!(state, "done", "{action:?} {on_wire}: {reason}");
            // Replacing a row of a list is made again without a look: the second time sets the same values.
            if on_wire.ends_with("_type.edit") || on_wire.ends_with("status.edit") || on_wire.ends_with("group.edit") {
                assert_eq!(fixture.sim.counts()[on_wire].arrived, 2, "{on_wire}");
            } else {
                assert_eq!(fixture.sim.counts()[on_wire].arrived, arrived, "{action:?} {on_wire}");
                assert_eq!(effects(&fixture, on_wire), 1, "{action:?} {on_wire}");
            }
        }
    }
}

#[tokio::test]
async fn an_archived_position_comes_back_and_is_never_denied() {
    for action in [Action::Drop, after_the_effect()] {
        let fixture = shop().await;
        fixture.sim.world().saplab.positions.get_mut(&1).unwrap().is_archived = true;
        fixture
            .sim
            .inject(Rule::once(Upstream::Saplab, "saplab.panel.order.unarchive", action));
        let id = fixture.enqueue("saplab.orders.unarchive", json!({"position": 1})).await;
        assert_eq!(ended(&fixture, id).await.state, "done");
        assert_eq!(fixture.told_since(0), ["saplab.panel.order.unarchive 1 = false"]);
        assert!(!fixture.sim.world().saplab.positions[&1].is_denied);
    }
}

#[tokio::test]
async fn a_token_is_found_on_a_later_page_of_the_balance() {
    let fixture = shop().await;
    let gate = Action::ApplyThen(Box::new(Action::Gate("answer".into())));
    fixture
        .sim
        .inject(Rule::once(Upstream::Saplab, "saplab.panel.balance.add", gate));
    let id = fixture
        .enqueue(
            "saplab.balance.add",
            json!({"client": 1, "amount": "250", "description": "пополнение"}),
        )
        .await;
    let work = fixture.work().await;
    until("the effect", async || {
        (effects(&fixture, "saplab.panel.balance.add") == 1).then_some(())
    })
    .await;
    {
        // Before the answer is given up, 25 other operations are booked: three pages in all.
        let mut world = fixture.sim.world();
        let ours = world.saplab.transactions.last().unwrap().clone();
        for number in 0..25 {
            let mut other = ours.clone();
            other.comment = format!("Оплата позиции {number}");
            other.at += chrono::TimeDelta::milliseconds(number);
            world.saplab.transactions.push(other);
        }
    }
    work.stop().await;
    let call = ended(&fixture, id).await;
    assert_eq!(call.state, "done", "{call:#?}");
    assert_eq!(effects(&fixture, "saplab.panel.balance.add"), 1);
    let paths: Vec<String> = fixture.sim.requests().into_iter().map(|seen| seen.path).collect();
    assert!(
        paths.contains(&"/panel/client/balance/1/filter/page/3".to_owned()),
        "{paths:#?}"
    );
}
