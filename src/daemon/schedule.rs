//! When jobs run. The cron scheduler only wakes the daemon; croner computes the slot, and a row of `queue.slot` lets one
//! daemon of all serve it, once.
//!
//! So a scheduler that fires twice, late or an hour off (its issues 105 and 107) changes nothing: every wake asks "which
//! is the last instant that the expression names, and has it been served?"

use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use croner::Cron;
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_cron_scheduler::{Job as Wake, JobScheduler, JobSchedulerError};

use crate::config::{Schedule, parse_cron};
use crate::context::Context;
use crate::job::Job;
use crate::kill;
use crate::queue::pause;
use crate::queue::run::{self, Requested, Trigger};
use crate::upstream::Upstream;

/// The last instant up to `now` that the expression names in that zone, if it is later than the last one served.
pub fn due_slot(cron: &Cron, zone: Tz, served: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let slot = cron
        .find_previous_occurrence(&now.with_timezone(&zone), true)
        .ok()?
        .with_timezone(&Utc);
    Some(slot).filter(|slot| served.is_none_or(|served| *slot > served))
}

/// The next instant after `now` that the expression names.
pub fn next_slot(cron: &Cron, zone: Tz, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    cron.find_next_occurrence(&now.with_timezone(&zone), false)
        .ok()
        .map(|slot| slot.with_timezone(&Utc))
}

/// Serves every slot that is due by the database's clock: of several missed ones, one run. Returns the runs begun.
pub async fn serve_due(pool: &PgPool, context: &Context) -> sqlx::Result<Vec<(Job, Requested)>> {
    let now: DateTime<Utc> = sqlx::query_scalar("SELECT now()").fetch_one(pool).await?;
    let mut begun = Vec::new();
    for job in Job::ALL {
        if job.is_configured(context)
            && let Some(requested) = serve_job(pool, context, job, now).await?
        {
            begun.push((job, requested));
        }
    }
    Ok(begun)
}

/// Serves the slot of one job, if one is due at `now` and nobody else has.
pub async fn serve_job(
    pool: &PgPool,
    context: &Context,
    job: Job,
    now: DateTime<Utc>,
) -> sqlx::Result<Option<Requested>> {
    let schedule = &context.settings.schedule;
    let Some(Ok(Some(cron))) = job.cron(schedule).map(parse_cron) else {
        return Ok(None);
    };
    let served: Option<DateTime<Utc>> = sqlx::query_scalar("SELECT max(slot) FROM queue.slot WHERE job = $1")
        .bind(job.as_str())
        .fetch_one(pool)
        .await?;
    let Some(slot) = due_slot(&cron, schedule.timezone, served, now) else {
        return Ok(None);
    };
    // A slot that is missed for a pause is due when the pause is over.
    if served.is_some() && is_paused(pool, context, job).await? {
        return Ok(None);
    }
    let mut tx = pool.begin().await?;
    let mine = sqlx::query("INSERT INTO queue.slot (job, slot) VALUES ($1, $2) ON CONFLICT (job, slot) DO NOTHING")
        .bind(job.as_str())
        .bind(slot)
        .execute(&mut *tx)
        .await?;
    // The very first slot only marks the beginning: a fresh installation does not act for the past.
    if mine.rows_affected() == 0 || served.is_none() {
        tx.commit().await?;
        return Ok(None);
    }
    let requested = run::request_in(&mut tx, job, Trigger::Schedule, None).await?;
    sqlx::query("UPDATE queue.slot SET run_id = $3 WHERE job = $1 AND slot = $2")
        .bind(job.as_str())
        .bind(slot)
        .bind(requested.run_id())
        .execute(&mut *tx)
        .await?;
    run::start_next(&mut tx, context, job.lane()).await?;
    kill::about("slot.before", job.as_str());
    tx.commit().await?;
    kill::about("slot.committed", job.as_str());
    Ok(Some(requested))
}

/// Whether a run could do nothing but wait: all that the job calls is paused, reads and all.
async fn is_paused(pool: &PgPool, context: &Context, job: Job) -> sqlx::Result<bool> {
    let paused = pause::open(pool).await?;
    let is_whole = |upstream: &Upstream| paused.iter().any(|p| p.upstream == upstream.as_str() && !p.only_pushes);
    Ok(job.upstreams(context).iter().all(is_whole))
}

/// Wakes the daemon at every instant that any job's expression names. Drop it to stop.
pub struct Alarm {
    scheduler: JobScheduler,
}

impl Alarm {
    /// Sets the alarm for every job of the schedule.
    pub async fn set(schedule: &Schedule, wake: &Arc<Notify>) -> Result<Self, JobSchedulerError> {
        let scheduler = JobScheduler::new().await?;
        for expression in Job::ALL.iter().filter_map(|job| job.cron(schedule)) {
            let wake = wake.clone();
            let alarm = Wake::new_async_tz(expression, schedule.timezone, move |_, _| {
                let wake = wake.clone();
                Box::pin(async move { wake.notify_one() })
            })?;
            scheduler.add(alarm).await?;
        }
        scheduler.start().await?;
        Ok(Self { scheduler })
    }

