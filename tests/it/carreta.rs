//! Carreta's operations: what each asks for, what it answers, what the mirror keeps, and how each error ends.

use chrono::Utc;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sverka::simulate::world::{HistoryLine, Offer, Order, Profile};
use sverka::simulate::{Action, Rule, Upstream};
use sverka::upstream::carreta::OrderBody;

use crate::support::{Fixture, Setup};

fn offer(maker: &str, code: &str, price: i64) -> Offer {
    Offer {
        code: code.into(),
        maker: maker.into(),
        name: "Фильтр масляный".into(),
        price: Decimal::new(price, 2),
        period_min: 3,
        period_max: 7,
        min_qty: 2,
        qty: "<10".into(),
        stat: Some(97),
        source: "57".into(),
        ..Offer::default()
    }
}

fn order(id: u64, comment: &str) -> Order {
    Order {
        id,
        number: format!("A{id}-1"),
        status: 7,
        comment: String::new(),
        client_comment: comment.into(),
        created: Utc::now(),
        code: "AC108".into(),
        maker: "KITTO".into(),
        name: "Фильтр салонный(угольный)".into(),
        price: Decimal::new(21_286, 2),
        period_min: 7,
        period_max: 9,
        order_qty: 2,
        test: false,
        history: vec![HistoryLine {
            comment: "Создан со статусом \"Холд\" на сумму 425.72 руб.".into(),
            created: Utc::now(),
        }],
    }
}

/// Offers of OC47: its own, and a replacement.
async fn with_offers() -> Fixture {
    let fixture = Setup::new().start().await;
    let replacement = Offer {
        cross_of: Some("OC47".into()),
        qty: "Есть".into(),
        stat: None,
        ..offer("MANN", "W712", 20_000)
    };
    fixture.sim.world().carreta.offers = vec![offer("KNECHT/MAHLE", "OC47", 15_202), replacement];
    fixture
}

/// What was asked of Carreta: method, path, operation of the simulator.
fn asked(fixture: &Fixture) -> Vec<String> {
    let seen = fixture.sim.requests();
    let of_carreta = seen.into_iter().filter(|one| one.upstream == Upstream::Carreta);
    of_carreta
        .map(|one| format!("{} {} {}", one.method, one.path, one.operation))
        .collect()
}

fn status(code: u16, body: &str) -> Action {
    Action::Status {
        code,
        headers: Vec::new(),
        body: body.into(),
    }
}

#[tokio::test]
async fn the_profile_of_another_account_is_shown_and_kept_beside_ours() {
    let fixture = Setup::new().start().await;
    let other = Profile {
        balance: Decimal::new(714, 2),
        city: "Пермь".into(),
        ..Profile::default()
    };
    fixture.sim.world().carreta.accounts.insert("12".into(), other);
    let answer = fixture.answer("carreta.profile.get", json!({ "account": "12" })).await;
    assert_eq!((&answer["balance"], &answer["city"]), (&json!("7.14"), &json!("Пермь")));
    fixture.answer("carreta.profile.get", json!({})).await;
    let accounts = "(SELECT string_agg(account, ',' ORDER BY account) FROM mirror.carreta_profile)";
    assert_eq!(fixture.value(accounts).await.as_deref(), Some(",12"));
    assert_eq!(asked(&fixture), vec!["GET /v1/profile/ carreta.profile"; 2]);
}

