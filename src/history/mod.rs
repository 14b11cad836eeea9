//! What happened: one time line of runs, breakers, holds, calls that failed for good, changes by hand and elsewhere, pauses,
//! daemons that came and went. Read by `sverka history` and the page `/history`.
//!
//! [`when`] understands the times that people type, `sources` is the SQL of each kind, [`told`] puts an entry into words.
//! Every kind goes along an index of its time and has a limit, so that an hour of a long past is read as quickly as the last.

mod sources;
pub mod told;
pub mod when;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use sqlx::types::Json;

use crate::context::Context;
use crate::job::Job;
use crate::upstream::Upstream;
use when::Window;

/// What somebody wants to see.
#[derive(Clone, Copy, Debug)]
pub struct Filter {
    /// From when until when.
    pub window: Window,
    /// Only what has to do with this job, and with those that it calls.
    pub job: Option<Job>,
    /// Only what people did by hand.
    pub by_hand: bool,
    /// So many at most, the newest.
    pub limit: i64,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Entry {
    /// When; of a run when its work began.
    pub at: DateTime<Utc>,
    /// What.
    #[serde(flatten)]
    pub what: What,
}

/// A run, as the time line has it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Ran {
    /// `queue.run.id`
    pub run: i64,
    /// Of which job.
    pub job: String,
    /// The one article or order that was asked for.
    pub scope: Option<String>,
    /// schedule, signal, command, page
    pub trigger: String,
    /// queued, running, ended
    pub state: String,
    /// done, partial, failed, superseded
    pub outcome: Option<String>,
    /// When it was asked for.
    pub requested_at: DateTime<Utc>,
    /// When its work began.
    pub started_at: Option<DateTime<Utc>>,
    /// When it ended.
    pub ended_at: Option<DateTime<Utc>>,
    /// Rows read.
    pub rows_pulled: i64,
    /// Rows written upstream.
    pub rows_pushed: i64,
    /// Rows refused.
    pub rows_refused: i64,
    /// Calls that are dead.
    pub dead_calls: i64,
    /// What an admin should know.
    pub note: Option<String>,
}

/// What happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// A run was under way.
    Run(Ran),
    /// The breaker of an upstream opened.
    LeftAlone {
        /// Whose.
        upstream: String,
        /// Why.
        words: Option<String>,
    },
    /// It closed.
    AnswersAgain {
        /// Whose.
        upstream: String,
        /// Who or what closed it, if it was no answer.
        words: Option<String>,
    },
    /// `[guard]` held rows back.
    Held {
        /// `queue.hold.id`
        hold: i64,
        /// Of which job.
        job: String,
        /// To or from whom.
        upstream: String,
        /// The warehouse or price list; empty = all.
        scope: String,
        /// So many.
        rows: i64,
        /// Why.
        why: String,
        /// held, released, refused, over: how it stands now.
        state: String,
    },
    /// A call failed for good, or may have happened.
    GivenUp {
        /// `queue.call.id`
        call: i64,
        /// dead, quarantined
        outcome: String,
        /// `upstream.resource.action`
        operation: String,
        /// The upstream's words, or ours.
        words: Option<String>,
        /// How the call stands now.
        state: String,
    },
    /// Rows that an upstream refused in one minute for one reason.
    Refused {
        /// The first of their calls.
        call: i64,
        /// `upstream.resource.action`
        operation: String,
        /// How many.
        calls: i64,
        /// In its words.
        words: Option<String>,
    },
    /// Somebody else had changed rows there.
    Drift {
        /// Where.
        upstream: String,
        /// remain, warehouse, status
        of: String,
        /// How many.
        rows: i64,
        /// One of them.
        sample: String,
        /// The run that found it.
        run: Option<i64>,
    },
    /// A person did something.
    Act {
        /// Who.
        who: String,
        /// The command.
        command: String,
        /// The call, if to one.
        call: Option<i64>,
        /// What was found then.
        words: Option<String>,
    },
    /// A person paused an upstream.
    Paused {
        /// Whom.
        upstream: String,
        /// Reads go on.
        only_pushes: bool,
        /// Who.
        who: String,
        /// Why.
        reason: Option<String>,
        /// Until when, if nobody ends it before.
        until: DateTime<Utc>,
    },
    /// The pause was over.
    Resumed {
        /// Whose.
        upstream: String,
        /// Who ended it; empty = its time was over.
        who: Option<String>,
    },
    /// A daemon began to work.
    DaemonBegan(Process),
    /// It ended as it was told.
    DaemonEnded(Process),
    /// It was not seen any more.
    DaemonGone(Process),
    /// The database was found to be another one than was known.
    Restored {
        /// What was found.
        words: String,
    },
    /// Every upstream had been read anew, or a person said that all is well.
    RestoreOver {
        /// Who.
        who: Option<String>,
    },
}

