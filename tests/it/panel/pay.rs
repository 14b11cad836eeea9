//! Paying is a toggle: at most one for each intent, and what the position shows decides, not the words of the answer.

use serde_json::json;
use sverka::simulate::{Action, Rule, Upstream};

use super::{call, done, ended, shop};
use crate::support::{Fixture, until};

const PAY: &str = "saplab.panel.order.pay";

fn is_paid(fixture: &Fixture) -> bool {
    fixture.sim.world().saplab.positions[&1].is_payed
}

fn toggles(fixture: &Fixture) -> u64 {
    fixture.sim.counts().get(PAY).map_or(0, |count| count.arrived)
}

#[tokio::test]
async fn a_position_is_paid_and_its_payment_taken_back_once_each() {
    let fixture = shop().await;
    done(&fixture, "saplab.orders.pay", json!({"position": 1})).await;
    assert!(is_paid(&fixture));
    let paid: bool = fixture
        .value("SELECT is_paid FROM mirror.saplab_order WHERE id = 1")
        .await
        .unwrap()
        == "true";
    assert!(paid);
    done(&fixture, "saplab.orders.pay", json!({"position": 1, "paid": false})).await;
    assert!(!is_paid(&fixture));
    assert_eq!(toggles(&fixture), 2);
}

#[tokio::test]
async fn a_person_who_pays_between_our_look_and_our_request_brings_it_to_a_person() {
    let fixture = shop().await;
    fixture
        .sim
        .inject(Rule::once(Upstream::Saplab, PAY, Action::Gate("request".into())));
    let id = fixture.enqueue("saplab.orders.pay", json!({"position": 1})).await;
    let work = fixture.work().await;
    until("the request", async || (toggles(&fixture) == 1).then_some(())).await;
    fixture.sim.world().saplab.positions.get_mut(&1).unwrap().is_payed = true;
    fixture.sim.open("request");
    until("the judgement", async || {
        let call = fixture.call(id).await;
        (call.state == "quarantined").then_some(())
    })
    .await;
    work.stop().await;
    assert_eq!((toggles(&fixture), is_paid(&fixture)), (1, false));
}

#[tokio::test]
async fn the_words_of_the_opposite_action_do_not_decide() {
    let fixture = shop().await;
    let words = r#"{"status":"success","text":"На счёт клиента ООО \"Рога и Копыта\" отправлено 3959₽ "}"#;
    let lie = Action::ApplyThen(Box::new(Action::Garbage(words.into())));
    fixture.sim.inject(Rule::once(Upstream::Saplab, PAY, lie));
    done(&fixture, "saplab.orders.pay", json!({"position": 1})).await;
    assert_eq!((toggles(&fixture), is_paid(&fixture)), (1, true));
}

#[tokio::test]
async fn a_success_that_does_not_show_goes_to_a_person() {
    let fixture = shop().await;
    let words = r#"{"status":"success","text":"Выбранные позиции клиента оплачены."}"#;
    fixture
        .sim
        .inject(Rule::once(Upstream::Saplab, PAY, Action::Garbage(words.into())));
    let call = call(&fixture, "saplab.orders.pay", json!({"position": 1})).await;
    assert_eq!(call.state, "quarantined", "{call:#?}");
    let shown = call.look.unwrap();
    assert_eq!(
        shown["positions"][0]["is_payed"], false,
        "what the shop shows stands beside it"
    );
    assert_eq!(toggles(&fixture), 1);
}

#[tokio::test]
async fn paying_and_taking_back_are_not_asked_for_at_once() {
    let fixture = shop().await;
    let id = fixture.enqueue("saplab.orders.pay", json!({"position": 1})).await;
    let entry = sverka::operation::entry("saplab.orders.pay").unwrap();
    let arguments = serde_json::from_value(json!({"position": 1, "paid": false})).unwrap();
    let second = sverka::queue::enqueue::enqueue_once(&fixture.pool, &entry.call(arguments).unwrap()).await;
    assert_eq!(second.unwrap(), Err(id));
    assert_eq!(ended(&fixture, id).await.state, "done");
    assert_eq!(toggles(&fixture), 1);
}

#[tokio::test]
async fn a_look_that_shows_another_position_decides_nothing() {
    let fixture = shop().await;
    let other = r#"{"orders":[{"id":"2","is_payed":"1"}],"pages":1}"#;
    let list = "saplab.panel.order.list";
    let wrong = || Action::Garbage(other.into());
    fixture.sim.inject(Rule::once(Upstream::Saplab, list, wrong()));
    let before = call(&fixture, "saplab.orders.pay", json!({"position": 1})).await;
    assert_eq!((before.state.as_str(), toggles(&fixture)), ("dead", 0), "{before:#?}");

    fixture.sim.inject(Rule {
        skip: 1,
        ..Rule::once(Upstream::Saplab, list, wrong())
    });
    let after = call(&fixture, "saplab.orders.pay", json!({"position": 1})).await;
    assert_eq!(
        (after.state.as_str(), toggles(&fixture)),
        ("quarantined", 1),
        "{after:#?}"
    );
    assert!(is_paid(&fixture));
}
