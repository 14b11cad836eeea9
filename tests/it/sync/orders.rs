//! Orders: Saplab's positions in, the ERP's statuses out, Carreta's orders beside them.

use rust_decimal::Decimal;
use sverka::job::Job;
use sverka::simulate::world::{Order, Position, Status};
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::Setup;

#[tokio::test]
async fn a_new_position_comes_with_the_mapped_status_and_an_unmapped_one_without() {
    let fixture = Setup::new().start().await;
    fixture.sim.world().saplab.statuses.push(Status {
        id: 14,
        name: "На проверке".into(),
        color: "FFFFFF".into(),
        sms: false,
        email: false,
    });
    let mapped = fixture.position(Position {
        invoice: "NZ-777".into(),
        brand: "KNECHT/MAHLE".into(),
        article: "OC47".into(),
        quantity: 3,
        price: Decimal::new(395_807, 2),
        ..Position::default()
    });
    let unmapped = fixture.position(Position {
        status_id: 14,
        ..Position::default()
    });
    fixture.sync_done(&[Job::Orders]).await;
    let status = async |id: u64| {
        fixture
            .value(&format!("SELECT status FROM erp.orders WHERE saplab_id = {id}"))
            .await
    };
    assert_eq!(
        status(mapped).await.as_deref(),
        Some("new"),
        "the first of two words for one status"
    );
    assert_eq!(status(unmapped).await, None);
    let row = fixture
        .value(&format!(
            "SELECT concat_ws('|', invoice, brand, article, quantity, price, total, is_paid, client_id)
               FROM erp.orders WHERE saplab_id = {mapped}"
        ))
        .await;
    assert_eq!(row.as_deref(), Some("NZ-777|KNECHT/MAHLE|OC47|3|3958.07|11874.21|f|2"));
    let held = fixture
        .value("SELECT string_agg(held, '; ') FROM diff.order_status")
        .await;
    assert_eq!(held.as_deref(), Some("the ERP has set no status"));
    assert_eq!(fixture.mark(), 0, "nothing was sent to the shop");
}

#[tokio::test]
async fn positions_are_read_only_after_the_statuses_that_they_are_mapped_by() {
    let fixture = Setup::new().start().await;
    let slowly = Rule::once(
        Upstream::Saplab,
        "saplab.panel.status.list",
        Action::Gate("statuses".into()),
    );
    fixture.sim.inject(slowly);
    fixture.positions(2);
    let runs = fixture.request(&[Job::Orders]).await;
    let work = fixture.work().await;
    fixture.sim.wait_until_arrived("saplab.panel.status.list", 1).await;
    // Carreta's orders wait for nothing, and show that the worker has had its chance.
    fixture
        .until(
            "Carreta's orders",
            "EXISTS (SELECT FROM queue.call WHERE operation = 'carreta.orders.list' AND state = 'done')",
        )
        .await;
    assert_eq!(
        fixture
            .sim
            .counts()
            .get("saplab.panel.order.list")
            .map(|seen| seen.arrived),
        None
    );
    fixture.sim.open("statuses");
    fixture.ended(&runs).await;
    work.stop().await;
    assert_eq!(fixture.count("erp.orders WHERE status = 'new'").await, 2);
}

#[tokio::test]
async fn afterwards_the_status_is_the_erps_and_the_rest_is_refreshed() {
    let fixture = Setup::new().start().await;
    let ids = fixture.positions(3);
    fixture.sync_done(&[Job::Orders]).await;
    fixture
        .sql("UPDATE erp.orders SET status = 'received' WHERE saplab_id = 1")
        .await;
    {
        let mut world = fixture.sim.world();
        let position = world.saplab.positions.get_mut(&ids[0]).unwrap();
        (position.price, position.is_payed) = (Decimal::new(100_050, 2), true);
        // The shop moved this one by itself: the ERP decides.
        world.saplab.positions.get_mut(&ids[1]).unwrap().status_id = 2;
    }
    fixture.sync_done(&[Job::Orders]).await;
    let rows = fixture
        .value("SELECT string_agg(concat_ws('|', saplab_id, status, price, is_paid), ' ' ORDER BY saplab_id) FROM erp.orders")
        .await;
    assert_eq!(rows.as_deref(), Some("1|received|1000.5|t 2|new|3959|f 3|new|3959|f"));
    let told = fixture.told_since(0);
    assert_eq!(
        told,
        [
            "saplab.panel.order.set_status 1 = 3",
            "saplab.panel.order.set_status 2 = 6"
        ]
    );
    fixture.assert_statuses_equal_erp().await;
    fixture.assert_in_sync().await;

    fixture.sync_done(&[Job::Orders]).await;
    assert_eq!(fixture.mark(), 2, "no status is set twice");
}

