//! What a person is needed for, now. It decides nothing: `book.rs` compares it with what was known.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::PgPool;

use crate::context::Context;
use crate::daemon::freshness::{self, Fresh};
use crate::job::Job;
use crate::queue::look::{self, RunRow, Standing};

/// So many calls in quarantine are told of one by one; whoever has more has the page.
const CALLS: i64 = 200;

/// What kind of trouble it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A promise of `[freshness]` is broken.
    Stale,
    /// Rows are held by `[guard]`, and nobody has decided.
    Held,
    /// A call may have happened; only a person can tell.
    Quarantined,
    /// An upstream does not let us in.
    Denied,
}

impl Kind {
    /// The word in `queue.incident.kind`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Stale => "stale",
            Self::Held => "held",
            Self::Quarantined => "quarantined",
            Self::Denied => "denied",
        }
    }
}

/// Something that a person is needed for.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) kind: Kind,
    /// The job, the hold, the call, the upstream.
    pub(super) subject: String,
    pub(super) facts: Facts,
    /// Another trouble is its cause and is told of instead: it opens no incident, and closes none either.
    pub(super) follows: bool,
}

/// What is known about it, for the words.
#[derive(Clone, Debug, Default, Serialize, Deserialize, sqlx::FromRow)]
#[serde(default)]
pub(super) struct Facts {
    #[serde(skip_serializing_if = "Option::is_none")]
    #[sqlx(default)]
    pub(super) job: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[sqlx(default)]
    pub(super) upstream: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[sqlx(default)]
    pub(super) operation: Option<String>,
    /// The warehouse or the price list.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[sqlx(default)]
    pub(super) scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[sqlx(default)]
    pub(super) rows: Option<i64>,
    /// The upstream's own words, or ours.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[sqlx(default)]
    pub(super) why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[sqlx(default)]
    pub(super) last_success: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[sqlx(skip)]
    pub(super) promised_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[sqlx(default)]
    pub(super) next_run: Option<DateTime<Utc>>,
    /// How it ended: the state of the hold or of the call.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[sqlx(default)]
    pub(super) how: Option<String>,
    /// Who decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[sqlx(default)]
    pub(super) who: Option<String>,
}

/// All there is.
pub(super) async fn read(pool: &PgPool, context: &Context) -> sqlx::Result<Vec<Trouble>> {
    let standing = look::standing(pool).await?;
    let runs = look::last_runs(pool).await?;
    let jobs = freshness::read(pool, context).await?;
    let shut: Vec<String> = sqlx::query_scalar(SHUT_OF_LATE).fetch_all(pool).await?;
    let stale = jobs.iter().filter(|fresh| fresh.late);
    let of_job = |fresh| of_job(fresh, &standing, &runs, &shut);
    let mut troubles: Vec<Trouble> = stale.map(of_job).collect();
    troubles.extend(standing.iter().filter(|upstream| upstream.denied).map(of_upstream));
    troubles.extend(rows(pool, Kind::Held, HELD).await?);
    troubles.extend(rows(pool, Kind::Quarantined, QUARANTINED).await?);
    Ok(troubles)
}

/// Upstreams that people were told of, and those that have just let us in again: what waited for them is still late.
const SHUT_OF_LATE: &str = "SELECT subject FROM queue.incident
                             WHERE kind = 'denied' AND coalesce(closed_at > now() - interval '10 minutes', true)";

const HELD: &str = "SELECT id::text AS subject, job, upstream, scope, rows, why FROM queue.hold
                     WHERE state = 'held' ORDER BY id LIMIT $1";

const QUARANTINED: &str = "SELECT id::text AS subject, upstream, operation, reason AS why FROM queue.call
                            WHERE state = 'quarantined' ORDER BY id LIMIT $1";

#[derive(sqlx::FromRow)]
struct Row {
    subject: String,
    #[sqlx(flatten)]
    facts: Facts,
}

async fn rows(pool: &PgPool, kind: Kind, sql: &'static str) -> sqlx::Result<Vec<Trouble>> {
    let rows: Vec<Row> = sqlx::query_as(sql).bind(CALLS).fetch_all(pool).await?;
    let trouble = |row: Row| Trouble {
        kind,
        subject: row.subject,
        facts: row.facts,
        follows: false,
    };
    Ok(rows.into_iter().map(trouble).collect())
}

fn of_upstream(upstream: &Standing) -> Trouble {
    Trouble {
        kind: Kind::Denied,
        subject: upstream.name.clone(),
        facts: Facts {
            upstream: Some(upstream.name.clone()),
            why: upstream.reason.clone(),
            ..Facts::default()
        },
        follows: false,
    }
}

fn of_job(fresh: &Fresh, standing: &[Standing], runs: &[RunRow], shut: &[String]) -> Trouble {
    let needed = Job::parse(fresh.job).map_or(&[][..], Job::may_ask);
    let is_needed = |name: &str| needed.iter().any(|needed| needed.as_str() == name);
    let mut needed = standing.iter().filter(|upstream| is_needed(&upstream.name));
    let follows = needed.clone().any(|upstream| upstream.denied) || shut.iter().any(|name| is_needed(name));
    let of_upstream = needed.find_map(|upstream| {
        let reason = upstream.reason.as_deref().filter(|_| upstream.breaker != "closed")?;
        Some(format!("{}: {reason}", upstream.name))
    });
    let of_run = || {
        runs.iter()
            .find(|run| run.job == fresh.job)
            .and_then(|run| run.note.clone())
    };
    Trouble {
        kind: Kind::Stale,
        subject: fresh.job.to_owned(),
        facts: Facts {
            job: Some(fresh.job.to_owned()),
            why: of_upstream.or_else(of_run),
            last_success: fresh.last_success,
            promised_seconds: fresh.promised_seconds,
            next_run: fresh.next_run,
            ..Facts::default()
        },
        follows,
    }
}
