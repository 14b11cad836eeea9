//! The documented error answers: each is said to who asked, and nothing has happened.

use serde_json::{Value, json};
use sverka::simulate::{Action, Rule, Upstream};

use super::{call, new_client, shop};
use crate::support::Fixture;

async fn refused(fixture: &Fixture, operation: &str, arguments: Value, words: &str) {
    let call = call(fixture, operation, arguments).await;
    let reason = call.reason.clone().unwrap_or_default();
    assert_eq!(call.state, "dead", "{call:#?}");
    assert!(reason.contains(words), "{operation}: {reason}");
}

#[tokio::test]
async fn a_refusal_of_the_shop_is_told_in_its_own_words() {
    let fixture = shop().await;
    fixture.sim.world().saplab.clients.get_mut(&2).unwrap().balance = 0.into();
    let same_email = {
        let mut client = new_client();
        client["email"] = "regular@example.com".into();
        client
    };
    for (operation, arguments, words) in [
        (
            "saplab.statuses.remove",
            json!({"id": 6}),
            "Статус используется в настройках магазина.",
        ),
        (
            "saplab.groups.remove",
            json!({"id": 1}),
            "Группа используется в настройках магазина, удаление невозможно.",
        ),
        (
            "saplab.orders.pay",
            json!({"position": 1}),
            "необходимо пополнить баланс на 3959₽",
        ),
        (
            "saplab.clients.create",
            same_email,
            "email: Поле Email должно быть уникальным.",
        ),
        (
            "saplab.clients.edit",
            json!({"id": 2, "email": "regular@example.com"}),
            "email: Поле Email должно быть уникальным.",
        ),
        ("saplab.clients.get", json!({"id": 99}), "error without words"),
        (
            "saplab.shipping_types.edit",
            json!({"id": 99, "name": "x", "min_price": 1}),
            "error without words",
        ),
        ("saplab.balance.list", json!({"client": 99}), "error without words"),
    ] {
        refused(&fixture, operation, arguments, words).await;
    }
    assert!(fixture.sim.ledger().is_empty(), "{:#?}", fixture.told_since(0));
}

#[tokio::test]
async fn what_somebody_did_between_the_look_and_the_request_is_refused_in_the_shops_words() {
    for (operation, on_wire, words) in [
        (
            "saplab.orders.archive",
            "archive",
            "Не удалось отправить заказы в архив.",
        ),
        ("saplab.orders.unarchive", "unarchive", "Не найдено подходящих заказов."),
        ("saplab.orders.pay", "pay", "Нет подходящих заказов."),
    ] {
        let fixture = shop().await;
        fixture.sim.world().saplab.positions.get_mut(&1).unwrap().is_archived = on_wire == "unarchive";
        let body = json!({"status": "error", "text": words}).to_string();
        let rule = Rule::once(
            Upstream::Saplab,
            &format!("saplab.panel.order.{on_wire}"),
            Action::Garbage(body),
        );
        fixture.sim.inject(rule);
        refused(&fixture, operation, json!({"position": 1}), words).await;
    }
}

#[tokio::test]
async fn what_cannot_be_judged_beforehand_is_not_sent() {
    let fixture = shop().await;
    fixture.sim.world().saplab.positions.get_mut(&2).unwrap().doc_id = Some(5);
    for (operation, arguments, words) in [
        ("saplab.orders.deny", json!({"position": 99}), "lists no position 99"),
        ("saplab.orders.pay", json!({"position": 99}), "lists no position 99"),
        (
            "saplab.orders.set_status",
            json!({"position": 99, "status": 5}),
            "does not show position 99",
        ),
        (
            "saplab.orders.documents",
            json!({"positions": [1, 2]}),
            "1 of 2 positions have a document already",
        ),
        (
            "saplab.shipping_types.add",
            json!({"name": "Доставка до ТК", "min_price": 777}),
            "another way of delivery of that name",
        ),
        (
            "saplab.groups.add",
            json!({"name": "Розница", "discount": 3}),
            "another discount group of that name",
        ),
        (
            "saplab.clients.create",
            json!({"name": "Другой", "phone": "9001111111", "point_id": 1, "group_id": 1}),
            "another client has that phone: id 1",
        ),
        (
            "saplab.clients.edit",
            json!({"id": 1, "wholesalers": {"inn": "1"}}),
            "the client is no company",
        ),
    ] {
        refused(&fixture, operation, arguments, words).await;
    }
    assert!(fixture.sim.ledger().is_empty(), "{:#?}", fixture.told_since(0));
}

#[tokio::test]
async fn a_call_that_can_never_be_looked_up_ends_and_was_not_sent() {
    let fixture = shop().await;
    fixture.sim.inject(Rule::always(
        Upstream::Saplab,
        "saplab.panel.order.list",
        Action::Garbage(r#"{"status":"error","text":"нет прав"}"#.into()),
    ));
    for (operation, arguments) in [
        ("saplab.orders.deny", json!({"position": 1})),
        ("saplab.orders.pay", json!({"position": 1})),
    ] {
        let call = call(&fixture, operation, arguments).await;
        assert_eq!(call.state, "dead", "{call:#?}");
    }
    assert!(fixture.sim.ledger().is_empty());
}
