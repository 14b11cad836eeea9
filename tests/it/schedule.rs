//! The schedule: a slot is served once, by one of all daemons, at its instant; what was missed runs once.

use chrono::{DateTime, Duration, TimeZone, Timelike, Utc};
use sverka::context::Context;
use sverka::daemon::schedule::serve_job;
use sverka::db::Database;
use sverka::job::Job;
use sverka::queue::run::Requested;

use crate::support::{Fixture, Setup};

async fn daily() -> Fixture {
    Setup::new().set("schedule.stock", "0 0 8 * * *").start().await
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

async fn serve(fixture: &Fixture, context: &Context, now: DateTime<Utc>) -> Option<Requested> {
    serve_job(&fixture.pool, context, Job::Stock, now).await.unwrap()
}

/// Slots that a run was made for.
async fn served(fixture: &Fixture) -> Vec<DateTime<Utc>> {
    sqlx::query_scalar("SELECT slot FROM queue.slot WHERE run_id IS NOT NULL ORDER BY slot")
        .fetch_all(&fixture.pool)
        .await
        .unwrap()
}

#[tokio::test]
async fn a_fresh_installation_does_nothing_for_the_past() {
    let fixture = daily().await;
    let context = fixture.context(1);
    assert_eq!(serve(&fixture, &context, at("2026-11-23T12:00:00Z")).await, None);
    assert_eq!(serve(&fixture, &context, at("2026-11-24T04:59:59Z")).await, None);
    assert_eq!(fixture.count("queue.run").await, 0);
    let run = serve(&fixture, &context, at("2026-11-24T05:00:00Z")).await;
    assert!(matches!(run, Some(Requested::New(_))), "{run:?}");
}

#[tokio::test]
async fn a_slot_is_served_once_over_two_daemons_that_look_at_the_same_time() {
    let fixture = Setup::new().set("schedule.stock", "0 * * * * *").start().await;
    let other = Database::open(&fixture.settings).await.unwrap();
    let contexts = [fixture.context(1), fixture.context(2)];
    let start = at("2026-11-23T12:00:10Z");
    let pools = [&fixture.pool, &other.pool];
    for minute in 0..20 {
        let now = start + Duration::minutes(minute);
        let look = |n: usize| serve_job(pools[n % 2], &contexts[n % 2], Job::Stock, now);
        let looked = futures_util::future::join_all((0..6).map(look)).await;
        let runs = looked.into_iter().filter_map(Result::unwrap).count();
        assert_eq!(runs, usize::from(minute > 0), "minute {minute}");
    }
    other.close().await;
    assert_eq!(served(&fixture).await.len(), 19);
    assert_eq!(fixture.count("queue.run").await, 1, "they overlap");
}

#[tokio::test]
async fn slots_missed_while_all_daemons_were_down_are_made_good_by_one_run() {
    let fixture = Setup::new().set("schedule.stock", "0 */5 * * * *").start().await;
    let context = fixture.context(1);
    serve(&fixture, &context, at("2026-11-23T01:00:00Z")).await;
    let run = serve(&fixture, &context, at("2026-11-23T09:02:00Z")).await;
    assert!(matches!(run, Some(Requested::New(_))), "{run:?}");
    assert_eq!(serve(&fixture, &context, at("2026-11-23T09:04:59Z")).await, None);
    assert_eq!(served(&fixture).await, [at("2026-11-23T09:00:00Z")]);
    assert_eq!(fixture.count("queue.run").await, 1);
}

#[tokio::test]
async fn a_clock_that_goes_back_serves_nothing_again() {
    let fixture = Setup::new().set("schedule.stock", "0 */5 * * * *").start().await;
    let context = fixture.context(1);
    serve(&fixture, &context, at("2026-11-23T09:00:00Z")).await;
    assert!(serve(&fixture, &context, at("2026-11-23T10:00:00Z")).await.is_some());
    for minute in 0..60 {
        let earlier = at("2026-11-23T09:00:00Z") + Duration::minutes(minute);
        assert_eq!(serve(&fixture, &context, earlier).await, None, "{earlier}");
    }
    assert_eq!(served(&fixture).await.len(), 1);
}

#[tokio::test]
async fn a_slot_that_finds_its_job_under_way_joins_that_run() {
    let fixture = daily().await;
    let context = fixture.context(1);
    serve(&fixture, &context, at("2026-11-23T12:00:00Z")).await;
    let first = serve(&fixture, &context, at("2026-11-24T05:00:00Z")).await.unwrap();
    let second = serve(&fixture, &context, at("2026-11-25T05:00:00Z")).await.unwrap();
    assert_eq!(second, Requested::Joined(first.run_id()));
    assert_eq!(fixture.count("queue.run").await, 1);
    assert_eq!(served(&fixture).await.len(), 2, "both slots are served by it");
}

#[tokio::test]
async fn a_job_without_an_expression_is_never_due() {
    let fixture = Setup::new().start().await;
    let context = fixture.context(1);
    for day in 1..=3 {
        let now = Utc.with_ymd_and_hms(2026, 11, day, 5, 0, 0).unwrap();
        assert_eq!(serve(&fixture, &context, now).await, None);
    }
    assert_eq!(fixture.count("queue.slot").await, 0);
}

/// Looks for three days around a clock change elsewhere, on a server that lives in that zone: every minute of the hours
/// around the change and around eight o'clock.
async fn walk(zone: &str, change: &str) {
    let fixture = daily().await;
    fixture
        .sql(&format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = %L', current_database(), '{zone}'); END $$"
        ))
        .await;
    let there = Database::open(&fixture.settings).await.unwrap();
    let context = fixture.context(1);
    let change = at(change);
    let first = change - Duration::hours(36);
    for minute in 0..72 * 60 {
        let now = first + Duration::minutes(minute);
        if (now - change).abs() > Duration::hours(3) && !(3..7).contains(&now.hour()) {
            continue;
        }
        let run = serve_job(&there.pool, &context, Job::Stock, now).await.unwrap();
        let eight = now.format("%H:%M").to_string() == "05:00";
        assert_eq!(run.is_some(), eight && minute > 0, "{now}");
    }
    there.close().await;
    let served = served(&fixture).await;
    assert_eq!(served.len(), 3, "{served:?}");
    assert!(
        served.iter().all(|slot| slot.format("%T").to_string() == "05:00:00"),
        "{served:?}"
    );
}

