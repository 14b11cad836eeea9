//! The client against a server of raw bytes: the exact request, and what is made of each answer.

use super::*;
use crate::upstream::transport::testing::{Answer, RawServer, response};

const KEY: &str = "made-up/key+canary";

fn client(base: &Url) -> Carreta {
    let settings = config::Carreta {
        base_url: Some(base.clone()),
        api_key: Some(Secret::new(KEY)),
        account: None,
        test_orders: false,
        allow_http: true,
        timeout: Duration::from_secs(5),
        download_timeout: Duration::from_secs(5),
        max_list_bytes: 1024,
        price_lists: Vec::new(),
    };
    Carreta::new(&settings).unwrap().unwrap()
}

async fn orders(status: &str, headers: &str, body: &str) -> Result<OrderPage, Fault> {
    let server = RawServer::start(Answer::Raw(response(status, headers, body))).await;
    client(&server.url).orders(None, &[]).await
}

#[tokio::test]
async fn paths_end_with_a_slash_and_the_key_stands_in_the_query() {
    let server = RawServer::ok(
        "application/json",
        include_str!("../../../../tests/fixtures/carreta/profile.json"),
    )
    .await;
    client(&server.url).profile(None).await.unwrap();
    client(&server.url.join("v1/").unwrap())
        .profile(Some("12 3"))
        .await
        .unwrap();
    let heard = server.heard();
    assert!(
        heard[0].starts_with("GET /v1/profile/?api_key=made-up%2Fkey%2Bcanary HTTP/1.1\r\n"),
        "{}",
        heard[0]
    );
    assert!(heard[1].starts_with("GET /v1/profile/?account=12%203&api_key=made-up%2Fkey%2Bcanary HTTP/1.1\r\n"));
}

#[tokio::test]
async fn orders_are_asked_for_by_page_and_by_several_comments() {
    let server = RawServer::ok(
        "application/json",
        include_str!("../../../../tests/fixtures/carreta/orders.json"),
    )
    .await;
    let page = client(&server.url)
        .orders(Some(2), &["247&874".into(), "заказ".into()])
        .await
        .unwrap();
    assert_eq!(page.orders[0].id, 189_330);
    let expected =
        "GET /v1/order/?page=2&client_comment=247%26874&client_comment=%D0%B7%D0%B0%D0%BA%D0%B0%D0%B7&api_key=";
    assert!(server.heard()[0].starts_with(expected));
}

