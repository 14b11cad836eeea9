//! What the machine does not give: file descriptors, and somebody who reads the log.

use std::process::{Command, Stdio};

use tokio::io::AsyncReadExt;
use tokio::time::timeout;

use super::sync;
use crate::support::{PATIENCE, Setup};

/// So many file descriptors may the process have from now on.
fn allow(pid: u32, files: u32) {
    let limit = format!("--nofile={files}:");
    let done = Command::new("prlimit")
        .args(["--pid", &pid.to_string(), &limit])
        .status();
    assert!(done.unwrap().success());
}

#[tokio::test]
async fn without_a_free_file_descriptor_the_daemon_waits_and_goes_on_when_there_is_one() {
    let setup = Setup::new()
        .set("queue.max_attempts", 100)
        .set("queue.backoff_max", "500ms");
    let fixture = setup.start().await;
    fixture.fill(1, 20).await;
    fixture.positions(3);
    let mut daemon = fixture.daemon().await;
    allow(daemon.pid(), 4);
    fixture
        .sql("INSERT INTO queue.call (upstream, operation, args, class, priority, gating)
              VALUES ('keaz', 'keaz.warehouses.list', '{}', 'read', 0, false), ('carreta', 'carreta.profile.get', '{}', 'read', 0, false)")
        .await;
    let failed = "EXISTS (SELECT FROM queue.attempt WHERE outcome = 'retry' AND words LIKE '%not sent%' OR words LIKE '%open files%')";
    fixture.until("connecting to fail", failed).await;
    allow(daemon.pid(), 1024);
    sync(&fixture, &daemon).await;
    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
    assert_eq!(fixture.count("queue.call WHERE state <> 'done'").await, 0);
    assert_eq!(daemon.get("/healthz").await.0, 200);
    daemon.stop().await;
}

#[tokio::test]
async fn a_log_that_nobody_reads_holds_up_no_work_and_tells_later_how_much_was_dropped() {
    let fixture = Setup::new().set("queue.keaz.concurrency", 64).start().await;
    let mut command = fixture.binary(&["run"]);
    let mut daemon = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    // Each of them is worth a line.
    fixture
        .sql(
            "INSERT INTO queue.call (upstream, operation, args, class, priority, gating)
              SELECT 'keaz', 'keaz.nonsense', to_jsonb(n), 'read', 1, false FROM generate_series(1, 4000) n",
        )
        .await;
    fixture
        .until("that to be told", "(SELECT count(*) >= 3500 FROM queue.attempt)")
        .await;
    fixture
        .sql(
            "INSERT INTO queue.call (upstream, operation, args, class, priority, gating)
              VALUES ('keaz', 'keaz.warehouses.list', '{}', 'read', 0, false)",
        )
        .await;
    let done = "(SELECT state = 'done' FROM queue.call WHERE operation = 'keaz.warehouses.list')";
    fixture.until("other work", done).await;
    let mut log = daemon.stderr.take().unwrap();
    let (mut said, mut bytes) = (String::new(), vec![0; 65_536]);
    let read = async {
        while !said.contains("lines of the log were dropped") {
            let length = log.read(&mut bytes).await.unwrap();
            assert!(length > 0, "its end: {said}");
            said.push_str(&String::from_utf8_lossy(&bytes[..length]));
        }
    };
    timeout(PATIENCE, read).await.expect("the number of dropped lines");
    assert!(
        said.contains("knows no operation keaz.nonsense"),
        "and the first ones are there"
    );
    daemon.start_kill().unwrap();
    timeout(PATIENCE, daemon.wait()).await.unwrap().unwrap();
}
