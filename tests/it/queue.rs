//! The queue's promises: an intent is open once, a call has one worker at a time, a lost worker loses no call.

mod cost;
mod pool;
mod rate;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use sqlx::PgPool;
use sverka::queue::claim::{self, claim};
use sverka::queue::enqueue::{NewCall, enqueue};
use sverka::queue::outcome::Outcome;
use sverka::queue::settle::{self, Failure};
use sverka::queue::{Call, Class, Priority, look, prune};
use sverka::simulate::{Action, Rule, Upstream as Simulated};

use crate::support::{Fixture, Setup, until};

const LEASE: Duration = Duration::from_secs(30);
const HOUR: Duration = Duration::from_secs(3600);

fn push(number: u32) -> NewCall {
    NewCall {
        upstream: "keaz",
        operation: "keaz.warehouses.update",
        args: json!({ "codes": [format!("W{number}")] }),
        class: Class::Idempotent,
        priority: Priority::Bulk,
        gating: false,
        key: String::new(),
        keeps_answer: false,
        after: Duration::ZERO,
    }
}

async fn add(pool: &PgPool, call: &NewCall) -> bool {
    enqueue(&mut pool.acquire().await.unwrap(), None, call).await.unwrap()
}

async fn take(pool: &PgPool, limit: usize, daemon: i64) -> Vec<Call> {
    claim(pool, "keaz", limit, daemon, LEASE).await.unwrap()
}

/// The only call that is due.
async fn take_one(pool: &PgPool, daemon: i64) -> Call {
    let mut calls = take(pool, 10, daemon).await;
    assert_eq!(calls.len(), 1, "{calls:?}");
    calls.remove(0)
}

/// What a process that stood still or died leaves behind.
async fn expire(fixture: &Fixture) {
    fixture
        .sql("UPDATE queue.call SET lease_until = now() - interval '1 second' WHERE state = 'running'")
        .await;
}

/// State, attempts, failures and reason of a call.
async fn stand(pool: &PgPool, id: i64) -> (String, i32, i32, Option<String>) {
    sqlx::query_as("SELECT state, attempt, failures, reason FROM queue.call WHERE id = $1")
        .bind(id)
        .fetch_one(pool)
        .await
        .unwrap()
}

async fn outcomes(pool: &PgPool, id: i64) -> Vec<Option<String>> {
    let (_, attempts) = look::call(pool, id).await.unwrap().unwrap();
    attempts.into_iter().map(|attempt| attempt.outcome).collect()
}

#[tokio::test]
async fn the_same_intent_is_open_once_however_many_ask_for_it_at_once() {
    let fixture = Setup::new().start().await;
    let codes: Vec<String> = (0..200).map(|code| format!("W{code}")).collect();
    let long = NewCall {
        args: json!({ "codes": codes }),
        ..push(1)
    };
    for call in [push(1), long] {
        let asked = (0..20).map(|_| add(&fixture.pool, &call));
        let new = futures_util::future::join_all(asked).await;
        assert_eq!(new.into_iter().filter(|new| *new).count(), 1);
    }
    assert!(add(&fixture.pool, &push(2)).await, "another intent is another call");
    assert_eq!(fixture.count("queue.call WHERE state = 'pending'").await, 3);
}

#[tokio::test]
async fn an_intent_can_be_asked_for_again_once_it_has_ended_and_not_while_it_is_under_way() {
    let fixture = Setup::new().start().await;
    assert!(add(&fixture.pool, &push(1)).await);
    let call = take_one(&fixture.pool, 1).await;
    assert!(!add(&fixture.pool, &push(1)).await, "it is under way");
    claim::release(&fixture.pool, 1).await.unwrap();
    assert!(look::cancel(&fixture.pool, call.id, "a test").await.unwrap());
    assert!(add(&fixture.pool, &push(1)).await, "it has ended");
}

