//! The client against a server of raw bytes: what leaves, and what is made of each answer.

use std::time::Duration;

use url::Url;

use super::*;
use crate::upstream::transport::testing::{Answer, RawServer, response};

const PASSWORD: &str = "пароль-canary";
const ADDED: &str = include_str!("../../../../tests/fixtures/saplab/shop/cart_add.json");
const CREATED: &str = include_str!("../../../../tests/fixtures/saplab/shop/order_create.json");
const SHORT: &str = include_str!("../../../../tests/fixtures/saplab/shop/cart_add_error.json");

fn shop(base: &Url) -> Shop {
    let settings = SaplabLogin {
        base_url: Some(base.clone()),
        login: Some("70001112233".into()),
        password: Some(Secret::new(PASSWORD)),
        allow_http: true,
        timeout: Duration::from_secs(5),
    };
    Shop::new(&settings).unwrap().unwrap()
}

async fn answering(body: &str) -> RawServer {
    RawServer::ok("application/json", body).await
}

async fn add(body: &str) -> Result<String, Fault> {
    let server = answering(body).await;
    shop(&server.url).add_to_cart(&Secret::new("token"), 1, "").await
}

async fn create(body: &str) -> Result<PlacedOrder, Fault> {
    let server = answering(body).await;
    shop(&server.url).create_order(&["line".into()]).await
}

fn refused(status: u16, words: &str) -> Fault {
    Fault::Refused {
        status,
        words: words.into(),
    }
}

