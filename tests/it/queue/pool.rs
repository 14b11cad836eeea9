//! No borrower of a connection is inside somebody else's transaction (sqlx issue 4393).

use std::future::Future;
use std::task::{Context, Waker};

use sqlx::{ConnectOptions, Connection, Executor};
use sverka::db::Database;

use crate::support::Setup;

#[tokio::test]
async fn a_transaction_left_open_on_a_connection_does_not_swallow_the_next_borrowers_write() {
    let fixture = Setup::new().set("database.max_connections", 3).start().await;
    let database = Database::open(&fixture.settings).await.unwrap();
    for left_behind in ["BEGIN", "BEGIN; SAVEPOINT s", "BEGIN READ ONLY"] {
        // All of the pool's connections, so that the next borrower gets one of these.
        let mut borrowed = Vec::new();
        for _ in 0..3 {
            let mut connection = database.pool.acquire().await.unwrap();
            connection.execute(left_behind).await.unwrap();
            borrowed.push(connection);
        }
        drop(borrowed);
        sqlx::query("INSERT INTO erp.warehouses (code) VALUES ($1)")
            .bind(left_behind)
            .execute(&database.pool)
            .await
            .unwrap();
        let mut witness = fixture.database.options.connect().await.unwrap();
        let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM erp.warehouses WHERE code = $1")
            .bind(left_behind)
            .fetch_one(&mut witness)
            .await
            .unwrap();
        witness.close().await.unwrap();
        assert_eq!(seen, 1, "after {left_behind}");
    }
    database.close().await;
}

#[tokio::test]
async fn a_begin_cut_off_in_the_middle_does_not_swallow_the_next_borrowers_write() {
    let fixture = Setup::new().set("database.max_connections", 3).start().await;
    let database = Database::open(&fixture.settings).await.unwrap();
    for round in 0..60_i32 {
        // Each round the future is dropped after another number of steps.
        let mut begin = Box::pin(database.pool.begin());
        for _ in 0..round % 12 {
            if begin.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(begin);
        sqlx::query("INSERT INTO erp.warehouses (code) VALUES ($1::int::text)")
            .bind(round)
            .execute(&database.pool)
            .await
            .unwrap();
    }
    database.close().await;
    assert_eq!(fixture.count("erp.warehouses").await, 60);
}
