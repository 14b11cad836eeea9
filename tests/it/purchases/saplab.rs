//! Purchases through Saplab's client API: one shared cart, no key against repetition.

use rust_decimal::Decimal;
use sverka::job::Job;
use sverka::simulate::world::{CartLine, Part};
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Fixture, Setup};

const DORIA: (&str, &str) = ("MEAT&DORIA;", "9054");
const ADD: &str = "saplab.client.cart.add";
const CREATE: &str = "saplab.client.order.create";

fn part(brand: &str, article: &str, price: i64, stock: i64, multiplicity: u32) -> Part {
    Part {
        article: article.into(),
        brand: brand.into(),
        name: "Преобразователь давления".into(),
        stock,
        multiplicity,
        days: price as u32 % 7,
        price: Decimal::new(price, 2),
        replaces: None,
    }
}

async fn shop(parts: Vec<Part>) -> Fixture {
    let fixture = Setup::new()
        .client_api()
        .set("saplab.client.timeout", "1s")
        .start()
        .await;
    fixture.sim.world().saplab.parts = parts;
    fixture
}

/// Orders that the shop has taken, and the units of every position of them.
fn taken(fixture: &Fixture) -> (usize, Vec<u32>) {
    let orders = fixture
        .sim
        .ledger()
        .iter()
        .filter(|effect| effect.operation == CREATE)
        .count();
    let world = fixture.sim.world();
    let positions = world.saplab.positions.values();
    (orders, positions.map(|position| position.quantity).collect())
}

#[tokio::test]
async fn the_cheapest_offer_is_put_into_the_cart_and_only_our_line_is_ordered() {
    let fixture = shop(vec![
        part("MEAT&DORIA;", "9054", 218_700, 100, 1),
        part("MEAT&DORIA;", "9054", 200_000, 3, 1),
        part("MEAT", "9054", 100, 100, 1),
    ])
    .await;
    let foreign = CartLine {
        to_order: "foreign".into(),
        part: part("ZEKKERT", ".sg-4540.", 219_800, 5, 1),
        quantity: 1,
        comment: "чужое".into(),
    };
    fixture.sim.world().saplab.cart.push(foreign);
    fixture.want(7, "saplab", DORIA, 4, Some("2187")).await;
    fixture.sync_done(&[Job::Purchases]).await;

    assert_eq!(taken(&fixture), (1, vec![4]));
    let cart: Vec<String> = fixture
        .sim
        .world()
        .saplab
        .cart
        .iter()
        .map(|line| line.to_order.clone())
        .collect();
    assert_eq!(cart, ["foreign"], "what others put into the cart stays there");
    let position = fixture.sim.world().saplab.positions.values().next().unwrap().clone();
    assert_eq!(
        (position.price, position.client_comment.starts_with("SV-7-")),
        (Decimal::new(218_700, 2), true)
    );
    let [status, number, at_supplier, error] = fixture.bought(7).await;
    assert_eq!((status.as_str(), error.as_str()), ("placed", ""));
    assert_eq!((number, at_supplier.as_str()), (position.invoice.clone(), "Принято"));
    fixture.assert_in_sync().await;

    let mark = fixture.mark();
    fixture
        .sim
        .world()
        .saplab
        .positions
        .values_mut()
        .next()
        .unwrap()
        .status_id = 3;
    fixture.sync_done(&[Job::Purchases]).await;
    assert_eq!(fixture.bought(7).await[2], "Оприходовано офисом");
    assert_eq!(fixture.told_since(mark), Vec::<String>::new());
}

#[tokio::test]
async fn two_purchases_of_one_article_are_ordered_one_after_the_other() {
    let fixture = shop(vec![part("MEAT&DORIA;", "9054", 218_700, 100, 1)]).await;
    for id in 1..=3 {
        fixture.want(id, "saplab", DORIA, id, None).await;
    }
    fixture.sync_done(&[Job::Purchases]).await;
    assert_eq!(taken(&fixture), (3, vec![1, 2, 3]));
}

