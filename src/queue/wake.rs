//! What wakes a worker: a notification from PostgreSQL, and the poll interval as the backstop.
//!
//! A lost notification, a half-open connection or a pooler in between cost one interval, never a call. The channel has a
//! connection of its own, and is asked for a sign of life whenever it was silent: sqlx would wait for ever.

use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgListener;
use sqlx::{Executor, PgPool};
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::db::deadline::{ORDINARY, within};
use crate::db::{is_pooled, reserved};

const CHANNEL: &str = "sverka_queue";

/// The channel is asked after so long a silence...
const PING: Duration = Duration::from_secs(5);

/// ...and has so long to answer: a half-open one is found within ten seconds.
const ANSWER: Duration = Duration::from_secs(3);

/// Turns notifications into wake-ups until stopped; reconnects by itself, and wakes everybody after each reconnection
/// because something may have been missed. Behind a pooler there is nobody to listen to: then the poll does it all.
pub async fn listen(pool: PgPool, wake: Arc<Notify>, retry: Duration, stop: CancellationToken) {
    if is_pooled(&pool) {
        return stop.cancelled().await;
    }
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
            () = tokio::time::sleep(retry.min(Duration::from_secs(1))) => {}
        }
    }
}

/// Connects, listens, has everything looked at, in this order: what comes after the look is heard.
async fn hear(pool: &PgPool, wake: &Notify) -> sqlx::Result<()> {
    // A pool of one, and a new one each time: it takes a while to let go of a connection that is dead.
    let own = reserved(pool);
    let connect = async {
        let mut listener = PgListener::connect_with(&own).await?;
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        Ok::<_, sqlx::Error>(listener)
    };
    let mut listener = within(ORDINARY, connect).await?;
    wake.notify_waiters();
    loop {
        match timeout(PING, listener.try_recv()).await {
            Ok(heard) => match heard? {
                Some(_) => wake.notify_waiters(),
                None => return Ok(()),
            },
            Err(_) => {
                within(ANSWER, async { listener.execute("SELECT 1").await.map(drop) }).await?;
            }
        }
    }
}
