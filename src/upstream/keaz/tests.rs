//! The client against a server of raw bytes: what leaves in each format, and what is made of each answer.

use std::time::Duration;

use rust_decimal::Decimal;

use super::*;
use crate::config::{KeazRemainFields, OnMissing};
use crate::upstream::transport::testing::{Answer as Raw, RawServer, response};

const LIST_JSON: &str = include_str!("../../../tests/fixtures/keaz/warehouses_list.json");
const LIST_XML: &str = include_str!("../../../tests/fixtures/keaz/warehouses_list.xml");
const EXISTS_XML: &str = include_str!("../../../tests/fixtures/keaz/warehouses_add_exists.xml");
/// No JSON, as in the KEAZ document.
const ERROR_JSON: &str = include_str!("../../../tests/fixtures/keaz/warehouses_add_error.txt");

pub(super) fn settings(base: &str, format: KeazFormat) -> config::Keaz {
    let text = String::from;
    config::Keaz {
        base_url: Some(base.parse().unwrap()),
        api_key: Some(Secret::new("made-up-key")),
        format,
        brands: Vec::new(),
        batch_rows: 500,
        on_missing: OnMissing::Zero,
        remains: KeazRemains {
            resource: text("remains"),
            fields: KeazRemainFields {
                warehouse: text("warehouse"),
                article: text("article"),
                quantity: text("quantity"),
            },
        },
        allow_http: false,
        timeout: Duration::from_secs(30),
    }
}

pub(super) fn client(server: &RawServer, format: KeazFormat) -> Keaz {
    Keaz::new(&settings(server.url.as_str(), format)).unwrap().unwrap()
}

async fn answering(body: &str) -> (Keaz, RawServer) {
    let server = RawServer::ok("application/json; charset=utf-8", body).await;
    (client(&server, KeazFormat::Json), server)
}

fn remain(warehouse: &str, article: &str, quantity: impl Into<Option<Decimal>>) -> Remain {
    Remain {
        warehouse: warehouse.into(),
        article: article.into(),
        quantity: quantity.into(),
    }
}

fn two_remains() -> [Remain; 2] {
    [
        remain("D4R7WE", "A-1", Decimal::from(12)),
        remain("D4R7WE", "A-2", Decimal::ZERO),
    ]
}

fn perm(code: &str, contacts: &str, address: &str) -> Warehouse {
    let text = |text: &str| Some(text.to_owned());
    Warehouse {
        code: code.into(),
        name: None,
        address: text(address),
        contacts: text(contacts),
    }
}

const OK: &str = r#"{"remains": [], "status": {"code": "ok", "messages": []}}"#;

#[tokio::test]
async fn the_documents_list_reads_the_same_in_both_formats() {
    let expected = [perm("007", "7", "Пермь, ул. Ленина 1"), perm("222222", "", "Пермь")];
    for (format, body) in [
        (KeazFormat::Json, LIST_JSON),
        (KeazFormat::Form, LIST_JSON),
        (KeazFormat::Xml, LIST_XML),
    ] {
        let server = RawServer::ok("text/plain", body).await;
        assert_eq!(client(&server, format).list_warehouses().await.unwrap(), expected);
    }
}

#[tokio::test]
async fn each_format_has_its_address_content_type_and_body() {
    for (format, kind, content_type, body) in [
        (
            KeazFormat::Json,
            "json",
            "application/json",
            r#"{"hash":"made-up-key","remains":[{"warehouse":"D4R7WE","article":"A-1","quantity":12},{"warehouse":"D4R7WE","article":"A-2","quantity":0}]}"#,
        ),
        (
            KeazFormat::Xml,
            "xml",
            "application/xml",
            "<request><hash>made-up-key</hash><remains><item><warehouse>D4R7WE</warehouse><article>A-1</article><quantity>12</quantity></item><item><warehouse>D4R7WE</warehouse><article>A-2</article><quantity>0</quantity></item></remains></request>",
        ),
        (
            KeazFormat::Form,
            "json",
            "application/x-www-form-urlencoded",
            "hash=made-up-key&remains%5B0%5D%5Bwarehouse%5D=D4R7WE&remains%5B0%5D%5Barticle%5D=A-1&remains%5B0%5D%5Bquantity%5D=12&remains%5B1%5D%5Bwarehouse%5D=D4R7WE&remains%5B1%5D%5Barticle%5D=A-2&remains%5B1%5D%5Bquantity%5D=0",
        ),
    ] {
        let server = RawServer::ok("application/json", OK).await;
        let verdicts = client(&server, format).update_remains(&two_remains()).await.unwrap();
        assert_eq!(verdicts.rows, [Verdict::Done, Verdict::Done]);
        let heard = server.heard().remove(0);
        assert!(
            heard.starts_with(&format!("POST /restapi/office/remains.update.{kind} HTTP/1.1\r\n")),
            "{heard}"
        );
        assert!(heard.contains(&format!("content-type: {content_type}\r\n")), "{heard}");
        assert!(heard.ends_with(body), "{heard}");
    }
}

