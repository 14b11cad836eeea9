//! How fast, beside what the database itself can do: `make bench` builds a release, runs this with a million rows, three times,
//! and writes the medians into docs/PERFORMANCE.md. The ordinary run has a few rows, and only sees that it runs.
//!
//! Each figure stands beside a limit that is measured in the same round on the same server: what plain SQL takes for the same
//! rows. The simulator works in this process, which is no release: what it takes is counted as ours.
#![allow(clippy::float_arithmetic, reason = "times and ratios, no money")]

mod idle;
mod prices;
mod stock;
mod table;

use std::time::{Duration, Instant};

use sverka::job::Job;
use table::Table;

use crate::support::{Daemon, Fixture, Setup, until_within};

/// The longest step with ten million rows on a slow machine.
const LONG: Duration = Duration::from_secs(3600);

/// How much of it.
#[derive(Clone, Copy)]
struct Size {
    rows: u32,
    rounds: usize,
    /// How long an idle daemon is watched.
    idle: Duration,
}

#[tokio::test]
async fn it_runs() {
    let size = Size {
        rows: 1000,
        rounds: 1,
        idle: Duration::from_millis(100),
    };
    let table = measure(size).await;
    assert!(table.len() > 8, "{table}");
}

#[tokio::test]
#[ignore = "a measurement of many minutes: make bench"]
async fn figures() {
    let number = |name: &str, otherwise: u32| std::env::var(name).map_or(otherwise, |value| value.parse().unwrap());
    let rows = number("SVERKA_ROWS", 1_000_000);
    let size = Size {
        rows,
        rounds: number("SVERKA_ROUNDS", 3) as usize,
        idle: Duration::from_secs(20),
    };
    let table = measure(size).await;
    println!("{rows} rows:\n\n{table}");
    if std::env::var_os("SVERKA_WRITE_FIGURES").is_some() {
        table.write_into(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/PERFORMANCE.md"), rows);
    }
}

async fn measure(size: Size) -> Table {
    let mut table = Table::default();
    for _ in 0..size.rounds {
        prices::round(size, &mut table).await;
        stock::round(size, &mut table).await;
        idle::round(size, &mut table).await;
    }
    table
}

/// A world with the daemon's own defaults for what costs time, and a database that loses nothing when the machine dies.
async fn world() -> Fixture {
    let fixture = Setup::new()
        .price_list("main")
        .set("queue.poll", "5s")
        .set("queue.lease", "12s")
        .set("carreta.max_list_bytes", 2_000_000_000_u64)
        .set("carreta.download_timeout", "10m")
        .set("database.statement_timeout", "10m")
        // A list of a million remains is longer than an answer may be.
        .simulator(|options| options.keaz_answers_remains_list = false)
        .start()
        .await;
    fixture
        .sql("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET synchronous_commit = on', current_database()); END $$")
        .await;
    fixture
}

/// The daemon as the unit starts it.
async fn daemon(fixture: &Fixture) -> Daemon {
    fixture
        .daemon_with(&[("MALLOC_ARENA_MAX", "2"), ("MALLOC_MMAP_THRESHOLD_", "262144")])
        .await
}

/// How long a job takes, from being asked for to its end.
async fn job(fixture: &Fixture, job: Job) -> Duration {
    let began = Instant::now();
    let runs = fixture.request(&[job]).await;
    let ended = format!(
        "SELECT outcome FROM queue.run WHERE id = {} AND state = 'ended'",
        runs[0]
    );
    let outcome = until_within(LONG, "the end of a run", async || {
        fixture.value(&format!("({ended})")).await
    })
    .await;
    let took = began.elapsed();
    assert_eq!(outcome, "done", "{job:?}: {:#?}", fixture.open_and_dead().await);
    took
}

/// How long statements take, over a connection that nothing cuts off.
async fn statement(fixture: &Fixture, sql: &str) -> Duration {
    let began = Instant::now();
    fixture.sql(sql).await;
    began.elapsed()
}

/// Bytes of write-ahead log so far.
async fn wal(fixture: &Fixture) -> f64 {
    let bytes = fixture.value("pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')").await;
    bytes.unwrap().parse().unwrap()
}

/// The most that the daemon has had in memory, in MiB.
fn peak(daemon: &Daemon) -> f64 {
    crate::hostile::peak(daemon) as f64 / 1024.0
}