    /// Stops waking.
    pub async fn clear(mut self) {
        if let Err(error) = self.scheduler.shutdown().await {
            tracing::debug!(%error, "the cron scheduler did not stop");
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::{Duration, TimeZone};

    use super::*;

    fn cron(expression: &str) -> Cron {
        parse_cron(expression).unwrap().unwrap()
    }

    /// Looks once a minute, as a scheduler gone wild would, and lists the slots that were served.
    fn served(expression: &str, zone: Tz, from: DateTime<Utc>, hours: i64) -> Vec<DateTime<Utc>> {
        let cron = cron(expression);
        let mut slots = vec![from];
        for minute in 0..hours * 60 {
            let now = from + Duration::minutes(minute) + Duration::seconds(17);
            slots.extend(due_slot(&cron, zone, slots.last().copied(), now));
        }
        slots.split_off(1)
    }

    #[test]
    fn eight_oclock_in_moscow_is_that_instant_only_while_other_zones_change_their_clocks() {
        // Berlin and New York change in these days; Moscow has not since 2014.
        for (year, month, day) in [(2026, 3, 27), (2026, 10, 23), (2026, 3, 6), (2026, 10, 30)] {
            let from = Utc.with_ymd_and_hms(year, month, day, 12, 0, 0).unwrap();
            let slots = served("0 0 8 * * *", Tz::Europe__Moscow, from, 24 * 4);
            let expected: Vec<_> = (1..=4)
                .map(|days| Utc.with_ymd_and_hms(year, month, day, 5, 0, 0).unwrap() + Duration::days(days))
                .collect();
            assert_eq!(slots, expected);
        }
    }

    #[test]
    fn a_fixed_hour_runs_once_a_day_across_its_own_zones_clock_change() {
        let spring = Utc.with_ymd_and_hms(2026, 3, 28, 12, 0, 0).unwrap();
        let autumn = Utc.with_ymd_and_hms(2026, 10, 24, 12, 0, 0).unwrap();
        for (zone, from) in [(Tz::Europe__Berlin, spring), (Tz::Europe__Berlin, autumn)] {
            let days: Vec<_> = served("0 0 8 * * *", zone, from, 72)
                .iter()
                .map(|slot| slot.with_timezone(&zone).to_string())
                .collect();
            assert_eq!(days.len(), 3, "{days:?}");
            assert!(days.iter().all(|slot| slot.contains(" 08:00:00 ")), "{days:?}");
        }
    }

    #[test]
    fn the_hour_that_a_clock_change_repeats_or_skips_runs_once_a_day() {
        let spring = Utc.with_ymd_and_hms(2026, 3, 28, 12, 0, 0).unwrap();
        let autumn = Utc.with_ymd_and_hms(2026, 10, 24, 12, 0, 0).unwrap();
        for from in [spring, autumn] {
            let slots = served("0 30 2 * * *", Tz::Europe__Berlin, from, 48);
            assert_eq!(slots.len(), 2, "{slots:?}");
        }
    }

    #[test]
    fn a_wake_an_hour_early_or_a_second_wake_serves_nothing() {
        let cron = cron("0 0 8 * * *");
        let at = |hour, minute| Utc.with_ymd_and_hms(2026, 11, 23, hour, minute, 0).unwrap();
        let yesterday = at(5, 0) - Duration::days(1);
        assert_eq!(due_slot(&cron, Tz::Europe__Moscow, Some(yesterday), at(4, 0)), None);
        assert_eq!(
            due_slot(&cron, Tz::Europe__Moscow, Some(yesterday), at(5, 0)),
            Some(at(5, 0))
        );
        assert_eq!(due_slot(&cron, Tz::Europe__Moscow, Some(at(5, 0)), at(5, 0)), None);
        assert_eq!(due_slot(&cron, Tz::Europe__Moscow, Some(at(5, 0)), at(6, 0)), None);
    }

    #[test]
    fn of_many_slots_missed_while_down_the_last_is_served_once() {
        let cron = cron("0 */5 * * * *");
        let last = Utc.with_ymd_and_hms(2026, 11, 23, 1, 0, 0).unwrap();
        let now = Utc.with_ymd_and_hms(2026, 11, 23, 9, 2, 0).unwrap();
        let slot = due_slot(&cron, Tz::Europe__Moscow, Some(last), now);
        assert_eq!(slot, Some(Utc.with_ymd_and_hms(2026, 11, 23, 9, 0, 0).unwrap()));
        assert_eq!(due_slot(&cron, Tz::Europe__Moscow, slot, now), None);
    }
}
