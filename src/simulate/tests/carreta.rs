use std::io::Read;

use encoding_rs::WINDOWS_1251;
use flate2::read::GzDecoder;
use reqwest::RequestBuilder;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{effects, http, json as ask, send, simulator};
use crate::simulate::world::Offer;
use crate::simulate::{CommentMatch, Options, PriceList, Simulator, World};

fn url(simulator: &Simulator, path_and_query: &str) -> String {
    let mark = if path_and_query.contains('?') { '&' } else { '?' };
    format!(
        "{}/v1/{path_and_query}{mark}api_key={}",
        simulator.carreta_url(),
        Options::default().carreta_key
    )
}

fn get(simulator: &Simulator, path_and_query: &str) -> RequestBuilder {
    http().get(url(simulator, path_and_query))
}

async fn order(simulator: &Simulator, query: &str, body: &Value) -> (u16, String) {
    let request = http().post(url(simulator, &format!("order/{query}")));
    let response = send(
        request
            .header("content-type", "application/json")
            .body(body.to_string()),
    )
    .await;
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn with_an_offer(qty: &str, min_qty: u32) -> (Simulator, Value) {
    let simulator = simulator().await;
    let offer = Offer {
        code: "OC47".into(),
        maker: "KNECHT/MAHLE".into(),
        name: "Фильтр масляный".into(),
        price: Decimal::new(15202, 2),
        period_min: 7,
        period_max: 7,
        min_qty,
        qty: qty.into(),
        stat: Some(97),
        source: "57".into(),
        ..Offer::default()
    };
    simulator.world().carreta.offers = vec![offer];
    let mut found = ask(get(&simulator, "search/?q=oc47")).await["objects"][0].take();
    found["order_qty"] = 1.into();
    (simulator, found)
}

#[tokio::test]
async fn a_profile_is_shown_to_whoever_has_the_key() {
    let simulator = simulator().await;
    assert_eq!(ask(get(&simulator, "profile/")).await["balance"], "150007.14");
    let response = send(http().get(format!("{}/v1/profile/?api_key=other", simulator.carreta_url()))).await;
    assert_eq!(response.status(), 401);
    assert_eq!(response.text().await.unwrap(), r#"{"error":"Unauthorized."}"#);
}

#[tokio::test]
async fn a_path_without_its_last_slash_is_redirected_before_all_else() {
    let simulator = simulator().await;
    let response = send(http().post(format!("{}/v1/order?api_key=any", simulator.carreta_url()))).await;
    assert_eq!(response.status(), 301);
    assert_eq!(response.headers()["location"], "/v1/order/?api_key=any");
}

#[tokio::test]
async fn an_order_with_the_fields_of_the_search_is_created_without_a_body() {
    let (simulator, mut body) = with_an_offer("500", 1).await;
    assert_eq!(
        (&body["price"], &body["qty"], &body["stat"]),
        (&json!("152.02"), &json!("500"), &json!(97))
    );
    for field in ["desc", "is_cross", "stat", "source"] {
        body.as_object_mut().unwrap().remove(field);
    }
    body["order_qty"] = 10.into();
    body["client_comment"] = "01TOKEN".into();
    assert_eq!(order(&simulator, "?test=on", &body).await, (201, String::new()));
    let told = effects(&simulator);
    assert_eq!(
        (told.len(), told[0].0.as_str(), told[0].1.as_str()),
        (1, "carreta.order.create", "01TOKEN")
    );
    assert_eq!(
        (&told[0].2["order_qty"], &told[0].2["test"]),
        (&json!(10), &json!(true))
    );
    let found = ask(get(&simulator, "order/?client_comment=nothing&client_comment=01TOKEN")).await;
    let mut row = found["objects"][0].clone();
    assert_eq!(row["total"], "1520.20");
    let id = row["id"].as_u64().unwrap();
    assert_eq!(ask(get(&simulator, &format!("order/{id}/"))).await, row.take());
    let history = ask(get(&simulator, &format!("order/{id}/history/"))).await;
    assert_eq!(
        history["objects"][0]["comment"],
        "Создан со статусом \"Холд\" на сумму 1520.20 руб."
    );
    assert_eq!(send(get(&simulator, "order/1/")).await.status(), 404);
}

#[tokio::test]
async fn an_order_that_breaks_a_rule_is_refused_with_400() {
    let (simulator, good) = with_an_offer("<10", 2).await;
    for (field, value) in [
        ("order_qty", json!(10)),
        ("order_qty", json!(3)),
        ("order_qty", json!("2")),
        ("_", json!("AAAA")),
        ("price", json!("151.00")),
        ("price", json!(152.02)),
        ("qty", json!("<11")),
        ("client_comment", json!("x".repeat(51))),
    ] {
        let mut body = good.clone();
        body["order_qty"] = 2.into();
        body[field] = value.clone();
        let (status, text) = order(&simulator, "", &body).await;
        assert_eq!(status, 400, "{field} {value}");
        assert!(serde_json::from_str::<Value>(&text).unwrap()["error"].is_string());
    }
    simulator.world().carreta.offers[0].price = Decimal::new(16000, 2);
    let mut stale = good;
    stale["order_qty"] = 2.into();
    assert_eq!(order(&simulator, "", &stale).await.0, 400);
    assert_eq!(effects(&simulator), []);
}

#[tokio::test]
async fn orders_come_newest_first_a_hundred_a_page() {
    let (simulator, mut body) = with_an_offer("Есть", 1).await;
    body["client_comment"] = "abc".into();
    order(&simulator, "", &body).await;
    {
        let mut world = simulator.world();
        let first = world.carreta.orders[0].clone();
        let more = (1..=149).map(|n| crate::simulate::world::Order {
            id: first.id + n,
            ..first.clone()
        });
        let more: Vec<_> = more.collect();
        world.carreta.orders.extend(more);
    }
    let ids = |answer: &Value| -> Vec<u64> {
        answer["objects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["id"].as_u64().unwrap())
            .collect()
    };
    let first = ids(&ask(get(&simulator, "order/")).await);
    let second = ids(&ask(get(&simulator, "order/?page=2")).await);
    assert_eq!((first.len(), second.len()), (100, 50));
    assert!(first.iter().min() > second.iter().max());
    assert_eq!(ids(&ask(get(&simulator, "order/?page=3")).await).len(), 0);
    assert_eq!(ids(&ask(get(&simulator, "order/?client_comment=ab")).await).len(), 0);
    simulator.options().carreta_comment_match = CommentMatch::Substring;
    assert_eq!(ids(&ask(get(&simulator, "order/?client_comment=b")).await).len(), 100);
}

#[tokio::test]
async fn a_price_list_is_cp1251_and_is_sent_once() {
    let simulator = simulator().await;
    *simulator.world() = World::demo(5, 0, 3_000);
    let response = send(http().get(simulator.price_list_url("main"))).await;
    let (etag, modified) = (
        response.headers()["etag"].clone(),
        response.headers()["last-modified"].clone(),
    );
    let bytes = response.bytes().await.unwrap();
    let (text, _, broken) = WINDOWS_1251.decode(&bytes);
    assert!(!broken && text.ends_with("\r\n"));
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 3_001);
    assert_eq!(
        lines[0],
        "Производитель;Артикул;Наименование;Цена;Количество;Кратность;Срок мин;Срок макс"
    );
    assert!(lines.iter().all(|line| line.split(';').count() == 8));
    let url = simulator.price_list_url("main");
    for request in [
        http().get(&url).header("if-none-match", etag.clone()),
        http().get(&url).header("if-modified-since", modified),
    ] {
        let response = send(request).await;
        assert_eq!(
            (response.status().as_u16(), response.headers()["etag"].clone()),
            (304, etag.clone())
        );
    }
    let packed = send(http().get(&url).header("accept-encoding", "gzip")).await;
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let packed = packed.bytes().await.unwrap();
    let mut unpacked = Vec::new();
    GzDecoder::new(&packed[..]).read_to_end(&mut unpacked).unwrap();
    assert_eq!(unpacked, bytes);
    simulator
        .world()
        .carreta
        .price_lists
        .insert("main".into(), PriceList::text("Бренд;Цена\n"));
    let changed = send(http().get(&url).header("if-none-match", etag)).await;
    assert_eq!(
        changed.bytes().await.unwrap(),
        WINDOWS_1251.encode("Бренд;Цена\n").0.as_ref()
    );
}
