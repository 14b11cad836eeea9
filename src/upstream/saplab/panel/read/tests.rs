use crate::upstream::Fault;
use crate::upstream::saplab::ClientFilter;
use crate::upstream::saplab::panel::tests::panel;
use crate::upstream::transport::testing::RawServer;

const BALANCE: &str = include_str!("../../../../../tests/fixtures/saplab/balance.json");
const CLIENT: &str = include_str!("../../../../../tests/fixtures/saplab/client_form.json");

#[tokio::test]
async fn each_list_is_asked_for_at_its_documented_path() {
    let server = RawServer::ok(
        "application/json",
        r#"{"managers":[],"shipping_types":[],"groups":[],"clients":[]}"#,
    )
    .await;
    let panel = panel(&server.url);
    panel.managers().await.unwrap();
    panel.shipping_types().await.unwrap();
    panel.groups().await.unwrap();
    let filter = ClientFilter {
        phone: Some("+7(123)456-78-90".into()),
        ..ClientFilter::default()
    };
    panel.clients(&filter).await.unwrap();
    let heard: Vec<String> = server
        .heard()
        .iter()
        .map(|request| request.lines().next().unwrap().to_owned())
        .collect();
    assert_eq!(
        heard,
        [
            "GET /panel/manager HTTP/1.1",
            "GET /panel/order/shipping_type HTTP/1.1",
            "GET /panel/client/group HTTP/1.1",
            "GET /panel/client/filter/phone/%2B7%28123%29456-78-90 HTTP/1.1",
        ]
    );
}

#[tokio::test]
async fn an_answer_without_its_list_is_garbled() {
    let server = RawServer::ok("application/json", r#"{"orders":[]}"#).await;
    let panel = panel(&server.url);
    assert!(matches!(panel.managers().await, Err(Fault::Garbled(_))));
    assert!(matches!(panel.shipping_types().await, Err(Fault::Garbled(_))));
    assert!(matches!(panel.groups().await, Err(Fault::Garbled(_))));
    assert!(matches!(
        panel.clients(&ClientFilter::default()).await,
        Err(Fault::Garbled(_))
    ));
    assert!(matches!(panel.client(2).await, Err(Fault::Garbled(_))));
    assert!(matches!(panel.balance(2, 1).await, Err(Fault::Garbled(_))));
}

#[tokio::test]
async fn a_client_is_read_by_its_form_and_must_be_the_one_asked_for() {
    let server = RawServer::ok("application/json", CLIENT).await;
    let panel = panel(&server.url);
    assert_eq!(panel.client(2).await.unwrap().name, "Сергей Сергеевич");
    assert!(server.heard()[0].starts_with("GET /panel/client/form/2 HTTP/1.1\r\n"));
    assert!(matches!(panel.client(3).await, Err(Fault::Garbled(_))));
}

#[tokio::test]
async fn a_page_of_a_balance_is_believed_only_when_it_is_that_page() {
    let server = RawServer::ok("application/json", BALANCE).await;
    let panel = panel(&server.url);
    assert_eq!(panel.balance(1, 1).await.unwrap().transactions.len(), 10);
    assert!(matches!(panel.balance(1, 2).await, Err(Fault::Garbled(_))));
    let heard = server.heard();
    assert!(heard[0].starts_with("GET /panel/client/balance/1 HTTP/1.1\r\n"));
    assert!(heard[1].starts_with("GET /panel/client/balance/1/filter/page/2 HTTP/1.1\r\n"));
    let silent = RawServer::ok("application/json", r#"{"transactions":[]}"#).await;
    let panel = super::super::tests::panel(&silent.url);
    assert!(panel.balance(1, 1).await.is_ok());
    assert!(matches!(panel.balance(1, 2).await, Err(Fault::Garbled(_))));
}
