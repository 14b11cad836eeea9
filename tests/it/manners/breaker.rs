//! The circuit breaker: opened by failures of the upstream itself over all daemons, probed by one call, told once.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use sqlx::PgPool;
use sverka::queue::Call;
use sverka::queue::claim::{claim, rescue};
use sverka::queue::{look, standing};
use sverka::simulate::Action;
use tracing::instrument::WithSubscriber;

use super::{SEARCH, carreta};
use crate::support::Fixture;

const LEASE: Duration = Duration::from_secs(30);

async fn take(pool: &PgPool, daemon: i64) -> Vec<Call> {
    claim(pool, "carreta", 10, daemon, LEASE).await.unwrap()
}

/// Failures that count against the calls, all together.
async fn counted(fixture: &Fixture) -> Option<String> {
    fixture.value("SELECT sum(failures) FROM queue.call").await
}

fn status(code: u16) -> Action {
    Action::Status {
        code,
        headers: Vec::new(),
        body: "no".to_owned(),
    }
}

/// A breaker that has opened, with so many calls due behind it.
async fn open(calls: usize) -> Fixture {
    let fixture = carreta().start().await;
    fixture.searches(calls).await;
    fixture
        .sql("INSERT INTO queue.upstream (name, openings, opened_at) VALUES ('carreta', 1, now())")
        .await;
    fixture
}

#[tokio::test]
async fn failures_in_a_row_over_all_daemons_open_it_and_one_call_probes_after_each_rest() {
    for action in [Action::Drop, status(502), status(503), Action::Garbage("{".to_owned())] {
        let fixture = carreta().start().await;
        fixture.searches(200).await;
        fixture.carreta_is(action);
        let other = sverka::db::Database::open(&fixture.settings).await.unwrap();
        let (one, two) = (fixture.work().await, fixture.work_on(&other.pool).await);
        fixture.left_alone(1).await;
        let asked = fixture.arrived(SEARCH);
        assert!(
            (5..=5 + 7).contains(&asked),
            "the fifth failure opens it, seven calls may have been under way: {asked}"
        );
        assert_eq!(
            counted(&fixture).await.as_deref(),
            Some("5"),
            "only what opened it counts"
        );
        for probes in 1..=3 {
            fixture.rest_is_over().await;
            fixture.left_alone(1 + probes).await;
            assert_eq!(fixture.arrived(SEARCH), asked + u64::from(probes), "one probe, no more");
        }
        assert_eq!(
            counted(&fixture).await.as_deref(),
            Some("5"),
            "a probe costs its call nothing"
        );
        fixture.sim.clear_faults();
        look::resume(&fixture.pool, None).await.unwrap();
        fixture
            .until("all calls", "NOT EXISTS (SELECT FROM queue.call WHERE state <> 'done')")
            .await;
        one.stop().await;
        two.stop().await;
        other.close().await;
        let closed = "queue.upstream WHERE openings = 0 AND failures = 0 AND paused_until IS NULL AND probe_id IS NULL";
        assert_eq!(fixture.count(closed).await, 1);
    }
}

#[tokio::test]
async fn an_answer_between_failures_keeps_it_closed() {
    let fixture = carreta().set("queue.carreta.concurrency", 1).start().await;
    fixture.searches(30).await;
    let rule = |skip| sverka::simulate::Rule {
        skip,
        times: 4,
        ..sverka::simulate::Rule::once(sverka::simulate::Upstream::Carreta, SEARCH, Action::Drop)
    };
    // Four fail, one is answered, four fail: never five in a row. A rule counts only what no rule before it took.
    fixture.sim.inject(rule(0));
    fixture.sim.inject(rule(1));
    let work = fixture.work().await;
    fixture
        .until("all calls", "NOT EXISTS (SELECT FROM queue.call WHERE state <> 'done')")
        .await;
    work.stop().await;
    assert_eq!(counted(&fixture).await.as_deref(), Some("8"));
    assert_eq!(fixture.arrived(SEARCH), 38);
}

