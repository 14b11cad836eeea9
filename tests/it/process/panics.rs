//! Faults of the program itself: a task that panics, a loop that dies, threads that stand still.

use std::time::Duration;

use serde_json::json;
use tokio::net::UnixDatagram;
use tokio::time::timeout;

use crate::support::{PATIENCE, Setup, until};

const SECRET: &str = "canary-7f3a";

#[tokio::test]
async fn a_task_that_panics_fails_alone_and_its_call_is_made_again_after_its_lease() {
    let fixture = Setup::new().set("queue.lease", "5s").start().await;
    fixture.fill(1, 5).await;
    let panics = [("SVERKA_PROVOKE", "panic@carreta.profile.get")];
    let mut daemon = fixture.daemon_with(&panics).await;
    let id = fixture.enqueue("carreta.profile.get", json!({})).await;
    daemon.says("a task panicked", 1).await;
    // The others go on meanwhile.
    fixture.enqueue("keaz.warehouses.list", json!({})).await;
    fixture
        .until(
            "another call",
            "EXISTS (SELECT FROM queue.call WHERE operation = 'keaz.warehouses.list' AND state = 'done')",
        )
        .await;
    let call = fixture.over(id).await;
    assert_eq!((call.state.as_str(), call.attempt), ("done", 2));
    let first = fixture
        .value("SELECT outcome FROM queue.attempt WHERE attempt = 1 AND outcome <> 'done'")
        .await;
    assert_eq!(first.as_deref(), Some("lease lost"));
    let log = daemon.log();
    assert!(log.contains("provoke.rs") && !log.contains(SECRET), "{log}");
    daemon.stop().await;
}

#[tokio::test]
async fn a_daemon_whose_heartbeat_has_died_ends_with_a_code_that_has_it_started_anew() {
    let fixture = Setup::new().start().await;
    let panics = [("SVERKA_PROVOKE", "panic@heartbeat")];
    // It may die before it says that it is ready.
    let (mut daemon, _, log) = fixture.spawn(&panics).await;
    let status = timeout(PATIENCE, daemon.wait()).await.expect("it ends").unwrap();
    let last = async || {
        let said = log.lock().unwrap().join("\n");
        said.contains("a part of the daemon has died").then_some(said)
    };
    let said = until("its last words", last).await;
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(!said.contains(SECRET), "{said}");
}

#[tokio::test]
async fn the_watchdog_is_fed_by_a_daemon_that_works_and_not_by_one_whose_threads_stand_still() {
    let fixture = Setup::new().start().await;
    let path = fixture.folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let hear = async |patience: u64| {
        let mut said = [0; 256];
        let heard = timeout(Duration::from_millis(patience), socket.recv(&mut said)).await;
        heard
            .ok()
            .map(|length| String::from_utf8_lossy(&said[..length.unwrap()]).into_owned())
    };
    let environment = [
        ("NOTIFY_SOCKET", path.to_str().unwrap()),
        ("WATCHDOG_USEC", "600000"),
        ("SVERKA_PROVOKE", "stall@carreta.profile.get"),
    ];
    let daemon = fixture.daemon_with(&environment).await;
    let mut fed = 0;
    while fed < 3 {
        let said = hear(10_000).await.expect("it is fed");
        fed += usize::from(said.contains("WATCHDOG=1"));
    }
    fixture.enqueue("carreta.profile.get", json!({})).await;
    let begun = std::time::Instant::now();
    while hear(1_500).await.is_some() {
        assert!(begun.elapsed() < PATIENCE, "it is fed on and on");
    }
    drop(daemon);
}
