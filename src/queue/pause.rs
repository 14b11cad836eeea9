//! A person's pause of an upstream, kept in `queue.pause` for all daemons: nothing of it, or no push to it, is claimed
//! until it ends, by itself or by a word of somebody's.
//!
//! Beside the breaker and apart from it: what ends a rest (SIGHUP, SIGUSR1, `sync`, `check`) does not touch it. The claim
//! reads it, the lanes and the schedule let nobody wait for it, `daemon::freshness` does not count its time. It never holds up what is under way.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{PgConnection, PgPool};

use super::claim::interval;
use super::{audit, look};
use crate::say;
use crate::upstream::Upstream;
use crate::words::Lang;
use crate::words::clock::Clock;

/// So long, where nobody says how long.
pub const DEFAULT: Duration = Duration::from_secs(3600);
/// No longer: whoever forgets it does not stop the work for ever. The table says so too.
pub const MAX: Duration = Duration::from_secs(7 * 86_400);

/// A pause that is in force.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Pause {
    /// The upstream.
    pub upstream: String,
    /// Reads go on.
    pub only_pushes: bool,
    /// Who said so.
    pub who: String,
    /// Why, if they said.
    pub reason: Option<String>,
    /// Since when.
    pub since: DateTime<Utc>,
    /// It ends by itself then.
    pub until: DateTime<Utc>,
}

impl Pause {
    /// What waits, who says so, until when, and why: for people.
    pub fn told(&self, lang: Lang, clock: &Clock) -> String {
        let (site, who, until) = (lang.site(&self.upstream), self.who.clone(), clock.brief(self.until));
        let words = if self.only_pushes {
            say!(lang, "pause-words-pushes", site = site, who = who, until = until)
        } else {
            say!(lang, "pause-words", site = site, who = who, until = until)
        };
        match &self.reason {
            Some(reason) => format!("{words}: {reason}"),
            None => words,
        }
    }

    /// The same, with what ends it.
    pub fn told_with_command(&self, lang: Lang, clock: &Clock) -> String {
        format!("{} (sverka resume {})", self.told(lang, clock), self.upstream)
    }

    /// The same for logs and programs.
    pub fn words(&self) -> String {
        let (what, verb) = if self.only_pushes {
            ("pushes to ", "are")
        } else {
            ("", "is")
        };
        let reason = self
            .reason
            .as_ref()
            .map(|reason| format!(": {reason}"))
            .unwrap_or_default();
        format!(
            "{what}{} {verb} paused by {} until {}{reason}",
            self.upstream,
            self.who,
            self.until.format("%F %T UTC")
        )
    }
}

const FIELDS: &str = "upstream, only_pushes, who, reason, since, until";

/// All that are in force.
pub async fn open(pool: &PgPool) -> sqlx::Result<Vec<Pause>> {
    let sql = format!("SELECT {FIELDS} FROM queue.pause WHERE ended_at IS NULL AND until > now() ORDER BY upstream");
    sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(pool).await
}

/// The one for which a call of this upstream and class waits.
pub async fn covering(pool: &PgPool, upstream: &str, class: &str) -> sqlx::Result<Option<Pause>> {
    let paused = open(pool).await?;
    let covers = |pause: &Pause| pause.upstream == upstream && (!pause.only_pushes || class != "read");
    Ok(paused.into_iter().find(covers))
}

/// Begins one; one that is in force ends, and this one takes its place. What is under way is not cut off.
pub async fn begin(
    pool: &PgPool,
    upstream: Upstream,
    only_pushes: bool,
    length: Duration,
    reason: Option<&str>,
    who: &str,
) -> sqlx::Result<Pause> {
    let mut tx = pool.begin().await?;
    lock(&mut tx, upstream).await?;
    close(&mut tx, upstream, who).await?;
    let sql = format!(
        "INSERT INTO queue.pause (upstream, only_pushes, who, reason, until) VALUES ($1, $2, $3, $4, now() + $5)
         RETURNING {FIELDS}"
    );
    let pause: Pause = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(upstream.as_str())
        .bind(only_pushes)
        .bind(who)
        .bind(reason.map(str::trim).filter(|reason| !reason.is_empty()))
        .bind(interval(length.min(MAX)))
        .fetch_one(&mut *tx)
        .await?;
    audit::record(&mut tx, who, "pause", None, Some(&pause.words())).await?;
    tx.commit().await?;
    tracing::warn!(%upstream, only_pushes, who, until = %pause.until, reason, "a person has paused the upstream: its calls wait and lose nothing");
    Ok(pause)
}

/// Ends the one in force, and lets an upstream that rests be asked at once: a person says "go on". `None`: there was none.
pub async fn end(pool: &PgPool, upstream: Upstream, who: &str) -> sqlx::Result<Option<Pause>> {
    let mut tx = pool.begin().await?;
    lock(&mut tx, upstream).await?;
    let ended = close(&mut tx, upstream, who).await?;
    if let Some(pause) = &ended {
        audit::record(&mut tx, who, "resume", None, Some(&pause.words())).await?;
    }
    tx.commit().await?;
    look::resume(pool, Some(upstream.as_str())).await?;
    if ended.is_some() {
        tracing::warn!(%upstream, who, "a person has ended the pause of the upstream: its calls go on");
    }
    Ok(ended)
}

/// Two who speak at once are heard one after the other.
async fn lock(tx: &mut PgConnection, upstream: Upstream) -> sqlx::Result<()> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtext('sverka pause ' || $1))")
        .bind(upstream.as_str())
        .execute(tx)
        .await?;
    Ok(())
}

/// Ends what is open; returns it if it was in force. One whose time had come ended then, by itself.
async fn close(tx: &mut PgConnection, upstream: Upstream, who: &str) -> sqlx::Result<Option<Pause>> {
    let sql = format!(
        "WITH closed AS (
             UPDATE queue.pause
                SET ended_at = least(until, clock_timestamp()), ended_by = CASE WHEN until > clock_timestamp() THEN $2 END
              WHERE upstream = $1 AND ended_at IS NULL
             RETURNING *
         )
         SELECT {FIELDS} FROM closed WHERE ended_by IS NOT NULL"
    );
    sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(upstream.as_str())
        .bind(who)
        .fetch_optional(tx)
        .await
}