#[tokio::test]
async fn of_many_who_claim_at_once_when_the_rest_is_over_one_gets_one_call() {
    let fixture = open(100).await;
    for _ in 0..20 {
        let claims = (1..=8).map(|daemon| take(&fixture.pool, daemon));
        let claimed: Vec<Call> = futures_util::future::join_all(claims)
            .await
            .into_iter()
            .flatten()
            .collect();
        assert_eq!(claimed.len(), 1, "{claimed:?}");
        assert!(claimed[0].is_probe);
        fixture
            .sql(
                "UPDATE queue.call SET state = 'done', ended_at = now(), lease_owner = NULL, lease_until = NULL
                  WHERE state = 'running'",
            )
            .await;
        fixture.rest_is_over().await;
    }
}

#[tokio::test]
async fn a_prober_that_is_killed_costs_one_lease_and_one_that_takes_long_is_not_joined() {
    let fixture = open(10).await;
    let first = take(&fixture.pool, 1).await.remove(0);
    assert!(take(&fixture.pool, 2).await.is_empty(), "a probe is under way");
    let rest = "queue.upstream WHERE paused_until BETWEEN now() + interval '20 s' AND now() + interval '30 s'";
    assert_eq!(fixture.count(rest).await, 1, "for one lease");

    fixture.rest_is_over().await;
    assert!(
        take(&fixture.pool, 2).await.is_empty(),
        "its lease was prolonged: it is still under way"
    );

    fixture
        .sql("UPDATE queue.call SET lease_until = now() - interval '1 s' WHERE state = 'running'")
        .await;
    rescue(&fixture.pool).await.unwrap();
    let second = take(&fixture.pool, 2).await;
    assert_eq!(second.len(), 1);
    assert!(second[0].is_probe && take(&fixture.pool, 3).await.is_empty());
    assert_eq!(
        fixture.call(first.id).await.state,
        if first.id == second[0].id { "running" } else { "pending" }
    );
}

#[tokio::test]
async fn an_outage_of_many_probes_kills_no_call() {
    let fixture = carreta()
        .set("queue.max_attempts", 3)
        .set("queue.carreta.breaker_failures", 2)
        .set("queue.carreta.breaker_wait", "1ms")
        .set("queue.carreta.breaker_wait_max", "2ms")
        .set("queue.poll", "10ms")
        .start()
        .await;
    fixture.searches(5).await;
    fixture.carreta_is(Action::Drop);
    let work = fixture.work().await;
    // Its rests are over sooner than one could look.
    fixture
        .until(
            "many probes",
            "EXISTS (SELECT FROM queue.upstream WHERE name = 'carreta' AND openings >= 40)",
        )
        .await;
    assert_eq!(fixture.count("queue.call WHERE state = 'dead'").await, 0);
    assert_eq!(counted(&fixture).await.as_deref(), Some("2"));
    fixture.sim.clear_faults();
    fixture
        .until("all calls", "NOT EXISTS (SELECT FROM queue.call WHERE state <> 'done')")
        .await;
    work.stop().await;
}

#[tokio::test]
async fn a_probe_that_finds_nothing_to_send_passes_the_question_on() {
    let fixture = carreta().set("queue.lease", "10m").start().await;
    fixture
        .sql(
            "INSERT INTO queue.upstream (name, openings, opened_at) VALUES ('keaz', 1, now());
             INSERT INTO queue.call (upstream, operation, args, class, priority, gating) VALUES
                 ('keaz', 'keaz.remains.update', '{\"warehouse\": \"W1\", \"articles\": [\"A\"]}', 'idempotent', 1, false),
                 ('keaz', 'keaz.warehouses.list', '{}', 'read', 2, false)",
        )
        .await;
    fixture
        .work_until(
            "both calls",
            "NOT EXISTS (SELECT FROM queue.call WHERE state <> 'done')",
        )
        .await;
    assert_eq!(fixture.count("queue.upstream WHERE openings = 0").await, 1);
    assert_eq!(fixture.sim.requests().len(), 1);
}

#[tokio::test]
async fn refused_credentials_and_pages_are_probed_once_in_each_pause_and_new_credentials_close_it() {
    for action in [status(401), status(403), Action::Html] {
        denied(action).await;
    }
}

