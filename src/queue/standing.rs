//! How each upstream stands, kept in `queue.upstream` for all daemons: the memory of its [`breaker`].
//!
//! `operation::perform` notes here what every request showed, in a short transaction of its own that holds no other lock.
//! The claim reads it; `look` shows it to people. An upstream that was never in trouble has no row and costs no write.

use std::time::Duration;

use sqlx::{PgConnection, PgPool};

use super::breaker::{self, Limits, News, Signal, State, Step};
use super::claim::interval;
use super::event;
use crate::upstream::Upstream;

/// What a request showed, to be noted.
#[derive(Clone, Copy, Debug)]
pub struct Sign<'a> {
    /// Whom it was made to.
    pub upstream: Upstream,
    /// By which call.
    pub call_id: i64,
    /// What it showed.
    pub signal: Signal,
    /// The upstream's words, or ours: redacted and clipped.
    pub words: &'a str,
}

/// What was found and has been decided.
#[derive(Clone, Copy, Debug)]
pub struct Noted {
    /// Whether calls went out freely when the request failed: else its failure is not the call's.
    pub was_closed: bool,
    /// So long the upstream rests from now on because of this very request.
    pub rest: Option<Duration>,
}

#[derive(sqlx::FromRow)]
struct Row {
    failures: i32,
    openings: i32,
    denied: bool,
    is_probe: bool,
}

impl Row {
    fn state(&self) -> State {
        match u32::try_from(self.openings) {
            Ok(openings) if openings > 0 => State::Open { openings },
            _ => State::Closed {
                failures: u32::try_from(self.failures).unwrap_or_default(),
            },
        }
    }
}

/// Whether an answer of the upstream is news: it has failed before. One look by the key, no lock.
pub async fn is_in_trouble(conn: &mut PgConnection, upstream: Upstream) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM queue.upstream WHERE name = $1 AND (failures > 0 OR openings > 0 OR denied))",
    )
    .bind(upstream.as_str())
    .fetch_one(conn)
    .await
}

/// Notes what a request showed, and tells people when the breaker opens or closes: once, whoever is the one to do it.
pub async fn note(pool: &PgPool, limits: &Limits, sign: Sign<'_>) -> sqlx::Result<Noted> {
    let mut tx = pool.begin().await?;
    let row = lock(&mut tx, sign).await?;
    let before = row.state();
    let step = breaker::step(before, sign.signal, row.is_probe, limits, fastrand::f64());
    let denied = is_denied(row.denied, sign.signal, &step);
    if step.state != before || step.rest.is_some() || denied != row.denied {
        write(&mut tx, sign, &step, denied).await?;
    }
    if let Some(news) = step.news {
        event::breaker(&mut tx, sign.upstream, news, sign.words).await?;
    }
    tx.commit().await?;
    tell(sign, &step);
    Ok(Noted {
        was_closed: matches!(before, State::Closed { .. }),
        rest: step.rest,
    })
}

/// Whether a person has to let us in: until it answers one who is believed. New credentials alone prove nothing.
fn is_denied(was: bool, signal: Signal, step: &Step) -> bool {
    match (step.state, signal) {
        (State::Open { .. }, Signal::Denied) => true,
        (State::Closed { .. }, Signal::Alive) => false,
        _ => was,
    }
}

/// Closes every breaker: the credentials are new.
pub async fn close_all(pool: &PgPool) -> sqlx::Result<()> {
    sqlx::query(
        "WITH troubled AS (
             SELECT name, openings FROM queue.upstream WHERE failures > 0 OR openings > 0 FOR UPDATE
         ), told AS (
             INSERT INTO queue.event (kind, facts)
             SELECT 'answers_again', jsonb_build_object('upstream', name, 'words', 'the configuration was read again')
               FROM troubled WHERE openings > 0
         )
         UPDATE queue.upstream u
            SET failures = 0, openings = 0, opened_at = NULL, probe_id = NULL, paused_until = NULL, reason = NULL
           FROM troubled t WHERE t.name = u.name",
    )
    .execute(pool)
    .await?;
    Ok(())
}

async fn lock(tx: &mut PgConnection, sign: Sign<'_>) -> sqlx::Result<Row> {
    let select = "SELECT failures, openings, denied, coalesce(probe_id = $2, false) AS is_probe
                    FROM queue.upstream WHERE name = $1 FOR UPDATE";
    let name = sign.upstream.as_str();
    if let Some(row) = sqlx::query_as(select)
        .bind(name)
        .bind(sign.call_id)
        .fetch_optional(&mut *tx)
        .await?
    {
        return Ok(row);
    }
    sqlx::query("INSERT INTO queue.upstream (name) VALUES ($1) ON CONFLICT (name) DO NOTHING")
        .bind(name)
        .execute(&mut *tx)
        .await?;
    sqlx::query_as(select).bind(name).bind(sign.call_id).fetch_one(tx).await
}

/// The rest counts from the moment the row was locked; one of no length lets a probe, or everybody, go at once.
async fn write(tx: &mut PgConnection, sign: Sign<'_>, step: &Step, denied: bool) -> sqlx::Result<()> {
    let (failures, openings) = match step.state {
        State::Closed { failures } => (failures, 0),
        State::Open { openings } => (0, openings),
    };
    let goes_on = step.rest == Some(Duration::ZERO);
    sqlx::query(
        "UPDATE queue.upstream
            SET failures = $2, openings = $3, denied = $7,
                opened_at = CASE WHEN $3 > 0 THEN coalesce(opened_at, now()) END,
                paused_until = CASE WHEN $4::interval IS NULL THEN paused_until
                                    WHEN $5 THEN NULL ELSE clock_timestamp() + $4 END,
                probe_id = CASE WHEN $4::interval IS NULL THEN probe_id END,
                reason = CASE WHEN $4::interval IS NULL OR ($5 AND $3 > 0) THEN reason WHEN NOT $5 THEN $6 END
          WHERE name = $1",
    )
    .bind(sign.upstream.as_str())
    .bind(i32::try_from(failures).unwrap_or(i32::MAX))
    .bind(i32::try_from(openings).unwrap_or(i32::MAX))
    .bind(step.rest.map(interval))
    .bind(goes_on)
    .bind(sign.words)
    .bind(denied)
    .execute(&mut *tx)
    .await?;
    if goes_on {
        sqlx::query("SELECT pg_notify('sverka_queue', '')").execute(tx).await?;
    }
    Ok(())
}

/// One alert when it opens, one word when it closes; nothing about the calls in between.
fn tell(sign: Sign<'_>, step: &Step) {
    let upstream = sign.upstream;
    match (step.news, sign.signal) {
        (Some(News::Opened), signal) => {
            let rest = super::outcome::in_words(step.rest.unwrap_or_default());
            let advice = if signal == Signal::Denied {
                "check its credentials and address (sverka check); SIGHUP takes new ones over"
            } else {
                "nothing needs to be done if it comes back by itself"
            };
            tracing::error!(%upstream, why = sign.words, "the upstream is left alone: its calls wait and lose nothing, one of them probes after {rest}; {advice}");
        }
        (Some(News::Closed), _) => tracing::info!(%upstream, "the upstream answers again: its calls go on"),
        (None, _) => {}
    }
}
