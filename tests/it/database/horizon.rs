//! Who holds the horizon is named; and the queue's numbers go on where 32 bits end.

use std::time::Duration;

use sqlx::{ConnectOptions, Executor};
use sverka::db::horizon::holder;
use sverka::job::Job;

use crate::support::Setup;

#[tokio::test]
async fn the_session_that_holds_the_horizon_is_named_with_its_application() {
    let fixture = Setup::new().start().await;
    assert!(holder(&fixture.pool, Duration::from_secs(600)).await.unwrap().is_none());
    let options = fixture.database.options.clone().application_name("report");
    let mut session = options.connect().await.unwrap();
    session
        .execute("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM queue.run")
        .await
        .unwrap();
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&mut session)
        .await
        .unwrap();
    let found = holder(&fixture.pool, Duration::ZERO).await.unwrap().unwrap();
    assert_eq!(
        found.who,
        format!("session {pid} (report, user sverka, idle in transaction)")
    );
    assert!(
        found.words().contains("dead rows cannot be removed meanwhile"),
        "{}",
        found.words()
    );
    let young = holder(&fixture.pool, Duration::from_secs(600)).await.unwrap();
    assert!(young.is_none(), "not worth a word yet: {young:?}");
}

#[tokio::test]
async fn beyond_the_end_of_32_bits_everything_works_as_before() {
    let fixture = Setup::new().start().await;
    fixture
        .sql(
            "ALTER TABLE queue.call ALTER id RESTART WITH 5000000000;
             ALTER TABLE queue.run ALTER id RESTART WITH 5000000000;
             ALTER TABLE queue.daemon ALTER id RESTART WITH 5000000000",
        )
        .await;
    fixture.fill(2, 30).await;
    fixture.positions(3);
    fixture.sync_done(&[Job::Stock, Job::Orders]).await;
    fixture.assert_in_sync().await;
    fixture.assert_keaz_equals_erp().await;
    fixture.assert_statuses_equal_erp().await;
    assert!(fixture.count("queue.call WHERE id > 5000000000").await > 3);
    let output = fixture.command(&["queue", "show", "5000000001"]).await;
    assert!(output.status.success(), "{output:?}");
}
