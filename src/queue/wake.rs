//! What wakes a worker: a notification from PostgreSQL, and the poll interval as the backstop.
//!
//! A lost notification, a half-open connection or a pooler in between cost one interval, never a call.

use std::sync::Arc;
use std::time::Duration;

use sqlx::PgPool;
use sqlx::postgres::PgListener;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

const CHANNEL: &str = "sverka_queue";

/// Longest wait for the listener to connect or to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// Turns notifications into wake-ups until stopped; reconnects by itself, and wakes everybody after each reconnection
/// because something may have been missed.
pub async fn listen(pool: PgPool, wake: Arc<Notify>, retry: Duration, stop: CancellationToken) {
    while !stop.is_cancelled() {
        let heard = tokio::select! {
            () = stop.cancelled() => return,
            heard = hear(&pool, &wake) => heard,
        };
        if let Err(error) = heard {
            tracing::debug!(%error, "the notification channel was lost; polling until it is back");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(retry.min(super::worker::SLEEP_MAX)) => {}
        }
    }
}

async fn hear(pool: &PgPool, wake: &Notify) -> sqlx::Result<()> {
    let connect = async {
        let mut listener = PgListener::connect_with(pool).await?;
        listener.listen(CHANNEL).await?;
        Ok::<_, sqlx::Error>(listener)
    };
    let mut listener = timeout(PATIENCE, connect)
        .await
        .map_err(|_| sqlx::Error::PoolTimedOut)??;
    wake.notify_waiters();
    while listener.try_recv().await?.is_some() {
        wake.notify_waiters();
    }
    Ok(())
}
