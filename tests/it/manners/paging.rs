//! Lists that move while they are read page by page: nothing slips past, nothing is doubled, and every list ends.

use serde_json::json;
use sverka::job::Job;
use sverka::simulate::world::{Client, Order, Transaction};
use sverka::simulate::{Action, Paging, Rule, Upstream};

use crate::support::{Fixture, Setup};

const ORDERS: &str = "saplab.panel.order.list";
const ALL: [Paging; 4] = [
    Paging::RepeatsTheLast,
    Paging::BeginsAnew,
    Paging::SaysThereIsMore,
    Paging::SaysThereIsMoreAndBeginsAnew,
];

/// A shop with 25 positions that shows ten on a page.
async fn shop(paging: Paging) -> Fixture {
    let fixture = Setup::new()
        .set("saplab.per_page", 10)
        .simulator(|options| options.saplab_paging = paging)
        .start()
        .await;
    fixture.positions(25);
    fixture
}

/// Reads the shop's positions; before the second page is answered, this happens.
async fn meanwhile(fixture: &Fixture, happens: impl FnOnce(&Fixture)) {
    let held = Action::Gate("page 2".to_owned());
    fixture.sim.inject(Rule {
        skip: 1,
        ..Rule::once(Upstream::Saplab, ORDERS, held)
    });
    let runs = fixture.request(&[Job::Orders]).await;
    let work = fixture.work().await;
    fixture.sim.wait_until_arrived(ORDERS, 2).await;
    happens(fixture);
    fixture.sim.open("page 2");
    let rows = fixture.ended(&runs).await;
    work.stop().await;
    assert_eq!(rows[0].outcome.as_deref(), Some("done"), "{rows:?}");
}

#[tokio::test]
async fn positions_that_come_in_between_two_pages_are_all_read_and_none_twice() {
    for paging in ALL {
        let fixture = shop(paging).await;
        meanwhile(&fixture, |fixture| {
            fixture.positions(3);
        })
        .await;
        assert_eq!(fixture.count("erp.orders").await, 28, "{paging:?}");
        assert_eq!(fixture.count("mirror.saplab_order").await, 28);
        assert!(
            (6..=9).contains(&fixture.arrived(ORDERS)),
            "{paging:?}: {}",
            fixture.arrived(ORDERS)
        );
        fixture.assert_in_sync().await;
    }
}

#[tokio::test]
async fn positions_that_slip_past_when_the_list_becomes_shorter_are_read_the_second_time() {
    for paging in [Paging::RepeatsTheLast, Paging::BeginsAnew] {
        let fixture = shop(paging).await;
        // The five newest go: of the ten that page 2 began with, five are on page 1 now, and there is no page 3.
        meanwhile(&fixture, |fixture| {
            let mut world = fixture.sim.world();
            for position in world.saplab.positions.values_mut().rev().take(5) {
                position.is_archived = true;
            }
        })
        .await;
        assert_eq!(fixture.count("erp.orders").await, 25, "{paging:?}");
        assert_eq!(fixture.arrived(ORDERS), 4, "{paging:?}: two readings of two pages");
        fixture.sync_done(&[Job::Orders]).await;
        assert_eq!(
            fixture.arrived(ORDERS),
            6,
            "{paging:?}: a list that stands still is read once"
        );
    }
}

#[tokio::test]
async fn a_list_that_ends_in_whatever_way_is_read_whole_and_ends() {
    for paging in ALL {
        let fixture = shop(paging).await;
        fixture.sync_done(&[Job::Orders]).await;
        assert_eq!(fixture.count("erp.orders").await, 25, "{paging:?}");
        assert!(
            (3..=4).contains(&fixture.arrived(ORDERS)),
            "{paging:?}: {}",
            fixture.arrived(ORDERS)
        );
    }
    let fixture = shop(Paging::KnowsOnlyTheFirst).await;
    fixture.sync_done(&[Job::Orders]).await;
    assert_eq!(fixture.count("erp.orders").await, 10);
    assert_eq!(fixture.arrived(ORDERS), 2);
    let told = "queue.call WHERE operation = 'saplab.orders.list' AND reason LIKE '%the same rows as one before%'";
    assert_eq!(fixture.count(told).await, 1, "and it is said");
}

