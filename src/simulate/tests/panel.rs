use reqwest::{Method, RequestBuilder};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{effects, http, json as ask, send, simulator};
use crate::simulate::world::Position;
use crate::simulate::{Options, Simulator, World};

fn get(simulator: &Simulator, path: &str) -> RequestBuilder {
    request(simulator, Method::GET, path)
}

fn request(simulator: &Simulator, method: Method, path: &str) -> RequestBuilder {
    let options = Options::default();
    let url = format!("{}/panel/{path}", simulator.saplab_url());
    http()
        .request(method, url)
        .basic_auth(options.panel_login, Some(options.panel_password))
}

/// As `curl --data` does it.
fn post(simulator: &Simulator, path: &str, data: &str) -> RequestBuilder {
    let request = request(simulator, Method::POST, path);
    request
        .header("content-type", "application/x-www-form-urlencoded")
        .body(data.to_owned())
}

async fn shop_with(positions: u32) -> Simulator {
    let simulator = simulator().await;
    for number in 1..=positions {
        let article = format!("A/{number}");
        simulator.world().saplab.add_position(Position {
            article,
            ..Position::default()
        });
    }
    simulator
}

fn ids(orders: &Value) -> Vec<u64> {
    let id = |order: &Value| order["id"].as_str().unwrap().parse().unwrap();
    orders["orders"].as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn a_position_looks_as_in_the_documents_example() {
    let simulator = simulator().await;
    let added = chrono::DateTime::parse_from_rfc3339("2017-01-15T19:02:43.114625Z")
        .unwrap()
        .to_utc();
    let position = Position {
        invoice: "NZ-005".into(),
        added,
        modified: added,
        status_id: 3,
        ..Position::default()
    };
    simulator.world().saplab.add_position(position);
    let answer = ask(get(&simulator, "order")).await;
    assert_eq!(answer["filters"], json!({"per_page": 20}));
    assert_eq!(answer["pages"], 1);
    let mut wanted = json!({
        "id": "1", "client_id": "2", "client_name": "Клиент 2", "wholesaler_info": "ООО \"Рога и Копыта\"",
        "is_wholesaler": "1", "date_added": "2017-01-15 22:02:43.114625",
        "date_modified": "2017-01-15 22:02:43.114625", "distributor_id": "3", "invoice": "NZ-005", "brand": "KILEN",
        "article": "12133", "comment": {"client_comment": ""}, "name": "Пружина передняя",
        "status_name": "Оприходовано офисом", "deny_request": "0", "status_color": "EDFF78", "shipping_id": "0",
        "shipping_address": "", "shipping_name": null, "deliverytime_max": "0", "deliverytime_min": "0",
        "initial_price": "3958.07", "price": "3959", "doc_id": null, "total": "3959", "quantity": "1",
        "is_archived": "0", "status_id": "3", "is_payed": "0", "history": [], "is_denied": "0",
    });
    wanted["distributor_name"] = answer["orders"][0]["distributor_name"].clone();
    assert_eq!(answer["orders"][0], wanted);
}

#[tokio::test]
async fn pages_are_counted_and_the_last_one_is_repeated() {
    let simulator = shop_with(45).await;
    let first = ask(get(&simulator, "order")).await;
    assert_eq!(
        (ids(&first).len(), ids(&first)[0], &first["pages"]),
        (20, 45, &json!(3))
    );
    let last = ask(get(&simulator, "order/filter/page/3")).await;
    assert_eq!(ids(&last), [5, 4, 3, 2, 1]);
    assert_eq!(
        ids(&ask(get(&simulator, "order/filter/page/99")).await),
        [5, 4, 3, 2, 1]
    );
    assert_eq!(ids(&ask(get(&simulator, "order/filter/per_page/1000")).await).len(), 45);
}

#[tokio::test]
async fn filters_are_decoded_and_combined() {
    let simulator = shop_with(3).await;
    {
        let mut world = simulator.world();
        let second = world.saplab.positions.get_mut(&2).unwrap();
        (second.is_archived, second.brand) = (true, "KNECHT/MAHLE".into());
        world.saplab.positions.get_mut(&3).unwrap().client_id = 1;
    }
    for (path, wanted) in [
        ("order", vec![3, 1]),
        ("order/filter/unignore_archived/1", vec![3, 2, 1]),
        ("order/filter/order_ids/1,2/unignore_archived/1", vec![2, 1]),
        ("order/filter/brand/KNECHT%2FMAHLE/unignore_archived/1", vec![2]),
        ("order/filter/article/A%2F3", vec![3]),
        ("order/filter/client_name/%D1%80%D0%BE%D0%B3%D0%B0", vec![1]),
        ("order/filter/client_group/1", vec![3]),
        ("order/filter/order_status/6/is_payed/0", vec![3, 1]),
        ("order/filter/is_payed/1", vec![]),
        ("order/filter/date_to/2016-12-31", vec![]),
        ("order/filter/date_from/2016-12-31", vec![3, 1]),
    ] {
        assert_eq!(ids(&ask(get(&simulator, path)).await), wanted, "{path}");
    }
    assert_eq!(send(get(&simulator, "order/filter/statuss/1")).await.status(), 400);
}

#[tokio::test]
async fn setting_a_status_is_seen_in_the_position_and_in_the_ledger() {
    let simulator = shop_with(2).await;
    let answer = ask(post(&simulator, "order/set_status/2", "status_id=5")).await;
    assert_eq!(
        answer,
        json!({"status": "success", "text": "Статус установлен успешно."})
    );
    assert_eq!(
        effects(&simulator),
        [("saplab.panel.order.set_status".into(), "2".into(), json!(5))]
    );
    let order = &ask(get(&simulator, "order/filter/order_ids/2")).await["orders"][0];
    assert_eq!(
        (&order["status_id"], &order["status_name"]),
        (&json!("5"), &json!("Снято"))
    );
    assert_eq!(order["history"][0]["color"], "FFBADA");
    let lacking = json!({"status": "error", "text": "Недостаточно параметров."});
    assert_eq!(ask(post(&simulator, "order/set_status/2", "status=5")).await, lacking);
    let as_json = request(&simulator, Method::POST, "order/set_status/2").header("content-type", "application/json");
    assert_eq!(ask(as_json.body(r#"{"status_id":5}"#)).await, lacking);
    assert_eq!(
        ask(post(&simulator, "order/set_status/99", "status_id=5")).await["status"],
        "error"
    );
    assert_eq!(
        ask(post(&simulator, "order/set_status/2", "status_id=99")).await["status"],
        "error"
    );
    assert_eq!(effects(&simulator).len(), 1);
}

#[tokio::test]
async fn statuses_are_listed_added_changed_and_removed() {
    let simulator = simulator().await;
    let list = ask(get(&simulator, "order/status")).await;
    assert_eq!(list["statuses"].as_array().unwrap().len(), 7);
    let second = json!({"id": "4", "name": "Выдано (Отправлено)", "color": "70FF83", "sms": "0", "email": "1"});
    assert_eq!(list["statuses"][1], second);
    let success = json!({"status": "success"});
    assert_eq!(
        ask(post(
            &simulator,
            "order/status",
            "name=Новый статус&color=ABABAB&sms=1&email=0"
        ))
        .await,
        success
    );
    assert_eq!(
        ask(post(
            &simulator,
            "order/status/8",
            "name=Другой&color=ABABAB&sms=1&email=0"
        ))
        .await,
        success
    );
    assert_eq!(
        ask(get(&simulator, "order/status")).await["statuses"][7]["name"],
        "Другой"
    );
    assert_eq!(ask(post(&simulator, "order/remove_status", "id=8")).await, success);
    assert_eq!(
        ask(post(&simulator, "order/remove_status", "id=8")).await,
        json!({"status": "error"})
    );
    let used = ask(post(&simulator, "order/remove_status", "id=6")).await;
    assert_eq!(used["text"], "Статус используется в настройках магазина.");
    let kinds = ask(get(&simulator, "order/shipping_type")).await;
    assert_eq!(
        kinds["shipping_types"][1],
        json!({"id": "2", "name": "Доставка до ТК ", "min_price": "2"})
    );
}

#[tokio::test]
async fn paying_is_a_toggle_that_moves_money() {
    let simulator = shop_with(1).await;
    let short = ask(get(&simulator, "order/pay/1")).await;
    let text = "Недостаточно средств на балансе клиента ООО \"Рога и Копыта\" , необходимо пополнить баланс на 3959₽";
    assert_eq!(short, json!({"status": "error", "text": text}));
    let added = ask(post(
        &simulator,
        "client/add_transaction/2",
        "amount=4000.5&description=API",
    ))
    .await;
    assert_eq!(added, json!({"status": "success"}));
    let texts = [
        "Выбранные позиции клиента ООО \"Рога и Копыта\" оплачены.",
        "На счёт клиента ООО \"Рога и Копыта\" отправлено 3959₽ ",
    ];
    for text in texts {
        assert_eq!(
            ask(get(&simulator, "order/pay/1")).await,
            json!({"status": "success", "text": text})
        );
    }
    let balance = ask(get(&simulator, "client/balance/2")).await;
    let amounts: Vec<&str> = balance["transactions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["amount"].as_str().unwrap())
        .collect();
    assert_eq!(
        (amounts, &balance["pages"]),
        (vec!["3959", "-3959", "4000.5"], &json!(1))
    );
    assert_eq!(
        balance["transactions"][1]["comment"],
        "Оплата позиции KILEN - 12133 (1 шт.)".replace("12133", "A/1")
    );
    assert_eq!(simulator.world().saplab.clients[&2].balance, Decimal::new(40005, 1));
    assert_eq!(
        ask(get(&simulator, "order/pay/9")).await["text"],
        "Нет подходящих заказов."
    );
    let told: Vec<(String, Value)> = effects(&simulator)
        .into_iter()
        .skip(1)
        .map(|(o, _, v)| (o, v))
        .collect();
    let pay = "saplab.panel.order.pay".to_owned();
    assert_eq!(told, [(pay.clone(), json!(true)), (pay, json!(false))]);
}

#[tokio::test]
async fn positions_are_cancelled_archived_and_documented() {
    let simulator = shop_with(2).await;
    assert_eq!(
        ask(get(&simulator, "order/deny/1")).await,
        json!({"status": "success", "text": "Позиция снята"})
    );
    assert_eq!(
        ask(get(&simulator, "order/archive/1")).await["text"],
        "1 заказов отправлено в архив."
    );
    assert_eq!(
        ask(get(&simulator, "order/archive/1")).await["text"],
        "Не удалось отправить заказы в архив."
    );
    let back = ask(get(&simulator, "order/unarchive/1")).await;
    assert_eq!(
        back["text"],
        "Заказ разархивирован и появился в основном списке заказов."
    );
    assert_eq!(
        ask(get(&simulator, "order/unarchive/1")).await["text"],
        "Не найдено подходящих заказов."
    );
    assert_eq!(
        ask(get(&simulator, "order/documents/1,2")).await["text"],
        "Документы сгенерированы."
    );
    let order = &ask(get(&simulator, "order/filter/order_ids/1")).await["orders"][0];
    assert_eq!((&order["is_denied"], &order["doc_id"]), (&json!("1"), &json!("1")));
}

#[tokio::test]
async fn a_clients_form_is_replaced_whole_with_all_its_dangers() {
    let simulator = simulator().await;
    let before = ask(get(&simulator, "client/form/2")).await;
    assert_eq!(before["client"]["wholesaler_data"]["inn"], "12345678901234");
    let taken = ask(post(
        &simulator,
        "client/form",
        "name=A&email=regular@example.com&phone=9001111111",
    ))
    .await;
    assert_eq!(
        taken,
        json!({"email": "Поле Email должно быть уникальным.", "phone": "Поле Телефон должно быть уникальным."})
    );
    let changed = ask(post(
        &simulator,
        "client/form/2",
        "name=B&email=b@example.com&phone=79002222222",
    ))
    .await;
    assert_eq!(
        changed,
        json!({"status": "success", "text": "Данные клиента обновлены."})
    );
    let after = ask(get(&simulator, "client/form/2")).await;
    let shown = ["phone", "status", "is_wholesaler", "limit"].map(|field| after["client"][field].as_str().unwrap());
    assert_eq!(shown, ["9002222222", "0", "0", "0"]);
    assert!(after["client"].get("wholesaler_data").is_none());
    let created = ask(post(&simulator, "client/form", "name=C&phone=9003333333&status=on")).await;
    assert_eq!(created["text"], "Клиент успешно добавлен.");
    let list = ask(get(&simulator, "client/filter/phone/%2B7%28900%29333-33-33")).await;
    assert_eq!(
        (&list["clients"][0]["id"], &list["clients"][0]["manager"]),
        (&json!("3"), &Value::Null)
    );
    let groups = ask(get(&simulator, "client/group")).await;
    assert_eq!(groups["groups"][1]["group_id"], "7");
    let edited = ask(post(
        &simulator,
        "order/group_form/7",
        "name=Web&discount=2&comment=Интернет",
    ))
    .await;
    assert_eq!(edited["text"], "Группа обновлена.");
}

#[tokio::test]
async fn only_an_employee_gets_in() {
    let simulator = simulator().await;
    let options = Options::default();
    let url = format!("{}/panel/order", simulator.saplab_url());
    for request in [
        http().get(&url),
        http().get(&url).basic_auth(&options.panel_login, Some("other")),
        http()
            .get(&url)
            .basic_auth(&options.client_login, Some(&options.client_password)),
    ] {
        let response = send(request).await;
        assert_eq!(response.status(), 401);
        assert!(response.headers().contains_key("www-authenticate"));
    }
    assert_eq!(send(get(&simulator, "nothing")).await.status(), 404);
}

#[tokio::test]
async fn the_demo_shop_is_read_in_pages_of_150() {
    let simulator = simulator().await;
    *simulator.world() = World::demo(1, 500, 0);
    let mut all = Vec::new();
    for page in 1..=4 {
        let answer = ask(get(&simulator, &format!("order/filter/per_page/150/page/{page}"))).await;
        assert_eq!(answer["pages"], 4);
        all.extend(ids(&answer));
    }
    assert_eq!(all, (1..=500).rev().collect::<Vec<u64>>());
}