#[tokio::test]
async fn the_most_urgent_is_claimed_first_and_of_equals_the_one_that_is_due_the_longest() {
    let fixture = Setup::new().start().await;
    let asked = [
        (1, Priority::Bulk, 50),
        (2, Priority::Urgent, 1),
        (3, Priority::Bulk, 60),
        (4, Priority::Normal, 5),
        (5, Priority::Urgent, -60),
    ];
    for (number, priority, due_since) in asked {
        let call = NewCall {
            priority,
            ..push(number)
        };
        add(&fixture.pool, &call).await;
        fixture
            .sql(&format!(
                "UPDATE queue.call SET due_at = now() - interval '{due_since} seconds' WHERE args->'codes' ? 'W{number}'"
            ))
            .await;
    }
    let mut order = Vec::new();
    while let Some(call) = take(&fixture.pool, 1, 1).await.pop() {
        order.push(call.args["codes"][0].as_str().unwrap().to_owned());
    }
    assert_eq!(order, ["W2", "W4", "W3", "W1"], "and W5 is not due yet");
    let wait = claim::next_due(&fixture.pool, "keaz").await.unwrap().unwrap();
    assert!(
        (50..=60).contains(&wait.as_secs()),
        "the next one is due in a minute: {wait:?}"
    );
}

#[tokio::test]
async fn workers_that_claim_at_the_same_time_never_share_a_call_and_leave_none_behind() {
    let fixture = Setup::new().start().await;
    fixture
        .sql(
            "INSERT INTO queue.call (upstream, operation, args, class, priority, gating)
             SELECT 'keaz', 'keaz.warehouses.update', jsonb_build_object('codes', jsonb_build_array(n)), 'idempotent',
                    n % 4, false
               FROM generate_series(1, 600) n",
        )
        .await;
    let work = |daemon: i64| {
        let pool = fixture.pool.clone();
        tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let calls = take(&pool, 7, daemon).await;
                if calls.is_empty() {
                    return mine;
                }
                mine.extend(calls.into_iter().map(|call| call.id));
            }
        })
    };
    let workers = futures_util::future::join_all((1..=6).map(work)).await;
    let claimed: Vec<i64> = workers.into_iter().flat_map(Result::unwrap).collect();
    let distinct: BTreeSet<_> = claimed.iter().collect();
    assert_eq!((claimed.len(), distinct.len()), (600, 600));
    assert_eq!(fixture.count("queue.attempt WHERE attempt = 1").await, 600);
    assert_eq!(fixture.count("queue.call WHERE attempt <> 1").await, 0);
}

#[tokio::test]
async fn a_call_of_a_dead_worker_is_taken_over_counted_and_after_three_deaths_put_aside() {
    let fixture = Setup::new().start().await;
    add(&fixture.pool, &push(1)).await;
    for death in 1..=3 {
        let call = take_one(&fixture.pool, death).await;
        assert_eq!(i64::from(call.attempt), death);
        assert_eq!(claim::rescue(&fixture.pool).await.unwrap(), 0, "its lease holds");
        expire(&fixture).await;
        assert_eq!(claim::rescue(&fixture.pool).await.unwrap(), 1);
        let (state, _, failures, reason) = stand(&fixture.pool, call.id).await;
        assert_eq!(i64::from(failures), death);
        if death < 3 {
            assert_eq!(state, "pending");
        } else {
            assert_eq!(state, "dead");
            assert_eq!(reason.as_deref(), Some("its worker died 3 times over it"));
            assert_eq!(
                outcomes(&fixture.pool, call.id).await,
                vec![Some("lease lost".to_owned()); 3]
            );
        }
    }
    assert_eq!(take(&fixture.pool, 10, 4).await.len(), 0);
}

