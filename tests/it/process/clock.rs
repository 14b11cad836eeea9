//! The clock of the host jumps, the host sleeps, a daemon dies at the very slot: each slot is served once all the same.

use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};
use nix::sys::signal::Signal;
use sverka::config::parse_cron;
use sverka::daemon::schedule::{due_slot, serve_job};
use sverka::job::Job;

use super::ALL_ENDED;
use crate::support::Setup;

const FAKETIME: [&str; 3] = [
    "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    "/usr/lib/faketime/libfaketimeMT.so.1",
];

#[tokio::test]
async fn a_wall_clock_that_jumps_by_an_hour_and_back_costs_no_lease_and_serves_no_slot_twice() {
    let Some(library) = FAKETIME.into_iter().find(|path| Path::new(path).exists()) else {
        eprintln!(
            "skipped: libfaketime is not installed (apt-get install faketime), so the clock of a process cannot be moved"
        );
        return;
    };
    let fixture = Setup::new().set("schedule.stock", "* * * * * *").start().await;
    fixture.fill(1, 10).await;
    let offset = fixture.folder.path().join("offset");
    let set = |text: &str| std::fs::write(&offset, text).unwrap();
    set("+0");
    let mut daemon = fixture
        .daemon_with(&[
            ("LD_PRELOAD", library),
            ("FAKETIME_TIMESTAMP_FILE", offset.to_str().unwrap()),
            ("FAKETIME_NO_CACHE", "1"),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1"),
        ])
        .await;
    let more = async |what: &str| {
        let served = fixture.count("queue.slot").await;
        fixture
            .until(what, &format!("(SELECT count(*) > {served} FROM queue.slot)"))
            .await;
    };
    more("a slot").await;
    set("+1h");
    more("a slot an hour ahead").await;
    more("another").await;
    assert!(daemon.log().lines().count() > 0);
    set("-1h");
    more("a slot after the clock went back").await;
    more("another").await;
    daemon.stop().await;
    assert_eq!(
        fixture
            .count("queue.slot WHERE abs(extract(epoch FROM slot - taken_at)) > 20")
            .await,
        0,
        "by PostgreSQL's clock"
    );
    assert_eq!(
        fixture
            .count("queue.attempt WHERE outcome = 'lease lost' OR daemon_id IS NULL")
            .await,
        0
    );
    assert_eq!(
        fixture
            .count("queue.run WHERE outcome IS DISTINCT FROM 'done' AND state = 'ended'")
            .await,
        0
    );
    let told = fixture.told_since(0);
    let mut once = told.clone();
    once.dedup();
    assert_eq!(told, once, "nothing is told twice");
    let hours: std::collections::BTreeSet<String> = daemon
        .log()
        .lines()
        .filter_map(|line| line.split_once('T').map(|(_, time)| time.chars().take(2).collect()))
        .collect();
    assert!(hours.len() > 1, "the daemon's own clock has jumped: {hours:?}");
}

#[tokio::test]
async fn a_host_that_slept_for_eight_hours_does_what_fell_due_once_and_soon() {
    let fixture = Setup::new().set("schedule.stock", "0 0 * * * *").start().await;
    fixture.fill(1, 10).await;
    let mut daemon = fixture.daemon().await;
    fixture
        .until("the first slot to be marked", "EXISTS (SELECT FROM queue.slot)")
        .await;
    daemon.signal(Signal::SIGSTOP);
    // To the daemon it is the same whether eight hours pass or all that it remembers is eight hours older.
    fixture
        .sql("UPDATE queue.slot SET slot = slot - interval '8 hours';
              UPDATE queue.daemon SET started_at = started_at - interval '8 hours', seen_at = seen_at - interval '8 hours'")
        .await;
    daemon.signal(Signal::SIGCONT);
    fixture
        .until("the run", "EXISTS (SELECT FROM queue.run WHERE trigger = 'schedule')")
        .await;
    fixture.until("its end", ALL_ENDED).await;
    daemon.stop().await;
    assert_eq!(fixture.count("queue.run").await, 1, "eight slots were missed");
    fixture.assert_keaz_equals_erp().await;
}

#[tokio::test]
async fn a_slot_whose_daemon_died_while_taking_it_is_served_by_the_other_one_once() {
    let fixture = Setup::new().set("schedule.stock", "0 */5 * * * *").start().await;
    let context = fixture.context(1);
    let at = |time: &str| format!("2026-11-23T{time}Z").parse().unwrap();
    serve_job(&fixture.pool, &context, Job::Stock, at("09:00:00"))
        .await
        .unwrap();
    // It has taken the slot, and its transaction is open.
    let mut dying = fixture.pool.begin().await.unwrap();
    sqlx::query("INSERT INTO queue.slot (job, slot) VALUES ('stock', '2026-11-23T09:05:00Z')")
        .execute(&mut *dying)
        .await
        .unwrap();
    let other = serve_job(&fixture.pool, &context, Job::Stock, at("09:05:01"));
    let died = async {
        let waits =
            "EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')";
        fixture.until("the other one to wait", waits).await;
        dying.rollback().await.unwrap();
    };
    let (served, ()) = tokio::join!(other, died);
    assert!(served.unwrap().is_some());
    assert!(
        serve_job(&fixture.pool, &context, Job::Stock, at("09:05:02"))
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(fixture.count("queue.run").await, 1);
}

/// The slots of three days around a clock change, looked for once a minute.
fn slots(expression: &str, zone: &str, change: &str) -> Vec<DateTime<Utc>> {
    let cron = parse_cron(expression).unwrap().unwrap();
    let zone = zone.parse().unwrap();
    let first = change.parse::<DateTime<Utc>>().unwrap() - TimeDelta::hours(36);
    let mut served = vec![first];
    for minute in 0..72 * 60 {
        let now = first + TimeDelta::minutes(minute) + TimeDelta::seconds(17);
        served.extend(due_slot(&cron, zone, served.last().copied(), now));
    }
    served.split_off(1)
}

#[test]
fn a_fixed_time_comes_once_a_day_and_every_half_hour_comes_evenly_over_clock_changes_in_three_zones() {
    // The change, and an expression within the hour that is skipped or repeated; Lord Howe changes by half an hour.
    let changes = [
        ("Europe/Berlin", "2026-03-29T01:00:00Z", "0 30 2 * * *"),
        ("Europe/Berlin", "2026-10-25T01:00:00Z", "0 30 2 * * *"),
        ("America/New_York", "2026-03-08T07:00:00Z", "0 30 2 * * *"),
        ("America/New_York", "2026-11-01T06:00:00Z", "0 30 1 * * *"),
        ("Australia/Lord_Howe", "2026-10-03T15:30:00Z", "0 15 2 * * *"),
        ("Australia/Lord_Howe", "2026-04-04T15:00:00Z", "0 45 1 * * *"),
    ];
    for (zone, change, fixed) in changes {
        let once = slots(fixed, zone, change);
        let there: chrono_tz::Tz = zone.parse().unwrap();
        let mut days: Vec<_> = once
            .iter()
            .map(|slot| slot.with_timezone(&there).date_naive())
            .collect();
        days.dedup();
        assert!(
            days.len() == once.len() && days.len() >= 2,
            "{zone} {change} {fixed}: {once:?}"
        );
        let half_hours = slots("0 */30 * * * *", zone, change);
        let uneven: Vec<_> = half_hours
            .windows(2)
            .filter(|pair| pair[1] - pair[0] != TimeDelta::minutes(30))
            .collect();
        assert!(
            uneven.is_empty() && half_hours.len() >= 95,
            "{zone} {change}: {} {uneven:?}",
            half_hours.len()
        );
    }
}
