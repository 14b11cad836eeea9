//! The pool: connections that are never inside somebody else's transaction, and never waited for without an end.
//!
//! A pooler in transaction mode (pgbouncer) in between is recognised by what it does with startup options. It lends a
//! server connection for one transaction only, so every borrower of ours gets a transaction of its own for as long as it
//! borrows; [`is_pooled`] tells who would listen or keep anything in the session that it cannot.

use std::time::Duration;

use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{Connection, Executor, PgConnection, PgPool};

use super::deadline::within;
use crate::config::Settings;

/// Longest wait for a connection.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest wait for a word from a connection that nobody uses.
const IDLE_ANSWER: Duration = Duration::from_secs(3);

/// What our sessions are called, for `pg_stat_activity` and for [`is_pooled`].
const NAME: &str = "sverka";
const POOLED_NAME: &str = "sverka via pooler";

/// How we are connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// A session of our own.
    Direct,
    /// A pooler lends one for each transaction.
    Pooled,
}

/// Whether a pooler in transaction mode stands between us and PostgreSQL.
pub fn is_pooled(pool: &PgPool) -> bool {
    pool.connect_options().get_application_name() == Some(POOLED_NAME)
}

/// One connection beside the pool, for what must not wait for a free one: the heartbeat, readiness, listening.
pub fn reserved(pool: &PgPool) -> PgPool {
    beside(pool, 1)
}

/// A few connections beside the pool, for what must not take those of the work: the pages that people look at.
pub fn beside(pool: &PgPool, connections: u32) -> PgPool {
    let options = (*pool.connect_options()).clone();
    pool.options()
        .clone()
        .max_connections(connections)
        .connect_lazy_with(options)
}

/// How to connect. Through a pooler neither startup options nor the memory of prepared statements are of use.
pub(super) fn options(base: PgConnectOptions, way: Way) -> PgConnectOptions {
    match way {
        Way::Direct => base.application_name(NAME).options([
            ("client_min_messages", "warning"),
            // Asked for again by `way`: a pooler drops it, or refuses it.
            ("sverka.direct", "on"),
            // Compiling a statement takes longer than ours do.
            ("jit", "off"),
            // A session whose client is silent ends, and its locks with it.
            ("tcp_keepalives_idle", "5"),
            ("tcp_keepalives_interval", "3"),
            ("tcp_keepalives_count", "3"),
            ("tcp_user_timeout", "15000"),
        ]),
        Way::Pooled => base
            .application_name(POOLED_NAME)
            .extra_float_digits(None)
            .statement_cache_capacity(0),
    }
}

/// The pool over these [`options`].
pub(super) fn open(settings: &Settings, options: PgConnectOptions, way: Way) -> PgPool {
    let pool = PgPoolOptions::new()
        .max_connections(settings.database.max_connections)
        .acquire_timeout(CONNECT_TIMEOUT)
        // Ours below asks the connection already, and not without an end.
        .test_before_acquire(false);
    let statement_timeout = settings.database.statement_timeout.as_millis().to_string();
    match way {
        Way::Direct => direct(pool).connect_lazy_with(options.options([
            ("statement_timeout", statement_timeout),
            // Ours are never idle for long: one that is belongs to a process that was frozen, and its locks hold up others.
            ("idle_in_transaction_session_timeout", "10000".to_owned()),
            // Else every ROLLBACK of an idle connection would be a warning.
            ("client_min_messages", "error".to_owned()),
        ])),
        Way::Pooled => pooled(pool, &statement_timeout).connect_lazy_with(options),
    }
}

/// `before_acquire` ends whatever a cut `BEGIN` has left behind: without it sqlx 0.9.0 may hand out a connection that is
/// still inside a transaction, and the next borrower's write vanishes (sqlx issue 4393). What is silent is thrown away,
/// before it is lent and after it was. (sqlx asks once more by itself when a connection comes back, without an end: one
/// that falls silent in just that moment keeps its place until the kernel gives it up.)
fn direct(pool: PgPoolOptions) -> PgPoolOptions {
    pool.after_connect(|connection, _| {
        Box::pin(async move {
            // A query whose client is gone ends. Not every system can look for that; then the time limit ends it.
            let asked = tell(connection, "SET client_connection_check_interval = 5000").await;
            asked.or_else(|error| matches!(error, sqlx::Error::Database(_)).then_some(()).ok_or(error))
        })
    })
    .before_acquire(|connection, _| {
        Box::pin(async move {
            tell(connection, "ROLLBACK").await?;
            Ok(true)
        })
    })
    .after_release(|connection, _| Box::pin(async move { Ok(is_in_order(connection).await) }))
}

/// Borrowed = inside a transaction, which keeps the pooler from changing the server connection between the steps of one
/// statement. What others have prepared on it is forgotten: sqlx numbers its statements from 1 in every connection.
/// A write that others must be able to rely on commits by itself, like everywhere.
fn pooled(pool: PgPoolOptions, statement_timeout: &str) -> PgPoolOptions {
    let enter = format!(
        "ROLLBACK; BEGIN; SET LOCAL client_min_messages = error; SET LOCAL jit = off; SET LOCAL statement_timeout = {statement_timeout};
         SET LOCAL idle_in_transaction_session_timeout = 10000; DEALLOCATE ALL"
    );
    let first = enter.clone();
    pool.after_connect(move |connection, _| {
        let enter = first.clone();
        Box::pin(async move { tell(connection, &enter).await })
    })
    .before_acquire(move |connection, _| {
        let enter = enter.clone();
        Box::pin(async move {
            tell(connection, &enter).await?;
            Ok(true)
        })
    })
    .after_release(|connection, _| Box::pin(async move { Ok(tell(connection, "COMMIT").await.is_ok()) }))
}

async fn tell(connection: &mut PgConnection, sql: &str) -> sqlx::Result<()> {
    let told = connection.execute(sqlx::AssertSqlSafe(sql.to_owned()));
    within(IDLE_ANSWER, async { told.await.map(drop) }).await
}

/// Whether a connection that comes back answers: the step before may have been cut off in the middle.
async fn is_in_order(connection: &mut PgConnection) -> bool {
    within(IDLE_ANSWER, connection.ping()).await.is_ok()
}

/// How a pool that was opened as direct is connected in truth, and the server's version.
pub(super) async fn way(pool: &PgPool) -> sqlx::Result<(Way, i32)> {
    // The simple protocol: nothing is prepared, whatever stands in between.
    let mut connection = match pool.acquire().await {
        Err(error) if is_startup_refused(&error) => return Ok((Way::Pooled, i32::MAX)),
        acquired => acquired?,
    };
    let asked = "SELECT current_setting('server_version_num'), coalesce(current_setting('sverka.direct', true), '')";
    let row = within(CONNECT_TIMEOUT, sqlx::raw_sql(asked).fetch_one(&mut *connection)).await?;
    let version: String = sqlx::Row::try_get(&row, 0)?;
    let direct: String = sqlx::Row::try_get(&row, 1)?;
    let way = if direct == "on" { Way::Direct } else { Way::Pooled };
    Ok((way, version.parse().unwrap_or(i32::MAX)))
}

/// pgbouncer's words for options that it is not told to ignore.
fn is_startup_refused(error: &sqlx::Error) -> bool {
    matches!(error, sqlx::Error::Database(refused) if refused.message().contains("unsupported startup parameter"))
}
