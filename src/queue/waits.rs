//! What waits for a person's decision, in one list: calls that may have happened, holds, calls that are dead. Shown by `sverka
//! status` and the overview, each with where to go on.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;

use crate::hold::look::HoldView;

/// So many of each kind, the newest; the queue and the holds have pages of their own.
const EACH: i64 = 5;

/// One thing to decide.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub(crate) struct Wait {
    /// quarantined, held, dead
    pub(crate) kind: String,
    /// Of the call, or of the hold.
    pub(crate) id: i64,
    /// The operation; of a hold, where its rows come from or go to.
    pub(crate) what: String,
    /// Of a hold.
    pub(crate) rows: i64,
    /// Since when.
    pub(crate) since: DateTime<Utc>,
    /// The last words about it.
    pub(crate) why: Option<String>,
}

impl Wait {
    /// The command that tells more and names the two decisions.
    pub(crate) fn command(&self) -> String {
        match self.kind.as_str() {
            "held" => format!("sverka hold show {}", self.id),
            _ => format!("sverka queue show {}", self.id),
        }
    }
}

/// What is most urgent first.
pub(crate) async fn read(pool: &PgPool, held: &[HoldView]) -> sqlx::Result<Vec<Wait>> {
    let mut waits: Vec<Wait> = sqlx::query_as(
        "(SELECT 'quarantined' AS kind, id, operation AS what, 1::bigint AS rows, created_at AS since, reason AS why
            FROM queue.call WHERE state = 'quarantined' ORDER BY id DESC LIMIT $1)
          UNION ALL
         (SELECT 'dead', id, operation, 1, created_at, reason FROM queue.call WHERE state = 'dead' ORDER BY id DESC LIMIT $1)
          ORDER BY kind DESC, id DESC",
    )
    .bind(EACH)
    .fetch_all(pool)
    .await?;
    let of_hold = |hold: &HoldView| Wait {
        kind: "held".to_owned(),
        id: hold.id,
        what: format!("{}/{}", hold.upstream, hold.scope)
            .trim_end_matches('/')
            .to_owned(),
        rows: hold.rows,
        since: hold.created_at,
        why: Some(hold.why.clone()),
    };
    let undecided = held.iter().filter(|hold| hold.state == "held");
    let undecided = undecided.take(usize::try_from(EACH).unwrap_or_default()).map(of_hold);
    let at = waits.iter().take_while(|wait| wait.kind == "quarantined").count();
    waits.splice(at..at, undecided);
    Ok(waits)
}
