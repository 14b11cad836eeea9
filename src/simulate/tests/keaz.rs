use serde_json::{Value, json};

use super::{effects, http, json as ask, send, simulator};
use crate::simulate::{Options, Simulator, Upstream};

fn key() -> String {
    Options::default().keaz_key
}

fn url(simulator: &Simulator, call: &str) -> String {
    format!("{}/restapi/office/{call}", simulator.keaz_url())
}

async fn post(simulator: &Simulator, call: &str, content_type: &str, body: impl Into<reqwest::Body>) -> (u16, String) {
    let request = http()
        .post(url(simulator, call))
        .header("content-type", content_type)
        .body(body);
    let response = send(request).await;
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn post_json(simulator: &Simulator, call: &str, mut body: Value) -> Value {
    body["hash"] = key().into();
    let (_, text) = post(simulator, call, "application/json", body.to_string()).await;
    serde_json::from_str(&text).unwrap()
}

async fn with_two_warehouses() -> Simulator {
    let simulator = simulator().await;
    let rows = json!([
        {"code": "3", "contacts": "3", "address": "Курск, ул. Луначарского, 8"},
        {"code": "111111", "contacts": "test", "address": "Курск"},
    ]);
    let answer = post_json(&simulator, "warehouses.add.json", json!({"warehouses": rows})).await;
    assert_eq!(answer["status"], json!({"code": "ok", "messages": []}));
    simulator
}

#[tokio::test]
async fn the_three_formats_read_the_same_warehouses() {
    let simulator = with_two_warehouses().await;
    let bodies = [
        (
            "application/json; charset=utf-8",
            json!({"hash": key(), "filter": [{"id": 1}]}).to_string(),
        ),
        (
            "application/x-www-form-urlencoded",
            format!("hash={}&filter%5Bid%5D%5B0%5D=1", key()),
        ),
        (
            "application/xml",
            format!("<request><hash>{}</hash><filter><id>1</id></filter></request>", key()),
        ),
    ];
    for (content_type, body) in bodies {
        let (status, text) = post(&simulator, "warehouses.list", content_type, body).await;
        assert_eq!(status, 200);
        let rows = r#"[{"address":"\u041a\u0443\u0440\u0441\u043a, \u0443\u043b. \u041b\u0443\u043d\u0430\u0447\u0430\u0440\u0441\u043a\u043e\u0433\u043e, 8","code":"3","contacts":"3"}]"#;
        let mut answer: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            answer["warehouses"].take(),
            serde_json::from_str::<Value>(rows).unwrap(),
            "{content_type}"
        );
        assert!(text.is_ascii(), "Cyrillic is escaped as in the document");
    }
}

#[tokio::test]
async fn xml_answers_look_like_the_documents_example() {
    let simulator = with_two_warehouses().await;
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?><request><hash>{}</hash><warehouses><item><code>111111</code>\
         </item></warehouses></request>",
        key()
    );
    let (_, text) = post(&simulator, "warehouses.add.xml", "text/xml", body.clone()).await;
    assert!(
        text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<response><warehouses><item>"),
        "{text}"
    );
    assert!(text.contains("<code>111111</code>"));
    assert!(text.ends_with(
        "<status><code>ok</code><messages><item>Склад `111111` уже существует!</item></messages></status></response>"
    ));
    assert_eq!(effects(&simulator).len(), 2, "an existing warehouse is not added again");
    simulator.options().keaz_xml_p = true;
    let (_, text) = post(&simulator, "warehouses.add.xml", "text/xml", body).await;
    assert!(text.starts_with("<p><?xml"));
}

#[tokio::test]
async fn a_bad_row_is_named_by_its_number_and_the_others_are_applied() {
    let simulator = simulator().await;
    let rows = json!([{"contacts": "test", "address": "Курск"}, {"code": "007", "address": "Тула"}]);
    let answer = post_json(&simulator, "warehouses.add.json", json!({"warehouses": &rows})).await;
    assert_eq!(answer["status"]["code"], "error");
    let message = answer["status"]["messages"][0].as_str().unwrap();
    let row = message
        .strip_prefix("Не корректные данные склада в строке `0`: `")
        .unwrap()
        .strip_suffix('`')
        .unwrap();
    assert!(
        row.is_ascii(),
        "the row is escaped inside the message, as in the document: {row}"
    );
    assert_eq!(serde_json::from_str::<Value>(row).unwrap(), rows[0]);
    assert_eq!(answer["warehouses"][0]["code"], "007");
    assert_eq!(effects(&simulator)[0].1, "007");
}

