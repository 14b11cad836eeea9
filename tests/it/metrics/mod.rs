//! `/metrics`: what a scrape of the real binary holds, who may ask, what it costs, and that everybody speaks of the same
//! names.

mod names;

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::support::{Daemon, Setup, Toxic, get_with, until};

/// A scrape: samples by name and labels, as written.
pub(crate) struct Scrape {
    pub(crate) text: String,
    samples: BTreeMap<String, f64>,
}

impl Scrape {
    fn parse(text: String) -> Self {
        let lines = text.lines().filter(|line| !line.starts_with('#'));
        let samples = lines.map(|line| {
            let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("no sample: {line}"));
            (
                name.to_owned(),
                value.parse().unwrap_or_else(|_| panic!("no number: {line}")),
            )
        });
        Self {
            samples: samples.collect(),
            text,
        }
    }

    /// The value of `name{labels}`.
    pub(crate) fn value(&self, sample: &str) -> Option<f64> {
        self.samples.get(sample).copied()
    }

    #[track_caller]
    fn assert(&self, sample: &str, holds: impl Fn(f64) -> bool) {
        let value = self.value(sample);
        assert!(value.is_some_and(holds), "{sample} is {value:?} in\n{}", self.text);
    }
}

/// Scrapes once.
pub(crate) async fn scrape(daemon: &Daemon) -> Scrape {
    let (status, text) = daemon.get("/metrics").await;
    assert_eq!(status, 200, "{text}");
    Scrape::parse(text)
}

/// Scrapes until a sample fulfils that.
async fn scraped(daemon: &Daemon, sample: &str, holds: impl Fn(f64) -> bool) -> Scrape {
    until(&format!("{sample} to be so"), async || {
        let scrape = scrape(daemon).await;
        scrape.value(sample).is_some_and(&holds).then_some(scrape)
    })
    .await
}

#[tokio::test]
async fn a_scrape_tells_what_was_done_and_how_everything_stands() {
    let fixture = Setup::new()
        .set("schedule.stock", "0 0 0 1 1 *")
        .set("freshness.stock", "1h")
        .set("queue.keaz.rate", 50)
        .start()
        .await;
    fixture.fill(1, 5).await;
    let mut daemon = fixture.daemon().await;
    let before = scrape(&daemon).await;
    before.assert("sverka_job_late{job=\"stock\"}", |late| late == 0.0);
    assert_eq!(
        before.value("sverka_job_last_success_timestamp_seconds{job=\"stock\"}"),
        None
    );
    daemon.signal(Signal::SIGUSR1);
    let stock = "sverka_runs_total{job=\"stock\",outcome=\"done\"}";
    let scrape = scraped(&daemon, stock, |runs| runs == 1.0).await;
    let updates = "upstream=\"keaz\",operation=\"keaz.remains.update\"";
    scrape.assert(&format!("sverka_attempts_total{{{updates},outcome=\"done\"}}"), |n| {
        n == 1.0
    });
    scrape.assert(&format!("sverka_call_duration_seconds_count{{{updates}}}"), |n| {
        n == 1.0
    });
    scrape.assert(
        &format!("sverka_call_duration_seconds_bucket{{le=\"+Inf\",{updates}}}"),
        |n| n == 1.0,
    );
    scrape.assert(
        "sverka_request_duration_seconds_count{upstream=\"keaz\",outcome=\"2xx\"}",
        |n| n >= 4.0,
    );
    scrape.assert("sverka_run_duration_seconds_count{job=\"stock\"}", |n| n == 1.0);
    scrape.assert("sverka_job_last_success_timestamp_seconds{job=\"stock\"}", |at| {
        at > 1.7e9
    });
    scrape.assert("sverka_job_lag_seconds{job=\"stock\"}", |lag| lag < 60.0);
    scrape.assert("sverka_job_promise_seconds{job=\"stock\"}", |promise| promise == 3600.0);
    scrape.assert("sverka_job_next_run_timestamp_seconds{job=\"stock\"}", |at| at > 1.7e9);
    scrape.assert("sverka_upstream_rate_limit{upstream=\"keaz\"}", |rate| rate == 50.0);
    scrape.assert("sverka_upstream_breaker{upstream=\"keaz\",state=\"closed\"}", |is| {
        is == 1.0
    });
    scrape.assert("sverka_upstream_breaker{upstream=\"keaz\",state=\"open\"}", |is| {
        is == 0.0
    });
    scrape.assert(
        "sverka_upstream_last_success_timestamp_seconds{upstream=\"keaz\"}",
        |at| at > 1.7e9,
    );
    scrape.assert("sverka_queue_calls{upstream=\"keaz\",state=\"dead\"}", |calls| {
        calls == 0.0
    });
    scrape.assert("sverka_holds{job=\"stock\",state=\"held\"}", |holds| holds == 0.0);
    scrape.assert("sverka_daemons", |daemons| daemons == 1.0);
    scrape.assert("sverka_worker_alive", |alive| alive == 1.0);
    scrape.assert("sverka_database_up", |up| up == 1.0);
    scrape.assert("sverka_database_private", |private| private == 0.0);
    scrape.assert("sverka_database_connections_max", |most| most == 6.0);
    scrape.assert("sverka_database_restored", |restored| restored == 0.0);
    scrape.assert("sverka_log_lines_dropped_total", |lines| lines == 0.0);
    scrape.assert(
        &format!("sverka_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION")),
        |one| one == 1.0,
    );
    assert!(
        !scrape.text.contains("ART-0") && !scrape.text.contains("W1"),
        "no article, no warehouse: {}",
        scrape.text
    );
    daemon.stop().await;
}

