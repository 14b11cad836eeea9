//! An hour's outage with a full queue behind it: a probe, then the rate and not a storm, and what is fresh goes first.

use std::time::{Duration, Instant};

use sverka::queue::claim::claim;
use sverka::queue::look;
use sverka::simulate::{Action, Rule, Upstream};

use super::{SEARCH, carreta};
use crate::support::{Fixture, Setup};

const RATE: usize = 60;
const PLACES: usize = 8;

/// The most of these instants that one second holds.
fn busiest_second(mut at: Vec<Instant>) -> usize {
    at.sort();
    let within = |from: &Instant| {
        let second = *from..*from + Duration::from_secs(1);
        at.iter().filter(|at| second.contains(*at)).count()
    };
    at.iter().map(within).max().unwrap_or_default()
}

/// The same for claims, by the clock of the database.
async fn busiest_second_of_claims(fixture: &Fixture) -> usize {
    let busiest = "SELECT max(calls) FROM (
        SELECT count(*) OVER (ORDER BY started_at
                              RANGE BETWEEN CURRENT ROW AND interval '999999 microseconds' FOLLOWING) AS calls
          FROM queue.attempt) x";
    fixture.value(busiest).await.unwrap().parse().unwrap()
}

#[tokio::test]
async fn after_an_hour_of_outage_a_hundred_thousand_calls_return_at_the_rate_and_fresh_ones_go_first() {
    let fixture = carreta()
        .set("queue.carreta.rate", RATE)
        .set("queue.carreta.concurrency", PLACES)
        .set("queue.max_attempts", 3)
        .start()
        .await;
    fixture.searches(100_000).await;
    fixture
        .sql("UPDATE queue.call SET due_at = now() - random() * interval '1 hour'")
        .await;
    fixture.carreta_is(Action::Drop);
    let work = fixture.work().await;
    fixture.left_alone(1).await;
    // The outage lasts: whoever probes finds it so.
    fixture.rest_is_over().await;
    fixture.left_alone(2).await;
    fixture
        .sql(
            "UPDATE queue.upstream SET opened_at = opened_at - interval '1 hour';
             UPDATE queue.attempt SET started_at = started_at - interval '1 hour'",
        )
        .await;

    fixture.sim.clear_faults();
    fixture.sim.forget_requests();
    let held = Action::Gate("the probe".to_owned());
    fixture.sim.inject(Rule::once(Upstream::Carreta, SEARCH, held));
    fixture.rest_is_over().await;
    fixture.sim.wait_until_arrived(SEARCH, 1).await;
    let beside = claim(&fixture.pool, "carreta", 10, 99, Duration::from_secs(30))
        .await
        .unwrap();
    assert!(beside.is_empty(), "one probe and nothing beside it: {beside:?}");
    assert_eq!(fixture.arrived(SEARCH), 1);
    fixture.sim.open("the probe");

    fixture.sim.wait_until_arrived(SEARCH, 80).await;
    for number in 0..10 {
        fixture.urgent_search(&format!("FRESH{number}")).await;
    }
    fixture
        .until(
            "the fresh calls",
            "NOT EXISTS (SELECT FROM queue.call WHERE priority = 0 AND state <> 'done')",
        )
        .await;
    fixture.sim.wait_until_arrived(SEARCH, 190).await;
    work.stop().await;

    let arrivals = busiest_second(fixture.sim.requests().into_iter().map(|seen| seen.at).collect());
    let claims = busiest_second_of_claims(&fixture).await;
    println!("the busiest second: {claims} calls taken up, {arrivals} requests at the upstream, of {RATE} allowed");
    assert!(claims <= RATE, "{claims} calls taken up in one second");
    // The way there may hold a request up: so many more as are under way at once may fall into one second.
    assert!(arrivals <= RATE + PLACES, "{arrivals} requests in one second");
    assert!(
        arrivals > RATE / 4,
        "it was not the machine that kept the rate: {arrivals}"
    );

    let overtaken = fixture
        .value(
            "SELECT count(*) FROM queue.attempt a JOIN queue.call c ON c.id = a.call_id
              WHERE c.priority = 3
                AND a.started_at > (SELECT max(created_at) FROM queue.call WHERE priority = 0)
                AND a.started_at < (SELECT max(f.started_at) FROM queue.attempt f JOIN queue.call u ON u.id = f.call_id
                                     WHERE u.priority = 0)",
        )
        .await
        .unwrap();
    assert!(
        overtaken.parse::<usize>().unwrap() <= PLACES,
        "{overtaken} of the bulk went before the fresh calls"
    );
    assert_eq!(fixture.count("queue.call WHERE state = 'dead'").await, 0);
    let waiting = fixture.count("queue.call WHERE state = 'pending'").await;
    let done = fixture.count("queue.call WHERE state = 'done'").await;
    assert_eq!(waiting + done, 100_010, "no call is lost");
}