#[tokio::test]
async fn statuses_that_mean_the_same_to_the_shop_send_nothing() {
    let fixture = Setup::new().start().await;
    fixture.positions(1);
    fixture.sync_done(&[Job::Orders]).await;
    fixture.sql("UPDATE erp.orders SET status = 'also new'").await;
    fixture.sync_done(&[Job::Orders]).await;
    assert_eq!(fixture.mark(), 0);
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn every_page_of_the_shops_positions_is_read() {
    let fixture = Setup::new().set("saplab.per_page", 150).start().await;
    fixture.positions(401);
    let runs = fixture.sync_done(&[Job::Orders]).await;
    assert_eq!(fixture.count("erp.orders").await, 401);
    assert_eq!(fixture.sim.counts()["saplab.panel.order.list"].arrived, 3);
    assert!(runs[0].rows_pulled >= 401, "{runs:?}");
    fixture.assert_in_sync().await;
    assert_eq!(fixture.mark(), 0);
}

#[tokio::test]
async fn every_page_of_carretas_orders_is_read() {
    let fixture = Setup::new().set("saplab.panel.base_url", "").start().await;
    {
        let order = |id| Order {
            id,
            number: format!("A{id}-1"),
            status: 2,
            comment: String::new(),
            client_comment: format!("ours {id}"),
            created: chrono::Utc::now() - chrono::TimeDelta::minutes(i64::try_from(id).unwrap()),
            code: "OC47".into(),
            maker: "KNECHT/MAHLE".into(),
            name: "Фильтр масляный".into(),
            price: Decimal::new(17_511, 2),
            period_min: 1,
            period_max: 3,
            order_qty: 2,
            test: false,
            history: Vec::new(),
        };
        fixture.sim.world().carreta.orders = (1..=250).map(order).collect();
    }
    fixture.sync_done(&[Job::Orders]).await;
    assert_eq!(fixture.count("mirror.carreta_order").await, 250);
    let row = fixture
        .value("SELECT concat_ws('|', number, maker, code, price, order_qty, client_comment) FROM mirror.carreta_order WHERE id = 117")
        .await;
    assert_eq!(row.as_deref(), Some("A117-1|KNECHT/MAHLE|OC47|175.11|2|ours 117"));
}

#[tokio::test]
async fn a_position_whose_sums_do_not_agree_is_shown_and_not_brought_to_the_erp_until_they_do() {
    let fixture = Setup::new().start().await;
    let [good, wrong] = [1, 2].map(|quantity| {
        fixture.position(Position {
            quantity,
            price: Decimal::new(395_807, 2),
            ..Position::default()
        })
    });
    let page = format!(
        r#"{{"orders":[{{"id":"{good}","price":"3958.07","quantity":"1","total":"3958.07","date_added":"2026-05-04 10:00:00"}},
                       {{"id":"{wrong}","price":"3958.07","quantity":"2","total":"3958.07","status_name":0}}],"pages":1}}"#
    );
    fixture.sim.inject(Rule::once(
        Upstream::Saplab,
        "saplab.panel.order.list",
        Action::Garbage(page),
    ));
    fixture.sync_done(&[Job::Orders]).await;
    let ids = "SELECT string_agg(saplab_id::text, ' ' ORDER BY saplab_id) FROM erp.orders";
    assert_eq!(fixture.value(ids).await, Some(good.to_string()));
    let held = fixture
        .value("SELECT saplab_id || ': ' || held FROM diff.\"order\"")
        .await;
    let expected = format!("{wrong}: its total of 3958.07 is not 2 x 3958.07");
    assert_eq!(held, Some(expected));

    fixture.sync_done(&[Job::Orders]).await;
    assert_eq!(fixture.value(ids).await, Some(format!("{good} {wrong}")));
}
