//! The harness itself: what every other test relies on.

use sverka::job::Job;

use crate::support::Setup;

#[tokio::test]
async fn work_in_process_brings_all_three_upstreams_into_agreement() {
    let fixture = Setup::new().start().await;
    fixture.fill(2, 30).await;
    fixture.positions(3);
    fixture.sync_done(&Job::ALL[..2]).await;
    fixture.sync_done(&[Job::Orders, Job::Reference]).await;
    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
    fixture.assert_statuses_equal_erp().await;
}

#[tokio::test]
async fn the_real_binary_starts_answers_and_stops() {
    let fixture = Setup::new().start().await;
    let mut daemon = fixture.daemon().await;
    let (status, body) = daemon.get("/healthz").await;
    assert_eq!((status, body.as_str()), (200, "ok\n"));
    assert_eq!(daemon.get("/readyz").await.0, 200);
    daemon.stop().await;
    daemon.says("stopped", 1).await;
}

#[tokio::test]
async fn the_real_binary_starts_again_after_it_was_killed() {
    let fixture = Setup::new().start().await;
    fixture.daemon().await.kill().await;
    fixture.daemon().await.stop().await;
}

#[tokio::test]
async fn commands_run_to_their_end() {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 5).await;
    let output = fixture.command(&["sync", "stock"]).await;
    assert!(output.status.success(), "{output:?}");
    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
}
