//! PostgreSQL falls silent: what waits for it gives up, and what was cut off is thrown away.

use std::time::Duration;

use serde_json::json;
use sverka::queue::claim::heartbeat;

use crate::support::{Fixture, Proxy, Setup, Then, Toxic, until, until_within};

/// Ten seconds for the query, and some for a machine that has other things to do.
const GIVEN_UP: Duration = Duration::from_secs(20);

async fn behind_a_proxy() -> (Fixture, Proxy) {
    let mut fixture = Setup::new().set("database.max_connections", 3).start().await;
    let proxy = fixture.behind_a_proxy().await;
    (fixture, proxy)
}

#[tokio::test]
async fn what_falls_into_a_black_hole_is_given_up_and_the_work_goes_on() {
    let mut fixture = Setup::new()
        .set("database.max_connections", 3)
        .set("queue.poll", "5s")
        .set("queue.lease", "30s")
        .start()
        .await;
    let proxy = fixture.behind_a_proxy().await;
    let pool = fixture.own_pool().await;
    let work = fixture.work_on(&pool).await;
    let first = fixture.push(1).await;
    assert_eq!(fixture.over(first).await.state, "done");
    proxy.set(Toxic::Timeout);
    let second = fixture.push(2).await;
    let before = proxy.accepted();
    // The heartbeat, the listener and the claims of every upstream have let go of what they had.
    until_within(GIVEN_UP, "connections to be given up", async || {
        (proxy.accepted() > before + 2).then_some(())
    })
    .await;
    proxy.set(None);
    until_within(GIVEN_UP, "the second call", async || {
        (fixture.call(second).await.state == "done").then_some(())
    })
    .await;
    work.stop().await;
    assert_eq!((fixture.told_of(1), fixture.told_of(2)), (1, 1));
    // Every place of the pool is of use again.
    let mut borrowed = Vec::new();
    for _ in 0..3 {
        let mut connection = pool.acquire().await.unwrap();
        let answer: i32 = sqlx::query_scalar("SELECT 1")
            .fetch_one(&mut *connection)
            .await
            .unwrap();
        assert_eq!(answer, 1);
        borrowed.push(connection);
    }
}

#[tokio::test]
async fn a_claim_that_falls_into_a_black_hole_is_given_up_and_made_again() {
    let mut fixture = Setup::new()
        .set("queue.lease", "30s")
        .set("saplab.panel.base_url", "")
        .set("carreta.base_url", "")
        .start()
        .await;
    let proxy = fixture.behind_a_proxy().await;
    let id = fixture.push(1).await;
    proxy.trap(&["INSERT INTO queue.attempt"], Then::Swallow);
    let work = fixture.work_on(&fixture.own_pool().await).await;
    until_within(GIVEN_UP, "the call", async || {
        (fixture.call(id).await.state == "done").then_some(())
    })
    .await;
    work.stop().await;
    assert!(proxy.is_sprung());
    assert_eq!((fixture.told_of(1), fixture.call(id).await.attempt), (1, 1));
}

#[tokio::test]
async fn a_recording_that_falls_into_a_black_hole_is_made_again_and_the_request_is_not() {
    for words in [&["state = 'done'"][..], &["state = 'done'", "COMMIT"]] {
        // All statements of a step together have five times this, and nobody else misses an answer.
        let mut fixture = Setup::new()
            .set("queue.lease", "30s")
            .set("database.statement_timeout", "2s")
            .start()
            .await;
        let proxy = fixture.behind_a_proxy().await;
        let work = fixture.work_on(&fixture.own_pool().await).await;
        proxy.trap(words, Then::Swallow);
        let id = fixture.push(1).await;
        let call = until("the call", async || {
            let call = fixture.call(id).await;
            (call.state == "done").then_some(call)
        })
        .await;
        assert!(proxy.is_sprung());
        work.stop().await;
        assert_eq!(fixture.told_of(1), 1);
        assert_eq!((call.attempt, fixture.failures(id).await), (1, 0), "{call:#?}");
    }
}

#[tokio::test]
async fn a_connection_whose_borrower_gave_up_in_the_middle_is_not_lent_again() {
    let mut fixture = Setup::new().set("database.max_connections", 3).start().await;
    let proxy = fixture.behind_a_proxy().await;
    let pool = fixture.own_pool().await;
    let pid = |pool: &sqlx::PgPool| {
        let pool = pool.clone();
        async move {
            sqlx::query_scalar::<_, i32>("SELECT pg_backend_pid()")
                .fetch_one(&pool)
                .await
        }
    };
    let mut connection = pool.acquire().await.unwrap();
    let asked = sqlx::query_scalar::<_, i32>("SELECT pg_backend_pid()");
    let silent = asked.fetch_one(&mut *connection).await.unwrap();
    proxy.trap(&["pg_sleep"], Then::Swallow);
    let query = sqlx::query("SELECT pg_sleep(0)").execute(&mut *connection);
    assert!(tokio::time::timeout(Duration::from_millis(300), query).await.is_err());
    drop(connection);
    for _ in 0..5 {
        assert_ne!(pid(&pool).await.unwrap(), silent);
    }
    // The pool has let go of it: all three places are free.
    until("three others", async || {
        let mut borrowed = Vec::new();
        for _ in 0..3 {
            let acquired = tokio::time::timeout(Duration::from_secs(1), pool.acquire()).await;
            borrowed.push(acquired.ok()?.ok()?);
        }
        Some(())
    })
    .await;
}

#[tokio::test]
async fn a_step_that_is_cut_off_anywhere_leaves_no_transaction_and_no_lock_behind() {
    let (fixture, _proxy) = behind_a_proxy().await;
    let pool = fixture.own_pool().await;
    let calls = [fixture.enqueue("keaz.warehouses.add", json!({ "codes": ["W1"] })).await];
    for steps in 0..40 {
        // begin, a statement and commit; each round dropped after another number of steps.
        let mut beat = Box::pin(heartbeat(&pool, 1, &calls, Duration::from_secs(30)));
        for _ in 0..steps {
            let waker = std::task::Waker::noop();
            if beat
                .as_mut()
                .poll(&mut std::task::Context::from_waker(waker))
                .is_ready()
            {
                break;
            }
            tokio::time::sleep(Duration::from_micros(100)).await;
        }
        drop(beat);
        sqlx::query("INSERT INTO erp.warehouses (code) VALUES ($1::int::text)")
            .bind(steps)
            .execute(&pool)
            .await
            .unwrap();
    }
    assert_eq!(
        fixture.count("erp.warehouses").await,
        40,
        "an acknowledged write is there"
    );
    let open = "pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    until("no transaction to be open", async || {
        (fixture.count(open).await == 0).then_some(())
    })
    .await;
}
