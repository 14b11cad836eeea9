//! Purchases at Carreta.

use sverka::job::Job;
use sverka::simulate::{Action, Rule, Upstream};

use super::{offer, placed, supplier};
use crate::support::{Fixture, Setup};

const OC47: (&str, &str) = ("KNECHT/MAHLE", "OC47");
const CREATE: &str = "carreta.order.create";

#[tokio::test]
async fn the_cheapest_offer_that_fits_is_ordered_once_and_kept_current() {
    let fixture = supplier().await;
    offer(&fixture.sim, "KNECHT/MAHLE", "OC47", 15_202, "500", 1);
    offer(&fixture.sim, "KNECHT/MAHLE", "OC47", 14_000, "<5", 1);
    offer(&fixture.sim, "KNECHT/MAHLE", "OC47", 14_100, "500", 4);
    offer(&fixture.sim, "MANN", "OC47", 9_900, "500", 1);
    offer(&fixture.sim, "KNECHT/MAHLE", "OC47", 15_100, "Есть", 5);
    fixture.want(7, "carreta", OC47, 10, Some("152.02")).await;
    fixture.sync_done(&[Job::Purchases]).await;

    let order = fixture.sim.world().carreta.orders.last().unwrap().clone();
    assert_eq!((order.maker.as_str(), order.order_qty), ("KNECHT/MAHLE", 10));
    assert_eq!(
        order.price.to_string(),
        "151.00",
        "the cheapest of which 10 can be ordered"
    );
    assert!(order.client_comment.starts_with("SV-7-") && order.client_comment.len() <= 50);
    assert!(!order.test);
    let [status, number, at_supplier, error] = fixture.bought(7).await;
    assert_eq!((status.as_str(), error.as_str()), ("placed", ""));
    assert_eq!(
        (number, at_supplier.as_str()),
        (order.number.clone(), "Получен в заказ")
    );
    let id = fixture.value("SELECT supplier_order_id FROM erp.purchase_orders").await;
    assert_eq!(id, Some(order.id.to_string()));
    assert_eq!(fixture.count("mirror.carreta_history").await, 1);
    fixture.assert_in_sync().await;

    let mark = fixture.mark();
    fixture.sim.world().carreta.orders.last_mut().unwrap().status = 7;
    fixture.sync_done(&[Job::Purchases]).await;
    assert_eq!(fixture.bought(7).await[2], "Выдан (Отправлен)");
    fixture.sim.world().carreta.orders.last_mut().unwrap().status = 9;
    fixture.sync_done(&[Job::Purchases]).await;
    assert!(
        fixture.bought(7).await[2].starts_with('9'),
        "an unknown status is shown, not guessed"
    );
    assert_eq!(
        fixture.told_since(mark),
        Vec::<String>::new(),
        "nothing is ordered again"
    );
}

#[tokio::test]
async fn what_cannot_be_bought_fails_with_the_reason_and_holds_up_nothing() {
    let fixture = supplier().await;
    offer(&fixture.sim, "KNECHT/MAHLE", "OC47", 15_202, "<10", 4);
    for (id, what, quantity, max_price) in [
        (1, OC47, 4, Some("152.01")),
        (2, OC47, 12, None),
        (3, OC47, 3, None),
        (4, ("MANN", "OC47"), 4, None),
        (5, OC47, 8, Some("152.02")),
    ] {
        fixture.want(id, "carreta", what, quantity, max_price).await;
    }
    fixture.want(6, "amazon", OC47, 1, None).await;
    fixture.want(7, "carreta", OC47, 0, None).await;
    fixture.buy().await;
    for (id, why) in [
        (1, "within 152.01; the cheapest is 152.02"),
        (2, "«<10» at 152.02 in multiples of 4"),
        (3, "«<10» at 152.02 in multiples of 4"),
        (4, "no offer of MANN OC47"),
        (6, "supplier «amazon» is not known"),
        (7, "quantity must be a whole number"),
    ] {
        let [status, _, _, error] = fixture.bought(id).await;
        assert_eq!(status, "failed", "{id}");
        assert!(error.contains(why), "{id}: {error}");
    }
    assert_eq!(fixture.bought(5).await[0], "placed");
    assert_eq!(placed(&fixture).len(), 1);

    fixture
        .sql("UPDATE erp.purchase_orders SET status = NULL, max_price = 160 WHERE id = 1")
        .await;
    fixture.buy().await;
    assert_eq!(
        fixture.bought(1).await[0],
        "placed",
        "a failed one is bought when it is wanted anew"
    );
}

