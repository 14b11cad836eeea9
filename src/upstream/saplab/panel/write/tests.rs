use rust_decimal::Decimal;

use crate::upstream::Fault;
use crate::upstream::saplab::Success;
use crate::upstream::saplab::panel::Panel;
use crate::upstream::saplab::panel::tests::panel;
use crate::upstream::transport::testing::RawServer;

const DONE: &str = r#"{"status":"success","text":"Готово."}"#;

/// What goes out for a call, and what the call makes of this answer.
async fn made(body: &str, call: impl AsyncFnOnce(Panel) -> Result<Success, Fault>) -> (String, Result<Success, Fault>) {
    let server = RawServer::ok("application/json", body).await;
    let answer = call(panel(&server.url)).await;
    let heard = server.heard();
    assert_eq!(heard.len(), 1, "one request for one call");
    (heard[0].clone(), answer)
}

#[tokio::test]
async fn a_get_that_changes_something_names_its_own_path_and_keeps_saplabs_words() {
    let ok = |text: &str| {
        Ok(Success {
            text: Some(text.into()),
        })
    };
    let (heard, answer) = made(DONE, async |panel| panel.deny(20).await).await;
    assert!(heard.starts_with("GET /panel/order/deny/20 HTTP/1.1\r\n"), "{heard}");
    assert_eq!(answer, ok("Готово."));
    let paid = r#"{"status":"success","text":"На счёт клиента ООО \"Рога и Копыта\" отправлено 3959₽ "}"#;
    let (heard, answer) = made(paid, async |panel| panel.pay(20).await).await;
    assert!(heard.starts_with("GET /panel/order/pay/20 HTTP/1.1\r\n"), "{heard}");
    assert_eq!(answer, ok("На счёт клиента ООО \"Рога и Копыта\" отправлено 3959₽"));
    let (heard, _) = made(DONE, async |panel| panel.archive(20).await).await;
    assert!(heard.starts_with("GET /panel/order/archive/20 HTTP/1.1\r\n"), "{heard}");
    let (heard, _) = made(DONE, async |panel| panel.unarchive(20).await).await;
    assert!(
        heard.starts_with("GET /panel/order/unarchive/20 HTTP/1.1\r\n"),
        "{heard}"
    );
    let (heard, _) = made(DONE, async |panel| panel.documents(&[19, 20, 21]).await).await;
    assert!(
        heard.starts_with("GET /panel/order/documents/19,20,21 HTTP/1.1\r\n"),
        "{heard}"
    );
}

#[tokio::test]
async fn documents_of_nothing_are_refused_before_sending() {
    let server = RawServer::ok("application/json", DONE).await;
    let answer = panel(&server.url).documents(&[]).await;
    assert!(matches!(answer, Err(Fault::Refused { status: 0, .. })));
    assert!(server.heard().is_empty());
}

#[tokio::test]
async fn a_form_goes_out_as_the_document_shows_it_and_percent_encoded() {
    let sum = Decimal::from(-100);
    let posts = [
        (
            made(DONE, async |panel| panel.add_transaction(1, sum, "API списание").await).await,
            "/panel/client/add_transaction/1",
            "amount=-100&description=API%20%D1%81%D0%BF%D0%B8%D1%81%D0%B0%D0%BD%D0%B8%D0%B5",
        ),
        (
            made(DONE, async |panel| panel.add_shipping_type("A & B", 1000).await).await,
            "/panel/order/shipping_type",
            "name=A%20%26%20B&min_price=1000",
        ),
        (
            made(DONE, async |panel| panel.edit_shipping_type(1, "A", 0).await).await,
            "/panel/order/shipping_type/1",
            "name=A&min_price=0",
        ),
        (
            made(DONE, async |panel| panel.remove_shipping_type(3).await).await,
            "/panel/order/remove_shipping_type",
            "id=3",
        ),
        (
            made(DONE, async |panel| {
                panel.add_status("Новый", "ABABAB", true, false).await
            })
            .await,
            "/panel/order/status",
            "name=%D0%9D%D0%BE%D0%B2%D1%8B%D0%B9&color=ABABAB&sms=1&email=0",
        ),
        (
            made(DONE, async |panel| {
                panel.edit_status(1, "N", "ABABAB", false, true).await
            })
            .await,
            "/panel/order/status/1",
            "name=N&color=ABABAB&sms=0&email=1",
        ),
        (
            made(DONE, async |panel| panel.remove_status(3).await).await,
            "/panel/order/remove_status",
            "id=3",
        ),
        (
            made(DONE, async |panel| panel.add_group("Web", 1, "a+b").await).await,
            "/panel/client/group_form",
            "name=Web&discount=1&comment=a%2Bb",
        ),
        (
            made(DONE, async |panel| panel.edit_group(8, "Web", 2, "").await).await,
            "/panel/client/group_form/8",
            "name=Web&discount=2&comment=",
        ),
        (
            made(DONE, async |panel| panel.remove_group(3).await).await,
            "/panel/client/remove_group",
            "id=3",
        ),
    ];
    for ((heard, answer), path, body) in posts {
        assert!(heard.starts_with(&format!("POST {path} HTTP/1.1\r\n")), "{heard}");
        assert!(
            heard.contains("content-type: application/x-www-form-urlencoded\r\n"),
            "{heard}"
        );
        assert!(heard.ends_with(&format!("\r\n\r\n{body}")), "{heard}");
        assert!(answer.is_ok(), "{path}: {answer:?}");
    }
}

#[tokio::test]
async fn each_documented_refusal_is_one_in_saplabs_words() {
    for words in [
        "Статус используется в настройках магазина.",
        "Группа используется в настройках магазина, удаление невозможно.",
        "Недостаточно средств на балансе клиента ООО \"Рога и Копыта\" , необходимо пополнить баланс на 10000₽",
        "Нет подходящих заказов.",
        "Не удалось отправить заказы в архив.",
        "Не найдено подходящих заказов.",
    ] {
        let body = serde_json::json!({"status": "error", "text": words}).to_string();
        let refused = Fault::Refused {
            status: 200,
            words: words.into(),
        };
        assert_eq!(
            made(&body, async |panel| panel.pay(20).await).await.1,
            Err(refused.clone())
        );
        assert_eq!(
            made(&body, async |panel| panel.remove_group(3).await).await.1,
            Err(refused)
        );
    }
    let (_, answer) = made(r#"{"status":"error"}"#, async |panel| {
        panel.remove_shipping_type(3).await
    })
    .await;
    assert!(matches!(answer, Err(Fault::Refused { .. })), "{answer:?}");
}

#[tokio::test]
async fn an_answer_that_is_neither_leaves_it_unknown() {
    for body in [
        "",
        "{}",
        "[]",
        "null",
        r#"{"status":"ok"}"#,
        r#"{"status":1}"#,
        r#"{"text":"Позиция снята"}"#,
    ] {
        let (_, answer) = made(body, async |panel| panel.add_transaction(1, Decimal::ONE, "x").await).await;
        assert!(matches!(answer, Err(Fault::Garbled(_))), "{body:?}: {answer:?}");
    }
    let (_, answer) = made("<html>Вход</html>", async |panel| panel.pay(20).await).await;
    assert!(matches!(answer, Err(Fault::NotApi(_))), "{answer:?}");
    let (_, answer) = made(r#"{"status":"success"}"#, async |panel| panel.pay(20).await).await;
    assert_eq!(answer, Ok(Success { text: None }));
}
