//! What `[guard]` holds is no part of a plan, and a plan is judged like a sync.

use serde_json::json;
use sverka::job::Job;

use super::{apply, number, plan, said, set};
use crate::support::{Fixture, Setup};

/// Half of a warehouse has gone from the ERP.
async fn half_gone() -> Fixture {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 40).await;
    fixture.sql("UPDATE erp.stock SET quantity = quantity + 1").await;
    fixture.sync_done(&[Job::Stock]).await;
    fixture.sql("DELETE FROM erp.stock WHERE article <= 'ART-00020'").await;
    fixture
}

#[tokio::test]
async fn rows_that_are_held_are_shown_with_the_reason_and_are_no_part_of_the_plan() {
    let fixture = half_gone().await;
    fixture.sync_done(&[Job::Stock]).await;
    set(&fixture, "ART-00030", 300).await;
    let (_, out, _) = said(&fixture, &["plan"]).await;
    assert!(
        out.contains("stock: 1 to update, 20 held") && out.contains("[guard] holds it, hold 1"),
        "{out}"
    );
    let id = number(&plan(&fixture, &[]).await);
    fixture.command(&["hold", "release", "1"]).await;
    let mark = fixture.mark();
    let (code, out, errors) = said(&fixture, &["apply", &id]).await;
    assert_eq!(code, 0, "{out}{errors}");
    assert!(
        out.contains("20 were held when the plan was shown, and are no part of it"),
        "{out}"
    );
    assert_eq!(fixture.told_since(mark), ["keaz.remains.update W1/ART-00030 = 300"]);
    let released = plan(&fixture, &[]).await;
    assert_eq!(
        (&released["rows"], &released["held"]),
        (&json!(20), &json!(0)),
        "{released}"
    );
    assert_eq!(apply(&fixture, &number(&released)).await.0, 0);
    fixture.assert_keaz_equals_erp().await;
}

#[tokio::test]
async fn what_is_too_much_for_one_run_is_held_when_the_plan_is_applied() {
    let fixture = half_gone().await;
    set(&fixture, "ART-00030", 300).await;
    let shown = plan(&fixture, &[]).await;
    assert_eq!(
        (&shown["rows"], &shown["held"]),
        (&json!(21), &json!(0)),
        "not judged yet"
    );
    let mark = fixture.mark();
    let (code, applied) = apply(&fixture, &number(&shown)).await;
    assert_eq!(
        (code, &applied["outcome"]),
        (1, &json!({ "done": 1, "held": 20 })),
        "{applied}"
    );
    assert_eq!(fixture.told_since(mark), ["keaz.remains.update W1/ART-00030 = 300"]);
    let why = applied["undone"][0]["why"].as_str().unwrap();
    assert!(why.contains("[guard] holds it, hold 1"), "{why}");
}

#[tokio::test]
async fn a_plan_of_nothing_but_held_rows_is_not_applied() {
    let fixture = half_gone().await;
    fixture.sync_done(&[Job::Stock]).await;
    let (_, out, _) = said(&fixture, &["plan"]).await;
    assert!(
        out.contains("all its rows are held, there is nothing to apply"),
        "{out}"
    );
    let id = number(&plan(&fixture, &[]).await);
    let (code, _, errors) = said(&fixture, &["apply", &id]).await;
    assert!(code == 1 && errors.contains("all its rows are held"), "{errors}");
    assert_eq!(fixture.count("queue.run WHERE plan_id IS NOT NULL").await, 0);
}

#[tokio::test]
async fn one_article_that_a_person_names_may_become_0_but_not_while_it_is_held() {
    let fixture = half_gone().await;
    let shown = plan(&fixture, &["--only", "ART-00001"]).await;
    let held = plan(&fixture, &["--only", "ART-00002"]).await;
    let mark = fixture.mark();
    let (code, applied) = apply(&fixture, &number(&shown)).await;
    assert_eq!(code, 0, "{applied}");
    assert_eq!(fixture.told_since(mark), ["keaz.remains.update W1/ART-00001 = 0"]);
    let gone = "SELECT count(*) FROM queue.pass WHERE used_at IS NULL";
    assert_eq!(
        fixture.value(gone).await.as_deref(),
        Some("0"),
        "a pass was for this run"
    );

    fixture.sync_done(&[Job::Stock]).await;
    let mark = fixture.mark();
    let (code, applied) = apply(&fixture, &number(&held)).await;
    assert_eq!((code, &applied["outcome"]), (1, &json!({ "held": 1 })), "{applied}");
    assert_eq!(fixture.told_since(mark), [""; 0]);
}
