//! The generic call against a server of raw bytes: what leaves in each format, and what is made of each answer.

use serde_json::json;

use super::*;
use crate::config::Secret;
use crate::upstream::keaz::tests::{client, settings};
use crate::upstream::transport::testing::{Answer as Raw, RawServer, response};

const PARTIAL_JSON: &str = include_str!("../../../../tests/fixtures/keaz/partial_error.txt");
const PARTIAL_XML: &str = include_str!("../../../../tests/fixtures/keaz/partial_ok.xml");
const OK: &str = r#"{"status": {"code": "ok", "messages": []}}"#;

fn filter(json: &str) -> Filter {
    serde_json::from_str(json).unwrap()
}

fn rows(json: Value) -> Vec<Map<String, Value>> {
    serde_json::from_value(json).unwrap()
}

/// The call that the answer is about does not matter here.
async fn answered(action: Action, body: &str) -> Result<KeazAnswer, Fault> {
    let server = RawServer::ok("application/json", body).await;
    let some = rows(json!([{"code": "222222"}]));
    client(&server, KeazFormat::Json)
        .resource("warehouses", action, &Filter::default(), &some)
        .await
}

async fn refused(format: KeazFormat, resource: &str, action: Action, filter: &Filter, given: Value) -> String {
    let server = RawServer::ok("application/json", OK).await;
    let fault = client(&server, format)
        .resource(resource, action, filter, &rows(given))
        .await
        .unwrap_err();
    assert!(server.heard().is_empty());
    match fault {
        Fault::Refused { status: 0, words } => words,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_documents_request_leaves_in_each_format_as_its_examples_have_it() {
    for (format, kind, content_type, body) in [
        (
            KeazFormat::Form,
            "json",
            "application/x-www-form-urlencoded",
            "hash=made-up-key&filter%5Bid%5D%5B0%5D=2916",
        ),
        (
            KeazFormat::Json,
            "json",
            "application/json",
            r#"{"hash":"made-up-key","filter":[{"id":2916}]}"#,
        ),
        (
            KeazFormat::Xml,
            "xml",
            "application/xml",
            "<request><hash>made-up-key</hash><filter><id>2916</id></filter></request>",
        ),
    ] {
        let server = RawServer::ok("application/json", OK).await;
        let answer = client(&server, format)
            .resource("warehouses", Action::Get, &filter(r#"{"id": 2916}"#), &[])
            .await
            .unwrap();
        assert_eq!((answer.rows.len(), answer.status), (0, Some(KeazStatus::Ok)));
        let heard = server.heard().remove(0);
        assert!(
            heard.starts_with(&format!("POST /restapi/office/warehouses.get.{kind} HTTP/1.1\r\n")),
            "{heard}"
        );
        assert!(heard.contains(&format!("content-type: {content_type}\r\n")), "{heard}");
        assert!(heard.ends_with(&format!("\r\n\r\n{body}")), "{heard}");
    }
}

#[tokio::test]
async fn every_action_goes_to_its_own_address_with_its_rows() {
    let server = RawServer::ok("application/json", OK).await;
    let keaz = client(&server, KeazFormat::Json);
    let given = rows(json!([{"code": "007", "quantity": 5}]));
    for (action, name) in [
        (Action::Get, "get"),
        (Action::List, "list"),
        (Action::Add, "add"),
        (Action::Update, "update"),
        (Action::Delete, "delete"),
    ] {
        keaz.resource("price-lists_2", action, &Filter::default(), &given)
            .await
            .unwrap();
        let heard = server.heard().pop().unwrap();
        assert!(
            heard.starts_with(&format!("POST /restapi/office/price-lists_2.{name}.json ")),
            "{heard}"
        );
        assert!(heard.ends_with(r#"{"hash":"made-up-key","price-lists_2":[{"code":"007","quantity":5}]}"#));
    }
}

#[tokio::test]
async fn the_documents_json_error_brings_its_rows_and_its_message_though_it_is_no_json() {
    let answer = answered(Action::Add, PARTIAL_JSON).await.unwrap();
    assert_eq!(
        serde_json::to_value(&answer).unwrap(),
        json!({
            "rows": [
                {"code": "3", "contacts": "3", "address": "Пермь, ул. Ленина 8"},
                {"code": "222222", "contacts": "shop", "address": "Пермь"},
            ],
            "status": "error",
            "messages": [
                "Не корректные данные склада в строке `0`: `{\"contacts\":\"shop\",\"address\":\"Пермь\"}`"
            ],
        })
    );
}

#[tokio::test]
async fn the_documents_xml_brings_its_rows_and_its_warning_in_spite_of_the_stray_paragraph() {
    let answer = answered(Action::Add, PARTIAL_XML).await.unwrap();
    assert_eq!(
        serde_json::to_value(&answer).unwrap(),
        json!({
            "rows": [
                {"code": "3", "contacts": "3", "address": "Пермь, ул. Ленина, 8"},
                {"code": "222222", "contacts": "shop", "address": "Пермь"},
            ],
            "status": "ok",
            "messages": ["Склад `222222` уже существует!"],
        })
    );
}

#[tokio::test]
async fn rows_keep_what_they_hold_and_one_row_is_a_list_of_one() {
    let body = r#"{"warehouses": {"code": 7, "price": 10.50, "tags": ["a", {"b": null}]}, "status": {"code": "ok"}}"#;
    let answer = answered(Action::Get, body).await.unwrap();
    assert_eq!(
        answer.rows,
        [json!({"code": "7", "price": "10.50", "tags": ["a", {"b": null}]})]
    );
}

#[tokio::test]
async fn an_error_without_rows_is_an_answer_too_unless_it_is_about_our_key() {
    let error = |words: &str| json!({"status": {"code": "error", "messages": [words]}}).to_string();
    let answer = answered(Action::List, &error("Неизвестное поле фильтра"))
        .await
        .unwrap();
    assert_eq!((answer.status, answer.messages.len()), (Some(KeazStatus::Error), 1));
    let wrench = error("Не корректные данные остатка в строке `0`: `{\"article\":\"ключ 12\"}`");
    assert_eq!(
        answered(Action::Update, &wrench).await.unwrap().status,
        Some(KeazStatus::Error)
    );
    let denied = answered(Action::Update, &error("Неверный API ключ made-up-key")).await;
    assert_eq!(
        denied,
        Err(Fault::Denied {
            status: 200,
            words: "Неверный API ключ ***".into()
        })
    );
}

#[tokio::test]
async fn a_list_may_come_without_a_status_and_a_write_may_not() {
    let body = r#"{"warehouses": [{"code": "1"}]}"#;
    assert_eq!(answered(Action::List, body).await.unwrap().status, None);
    assert!(matches!(answered(Action::Add, body).await, Err(Fault::Garbled(_))));
    for body in ["{}", r#"{"status": {"code": "done"}}"#, ""] {
        assert!(
            matches!(answered(Action::List, body).await, Err(Fault::Garbled(_))),
            "{body}"
        );
    }
}

#[tokio::test]
async fn an_action_that_a_resource_does_not_have_is_unsupported() {
    let server = RawServer::start(Raw::Raw(response("404 Not Found", "", "no"))).await;
    let fault = client(&server, KeazFormat::Json)
        .resource("invoices", Action::List, &Filter::default(), &[])
        .await
        .unwrap_err();
    assert!(matches!(fault, Fault::Unsupported { status: 404, .. }));
}

#[tokio::test]
async fn what_cannot_be_sent_exactly_is_not_sent() {
    let none = Filter::default();
    let one = || json!([{"code": "1"}]);
    for name in ["", "a.b", "../x", "a b", "1a", "склады", "hash", "status", "filter"] {
        let words = refused(KeazFormat::Json, name, Action::List, &none, json!([])).await;
        assert!(words.contains("name of a resource"), "{name}: {words}");
    }
    for action in [Action::Add, Action::Update, Action::Delete] {
        for given in [json!([]), json!([{}])] {
            let words = refused(KeazFormat::Json, "warehouses", action, &none, given).await;
            assert!(words.starts_with("nothing to "), "{words}");
        }
    }
    for given in [json!([{"code": null}]), json!([{"code": [1]}]), json!([{"code": true}])] {
        let words = refused(KeazFormat::Json, "warehouses", Action::Add, &none, given).await;
        assert_eq!(words, "`code` is neither a text nor a number");
    }
    let words = refused(
        KeazFormat::Xml,
        "warehouses",
        Action::Add,
        &none,
        json!([{"a><b": "1"}]),
    )
    .await;
    assert!(words.contains("name of a field"), "{words}");
    let words = refused(
        KeazFormat::Json,
        "warehouses",
        Action::Get,
        &filter(r#"{"a]": 1}"#),
        one(),
    )
    .await;
    assert!(words.contains("name of a field"), "{words}");
    let words = refused(
        KeazFormat::Xml,
        "warehouses",
        Action::Get,
        &filter(r#"{"a": "\u0001"}"#),
        one(),
    )
    .await;
    assert!(words.contains("control characters"), "{words}");
    let many: Vec<_> = (0..1000).map(|n| json!({"code": n})).collect();
    let words = refused(KeazFormat::Form, "warehouses", Action::Add, &none, many.into()).await;
    assert_eq!(words, "a form carries at most 1000 values");
}

#[tokio::test]
async fn the_key_is_in_no_answer() {
    let mut settings = settings("http://127.0.0.1:1/", KeazFormat::Json);
    settings.api_key = Some(Secret::new("canary"));
    let server = RawServer::ok(
        "application/json",
        r#"{"status": {"code": "error", "messages": ["в строке `0`: `{\"hash\":\"canary\"}`"]}}"#,
    )
    .await;
    settings.base_url = Some(server.url.clone());
    let keaz = Keaz::new(&settings).unwrap().unwrap();
    let given = rows(json!([{"code": "1"}]));
    let answer = keaz
        .resource("warehouses", Action::Add, &Filter::default(), &given)
        .await
        .unwrap();
    assert!(!format!("{answer:?}").contains("canary"));
}
