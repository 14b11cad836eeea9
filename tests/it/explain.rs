//! `sverka explain --order`: all that is known of an order, by any of its numbers.

use chrono::Utc;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use sverka::job::Job;
use sverka::simulate::world::{Offer, Part, Position, PositionEvent};
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Fixture, Setup};

/// What is printed for people; it must be found.
async fn told(fixture: &Fixture, number: &str) -> String {
    let output = fixture.command(&["explain", "--order", number]).await;
    assert!(output.status.success(), "{output:?}");
    // How far to the right something stands is no matter here.
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
    lines.map(|line| line + "\n").collect()
}

/// What is printed for scripts.
async fn found(fixture: &Fixture, number: &str) -> Vec<Value> {
    let output = fixture
        .command(&["explain", "--order", number, "--format", "json"])
        .await;
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn assert_says(text: &str, words: &[&str]) {
    for word in words {
        assert!(text.contains(word), "no «{word}» in:\n{text}");
    }
}

/// A shop with one order of two positions, which the ERP knows.
async fn shop() -> Fixture {
    let fixture = Setup::new().start().await;
    for number in 1..=2 {
        fixture.position(Position {
            invoice: "NZ-777".into(),
            article: format!("1213{number}"),
            shipping_id: 1,
            shipping_address: "г. Уфа, ул. Складская, 1".into(),
            delivery_min: 2,
            delivery_max: 5,
            history: vec![PositionEvent {
                at: Utc::now(),
                color: "FAFFB3".into(),
                status: "Принято".into(),
                manager: "Иванова \u{1b}[31mАнна".into(),
            }],
            ..Position::default()
        });
    }
    fixture.sync_done(&[Job::Orders]).await;
    fixture
}

#[tokio::test]
async fn a_position_is_told_with_its_history_its_delivery_and_what_was_sent() {
    let fixture = shop().await;
    let before = told(&fixture, "1").await;
    assert_says(
        &before,
        &[
            "Position 1 of a customer's order at Saplab\n",
            "Invoice NZ-777\n",
            "Article KILEN 12131 Пружина передняя\n",
            "Status Принято (6), not paid\n",
            "Delivery Доставка по городу, г. Уфа, ул. Складская, 1, 2-5 days\n",
            "Принято (Иванова [31mАнна)\n",
            "In the ERP «new», which means «Принято (6)» at Saplab\n",
            "Nothing that is remembered",
        ],
    );
    assert!(
        !before.contains('\u{1b}'),
        "control characters stay away from the terminal"
    );

    fixture
        .sql("UPDATE erp.orders SET status = 'issued' WHERE saplab_id = 1")
        .await;
    assert_says(
        &told(&fixture, "1").await,
        &[
            "Next The next run of orders sends the ERP's status.",
            "«issued», which means «Выдано (Отправлено) (4)»",
        ],
    );
    fixture.sync_done(&[Job::Orders]).await;
    let after = told(&fixture, " 1 ").await;
    assert_says(
        &after,
        &[
            "Status Выдано (Отправлено) (4)",
            "What was sent, newest first\n",
            r#"saplab.orders.set_status {"position":1} done"#,
        ],
    );
    assert!(
        !after.contains("The next run of orders") && !after.contains("nothing had to be sent"),
        "{after}"
    );
}

#[tokio::test]
async fn an_invoice_is_all_of_its_positions() {
    let fixture = shop().await;
    let positions = found(&fixture, "nz-777").await;
    let ids: Vec<&Value> = positions.iter().map(|position| &position["id"]).collect();
    assert_eq!(ids, [&json!(1), &json!(2)]);
    let first = &positions[0];
    assert_eq!(
        (&first["kind"], &first["price"], &first["quantity"], &first["erp_means"]),
        (&json!("saplab_order"), &json!("3959"), &json!(1), &json!("Принято (6)"))
    );
    assert_eq!(first["history"][0]["what"], "Принято");
}

#[tokio::test]
async fn what_holds_a_status_and_what_the_shop_refused_is_said() {
    let fixture = shop().await;
    let refused = Action::Garbage(json!({ "status": "error", "text": "Статус закрыт." }).to_string());
    let rule = Rule::always(Upstream::Saplab, "saplab.panel.order.set_status", refused);
    fixture.sim.inject(rule);
    fixture
        .sql(
            "UPDATE erp.orders SET status = 'issued' WHERE saplab_id = 1;
             UPDATE erp.orders SET status = 'lost in the post' WHERE saplab_id = 2",
        )
        .await;
    fixture.sync(&[Job::Orders]).await;
    assert_says(
        &told(&fixture, "1").await,
        &[
            "Not sent Saplab refused this status: Статус закрыт.",
            "dead: Статус закрыт.",
        ],
    );
    assert_says(
        &told(&fixture, "2").await,
        &[
            "«lost in the post», which means nothing at Saplab",
            "Not sent the ERP's status «lost in the post» is not in [saplab.status_map]",
        ],
    );
}

#[tokio::test]
async fn a_purchase_at_carreta_is_found_by_its_id_and_by_carretas_id_and_number() {
    let fixture = Setup::new().start().await;
    fixture.sim.world().carreta.offers = vec![Offer {
        code: "OC47".into(),
        maker: "KNECHT/MAHLE".into(),
        name: "Фильтр масляный".into(),
        price: Decimal::new(15_202, 2),
        period_min: 3,
        period_max: 7,
        min_qty: 1,
        qty: "500".into(),
        source: "57".into(),
        ..Offer::default()
    }];
    fixture
        .sql(
            "INSERT INTO erp.purchase_orders (id, supplier, brand, article, quantity, max_price)
              VALUES (70, 'carreta', 'KNECHT/MAHLE', 'OC47', 2, 160), (71, 'carreta', 'UFI', 'OC47', 1, NULL)",
        )
        .await;
    assert_says(
        &told(&fixture, "70").await,
        &["Purchase 70 of the ERP\n", "Next The next run of purchases buys it."],
    );
    fixture.sync(&[Job::Purchases]).await;
    let order = fixture.sim.world().carreta.orders.last().unwrap().clone();
    let purchase = told(&fixture, "70").await;
    assert_says(
        &purchase,
        &[
            &format!("Number {}\n", order.number),
            "Price 152.02, 304.04 in all, at most 160 allowed\n",
            &format!("Supplier carreta, order {}\n", order.id),
            "Status Получен в заказ (2)\n",
            "Delivery 3-7 days\n",
            "In the ERP «placed»\n",
            "carreta.orders.create",
            "\"purchase\":70",
        ],
    );
    assert_says(
        &told(&fixture, "71").await,
        &["Error no offer of UFI OC47", "In the ERP «failed»"],
    );
    for number in [order.id.to_string(), order.number.to_lowercase()] {
        let text = told(&fixture, &number).await;
        assert_says(
            &text,
            &[
                &format!("Our order {} at Carreta\n", order.id),
                "Purchase of the ERP 70\n",
                "History, as the site tells it\n",
                "carreta.orders.create",
            ],
        );
        let signatures: Vec<String> = fixture.sim.world().carreta.signatures.keys().cloned().collect();
        assert!(signatures.iter().all(|signature| !text.contains(signature.as_str())));
    }
}

#[tokio::test]
async fn a_purchase_at_the_shop_is_found_by_position_and_invoice() {
    let fixture = Setup::new().client_api().start().await;
    fixture.sim.world().saplab.parts = vec![Part {
        article: "9054".into(),
        brand: "MEAT&DORIA;".into(),
        name: "Преобразователь давления".into(),
        stock: 7,
        multiplicity: 1,
        days: 3,
        price: Decimal::new(218_750, 2),
        replaces: None,
    }];
    fixture
        .sql(
            "INSERT INTO erp.purchase_orders (id, supplier, brand, article, quantity)
              VALUES (70, 'saplab', 'MEAT&DORIA;', '9054', 2)",
        )
        .await;
    fixture.sync_done(&[Job::Purchases]).await;
    let position = fixture.sim.world().saplab.positions.values().next().unwrap().clone();
    let by_id = found(&fixture, &position.id.to_string()).await;
    assert_eq!(by_id, found(&fixture, &position.invoice).await);
    assert_eq!(
        (&by_id[0]["kind"], &by_id[0]["purchase"], &by_id[0]["status"]),
        (&json!("saplab_purchase"), &json!(70), &json!("Принято"))
    );
    let sent: Vec<&Value> = by_id[0]["sent"]
        .as_array()
        .unwrap()
        .iter()
        .map(|sent| &sent["operation"])
        .collect();
    assert_eq!(sent, ["saplab.purchases.create", "saplab.cart.add"], "newest first");
    assert_says(
        &told(&fixture, "70").await,
        &[
            &format!("Supplier saplab, order {}\n", position.id),
            "Status Принято",
            "3 days\n",
        ],
    );
}

#[tokio::test]
async fn a_number_that_nobody_knows_is_1_and_says_where_it_was_looked_for() {
    let fixture = shop().await;
    let output = fixture.command(&["explain", "--order", "A-0"]).await;
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let words = String::from_utf8(output.stderr).unwrap();
    assert_says(
        &words,
        &[
            "there is no order «A-0» among 2 positions of customers' orders at Saplab (the newest of 20",
            "0 orders of ours at Carreta",
            "0 purchases of the ERP. Last read: orders 20",
            "sverka sync orders",
        ],
    );
    for args in [vec!["explain"], vec!["explain", "--order", " "]] {
        assert_eq!(fixture.command(&args).await.status.code(), Some(2));
    }
}
