//! Keeps `queue.incident` equal to what is broken, and the outbox `queue.notice` beside it.
//!
//! Who looks holds a lock of all daemons: nobody opens what another one has just found mended. An incident and its
//! messages are one transaction. Who sends a message claims it first, for longer than sending takes; killed in between, it
//! is claimed again.

use std::time::Duration;

use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};

use super::Channel;
use super::trouble::{self, Facts, Trouble};
use crate::config::Notify;
use crate::context::Context;
use crate::queue::claim::interval;
use crate::upstream::transport::clip;

/// So much goes into one message.
const TOGETHER: i64 = 50;
/// Beyond what sending may take, before somebody else sends it.
const MARGIN: Duration = Duration::from_secs(5);
/// The longest wait between two tries.
const RETRY_MAX: Duration = Duration::from_secs(600);
/// A message that could not be delivered for so long is old news.
const GIVEN_UP: Duration = Duration::from_secs(3 * 86_400);
/// Characters of why it could not.
const MAX_WORDS: usize = 500;

/// Finds what has broken and what is mended, and puts it into the outbox. While another daemon does, nothing.
pub(super) async fn look(pool: &PgPool, context: &Context, channels: &[Channel]) -> sqlx::Result<()> {
    let mut tx = pool.begin().await?;
    let is_ours: bool = sqlx::query_scalar("SELECT pg_try_advisory_xact_lock(hashtext('sverka notify'))")
        .fetch_one(&mut *tx)
        .await?;
    if !is_ours {
        return Ok(());
    }
    // On another connection: what was committed before we had the lock is seen.
    let troubles = trouble::read(pool, context).await?;
    let channels: Vec<&str> = channels.iter().map(|channel| channel.as_str()).collect();
    open(&mut tx, &troubles, &channels).await?;
    close(&mut tx, &troubles, &channels).await?;
    tx.commit().await
}

async fn open(tx: &mut PgConnection, troubles: &[Trouble], channels: &[&str]) -> sqlx::Result<()> {
    let news: Vec<&Trouble> = troubles.iter().filter(|trouble| !trouble.follows).collect();
    let (kinds, subjects) = names(news.iter().copied());
    let facts: Vec<Json<&Facts>> = news.iter().map(|trouble| Json(&trouble.facts)).collect();
    sqlx::query(
        "WITH opened AS (
             INSERT INTO queue.incident (kind, subject, facts)
             SELECT t.* FROM unnest($1::text[], $2::text[], $3::jsonb[]) AS t (kind, subject, facts)
              WHERE NOT EXISTS (SELECT FROM queue.incident i
                                 WHERE i.kind = t.kind AND i.subject = t.subject AND i.closed_at IS NULL)
             ON CONFLICT (kind, subject) WHERE closed_at IS NULL DO NOTHING
             RETURNING id
         )
         INSERT INTO queue.notice (incident_id, news, channel)
         SELECT o.id, 'broken', c.name FROM opened o, unnest($4::text[]) AS c (name) ORDER BY o.id",
    )
    .bind(kinds)
    .bind(subjects)
    .bind(facts)
    .bind(channels)
    .execute(tx)
    .await?;
    Ok(())
}

/// Who was not told that it broke is not told that it is mended.
async fn close(tx: &mut PgConnection, troubles: &[Trouble], channels: &[&str]) -> sqlx::Result<()> {
    let (kinds, subjects) = names(troubles.iter());
    sqlx::query(
        "WITH closed AS (
             UPDATE queue.incident i
                SET closed_at = now(),
                    facts = i.facts || CASE i.kind
                        WHEN 'held' THEN coalesce((SELECT jsonb_build_object('how', h.state, 'who', h.decided_by)
                                                     FROM queue.hold h WHERE h.id = i.subject::bigint), '{}')
                        WHEN 'quarantined' THEN coalesce((SELECT jsonb_build_object('how', c.state)
                                                            FROM queue.call c WHERE c.id = i.subject::bigint), '{}')
                        ELSE '{}' END
              WHERE i.closed_at IS NULL
                AND NOT EXISTS (SELECT FROM unnest($1::text[], $2::text[]) AS t (kind, subject)
                                 WHERE t.kind = i.kind AND t.subject = i.subject)
             RETURNING i.id
         )
         INSERT INTO queue.notice (incident_id, news, channel)
         SELECT n.incident_id, 'mended', n.channel FROM closed c JOIN queue.notice n ON n.incident_id = c.id
          WHERE n.news = 'broken' AND n.channel = ANY($3) ORDER BY n.id",
    )
    .bind(kinds)
    .bind(subjects)
    .bind(channels)
    .execute(tx)
    .await?;
    Ok(())
}

