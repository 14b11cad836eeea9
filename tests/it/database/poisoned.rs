//! One row that the database refuses to move does not hold up the others.

use serde_json::json;
use sverka::queue::claim::{rescue, unblock};

use crate::support::{Fixture, Setup};

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
