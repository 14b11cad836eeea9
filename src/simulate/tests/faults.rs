use std::io::Read;
use std::time::Duration;

use flate2::read::GzDecoder;
use reqwest::RequestBuilder;
use serde_json::json;

use super::{effects, http, json as ask, send, simulator};
use crate::simulate::{Action, Options, Rule, Simulator, Upstream};

fn add_warehouse(simulator: &Simulator, code: &str) -> RequestBuilder {
    let body = json!({"hash": Options::default().keaz_key, "warehouses": [{"code": code}]});
    let url = format!("{}/restapi/office/warehouses.add.json", simulator.keaz_url());
    http()
        .post(url)
        .header("content-type", "application/json")
        .body(body.to_string())
}

fn inject(simulator: &Simulator, action: Action) {
    simulator.inject(Rule::once(Upstream::Keaz, "keaz.warehouses", action));
}

#[tokio::test]
async fn a_dropped_request_gets_no_answer_and_applies_nothing() {
    let simulator = simulator().await;
    for action in [Action::Drop, Action::Reset] {
        inject(&simulator, action);
        let error = add_warehouse(&simulator, "A").send().await.unwrap_err();
        assert!(
            error.is_request() && !error.is_connect() && !error.is_timeout(),
            "{error:?}"
        );
    }
    assert_eq!(effects(&simulator), []);
    assert_eq!(
        simulator.requests().iter().map(|seen| seen.status).collect::<Vec<_>>(),
        [None, None]
    );
}

#[tokio::test]
async fn a_reset_is_a_reset_on_the_wire() {
    let simulator = simulator().await;
    inject(&simulator, Action::Reset);
    let error = add_warehouse(&simulator, "A").send().await.unwrap_err();
    assert!(format!("{error:?}").contains("ConnectionReset"), "{error:?}");
}

#[tokio::test]
async fn an_applied_request_may_lose_its_answer() {
    let simulator = simulator().await;
    inject(&simulator, Action::ApplyThen(Box::new(Action::Drop)));
    assert!(add_warehouse(&simulator, "A").send().await.is_err());
    assert_eq!(effects(&simulator).len(), 1);
    assert!(simulator.world().keaz.warehouses.contains_key("A"));
}

#[tokio::test]
async fn a_late_effect_happens_when_its_gate_opens() {
    let simulator = simulator().await;
    inject(
        &simulator,
        Action::ApplyLate {
            gate: "late".into(),
            then: Box::new(Action::Drop),
        },
    );
    assert!(add_warehouse(&simulator, "A").send().await.is_err());
    assert_eq!(effects(&simulator), []);
    simulator.open("late");
    simulator
        .wait_until(|world, effects| world.keaz.warehouses.contains_key("A") && effects.len() == 1)
        .await;
    simulator.stop().await;
}

#[tokio::test]
async fn a_hanging_request_ends_when_the_faults_are_cleared() {
    let simulator = simulator().await;
    inject(&simulator, Action::Hang);
    let hanging = tokio::spawn(add_warehouse(&simulator, "A").send());
    simulator.wait_until_arrived("keaz.warehouses.add", 1).await;
    assert!(!hanging.is_finished());
    simulator.clear_faults();
    assert!(hanging.await.unwrap().is_err());
    assert_eq!(effects(&simulator), []);
}

#[tokio::test]
async fn a_client_that_goes_away_ends_its_hanging_request() {
    let simulator = simulator().await;
    inject(&simulator, Action::Hang);
    let request = add_warehouse(&simulator, "A").timeout(Duration::from_millis(100));
    assert!(request.send().await.unwrap_err().is_timeout());
    simulator.wait_until(|_, _| simulator.requests().len() == 1).await;
    assert_eq!(simulator.requests()[0].status, None);
}

#[tokio::test]
async fn a_gate_holds_the_true_answer_back() {
    let simulator = simulator().await;
    inject(&simulator, Action::Gate("first".into()));
    let waiting = tokio::spawn(add_warehouse(&simulator, "A").send());
    simulator.wait_until_arrived("keaz.warehouses.add", 1).await;
    ask(add_warehouse(&simulator, "B")).await;
    assert_eq!(effects(&simulator).len(), 1);
    simulator.open("first");
    assert_eq!(waiting.await.unwrap().unwrap().status(), 200);
    assert_eq!(simulator.max_concurrent(Upstream::Keaz), 2);
}