#[tokio::test]
async fn a_row_that_forgets_what_was_bought_buys_nothing() {
    let fixture = supplier().await;
    offer(&fixture.sim, "KNECHT/MAHLE", "OC47", 15_202, "500", 1);
    fixture.want(1, "carreta", OC47, 2, None).await;
    fixture.buy().await;
    let known = fixture.bought(1).await;
    fixture
        .sql(
            "DELETE FROM erp.purchase_orders; INSERT INTO erp.purchase_orders (id, supplier, brand, article, quantity)
              VALUES (1, 'carreta', 'KNECHT/MAHLE', 'OC47', 2)",
        )
        .await;
    fixture.buy().await;
    assert_eq!(fixture.bought(1).await, known);
    // The daemon's own memory is restored from an older copy: the order is found by its token.
    fixture
        .sql(
            "DELETE FROM mirror.purchase; DELETE FROM mirror.carreta_order; DELETE FROM queue.call;
              UPDATE erp.purchase_orders SET status = NULL, supplier_order_id = NULL",
        )
        .await;
    fixture.buy().await;
    assert_eq!(fixture.bought(1).await, known);
    assert_eq!(placed(&fixture).values().collect::<Vec<_>>(), [&1]);
}

#[tokio::test]
async fn an_offer_that_has_changed_is_searched_anew_within_the_price() {
    let fixture = supplier().await;
    offer(&fixture.sim, "KNECHT/MAHLE", "OC47", 15_202, "500", 1);
    fixture.want(1, "carreta", OC47, 2, Some("160")).await;
    let stale = Action::Status {
        code: 400,
        headers: Vec::new(),
        body: r#"{"error":"The offer is out of date."}"#.into(),
    };
    fixture.sim.inject(Rule::once(Upstream::Carreta, CREATE, stale.clone()));
    fixture.buy().await;
    assert_eq!(fixture.bought(1).await[0], "placed");
    let searches = fixture
        .sim
        .requests()
        .iter()
        .filter(|seen| seen.path.starts_with("/v1/search/"))
        .count();
    assert_eq!(searches, 2);

    fixture.sim.inject(Rule::always(Upstream::Carreta, CREATE, stale));
    fixture.want(2, "carreta", OC47, 2, Some("160")).await;
    fixture.buy().await;
    fixture.buy().await;
    let [status, _, _, error] = fixture.bought(2).await;
    assert_eq!(status, "failed");
    assert!(error.contains("The offer is out of date."), "{error}");
}

/// The answer to an order is lost in some way; whatever happens, it is placed exactly once.
async fn lost(action: Action, gate: Option<&str>) -> Fixture {
    let fixture = supplier().await;
    offer(&fixture.sim, "KNECHT/MAHLE", "OC47", 15_202, "500", 1);
    fixture.want(1, "carreta", OC47, 2, None).await;
    fixture.sim.inject(Rule::once(Upstream::Carreta, CREATE, action));
    let runs = fixture.request(&[Job::Purchases]).await;
    let work = fixture.work().await;
    if let Some(gate) = gate {
        fixture
            .until("the first look after the order", "SELECT EXISTS (SELECT FROM queue.call WHERE class = 'guarded' AND looks > 0 AND intent_at IS NOT NULL)")
            .await;
        fixture.sim.open(gate);
    }
    fixture.ended(&runs).await;
    work.stop().await;
    assert_eq!(placed(&fixture).values().collect::<Vec<_>>(), [&1]);
    assert_eq!(fixture.bought(1).await[0], "placed");
    fixture
}

