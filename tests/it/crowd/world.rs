//! Fills the world of crowd/world.sql, and tells afterwards which of its tables were walked through from end to end.

use sqlx::{ConnectOptions, Connection, Executor, PgConnection};
use tokio::sync::Mutex;

use crate::support::{Fixture, until};

/// So large that nobody may walk through them to show a page.
const LARGE: &str = "'call', 'attempt', 'exchange', 'hold_row', 'remain_change', 'status_change'";

/// Bytes of a table through which the shortest way is the whole of it.
const SMALL: u32 = 1_000_000;

/// Rows by the million in set-based statements, over a connection that nothing cuts off.
pub(super) async fn fill(fixture: &Fixture, rows: u32) {
    let mut connection = fixture.database.options.connect().await.unwrap();
    let world = format!("SET crowd.rows = {rows}; {}", include_str!("world.sql"));
    connection.execute(sqlx::AssertSqlSafe(world)).await.unwrap();
    // As it would have been done over the weeks in which so much has gathered.
    connection.execute("VACUUM ANALYZE").await.unwrap();
    connection.execute("CHECKPOINT").await.unwrap();
    let pid: i32 = sqlx::query_scalar("SELECT pg_backend_pid()")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    connection.close().await.unwrap();
    let mut connection = fixture.database.options.connect().await.unwrap();
    gone(&mut connection, &format!("pid = {pid}")).await;
    connection.execute("SELECT pg_stat_reset()").await.unwrap();
}

/// Backends tell what they have read when they end, at the latest.
async fn gone(connection: &mut PgConnection, which: &str) {
    let connection = Mutex::new(connection);
    until("backends to end", async || {
        let there = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
                AND backend_type = 'client backend' AND {which}"
        );
        let mut connection = connection.lock().await;
        let there: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(there))
            .fetch_one(&mut **connection)
            .await
            .unwrap();
        (there == 0).then_some(())
    })
    .await;
}

/// The large tables of which whole scans were made, and how many: more than the one of the forgetting at the start. A page
/// that makes them makes one at each look. Ends the fixture's own connections.
pub(super) async fn walked_through(fixture: &Fixture) -> Vec<(String, i64)> {
    fixture.pool.close().await;
    let mut connection = fixture.database.options.connect().await.unwrap();
    gone(&mut connection, "true").await;
    let walked = format!(
        "SELECT schemaname || '.' || relname, seq_scan FROM pg_stat_user_tables
          WHERE relname IN ({LARGE}) AND seq_scan > 1 AND pg_relation_size(relid) > {SMALL} ORDER BY 1"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(walked))
        .fetch_all(&mut connection)
        .await
        .unwrap()
}