#[tokio::test]
async fn what_differs_and_what_waits_is_told_too() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 5).await;
    fixture
        .sql(
            "INSERT INTO queue.call (upstream, operation, args, class, priority, state, due_at, created_at, ended_at)
             VALUES ('keaz', 'keaz.remains.update', '{\"a\": 1}', 'idempotent', 3, 'pending', now() + interval '1 day', now() - interval '1 hour', NULL),
                    ('keaz', 'keaz.remains.update', '{\"a\": 2}', 'idempotent', 3, 'dead', now(), now() - interval '2 hours', now()),
                    ('carreta', 'carreta.orders.create', '{}', 'guarded', 0, 'quarantined', now(), now() - interval '3 hours', NULL);
             INSERT INTO queue.hold (job, upstream, scope, kind, rows, of, why)
             VALUES ('stock', 'keaz', 'W1', 'zero', 40, 100, 'too much')",
        )
        .await;
    let mut daemon = fixture.daemon().await;
    // The one warehouse; what it holds waits for it.
    let scrape = scraped(&daemon, "sverka_diff_rows{job=\"warehouses\"}", |rows| rows == 1.0).await;
    scrape.assert("sverka_diff_held_rows{job=\"stock\"}", |rows| rows > 0.0);
    scrape.assert("sverka_diff_counted_timestamp_seconds", |at| at > 1.7e9);
    let of = |upstream, state| format!("{{upstream=\"{upstream}\",state=\"{state}\"}}");
    for (upstream, state, hours) in [
        ("keaz", "pending", 1.0),
        ("keaz", "dead", 2.0),
        ("carreta", "quarantined", 3.0),
    ] {
        scrape.assert(&format!("sverka_queue_calls{}", of(upstream, state)), |calls| {
            calls == 1.0
        });
        let oldest = |seconds: f64| (3600.0 * hours..3600.0 * hours + 600.0).contains(&seconds);
        scrape.assert(&format!("sverka_queue_oldest_seconds{}", of(upstream, state)), oldest);
    }
    scrape.assert("sverka_holds{job=\"stock\",state=\"held\"}", |holds| holds == 1.0);
    scrape.assert("sverka_held_rows{job=\"stock\",state=\"held\"}", |rows| rows == 40.0);
    daemon.stop().await;
}

#[tokio::test]
async fn who_asks_for_openmetrics_gets_it() {
    let fixture = Setup::new().start().await;
    let mut daemon = fixture.daemon().await;
    let accept = "Accept: application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5\r\n";
    let (status, text) = get_with(daemon.address, "/metrics", accept).await;
    assert_eq!(status, 200);
    assert!(text.ends_with("# EOF\n"), "{text}");
    assert!(
        text.contains("# TYPE sverka_runs counter") || !text.contains("sverka_runs"),
        "{text}"
    );
    assert!(text.contains("# TYPE sverka_log_lines_dropped counter"), "{text}");
    daemon.stop().await;
}

