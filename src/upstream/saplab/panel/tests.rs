use std::time::Duration;

use url::Url;

use super::*;
use crate::config::Secret;
use crate::upstream::saplab::OrderFilter;
use crate::upstream::transport::testing::{Answer, RawServer, response};

const PASSWORD: &str = "пароль-canary";

pub(super) fn panel(base: &Url) -> Panel {
    let settings = SaplabLogin {
        base_url: Some(base.clone()),
        login: Some("70001112233".into()),
        password: Some(Secret::new(PASSWORD)),
        allow_http: true,
        timeout: Duration::from_secs(5),
    };
    Panel::new(&settings).unwrap().unwrap()
}

async fn set_status(content_type: &str, body: &str) -> Result<(), Fault> {
    let server = RawServer::ok(content_type, body).await;
    panel(&server.url).set_status(20, 5).await
}

#[tokio::test]
async fn a_list_is_asked_for_with_exact_segments_and_basic_in_utf_8() {
    let server = RawServer::ok(
        "application/json",
        include_str!("../../../../tests/fixtures/saplab/orders.json"),
    )
    .await;
    let filter = OrderFilter {
        brand: Some("MEAT&DORIA;".into()),
        article: Some("A/1+2 %Ё".into()),
        ..OrderFilter::default()
    };
    let page = panel(&server.url).orders(&filter).await.unwrap();
    assert_eq!(page.positions.len(), 2);
    let heard = server.heard().remove(0);
    assert!(heard.starts_with("GET /panel/order/filter/article/A%2F1%2B2%20%25%D0%81/brand/MEAT%26DORIA%3B HTTP/1.1"));
    // printf '70001112233:пароль-canary' | base64
    assert!(
        heard.contains("Basic NzAwMDExMTIyMzM60L/QsNGA0L7Qu9GMLWNhbmFyeQ=="),
        "{heard}"
    );
}

#[tokio::test]
async fn a_value_that_cannot_be_sent_is_refused_before_sending() {
    let server = RawServer::ok("application/json", r#"{"orders":[]}"#).await;
    let filter = OrderFilter {
        article: Some("..".into()),
        ..OrderFilter::default()
    };
    assert!(matches!(
        panel(&server.url).orders(&filter).await,
        Err(Fault::Refused { status: 0, .. })
    ));
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn a_status_is_set_by_a_form() {
    let server = RawServer::ok(
        "text/html",
        r#"{"status":"success","text":"Статус установлен успешно."}"#,
    )
    .await;
    panel(&server.url).set_status(20, 5).await.unwrap();
    let heard = server.heard().remove(0);
    assert!(heard.starts_with("POST /panel/order/set_status/20 HTTP/1.1"));
    assert!(heard.contains("content-type: application/x-www-form-urlencoded"));
    assert!(heard.ends_with("\r\n\r\nstatus_id=5"));
}

#[tokio::test]
async fn an_error_in_the_body_is_a_refusal_in_saplabs_own_words() {
    let refused = |words: &str| {
        Err(Fault::Refused {
            status: 200,
            words: words.into(),
        })
    };
    let error = r#"{"status":"error","text":"Недостаточно параметров."}"#;
    assert_eq!(
        set_status("application/json", error).await,
        refused("Недостаточно параметров.")
    );
    assert_eq!(
        set_status("application/json", r#"{"status":"error"}"#).await,
        refused("error without words")
    );
    let server = RawServer::ok("application/json", error).await;
    assert_eq!(
        panel(&server.url).orders(&OrderFilter::default()).await.unwrap_err(),
        refused("Недостаточно параметров.").unwrap_err()
    );
}

#[tokio::test]
async fn only_the_exact_word_is_a_success() {
    for body in [
        r#"{"status":"ok"}"#,
        r#"{"status":"Success"}"#,
        r#"{"email":"x"}"#,
        "{}",
        "[]",
        "1",
        "",
        "true",
        "{",
    ] {
        let answer = set_status("application/json", body).await;
        assert!(matches!(answer, Err(Fault::Garbled(_))), "{body:?}: {answer:?}");
    }
}

#[tokio::test]
async fn a_page_is_not_the_api() {
    for content_type in ["text/html; charset=utf-8", "application/json"] {
        let answer = set_status(content_type, "<!DOCTYPE html><form>Вход</form>").await;
        assert!(matches!(answer, Err(Fault::NotApi(_))), "{answer:?}");
    }
}

#[tokio::test]
async fn an_error_in_the_body_of_a_4xx_is_a_refusal_too() {
    let error = r#"{"status":"error","text":"Нет подходящих заказов."}"#;
    let server = RawServer::start(Answer::Raw(response("404 Not Found", "", error))).await;
    let answer = panel(&server.url).set_status(20, 5).await;
    assert_eq!(
        answer,
        Err(Fault::Refused {
            status: 404,
            words: "Нет подходящих заказов.".into()
        })
    );
    let server = RawServer::start(Answer::Raw(response("404 Not Found", "", "nothing"))).await;
    assert!(matches!(
        panel(&server.url).statuses().await,
        Err(Fault::Unsupported { .. })
    ));
    let server = RawServer::start(Answer::Raw(response("401 Unauthorized", "", error))).await;
    assert!(matches!(panel(&server.url).statuses().await, Err(Fault::Denied { .. })));
}

#[tokio::test]
async fn the_password_is_in_no_fault_and_in_no_debug() {
    let echo = format!(r#"{{"status":"error","text":"bad {PASSWORD}"}}"#);
    let server = RawServer::ok("application/json", &echo).await;
    let panel = panel(&server.url);
    let fault = panel.set_status(20, 5).await.unwrap_err();
    assert!(!format!("{fault} {fault:?} {panel:?}").contains("canary"));
}

#[test]
fn a_panel_without_address_is_not_used_and_one_without_password_is_an_error() {
    let settings = SaplabLogin {
        base_url: None,
        login: None,
        password: None,
        allow_http: false,
        timeout: Duration::ZERO,
    };
    assert!(Panel::new(&settings).unwrap().is_none());
    let base_url = Some("https://shop.example".parse().unwrap());
    assert!(Panel::new(&SaplabLogin { base_url, ..settings }).is_err());
}
