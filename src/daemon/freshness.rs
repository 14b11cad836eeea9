//! When each job last succeeded, what `[freshness]` promises of it, and when it runs next.
//!
//! Read by `/readyz`, by `sverka status` and by the overview. Only runs of a whole job count, not those of one article. Time
//! for which a person has paused what the job calls does not count against the promise.

use std::time::Duration;

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
    /// For so much of it a person had paused an upstream of the job.
    pub(crate) paused_seconds: u64,
    /// How old that may be; empty = as old as it likes, or it runs only when asked for.
    pub(crate) promised_seconds: Option<u64>,
    /// Whether it is older than that, the time of pauses taken off.
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
    let since: Vec<DateTime<Utc>> = ends.iter().map(|end| end.unwrap_or(installed)).collect();
    let paused = paused(pool, context, &jobs, &since).await?;
    Ok(jobs
        .into_iter()
        .zip(ends)
        .zip(since.into_iter().zip(paused))
        .map(|((job, last_success), (since, paused))| fresh(job, last_success, since, paused, now, context))
        .collect())
}

/// For how long since then people had paused what each job calls, or what it pushes to where only pushes were.
async fn paused(
    pool: &PgPool,
    context: &Context,
    jobs: &[Job],
    since: &[DateTime<Utc>],
) -> sqlx::Result<Vec<Duration>> {
    let names: Vec<&str> = jobs.iter().map(|job| job.as_str()).collect();
    let calls: Vec<(&str, &str, bool)> = jobs
        .iter()
        .flat_map(|job| job.upstreams(context).into_iter().map(move |upstream| (job, upstream)))
        .map(|(job, upstream)| (job.as_str(), upstream.as_str(), job.pushes_to(upstream)))
        .collect();
    // Pauses of two upstreams may overlap: their time counts once.
    let seconds: Vec<f64> = sqlx::query_scalar(
        "SELECT (SELECT coalesce(sum(extract(epoch FROM upper(span) - lower(span))), 0)::float8
                   FROM (SELECT unnest(range_agg(tstzrange(greatest(p.since, j.since),
                                                           least(coalesce(p.ended_at, p.until), now())))) AS span
                           FROM queue.pause p
                           JOIN unnest($3::text[], $4::text[], $5::bool[]) AS c (job, upstream, pushes)
                             ON c.job = j.name AND c.upstream = p.upstream AND (c.pushes OR NOT p.only_pushes)
                          WHERE greatest(p.since, j.since) < least(coalesce(p.ended_at, p.until), now())) s)
           FROM unnest($1::text[], $2::timestamptz[]) WITH ORDINALITY AS j (name, since, place) ORDER BY place",
    )
    .bind(&names)
    .bind(since)
    .bind(calls.iter().map(|(job, ..)| *job).collect::<Vec<_>>())
    .bind(calls.iter().map(|(_, upstream, _)| *upstream).collect::<Vec<_>>())
    .bind(calls.iter().map(|(.., pushes)| *pushes).collect::<Vec<_>>())
    .fetch_all(pool)
    .await?;
    let spans = seconds.into_iter().map(Duration::try_from_secs_f64);
    Ok(spans.map(Result::unwrap_or_default).collect())
}

/// `since`: its last success, or the installation; for so long of the time since then it was `paused`.
fn fresh(
    job: Job,
    last_success: Option<DateTime<Utc>>,
    since: DateTime<Utc>,
    paused: Duration,
    now: DateTime<Utc>,
    context: &Context,
) -> Fresh {
    let schedule = &context.settings.schedule;
    let cron = job
        .cron(schedule)
        .and_then(|expression| parse_cron(expression).ok().flatten());
    let promised =
        Some(job.freshness(&context.settings.freshness)).filter(|promised| !promised.is_zero() && cron.is_some());
    let age = (now - since).to_std().unwrap_or_default();
    Fresh {
        job: job.as_str(),
        last_success,
        age_seconds: age.as_secs(),
        paused_seconds: paused.as_secs(),
        promised_seconds: promised.map(|promised| promised.as_secs()),
        late: promised.is_some_and(|promised| age.saturating_sub(paused) > promised),
        next_run: cron.and_then(|cron| next_slot(&cron, schedule.timezone, now)),
    }
}
