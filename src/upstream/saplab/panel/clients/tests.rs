use std::time::Duration;

use crate::config::{SaplabLogin, Secret};
use crate::simulate::{self, Options, Simulator};
use crate::upstream::Fault;
use crate::upstream::saplab::panel::tests::panel;
use crate::upstream::saplab::{ClientCard, ClientChange, ClientForm, Panel, Success};
use crate::upstream::transport::testing::RawServer;

/// The form of the document's company, changed as the document's example changes it.
fn documented() -> ClientForm {
    let text = include_str!("../../../../../tests/fixtures/saplab/client_form.json");
    let raw: Box<serde_json::value::RawValue> = serde_json::from_str(text).unwrap();
    ClientCard::read(&raw).unwrap().form().unwrap()
}

async fn created(body: &str) -> Result<Success, Fault> {
    let server = RawServer::ok("application/json", body).await;
    panel(&server.url).create_client(&documented(), None).await
}

#[tokio::test]
async fn a_change_is_sent_as_in_the_documents_example() {
    let server = RawServer::ok(
        "application/json",
        r#"{"status":"success","text":"Данные клиента обновлены."}"#,
    )
    .await;
    let answer = panel(&server.url).edit_client(2, &documented(), None).await.unwrap();
    assert_eq!(answer.text.as_deref(), Some("Данные клиента обновлены."));
    let heard = server.heard().remove(0);
    assert!(heard.starts_with("POST /panel/client/form/2 HTTP/1.1\r\n"));
    let body = heard.split("\r\n\r\n").nth(1).unwrap();
    let body = percent_encoding::percent_decode_str(body).decode_utf8().unwrap();
    assert_eq!(
        body,
        "name=Сергей Сергеевич&email=wholesaler@example.com&phone=72222222222&password=&address=ул. Ленина, 48\
         &point_id=1&manager_id=0&group_id=2&shipping_id=0&limit=10000&comment=Хороший клиент&status=on\
         &is_wholesaler=on&wholesalers[type]=ООО&wholesalers[org_name]=Рога и Копыта\
         &wholesalers[inn]=12345678901234&wholesalers[kpp]=987654321&wholesalers[orgn]=456789052\
         &wholesalers[address]=ул. Ленина, 48&wholesalers[bank]=Сбербанк&wholesalers[bik]=00000000000\
         &wholesalers[account]=00000000000&wholesalers[bank_account]=00000000000"
    );
}

#[tokio::test]
async fn a_refusal_by_field_has_no_status_and_is_one_all_the_same() {
    let both = r#"{"email":"Поле Email должно быть уникальным.","phone":"Поле Телефон должно быть уникальным."}"#;
    assert_eq!(
        created(both).await,
        Err(Fault::Refused {
            status: 200,
            words: "email: Поле Email должно быть уникальным.; phone: Поле Телефон должно быть уникальным.".into()
        })
    );
    assert_eq!(
        created(r#"{"status":"error","text":"Нет."}"#).await,
        Err(Fault::Refused {
            status: 200,
            words: "Нет.".into()
        })
    );
}

#[tokio::test]
async fn anything_else_leaves_it_unknown() {
    for body in [
        "{}",
        "[]",
        r#"{"status":"maybe"}"#,
        r#"{"status":"ok","email":"x"}"#,
        r#"{"email":"x","id":5}"#,
        r#"{"email":""}"#,
        r#"{"email":["x"]}"#,
    ] {
        let answer = created(body).await;
        assert!(matches!(answer, Err(Fault::Garbled(_))), "{body}: {answer:?}");
    }
}

#[tokio::test]
async fn a_new_clients_password_is_in_no_fault() {
    let server = RawServer::ok("application/json", r#"{"password":"bad secret-canary"}"#).await;
    let password = Secret::new("secret-canary");
    let fault = panel(&server.url)
        .create_client(&documented(), Some(&password))
        .await
        .unwrap_err();
    assert!(server.heard()[0].contains("&password=secret-canary&"));
    assert_eq!(fault.to_string(), "refused: password: bad ***");
}

async fn simulator() -> (Simulator, Panel) {
    let simulator = simulate::start(Options::default()).await.unwrap();
    let options = Options::default();
    let settings = SaplabLogin {
        base_url: Some(simulator.saplab_url().parse().unwrap()),
        login: Some(options.panel_login),
        password: Some(Secret::new(options.panel_password)),
        allow_http: true,
        timeout: Duration::from_secs(20),
    };
    (simulator, Panel::new(&settings).unwrap().unwrap())
}

#[tokio::test]
async fn a_client_that_is_read_and_written_back_loses_nothing() {
    let (simulator, panel) = simulator().await;
    for id in [1, 2] {
        let key = u64::try_from(id).unwrap();
        let before = simulator.world().saplab.clients[&key].clone();
        let form = panel.client(id).await.unwrap().form().unwrap();
        panel.edit_client(id, &form, None).await.unwrap();
        let mut after = simulator.world().saplab.clients[&key].clone();
        after.modified = before.modified;
        assert_eq!(format!("{before:?}"), format!("{after:?}"));
        let again = panel.client(id).await.unwrap().form().unwrap();
        assert_eq!(again.differences(&form), Vec::<&str>::new());
    }
}

#[tokio::test]
async fn a_change_of_one_field_changes_that_field_alone() {
    let (simulator, panel) = simulator().await;
    let form = panel.client(2).await.unwrap().form().unwrap();
    let change = ClientChange {
        limit: Some("12500.50".parse().unwrap()),
        ..ClientChange::default()
    };
    panel
        .edit_client(2, &change.apply(form.clone()).unwrap(), None)
        .await
        .unwrap();
    let after = panel.client(2).await.unwrap();
    assert_eq!(after.form().unwrap().differences(&form), ["limit"]);
    assert!(simulator.world().saplab.clients[&2].status);
}

#[tokio::test]
async fn a_created_client_is_found_with_every_field_it_was_given() {
    let (_simulator, panel) = simulator().await;
    let form = ClientForm {
        phone: "9990001122".into(),
        email: "new@example.com".into(),
        ..documented()
    };
    panel.create_client(&form, None).await.unwrap();
    let again = panel.create_client(&form, None).await;
    assert!(
        matches!(&again, Err(Fault::Refused { words, .. }) if words.contains("phone: ")),
        "{again:?}"
    );
    let created = panel.client(3).await.unwrap();
    assert_eq!(created.phone, "9990001122");
    assert_eq!(created.form().unwrap().differences(&form), Vec::<&str>::new());
}