#[tokio::test]
async fn each_operation_names_its_rows() {
    let (keaz, server) = answering(r#"{"status": {"code": "ok"}}"#).await;
    let warehouse = Warehouse {
        code: "1".into(),
        address: Some("Пермь".into()),
        ..Warehouse::default()
    };
    keaz.add_warehouses(std::slice::from_ref(&warehouse)).await.unwrap();
    keaz.update_warehouses(&[perm("1", "", "b")]).await.unwrap();
    keaz.delete_warehouses(&["1".into()]).await.unwrap();
    keaz.delete_remains(&[("1".into(), "A".into())]).await.unwrap();
    assert!(keaz.list_remains().await.unwrap().is_empty());
    let heard = server.heard();
    for (heard, (path, body)) in heard.iter().zip([
        (
            "warehouses.add.json",
            r#""warehouses":[{"code":"1","address":"Пермь"}]}"#,
        ),
        (
            "warehouses.update.json",
            r#""warehouses":[{"code":"1","address":"b","contacts":""}]}"#,
        ),
        ("warehouses.delete.json", r#""warehouses":[{"code":"1"}]}"#),
        ("remains.delete.json", r#""remains":[{"warehouse":"1","article":"A"}]}"#),
        ("remains.list.json", r#"{"hash":"made-up-key"}"#),
    ]) {
        assert!(heard.contains(path) && heard.ends_with(body), "{heard}");
    }
    assert_eq!(heard.len(), 5);
}

#[tokio::test]
async fn the_address_may_end_with_a_slash_or_with_the_office() {
    for end in ["", "restapi/office", "restapi/office/", "?x=1#y"] {
        let server = RawServer::ok("application/json", OK).await;
        let settings = settings(&format!("{}{end}", server.url), KeazFormat::Json);
        Keaz::new(&settings).unwrap().unwrap().list_remains().await.unwrap();
        let heard = server.heard().remove(0);
        assert!(
            heard.starts_with("POST /restapi/office/remains.list.json HTTP/1.1\r\n"),
            "{heard}"
        );
    }
}

#[tokio::test]
async fn the_documents_error_example_refuses_its_row_in_keaz_own_words_and_the_other_is_done() {
    let (keaz, _server) = answering(ERROR_JSON).await;
    let verdicts = keaz
        .add_warehouses(&[perm("", "shop", "Пермь"), perm("222222", "shop", "Пермь")])
        .await
        .unwrap();
    let words = "Не корректные данные склада в строке `0`: `{\"contacts\":\"shop\",\"address\":\"Пермь\"}`";
    assert_eq!(verdicts.rows, [Verdict::Refused(words.into()), Verdict::Done]);
}

#[tokio::test]
async fn the_documents_warning_counts_as_added_and_is_noted() {
    let server = RawServer::ok("application/xml", EXISTS_XML).await;
    let verdicts = client(&server, KeazFormat::Xml)
        .add_warehouses(&[perm("222222", "shop", "Пермь")])
        .await
        .unwrap();
    assert_eq!(verdicts.rows, [Verdict::Done]);
    assert_eq!(verdicts.notes, ["Склад `222222` уже существует!"]);
}

#[tokio::test]
async fn remains_are_read_from_every_shape_of_a_list_and_what_is_no_number_is_unknown() {
    let row = |quantity: &str| format!(r#"{{"warehouse": "W", "article": "007", "quantity": {quantity}}}"#);
    for (quantity, expected) in [
        ("12", Some("12")),
        (r#""12""#, Some("12")),
        ("10.50", Some("10.50")),
        ("0", Some("0")),
        ("null", None),
        (r#""""#, None),
        (r#""<10""#, None),
        (r#""Есть""#, None),
    ] {
        for list in [
            format!("[{}]", row(quantity)),
            format!(r#"{{"7": {}}}"#, row(quantity)),
            row(quantity),
        ] {
            let (keaz, _server) = answering(&format!(r#"{{"remains": {list}, "status": {{"code": "ok"}}}}"#)).await;
            let expected = expected.map(|text| text.parse::<Decimal>().unwrap());
            assert_eq!(
                keaz.list_remains().await.unwrap(),
                [remain("W", "007", expected)],
                "{list}"
            );
        }
    }
}

#[tokio::test]
async fn an_empty_list_has_many_spellings() {
    for list in [
        r#""remains": [],"#,
        r#""remains": {},"#,
        r#""remains": null,"#,
        r#""remains": "","#,
        "",
    ] {
        let (keaz, _server) = answering(&format!(r#"{{{list} "status": {{"code": "ok"}}}}"#)).await;
        assert_eq!(keaz.list_remains().await, Ok(Vec::new()), "{list}");
    }
}

#[tokio::test]
async fn a_list_is_taken_without_a_status_but_not_under_an_error_and_not_from_nothing() {
    let (keaz, _server) = answering(r#"{"remains": [{"warehouse": "W", "article": 5}]}"#).await;
    assert_eq!(keaz.list_remains().await, Ok(vec![remain("W", "5", None)]));
    let (keaz, _server) = answering(r#"{"remains": [], "status": {"code": "error", "messages": "Нет"}}"#).await;
    assert_eq!(
        keaz.list_remains().await,
        Err(Fault::Refused {
            status: 200,
            words: "Нет".into()
        })
    );
    for body in ["{}", "[]", "null", r#"{"status": {"code": "done"}}"#, ""] {
        let (keaz, _server) = answering(body).await;
        assert!(matches!(keaz.list_remains().await, Err(Fault::Garbled(_))), "{body}");
    }
}

#[tokio::test]
async fn a_list_whose_rows_lack_their_keys_does_not_pass_for_an_empty_one() {
    let (keaz, _server) = answering(r#"{"remains": [{"sku": "A"}], "status": {"code": "ok"}}"#).await;
    assert!(matches!(keaz.list_remains().await, Err(Fault::Garbled(_))));
    let two = r#"{"remains": [{"sku": "A"}, {"warehouse": "W", "article": "A"}], "status": {"code": "ok"}}"#;
    let (keaz, _server) = answering(two).await;
    assert_eq!(keaz.list_remains().await, Ok(vec![remain("W", "A", None)]));
}

#[tokio::test]
async fn of_a_remain_that_stands_twice_the_last_one_counts() {
    let twice = r#"{"remains": [{"warehouse": "W", "article": "A", "quantity": 1},
        {"warehouse": "W", "article": "A", "quantity": 2, "quantity": 3}], "status": {"code": "ok"}}"#;
    let (keaz, _server) = answering(twice).await;
    assert_eq!(keaz.list_remains().await, Ok(vec![remain("W", "A", Decimal::from(3))]));
}

#[tokio::test]
async fn only_known_whole_units_are_sent_and_the_verdicts_keep_their_places() {
    let error = r#"{"status": {"code": "error", "messages": ["Не корректные данные остатка в строке `1`"]}}"#;
    let (keaz, server) = answering(error).await;
    let rows = [
        remain("W", "unknown", None),
        remain("W", "good", Decimal::from(5)),
        remain("W", "half", Decimal::new(15, 1)),
        remain("W", "negative", Decimal::from(-1)),
        remain("W", "bad", "7.0".parse::<Decimal>().unwrap()),
    ];
    let refused = |words: &str| Verdict::Refused(words.into());
    assert_eq!(
        keaz.update_remains(&rows).await.unwrap().rows,
        [
            refused("not sent: the quantity is unknown"),
            Verdict::Done,
            refused("not sent: 1.5 is not a whole number of units"),
            refused("not sent: -1 is not a whole number of units"),
            refused("Не корректные данные остатка в строке `1`"),
        ]
    );
    assert!(server.heard()[0].ends_with(
        r#"[{"warehouse":"W","article":"good","quantity":5},{"warehouse":"W","article":"bad","quantity":7}]}"#
    ));
}

#[tokio::test]
async fn nothing_to_send_is_not_sent() {
    let (keaz, server) = answering(OK).await;
    assert_eq!(keaz.update_remains(&[]).await, Ok(Verdicts::default()));
    keaz.update_remains(&[remain("W", "A", None)]).await.unwrap();
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn a_form_never_has_more_variables_than_php_reads() {
    let server = RawServer::ok("application/json", OK).await;
    let rows: Vec<_> = (0..700).map(|n| remain("W", &n.to_string(), Decimal::ONE)).collect();
    let verdicts = client(&server, KeazFormat::Form).update_remains(&rows).await.unwrap();
    assert_eq!(verdicts.rows.len(), 700);
    let variables: Vec<_> = server
        .heard()
        .iter()
        .map(|request| request.matches('=').count())
        .collect();
    assert_eq!(variables, [1000, 1000, 700 * 3 - 2 * 999 + 1]);
}

#[tokio::test]
async fn an_error_in_keaz_own_form_is_judged_under_http_400_too() {
    let body = r#"{"status": {"code": "error", "messages": ["Не корректные данные в строке `0`"]}}"#;
    let server = RawServer::start(Raw::Raw(response("400 Bad Request", "", body))).await;
    let verdicts = client(&server, KeazFormat::Json)
        .update_remains(&two_remains())
        .await
        .unwrap();
    assert_eq!(verdicts.rows[1], Verdict::Done);
}

#[tokio::test]
async fn a_missing_method_a_web_page_and_garbage_have_their_faults() {
    let server = RawServer::start(Raw::Raw(response("404 Not Found", "", "no"))).await;
    let fault = client(&server, KeazFormat::Json).list_remains().await.unwrap_err();
    assert_eq!(
        fault,
        Fault::Unsupported {
            status: 404,
            words: "no".into()
        }
    );
    for content_type in ["text/html", "application/json"] {
        let server = RawServer::ok(content_type, "<!DOCTYPE html><html><title>Вход</title></html>").await;
        let fault = client(&server, KeazFormat::Json)
            .update_remains(&two_remains())
            .await
            .unwrap_err();
        assert!(matches!(fault, Fault::NotApi(_)), "{fault}");
    }
    for body in ["", "ok", "{\"status\":", "<response><status><code>ok</code>", "\u{0}"] {
        let (keaz, _server) = answering(body).await;
        let fault = keaz.update_remains(&two_remains()).await.unwrap_err();
        assert!(matches!(fault, Fault::Garbled(_)), "{body}: {fault}");
    }
}

#[tokio::test]
async fn an_answer_that_begins_with_a_byte_order_mark_is_read() {
    let (keaz, _server) = answering(&format!("\u{feff}{LIST_JSON}")).await;
    assert_eq!(keaz.list_warehouses().await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_key_is_in_nothing_that_comes_out() {
    let row = "в строке `0`: `{\"hash\":\"made-up-key\"}`".replace('"', "\\\"");
    let (keaz, _server) = answering(&format!(r#"{{"status": {{"code": "error", "messages": ["{row}"]}}}}"#)).await;
    let verdicts = keaz.update_remains(&two_remains()).await.unwrap();
    assert_eq!(
        verdicts.rows[0],
        Verdict::Refused("в строке `0`: `{\"hash\":\"***\"}`".into())
    );
    let (refusing, _server) =
        answering(r#"{"status": {"code": "error", "messages": ["Ключ made-up-key неверен"]}}"#).await;
    let fault = refusing.update_remains(&two_remains()).await.unwrap_err();
    assert_eq!(
        fault,
        Fault::Denied {
            status: 200,
            words: "Ключ *** неверен".into()
        }
    );
    assert!(!format!("{keaz:?}").contains("made-up-key"));
}

#[test]
fn the_settings_make_a_client_or_say_why_not() {
    let good = settings("https://keaz.example/", KeazFormat::Json);
    assert!(
        Keaz::new(&config::Keaz {
            base_url: None,
            ..good.clone()
        })
        .unwrap()
        .is_none()
    );
    assert_eq!(
        Keaz::new(&config::Keaz {
            api_key: None,
            ..good.clone()
        })
        .unwrap_err(),
        KeazError::NoKey
    );
    for name in ["", "a b", "1a", "a[0]", "статус", "status", "hash"] {
        let mut bad = good.clone();
        bad.remains.resource = name.into();
        assert_eq!(Keaz::new(&bad).unwrap_err(), KeazError::Name(name.into()));
    }
    let mut twice = good;
    twice.remains.fields.quantity = "article".into();
    assert_eq!(Keaz::new(&twice).unwrap_err(), KeazError::Name("article".into()));
}