/// A daemon.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Process {
    /// Its machine.
    pub host: String,
    /// Its process there.
    pub pid: i64,
    /// Of the program.
    pub version: String,
}

/// How the ended runs of a job went, all together.
#[derive(Clone, Debug, PartialEq, Serialize, sqlx::FromRow)]
pub struct Sum {
    /// The job.
    pub job: String,
    /// Runs that ended.
    pub runs: i64,
    /// Of them, done.
    pub done: i64,
    /// Of them, failed or partly done.
    pub failed: i64,
    /// How long one took on average, in seconds.
    pub mean_seconds: f64,
    /// The longest, in seconds.
    pub most_seconds: f64,
    /// Rows read.
    pub rows_pulled: i64,
    /// Rows written upstream.
    pub rows_pushed: i64,
    /// Rows refused.
    pub rows_refused: i64,
}

/// A part of the time line.
#[derive(Clone, Debug, Serialize)]
pub struct History {
    /// From when on.
    pub since: DateTime<Utc>,
    /// Until when.
    pub until: DateTime<Utc>,
    /// Oldest first.
    pub entries: Vec<Entry>,
    /// Whether there was more in that time, before the first entry.
    pub is_cut: bool,
    /// The runs that ended in that time, by job; nothing where only what people did is asked for.
    pub jobs: Vec<Sum>,
}

/// What happened.
pub async fn read(pool: &PgPool, context: &Context, filter: &Filter) -> sqlx::Result<History> {
    let upstreams: Option<Vec<&str>> = filter
        .job
        .map(|job| job.upstreams(context).into_iter().map(Upstream::as_str).collect());
    let Window { since, until } = filter.window;
    let mut rows: Vec<(DateTime<Utc>, Json<What>)> = sqlx::query_as(sqlx::AssertSqlSafe(sources::all(filter.by_hand)))
        .bind(since)
        .bind(until)
        .bind(filter.limit + 1)
        .bind(filter.job.map(Job::as_str))
        .bind(&upstreams)
        .fetch_all(pool)
        .await?;
    let is_cut = rows.len() > usize::try_from(filter.limit).unwrap_or(usize::MAX);
    if is_cut {
        rows.pop();
    }
    let jobs = if filter.by_hand {
        Vec::new()
    } else {
        sums(pool, filter).await?
    };
    let entries = rows.into_iter().rev().map(|(at, Json(what))| Entry { at, what });
    Ok(History {
        since,
        until,
        entries: entries.collect(),
        is_cut,
        jobs,
    })
}

async fn sums(pool: &PgPool, filter: &Filter) -> sqlx::Result<Vec<Sum>> {
    sqlx::query_as(
        "SELECT job, count(*) AS runs, count(*) FILTER (WHERE outcome = 'done') AS done,
                count(*) FILTER (WHERE outcome IN ('failed', 'partial')) AS failed,
                coalesce(avg(extract(epoch FROM ended_at - started_at)), 0)::float8 AS mean_seconds,
                coalesce(max(extract(epoch FROM ended_at - started_at)), 0)::float8 AS most_seconds,
                sum(rows_pulled)::bigint AS rows_pulled, sum(rows_pushed)::bigint AS rows_pushed,
                sum(rows_refused)::bigint AS rows_refused
           FROM queue.run
          WHERE state = 'ended' AND ended_at >= $1 AND ended_at < $2 AND ($3::text IS NULL OR job = $3)
          GROUP BY job ORDER BY job",
    )
    .bind(filter.window.since)
    .bind(filter.window.until)
    .bind(filter.job.map(Job::as_str))
    .fetch_all(pool)
    .await
}
