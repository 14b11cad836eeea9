//! A person's pause: nothing is claimed, nothing is lost, no attempt is burned, nobody is alarmed, and it ends.

use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::Value;
use sverka::daemon::schedule;
use sverka::job::Job;
use sverka::queue::claim::claim;
use sverka::queue::pause::{self, Pause};
use sverka::queue::run::{self, Trigger};
use sverka::queue::{audit, look, standing};
use sverka::simulate::{Action, Rule, Upstream as Simulated};
use sverka::upstream::Upstream;

use super::{assert_says, json_of, three_of_five, told};
use crate::support::{Fixture, Setup};

const LEASE: Duration = Duration::from_secs(30);
const HOUR: Duration = Duration::from_secs(3600);
const ALL_ENDED: &str = "NOT EXISTS (SELECT FROM queue.run WHERE state <> 'ended')";
const UPDATE: &str = "keaz.remains.update";

async fn paused(fixture: &Fixture, upstream: Upstream, only_pushes: bool) -> Pause {
    pause::begin(
        &fixture.pool,
        upstream,
        only_pushes,
        HOUR,
        Some("stocktaking"),
        &audit::who(),
    )
    .await
    .unwrap()
}

/// By the database's clock, which is the only one that counts.
async fn its_time_is_over(fixture: &Fixture) {
    fixture
        .sql("UPDATE queue.pause SET since = since - interval '2 h', until = now() - interval '1 ms' WHERE ended_at IS NULL")
        .await;
}

fn arrived(fixture: &Fixture, operation: &str) -> u64 {
    fixture.sim.counts().get(operation).map_or(0, |seen| seen.arrived)
}

#[tokio::test]
async fn no_daemon_of_two_claims_anything_of_it_until_a_person_says_so_and_nothing_is_lost() {
    let fixture = three_of_five().await;
    let mark = fixture.mark();
    paused(&fixture, Upstream::Keaz, false).await;
    let (one, two) = (fixture.daemon().await, fixture.daemon().await);
    let runs = fixture.request(&[Job::Stock]).await;
    // The other upstreams go on, under both daemons.
    fixture.positions(2);
    one.signal(Signal::SIGUSR1);
    fixture
        .until(
            "the orders",
            "(SELECT count(*) FROM queue.run WHERE job = 'orders' AND outcome = 'done') = 1",
        )
        .await;
    // What ends a rest does not end it.
    two.signal(Signal::SIGHUP);
    two.says("configuration reloaded", 1).await;
    look::resume(&fixture.pool, None).await.unwrap();
    standing::close_all(&fixture.pool).await.unwrap();
    assert!(claim(&fixture.pool, "keaz", 10, 1, LEASE).await.unwrap().is_empty());
    let asked = "queue.attempt a JOIN queue.call c ON c.id = a.call_id WHERE c.upstream = 'keaz' AND c.created_at > (SELECT since FROM queue.pause)";
    assert_eq!(fixture.count(asked).await, 0, "no attempt is burned");
    let keaz = ["keaz.warehouses.list", "keaz.remains.list", UPDATE];
    let of_keaz = |fixture: &Fixture| keaz.iter().map(|name| arrived(fixture, name)).sum::<u64>();
    let quiet = of_keaz(&fixture);
    assert_says(
        "resume",
        &told(&fixture, &["resume", "keaz"]).await,
        &["KEAZ goes on; it was paused by"],
    );
    fixture.ended(&runs).await;
    fixture.until("all runs", ALL_ENDED).await;
    assert!(of_keaz(&fixture) > quiet);
    assert_eq!(fixture.told_since(mark), ["keaz.remains.update W1/BM63 = 5"], "once");
    fixture.assert_in_sync().await;
}