fn names<'a>(troubles: impl Iterator<Item = &'a Trouble>) -> (Vec<&'static str>, Vec<&'a str>) {
    troubles
        .map(|trouble| (trouble.kind.as_str(), trouble.subject.as_str()))
        .unzip()
}

/// Something to be told.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(super) struct Notice {
    pub(super) id: i64,
    pub(super) incident_id: i64,
    /// broken, mended
    pub(super) news: String,
    pub(super) attempts: i32,
    pub(super) kind: String,
    pub(super) subject: String,
    pub(super) facts: Json<Facts>,
    pub(super) opened_at: chrono::DateTime<chrono::Utc>,
    pub(super) closed_at: Option<chrono::DateTime<chrono::Utc>>,
}

/// Takes all that is due by this way, for longer than sending it takes. Nothing so soon after the last message, and nothing
/// while another one is on its way or waits for its next try: then it goes with that one.
pub(super) async fn claim(pool: &PgPool, channel: Channel, notify: &Notify) -> sqlx::Result<Vec<Notice>> {
    let mut tx = pool.begin().await?;
    let notices = sqlx::query_as(
        "WITH due AS (
             SELECT id FROM queue.notice
              WHERE channel = $1 AND sent_at IS NULL AND given_up_at IS NULL AND due_at <= now()
                AND NOT EXISTS (SELECT FROM queue.notice q WHERE q.channel = $1 AND q.sent_at > now() - $2)
                AND NOT EXISTS (SELECT FROM queue.notice q
                                 WHERE q.channel = $1 AND q.sent_at IS NULL AND q.given_up_at IS NULL
                                   AND q.attempts > 0 AND q.due_at > now())
              ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED
         ), claimed AS (
             UPDATE queue.notice n SET attempts = n.attempts + 1, due_at = now() + $4 FROM due WHERE n.id = due.id
             RETURNING n.id, n.incident_id, n.news, n.attempts
         )
         SELECT c.*, i.kind, i.subject, i.facts, i.opened_at, i.closed_at
           FROM claimed c JOIN queue.incident i ON i.id = c.incident_id ORDER BY c.id",
    )
    .bind(channel.as_str())
    .bind(interval(notify.spacing))
    .bind(TOGETHER)
    .bind(interval(channel.timeout(notify) + MARGIN))
    .fetch_all(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(notices)
}

/// They were told.
pub(super) async fn sent(pool: &PgPool, ids: &[i64]) -> sqlx::Result<()> {
    sqlx::query("UPDATE queue.notice SET sent_at = now(), words = NULL WHERE id = ANY($1)")
        .bind(ids)
        .execute(pool)
        .await?;
    Ok(())
}

/// They could not be told, and are tried again after so long; those that are too old by now are not. Returns how many.
pub(super) async fn failed(pool: &PgPool, ids: &[i64], wait: Duration, why: &str) -> sqlx::Result<u64> {
    sqlx::query("UPDATE queue.notice SET due_at = now() + $2, words = $3 WHERE id = ANY($1)")
        .bind(ids)
        .bind(interval(wait))
        .bind(clip(why, MAX_WORDS))
        .execute(pool)
        .await?;
    let given_up =
        sqlx::query("UPDATE queue.notice SET given_up_at = now() WHERE id = ANY($1) AND created_at < now() - $2")
            .bind(ids)
            .bind(interval(GIVEN_UP))
            .execute(pool)
            .await?;
    Ok(given_up.rows_affected())
}

/// How long to wait after so many attempts.
pub(super) fn backoff(first: Duration, attempts: i32) -> Duration {
    let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or_default().min(16);
    first.saturating_mul(1 << doublings).min(RETRY_MAX.max(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_ten_minutes() {
        let waits = [0, 1, 2, 3, 6, 100].map(|attempts| backoff(Duration::from_secs(30), attempts).as_secs());
        assert_eq!(waits, [30, 30, 60, 120, 600, 600]);
        assert_eq!(backoff(Duration::from_secs(3600), 5), Duration::from_secs(3600));
    }
}
