//! No step in the database is waited for without an end: a server that is silent is not told from one that is gone.
//!
//! sqlx sets neither TCP keepalive nor a user timeout and offers no way to the socket, so the bound is ours: whoever
//! waits, waits [`within`] a limit, or [`patiently`], for as long as the server answers others. A step that is cut off
//! leaves its connection in an unknown state; the pool (`pool.rs`) asks it once more, briefly, and throws it away.

use std::future::Future;
use std::time::Duration;

use sqlx::PgPool;

/// No ordinary step takes longer.
pub(crate) const ORDINARY: Duration = Duration::from_secs(10);

/// While a long step is waited for, the server is asked so often whether it is there...
const LOOK: Duration = Duration::from_secs(5);

/// ...and has so long to say so.
const ANSWER: Duration = Duration::from_secs(3);

/// Waits for a step in the database, not longer than that; what comes too late is an error that may pass.
pub(crate) async fn within<T, E: From<sqlx::Error>>(
    limit: Duration,
    step: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    // Boxed: what waits is part of the waiter's future, and some of these are large.
    match tokio::time::timeout(limit, Box::pin(step)).await {
        Ok(done) => done,
        Err(_) => Err(silent(limit).into()),
    }
}

/// Waits for a step that may be long (a merge of a large list): for as long as the server answers on the `probe`'s own
/// connection, and not longer than `limit`.
pub(crate) async fn patiently<T, E: From<sqlx::Error>>(
    probe: &PgPool,
    limit: Duration,
    step: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    let gone = async {
        loop {
            tokio::time::sleep(LOOK).await;
            let asked = within::<_, sqlx::Error>(ANSWER, async { probe.acquire().await.map(drop) });
            // A refusal is an answer too; who refuses us has also ended the step.
            if let Err(sqlx::Error::Io(_) | sqlx::Error::PoolTimedOut) = asked.await {
                return;
            }
        }
    };
    tokio::select! {
        done = within(limit, step) => done,
        () = gone => Err(silent(LOOK).into()),
    }
}

fn silent(limit: Duration) -> sqlx::Error {
    let words = format!("nothing came from the database for {} s", limit.as_secs());
    sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, words))
}