#[tokio::test]
async fn only_pushes_wait_and_what_goes_out_afterwards_is_what_is_true_then() {
    let fixture = three_of_five().await;
    let (lists, updates) = (arrived(&fixture, "keaz.remains.list"), arrived(&fixture, UPDATE));
    paused(&fixture, Upstream::Keaz, true).await;
    let work = fixture.work().await;
    for reads in 1..=2 {
        // A run whose pushes wait holds up nobody: the next one reads anew.
        fixture.request(&[Job::Stock]).await;
        let waits = format!(
            "(SELECT count(*) = {reads} FROM queue.call WHERE operation = 'keaz.remains.list' AND state = 'done' AND ended_at > (SELECT since FROM queue.pause))
              AND EXISTS (SELECT FROM queue.call WHERE operation = '{UPDATE}' AND state = 'pending' AND attempt = 0)"
        );
        fixture.until("the reads", &waits).await;
    }
    assert_eq!(arrived(&fixture, "keaz.remains.list"), lists + 2);
    assert_eq!(arrived(&fixture, UPDATE), updates);
    assert_eq!(
        fixture
            .count(&format!(
                "queue.call WHERE operation = '{UPDATE}' AND state = 'pending'"
            ))
            .await,
        1
    );
    fixture.sql("UPDATE erp.stock SET quantity = 9").await;
    let mark = fixture.mark();
    pause::end(&fixture.pool, Upstream::Keaz, "me").await.unwrap().unwrap();
    fixture.until("the runs", ALL_ENDED).await;
    work.stop().await;
    assert_eq!(fixture.told_since(mark), ["keaz.remains.update W1/BM63 = 9"]);
}

#[tokio::test]
async fn what_is_under_way_is_finished() {
    let fixture = three_of_five().await;
    let before = arrived(&fixture, UPDATE);
    fixture
        .sim
        .inject(Rule::always(Simulated::Keaz, UPDATE, Action::Gate("hold".into())));
    let runs = fixture.request(&[Job::Stock]).await;
    let work = fixture.work().await;
    fixture.sim.wait_until_arrived(UPDATE, before + 1).await;
    paused(&fixture, Upstream::Keaz, false).await;
    fixture.sim.clear_faults();
    let ended = fixture.ended(&runs).await;
    work.stop().await;
    assert_eq!((ended[0].outcome.as_deref(), ended[0].rows_pushed), (Some("done"), 1));
}

#[tokio::test]
async fn it_ends_by_itself_by_the_databases_clock_also_while_nobody_works_and_after_a_restart() {
    let fixture = three_of_five().await;
    paused(&fixture, Upstream::Keaz, false).await;
    let runs = fixture.request(&[Job::Stock]).await;
    let mut daemon = fixture.daemon().await;
    let marked = "EXISTS (SELECT FROM queue.daemon WHERE mark IS NOT NULL)";
    fixture.until("the daemon's proof of life", marked).await;
    daemon.kill().await;
    let daemon = fixture.daemon().await;
    let buried = "EXISTS (SELECT FROM queue.event WHERE kind = 'daemon_gone')";
    fixture.until("its burial", buried).await;
    assert!(claim(&fixture.pool, "keaz", 10, 1, LEASE).await.unwrap().is_empty());
    its_time_is_over(&fixture).await;
    let ended = fixture.ended(&runs).await;
    assert_eq!(ended[0].outcome.as_deref(), Some("done"));
    assert!(pause::open(&fixture.pool).await.unwrap().is_empty());
    let said = told(&fixture, &["history"]).await;
    assert_says(
        "history",
        &said,
        &[
            "paused KEAZ until",
            "The pause of KEAZ was over, its calls go on",
            "gone without a word",
        ],
    );
    drop(daemon);
}

