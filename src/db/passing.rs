//! Which faults of the database pass, and how a step is tried again. The request to an upstream is never part of a step.

use std::future::Future;
use std::time::Duration;

use backon::{ExponentialBuilder, Retryable};
use sqlx::PgPool;
use sqlx::postgres::{PgArguments, PgQueryResult};

use super::deadline::patiently;
use crate::operation::ApplyError;

/// However long statements may be: all of one step together take no longer than so many times the limit of one.
const STATEMENTS: u32 = 5;

/// A fault that may be the database's and not the step's.
pub(crate) trait Passing: From<sqlx::Error> {
    /// Whether another try may succeed.
    fn is_passing(&self) -> bool;
}

impl Passing for sqlx::Error {
    fn is_passing(&self) -> bool {
        is_passing(self)
    }
}

impl Passing for ApplyError {
    fn is_passing(&self) -> bool {
        matches!(self, Self::Database(error) if is_passing(error))
    }
}

/// Does a step, and does it again a few times, with jitter, while the database is at fault. Each try ends when the server
/// is silent, also to who asks on the `probe`'s own connection.
pub(crate) async fn repeated<T, E: Passing, F: Future<Output = Result<T, E>>>(
    probe: &PgPool,
    statement_timeout: Duration,
    mut step: impl FnMut() -> F,
) -> Result<T, E> {
    (|| patiently(probe, statement_timeout * STATEMENTS, step()))
        .retry(database_retries())
        .when(E::is_passing)
        .await
}

/// Executes one statement and commits it before it is believed, also where a pooler stands in between.
pub(crate) async fn commit(
    pool: &PgPool,
    statement: sqlx::query::Query<'_, sqlx::Postgres, PgArguments>,
) -> sqlx::Result<PgQueryResult> {
    let mut tx = pool.begin().await?;
    let done = statement.execute(&mut *tx).await?;
    tx.commit().await?;
    Ok(done)
}

/// A step in the database is repeated a few times when another try may succeed.
fn database_retries() -> ExponentialBuilder {
    ExponentialBuilder::default()
        .with_min_delay(Duration::from_millis(20))
        .with_max_delay(Duration::from_secs(2))
        .with_max_times(8)
        .with_jitter()
}

/// A lost connection, a full pool, a server that is not as it should be at the moment: another try may succeed.
fn is_passing(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Database(db) => db.code().is_some_and(|code| is_passing_state(&code)),
        sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut | sqlx::Error::WorkerCrashed => true,
        // A session that was ended in the middle of a message.
        sqlx::Error::Protocol(_) => true,
        _ => false,
    }
}

/// 40: rolled back (serialization failure, deadlock). 08: the connection. 53: disk full, out of memory, too many
/// connections. 55P03: not locked in time. 57: cancelled by a time limit or a person, shutting down, starting up.
/// 25006: read-only, after a fail-over. 25P03: silent within a transaction, on a way that lost what we said. 58: a file of its own. 26000: a pooler has changed the session under us.
fn is_passing_state(code: &str) -> bool {
    const STATES: [&str; 4] = ["55P03", "25006", "25P03", "26000"];
    STATES.contains(&code)
        || ["08", "40", "53", "57", "58"]
            .iter()
            .any(|class| code.starts_with(class))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_suffers_from_passes_and_what_is_wrong_with_the_step_does_not() {
        for code in [
            "40001", "40P01", "55P03", "57014", "57P01", "57P02", "57P03", "53100", "53200", "53300", "25006", "25P03",
            "08006", "58030",
        ] {
            assert!(is_passing_state(code), "{code}");
        }
        for code in [
            "23505", "23514", "22003", "42P01", "42703", "P0001", "25P02", "28P01", "3D000",
        ] {
            assert!(!is_passing_state(code), "{code}");
        }
        assert!(is_passing(&sqlx::Error::PoolTimedOut));
        assert!(!is_passing(&sqlx::Error::RowNotFound));
    }
}