#[tokio::test]
async fn only_200_is_an_answer() {
    let body = r#"{"objects":[]}"#;
    assert_eq!(orders("200 OK", "", body).await, Ok(OrderPage::default()));
    for status in ["201 Created", "202 Accepted"] {
        assert!(
            matches!(orders(status, "", body).await, Err(Fault::Garbled(_))),
            "{status}"
        );
    }
    let moved = orders(
        "301 Moved Permanently",
        "Location: /v1/order/?api_key=made-up\r\n",
        body,
    )
    .await;
    assert!(matches!(moved, Err(Fault::NotApi(_))));
    let denied = orders("401 Unauthorized", "", r#"{"error":"Unauthorized."}"#).await;
    assert!(matches!(denied, Err(Fault::Denied { status: 401, .. })));
    assert!(matches!(orders("200 OK", "", "<html>").await, Err(Fault::NotApi(_))));
    assert!(matches!(
        orders("200 OK", "", r#"{"error":"x"}"#).await,
        Err(Fault::Garbled(_))
    ));
}

#[tokio::test]
async fn the_key_is_in_no_fault_and_in_no_debug() {
    let echo = format!("{KEY} made-up%2Fkey%2Bcanary");
    for status in [
        "200 OK",
        "400 Bad Request",
        "401 Unauthorized",
        "500 Internal Server Error",
    ] {
        let fault = orders(status, "", &echo).await.unwrap_err();
        assert!(!format!("{fault} {fault:?}").contains("canary"), "{fault:?}");
    }
    let closed = client(&"http://127.0.0.1:1".parse().unwrap());
    let fault = closed.profile(None).await.unwrap_err();
    assert!(matches!(fault, Fault::NotSent(_)), "{fault:?}");
    assert!(!format!("{fault} {fault:?} {closed:?}").contains("canary"));
}

const FOUND: &str = include_str!("../../../../tests/fixtures/carreta/search.json");

/// The first offer of the document's search.
async fn offer() -> OrderBody {
    let server = RawServer::ok("application/json", FOUND).await;
    let page = client(&server.url).search(Some("oc47"), None).await.unwrap();
    page.offers[0].body.clone()
}

/// Places an order of 10 with a server that answers so.
async fn placed(status: &str, headers: &str, body: &str) -> Result<(), Fault> {
    let server = RawServer::start(Answer::Raw(response(status, headers, body))).await;
    client(&server.url)
        .create_order(&offer().await, 10, Some("01HZX"), false)
        .await
}

#[tokio::test]
async fn a_search_says_what_and_for_which_account() {
    let server = RawServer::ok("application/json", FOUND).await;
    let carreta = client(&server.url);
    for (q, account, expected) in [
        (Some("oc47"), None, "GET /v1/search/?q=oc47&api_key=made-up"),
        (
            Some("KNECHT/MAHLE a&b+Ё"),
            Some("12"),
            "GET /v1/search/?q=KNECHT%2FMAHLE%20a%26b%2B%D0%81&account=12&api_key=made-up",
        ),
        (None, None, "GET /v1/search/?api_key=made-up"),
    ] {
        carreta.search(q, account).await.unwrap();
        let heard = server.heard().pop().unwrap();
        assert!(heard.starts_with(expected), "{heard}");
    }
}

#[tokio::test]
async fn the_documents_search_is_read_whether_or_not_its_list_is_closed() {
    let unclosed = include_str!("../../../../tests/fixtures/carreta/search_unclosed.txt");
    let mut pages = Vec::new();
    for body in [FOUND, unclosed] {
        let server = RawServer::ok("application/json", body).await;
        pages.push(client(&server.url).search(Some("oc47"), None).await.unwrap());
    }
    assert_eq!(pages[0].offers.len(), 1);
    assert_eq!(pages[0], pages[1]);
}

#[tokio::test]
async fn a_search_that_was_cut_off_elsewhere_is_no_answer() {
    let whole = FOUND.trim_end();
    let row_end = whole.find("    }").unwrap() + 5;
    let cuts = (1..whole.len()).filter(|cut| whole.is_char_boundary(*cut) && *cut != row_end);
    for cut in cuts {
        let reply = RawServer::ok("application/json", &whole[..cut]).await;
        let fault = client(&reply.url).search(None, None).await.unwrap_err();
        assert!(matches!(fault, Fault::Garbled(_)), "{cut}: {fault:?}");
    }
}

#[tokio::test]
async fn an_order_is_the_offers_own_fields_with_quantity_and_comment() {
    let server = RawServer::start(Answer::Raw(response("201 Created", "", ""))).await;
    let carreta = client(&server.url);
    let offer = offer().await;
    carreta.create_order(&offer, 10, None, false).await.unwrap();
    carreta.create_order(&offer, 10, Some("№ 1"), true).await.unwrap();
    let heard = server.heard();
    let fields = r#""code":"OC47","maker":"KNECHT/MAHLE","name":"\u0424\u0438\u043b\u044c\u0442\u0440 \u043c\u0430\u0441\u043b\u044f\u043d\u044b\u0439","price":"152.02","period_min":7,"period_max":7,"min_qty":1,"qty":"500","order_qty":10"#;
    let signature = offer.signature().reveal();
    assert!(heard[0].starts_with("POST /v1/order/?api_key=made-up%2Fkey%2Bcanary HTTP/1.1\r\n"));
    assert!(heard[0].contains("content-type: application/json\r\n"));
    assert!(
        heard[0].ends_with(&format!("\r\n\r\n{{\"_\":\"{signature}\",{fields}}}")),
        "{}",
        heard[0]
    );
    assert!(heard[1].starts_with("POST /v1/order/?test=on&api_key=made-up%2Fkey%2Bcanary HTTP/1.1\r\n"));
    assert!(heard[1].ends_with(&format!(
        "{{\"_\":\"{signature}\",{fields},\"client_comment\":\"№ 1\"}}"
    )));
}

#[tokio::test]
async fn only_201_is_a_created_order_whatever_its_body() {
    for body in ["", "<html>Спасибо</html>", r#"{"id":1}"#, "\u{1}"] {
        assert_eq!(
            placed("201 Created", "Content-Type: text/html\r\n", body).await,
            Ok(()),
            "{body}"
        );
    }
    for status in ["200 OK", "202 Accepted", "204 No Content"] {
        let fault = placed(status, "", "").await.unwrap_err();
        assert!(matches!(fault, Fault::Garbled(_)), "{status}: {fault:?}");
    }
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect"] {
        let fault = placed(status, "Location: /v1/order/\r\n", "").await.unwrap_err();
        assert!(matches!(fault, Fault::NotApi(_)), "{status}: {fault:?}");
    }
}

#[tokio::test]
async fn a_refused_order_says_why_in_carretas_words_without_our_signature() {
    let signature = offer().await.signature().reveal().replace('/', "\\/");
    let body = format!(
        r#"{{"error":"\u041f\u043e\u0434\u043f\u0438\u0441\u044c {signature} \u0443\u0441\u0442\u0430\u0440\u0435\u043b\u0430"}}"#
    );
    let refused = |words: &str| Fault::Refused {
        status: 400,
        words: words.into(),
    };
    assert_eq!(
        placed("400 Bad Request", "", &body).await,
        Err(refused(r#"{"error":"Подпись *** устарела"}"#))
    );
    assert_eq!(placed("400 Bad Request", "", "qty?").await, Err(refused("qty?")));
    let denied = placed("401 Unauthorized", "", r#"{"error": "Unauthorized."}"#)
        .await
        .unwrap_err();
    assert!(matches!(denied, Fault::Denied { status: 401, .. }));
    let failing = placed("500 Internal Server Error", "", &body).await.unwrap_err();
    assert!(matches!(failing, Fault::Failing { .. }) && !format!("{failing:?}").contains("canary"));
}

#[tokio::test]
async fn a_comment_may_have_fifty_characters_and_an_offer_must_have_a_signature() {
    let server = RawServer::start(Answer::Raw(response("201 Created", "", ""))).await;
    let carreta = client(&server.url);
    let offer = offer().await;
    let nothing_sent = |answer| matches!(answer, Err(Fault::Refused { status: 0, .. }));
    assert!(nothing_sent(
        carreta.create_order(&offer, 1, Some(&"я".repeat(51)), false).await
    ));
    assert!(server.heard().is_empty());
    carreta
        .create_order(&offer, 1, Some(&"я".repeat(50)), false)
        .await
        .unwrap();
    let unsigned = RawServer::ok(
        "application/json",
        r#"{"objects":[{"code":"A","maker":"M","price":"1"}]}"#,
    )
    .await;
    let page = client(&unsigned.url).search(None, None).await.unwrap();
    assert!(nothing_sent(
        carreta.create_order(&page.offers[0].body, 1, None, false).await
    ));
    assert_eq!(server.heard().len(), 1);
}

#[tokio::test]
async fn an_order_and_its_history_are_read_by_its_id() {
    let server = RawServer::ok(
        "application/json",
        include_str!("../../../../tests/fixtures/carreta/order.json"),
    )
    .await;
    let order = client(&server.url).order(189_330).await.unwrap();
    assert_eq!(
        (order.number.as_str(), order.status_display.as_str()),
        ("A111342-1", "Выдан")
    );
    assert_eq!(
        serde_json::to_value(&order).unwrap(),
        serde_json::json!({
            "id": 189_330, "number": "A111342-1", "status": 7, "status_display": "Выдан", "comment": "",
            "client_comment": "", "created": "2014-10-23T12:18:31.315072Z", "code": "AC108", "maker": "KITTO",
            "name": "Фильтр салонный(угольный)", "price": "212.86", "period_min": 7, "period_max": 9, "order_qty": 1,
            "total": "212.86", "unreadable": [],
        })
    );
    assert!(server.heard()[0].starts_with("GET /v1/order/189330/?api_key=made-up"));
    let server = RawServer::ok(
        "application/json",
        include_str!("../../../../tests/fixtures/carreta/history.json"),
    )
    .await;
    assert_eq!(client(&server.url).history(189_330).await.unwrap().lines.len(), 1);
    assert!(server.heard()[0].starts_with("GET /v1/order/189330/history/?api_key=made-up"));
}

#[tokio::test]
async fn an_order_that_is_not_there_is_refused_and_another_order_is_garbled() {
    let server = RawServer::start(Answer::Raw(response("404 Not Found", "", "no"))).await;
    let carreta = client(&server.url);
    let missing = Fault::Refused {
        status: 404,
        words: "there is no such order: no".into(),
    };
    assert_eq!(carreta.order(1).await, Err(missing.clone()));
    assert_eq!(carreta.history(1).await, Err(missing));
    for body in [r#"{"id":21}"#, r#"{"error":"x"}"#, "[]", "1"] {
        let server = RawServer::ok("application/json", body).await;
        let fault = client(&server.url).order(20).await.unwrap_err();
        assert!(matches!(fault, Fault::Garbled(_)), "{body}: {fault:?}");
    }
}