#[tokio::test]
async fn it_takes_an_hour_if_nobody_says_how_long_and_seven_days_at_most() {
    let fixture = Setup::new().start().await;
    for (args, length) in [
        (&["pause", "keaz"][..], "1 h"),
        (&["pause", "keaz", "carreta", "--for", "7d"][..], "168 h"),
    ] {
        told(&fixture, args).await;
        let lasts =
            format!("queue.pause WHERE ended_at IS NULL AND upstream = 'keaz' AND until - since = interval '{length}'");
        assert_eq!(fixture.count(&lasts).await, 1, "{args:?}");
    }
    assert_eq!(
        fixture.count("queue.pause WHERE ended_at IS NULL").await,
        2,
        "the second took the place of the first"
    );
    for (args, words) in [
        (["pause", "keaz", "--for", "8d"], "7 days at most"),
        (["pause", "keaz", "--for", "0s"], "a second at least"),
        (["pause", "keaz", "--for", "soon"], "say for example"),
        (
            ["pause", "saplab.client", "--for", "1h"],
            "no upstream «saplab.client» is configured",
        ),
    ] {
        let output = fixture.command(&args).await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains(words), "{said}");
    }
    let forever =
        "INSERT INTO queue.pause (upstream, only_pushes, who, until) VALUES ('saplab', false, 'me', 'infinity')";
    let refused = sqlx::query(forever).execute(&fixture.pool).await;
    assert!(refused.is_err(), "the table holds no pause that does not end");
}

#[tokio::test]
async fn it_is_no_alarm_but_it_is_shown_and_its_time_does_not_count_afterwards() {
    let fixture = Setup::new()
        .set("schedule.stock", "0 0 3 * * *")
        .set("freshness.stock", "30m")
        .start()
        .await;
    fixture.fill(1, 2).await;
    let mut daemon = fixture.daemon().await;
    fixture
        .sql("UPDATE queue.migration SET installed_on = now() - interval '50 min'")
        .await;
    assert_eq!(daemon.get("/readyz").await.0, 503, "50 minutes are more than 30");
    paused(&fixture, Upstream::Keaz, false).await;
    fixture
        .sql("UPDATE queue.pause SET since = now() - interval '40 min'")
        .await;
    let (status, body) = daemon.get("/readyz").await;
    assert_eq!(status, 200, "{body}");
    let ready: Value = serde_json::from_str(&body).unwrap();
    assert_says(
        "/readyz",
        ready["paused"][0].as_str().unwrap(),
        &["keaz is paused by", "stocktaking"],
    );
    let status = fixture.command(&["status"]).await;
    assert!(status.status.success(), "{status:?}");

    fixture
        .sql("UPDATE queue.pause SET until = now() - interval '1 min'")
        .await;
    assert_eq!(daemon.get("/readyz").await.0, 200, "of 50 minutes 39 do not count");
    let fresh = json_of(&fixture, &["status"]).await["freshness"].clone();
    let stock = fresh
        .as_array()
        .unwrap()
        .iter()
        .find(|fresh| fresh["job"] == "stock")
        .unwrap();
    assert!(
        (39 * 60..40 * 60).contains(&stock["paused_seconds"].as_i64().unwrap()),
        "{stock}"
    );
    fixture
        .sql("UPDATE queue.migration SET installed_on = now() - interval '75 min'")
        .await;
    assert_eq!(daemon.get("/readyz").await.0, 503, "36 minutes are more than 30");
    daemon.stop().await;
}

#[tokio::test]
async fn a_slot_begins_no_run_that_could_only_wait_and_a_run_that_can_read_is_begun() {
    let fixture = Setup::new()
        .set("schedule.stock", "* * * * * *")
        .set("schedule.orders", "* * * * * *")
        .start()
        .await;
    let (context, begin) = (fixture.context(0), chrono::Utc::now());
    let serve = async |job, seconds: i64| {
        let now = begin + chrono::Duration::seconds(seconds);
        schedule::serve_job(&fixture.pool, &context, job, now).await.unwrap()
    };
    for job in [Job::Stock, Job::Orders] {
        assert_eq!(serve(job, 0).await, None, "the first slot only marks the beginning");
    }
    paused(&fixture, Upstream::Keaz, false).await;
    paused(&fixture, Upstream::Saplab, false).await;
    assert_eq!(serve(Job::Stock, 5).await, None);
    assert!(serve(Job::Orders, 5).await.is_some(), "Carreta's orders can be read");
    its_time_is_over(&fixture).await;
    assert!(serve(Job::Stock, 5).await.is_some(), "it is made up for, once");
    assert_eq!(serve(Job::Stock, 5).await, None);
    paused(&fixture, Upstream::Keaz, true).await;
    assert!(serve(Job::Stock, 10).await.is_some(), "reads go on");
}

