//! How work with each upstream goes, for people: when it last did what it was asked, how busy it is, what is late.
//!
//! Beside `look::Standing`, which tells of those in trouble, this tells of every one that is configured. Every part is an
//! index away, however many calls the queue remembers.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;

use crate::context::Context;
use crate::upstream::Upstream;

/// How work with an upstream goes.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Reach {
    pub(crate) upstream: &'static str,
    /// Calls a second, at most; 0 = no limit.
    pub(crate) rate: u32,
    /// The end of the last call that was done.
    pub(crate) last_success: Option<DateTime<Utc>>,
    /// Since when the oldest call that could be made waits; empty = none is late.
    pub(crate) late_since: Option<DateTime<Utc>>,
    /// Calls that ended in the last minute.
    pub(crate) last_minute: i64,
}

#[derive(sqlx::FromRow)]
struct Row {
    name: String,
    last_success: Option<DateTime<Utc>>,
    late_since: Option<DateTime<Utc>>,
    last_minute: i64,
}

/// Every upstream that is configured. When a call was last done is asked for as a range of (upstream, ended_at), which only the
/// index `call_done` has in that order: by an equation the planner would walk all ended calls for an upstream without any.
pub(crate) async fn read(pool: &PgPool, context: &Context) -> sqlx::Result<Vec<Reach>> {
    let served: Vec<Upstream> = Upstream::ALL
        .into_iter()
        .filter(|upstream| context.serves(*upstream))
        .collect();
    let names: Vec<&str> = served.iter().map(|upstream| upstream.as_str()).collect();
    let rows: Vec<Row> = sqlx::query_as(
        "SELECT u.name, coalesce(m.calls, 0) AS last_minute,
                (SELECT c.ended_at FROM queue.call c
                  WHERE c.upstream >= u.name AND (c.upstream, c.ended_at) <= (u.name, 'infinity'::timestamptz)
                    AND c.state = 'done'
                  ORDER BY c.upstream DESC, c.ended_at DESC LIMIT 1) AS last_success,
                (SELECT min(d.due_at)
                   FROM generate_series(0, 3) AS level (priority)
                  CROSS JOIN LATERAL (SELECT c.due_at FROM queue.call c
                                       WHERE c.upstream = u.name AND c.priority = level.priority AND c.state = 'pending'
                                       ORDER BY c.due_at LIMIT 1) d
                  WHERE d.due_at <= now()) AS late_since
           FROM unnest($1::text[]) AS u (name)
           LEFT JOIN (SELECT c.upstream, count(*) AS calls FROM queue.call c
                       WHERE c.state IN ('done', 'cancelled') AND c.ended_at > now() - interval '1 minute'
                       GROUP BY c.upstream) m ON m.upstream = u.name",
    )
    .bind(&names)
    .fetch_all(pool)
    .await?;
    let found = |upstream: Upstream| rows.iter().find(|row| row.name == upstream.as_str());
    Ok(served
        .into_iter()
        .map(|upstream| Reach {
            upstream: upstream.as_str(),
            rate: context.settings.queue.manners(upstream).rate,
            last_success: found(upstream).and_then(|row| row.last_success),
            late_since: found(upstream).and_then(|row| row.late_since),
            last_minute: found(upstream).map_or(0, |row| row.last_minute),
        })
        .collect())
}
