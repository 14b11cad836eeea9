//! The rate limit holds for all daemons together, and costs nothing where there is none.

use sverka::queue::claim::{Claimed, claim_within};
use sverka::queue::enqueue::NewCall;
use sverka::queue::floor::Floor;

use super::{LEASE, add, push, take};
use crate::support::{Fixture, Setup};

/// Two workers, each with connections of its own, make 200 calls that are due at once.
async fn two_hundred_calls_at(rate: u32) -> Fixture {
    let fixture = Setup::new()
        .set("queue.carreta.rate", rate)
        .set("queue.carreta.concurrency", 16)
        .start()
        .await;
    fixture
        .sql(
            "INSERT INTO queue.call (upstream, operation, args, class, priority, gating)
             SELECT 'carreta', 'carreta.parts.search', jsonb_build_object('q', 'A' || n), 'read', n % 4, false
               FROM generate_series(1, 200) n",
        )
        .await;
    let other = sverka::db::Database::open(&fixture.settings).await.unwrap();
    let (one, two) = (fixture.work().await, fixture.work_on(&other.pool).await);
    fixture
        .until(
            "the 200 calls",
            "(SELECT count(*) = 200 FROM queue.call WHERE state = 'done')",
        )
        .await;
    one.stop().await;
    two.stop().await;
    other.close().await;
    assert_eq!(fixture.sim.requests().len(), 200);
    fixture
}

#[tokio::test]
async fn no_second_holds_more_calls_than_the_rate_however_many_daemons_there_are() {
    let fixture = two_hundred_calls_at(50).await;
    let busiest = fixture
        .value(
            "SELECT max(calls) FROM (
                 SELECT count(*) OVER (ORDER BY started_at
                                       RANGE BETWEEN CURRENT ROW AND interval '999999 microseconds' FOLLOWING) AS calls
                   FROM queue.attempt) x",
        )
        .await
        .unwrap();
    assert!(busiest.parse::<u32>().unwrap() <= 50, "{busiest} calls in one second");
    assert_eq!(fixture.count("queue.attempt").await, 200);
    let daemons = fixture
        .value("SELECT count(DISTINCT daemon_id) FROM queue.attempt")
        .await;
    assert_eq!(daemons.as_deref(), Some("2"), "both took part");
}

#[tokio::test]
async fn without_a_rate_nothing_is_counted_or_locked() {
    let fixture = two_hundred_calls_at(0).await;
    assert_eq!(fixture.count("queue.upstream").await, 0);
}

async fn claim_at(fixture: &Fixture, upstream: &str, rate: u32) -> Claimed {
    claim_within(&fixture.pool, upstream, 50, 1, LEASE, rate, &Floor::default())
        .await
        .unwrap()
}

#[tokio::test]
async fn a_claim_takes_what_the_bucket_allows_and_says_when_to_come_again() {
    let fixture = Setup::new().start().await;
    for _ in 0..3 {
        let nothing = claim_at(&fixture, "keaz", 1).await;
        assert_eq!(
            (nothing.calls.len(), nothing.free_in),
            (0, None),
            "looking costs nothing"
        );
    }
    for number in 1..=3 {
        add(&fixture.pool, &push(number)).await;
    }
    let first = claim_at(&fixture, "keaz", 1).await;
    assert_eq!(first.calls.len(), 1);
    assert!(first.free_in.unwrap().as_secs_f64() <= 1.0, "{first:?}");
    let early = claim_at(&fixture, "keaz", 1).await;
    assert_eq!(early.calls.len(), 0);
    assert!(early.free_in.unwrap() < first.free_in.unwrap(), "{early:?}");
    assert_eq!(take(&fixture.pool, 9, 1).await.len(), 2, "nobody else was kept off");
}

#[tokio::test]
async fn the_two_apis_of_saplab_have_a_bucket_each() {
    let fixture = Setup::new().start().await;
    for upstream in ["saplab", "saplab.client"] {
        for number in 1..=2 {
            let call = NewCall {
                upstream,
                key: format!("{upstream} {number}"),
                ..push(number)
            };
            add(&fixture.pool, &call).await;
        }
        assert_eq!(claim_at(&fixture, upstream, 1).await.calls.len(), 1, "{upstream}");
    }
}
