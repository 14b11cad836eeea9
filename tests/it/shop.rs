//! The reading operations of Saplab's client API: what each asks for, what it answers, what the mirror keeps, and how
//! each error ends.

use rust_decimal::Decimal;
use serde_json::{Value, json};
use sverka::simulate::world::{CartLine, Part, Position, PositionEvent};
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Fixture, Setup};

fn part(brand: &str, article: &str, price: i64) -> Part {
    Part {
        article: article.into(),
        brand: brand.into(),
        name: "Преобразователь давления".into(),
        stock: 7,
        multiplicity: 2,
        days: 3,
        price: Decimal::new(price, 2),
        replaces: None,
    }
}

/// A shop with the article 9054 of two brands, and a replacement for it.
async fn shop() -> Fixture {
    let fixture = Setup::new().client_api().start().await;
    let replacement = Part {
        stock: -1,
        replaces: Some("9054".into()),
        ..part("JP GROUP", "1150101800", 39_200)
    };
    fixture.sim.world().saplab.parts = vec![
        part("MEAT&DORIA;", "9054", 218_750),
        part("MEAT", "9054", 1),
        replacement,
    ];
    fixture
}

/// What was asked of the shop: method, path, operation of the simulator.
fn asked(fixture: &Fixture) -> Vec<String> {
    let seen = fixture.sim.requests();
    seen.into_iter()
        .map(|one| format!("{} {} {}", one.method, one.path, one.operation))
        .collect()
}

/// A shop that answers like this, always.
async fn answering(operation: &str, action: Action) -> Fixture {
    let fixture = shop().await;
    fixture.sim.inject(Rule::always(Upstream::Saplab, operation, action));
    fixture
}

async fn text(fixture: &Fixture, query: &str) -> String {
    fixture.value(query).await.unwrap_or_default()
}

#[tokio::test]
async fn brands_are_asked_for_by_article_and_told_as_they_stand() {
    let fixture = shop().await;
    let answer = fixture
        .answer("saplab.parts.brands", json!({ "article": "9054" }))
        .await;
    let name = "Преобразователь давления";
    assert_eq!(
        answer,
        json!({ "brands": [{ "brand": "MEAT&DORIA;", "name": name }, { "brand": "MEAT", "name": name }], "rejected": [] })
    );
    assert_eq!(asked(&fixture), ["GET /parts/search/9054 saplab.client.parts.brands"]);
}

#[tokio::test]
async fn articles_and_brands_leave_byte_for_byte() {
    let fixture = shop().await;
    for (article, brand) in [
        ("9054", "MEAT&DORIA;"),
        (".sg-4540.", "KNECHT/MAHLE"),
        ("A#1 100%", "ё"),
        ("filter", "..."),
    ] {
        let answer = fixture
            .answer("saplab.parts.search", json!({ "article": article, "brand": brand }))
            .await;
        assert!(answer["parts"].is_array());
    }
    let paths = [
        "9054/MEAT%26DORIA%3B",
        ".sg-4540./KNECHT%2FMAHLE",
        "A%231%20100%25/%D1%91",
        "filter/...",
    ];
    let expected = paths.map(|path| format!("GET /parts/search/{path} saplab.client.parts.search"));
    assert_eq!(asked(&fixture), expected);
}

#[tokio::test]
async fn what_would_name_another_method_is_refused_before_sending() {
    let fixture = shop().await;
    for value in ["..", ".", ""] {
        for args in [
            json!({ "article": value, "brand": "MEAT" }),
            json!({ "article": "9054", "brand": value }),
        ] {
            let call = fixture.ask("saplab.parts.search", args).await;
            assert_eq!(call.state, "dead", "{call:?}");
        }
        assert_eq!(
            fixture
                .ask("saplab.parts.brands", json!({ "article": value }))
                .await
                .state,
            "dead"
        );
        let filter = json!({ "invoice": value });
        assert_eq!(fixture.ask("saplab.purchases.list", filter).await.state, "dead");
    }
    assert!(asked(&fixture).is_empty());
}

