//! `sverka hold`, and where else a person is told that something is held.

use serde_json::Value;
use sverka::job::Job;

use crate::support::{Fixture, Setup};

/// What a command says: exit code, standard output, standard error.
async fn said(fixture: &Fixture, args: &[&str]) -> (i32, String, String) {
    let output = fixture.binary(args).env("RUST_LOG", "off").output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

/// Half of a warehouse has gone; a sync has just found it.
async fn half_gone() -> Fixture {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 40).await;
    fixture.sql("UPDATE erp.stock SET quantity = quantity + 1").await;
    fixture.sync_done(&[Job::Stock]).await;
    fixture.sql("DELETE FROM erp.stock WHERE article <= 'ART-00020'").await;
    fixture
}

#[tokio::test]
async fn a_person_is_told_everywhere_sees_the_rows_and_lets_them_go() {
    let fixture = half_gone().await;
    let (code, _, errors) = said(&fixture, &["sync", "stock", "--wait"]).await;
    assert_eq!(code, 0, "{errors}");
    assert!(
        errors.contains("held: 20 rows") && errors.contains("sverka hold show 1"),
        "{errors}"
    );
    let (_, status, _) = said(&fixture, &["status"]).await;
    assert!(
        status.contains("held: hold 1, keaz") && status.contains("guard.max_zero_share allows 12"),
        "{status}"
    );
    let (_, status, _) = said(&fixture, &["status", "--format", "json"]).await;
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(
        (&status["held"][0]["rows"], &status["drift"]),
        (&Value::from(20), &Value::Array(Vec::new()))
    );
    let (_, plan, _) = said(&fixture, &["plan", "stock"]).await;
    assert!(
        plan.contains("stock: 0 to update, 20 held") && plan.contains("[guard] holds it, hold 1"),
        "{plan}"
    );
    let (_, list, _) = said(&fixture, &["hold", "list"]).await;
    assert!(list.contains("ART-00001: 9 -> 0"), "{list}");
    let (_, list, _) = said(&fixture, &["hold", "list", "--format", "json"]).await;
    let list: Value = serde_json::from_str(&list).unwrap();
    assert_eq!(list[0]["samples"].as_array().unwrap().len(), 3);
    let (_, show, _) = said(&fixture, &["hold", "show", "1", "--limit", "5"]).await;
    assert!(
        show.contains("ART-00005") && !show.contains("ART-00006") && show.contains("20 rows in all"),
        "{show}"
    );

    let (code, released, _) = said(&fixture, &["hold", "release", "1"]).await;
    assert!(
        code == 0 && released.contains("20 rows may go, with the next run of stock"),
        "{released}"
    );
    let (code, _, errors) = said(&fixture, &["hold", "release", "1"]).await;
    assert!(
        code == 1 && errors.contains("hold 1 was released already, by ") && errors.contains('@'),
        "{errors}"
    );
    let (code, _, errors) = said(&fixture, &["sync", "stock", "--wait"]).await;
    assert!(code == 0 && !errors.contains("held:"), "{errors}");
    fixture.assert_keaz_equals_erp().await;
    let (_, list, _) = said(&fixture, &["hold", "list"]).await;
    assert_eq!(list, "nothing is held\n");
    let (_, list, _) = said(&fixture, &["hold", "list", "--all"]).await;
    assert!(list.contains("released"), "{list}");
}

#[tokio::test]
async fn the_log_says_once_that_something_is_held() {
    let fixture = half_gone().await;
    let mut told = Vec::new();
    for _ in 0..2 {
        let sync = fixture
            .binary(&["sync", "stock", "--wait"])
            .env("RUST_LOG", "error")
            .output()
            .await
            .unwrap();
        told.push(
            String::from_utf8(sync.stderr)
                .unwrap()
                .matches("held until a person decides")
                .count(),
        );
    }
    assert_eq!(told, [1, 0]);
}

#[tokio::test]
async fn a_refusal_and_a_hold_that_does_not_exist_are_said_plainly() {
    let fixture = half_gone().await;
    fixture.sync_done(&[Job::Stock]).await;
    let (code, refused, _) = said(&fixture, &["hold", "refuse", "1"]).await;
    assert!(code == 0 && refused.contains("stay as they are"), "{refused}");
    let (code, _, errors) = said(&fixture, &["hold", "refuse", "1"]).await;
    assert!(code == 1 && errors.contains("refused already"), "{errors}");
    for command in ["show", "release", "refuse"] {
        let (code, _, errors) = said(&fixture, &["hold", command, "99"]).await;
        assert!(code == 1 && errors.contains("there is no hold 99"), "{errors}");
    }
    assert_eq!(said(&fixture, &["hold", "release", "all"]).await.0, 2);
}

#[tokio::test]
async fn what_somebody_changed_upstream_stands_in_the_status() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 20).await;
    fixture.sync_done(&[Job::Stock]).await;
    fixture
        .sim
        .world()
        .keaz
        .remains
        .insert(("W1".into(), "ART-00001".into()), 999);
    fixture.sync_done(&[Job::Stock]).await;
    let (_, status, _) = said(&fixture, &["status"]).await;
    let wanted = "changed at keaz by somebody else: 1 remain found, 1 not yet mended";
    assert!(
        status.contains(wanted) && status.contains("W1/ART-00001: ERP 8, acknowledged 8, found 999"),
        "{status}"
    );
    let (_, status, _) = said(&fixture, &["status", "--format", "json"]).await;
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["drift"][0]["open"], 1);
}
