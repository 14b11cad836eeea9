//! What happened and leaves no trace of its own, written down where it is decided, for `sverka history`: breakers that
//! open and close, daemons that come and go.

use serde_json::{Value, json};
use sqlx::{PgConnection, PgPool};

use super::breaker::News;
use crate::upstream::Upstream;

/// So many of the newest are kept, whatever `queue.keep` says.
const MOST: i64 = 100_000;

/// Of a daemon's row `d`, what is told of it.
pub(super) const DAEMON: &str = "jsonb_build_object('host', d.host, 'pid', d.pid, 'version', d.version)";

/// A breaker has opened or closed.
pub(super) async fn breaker(tx: &mut PgConnection, upstream: Upstream, news: News, words: &str) -> sqlx::Result<()> {
    let kind = match news {
        News::Opened => "left_alone",
        News::Closed => "answers_again",
    };
    let words = Some(words).filter(|_| news == News::Opened);
    record(tx, kind, &json!({ "upstream": upstream.as_str(), "words": words })).await
}

async fn record(tx: &mut PgConnection, kind: &str, facts: &Value) -> sqlx::Result<()> {
    sqlx::query("INSERT INTO queue.event (kind, facts) VALUES ($1, $2)")
        .bind(kind)
        .bind(facts)
        .execute(tx)
        .await?;
    Ok(())
}

/// Forgets more than [`MOST`]; what is old goes with everything that is.
pub(super) async fn bound(pool: &PgPool) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM queue.event WHERE id <= (SELECT max(id) FROM queue.event) - $1")
        .bind(MOST)
        .execute(pool)
        .await?;
    Ok(())
}
