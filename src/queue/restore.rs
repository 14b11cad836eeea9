//! After a restore: sites are only read until each of them has been read anew, so that nothing that was ordered, paid or
//! told a customer in the lost time is done again.
//!
//! One open row of `queue.restore` says so; [`super::claim`] obeys it. `tick` asks for one run of [`Job::Restore`] for
//! each site, and lets a site go when its run is done. A person can end it before ([`accept`]).

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{PgConnection, PgPool};

use super::generation::Generation;
use super::{audit, run};
use crate::context::Context;
use crate::job::Job;
use crate::upstream::Upstream;

/// An open one.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Restore {
    /// `queue.restore.id`
    pub id: i64,
    /// When it was found.
    pub found_at: DateTime<Utc>,
    /// What was found.
    pub why: String,
    /// Sites that are only read.
    pub waits: Vec<String>,
}

impl std::fmt::Display for Restore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (why, waits) = (&self.why, self.waits.join(", "));
        write!(
            f,
            "the database is not the one that was known: {why}. Only read until read anew: {waits}"
        )
    }
}

/// The one that is not over, if there is one.
pub async fn open(pool: &PgPool) -> sqlx::Result<Option<Restore>> {
    sqlx::query_as("SELECT id, found_at, why, waits FROM queue.restore WHERE ended_at IS NULL")
        .fetch_optional(pool)
        .await
}

/// From now on the sites are only read. Several daemons may find the same: the first one says so.
pub(super) async fn begin(pool: &PgPool, context: &Context, generation: &Generation, why: &str) -> sqlx::Result<()> {
    let sites: Vec<&str> = Upstream::ALL
        .into_iter()
        .filter(|site| context.serves(*site))
        .map(Upstream::as_str)
        .collect();
    let mut tx = pool.begin().await?;
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext('sverka restore'))")
        .execute(&mut *tx)
        .await?;
    // No backup is restored within a minute of being taken.
    let known: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM queue.restore WHERE ended_at IS NULL AND found_at > now() - interval '1 minute')",
    )
    .fetch_one(&mut *tx)
    .await?;
    if !known {
        forget_old(&mut tx).await?;
        sqlx::query("INSERT INTO queue.restore (why, who, waits) VALUES ($1, $2, $3)")
            .bind(why)
            .bind(audit::who())
            .bind(&sites)
            .execute(&mut *tx)
            .await?;
    }
    generation.adopt(&mut tx).await?;
    tx.commit().await?;
    if !known {
        tracing::error!(
            why,
            sites = sites.join(", "),
            "the database was restored or replaced: these sites are only read until they have been read anew; see: sverka status"
        );
    }
    Ok(())
}

/// What an older restore had begun came back with the backup.
async fn forget_old(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "UPDATE queue.restore SET ended_at = now(), ended_by = 'found again' WHERE ended_at IS NULL;
         UPDATE queue.call c SET state = 'cancelled', ended_at = now(), reason = 'the database was restored again'
           FROM queue.run r WHERE c.run_id = r.id AND r.job = 'restore' AND c.state = 'pending';
         UPDATE queue.run SET state = 'ended', ended_at = now(), outcome = 'superseded'
          WHERE job = 'restore' AND state <> 'ended'",
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// Has every waiting site read, and lets go of those that have been.
pub(super) async fn tick(pool: &PgPool, context: &Context) -> sqlx::Result<()> {
    let Some(restore) = open(pool).await? else {
        return Ok(());
    };
    for site in Upstream::ALL {
        if restore.waits.iter().any(|waits| waits == site.as_str()) && context.serves(site) {
            read(pool, context, site).await?;
        }
    }
    let left: Option<i32> = sqlx::query_scalar(
        "UPDATE queue.restore o
            SET waits = n.waits, ended_at = CASE WHEN n.waits = '{}' THEN now() END,
                ended_by = CASE WHEN n.waits = '{}' THEN 'reading' END
           FROM (SELECT ARRAY(SELECT site FROM queue.restore r, unnest(r.waits) site
                               WHERE r.id = $1 AND NOT EXISTS (
                                     SELECT FROM queue.run d WHERE d.job = 'restore' AND d.scope = site
                                        AND d.requested_at >= r.found_at AND d.outcome = 'done')) AS waits) n
          WHERE o.id = $1 AND o.ended_at IS NULL AND o.waits <> n.waits
         RETURNING cardinality(o.waits)",
    )
    .bind(restore.id)
    .fetch_optional(pool)
    .await?;
    if left == Some(0) {
        tracing::warn!("every site has been read since the database was restored: work goes on as ever");
    }
    if left.is_some() {
        sqlx::query("SELECT pg_notify('sverka_queue', '')")
            .execute(pool)
            .await?;
    }
    Ok(())
}

/// Asks for the run that reads a site, unless one is under way, has been done, or has failed just now.
async fn read(pool: &PgPool, context: &Context, site: Upstream) -> sqlx::Result<()> {
    let lane = format!("{} {site}", Job::Restore.lane());
    let mut tx = pool.begin().await?;
    let asked: Option<i64> = sqlx::query_scalar(
        "INSERT INTO queue.run (job, lane, scope, trigger)
         SELECT 'restore', $1, $2, 'schedule' FROM queue.restore o
          WHERE o.ended_at IS NULL AND pg_try_advisory_xact_lock(hashtext('sverka ' || $1))
            AND NOT EXISTS (
                SELECT FROM queue.run r WHERE r.job = 'restore' AND r.scope = $2 AND r.requested_at >= o.found_at
                   AND (r.state <> 'ended' OR r.outcome = 'done' OR r.ended_at > now() - interval '30 seconds'))
         RETURNING id",
    )
    .bind(&lane)
    .bind(site.as_str())
    .fetch_optional(&mut *tx)
    .await?;
    if asked.is_some() {
        run::start_next(&mut tx, context, &lane).await?;
    }
    tx.commit().await
}

/// A person says that the database is good as it is. Returns what was open.
pub async fn accept(pool: &PgPool) -> sqlx::Result<Option<Restore>> {
    let mut tx = pool.begin().await?;
    let ended: Option<Restore> = sqlx::query_as(
        "UPDATE queue.restore SET ended_at = now(), ended_by = $1 WHERE ended_at IS NULL
         RETURNING id, found_at, why, waits",
    )
    .bind(audit::who())
    .fetch_optional(&mut *tx)
    .await?;
    if let Some(restore) = &ended {
        audit::record(
            &mut tx,
            &audit::who(),
            "check --accept-restore",
            None,
            Some(&restore.why),
        )
        .await?;
    }
    tx.commit().await?;
    Ok(ended)
}