#[tokio::test]
async fn a_guarded_call_keeps_its_intent_when_its_worker_dies_and_is_quarantined_after_three() {
    let fixture = Setup::new().start().await;
    let guarded = NewCall {
        class: Class::Guarded,
        ..push(1)
    };
    add(&fixture.pool, &guarded).await;
    let first = take_one(&fixture.pool, 1).await;
    assert_eq!(first.intent_age, None);
    assert!(settle::intend(&fixture.pool, &first, 1).await.unwrap());
    for worker in 2..=3 {
        expire(&fixture).await;
        assert_eq!(claim::rescue(&fixture.pool).await.unwrap(), 1);
        let again = take_one(&fixture.pool, worker).await;
        assert!(again.intent_age.is_some(), "it may have been sent");
        assert!(
            !settle::intend(&fixture.pool, &first, 1).await.unwrap(),
            "the lease is lost"
        );
    }
    expire(&fixture).await;
    claim::rescue(&fixture.pool).await.unwrap();
    let state = fixture.value("SELECT to_jsonb(state) FROM queue.call").await;
    assert_eq!(state.as_deref(), Some("\"quarantined\""));
    assert!(!add(&fixture.pool, &guarded).await, "its intent is still open");
}

#[tokio::test]
async fn a_heartbeat_keeps_a_lease_and_cannot_bring_back_a_lost_one() {
    let fixture = Setup::new().start().await;
    add(&fixture.pool, &push(1)).await;
    let call = take_one(&fixture.pool, 1).await;
    expire(&fixture).await;
    claim::heartbeat(&fixture.pool, 1, &[call.id], LEASE).await.unwrap();
    assert_eq!(claim::rescue(&fixture.pool).await.unwrap(), 0);
    expire(&fixture).await;
    claim::rescue(&fixture.pool).await.unwrap();
    take_one(&fixture.pool, 2).await;
    expire(&fixture).await;
    claim::heartbeat(&fixture.pool, 1, &[call.id], LEASE).await.unwrap();
    assert_eq!(
        claim::rescue(&fixture.pool).await.unwrap(),
        1,
        "it was the second worker's lease"
    );
}

#[tokio::test]
async fn who_has_lost_the_lease_can_record_neither_success_nor_failure() {
    let fixture = Setup::new().start().await;
    add(&fixture.pool, &push(1)).await;
    let first = take_one(&fixture.pool, 1).await;
    expire(&fixture).await;
    claim::rescue(&fixture.pool).await.unwrap();
    let failure = Failure {
        outcome: Outcome::Dead,
        words: "too late".into(),
        http_status: None,
        read_back: None,
        counts: true,
        answer: None,
    };
    let context = fixture.context(1);
    let late = async || {
        let mut tx = fixture.pool.begin().await.unwrap();
        let held = settle::fence(&mut tx, &first, 1).await.unwrap();
        tx.rollback().await.unwrap();
        held || settle::failed(&fixture.pool, &context, &first, &failure).await.unwrap()
    };
    assert!(!late().await, "it is nobody's");
    // Even the same daemon: it is another attempt.
    let second = take_one(&fixture.pool, 1).await;
    assert!(!late().await, "it is the second attempt's");
    assert_eq!(stand(&fixture.pool, second.id).await.0, "running");
    assert_eq!(
        outcomes(&fixture.pool, second.id).await,
        [Some("lease lost".to_owned()), None]
    );
}

