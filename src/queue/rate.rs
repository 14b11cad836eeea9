//! The rate limit of an upstream: a bucket in `queue.upstream` that all daemons of one database share, in its clock.
//!
//! The generic cell rate algorithm: `next_free_at` runs ahead of the clock by one interval for each claimed call, and a
//! call may be claimed while it is less than a burst ahead. In no window of one second are more calls claimed than the
//! rate: the burst is taken off the even pace. Called by [`super::claim`]; without a rate nothing here is touched.

use std::time::Duration;

use sqlx::PgConnection;

const SECOND: i64 = 1_000_000;

/// How fast calls may be claimed, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pace {
    /// From one call to the next, at an even pace.
    interval: i64,
    /// So far may the bucket run ahead: a burst.
    ahead_max: i64,
}

impl Pace {
    /// Of so many calls in any one second, a fifth of them (at least one) at once; `None` = no limit.
    pub(super) fn of(rate: u32) -> Option<Self> {
        if rate == 0 {
            return None;
        }
        let rate = i64::from(rate);
        let burst = (rate / 5).max(1);
        let even = rate - burst + 1;
        // Rounded up: the last call of the window begins at its end or later.
        let interval = (SECOND + even - 1) / even;
        Some(Self {
            interval,
            ahead_max: interval * burst,
        })
    }

    /// How many calls may be claimed by who finds the bucket so far ahead of the clock.
    fn free(self, ahead: i64) -> i64 {
        (self.ahead_max - self.within(ahead)) / self.interval
    }

    /// How long until one may be claimed.
    fn wait(self, ahead: i64) -> Duration {
        let wait = self.within(ahead) + self.interval - self.ahead_max;
        Duration::from_micros(u64::try_from(wait).unwrap_or(0))
    }

    /// A clock that was set back, or a rate that was raised, costs one burst and not an hour.
    fn within(self, ahead: i64) -> i64 {
        ahead.clamp(0, self.ahead_max)
    }
}

/// What the bucket allows.
#[derive(Clone, Copy, Debug)]
pub(super) enum Allowance {
    /// So many calls.
    Calls(i64),
    /// None, until then.
    Wait(Duration),
}

/// Locks the bucket until the end of the transaction and tells what it allows.
pub(super) async fn ask(tx: &mut PgConnection, upstream: &str, pace: Pace) -> sqlx::Result<Allowance> {
    let ahead = match lock(tx, upstream).await? {
        Some(ahead) => ahead,
        None => {
            sqlx::query("INSERT INTO queue.upstream (name) VALUES ($1) ON CONFLICT (name) DO NOTHING")
                .bind(upstream)
                .execute(&mut *tx)
                .await?;
            lock(tx, upstream).await?.unwrap_or_default()
        }
    };
    Ok(match pace.free(ahead) {
        0 => Allowance::Wait(pace.wait(ahead)),
        calls => Allowance::Calls(calls),
    })
}

/// Microseconds by which the bucket is ahead of the clock; negative = behind. The clock is read when the lock is held.
async fn lock(tx: &mut PgConnection, upstream: &str) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(
        "SELECT (extract(epoch FROM next_free_at - clock_timestamp()) * 1000000)::bigint
           FROM (SELECT next_free_at FROM queue.upstream WHERE name = $1 FOR UPDATE) bucket",
    )
    .bind(upstream)
    .fetch_optional(tx)
    .await
}

/// Counts calls that have been claimed; returns how long until the next may be.
pub(super) async fn spend(tx: &mut PgConnection, upstream: &str, pace: Pace, calls: usize) -> sqlx::Result<Duration> {
    let calls = i64::try_from(calls).unwrap_or(i64::MAX);
    let ahead: i64 = sqlx::query_scalar(
        "UPDATE queue.upstream u
            SET next_free_at = greatest(least(u.next_free_at, clock.time + $3 * interval '1 microsecond'), clock.time)
                               + $2 * interval '1 microsecond'
           FROM (SELECT clock_timestamp() AS time) clock
          WHERE u.name = $1
         RETURNING (extract(epoch FROM u.next_free_at - clock.time) * 1000000)::bigint",
    )
    .bind(upstream)
    .bind(calls.saturating_mul(pace.interval))
    .bind(pace.ahead_max)
    .fetch_one(tx)
    .await?;
    Ok(pace.wait(ahead))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The most calls that one second can hold, claimed as early as they may be.
    fn most_in_a_second(rate: u32) -> usize {
        let pace = Pace::of(rate).unwrap();
        let (mut clock, mut bucket, mut claimed) = (0, 0, Vec::new());
        while clock < 5 * SECOND {
            for _ in 0..pace.free(bucket - clock) {
                claimed.push(clock);
                bucket = bucket.max(clock) + pace.interval;
            }
            clock += i64::try_from(pace.wait(bucket - clock).as_micros()).unwrap().max(1);
        }
        let within = |from: i64| claimed.iter().filter(|at| (from..from + SECOND).contains(at)).count();
        claimed.iter().map(|from| within(*from)).max().unwrap()
    }

    #[test]
    fn no_second_holds_more_than_the_rate_and_the_busiest_holds_all_of_it() {
        for rate in [1, 2, 3, 4, 5, 7, 9, 10, 20, 50, 99, 1000] {
            assert_eq!(most_in_a_second(rate), rate as usize, "rate {rate}");
        }
    }

    #[test]
    fn a_fifth_of_the_rate_may_be_claimed_at_once_and_at_least_one() {
        for (rate, burst) in [(1, 1), (4, 1), (5, 1), (10, 2), (50, 10), (1000, 200)] {
            assert_eq!(Pace::of(rate).unwrap().free(0), burst, "rate {rate}");
            assert_eq!(
                Pace::of(rate).unwrap().free(-SECOND * 3600),
                burst,
                "rest is not saved up, rate {rate}"
            );
        }
        assert_eq!(Pace::of(0), None);
    }

    #[test]
    fn a_clock_set_back_by_an_hour_costs_less_than_two_seconds() {
        for rate in [1, 10, 50] {
            let pace = Pace::of(rate).unwrap();
            assert_eq!(pace.free(SECOND * 3600), 0);
            assert!(pace.wait(SECOND * 3600) < Duration::from_secs(2), "rate {rate}");
        }
    }
}
