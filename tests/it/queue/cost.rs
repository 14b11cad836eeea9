//! Claiming costs what it takes, not what the queue holds.
//!
//! `SVERKA_CROWD=1000000 cargo test --test it -- --nocapture queue::cost` gives the figures of docs/RELIABILITY.md.

use std::time::Instant;

use serde_json::Value;
use sqlx::PgPool;
use sqlx::postgres::types::PgInterval;
use sverka::queue::claim::{BEGIN, CLAIM, NEXT_DUE, claim};
use sverka::queue::floor::Floor;

use super::LEASE;
use crate::support::{Fixture, Setup};

const DUE: &str = "
    INSERT INTO queue.call (upstream, operation, args, class, priority, due_at)
    SELECT 'keaz', 'keaz.remains.update', jsonb_build_object('due', n), 'idempotent', n % 4, now() - interval '1 minute'
      FROM generate_series(1, 100) n";

/// So many dead, quarantined and future calls each; and four times as many that are done.
fn crowd() -> (i64, String) {
    let rows = std::env::var("SVERKA_CROWD").map_or(50_000, |rows| rows.parse().unwrap());
    let insert = format!(
        "INSERT INTO queue.call (upstream, operation, args, key, class, priority, state, due_at, ended_at)
         SELECT 'keaz', 'keaz.remains.update', '{{}}', state || n, 'idempotent', n % 4, state,
                now() + CASE state WHEN 'pending' THEN interval '1 day' ELSE interval '-1 day' END,
                CASE WHEN state IN ('done', 'dead') THEN now() END
           FROM (VALUES ('done', {}), ('dead', {rows}), ('quarantined', {rows}), ('pending', {rows})) x (state, rows),
                generate_series(1, rows) n",
        4 * rows
    );
    (rows, insert)
}

/// Pages that a statement looked at, in a transaction as the daemon begins it, that is given up.
async fn pages(pool: &PgPool, statement: &str, claims: bool) -> i64 {
    let explain = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}");
    let mut tx = pool.begin_with(BEGIN).await.unwrap();
    let mut query = sqlx::query_scalar(sqlx::AssertSqlSafe(explain)).bind("keaz");
    if claims {
        query = query.bind(20_i64).bind(1_i64).bind(PgInterval {
            months: 0,
            days: 0,
            microseconds: 30_000_000,
        });
        query = query.bind(Floor::default().times());
    }
    let plan: Value = query.fetch_one(&mut *tx).await.unwrap();
    tx.rollback().await.unwrap();
    let root = &plan[0]["Plan"];
    let number = |key: &str| root[key].as_i64().unwrap();
    if claims {
        assert_eq!(number("Actual Rows"), 20, "{plan:#}");
    }
    number("Shared Hit Blocks") + number("Shared Read Blocks")
}

async fn cost(fixture: &Fixture) -> [i64; 2] {
    [
        pages(&fixture.pool, CLAIM, true).await,
        pages(&fixture.pool, NEXT_DUE, false).await,
    ]
}

#[tokio::test]
async fn a_claim_does_not_look_at_ended_dead_quarantined_or_future_calls() {
    // A million takes longer to be written than a statement may.
    let fixture = Setup::new().set("database.statement_timeout", "30m").start().await;
    fixture.sql(DUE).await;
    fixture.sql("ANALYZE queue.call").await;
    let small = cost(&fixture).await;
    fixture.sql("TRUNCATE queue.call CASCADE").await;
    let (rows, crowd) = crowd();
    fixture.sql(&crowd).await;
    fixture.sql(DUE).await;
    // Before the statistics know of the crowd, and after.
    let unknowing = cost(&fixture).await;
    fixture.sql("ANALYZE queue.call").await;
    let knowing = cost(&fixture).await;
    for crowded in [unknowing, knowing] {
        for (crowded, small) in crowded.into_iter().zip(small) {
            assert!(
                crowded <= 3 * small + 50,
                "{crowded} pages among {rows} other calls of each kind, {small} without them"
            );
        }
    }
    let mut took = Vec::new();
    for _ in 0..100 {
        let began = Instant::now();
        assert_eq!(claim(&fixture.pool, "keaz", 1, 1, LEASE).await.unwrap().len(), 1);
        took.push(began.elapsed());
    }
    took.sort();
    println!(
        "among {rows} dead, quarantined and future calls each: a claim took {:?} (p50), {:?} (p99)",
        took[50], took[98]
    );
}