#[tokio::test]
async fn goods_that_somebody_has_in_the_cart_already_are_not_added_to() {
    let fixture = shop(vec![part("MEAT&DORIA;", "9054", 218_700, 100, 1)]).await;
    let theirs = CartLine {
        to_order: "theirs".into(),
        part: part("MEAT&DORIA;", "9054", 218_700, 100, 1),
        quantity: 2,
        comment: String::new(),
    };
    fixture.sim.world().saplab.cart.push(theirs);
    fixture.want(1, "saplab", DORIA, 2, None).await;
    fixture.sync(&[Job::Purchases]).await;
    let [status, _, _, error] = fixture.bought(1).await;
    assert_eq!(status, "failed");
    assert!(error.contains("put there by somebody else"), "{error}");
    assert_eq!(taken(&fixture).0, 0);
    assert_eq!(fixture.sim.world().saplab.cart[0].quantity, 2);
}

#[tokio::test]
async fn a_refusal_of_the_shop_fails_the_purchase_in_its_own_words() {
    let fixture = shop(vec![part("MEAT&DORIA;", "9054", 218_700, -1, 1)]).await;
    let refusal = r#"{"status":"error","message":"Недостаточно товара на складе."}"#;
    fixture
        .sim
        .inject(Rule::once(Upstream::Saplab, ADD, Action::Garbage(refusal.into())));
    fixture.want(1, "saplab", DORIA, 2, None).await;
    fixture.sync(&[Job::Purchases]).await;
    let [status, _, _, error] = fixture.bought(1).await;
    assert_eq!(status, "failed");
    assert!(error.contains("Недостаточно товара на складе."), "{error}");
    fixture.sql("UPDATE erp.purchase_orders SET status = NULL").await;
    fixture.sync(&[Job::Purchases]).await;
    assert_eq!(fixture.bought(1).await[0], "placed");
    assert_eq!(taken(&fixture), (1, vec![2]));
}

/// An answer is lost; in the end there is at most one order, and `placed` or `unknown` says which.
async fn lost(operation: &str, action: Action, gate: Option<&str>) -> (Fixture, String) {
    let fixture = shop(vec![part("MEAT&DORIA;", "9054", 218_700, 100, 1)]).await;
    fixture.want(1, "saplab", DORIA, 2, None).await;
    fixture.sim.inject(Rule::once(Upstream::Saplab, operation, action));
    let runs = fixture.request(&[Job::Purchases]).await;
    let work = fixture.work().await;
    if let Some(gate) = gate {
        fixture
            .until("the first look after the loss", "SELECT EXISTS (SELECT FROM queue.call WHERE class = 'guarded' AND looks > 0 AND intent_at IS NOT NULL)")
            .await;
        fixture.sim.open(gate);
    }
    fixture.ended(&runs).await;
    work.stop().await;
    fixture.sync(&[Job::Purchases]).await;
    let status = fixture.bought(1).await[0].clone();
    (fixture, status)
}

#[tokio::test]
async fn what_was_lost_after_the_effect_is_found_and_not_made_again() {
    for operation in [ADD, CREATE] {
        for then in [Action::Reset, Action::Html] {
            let (fixture, status) = lost(operation, Action::ApplyThen(Box::new(then)), None).await;
            assert_eq!(
                (status.as_str(), taken(&fixture)),
                ("placed", (1, vec![2])),
                "{operation}"
            );
        }
    }
}

#[tokio::test]
async fn what_was_lost_before_the_effect_goes_to_a_person_who_has_it_made() {
    for operation in [ADD, CREATE] {
        let (fixture, status) = lost(operation, Action::Reset, None).await;
        assert_eq!((status.as_str(), taken(&fixture).0), ("unknown", 0), "{operation}");
        let id: i64 = sqlx::query_scalar("SELECT id FROM queue.call WHERE state = 'quarantined'")
            .fetch_one(&fixture.pool)
            .await
            .unwrap();
        assert!(sverka::queue::look::retry(&fixture.pool, id, "a test").await.unwrap());
        let work = fixture.work().await;
        fixture.over(id).await;
        work.stop().await;
        fixture.sync(&[Job::Purchases]).await;
        fixture.sync(&[Job::Purchases]).await;
        assert_eq!(fixture.bought(1).await[0], "placed", "{operation}");
        assert_eq!(taken(&fixture), (1, vec![2]), "{operation}");
    }
}

#[tokio::test]
async fn an_effect_that_comes_late_is_seen_by_the_second_look_and_never_doubled() {
    for operation in [ADD, CREATE] {
        let late = Action::ApplyLate {
            gate: "late".into(),
            then: Box::new(Action::Drop),
        };
        let (fixture, status) = lost(operation, late, Some("late")).await;
        assert_eq!(
            (status.as_str(), taken(&fixture)),
            ("placed", (1, vec![2])),
            "{operation}"
        );
    }
}
