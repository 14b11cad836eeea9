//! When each job last succeeded, what `[freshness]` promises of it, and when it runs next.
//!
//! Read by `/readyz`, by `sverka status` and by the overview. Only runs of a whole job count, not those of one article.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;

use super::health::Stale;
use super::schedule::next_slot;
use crate::config::parse_cron;
use crate::context::Context;
use crate::job::Job;

/// How fresh the work of a job is.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Fresh {
    pub(crate) job: &'static str,
    /// When it last succeeded; empty = never.
    pub(crate) last_success: Option<DateTime<Utc>>,
    /// Since then, or since the installation, in seconds.
    pub(crate) age_seconds: u64,
    /// How old that may be; empty = as old as it likes, or it runs only when asked for.
    pub(crate) promised_seconds: Option<u64>,
    /// Whether it is older than that.
    pub(crate) late: bool,
    /// When the schedule runs it; empty = never.
    pub(crate) next_run: Option<DateTime<Utc>>,
}

impl Fresh {
    /// The broken promise, if it is.
    pub(crate) fn stale(&self) -> Option<Stale> {
        Some(Stale {
            job: self.job,
            last_success: self.last_success,
            promised_seconds: self.promised_seconds.filter(|_| self.late)?,
        })
    }
}

/// Every job that is configured.
pub(crate) async fn read(pool: &PgPool, context: &Context) -> sqlx::Result<Vec<Fresh>> {
    let jobs: Vec<Job> = Job::ALL.into_iter().filter(|job| job.is_configured(context)).collect();
    let names: Vec<&str> = jobs.iter().map(|job| job.as_str()).collect();
    // Whole runs of one job never overlap: the newest that was done is the last that was.
    let ends: Vec<Option<DateTime<Utc>>> = sqlx::query_scalar(
        "SELECT (SELECT r.ended_at FROM queue.run r
                  WHERE r.job = j.name AND r.outcome = 'done' AND r.scope IS NULL ORDER BY r.id DESC LIMIT 1)
           FROM unnest($1::text[]) WITH ORDINALITY AS j (name, place) ORDER BY place",
    )
    .bind(&names)
    .fetch_all(pool)
    .await?;
    let (now, installed): (DateTime<Utc>, DateTime<Utc>) =
        sqlx::query_as("SELECT now(), min(installed_on) FROM queue.migration")
            .fetch_one(pool)
            .await?;
    Ok(jobs
        .into_iter()
        .zip(ends)
        .map(|(job, last_success)| fresh(job, last_success, installed, now, context))
        .collect())
}

fn fresh(
    job: Job,
    last_success: Option<DateTime<Utc>>,
    installed: DateTime<Utc>,
    now: DateTime<Utc>,
    context: &Context,
) -> Fresh {
    let schedule = &context.settings.schedule;
    let cron = job
        .cron(schedule)
        .and_then(|expression| parse_cron(expression).ok().flatten());
    let promised =
        Some(job.freshness(&context.settings.freshness)).filter(|promised| !promised.is_zero() && cron.is_some());
    let age = (now - last_success.unwrap_or(installed)).to_std().unwrap_or_default();
    Fresh {
        job: job.as_str(),
        last_success,
        age_seconds: age.as_secs(),
        promised_seconds: promised.map(|promised| promised.as_secs()),
        late: promised.is_some_and(|promised| age > promised),
        next_run: cron.and_then(|cron| next_slot(&cron, schedule.timezone, now)),
    }
}