#[tokio::test]
async fn a_search_shows_offers_and_keeps_their_tickets_where_nobody_sees_them() {
    let fixture = with_offers().await;
    let mut answer = fixture.answer("carreta.parts.search", json!({ "q": "oc47" })).await;
    let number = answer["offers"][0].as_object_mut().unwrap().remove("offer");
    assert_eq!(
        answer["offers"][0],
        json!({
            "code": "OC47", "maker": "KNECHT/MAHLE", "name": "Фильтр масляный", "desc": "", "is_cross": false,
            "price": "152.02", "period_min": 3, "period_max": 7, "min_qty": 2, "qty": "<10", "stat": 97,
            "source": "57", "unreadable": [],
        })
    );
    assert_eq!(
        (&answer["offers"][1]["is_cross"], &answer["offers"][1]["stat"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(asked(&fixture), ["GET /v1/search/ carreta.search"]);
    let kept = fixture
        .value("SELECT to_jsonb(o) - ARRAY['ticket', 'seen_at'] FROM mirror.offer o WHERE article = 'OC47'")
        .await;
    let expected = json!({
        "id": number, "supplier": "carreta", "searched": "OC47", "source": "57", "brand": "KNECHT/MAHLE", "article": "OC47",
        "name": "Фильтр масляный", "price": 152.02, "quantity": null, "quantity_text": "<10", "most": 9,
        "min_quantity": 2, "days_min": 3, "days_max": 7, "is_cross": false, "probability": 97,
    });
    assert_eq!(serde_json::from_str::<Value>(&kept.unwrap()).unwrap(), expected);
    let signatures: Vec<String> = fixture.sim.world().carreta.signatures.keys().cloned().collect();
    assert_eq!(signatures.len(), 2);
    let queue = fixture
        .value("(SELECT string_agg(c::text, ' ') FROM queue.call c)")
        .await
        .unwrap();
    assert!(signatures.iter().all(|signature| !queue.contains(signature.as_str())));
}

#[tokio::test]
async fn the_next_search_of_an_article_replaces_what_the_last_one_found() {
    let fixture = with_offers().await;
    fixture.answer("carreta.parts.search", json!({ "q": "oc47" })).await;
    fixture.sim.world().carreta.offers.remove(0);
    fixture.answer("carreta.parts.search", json!({ "q": " OC47" })).await;
    assert_eq!(fixture.count("mirror.offer").await, 1);
    fixture.answer("carreta.parts.search", json!({})).await;
    let other = Profile::default();
    fixture.sim.world().carreta.accounts.insert("12".into(), other);
    fixture.sim.world().carreta.offers.push(offer("UFI", "1", 100));
    let answer = fixture
        .answer("carreta.parts.search", json!({ "q": "1", "account": "12" }))
        .await;
    assert_eq!(answer["offers"].as_array().unwrap().len(), 1);
    assert_eq!(
        fixture.count("mirror.offer").await,
        1,
        "what another account is offered is not ours"
    );
}

#[tokio::test]
async fn a_kept_ticket_is_an_order_that_carreta_accepts() {
    let fixture = with_offers().await;
    fixture.answer("carreta.parts.search", json!({ "q": "oc47" })).await;
    let ticket = fixture
        .value("SELECT ticket FROM mirror.offer WHERE article = 'OC47'")
        .await;
    let ticket: Value = serde_json::from_str(&ticket.unwrap()).unwrap();
    let context = fixture.context(0);
    let body = OrderBody::from_ticket(&ticket).unwrap();
    let carreta = context.carreta.as_ref().unwrap();
    carreta.create_order(&body, 4, Some("наш заказ 1"), true).await.unwrap();
    let effects = fixture.effects_since(0);
    assert_eq!(effects.len(), 1);
    assert_eq!(
        (effects[0].key.as_str(), &effects[0].value["test"]),
        ("наш заказ 1", &json!(true))
    );
    let refused = carreta.create_order(&body, 10, None, true).await.unwrap_err();
    assert!(
        refused.to_string().contains("order_qty: must be in [1..9]."),
        "{refused}"
    );
}

#[tokio::test]
async fn one_order_and_its_history_are_read_into_the_mirror() {
    let fixture = Setup::new().start().await;
    fixture.sim.world().carreta.orders = vec![order(189_330, "наш"), order(189_331, "")];
    let answer = fixture.answer("carreta.orders.get", json!({ "id": 189_330 })).await;
    assert_eq!(
        (&answer["number"], &answer["total"], &answer["status_display"]),
        (&json!("A189330-1"), &json!("425.72"), &json!("Выдан"))
    );
    let mirrored = "SELECT client_comment FROM mirror.carreta_order";
    assert_eq!(fixture.value(mirrored).await.as_deref(), Some("наш"));
    for _ in 0..2 {
        let answer = fixture.answer("carreta.orders.history", json!({ "id": 189_330 })).await;
        assert_eq!(
            answer["lines"][0]["comment"],
            "Создан со статусом \"Холд\" на сумму 425.72 руб."
        );
    }
    let lines = "SELECT order_id || ' ' || line || ' ' || (created IS NOT NULL) FROM mirror.carreta_history";
    assert_eq!(fixture.value(lines).await.as_deref(), Some("189330 1 true"));
    assert_eq!(
        asked(&fixture),
        [
            "GET /v1/order/189330/ carreta.order.read",
            "GET /v1/order/189330/history/ carreta.order.history",
            "GET /v1/order/189330/history/ carreta.order.history",
        ]
    );
}

#[tokio::test]
async fn orders_are_listed_by_several_comments_a_page_at_a_time() {
    let fixture = Setup::new().start().await;
    fixture.sim.world().carreta.orders = (1..=230)
        .map(|id| order(id, if id <= 120 { "первый" } else { "второй" }))
        .collect();
    let comments = json!(["первый", "третий"]);
    for (args, count) in [
        (json!({ "client_comment": comments }), 100),
        (json!({ "client_comment": comments, "page": 2 }), 20),
        (json!({ "client_comment": comments, "page": 3 }), 0),
    ] {
        let answer = fixture.answer("carreta.orders.list", args).await;
        let orders = answer["orders"].as_array().unwrap();
        assert_eq!(orders.len(), count);
        assert!(orders.iter().all(|order| order["client_comment"] == "первый"));
    }
    assert_eq!(fixture.count("mirror.carreta_order").await, 120);
    assert_eq!(asked(&fixture).len(), 3);
}

#[tokio::test]
async fn an_order_that_is_not_there_is_said_to_be_not_there() {
    let fixture = Setup::new().start().await;
    for name in ["carreta.orders.get", "carreta.orders.history"] {
        let call = fixture.ask(name, json!({ "id": 7 })).await;
        let reason = call.reason.unwrap();
        assert_eq!(call.state, "dead");
        assert!(
            reason.contains("there is no such order") && reason.contains("Not found."),
            "{reason}"
        );
    }
}

#[tokio::test]
async fn what_carreta_refuses_is_dead_with_its_words_and_a_wrong_key_pauses_it() {
    let fixture = Setup::new().start().await;
    let call = fixture
        .ask("carreta.parts.search", json!({ "q": "1", "account": "77" }))
        .await;
    assert_eq!(call.state, "dead");
    assert!(call.reason.unwrap().contains("Unknown account."));
    let unauthorized = status(401, r#"{"error": "Unauthorized."}"#);
    fixture
        .sim
        .inject(Rule::once(Upstream::Carreta, "carreta.search", unauthorized));
    let id = fixture.enqueue("carreta.parts.search", json!({ "q": "1" })).await;
    fixture
        .work_until(
            "the pause",
            "SELECT count(*) = 1 FROM queue.upstream WHERE paused_until > now()",
        )
        .await;
    let call = fixture.call(id).await;
    assert_eq!(call.state, "pending");
    assert!(call.reason.unwrap().contains("Unauthorized."));
}

#[tokio::test]
async fn reads_outlive_lost_answers_errors_and_garbage() {
    let fixture = with_offers().await;
    fixture.sim.world().carreta.orders = vec![order(1, "")];
    let late = |body: &str| Action::Garbage(body.into());
    for (operation, name, args) in [
        ("carreta.search", "carreta.parts.search", json!({ "q": "oc47" })),
        ("carreta.order.read", "carreta.orders.get", json!({ "id": 1 })),
        ("carreta.order.history", "carreta.orders.history", json!({ "id": 1 })),
        ("carreta.profile", "carreta.profile.get", json!({})),
    ] {
        for action in [
            Action::Drop,
            Action::CutBody,
            status(500, ""),
            late("{"),
            late(r#"{"id": 2}"#),
        ] {
            fixture
                .sim
                .inject(Rule::once(Upstream::Carreta, operation, action.clone()));
            let call = fixture.ask(name, args.clone()).await;
            assert_eq!(
                (call.state.as_str(), call.attempt),
                ("done", 2),
                "{name} after {action:?}"
            );
        }
    }
}

#[tokio::test]
async fn the_command_prints_the_answer() {
    let fixture = with_offers().await;
    let output = fixture.command(&["call", "carreta.parts.search", "--q", "oc47"]).await;
    assert!(output.status.success(), "{output:?}");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(answer["offers"][0]["maker"], "KNECHT/MAHLE");
}