#[tokio::test]
async fn offers_are_shown_with_their_numbers_and_keep_their_tokens_where_nobody_sees_them() {
    let fixture = shop().await;
    let args = json!({ "article": "9054", "brand": "MEAT&DORIA;" });
    let answer = fixture.answer("saplab.parts.search", args.clone()).await;
    let number = text(&fixture, "(SELECT min(id) FROM mirror.offer)").await;
    assert_eq!(
        answer["parts"][0],
        json!({
            "article": "9054", "brand": "MEAT&DORIA;", "name": "Преобразователь давления", "stock": 7,
            "multiplicity": 2, "days_min": 3, "days_max": 3, "percent": 86, "price": "2187.5", "warehouse": null,
            "returnable": true, "return_cost": 10, "comment": null, "inexact": false, "unreadable": [],
            "offer": number.parse::<i64>().unwrap(),
        })
    );
    assert_eq!(
        (&answer["parts"][1]["stock"], &answer["parts"][1]["inexact"]),
        (&Value::Null, &json!(true))
    );
    let kept = "(SELECT string_agg(concat_ws('|', supplier, searched, brand, article, price, coalesce(quantity::text, '?'), most, min_quantity,
                                   days_max, is_cross, probability, ticket IS NOT NULL), ' ' ORDER BY id) FROM mirror.offer)";
    assert_eq!(
        text(&fixture, kept).await,
        "saplab|9054/MEAT&DORIA;|MEAT&DORIA;|9054|2187.5|7|7|2|3|f|86|t \
         saplab|9054/MEAT&DORIA;|JP GROUP|1150101800|392|?|10000|2|3|t|86|t",
        "a stock that nobody knows is not 0, and the shop decides when it is put into the cart"
    );
    let token = text(
        &fixture,
        "(SELECT ticket ->> 'to_cart' FROM mirror.offer ORDER BY id LIMIT 1)",
    )
    .await;
    assert!(!token.is_empty());
    let queue = text(&fixture, "(SELECT string_agg(c::text, ' ') FROM queue.call c)").await;
    assert!(!queue.contains(&token) && !queue.contains("to_cart"));

    fixture.sim.world().saplab.parts.remove(0);
    fixture.answer("saplab.parts.search", args).await;
    assert_eq!(
        fixture.count("mirror.offer").await,
        1,
        "the next search takes the place of the last"
    );
}

#[tokio::test]
async fn the_cart_is_mirrored_whole_whoever_has_filled_it() {
    let fixture = shop().await;
    let line = CartLine {
        to_order: "line-1".into(),
        part: part("ZEKKERT", ".sg-4540.", 219_800),
        quantity: 2,
        comment: "для меня".into(),
    };
    fixture.sim.world().saplab.cart = vec![line];
    let answer = fixture.answer("saplab.cart.list", json!({})).await;
    assert_eq!(
        answer["lines"][0],
        json!({
            "to_order": "line-1", "article": ".sg-4540.", "brand": "ZEKKERT", "name": "Преобразователь давления",
            "multiplicity": 2, "quantity": 2, "price": "2198", "total": "4396", "warehouse": null,
            "comment": "для меня", "days_min": 3, "days_max": 3, "unreadable": [],
        })
    );
    let kept = "(SELECT string_agg(concat_ws('|', to_order, brand, article, quantity, price, total, comment), ' ')
                   FROM mirror.saplab_cart)";
    assert_eq!(
        text(&fixture, kept).await,
        "line-1|ZEKKERT|.sg-4540.|2|2198|4396|для меня"
    );
    fixture.sim.world().saplab.cart.clear();
    assert_eq!(fixture.answer("saplab.cart.list", json!({})).await["lines"], json!([]));
    assert_eq!(fixture.count("mirror.saplab_cart").await, 0);
    assert_eq!(asked(&fixture), vec!["GET /account/cart saplab.client.cart.list"; 2]);
}