#[tokio::test]
async fn articles_and_brands_leave_byte_for_byte_under_basic_in_utf_8() {
    let server = answering(r#"{"groups":[],"parts":[]}"#).await;
    let shop = shop(&server.url);
    for (article, brand, expected) in [
        ("9054", Some("MEAT&DORIA;"), "9054/MEAT%26DORIA%3B"),
        (".sg-4540.", Some("KNECHT/MAHLE"), ".sg-4540./KNECHT%2FMAHLE"),
        ("A#1 100%", Some("LIQUI MOLY"), "A%231%20100%25/LIQUI%20MOLY"),
        ("...", Some("Ё"), ".../%D0%81"),
        (".sg-4540.", None, ".sg-4540."),
        ("filter", None, "filter"),
        ("%2e%2e", None, "%252e%252e"),
    ] {
        match brand {
            Some(brand) => drop(shop.parts(article, brand).await.unwrap()),
            None => drop(shop.brands(article).await.unwrap()),
        }
        let heard = server.heard().pop().unwrap();
        assert!(
            heard.starts_with(&format!("GET /parts/search/{expected} HTTP/1.1\r\n")),
            "{heard}"
        );
        // printf '70001112233:пароль-canary' | base64
        assert!(
            heard.contains("Basic NzAwMDExMTIyMzM60L/QsNGA0L7Qu9GMLWNhbmFyeQ=="),
            "{heard}"
        );
    }
}

#[tokio::test]
async fn what_would_name_another_method_is_refused_before_sending() {
    let server = answering(r#"{"groups":[],"parts":[]}"#).await;
    let shop = shop(&server.url);
    let unsent = |fault: Option<Fault>| matches!(fault, Some(Fault::Refused { status: 0, .. }));
    for value in ["", ".", ".."] {
        assert!(unsent(shop.brands(value).await.err()), "{value:?}");
        assert!(unsent(shop.parts(value, "BOSCH").await.err()), "{value:?}");
        assert!(unsent(shop.parts("9054", value).await.err()), "{value:?}");
    }
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn each_list_is_asked_for_at_its_address() {
    let server = answering(r#"{"contents":[],"orders":[]}"#).await;
    let shop = shop(&server.url);
    assert_eq!(shop.cart().await.unwrap(), Cart::default());
    let filter = ShopOrderFilter {
        order_ids: vec![1, 2],
        ..ShopOrderFilter::default()
    };
    assert_eq!(shop.orders(&filter).await.unwrap().pages, 1);
    let heard = server.heard();
    assert!(heard[0].starts_with("GET /account/cart HTTP/1.1\r\n"));
    assert!(heard[1].starts_with("GET /account/order/filter/order_ids/1,2 HTTP/1.1\r\n"));
}

#[tokio::test]
async fn statuses_are_asked_for_with_the_credentials() {
    let server = answering(r#"[{"id":14,"name":"Принято","color":"FAFFB3"}]"#).await;
    assert_eq!(shop(&server.url).statuses().await.unwrap()[0].id, 14);
    let heard = server.heard().remove(0);
    assert!(heard.starts_with("GET /misc/order_statuses HTTP/1.1\r\n"));
    assert!(heard.contains("authorization: Basic "), "{heard}");
}

#[tokio::test]
async fn an_offer_is_put_into_the_cart_by_a_form() {
    let server = answering(ADDED).await;
    let line = shop(&server.url)
        .add_to_cart(&Secret::new("a+b/c=|Ё"), 2, "T-1 & 2")
        .await;
    assert_eq!(
        line.unwrap(),
        "00000000000000000000000000000000000000000000000000000000000000ad"
    );
    let heard = server.heard().remove(0);
    assert!(heard.starts_with("POST /account/cart/add HTTP/1.1\r\n"));
    assert!(heard.contains("content-type: application/x-www-form-urlencoded\r\n"));
    assert!(
        heard.ends_with("\r\n\r\nproduct=a%2Bb%2Fc%3D%7C%D0%81&quantity=2&comment=T-1%20%26%202"),
        "{heard}"
    );
}

#[tokio::test]
async fn only_the_named_lines_are_ordered_each_under_products() {
    let server = answering(CREATED).await;
    let order = shop(&server.url)
        .create_order(&["a1".into(), "b2".into()])
        .await
        .unwrap();
    assert_eq!(
        (order.invoice.as_str(), order.positions[0].id, order.positions.len()),
        ("00242", 320_935, 1)
    );
    let position = &order.positions[0];
    assert_eq!((position.status_id, &position.status_name), (Some(14), &None));
    assert_eq!(position.history.len(), 2);
    assert!(position.client_comment.starts_with("Позиция заказа"));
    let heard = server.heard().remove(0);
    assert!(heard.starts_with("POST /account/order/create HTTP/1.1\r\n"));
    assert!(
        heard.ends_with("\r\n\r\nproducts%5B%5D=a1&products%5B%5D=b2"),
        "{heard}"
    );
}

#[tokio::test]
async fn nothing_is_bought_that_was_not_named() {
    let server = answering(CREATED).await;
    let shop = shop(&server.url);
    for lines in [vec![], vec![""], vec!["a", " "], vec!["a", "a"]] {
        let lines: Vec<String> = lines.into_iter().map(str::to_owned).collect();
        let answer = shop.create_order(&lines).await;
        assert!(matches!(answer, Err(Fault::Refused { status: 0, .. })), "{lines:?}");
    }
    for (token, quantity) in [("", 1), ("token", 0)] {
        let answer = shop.add_to_cart(&Secret::new(token), quantity, "").await;
        assert!(matches!(answer, Err(Fault::Refused { status: 0, .. })), "{quantity}");
    }
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn an_error_in_the_body_is_a_refusal_in_the_shops_own_words() {
    assert_eq!(add(SHORT).await, Err(refused(200, "Недостаточно товара на складе.")));
    assert_eq!(create(SHORT).await, Err(refused(200, "Недостаточно товара на складе.")));
    assert_eq!(
        add(r#"{"status":"error","data":"x"}"#).await,
        Err(refused(200, "error without words"))
    );
    let server = answering(SHORT).await;
    assert!(matches!(shop(&server.url).cart().await, Err(Fault::Refused { .. })));
    assert!(matches!(shop(&server.url).statuses().await, Err(Fault::Refused { .. })));
    let server = RawServer::start(Answer::Raw(response("400 Bad Request", "", SHORT))).await;
    let answer = shop(&server.url).create_order(&["line".into()]).await;
    assert_eq!(answer, Err(refused(400, "Недостаточно товара на складе.")));
}

#[tokio::test]
async fn only_ok_with_the_lines_identifier_is_an_addition() {
    for body in [
        r#"{"status":"success","data":"line"}"#,
        r#"{"status":"OK","data":"line"}"#,
        r#"{"data":"line"}"#,
        r#"{"status":"ok"}"#,
        r#"{"status":"ok","data":""}"#,
        r#"{"status":"ok","data":null}"#,
        r#"{"status":"ok","data":["line"]}"#,
        "[]",
        "{",
        "",
    ] {
        let answer = add(body).await;
        assert!(matches!(answer, Err(Fault::Garbled(_))), "{body:?}: {answer:?}");
    }
    assert!(matches!(add("<html>Вход</html>").await, Err(Fault::NotApi(_))));
}

#[tokio::test]
async fn only_ok_with_the_orders_label_is_an_order() {
    for body in [
        r#"{"status":"success","message":"00242","data":[]}"#,
        r#"{"message":"00242","data":[]}"#,
        r#"{"status":"ok","data":[]}"#,
        r#"{"status":"ok","message":" ","data":[]}"#,
        r#"{"status":"ok","message":"00242","data":[{"id":1,"invoice":"00241"}]}"#,
        "[]",
    ] {
        let answer = create(body).await;
        assert!(matches!(answer, Err(Fault::Garbled(_))), "{body:?}: {answer:?}");
    }
}

#[tokio::test]
async fn an_order_was_placed_also_when_its_positions_cannot_be_read() {
    for (data, rejected) in [("null", 0), ("{}", 0), ("\"x\"", 0), (r#"[{"id":"?"}]"#, 1)] {
        let order = create(&format!(r#"{{"status":"ok","message":242,"data":{data}}}"#))
            .await
            .unwrap();
        assert_eq!(
            (order.invoice.as_str(), order.positions.len(), order.rejected.len()),
            ("242", 0, rejected)
        );
    }
}

#[tokio::test]
async fn a_lost_answer_and_a_closed_door_are_told_apart() {
    let server = RawServer::start(Answer::Reset).await;
    let answer = shop(&server.url).create_order(&["line".into()]).await;
    assert!(matches!(answer, Err(Fault::Lost(_))), "{answer:?}");
    let closed = shop(&"http://127.0.0.1:1".parse().unwrap());
    assert!(matches!(
        closed.create_order(&["line".into()]).await,
        Err(Fault::NotSent(_))
    ));
    let server = RawServer::start(Answer::Raw(response("401 Unauthorized", "", SHORT))).await;
    assert!(matches!(
        shop(&server.url).cart().await,
        Err(Fault::Denied { status: 401, .. })
    ));
    let server = RawServer::start(Answer::Raw(response("500 Internal Server Error", "", SHORT))).await;
    assert!(matches!(
        shop(&server.url).create_order(&["line".into()]).await,
        Err(Fault::Failing { .. })
    ));
}

#[tokio::test]
async fn neither_the_password_nor_an_offers_token_is_in_a_fault_or_in_debug() {
    let echo = format!(r#"{{"status":"error","message":"bad {PASSWORD} or token-canary"}}"#);
    let server = answering(&echo).await;
    let shop = shop(&server.url);
    let fault = shop.add_to_cart(&Secret::new("token-canary"), 1, "").await.unwrap_err();
    assert!(!format!("{fault} {fault:?} {shop:?}").contains(PASSWORD));
    assert!(!format!("{fault} {fault:?}").contains("token-canary"), "{fault:?}");
}

#[test]
fn a_shop_without_address_is_not_used_and_one_without_password_is_an_error() {
    let settings = SaplabLogin {
        base_url: None,
        login: None,
        password: None,
        allow_http: false,
        timeout: Duration::ZERO,
    };
    assert!(Shop::new(&settings).unwrap().is_none());
    let base_url = Some("https://shop.example".parse().unwrap());
    let error = Shop::new(&SaplabLogin { base_url, ..settings }).unwrap_err();
    assert!(error.to_string().contains("saplab.client.password"), "{error}");
}