#[tokio::test]
async fn a_shop_without_orders_that_says_there_is_more_is_asked_once() {
    let fixture = Setup::new()
        .simulator(|options| options.saplab_paging = Paging::SaysThereIsMore)
        .start()
        .await;
    fixture.sync_done(&[Job::Orders]).await;
    assert_eq!(fixture.arrived(ORDERS), 1);
}

#[tokio::test]
async fn all_clients_are_read_however_their_list_ends() {
    for paging in ALL {
        let fixture = Setup::new()
            .simulator(|options| options.saplab_paging = paging)
            .start()
            .await;
        let known = {
            let clients = &mut fixture.sim.world().saplab.clients;
            let one = clients[&2].clone();
            for id in 100..125 {
                let phone = format!("9005550{id}");
                clients.insert(
                    id,
                    Client {
                        id,
                        phone,
                        ..one.clone()
                    },
                );
            }
            i64::try_from(clients.len()).unwrap()
        };
        fixture
            .answer("saplab.clients.list", json!({ "all": true, "page": 1, "per_page": 10 }))
            .await;
        fixture
            .work_until("all pages", "NOT EXISTS (SELECT FROM queue.call WHERE state <> 'done')")
            .await;
        assert_eq!(fixture.count("mirror.saplab_client").await, known, "{paging:?}");
        assert!(fixture.arrived("saplab.panel.client.list") <= 4, "{paging:?}");
    }
}

#[tokio::test]
async fn an_operation_is_looked_for_on_all_pages_of_a_balance_and_not_for_ever() {
    for paging in ALL.into_iter().chain([Paging::KnowsOnlyTheFirst]) {
        let fixture = Setup::new()
            .simulator(|options| options.saplab_paging = paging)
            .start()
            .await;
        for number in 0..25_i64 {
            fixture.sim.world().saplab.transactions.push(Transaction {
                client_id: 2,
                at: chrono::Utc::now(),
                amount: (100 + number).into(),
                comment: format!("operation {number}"),
            });
        }
        let args = json!({ "client": 2, "amount": "10", "description": "возврат" });
        let id = fixture.enqueue("saplab.balance.add", args).await;
        fixture
            .work_until(
                "the operation",
                "NOT EXISTS (SELECT FROM queue.call WHERE state NOT IN ('done', 'dead'))",
            )
            .await;
        assert_eq!(fixture.call(id).await.state, "done", "{paging:?}");
        assert_eq!(fixture.mark(), 1, "{paging:?}: added once");
        let listed = fixture.arrived("saplab.panel.balance.list");
        assert!(listed <= 6, "{paging:?}: {listed} pages for two looks");
    }
}

#[tokio::test]
async fn orders_at_a_supplier_that_knows_no_pages_are_read_once_and_not_for_ever() {
    let fixture = Setup::new()
        .simulator(|options| options.carreta_knows_no_pages = true)
        .start()
        .await;
    for id in 1..=150 {
        fixture.sim.world().carreta.orders.push(Order {
            id,
            number: format!("A{id}-1"),
            status: 1,
            comment: String::new(),
            client_comment: String::new(),
            created: chrono::Utc::now(),
            code: "OC47".into(),
            maker: "KNECHT".into(),
            name: "Фильтр".into(),
            price: 100.into(),
            period_min: 1,
            period_max: 2,
            order_qty: 1,
            test: false,
            history: Vec::new(),
        });
    }
    fixture
        .sql(
            "INSERT INTO queue.call (upstream, operation, args, class, priority, gating) VALUES
             ('carreta', 'carreta.orders.list', '{\"follow\": true, \"since\": \"2020-01-01T00:00:00Z\"}', 'read', 2, false)",
        )
        .await;
    fixture
        .work_until("all pages", "NOT EXISTS (SELECT FROM queue.call WHERE state <> 'done')")
        .await;
    assert_eq!(fixture.count("mirror.carreta_order").await, 100);
    assert_eq!(
        fixture.arrived("carreta.order.list"),
        3,
        "the latest, page 1 and page 2: the same"
    );
}
