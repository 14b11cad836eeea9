//! What comes into the ERP, what is bought, and a company's own view in the place of a table.

use rust_decimal::Decimal;
use serde_json::json;
use sverka::job::Job;
use sverka::simulate::PriceList;
use sverka::simulate::world::Offer;

use super::{apply, in_sync, number, plan, rows};
use crate::support::Setup;

#[tokio::test]
async fn prices_are_written_into_the_erp_as_the_plan_shows_them_and_no_others() {
    let fixture = Setup::new().price_list("main").start().await;
    let list = PriceList::generated(5, 300);
    fixture.sim.world().carreta.price_lists.insert("main".into(), list);
    fixture.sync_done(&[Job::Prices]).await;
    let spoil = |offset: u32| {
        format!(
            "UPDATE erp.supplier_prices SET price = price + 1
              WHERE article = (SELECT article FROM erp.supplier_prices ORDER BY article OFFSET {offset} LIMIT 1)"
        )
    };
    fixture.sql(&spoil(3)).await;
    fixture.sql(&spoil(4)).await;
    let shown = plan(&fixture, &["prices"]).await;
    assert_eq!(shown["rows"], 2, "{shown}");
    fixture.sql(&spoil(4)).await;
    fixture.sql(&spoil(5)).await;
    let (code, applied) = apply(&fixture, &number(&shown)).await;
    assert_eq!(
        (code, &applied["outcome"]),
        (1, &json!({ "done": 1, "moved": 1 })),
        "{applied}"
    );
    let left = plan(&fixture, &["prices"]).await;
    assert_eq!(left["rows"], 2, "{left}");
}

#[tokio::test]
async fn a_position_that_the_erp_has_lost_is_inserted_again_when_the_plan_says_so() {
    let fixture = in_sync().await;
    fixture
        .sql("DELETE FROM erp.orders WHERE saplab_id = 2; UPDATE erp.orders SET name = 'another' WHERE saplab_id = 3")
        .await;
    let shown = plan(&fixture, &["orders"]).await;
    assert_eq!(shown["rows"], 2, "{shown}");
    // Of a position that the ERP has, the status is no part of what is written.
    fixture
        .sql("UPDATE erp.orders SET name = 'a third' WHERE saplab_id = 4; UPDATE erp.orders SET status = 'issued' WHERE saplab_id = 3")
        .await;
    let (code, applied) = apply(&fixture, &number(&shown)).await;
    assert_eq!((code, &applied["outcome"]), (0, &json!({ "done": 2 })), "{applied}");
    assert_eq!(fixture.count("erp.orders").await, 10);
    let left: Vec<_> = rows(&plan(&fixture, &["orders"]).await["changes"]);
    assert!(
        left.len() == 2 && left[0].starts_with("orders update 3 Принято") && left[1].starts_with("orders update 4 "),
        "{left:?}"
    );
}

#[tokio::test]
async fn only_the_purchase_of_the_plan_is_placed() {
    let fixture = Setup::new().start().await;
    {
        let mut world = fixture.sim.world();
        world.carreta.offers.clear();
        world.carreta.offers.push(Offer {
            code: "OC47".into(),
            maker: "KNECHT/MAHLE".into(),
            name: "Фильтр масляный".into(),
            price: Decimal::new(15202, 2),
            period_min: 2,
            period_max: 7,
            min_qty: 1,
            qty: "500".into(),
            source: "50".into(),
            ..Offer::default()
        });
    }
    let want = |id: i64| {
        format!(
            "INSERT INTO erp.purchase_orders (id, supplier, brand, article, quantity, max_price)
             VALUES ({id}, 'carreta', 'KNECHT/MAHLE', 'OC47', {id}, 200)"
        )
    };
    fixture.sql(&want(7)).await;
    fixture.sql(&want(8)).await;
    let shown = plan(&fixture, &["purchases"]).await;
    assert_eq!(
        shown["totals"],
        json!([{ "job": "purchases", "action": "place", "rows": 2, "held": 0 }])
    );
    fixture
        .sql("UPDATE erp.purchase_orders SET quantity = 80 WHERE id = 8")
        .await;
    fixture.sql(&want(9)).await;
    let (code, applied) = apply(&fixture, &number(&shown)).await;
    assert_eq!(
        (code, &applied["outcome"]),
        (1, &json!({ "done": 1, "moved": 1 })),
        "{applied}"
    );
    let placed: Vec<_> = fixture
        .sim
        .world()
        .carreta
        .orders
        .iter()
        .map(|order| order.client_comment.clone())
        .collect();
    assert!(placed.len() == 1 && placed[0].starts_with("SV-7-"), "{placed:?}");
    let status = "(SELECT string_agg(id || ' ' || coalesce(status, '-'), ', ' ORDER BY id) FROM erp.purchase_orders)";
    assert_eq!(fixture.value(status).await.unwrap(), "7 placed, 8 -, 9 -");
}

#[tokio::test]
async fn a_view_of_the_company_may_stand_in_the_place_of_the_stock() {
    let fixture = in_sync().await;
    fixture
        .sql(
            "CREATE SCHEMA company;
             CREATE TABLE company.goods (place varchar(20), maker varchar(60), art varchar(60), qty double precision,
                                         booked integer NOT NULL DEFAULT 0, PRIMARY KEY (place, maker, art));
             INSERT INTO company.goods SELECT warehouse_code, brand, article, quantity, reserved FROM erp.stock;
             ALTER TABLE erp.stock RENAME TO stock_before;
             CREATE VIEW erp.stock AS SELECT place AS warehouse_code, maker AS brand, art AS article, qty AS quantity,
                                             booked AS reserved FROM company.goods;
             UPDATE company.goods SET qty = 70.5, booked = 3 WHERE place = 'W1' AND art <= 'ART-00002'",
        )
        .await;
    let shown = plan(&fixture, &["stock"]).await;
    assert_eq!(
        rows(&shown["changes"]),
        [
            "stock update W1/ART-00001 8 -> 67 (ERP 70.5, reserved 3, held back 0.5)",
            "stock update W1/ART-00002 15 -> 67 (ERP 70.5, reserved 3, held back 0.5)",
        ]
    );
    // Another number in the ERP, the same one for KEAZ: what would be sent is what was shown.
    fixture
        .sql(
            "UPDATE company.goods SET qty = 70.9 WHERE place = 'W1' AND art = 'ART-00001';
             UPDATE company.goods SET qty = 71.5 WHERE place = 'W1' AND art = 'ART-00002'",
        )
        .await;
    let mark = fixture.mark();
    let (code, applied) = apply(&fixture, &number(&shown)).await;
    assert_eq!(
        (code, &applied["outcome"]),
        (1, &json!({ "done": 1, "moved": 1 })),
        "{applied}"
    );
    assert_eq!(fixture.told_since(mark), ["keaz.remains.update W1/ART-00001 = 67"]);
}