#[tokio::test]
async fn a_cut_body_brings_half_and_an_error_and_an_unseen_cut_only_half() {
    let simulator = simulator().await;
    send(add_warehouse(&simulator, "A")).await;
    // From now on the answer is always the same: the warehouse exists.
    let whole = send(add_warehouse(&simulator, "A")).await.bytes().await.unwrap();
    inject(&simulator, Action::CutBody);
    let mut response = send(add_warehouse(&simulator, "A")).await;
    assert_eq!(response.status(), 200);
    let mut got = Vec::new();
    let error = loop {
        match response.chunk().await {
            Ok(Some(chunk)) => got.extend_from_slice(&chunk),
            Ok(None) => panic!("an orderly end"),
            Err(error) => break error,
        }
    };
    assert!(error.is_body() || error.is_decode(), "{error:?}");
    assert_eq!(got, whole[..whole.len() / 2]);
    inject(&simulator, Action::CutUnseen);
    let response = send(add_warehouse(&simulator, "A")).await;
    assert_eq!(response.content_length(), None);
    let half = response.bytes().await.unwrap();
    assert_eq!(half, whole[..whole.len() / 2]);
}

#[tokio::test]
async fn made_up_answers_come_as_they_were_written() {
    let simulator = simulator().await;
    let headers = vec![("Retry-After".into(), "120".into())];
    inject(
        &simulator,
        Action::Status {
            code: 503,
            headers,
            body: "later".into(),
        },
    );
    let response = send(add_warehouse(&simulator, "A")).await;
    assert_eq!(
        (
            response.status().as_u16(),
            response.headers()["retry-after"].to_str().unwrap()
        ),
        (503, "120")
    );
    inject(
        &simulator,
        Action::Redirect {
            code: 307,
            location: "http://127.0.0.1:9/".into(),
        },
    );
    assert_eq!(
        send(add_warehouse(&simulator, "A")).await.headers()["location"],
        "http://127.0.0.1:9/"
    );
    inject(&simulator, Action::Html);
    assert!(
        send(add_warehouse(&simulator, "A"))
            .await
            .text()
            .await
            .unwrap()
            .starts_with("<!DOCTYPE html>")
    );
    inject(&simulator, Action::Garbage("{\"a\":".into()));
    assert_eq!(
        send(add_warehouse(&simulator, "A")).await.text().await.unwrap(),
        "{\"a\":"
    );
    inject(&simulator, Action::ApplyThen(Box::new(Action::Bom)));
    assert!(
        send(add_warehouse(&simulator, "A"))
            .await
            .bytes()
            .await
            .unwrap()
            .starts_with(b"\xEF\xBB\xBF{")
    );
    assert_eq!(effects(&simulator).len(), 1);
}

#[tokio::test]
async fn a_bomb_is_small_on_the_wire_and_huge_when_inflated() {
    let simulator = simulator().await;
    inject(&simulator, Action::Bomb);
    let response = send(add_warehouse(&simulator, "A")).await;
    assert_eq!(response.headers()["content-encoding"], "gzip");
    let packed = response.bytes().await.unwrap();
    assert!(packed.len() < 300_000, "{}", packed.len());
    let inflated = std::io::copy(&mut GzDecoder::new(&packed[..]).take(1 << 30), &mut std::io::sink()).unwrap();
    assert!(inflated > 200_000_000);
}

#[tokio::test]
async fn a_drip_sends_its_bytes_one_by_one() {
    let simulator = simulator().await;
    inject(&simulator, Action::SlowDrip);
    let mut response = send(add_warehouse(&simulator, "A")).await;
    assert!(response.content_length().unwrap() > 50);
    assert_eq!(response.chunk().await.unwrap().unwrap(), "{");
}

#[tokio::test]
async fn huge_headers_are_more_than_a_client_takes() {
    let simulator = simulator().await;
    inject(&simulator, Action::HugeHeaders);
    assert!(add_warehouse(&simulator, "A").send().await.is_err());
    simulator.wait_until(|_, effects| effects.len() == 1).await;
}
