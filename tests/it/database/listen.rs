//! The notification channel: lost, or half open. The poll interval is the backstop, and never more than that.

use std::time::{Duration, Instant};

use crate::support::{Setup, Then, Toxic, until, until_within};

const LISTENING: &str = "pg_stat_activity WHERE datname = current_database()
    AND query IN ('LISTEN \"sverka_queue\"', 'SELECT 1') AND application_name = 'sverka'";

#[tokio::test]
async fn a_listener_whose_session_was_ended_connects_listens_and_then_looks() {
    // Nobody looks by himself for ten minutes: only a notification, or the look after listening again, finds a call.
    let mut fixture = Setup::new()
        .set("queue.poll", "10m")
        .set("queue.lease", "10m")
        .start()
        .await;
    let proxy = fixture.behind_a_proxy().await;
    let work = fixture.work_on(&fixture.own_pool().await).await;
    until("the listener", async || {
        (fixture.count(LISTENING).await == 1).then_some(())
    })
    .await;
    let first = fixture.push(1).await;
    fixture.over(first).await;
    // Connected again, it is about to listen; that takes a while, so that something can be enqueued meanwhile.
    proxy.trap(&["LISTEN"], Then::Spoil(Toxic::Latency(Duration::from_secs(2))));
    fixture
        .value(&format!("SELECT count(pg_terminate_backend(pid)) FROM {LISTENING}"))
        .await;
    until("it to connect again", async || proxy.is_sprung().then_some(())).await;
    let second = fixture.push(2).await;
    assert_eq!(fixture.count(LISTENING).await, 0, "nobody heard of it");
    proxy.set(None);
    assert_eq!(fixture.over(second).await.state, "done");
    work.stop().await;
}

#[tokio::test]
async fn a_half_open_listener_is_found_within_ten_seconds_and_polling_moves_the_work_meanwhile() {
    let mut fixture = Setup::new().start().await;
    let proxy = fixture.behind_a_proxy().await;
    // The first question after the silence, and all that follows on this connection, goes nowhere.
    proxy.trap(&["LISTEN", "SELECT 1"], Then::Swallow);
    let work = fixture.work_on(&fixture.own_pool().await).await;
    until("the silence", async || proxy.is_sprung().then_some(())).await;
    let (began, before) = (Instant::now(), proxy.accepted());
    let id = fixture.push(1).await;
    assert_eq!(fixture.over(id).await.state, "done");
    assert!(began.elapsed() < Duration::from_secs(3), "polling found it");
    until_within(Duration::from_secs(6), "the listener to connect anew", async || {
        (proxy.accepted() > before && fixture.count(LISTENING).await >= 1).then_some(())
    })
    .await;
    work.stop().await;
}
