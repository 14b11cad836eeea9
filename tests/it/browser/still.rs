//! Without JavaScript the pages are complete and still: people log in, start a job and release a hold all the same.

use serde_json::json;
use sverka::job::Job;

use super::{Hand, TOKEN, browser};
use crate::support::Setup;

#[tokio::test]
#[ignore = "in a browser, some minutes: make browser"]
async fn without_scripts_people_log_in_start_a_job_and_release_a_hold() {
    let fixture = Setup::new().set("http.token", TOKEN).start().await;
    fixture.fill(1, 100).await;
    fixture.sql("UPDATE erp.stock SET quantity = quantity + 1").await;
    fixture.sync_done(&[Job::Warehouses, Job::Stock]).await;
    fixture.sql("DELETE FROM erp.stock WHERE article <= 'ART-00050'").await;
    let daemon = fixture.daemon().await;
    let Some((browser, _turn)) = browser(&daemon, "en").await else {
        return;
    };
    browser
        .tool("Emulation.setScriptExecutionDisabled", json!({ "value": true }))
        .await;
    let hand = Hand::Pointer;
    browser.go("/").await;
    hand.fill(&browser, "#token", TOKEN).await;
    hand.press(&browser, "form.login button").await;
    browser.arrives("the overview", |path| path == "/").await;

    hand.press(&browser, "#sync-stock").await;
    browser.arrives("the run", |path| path.starts_with("/runs/")).await;
    fixture
        .until(
            "the hold",
            "(SELECT EXISTS (SELECT FROM queue.hold WHERE state = 'held'))",
        )
        .await;
    browser.go("/holds/1").await;
    hand.press(&browser, "#release").await;
    // Nobody asks once more: that question is the script's.
    browser
        .arrives("the answer", |path| path == "/holds/1?said=released")
        .await;
    browser.says("[role=status]:not(#offline)", "The rows may go").await;
    assert_eq!(
        fixture.value("SELECT state FROM queue.hold").await.as_deref(),
        Some("released")
    );
    assert_eq!(browser.complaints().await, [""; 0]);
    browser.close().await;
}