#[tokio::test]
async fn our_positions_are_asked_for_with_every_documented_filter() {
    let fixture = shop().await;
    let filter = json!({
        "order_ids": [1, 2], "invoice": "NO/5", "brand": "MEAT&DORIA;", "article": ".sg-4540.", "shipping_id": 0,
        "point_id": 1, "order_status": 14, "unignore_archived": true, "date_from": "2016-12-31",
        "date_to": "2017-01-04", "page": 2, "per_page": 500,
    });
    fixture.answer("saplab.purchases.list", filter).await;
    let path = "/account/order/filter/order_ids/1,2/invoice/NO%2F5/brand/MEAT%26DORIA%3B/article/.sg-4540.\
                /shipping_id/0/point_id/1/order_status/14/unignore_archived/1/date_from/2016-12-31/date_to/2017-01-04\
                /page/2/per_page/150";
    assert_eq!(asked(&fixture), [format!("GET {path} saplab.client.order.list")]);
}

#[tokio::test]
async fn our_positions_are_mirrored_as_they_change() {
    let fixture = shop().await;
    let at = "2026-01-15T19:02:43Z".parse().unwrap();
    let id = fixture.position(Position {
        invoice: "00242".into(),
        client_comment: "наш 1".into(),
        quantity: 2,
        added: at,
        history: vec![PositionEvent {
            at,
            color: "FAFFB3".into(),
            status: "Принято".into(),
            manager: "Автоматически".into(),
        }],
        ..Position::default()
    });
    fixture.position(Position {
        client_id: 1,
        ..Position::default()
    });
    let answer = fixture.answer("saplab.purchases.list", json!({})).await;
    let shown = &answer["positions"][0];
    assert_eq!(answer["positions"].as_array().unwrap().len(), 1, "only what we ordered");
    assert_eq!((&shown["total"], &shown["shipping_id"]), (&json!("7918"), &json!(0)));
    assert_eq!(
        (&shown["date_added"], &shown["history"][0]["date"]),
        (&json!("2026-01-15T19:02:43Z"), &json!("2026-01-15T19:02:43Z"))
    );
    let kept = "(SELECT concat_ws('|', invoice, article, quantity, price, total, status_id, status_name, is_paid,
                        client_comment, history -> 0 ->> 'status', date_added AT TIME ZONE 'UTC') FROM mirror.saplab_purchase)";
    assert_eq!(
        text(&fixture, kept).await,
        "00242|12133|2|3959|7918|6|Принято|f|наш 1|Принято|2026-01-15 19:02:43"
    );
    {
        let mut world = fixture.sim.world();
        let position = world.saplab.positions.get_mut(&id).unwrap();
        (position.status_id, position.is_payed) = (4, true);
    }
    fixture
        .answer("saplab.purchases.list", json!({ "invoice": "00242" }))
        .await;
    let changed = "(SELECT concat_ws('|', status_id, status_name, is_paid) FROM mirror.saplab_purchase)";
    assert_eq!(text(&fixture, changed).await, "4|Выдано (Отправлено)|t");
}

#[tokio::test]
async fn a_person_is_shown_one_page_and_a_listing_of_all_reads_them_all() {
    let fixture = shop().await;
    fixture.positions(301);
    let answer = fixture
        .answer("saplab.purchases.list", json!({ "per_page": 150 }))
        .await;
    assert_eq!(
        (&answer["pages"], answer["positions"].as_array().unwrap().len()),
        (&json!(3), 150)
    );
    assert_eq!(fixture.count("mirror.saplab_purchase").await, 150);
    let all = json!({ "page": 1, "per_page": 150, "follow": true });
    fixture.enqueue("saplab.purchases.list", all).await;
    let open = "NOT EXISTS (SELECT FROM queue.call WHERE state IN ('pending', 'running', 'unknown'))";
    fixture.work_until("the last page", &format!("(SELECT {open})")).await;
    assert_eq!(fixture.count("mirror.saplab_purchase").await, 301);
    assert_eq!(fixture.sim.counts()["saplab.client.order.list"].ended, 4);
}