#[tokio::test]
async fn with_a_token_a_scrape_must_bear_it_and_without_one_it_must_come_by_the_name_of_this_machine() {
    let fixture = Setup::new().set("http.token", "canary-token-7").start().await;
    let mut daemon = fixture.daemon().await;
    let ask = async |headers: &str| get_with(daemon.address, "/metrics", headers).await.0;
    assert_eq!(ask("").await, 401);
    assert_eq!(ask("Authorization: Bearer canary-token-8\r\n").await, 401);
    assert_eq!(ask("Authorization: Bearer canary-token-7\r\n").await, 200);
    daemon.stop().await;

    let fixture = Setup::new().start().await;
    let mut daemon = fixture.daemon().await;
    assert_eq!(get_with(daemon.address, "/metrics", "").await.0, 200);
    // As a page of evil.example would ask whose name leads here.
    let request = "/metrics HTTP/1.1\r\nHost: evil.example\r\nX:";
    assert_eq!(get_with(daemon.address, request, "").await.0, 421);
    daemon.stop().await;
}

#[tokio::test]
async fn when_the_database_is_away_a_scrape_says_so_and_tells_what_the_process_knows() {
    let mut fixture = Setup::new().start().await;
    let proxy = fixture.behind_a_proxy().await;
    let daemon = fixture.daemon().await;
    scrape(&daemon).await.assert("sverka_database_up", |up| up == 1.0);
    for silence in [Toxic::Timeout, Toxic::Down] {
        proxy.set(silence);
        let began = Instant::now();
        let scrape = scrape(&daemon).await;
        let took = began.elapsed();
        scrape.assert("sverka_database_up", |up| up == 0.0);
        assert!(
            took < Duration::from_secs(8),
            "{took:?}: Prometheus waits for ten seconds"
        );
        assert!(scrape.text.contains("sverka_build_info") && !scrape.text.contains("sverka_queue_calls"));
    }
    proxy.set(None);
    scraped(&daemon, "sverka_database_up", |up| up == 1.0).await;
}

/// `SVERKA_CROWD=1000000 cargo test --test it -- --nocapture metrics::a_scrape_costs` gives the figure of
/// docs/RELIABILITY.md.
#[tokio::test]
async fn a_scrape_costs_the_same_however_many_calls_have_ended() {
    let crowd: i64 = std::env::var("SVERKA_CROWD").map_or(50_000, |rows| rows.parse().unwrap());
    let fixture = Setup::new().set("database.statement_timeout", "30m").start().await;
    let daemon = fixture.daemon().await;
    let empty = quickest(&daemon).await;
    fixture
        .sql(&format!(
            "INSERT INTO queue.call (upstream, operation, args, key, class, priority, state, due_at, created_at, ended_at)
             SELECT 'keaz', 'keaz.remains.update', '{{}}', 'crowd ' || n, 'idempotent', n % 4,
                    CASE n % 10 WHEN 0 THEN 'dead' ELSE 'done' END, now() - n * interval '2 seconds',
                    now() - n * interval '2 seconds', now() - n * interval '1 second'
               FROM generate_series(1, {crowd}) n;
             ANALYZE queue.call"
        ))
        .await;
    let crowded = quickest(&daemon).await;
    println!("beside {crowd} ended calls a scrape took {crowded:?}, beside none {empty:?}");
    assert!(
        crowded < 3 * empty + Duration::from_millis(300),
        "{crowded:?} beside {crowd}, {empty:?} beside none"
    );
    let dead = scrape(&daemon)
        .await
        .value("sverka_queue_calls{upstream=\"keaz\",state=\"dead\"}");
    assert_eq!(dead, Some(f64::from(u16::try_from((crowd / 10).min(10_000)).unwrap())));
}

/// Of ten: the machine has other things to do.
async fn quickest(daemon: &Daemon) -> Duration {
    let mut took = Vec::new();
    for _ in 0..10 {
        let began = Instant::now();
        scrape(daemon).await;
        took.push(began.elapsed());
    }
    took.into_iter().min().unwrap()
}
