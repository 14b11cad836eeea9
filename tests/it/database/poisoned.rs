//! One row that the database refuses to move does not hold up the others.

use serde_json::json;
use sverka::queue::claim::{rescue, unblock};

use crate::support::{Fixture, Setup, until};

async fn ten_calls(fixture: &Fixture, state: &str, lease: &str) -> Vec<i64> {
    let mut ids = Vec::new();
    for number in 0..10 {
        let codes = json!({ "codes": [format!("W{number}")] });
        ids.push(fixture.enqueue("keaz.warehouses.add", codes).await);
    }
    fixture
        .sql(&format!(
            "UPDATE queue.call SET state = '{state}', attempt = 1, lease_owner = 1, lease_until = {lease};
             INSERT INTO queue.attempt (call_id, attempt, daemon_id) SELECT id, 1, 1 FROM queue.call;
             CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
             BEGIN RAISE EXCEPTION 'poisoned'; END $$;
             CREATE TRIGGER poisoned BEFORE UPDATE ON queue.call FOR EACH ROW WHEN (NEW.id IN ({}, {}))
                 EXECUTE FUNCTION public.refuse()",
            ids[3], ids[7]
        ))
        .await;
    ids
}

#[tokio::test]
async fn one_poisoned_call_among_those_of_a_dead_worker_does_not_hold_up_their_rescue() {
    let fixture = Setup::new().start().await;
    ten_calls(&fixture, "running", "now() - interval '1 s'").await;
    assert_eq!(rescue(&fixture.pool).await.unwrap(), 8);
    assert_eq!(fixture.count("queue.call WHERE state = 'pending'").await, 8);
    assert_eq!(
        rescue(&fixture.pool).await.unwrap(),
        0,
        "the two stay, and nobody fails over them"
    );
}

#[tokio::test]
async fn one_poisoned_call_among_those_that_wait_for_nothing_does_not_hold_up_the_others() {
    let fixture = Setup::new().start().await;
    ten_calls(&fixture, "unknown", "NULL").await;
    assert_eq!(unblock(&fixture.pool).await.unwrap(), 8);
    assert_eq!(fixture.count("queue.call WHERE state = 'pending'").await, 8);
}

#[tokio::test]
async fn an_answer_that_the_database_will_not_take_is_put_aside_after_three_tries() {
    let fixture = Setup::new().set("queue.lease", "5s").start().await;
    fixture
        .sql(
            "CREATE FUNCTION pg_temp_refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one'; END $$;
             CREATE TRIGGER refuse BEFORE INSERT ON mirror.carreta_profile FOR EACH ROW EXECUTE FUNCTION pg_temp_refuse()",
        )
        .await;
    let id = fixture.enqueue("carreta.profile.get", json!({})).await;
    let work = fixture.work().await;
    let call = fixture.over(id).await;
    work.stop().await;
    assert_eq!((call.state.as_str(), call.attempt), ("dead", 3), "{call:#?}");
    let words = fixture
        .value(&format!(
            "SELECT words FROM queue.attempt WHERE call_id = {id} AND attempt = 1"
        ))
        .await;
    assert!(words.unwrap().contains("not this one"));
}

#[tokio::test]
async fn an_operation_that_this_version_does_not_know_is_put_aside_at_once() {
    let fixture = Setup::new().start().await;
    fixture
        .sql(
            "INSERT INTO queue.call (upstream, operation, args, class, priority)
             VALUES ('keaz', 'keaz.tomorrow', '{}', 'read', 2)",
        )
        .await;
    let work = fixture.work().await;
    let reason = "SELECT reason FROM queue.call WHERE state = 'dead' AND attempt = 1";
    let reason = until("the end of the call", async || fixture.value(reason).await).await;
    work.stop().await;
    assert_eq!(reason, "this version of sverka knows no operation keaz.tomorrow");
}