#[tokio::test]
async fn statuses_replace_the_last_good_list_and_a_list_without_any_is_refused() {
    let fixture = shop().await;
    let answer = fixture.answer("saplab.purchases.statuses", json!({})).await;
    assert_eq!(answer[0], json!({ "id": 2, "name": "В работе", "color": "CBFFC9" }));
    fixture.sim.world().saplab.statuses.retain(|status| status.id != 5);
    fixture.answer("saplab.purchases.statuses", json!({})).await;
    assert_eq!(fixture.count("mirror.saplab_purchase_status").await, 6);
    let answer_once = |body: &str| {
        let garbage = Action::Garbage(body.into());
        fixture
            .sim
            .inject(Rule::once(Upstream::Saplab, "saplab.client.statuses", garbage));
    };
    for body in ["[]", r#"{"statuses":[]}"#] {
        answer_once(body);
        let call = fixture.ask("saplab.purchases.statuses", json!({})).await;
        assert_eq!(call.state, "dead", "{call:?}");
    }
    answer_once(r#"[{"id":2,"name":"В работе"},{"id":3}]"#);
    let call = fixture.ask("saplab.purchases.statuses", json!({})).await;
    assert_eq!(
        (call.state.as_str(), call.attempt),
        ("done", 2),
        "asked again: {call:?}"
    );
    assert_eq!(fixture.count("mirror.saplab_purchase_status").await, 6);
    let seen = asked(&fixture);
    assert!(
        seen.iter()
            .all(|one| one == "GET /misc/order_statuses saplab.client.statuses")
    );
}

const READS: [(&str, &str); 5] = [
    ("saplab.parts.brands", r#"{"article":"9054"}"#),
    ("saplab.parts.search", r#"{"article":"9054","brand":"MEAT"}"#),
    ("saplab.cart.list", "{}"),
    ("saplab.purchases.list", "{}"),
    ("saplab.purchases.statuses", "{}"),
];

#[tokio::test]
async fn an_error_in_the_body_is_told_in_the_shops_words() {
    let body = json!({ "status": "error", "message": "Доступ по API не включён." });
    let fixture = answering("saplab.client", Action::Garbage(body.to_string())).await;
    for (operation, args) in READS {
        let call = fixture.ask(operation, serde_json::from_str(args).unwrap()).await;
        assert_eq!(call.state, "dead", "{call:?}");
        assert!(
            call.reason.as_ref().unwrap().contains("Доступ по API не включён."),
            "{call:?}"
        );
    }
}

#[tokio::test]
async fn a_wrong_login_lets_the_client_api_rest_and_nothing_else() {
    let fixture = shop().await;
    fixture.sim.options().client_password = "another".into();
    let id = fixture.enqueue("saplab.cart.list", json!({})).await;
    let resting = "(SELECT coalesce(array_agg(name)::text, '') = '{saplab.client}' FROM queue.upstream
                     WHERE paused_until > now())";
    fixture.work_until("the client API to rest", resting).await;
    let call = fixture.call(id).await;
    assert_eq!(call.state, "pending", "nothing is lost: {call:?}");
    assert!(call.reason.as_ref().unwrap().contains("401"), "{call:?}");
    fixture.answer("saplab.statuses.list", json!({})).await;
}

#[tokio::test]
async fn rows_that_cannot_be_read_are_told_of_and_lose_no_others() {
    let good = r#"{"to_order":"t","article":"1","brand":"A","quantity":1}"#;
    let body = format!(r#"{{"contents":{{"0":{{"article":"2"}},"1":{good}}}}}"#);
    let fixture = answering("saplab.client.cart", Action::Garbage(body)).await;
    let call = fixture.ask("saplab.cart.list", json!({})).await;
    assert_eq!(
        (call.state.as_str(), call.reason.as_deref()),
        ("done", Some("row 1 of 2: it has no identifier"))
    );
    assert_eq!(call.answer.unwrap()["lines"][0]["to_order"], "t");
    assert_eq!(fixture.count("mirror.saplab_cart").await, 1);
}