#[tokio::test]
async fn eight_oclock_in_moscow_is_that_instant_only_while_berlin_springs_forward() {
    walk("Europe/Berlin", "2026-03-29T01:00:00Z").await;
}

#[tokio::test]
async fn eight_oclock_in_moscow_is_that_instant_only_while_berlin_falls_back() {
    walk("Europe/Berlin", "2026-10-25T01:00:00Z").await;
}

#[tokio::test]
async fn eight_oclock_in_moscow_is_that_instant_only_while_new_york_springs_forward() {
    walk("America/New_York", "2026-03-08T07:00:00Z").await;
}

#[tokio::test]
async fn eight_oclock_in_moscow_is_that_instant_only_while_new_york_falls_back() {
    walk("America/New_York", "2026-11-01T06:00:00Z").await;
}

#[tokio::test]
async fn an_hour_that_its_own_zone_repeats_or_skips_is_served_once_a_day() {
    for change in ["2026-03-29T01:00:00Z", "2026-10-25T01:00:00Z"] {
        let fixture = Setup::new()
            .set("schedule.timezone", "Europe/Berlin")
            .set("schedule.stock", "0 30 2 * * *")
            .start()
            .await;
        let context = fixture.context(1);
        let first = at(change) - Duration::hours(12);
        for quarter in 0..24 * 4 {
            serve(&fixture, &context, first + Duration::minutes(15 * quarter)).await;
        }
        let served = served(&fixture).await;
        assert_eq!(served.len(), 1, "{change}: {served:?}");
    }
}