#[tokio::test]
async fn an_upstream_of_several_that_is_paused_holds_up_no_run_of_the_others() {
    let fixture = Setup::new().start().await;
    paused(&fixture, Upstream::Carreta, false).await;
    let work = fixture.work().await;
    for round in 1..=2 {
        fixture.positions(1);
        let asked = run::request(&fixture.pool, &fixture.context(0), Job::Orders, Trigger::Schedule, None).await;
        asked.unwrap();
        let known = format!("(SELECT count(*) = {round} FROM erp.orders)");
        fixture.until("the order", &known).await;
        fixture
            .until("the run to wait", "NOT EXISTS (SELECT FROM queue.call WHERE upstream <> 'carreta' AND state IN ('pending', 'running', 'unknown'))")
            .await;
    }
    pause::end(&fixture.pool, Upstream::Carreta, "me").await.unwrap();
    fixture.until("the runs", ALL_ENDED).await;
    work.stop().await;
    let ends = "SELECT string_agg(outcome, ' ' ORDER BY id) FROM queue.run";
    assert_eq!(fixture.value(ends).await.as_deref(), Some("superseded done"));
}

#[tokio::test]
async fn who_asks_for_work_meanwhile_is_told_at_once_what_it_waits_for() {
    let fixture = three_of_five().await;
    told(&fixture, &["pause", "keaz", "--reason", "stocktaking"]).await;
    for (args, code) in [
        (&["sync", "stock", "--wait"][..], 69),
        (&["call", "keaz.warehouses.list"][..], 69),
        (&["check"][..], 69),
    ] {
        let output = fixture.command(args).await;
        let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        assert_says(&format!("{args:?}"), &said, &["paused", "stocktaking"]);
    }
    assert_eq!(fixture.count("queue.attempt WHERE started_at > (SELECT since FROM queue.pause) AND call_id IN (SELECT id FROM queue.call WHERE upstream = 'keaz')").await, 0);
}

#[tokio::test]
async fn a_probe_waits_too_and_two_who_speak_at_once_are_both_heard() {
    let fixture = three_of_five().await;
    fixture.request(&[Job::Stock]).await;
    fixture
        .sql(
            "INSERT INTO queue.upstream (name, openings, opened_at) VALUES ('keaz', 1, now())
              ON CONFLICT (name) DO UPDATE SET openings = 1, opened_at = now()",
        )
        .await;
    let begin = |who: &'static str| pause::begin(&fixture.pool, Upstream::Keaz, false, HOUR, None, who);
    let (one, two) = tokio::join!(begin("one"), begin("two"));
    assert!(one.is_ok() && two.is_ok(), "{one:?} {two:?}");
    assert_eq!(fixture.count("queue.pause").await, 2);
    assert_eq!(fixture.count("queue.pause WHERE ended_at IS NULL").await, 1);
    assert!(
        claim(&fixture.pool, "keaz", 10, 1, LEASE).await.unwrap().is_empty(),
        "no probe"
    );
    pause::end(&fixture.pool, Upstream::Keaz, "me").await.unwrap().unwrap();
    let probe = claim(&fixture.pool, "keaz", 10, 1, LEASE).await.unwrap();
    assert!(
        probe.len() == 1 && probe[0].is_probe,
        "and then the breaker decides: {probe:?}"
    );
    assert!(pause::end(&fixture.pool, Upstream::Keaz, "me").await.unwrap().is_none());
}