#[tokio::test]
async fn the_documents_own_invalid_json_can_be_had() {
    let simulator = simulator().await;
    simulator.options().keaz_broken_json = true;
    let body = json!({"hash": key(), "warehouses": [{"contacts": "test"}]}).to_string();
    let (status, text) = post(&simulator, "warehouses.add", "application/json", body).await;
    assert_eq!(status, 200);
    assert!(serde_json::from_str::<Value>(&text).is_err());
    assert!(text.contains(r#"\u0435 `0`: `{"contacts":"test"}`""#), "{text}");
}

#[tokio::test]
async fn remains_are_set_row_by_row_in_every_format() {
    let simulator = with_two_warehouses().await;
    let rows = json!([
        {"warehouse": "3", "article": "A/1 &", "quantity": 12},
        {"warehouse": "3", "article": "A-2", "quantity": -1},
        {"warehouse": "nowhere", "article": "A-2", "quantity": 1},
        {"warehouse": "3", "article": "A-2", "quantity": 1.5},
        {"warehouse": "3", "article": "A-2", "quantity": "7"},
    ]);
    let answer = post_json(&simulator, "remains.update.json", json!({"remains": rows})).await;
    let messages: Vec<&str> = answer["status"]["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|m| m.as_str().unwrap())
        .collect();
    assert_eq!(messages.len(), 3);
    for (message, row) in messages.iter().zip([1, 2, 3]) {
        assert!(
            message.starts_with(&format!("Не корректные данные остатка в строке `{row}`: `{{")),
            "{message}"
        );
    }
    let form = format!(
        "hash={}&remains%5B0%5D%5Bwarehouse%5D=111111&remains%5B0%5D%5Barticle%5D=%D0%90+1&remains%5B0%5D%5Bquantity%5D=5",
        key()
    );
    post(&simulator, "remains.update", "application/x-www-form-urlencoded", form).await;
    let xml = format!(
        "<request><hash>{}</hash><remains><item><warehouse>3</warehouse><article>A-2</article></item></remains></request>",
        key()
    );
    let (_, text) = post(&simulator, "remains.delete.xml", "application/xml", xml).await;
    assert!(text.contains("<code>ok</code>"), "{text}");
    let told: Vec<(String, String, Value)> = effects(&simulator).split_off(2);
    let told: Vec<(&str, &str, Value)> = told
        .iter()
        .map(|(o, k, v)| (o.as_str(), k.as_str(), v.clone()))
        .collect();
    assert_eq!(
        told,
        [
            ("keaz.remains.update", "3/A/1 &", json!(12)),
            ("keaz.remains.update", "3/A-2", json!(7)),
            ("keaz.remains.update", "111111/А 1", json!(5)),
            ("keaz.remains.delete", "3/A-2", Value::Null),
        ]
    );
    let answer = post_json(&simulator, "remains.list", json!({"filter": [{"warehouse": "3"}]})).await;
    assert_eq!(
        answer["remains"],
        json!([{"warehouse": "3", "article": "A/1 &", "quantity": "12"}])
    );
}

#[tokio::test]
async fn the_stock_resource_and_its_fields_have_other_names_if_told_so() {
    let simulator = with_two_warehouses().await;
    {
        let mut options = simulator.options();
        options.keaz_remains_resource = "stock".into();
        options.keaz_remains_fields = ["sklad".into(), "art".into(), "qty".into()];
        options.keaz_answers_remains_list = false;
    }
    let rows = json!([{"sklad": "3", "art": "A", "qty": 1}]);
    let answer = post_json(&simulator, "stock.update.json", json!({"stock": rows})).await;
    assert_eq!(answer["stock"], json!([{"sklad": "3", "art": "A", "qty": "1"}]));
    let (status, _) = post(&simulator, "stock.list", "application/json", "{}").await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn a_wrong_key_is_an_error_in_the_body_and_a_wrong_body_is_refused() {
    let simulator = with_two_warehouses().await;
    let (status, text) = post(
        &simulator,
        "warehouses.list",
        "application/json",
        r#"{"hash": "other"}"#,
    )
    .await;
    let answer: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(
        (status, &answer),
        (
            200,
            &json!({"status": {"code": "error", "messages": ["Неверный API ключ"]}})
        )
    );
    simulator.options().keaz_bad_key_401 = true;
    let (status, _) = post(
        &simulator,
        "warehouses.list",
        "application/json",
        r#"{"hash": "other"}"#,
    )
    .await;
    assert_eq!(status, 401);
    let good = json!({"hash": key()}).to_string();
    for (content_type, body) in [
        ("application/json", format!("\u{feff}{good}")),
        ("application/xml", good.clone()),
        ("application/x-www-form-urlencoded", good.clone()),
        ("text/plain", good.clone()),
        ("application/json", format!("<request><hash>{}</hash></request>", key())),
    ] {
        let (status, text) = post(&simulator, "warehouses.list", content_type, body).await;
        assert_eq!(status, 400, "{content_type}: {text}");
        assert!(text.contains("error"));
    }
    let (status, _) = post(&simulator, "nothing.list", "application/json", good).await;
    assert_eq!(status, 404);
    assert_eq!(send(http().get(url(&simulator, "warehouses.list"))).await.status(), 405);
}

#[tokio::test]
async fn requests_are_recorded_without_their_bodies() {
    let simulator = with_two_warehouses().await;
    let request = http()
        .post(url(&simulator, "warehouses.get.json"))
        .header("content-type", "application/json");
    ask(request.body(json!({"hash": key()}).to_string())).await;
    simulator.wait_until_arrived("keaz.warehouses.get", 1).await;
    simulator.wait_until(|_, _| simulator.requests().len() == 2).await;
    let seen = simulator.requests().pop().unwrap();
    assert_eq!(
        (seen.upstream, seen.status, seen.number),
        (Upstream::Keaz, Some(200), 2)
    );
    assert_eq!(seen.path, "/restapi/office/warehouses.get.json");
    assert!(!format!("{seen:?}").contains(&key()));
    simulator.stop().await;
}
