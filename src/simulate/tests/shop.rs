use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::{effects, http, json as ask, send, simulator};
use crate::simulate::{Options, Simulator, World};

fn url(simulator: &Simulator, path: &str) -> String {
    format!("{}/{path}", simulator.saplab_url())
}

fn signed(request: RequestBuilder) -> RequestBuilder {
    let options = Options::default();
    request.basic_auth(options.client_login, Some(options.client_password))
}

async fn get(simulator: &Simulator, path: &str) -> Value {
    ask(signed(http().get(url(simulator, path)))).await
}

async fn post(simulator: &Simulator, path: &str, pairs: &[(&str, &str)]) -> Value {
    let body = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    let request = http()
        .post(url(simulator, path))
        .header("content-type", "application/x-www-form-urlencoded");
    ask(signed(request).body(body)).await
}

async fn shop() -> Simulator {
    let simulator = simulator().await;
    *simulator.world() = World::demo(3, 0, 0);
    for part in &mut simulator.world().saplab.parts {
        part.stock = 2;
    }
    simulator
}

#[tokio::test]
async fn from_the_search_to_the_order() {
    let simulator = shop().await;
    let brands = get(&simulator, "parts/search/9054").await;
    assert_eq!(brands["groups"][0]["brand"], "MEAT&DORIA;");
    let parts = get(&simulator, "parts/search/9054/MEAT%26DORIA%3B").await;
    let product = parts["parts"][0]["to_cart"].as_str().unwrap();
    assert!(parts["parts"][0]["price"].is_number());
    let added = post(
        &simulator,
        "account/cart/add",
        &[("product", product), ("comment", "T-1")],
    )
    .await;
    assert_eq!(added["status"], "ok");
    let token = added["data"].as_str().unwrap();
    assert_eq!(token.len(), 64);
    let cart = get(&simulator, "account/cart").await;
    assert_eq!(
        (&cart["contents"][0]["to_order"], &cart["contents"][0]["quantity"]),
        (&json!(token), &json!(1))
    );
    let short = post(
        &simulator,
        "account/cart/add",
        &[("product", product), ("quantity", "2")],
    )
    .await;
    assert_eq!(
        short,
        json!({"status": "error", "message": "Недостаточно товара на складе."})
    );
    let wrong = post(&simulator, "account/order/create", &[("product", token)]).await;
    assert_eq!(wrong["status"], "error");
    let order = post(&simulator, "account/order/create", &[("products[]", token)]).await;
    assert_eq!(
        (&order["status"], &order["data"][0]["status_name"]),
        (&json!("ok"), &json!(0))
    );
    assert_eq!(order["message"], order["data"][0]["invoice"]);
    let list = get(
        &simulator,
        &format!("account/order/filter/invoice/{}", order["message"].as_str().unwrap()),
    )
    .await;
    assert_eq!(list["orders"][0]["comment"], json!({"client_comment": "T-1"}));
    assert_eq!(list["orders"][0]["status_name"], "Принято");
    assert_eq!(get(&simulator, "account/cart").await["contents"], json!([]));
    let told: Vec<String> = effects(&simulator).into_iter().map(|effect| effect.0).collect();
    assert_eq!(told, ["saplab.client.cart.add", "saplab.client.order.create"]);
}

#[tokio::test]
async fn statuses_are_open_to_all_and_the_rest_to_the_client_only() {
    let simulator = shop().await;
    let statuses = ask(http().get(url(&simulator, "misc/order_statuses"))).await;
    assert_eq!(statuses[0], json!({"id": 2, "name": "В работе", "color": "CBFFC9"}));
    assert_eq!(send(http().get(url(&simulator, "account/cart"))).await.status(), 401);
}
