use serde_json::{Value, json};

use super::{http, json as ask, send, simulator};

#[tokio::test]
async fn tests_outside_the_process_see_and_set_the_state() {
    let simulator = simulator().await;
    let base = format!("{}/_sim", simulator.keaz_url());
    let added = ask(http()
        .post(format!("{base}/saplab/positions"))
        .body(r#"{"article": "X-1", "price": "10.50"}"#))
    .await;
    assert_eq!(added, json!({"id": 1}));
    let positions = ask(http().get(format!("{base}/saplab/positions"))).await;
    assert_eq!(
        (&positions[0]["id"], &positions[0]["status_id"]),
        (&json!(1), &json!(6))
    );
    let rule = json!({"upstream": "keaz", "action": {"status": {"code": 503}}}).to_string();
    assert_eq!(
        send(http().post(format!("{base}/faults")).body(rule)).await.status(),
        204
    );
    let list = format!("{}/restapi/office/warehouses.list", simulator.keaz_url());
    assert_eq!(send(http().post(&list)).await.status(), 503);
    assert_eq!(send(http().delete(format!("{base}/faults"))).await.status(), 204);
    assert_eq!(send(http().post(&list)).await.status(), 400);
    let requests = ask(http().get(format!("{base}/requests"))).await;
    assert_eq!(requests[0]["status"], 503);
    assert_eq!(requests[0]["operation"], "keaz.warehouses.list");
    assert_eq!(ask(http().get(format!("{base}/ledger"))).await, json!([]));
    assert_eq!(ask(http().get(format!("{base}/state"))).await["saplab"]["positions"], 1);
    assert_eq!(
        ask(http().get(format!("{base}/keaz/remains"))).await,
        Value::Array(vec![])
    );
    assert_eq!(
        send(http().post(format!("{base}/faults")).body("{}")).await.status(),
        400
    );
}