async fn denied(action: Action) {
    let fixture = carreta().start().await;
    fixture.searches(50).await;
    fixture.carreta_is(action);
    let work = fixture.work().await;
    fixture.left_alone(1).await;
    let asked = fixture.arrived(SEARCH);
    assert!((1..=4).contains(&asked), "those under way, and no more: {asked}");
    for probes in 1..=3 {
        fixture.rest_is_over().await;
        let probed = format!(
            "(SELECT count(*) = {} FROM queue.attempt WHERE outcome = 'paused')",
            asked + probes
        );
        fixture.until("the probe", &probed).await;
        fixture.left_alone(1).await;
        assert_eq!(fixture.arrived(SEARCH), asked + probes);
    }
    let held = "queue.upstream WHERE paused_until > now() + interval '59 min'";
    assert_eq!(fixture.count(held).await, 1, "for queue.pause");
    assert_eq!(counted(&fixture).await.as_deref(), Some("0"));
    fixture.sim.clear_faults();
    standing::close_all(&fixture.pool).await.unwrap();
    look::resume(&fixture.pool, None).await.unwrap();
    fixture
        .until("all calls", "NOT EXISTS (SELECT FROM queue.call WHERE state <> 'done')")
        .await;
    work.stop().await;
    let probes = "queue.attempt WHERE outcome = 'done'";
    assert_eq!(fixture.count(probes).await, 50);
}

#[tokio::test]
async fn the_status_shows_how_each_upstream_stands() {
    let fixture = open(3).await;
    let stands = async || {
        let output = fixture.command(&["status", "--format", "json"]).await;
        let status: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let upstream = &status["upstreams"][0];
        assert_eq!(upstream["name"], "carreta");
        upstream["breaker"].as_str().unwrap().to_owned()
    };
    assert_eq!(stands().await, "half-open");
    fixture
        .sql("UPDATE queue.upstream SET paused_until = now() + interval '1 hour', reason = 'HTTP 502'")
        .await;
    assert_eq!(stands().await, "open");
    let output = fixture.command(&["status"]).await;
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("carreta is left alone since") && text.contains("HTTP 502"),
        "{text}"
    );
    fixture.rest_is_over().await;
    take(&fixture.pool, 1).await;
    assert_eq!(stands().await, "half-open", "a probe is under way");
    standing::close_all(&fixture.pool).await.unwrap();
    assert_eq!(stands().await, "closed");
}

/// Where the lines of a log go.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn one_alert_is_given_when_it_opens_and_one_word_when_it_closes() {
    for (action, why) in [(Action::Drop, "connection closed"), (status(401), "HTTP 401")] {
        let lines = Lines::default();
        let writer = lines.clone();
        let log = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing::Level::INFO)
            .with_writer(move || writer.clone())
            .finish();
        let _here = tracing::subscriber::set_default(log);
        async {
            let fixture = carreta().start().await;
            fixture.searches(100).await;
            fixture.carreta_is(action);
            let work = fixture.work().await;
            for openings in 1..=3 {
                fixture.rest_is_over().await;
                fixture.left_alone(if why == "HTTP 401" { 1 } else { openings }).await;
            }
            fixture.sim.clear_faults();
            look::resume(&fixture.pool, None).await.unwrap();
            fixture
                .until("all calls", "NOT EXISTS (SELECT FROM queue.call WHERE state <> 'done')")
                .await;
            work.stop().await;
        }
        .with_current_subscriber()
        .await;
        let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
        let alerts: Vec<&str> = text.lines().filter(|line| line.contains("ERROR")).collect();
        assert_eq!(alerts.len(), 1, "{text}");
        assert!(
            alerts[0].contains("the upstream is left alone")
                && alerts[0].contains("carreta")
                && alerts[0].contains(why),
            "{text}"
        );
        assert_eq!(text.matches("the upstream answers again").count(), 1, "{text}");
        let calls = text.matches("call failed").count();
        assert!(calls <= 8, "not one line for each call and probe: {text}");
    }
}
