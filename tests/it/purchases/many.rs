//! A thousand purchases through a bad connection.

use std::collections::BTreeSet;
use std::time::Duration;

use sverka::job::Job;
use sverka::queue::look;
use sverka::simulate::{Action, Rule, Upstream};

use super::{offer, placed};
use crate::support::{Setup, until_within};

#[tokio::test]
async fn a_thousand_purchases_under_resets_timeouts_and_500s_are_each_placed_exactly_once() {
    const PURCHASES: usize = 1_000;
    let fixture = Setup::new()
        .set("carreta.timeout", "1s")
        .set("queue.quiet_window", "2s")
        .set("queue.carreta.concurrency", 32)
        .start()
        .await;
    fixture.sim.world().carreta.offers.clear();
    for article in 0..40 {
        offer(
            &fixture.sim,
            "KNECHT",
            &format!("OC{article}"),
            10_000 + article,
            "Есть",
            1,
        );
    }
    fixture
        .sql(&format!(
            "INSERT INTO erp.purchase_orders (id, supplier, brand, article, quantity)
             SELECT n, 'carreta', 'KNECHT', 'OC' || n % 40, 1 + n % 7 FROM generate_series(1, {PURCHASES}) n"
        ))
        .await;
    let failing = Action::Status {
        code: 500,
        headers: Vec::new(),
        body: "oops".into(),
    };
    let mut random = fastrand::Rng::with_seed(20_261_123);
    for number in 0..240 {
        let then = match number % 4 {
            0 => Action::Reset,
            1 => Action::Drop,
            2 => failing.clone(),
            _ => Action::Hang,
        };
        let action = if random.bool() {
            Action::ApplyThen(Box::new(then))
        } else {
            then
        };
        let operation = if number % 3 == 0 {
            "carreta.order"
        } else {
            "carreta.order.create"
        };
        fixture.sim.inject(Rule {
            skip: random.u32(..1_000),
            ..Rule::once(Upstream::Carreta, operation, action)
        });
    }
    for _ in 0..10 {
        let runs = fixture.request(&[Job::Purchases]).await;
        let work = fixture.work().await;
        until_within(Duration::from_secs(180), "the end of the run", async || {
            let rows = look::runs(&fixture.pool, &runs).await.unwrap();
            rows.iter().all(|row| row.state == "ended").then_some(())
        })
        .await;
        work.stop().await;
        if fixture.count("erp.purchase_orders WHERE status <> 'placed'").await == 0 {
            break;
        }
        // An order that was lost twice is not sent a third time by itself: a person looks, and says that it is to be made.
        let quarantined: Vec<i64> = sqlx::query_scalar("SELECT id FROM queue.call WHERE state = 'quarantined'")
            .fetch_all(&fixture.pool)
            .await
            .unwrap();
        for id in quarantined {
            assert!(look::retry(&fixture.pool, id, "a test").await.unwrap());
        }
    }
    let placed = placed(&fixture);
    assert_eq!(
        placed.len(),
        PURCHASES,
        "lost: {:#?}",
        fixture.open_and_dead().await.first()
    );
    assert!(placed.values().all(|times| *times == 1), "doubled");
    let orders = fixture
        .sim
        .ledger()
        .iter()
        .filter(|effect| effect.operation == "carreta.order.create")
        .count();
    assert_eq!(orders, PURCHASES);
    let linked: BTreeSet<String> =
        sqlx::query_scalar("SELECT supplier_order_id FROM erp.purchase_orders WHERE status = 'placed'")
            .fetch_all(&fixture.pool)
            .await
            .unwrap()
            .into_iter()
            .collect();
    assert_eq!(linked.len(), PURCHASES, "each knows its own order");
    fixture.assert_in_sync().await;
}
