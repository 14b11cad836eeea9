//! The panel's operations as a person asks for them: `sverka call`.

use serde_json::Value;

use super::shop;
use crate::support::Fixture;

/// The exit code, what was printed, what was said.
async fn run(fixture: &Fixture, arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = fixture.command(&[&["call"], arguments].concat()).await;
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn what_moves_money_or_orders_is_done_only_after_a_yes() {
    let fixture = shop().await;
    for arguments in [
        vec!["saplab.orders.pay", "--position", "1"],
        vec!["saplab.orders.deny", "--position", "1"],
        vec!["saplab.orders.archive", "--position", "1"],
        vec!["saplab.orders.documents", "--positions", "1,2"],
        vec![
            "saplab.balance.add",
            "--client",
            "1",
            "--amount",
            "-5",
            "--description",
            "x",
        ],
    ] {
        let (code, _, said) = run(&fixture, &arguments).await;
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("--yes"), "{said}");
    }
    assert!(fixture.sim.requests().is_empty());
    let (code, _, said) = run(&fixture, &["saplab.orders.pay", "--position", "1", "--yes"]).await;
    assert_eq!(code, Some(0), "{said}");
    let charge = [
        "saplab.balance.add",
        "--client",
        "1",
        "--amount",
        "-100",
        "--description",
        "API списание",
        "--yes",
    ];
    let (code, printed, said) = run(&fixture, &charge).await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap()["text"], Value::Null);
    assert_eq!(
        fixture
            .effects_since(0)
            .iter()
            .map(|effect| effect.operation.as_str())
            .collect::<Vec<_>>(),
        ["saplab.panel.order.pay", "saplab.panel.balance.add"]
    );
}

#[tokio::test]
async fn a_client_is_changed_and_read_from_the_command_line() {
    let fixture = shop().await;
    let edit = [
        "saplab.clients.edit",
        "--id",
        "2",
        "--wholesalers",
        r#"{"inn":"007"}"#,
        "--limit",
        "1.50",
    ];
    let (code, _, said) = run(&fixture, &edit).await;
    assert_eq!(code, Some(0), "{said}");
    let (_, printed, _) = run(&fixture, &["saplab.clients.get", "--id", "2"]).await;
    let client: Value = serde_json::from_str(&printed).unwrap();
    assert_eq!(client["wholesaler_data"]["inn"], "007");
    assert_eq!(client["wholesaler_data"]["org_name"], "Рога и Копыта");
    assert_eq!(
        client["limit"].as_str().map(|limit| limit.trim_end_matches('0')),
        Some("1.5")
    );
    let (code, _, said) = run(
        &fixture,
        &["saplab.clients.edit", "--id", "2", "--wholesalers", r#"{"ogrn":"1"}"#],
    )
    .await;
    assert_eq!(code, Some(2), "{said}");
    let (code, table, _) = run(&fixture, &["saplab.shipping_types.list", "--format", "table"]).await;
    assert_eq!(code, Some(0));
    assert!(table.contains("Доставка по городу"), "{table}");
}
