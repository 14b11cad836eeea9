//! How soon the work of a killed daemon goes on: its own restart, and another daemon that shares nothing with it but the
//! database.

use std::time::{Duration, Instant};

use serde_json::json;
use sverka::simulate::{Action, Rule, Upstream};

use crate::support::{Daemon, Fixture, Setup, until_within};

const ASKED: &str = "carreta.profile";

/// A daemon that dies over a call, and the call.
async fn killed_over_a_call(fixture: &Fixture, daemon: &mut Daemon) -> i64 {
    let held = Rule::once(Upstream::Carreta, ASKED, Action::Gate("never".into()));
    fixture.sim.inject(held);
    let id = fixture.enqueue("carreta.profile.get", json!({})).await;
    fixture.sim.wait_until_arrived(ASKED, 1).await;
    daemon.kill().await;
    id
}

async fn done_within(fixture: &Fixture, id: i64, patience: Duration) -> Duration {
    let begun = Instant::now();
    until_within(patience, "the call to be made again", async || {
        (fixture.call(id).await.state == "done").then_some(())
    })
    .await;
    begun.elapsed()
}

async fn restarted(lease: &str) -> Duration {
    let fixture = Setup::new().set("queue.lease", lease).start().await;
    let mut daemon = fixture.daemon().await;
    let id = killed_over_a_call(&fixture, &mut daemon).await;
    let begun = Instant::now();
    let mut again = fixture.daemon().await;
    done_within(&fixture, id, Duration::from_secs(60)).await;
    let took = begun.elapsed();
    again.stop().await;
    let lost = format!("queue.attempt WHERE outcome = 'lease lost' AND call_id = {id}");
    assert_eq!(fixture.count(&lost).await, 1);
    took
}

/// The defaults of lease and poll; two hosts as far as the daemons can tell.
async fn taken_over() -> Duration {
    let setup = Setup::new().set("queue.lease", "12s").set("queue.poll", "5s");
    let fixture = setup.start().await;
    let elsewhere = fixture.folder.path().join("another-host");
    let mut daemon = fixture.daemon().await;
    let mut other = fixture
        .daemon_with(&[("SVERKA__DATA_DIR", elsewhere.to_str().unwrap())])
        .await;
    // Whoever gets the call is killed.
    let held = Rule::once(Upstream::Carreta, ASKED, Action::Gate("never".into()));
    fixture.sim.inject(held);
    let id = fixture.enqueue("carreta.profile.get", json!({})).await;
    fixture.sim.wait_until_arrived(ASKED, 1).await;
    let pid = fixture
        .value(&format!(
            "SELECT d.pid FROM queue.daemon d JOIN queue.call c ON c.lease_owner = d.id WHERE c.id = {id}"
        ))
        .await;
    let first = pid == Some(daemon.pid().to_string());
    let (victim, heir) = if first {
        (&mut daemon, &mut other)
    } else {
        (&mut other, &mut daemon)
    };
    victim.kill().await;
    let took = done_within(&fixture, id, Duration::from_secs(60)).await;
    heir.stop().await;
    took
}

#[tokio::test]
async fn a_daemon_that_is_started_again_takes_back_at_once_what_its_killed_predecessor_held() {
    // The lease is not what it waits for.
    let took = restarted("10m").await;
    assert!(took < Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn another_daemon_takes_the_work_of_a_killed_one_over_soon_after_its_lease() {
    let took = taken_over().await;
    // 14 s at most, and the patience that a loaded machine needs.
    assert!(took < Duration::from_secs(20), "{took:?}");
}

/// `cargo test --test it -- --ignored --nocapture process::recovery::figures`
#[tokio::test]
#[ignore = "a measurement of some minutes, for docs/RELIABILITY.md"]
async fn figures() {
    let told = |what: &str, mut took: Vec<Duration>| {
        took.sort();
        let (middle, last) = (took[took.len() / 2], took[took.len() * 99 / 100]);
        println!("{what}: {} kills, p50 {middle:.1?}, p99 {last:.1?}", took.len());
    };
    let mut took = Vec::new();
    for _ in 0..30 {
        took.push(restarted("10m").await);
    }
    told("its own restart", took);
    let mut took = Vec::new();
    for _ in 0..6 {
        took.extend(futures_util::future::join_all((0..5).map(|_| taken_over())).await);
    }
    told("another daemon", took);
}