#[tokio::test]
async fn an_answer_that_comes_after_its_lease_was_lost_changes_nothing() {
    let fixture = Setup::new().set("queue.poll", "1s").start().await;
    fixture.fill(1, 5).await;
    let gate = Action::ApplyThen(Box::new(Action::Gate("late".into())));
    fixture
        .sim
        .inject(Rule::once(Simulated::Keaz, "keaz.remains.update", gate));
    let runs = fixture.request(&[sverka::job::Job::Stock]).await;
    let work = fixture.work().await;
    fixture.sim.wait_until_arrived("keaz.remains.update", 1).await;
    until("the lease to be lost", async || {
        expire(&fixture).await;
        (claim::rescue(&fixture.pool).await.unwrap() == 1).then_some(())
    })
    .await;
    let rows = fixture.ended(&runs).await;
    fixture.sim.open("late");
    fixture
        .until(
            "the late answer",
            "(SELECT count(*) > 0 FROM queue.attempt WHERE outcome = 'released')",
        )
        .await;
    work.stop().await;
    assert_eq!(rows[0].outcome.as_deref(), Some("done"));
    let attempts: Vec<String> = sqlx::query_scalar(
        "SELECT a.outcome FROM queue.attempt a JOIN queue.call c ON c.id = a.call_id
          WHERE c.operation = 'keaz.remains.update' ORDER BY a.attempt",
    )
    .fetch_all(&fixture.pool)
    .await
    .unwrap();
    assert_eq!(
        attempts,
        ["released", "unknown", "done"],
        "its worker lives, so it does not count; looked up, and then nothing differed"
    );
    assert_eq!(
        fixture.sim.counts()["keaz.remains.update"].arrived,
        1,
        "never sent twice"
    );
    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
}

#[tokio::test]
async fn an_upstream_that_rests_is_left_alone_and_its_calls_lose_nothing() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 5).await;
    let denied = Action::Status {
        code: 401,
        headers: Vec::new(),
        body: "no".into(),
    };
    fixture.sim.inject(Rule::always(Simulated::Keaz, "keaz", denied));
    fixture.request(&[sverka::job::Job::Stock]).await;
    fixture
        .work_until(
            "KEAZ to rest",
            "EXISTS (SELECT FROM queue.upstream WHERE paused_until > now() + interval '59 minutes')",
        )
        .await;
    let to_keaz = || {
        fixture
            .sim
            .requests()
            .iter()
            .filter(|seen| seen.upstream == Simulated::Keaz)
            .count()
    };
    let asked = to_keaz();
    add(&fixture.pool, &push(1)).await;
    assert_eq!(take(&fixture.pool, 10, 99).await.len(), 0, "not even a new call");
    // The others are not held up, and while they work KEAZ is not asked.
    fixture.sync_done(&[sverka::job::Job::Reference]).await;
    assert_eq!(to_keaz(), asked);
    assert_eq!(
        fixture
            .count("queue.call WHERE upstream = 'keaz' AND (failures > 0 OR state <> 'pending')")
            .await,
        0
    );
    assert_eq!(
        fixture.count("queue.attempt WHERE outcome = 'paused'").await,
        i64::try_from(asked).unwrap()
    );

    fixture.sim.clear_faults();
    look::resume(&fixture.pool, None).await.unwrap();
    fixture.sync_done(&[sverka::job::Job::Stock]).await;
    fixture.assert_keaz_equals_erp().await;
}

#[tokio::test]
async fn what_a_stopping_daemon_gives_back_is_not_counted_as_a_failure_and_is_due_at_once() {
    let fixture = Setup::new().start().await;
    for number in 1..=3 {
        add(&fixture.pool, &push(number)).await;
    }
    let foreign = take(&fixture.pool, 1, 2).await.remove(0);
    let mine = take(&fixture.pool, 2, 1).await;
    assert_eq!(claim::release(&fixture.pool, 1).await.unwrap(), 2);
    for call in &mine {
        let (state, attempt, failures, _) = stand(&fixture.pool, call.id).await;
        assert_eq!((state.as_str(), attempt, failures), ("pending", 1, 0));
        assert_eq!(outcomes(&fixture.pool, call.id).await, [Some("released".to_owned())]);
    }
    assert_eq!(
        stand(&fixture.pool, foreign.id).await.0,
        "running",
        "another daemon's call is its own"
    );
    assert_eq!(take(&fixture.pool, 9, 3).await.len(), 2);
}

