//! How plans are kept: whole, once, and not for ever.

use std::time::Duration;

use serde_json::json;
use sverka::queue::prune;

use super::{apply, in_sync, number, plan, said, set};
use crate::support::Setup;

#[tokio::test]
async fn the_same_differences_are_the_same_plan_and_others_another() {
    let fixture = in_sync().await;
    set(&fixture, "ART-00001", 101).await;
    let first = number(&plan(&fixture, &[]).await);
    assert_eq!(number(&plan(&fixture, &["stock"]).await), first);
    assert_ne!(
        number(&plan(&fixture, &["--only", "ART-00001"]).await),
        first,
        "a person named it"
    );
    set(&fixture, "ART-00001", 102).await;
    assert_ne!(number(&plan(&fixture, &[]).await), first);
    assert_eq!(fixture.count("queue.plan_row").await, 3);
    let (_, out, _) = said(&fixture, &["plan", "--limit", "0"]).await;
    assert!(out.contains("the first 0 of 1 rows"), "{out}");
    let none = plan(&fixture, &["warehouses"]).await;
    assert_eq!(none, json!({ "plan": null, "totals": [], "changes": [] }));
}

#[tokio::test]
async fn plans_are_forgotten_after_a_time_and_never_while_they_are_applied() {
    let fixture = in_sync().await;
    let mut plans = Vec::new();
    for quantity in [101, 102, 103] {
        set(&fixture, "ART-00001", quantity).await;
        plans.push(number(&plan(&fixture, &[]).await));
    }
    let day = Duration::from_secs(86_400);
    let old = |id: &str| format!("UPDATE queue.plan SET seen_at = now() - interval '2 days' WHERE id = {id}");
    fixture.sql(&old(&plans[0])).await;
    fixture.sql(&old(&plans[1])).await;
    fixture
        .sql(&format!(
            "INSERT INTO queue.run (job, lane, scope, trigger, plan_id) VALUES ('reference', 'none', 'x', 'command', {})",
            plans[1]
        ))
        .await;
    prune::prune(&fixture.pool, day).await.unwrap();
    let kept = "(SELECT string_agg(id::text, ',' ORDER BY id) FROM queue.plan)";
    assert_eq!(fixture.value(kept).await.unwrap(), format!("{},{}", plans[1], plans[2]));
    assert_eq!(fixture.count("queue.plan_row").await, 2);
    let (code, _, errors) = said(&fixture, &["apply", &plans[0]]).await;
    assert!(code == 1 && errors.contains("or is forgotten by now"), "{errors}");
}

#[tokio::test]
async fn who_makes_plans_all_day_and_applies_none_does_not_fill_the_disk() {
    let fixture = in_sync().await;
    set(&fixture, "ART-00001", 101).await;
    let applied = number(&plan(&fixture, &[]).await);
    assert_eq!(apply(&fixture, &applied).await.0, 0);
    for quantity in 200..225 {
        set(&fixture, "ART-00001", quantity).await;
        sverka::plan::make::make(&fixture.pool, &sverka::job::Job::ALL, None, "somebody")
            .await
            .unwrap();
    }
    assert_eq!(fixture.count("queue.plan WHERE applied_at IS NULL").await, 20);
    assert_eq!(fixture.count(&format!("queue.plan WHERE id = {applied}")).await, 1);
}

/// A plan of very many rows stays in the database; a call looks its own rows up by an index.
#[tokio::test]
async fn a_hundred_thousand_rows_are_planned_and_applied() {
    let fixture = Setup::new().set("keaz.batch_rows", 5000).start().await;
    fixture.fill(10, 10_000).await;
    let shown = plan(&fixture, &["warehouses", "stock", "--limit", "5"]).await;
    assert_eq!(shown["rows"], 100_010);
    assert_eq!(shown["changes"].as_array().unwrap().len(), 5);
    assert_eq!(
        number(&plan(&fixture, &["warehouses", "stock", "--limit", "1"]).await),
        number(&shown)
    );
    fixture.sql("ANALYZE queue.plan_row").await;
    let lookup =
        "EXPLAIN SELECT FROM queue.plan_row p WHERE p.plan_id = 1 AND p.kind = 'remain' AND p.row = 'W1/ART-00001'";
    let explained: Vec<String> = sqlx::query_scalar(lookup).fetch_all(&fixture.pool).await.unwrap();
    assert!(explained.concat().contains("plan_row_named"), "{explained:?}");
    let (code, applied) = apply(&fixture, &number(&shown)).await;
    assert_eq!(
        (code, &applied["outcome"]),
        (0, &json!({ "done": 100_010 })),
        "{}",
        applied["runs"]
    );
    fixture.assert_in_sync().await;
}
