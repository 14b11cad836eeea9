//! Where a claim begins to look: below this time no call of a priority is pending.
//!
//! Ended calls leave dead entries in the index of pending ones. As long as somebody's transaction holds the horizon they
//! cannot be removed, and a claim that begins at the oldest would walk over all of them. So, where a look from the
//! beginning has become slow, the worker looks beside its claims for the oldest pending call, and claims begin there.
//! What was committed late below it is found by the next look from the beginning, which comes the sooner the cheaper it is.

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use sqlx::PgPool;

/// A look from the beginning that takes no longer spares nothing: then claims begin there too.
const CHEAP: Duration = Duration::from_millis(5);

/// Transactions that enqueue may commit so much later than their calls are due.
const LATE: Duration = Duration::from_secs(2);

/// Looks from the beginning take no more than one part in so many of the time.
const SHARE: u32 = 20;

/// The oldest pending call of each priority from a time on: upstream, times.
pub const OLDEST: &str = "
    SELECT array_agg(coalesce(c.due_at, now()) - $3 ORDER BY level.priority)
      FROM generate_series(0, 3) AS level (priority)
      LEFT JOIN LATERAL (
           SELECT least(due_at, now()) AS due_at FROM queue.call
            WHERE upstream = $1 AND priority = level.priority AND state = 'pending'
              AND due_at >= ($2::timestamptz[])[level.priority + 1]
            ORDER BY queue.call.due_at LIMIT 1) c ON true";

/// What is known of one upstream.
#[derive(Clone, Debug)]
pub struct Floor {
    times: [DateTime<Utc>; 4],
    whole: Instant,
}

impl Default for Floor {
    /// Nothing: from the beginning.
    fn default() -> Self {
        Self {
            times: [DateTime::UNIX_EPOCH; 4],
            whole: Instant::now(),
        }
    }
}

impl Floor {
    /// For each priority, the time from which on to look.
    pub fn times(&self) -> Vec<DateTime<Utc>> {
        self.times.to_vec()
    }

    /// Looks again, from the beginning where that is due.
    pub async fn look(&mut self, pool: &PgPool, upstream: &str) -> sqlx::Result<()> {
        let began = Instant::now();
        let whole = began >= self.whole;
        let from = if whole { Self::default().times } else { self.times };
        let oldest = sqlx::query_scalar(OLDEST)
            .bind(upstream)
            .bind(from.as_slice())
            .bind(super::claim::interval(LATE));
        let mut tx = pool.begin_with(super::claim::BEGIN).await?;
        let found: Vec<DateTime<Utc>> = oldest.fetch_one(&mut *tx).await?;
        tx.commit().await?;
        let found: [DateTime<Utc>; 4] = found.try_into().unwrap_or(from);
        let took = began.elapsed();
        if whole && took < CHEAP {
            self.times = Self::default().times;
            return Ok(());
        }
        if whole {
            self.whole = Instant::now() + took * SHARE;
            self.times = found;
        } else {
            for (time, found) in self.times.iter_mut().zip(found) {
                *time = found.max(*time);
            }
        }
        Ok(())
    }
}
