//! How everything stands, in one look: what `sverka status` prints, the overview shows and `/api/v1/status` answers.
//!
//! It only collects; each part is read where it belongs. What differs is the one thing here that may take long: who cannot
//! wait for it gives the totals of another time.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;

use crate::context::Context;
use crate::daemon::freshness::{self, Fresh};
use crate::daemon::health::Stale;
use crate::daemon::others;
use crate::db::horizon::{self, Holder};
use crate::diff::plan::{self, Total};
use crate::hold::{self, look::HoldView};
use crate::job::Job;
use crate::mirror::drift::{self, Drift};
use crate::queue::look::{self, Depth, RunRow, Standing};
use crate::queue::pause::{self, Pause};
use crate::queue::presence::{self, Alive};
use crate::queue::reach::{self, Reach};
use crate::queue::restore::{self, Restore};
use crate::queue::waits::{self, Wait};

/// What differs between `erp` and `mirror`, counted.
#[derive(Clone, Debug)]
pub(crate) struct Differs {
    /// By job and action.
    pub(crate) totals: Vec<Total>,
    /// When it was counted.
    pub(crate) at: DateTime<Utc>,
}

/// How everything stands.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    pub(crate) daemons: usize,
    pub(crate) alive: Vec<Alive>,
    /// Settings in which they differ.
    pub(crate) settings_differ: Vec<String>,
    pub(crate) restore: Option<Restore>,
    /// The last run of each job.
    pub(crate) jobs: Vec<RunRow>,
    pub(crate) queue: Vec<Depth>,
    /// Those that have been in trouble.
    pub(crate) upstreams: Vec<Standing>,
    /// Those that a person has paused.
    pub(crate) pauses: Vec<Pause>,
    /// Those that are configured.
    pub(crate) reach: Vec<Reach>,
    pub(crate) differs: Vec<Total>,
    /// When that was counted; empty = not yet.
    pub(crate) differs_at: Option<DateTime<Utc>>,
    pub(crate) held: Vec<HoldView>,
    pub(crate) drift: Vec<Drift>,
    /// What waits for a person's decision.
    pub(crate) waits: Vec<Wait>,
    /// Of each job that is configured: last success, promise, next run.
    pub(crate) freshness: Vec<Fresh>,
    /// Broken promises of `[freshness]`.
    pub(crate) stale: Vec<Stale>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) horizon: Option<Holder>,
}

impl Status {
    /// Everything as it is now; what differs is counted, however long that takes.
    pub(crate) async fn read(pool: &PgPool, context: &Context) -> sqlx::Result<Self> {
        let at = sqlx::query_scalar("SELECT now()").fetch_one(pool).await?;
        let totals = plan::totals(pool, &Job::ALL).await?;
        Self::read_beside(pool, context, Some(Differs { totals, at })).await
    }

    /// The same without counting: what differs is as it was found before, if it was.
    pub(crate) async fn read_beside(pool: &PgPool, context: &Context, differs: Option<Differs>) -> sqlx::Result<Self> {
        let alive = presence::daemons(pool).await?;
        let freshness = freshness::read(pool, context).await?;
        let held = hold::look::list(pool, false).await?;
        Ok(Self {
            daemons: alive.len(),
            settings_differ: others::disagreement(&alive),
            alive,
            restore: restore::open(pool).await?,
            jobs: look::last_runs(pool).await?,
            queue: look::depth(pool).await?,
            upstreams: look::standing(pool).await?,
            pauses: pause::open(pool).await?,
            reach: reach::read(pool, context).await?,
            differs_at: differs.as_ref().map(|differs| differs.at),
            differs: differs.map(|differs| differs.totals).unwrap_or_default(),
            drift: drift::summary(pool).await?,
            waits: waits::read(pool, &held).await?,
            held,
            stale: freshness.iter().filter_map(Fresh::stale).collect(),
            freshness,
            horizon: horizon::holder(pool, horizon::ALERT).await?,
        })
    }
}