#[tokio::test]
async fn a_call_whose_read_back_was_cancelled_is_made_again() {
    let fixture = Setup::new().start().await;
    add(&fixture.pool, &push(1)).await;
    let call = take_one(&fixture.pool, 1).await;
    let lost = Failure {
        outcome: Outcome::Unknown(Duration::ZERO),
        words: "reset".into(),
        http_status: None,
        read_back: Some(push(2)),
        counts: true,
        answer: None,
    };
    let context = fixture.context(1);
    assert!(settle::failed(&fixture.pool, &context, &call, &lost).await.unwrap());
    assert_eq!(
        claim::unblock(&fixture.pool).await.unwrap(),
        0,
        "its read-back is on the way"
    );
    let read_back = take_one(&fixture.pool, 1).await;
    claim::release(&fixture.pool, 1).await.unwrap();
    assert!(look::cancel(&fixture.pool, read_back.id, "a test").await.unwrap());
    assert_eq!(claim::unblock(&fixture.pool).await.unwrap(), 1);
    assert_eq!(take_one(&fixture.pool, 1).await.id, call.id);
}

#[tokio::test]
async fn pruning_forgets_what_ended_long_ago_and_keeps_the_dead_the_newest_slot_and_the_newest_run() {
    let fixture = Setup::new().start().await;
    fixture
        .sql(
            "INSERT INTO queue.run (job, lane, trigger, state, outcome, ended_at)
             SELECT job, job, 'schedule', 'ended', outcome, now() - age * interval '1 day'
               FROM (VALUES ('stock', 'done', 90), ('stock', 'done', 80), ('stock', 'failed', 70), ('stock', 'done', 0),
                            ('orders', 'failed', 90), ('orders', 'failed', 80)) x (job, outcome, age);
             INSERT INTO queue.slot (job, slot, taken_at)
             SELECT 'stock', now() - d * interval '1 day', now() - d * interval '1 day' FROM generate_series(60, 62) d;
             INSERT INTO queue.call (upstream, operation, args, class, priority, state, ended_at, created_at)
             SELECT 'keaz', 'keaz.warehouses.update', to_jsonb(state || age), 'idempotent', 3, state,
                    now() - age * interval '1 day', now() - interval '99 days'
               FROM unnest(ARRAY['done', 'cancelled', 'dead']) state, unnest(ARRAY[0, 90]) age;
             INSERT INTO queue.call (upstream, operation, args, class, priority, created_at)
             VALUES ('keaz', 'keaz.warehouses.update', '1', 'idempotent', 3, now() - interval '99 days');
             INSERT INTO queue.attempt (call_id, attempt, daemon_id) SELECT id, 1, 1 FROM queue.call;
             INSERT INTO queue.daemon (role, host, pid, version, seen_at)
             VALUES ('daemon', 'gone', 1, '0', now() - interval '2 days'), ('daemon', 'here', 2, '0', now())",
        )
        .await;
    assert_eq!(prune::prune(&fixture.pool, HOUR * 24 * 30).await.unwrap(), 2);
    let left: Vec<String> = sqlx::query_scalar(
        "SELECT state || CASE WHEN ended_at < now() - interval '30 days' THEN ' old' ELSE '' END
           FROM queue.call ORDER BY 1",
    )
    .fetch_all(&fixture.pool)
    .await
    .unwrap();
    assert_eq!(left, ["cancelled", "dead", "dead old", "done", "pending"]);
    assert_eq!(fixture.count("queue.attempt").await, 5, "with their attempts");
    let slots = fixture
        .count("queue.slot WHERE slot > now() - interval '61 days'")
        .await;
    assert_eq!((slots, fixture.count("queue.slot").await), (1, 1), "the newest slot");
    assert_eq!(
        fixture
            .count("queue.run WHERE job = 'stock' AND ended_at > now() - interval '1 day'")
            .await,
        1
    );
    assert_eq!(fixture.count("queue.run WHERE job = 'stock'").await, 1);
    assert_eq!(
        fixture.count("queue.run WHERE job = 'orders'").await,
        1,
        "the newest of those that failed"
    );
    assert_eq!(
        fixture.count("queue.daemon WHERE host = 'here'").await,
        fixture.count("queue.daemon").await
    );
}
