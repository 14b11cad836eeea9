//! Who holds the horizon: the oldest transaction that still sees the past. While it is open no dead row can be removed, in
//! the queue or anywhere, and everything that looks at many rows becomes slower from hour to hour.

use std::time::Duration;

use serde::Serialize;
use sqlx::PgPool;

/// A horizon that is held for longer is worth a word.
pub const ALERT: Duration = Duration::from_secs(600);

/// The session, prepared transaction or replication slot that holds it.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Holder {
    /// `session 4711 (psql, user erp, idle in transaction)`
    pub who: String,
    /// For how long; unknown of a replication slot.
    pub seconds: Option<f64>,
    /// How many transactions have begun since.
    pub transactions: i64,
}

impl Holder {
    /// For people.
    pub fn words(&self) -> String {
        let since = self
            .seconds
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let since = since.map_or_else(String::new, |since| {
            format!(
                " for {}",
                humantime::format_duration(Duration::from_secs(since.as_secs()))
            )
        });
        format!(
            "{} holds the horizon of the database{since} ({} transactions): dead rows cannot be removed meanwhile",
            self.who, self.transactions
        )
    }
}

/// Who has held the horizon of this database for longer than that; the oldest. Sessions of other users are seen by a
/// member of `pg_read_all_stats` only.
pub async fn holder(pool: &PgPool, longer_than: Duration) -> sqlx::Result<Option<Holder>> {
    sqlx::query_as(
        "SELECT who, seconds::float8 AS seconds, transactions::bigint AS transactions FROM (
             SELECT 'session ' || pid || ' (' || concat_ws(', ', nullif(application_name, ''), 'user ' || usename, state) || ')' AS who,
                    extract(epoch FROM clock_timestamp() - xact_start) AS seconds,
                    greatest(age(backend_xmin), age(backend_xid)) AS transactions
               FROM pg_stat_activity
              WHERE pid <> pg_backend_pid() AND datname = current_database()
                AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
              UNION ALL
             SELECT 'the prepared transaction ' || gid, extract(epoch FROM clock_timestamp() - prepared), age(transaction)
               FROM pg_prepared_xacts WHERE database = current_database()
              UNION ALL
             SELECT 'the replication slot ' || slot_name, NULL, greatest(age(xmin), age(catalog_xmin))
               FROM pg_replication_slots
              WHERE coalesce(xmin, catalog_xmin) IS NOT NULL AND NOT active) holders
          WHERE coalesce(seconds > $1, true)
          ORDER BY transactions DESC NULLS LAST, seconds DESC LIMIT 1",
    )
    .bind(longer_than.as_secs_f64())
    .fetch_optional(pool)
    .await
}