#[tokio::test]
async fn an_order_whose_answer_was_lost_before_the_effect_is_placed_after_the_quiet_window() {
    let fixture = lost(Action::Reset, None).await;
    let resent = fixture
        .value("SELECT resent FROM queue.call WHERE class = 'guarded'")
        .await;
    assert_eq!(resent.as_deref(), Some("true"));
}

#[tokio::test]
async fn an_order_whose_answer_was_lost_after_the_effect_is_found_by_its_token() {
    for then in [
        Action::Reset,
        Action::Drop,
        Action::Html,
        Action::Status {
            code: 502,
            headers: Vec::new(),
            body: String::new(),
        },
    ] {
        let fixture = lost(Action::ApplyThen(Box::new(then)), None).await;
        let resent = fixture
            .value("SELECT resent FROM queue.call WHERE class = 'guarded'")
            .await;
        assert_eq!(resent.as_deref(), Some("false"));
    }
}

#[tokio::test]
async fn an_order_that_takes_effect_late_is_found_and_not_placed_twice() {
    let late = Action::ApplyLate {
        gate: "late".into(),
        then: Box::new(Action::Reset),
    };
    lost(late, Some("late")).await;
}

#[tokio::test]
async fn a_created_order_is_one_whatever_stands_in_the_body() {
    for body in [
        "",
        "<html><body>Заказ принят</body></html>",
        r#"{"id": 1, "status": "error"}"#,
    ] {
        let created = Action::Status {
            code: 201,
            headers: Vec::new(),
            body: body.into(),
        };
        let fixture = lost(Action::ApplyThen(Box::new(created)), None).await;
        let [_, number, ..] = fixture.bought(1).await;
        assert_eq!(
            number,
            fixture.sim.world().carreta.orders.last().unwrap().number,
            "{body}"
        );
        let call = "SELECT attempt || ' ' || resent FROM queue.call WHERE class = 'guarded'";
        // One attempt to look, one to send.
        assert_eq!(fixture.value(call).await.as_deref(), Some("2 false"), "{body}");
    }
}

#[tokio::test]
async fn two_orders_with_one_token_are_told_until_one_is_cancelled() {
    let fixture = lost(Action::Reset, None).await;
    let double = {
        let mut world = fixture.sim.world();
        let mut late = world.carreta.orders.last().unwrap().clone();
        late.id += 1;
        late.number = "A999999-1".into();
        world.carreta.orders.push(late.clone());
        late
    };
    fixture.buy().await;
    let [status, _, _, error] = fixture.bought(1).await;
    assert_eq!(status, "placed");
    assert!(error.contains("2 orders") && error.contains(&double.number), "{error}");

    fixture.sim.world().carreta.orders.last_mut().unwrap().status = 8;
    fixture.buy().await;
    assert_eq!(fixture.bought(1).await[3], "");
}

#[tokio::test]
async fn test_orders_are_placed_as_such() {
    let fixture = Setup::new().set("carreta.test_orders", true).start().await;
    fixture.sim.world().carreta.offers.clear();
    offer(&fixture.sim, "KNECHT/MAHLE", "OC47", 15_202, "500", 1);
    fixture.want(1, "carreta", OC47, 2, None).await;
    fixture.buy().await;
    assert!(fixture.sim.world().carreta.orders.last().unwrap().test);
}

#[tokio::test]
async fn the_signature_is_in_no_row_but_its_own() {
    let fixture = supplier().await;
    offer(&fixture.sim, "KNECHT/MAHLE", "OC47", 15_202, "500", 1);
    fixture.want(1, "carreta", OC47, 2, None).await;
    fixture.buy().await;
    let answer = fixture
        .answer("carreta.parts.search", serde_json::json!({"q": "oc47"}))
        .await;
    let signatures: Vec<String> = fixture.sim.world().carreta.signatures.keys().cloned().collect();
    assert!(!signatures.is_empty());
    let rows = fixture
        .value("SELECT string_agg(to_jsonb(c)::text || to_jsonb(a)::text, ' ') FROM queue.call c JOIN queue.attempt a ON a.call_id = c.id")
        .await
        .unwrap();
    for signature in signatures {
        assert!(!rows.contains(&signature) && !answer.to_string().contains(&signature));
    }
}