#[tokio::test]
async fn calls_that_fail_together_do_not_come_back_together() {
    let fixture = Setup::new()
        .set("queue.carreta.breaker_failures", 0)
        .set("queue.carreta.concurrency", 16)
        .set("queue.backoff_base", "10m")
        .set("queue.backoff_max", "10m")
        .start()
        .await;
    fixture.searches(200).await;
    fixture.carreta_is(Action::Drop);
    fixture
        .work_until(
            "all to fail once",
            "NOT EXISTS (SELECT FROM queue.call WHERE failures = 0 OR state = 'running')",
        )
        .await;
    // Of nine minutes, drawn evenly: 200 calls leave no tenth with more than 60, and reach from end to end.
    let (spread, fullest): (f64, i64) = sqlx::query_as(
        "WITH due AS (SELECT extract(epoch FROM due_at - min(due_at) OVER ())::float8 AS after FROM queue.call)
         SELECT (SELECT max(after) FROM due),
                (SELECT max(calls) FROM (SELECT count(*) AS calls FROM due GROUP BY floor(after / 54)) x)",
    )
    .fetch_one(&fixture.pool)
    .await
    .unwrap();
    assert!(spread > 400.0, "they come back within {spread} s");
    assert!(fullest <= 60, "{fullest} of 200 come back within 54 s");
}

#[tokio::test]
async fn retry_after_in_every_form_is_honoured_between_a_second_and_an_hour() {
    let fixture = Setup::new().set("queue.carreta.breaker_failures", 0).start().await;
    let work = fixture.work().await;
    let later = (chrono::Utc::now() + chrono::Duration::seconds(600)).format("%a, %d %b %Y %H:%M:%S GMT");
    for (code, header, from, to) in [
        (429, "600".to_owned(), 590, 600),
        (503, "600".to_owned(), 590, 600),
        (429, later.to_string(), 500, 601),
        (429, "315360000".to_owned(), 3500, 3600),
        (503, "Fri, 01 Jan 2038 00:00:00 GMT".to_owned(), 3500, 3600),
        (429, "0".to_owned(), 0, 1),
        (429, "Thu, 01 Jan 1970 00:00:00 GMT".to_owned(), 0, 1),
        (429, "-5".to_owned(), 0, 1),
        (503, "soon".to_owned(), 0, 1),
        (429, "99999999999999999999999999".to_owned(), 0, 3600),
    ] {
        fixture.sim.clear_faults();
        fixture.carreta_is(Action::Status {
            code,
            headers: vec![("Retry-After".to_owned(), header.clone())],
            body: String::new(),
        });
        let id = fixture.urgent_search(&format!("A{code} {header}")).await;
        let answered =
            format!("EXISTS (SELECT FROM queue.attempt WHERE call_id = {id} AND attempt = 1 AND outcome = 'retry')");
        fixture.until("the answer", &answered).await;
        let waited: f64 = sqlx::query_scalar(
            "SELECT extract(epoch FROM retry_at - ended_at)::float8 FROM queue.attempt WHERE call_id = $1 AND attempt = 1",
        )
        .bind(id)
        .fetch_one(&fixture.pool)
        .await
        .unwrap();
        // It is not asked again meanwhile.
        look::cancel(&fixture.pool, id, "a test").await.unwrap();
        assert!(
            waited >= f64::from(from) && waited <= f64::from(to),
            "{code} with Retry-After: {header} waits {waited} s"
        );
    }
    work.stop().await;
}

#[tokio::test]
async fn after_a_429_nobody_else_asks_until_the_time_that_was_asked_for_is_over() {
    let fixture = carreta().start().await;
    fixture.searches(100).await;
    let less = Action::Status {
        code: 429,
        headers: vec![("Retry-After".to_owned(), "600".to_owned())],
        body: "too many requests".to_owned(),
    };
    fixture.carreta_is(less);
    let work = fixture.work().await;
    let rests = "EXISTS (SELECT FROM queue.upstream WHERE paused_until BETWEEN now() + interval '590 s' AND now() + interval '600 s')
                 AND NOT EXISTS (SELECT FROM queue.call WHERE state = 'running')";
    fixture.until("Carreta to rest", rests).await;
    let asked = fixture.arrived(SEARCH);
    assert!(asked <= 4, "those under way and no more: {asked}");
    fixture.sim.clear_faults();
    fixture.rest_is_over().await;
    let others = format!(
        "(SELECT count(*) = {} FROM queue.call WHERE state = 'done')",
        100 - asked
    );
    fixture.until("all the others", &others).await;
    work.stop().await;
    assert_eq!(
        fixture
            .count("queue.call WHERE due_at > now() + interval '500 s'")
            .await,
        i64::try_from(asked).unwrap()
    );
}
