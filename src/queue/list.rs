//! Calls by the page: filtered, newest first, a page at a time, and all dead ones of a filter made due at once.
//!
//! No question here reads more than [`WINDOW`] calls, however many there are: each begins at an id and goes down an index
//! of its state, and who wants to see further asks for what is older.

use serde::Serialize;
use sqlx::{PgConnection, PgPool};

use super::audit;
use super::look::AGAIN;

/// So many calls stand on a page.
pub const PAGE: usize = 50;
/// So many are searched at once by upstream and operation.
pub const WINDOW: i64 = 5_000;
/// So many are searched for what their arguments name: some name hundreds of articles.
pub const READ: i64 = 2_000;
/// So many are made due at once.
pub const AT_ONCE: i64 = 1_000;
/// Above so many, a count says no more than that.
pub const COUNTED: i64 = 10_000;

/// The states that a person can ask for.
pub const STATES: [&str; 7] = [
    "quarantined",
    "dead",
    "pending",
    "running",
    "unknown",
    "done",
    "cancelled",
];

/// Which calls somebody wants to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// One of [`STATES`]; `None`: all that are not over, quarantined and dead ones included.
    pub state: Option<&'static str>,
    /// Whom they are made to.
    pub upstream: Option<String>,
    /// How their operation begins.
    pub operation: Option<String>,
    /// An article, a position, a purchase that their arguments name.
    pub about: Option<String>,
}

impl Filter {
    /// A filter as it was typed: what is empty asks for nothing.
    pub fn typed(state: &str, upstream: &str, operation: &str, about: &str) -> Self {
        let asked = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
        Self {
            state: STATES.into_iter().find(|known| *known == state),
            upstream: asked(upstream),
            operation: asked(operation),
            about: asked(about),
        }
    }

    /// How many calls are searched at once; `None`: nothing is searched for.
    fn window(&self) -> Option<i64> {
        let by_column = self.upstream.is_some() || self.operation.is_some();
        self.about.as_ref().map(|_| READ).or(by_column.then_some(WINDOW))
    }

    /// How what it asks for may stand among arguments as PostgreSQL writes them: as a text, or as a number.
    fn needles(&self) -> Option<Vec<String>> {
        let about = self.about.as_deref()?;
        let mut needles = vec![serde_json::Value::from(about).to_string()];
        if about.len() <= 18 && about.bytes().all(|letter| letter.is_ascii_digit()) {
            let ends = [(" ", ","), (" ", "]"), (" ", "}"), ("[", ","), ("[", "]")];
            needles.extend(ends.map(|(before, behind)| format!("{before}{about}{behind}")));
        }
        Some(needles)
    }

    /// For `queue.audit`.
    fn words(&self) -> String {
        let parts = [&self.upstream, &self.operation, &self.about];
        let parts: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
        parts.join(", ")
    }
}

/// A call on a page.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Line {
    /// `queue.call.id`
    pub id: i64,
    /// pending, running, unknown, quarantined, done, dead, cancelled
    pub state: String,
    /// Whom it is made to.
    pub upstream: String,
    /// `upstream.resource.action`
    pub operation: String,
    /// The beginning of its arguments.
    pub args: String,
    /// How often it was claimed.
    pub attempt: i32,
    /// When it is tried (again).
    pub due_at: chrono::DateTime<chrono::Utc>,
    /// Since when it is in the queue.
    pub created_at: chrono::DateTime<chrono::Utc>,
    /// When it ended.
    pub ended_at: Option<chrono::DateTime<chrono::Utc>>,
    /// The last words about it.
    pub reason: Option<String>,
}

/// A page of calls.
#[derive(Clone, Debug, Serialize)]
pub struct Found {
    /// Newest first.
    pub calls: Vec<Line>,
    /// Below this id it goes on.
    pub older: Option<i64>,
    /// So many calls were searched, and there are older ones; `None`: all were.
    pub searched: Option<i64>,
}

/// The calls, from below an id on.
pub async fn find(pool: &PgPool, filter: &Filter, before: Option<i64>) -> sqlx::Result<Found> {
    let before = before.unwrap_or(i64::MAX);
    let page = i64::try_from(PAGE).unwrap_or(i64::MAX) + 1;
    let width = filter.window();
    let sql = format!(
        "SELECT id, state, upstream, operation, left(args::text, 300) AS args, attempt, due_at, created_at, ended_at,
                left(reason, 300) AS reason
           FROM ({}) c WHERE {MATCHES} ORDER BY id DESC LIMIT $7",
        window(filter.state, "id < $1")
    );
    let mut calls: Vec<Line> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(before)
        .bind(width.unwrap_or(page))
        .bind(&filter.upstream)
        .bind(&filter.operation)
        .bind(&filter.about)
        .bind(filter.needles())
        .bind(page)
        .fetch_all(pool)
        .await?;
    if calls.len() > PAGE {
        calls.truncate(PAGE);
        let older = calls.last().map(|call| call.id);
        return Ok(Found {
            calls,
            older,
            searched: None,
        });
    }
    let older = match width {
        Some(width) => end_of_window(pool, filter, before, width).await?,
        None => None,
    };
    Ok(Found {
        calls,
        older,
        searched: width.filter(|_| older.is_some()),
    })
}

/// Where the window ends, if calls may lie below it.
async fn end_of_window(pool: &PgPool, filter: &Filter, before: i64, width: i64) -> sqlx::Result<Option<i64>> {
    let sql = format!(
        "SELECT CASE WHEN count(*) = $2 THEN min(id) END FROM ({}) c",
        window(filter.state, "id < $1")
    );
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .bind(before)
        .bind(width)
        .fetch_one(pool)
        .await
}

/// What a filter asks of a call: `$3` upstream, `$4` operation, `$5` what it names, `$6` in which spellings. The arguments of
/// a call are made a text once for all of them.
const MATCHES: &str = "($3::text IS NULL OR upstream = $3) AND ($4::text IS NULL OR starts_with(operation, $4))
    AND ($5::text IS NULL OR key = 'purchase:' || $5
         OR (SELECT bool_or(strpos(x.said, needle) > 0)
               FROM (SELECT args::text AS said OFFSET 0) x, unnest($6::text[]) AS needle))";

/// States of calls that are not over: few and old perhaps, behind very many that are done. No index has them by id.
const OPEN: [&str; 3] = ["pending", "running", "unknown"];

/// The newest `$2` calls of a state below or up to `$1`: by the index of each state, which only a constant reaches. Open
/// ones are gathered before they are sorted, else statistics of another hour have all calls walked through from the newest.
fn window(state: Option<&'static str>, bound: &str) -> String {
    let states: Vec<Vec<&str>> = match state {
        None => vec![OPEN.to_vec(), vec!["quarantined"], vec!["dead"]],
        Some(state) => vec![vec![state]],
    };
    let parts: Vec<String> = states
        .iter()
        .map(|states| {
            let condition = format!("state IN ('{}')", states.join("', '"));
            let gathered = if states.iter().all(|state| OPEN.contains(state)) { "OFFSET 0" } else { "" };
            format!(
                "(SELECT * FROM (SELECT * FROM queue.call WHERE {condition} {gathered}) s WHERE {bound} ORDER BY id DESC LIMIT $2)"
            )
        })
        .collect();
    format!(
        "SELECT * FROM ({}) u ORDER BY id DESC LIMIT $2",
        parts.join(" UNION ALL ")
    )
}

/// How many calls are in a state, up to [`COUNTED`].
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub struct Count {
    /// The state.
    pub state: String,
    /// So many, or [`COUNTED`] + 1 for more than that.
    pub calls: i64,
}

/// Counts of what is not over, by indexes.
pub async fn counts(pool: &PgPool) -> sqlx::Result<Vec<Count>> {
    let parts: Vec<String> = ["quarantined", "dead", "pending", "running", "unknown"]
        .iter()
        .map(|state| {
            format!(
                "SELECT '{state}' AS state, count(*) AS calls
                   FROM (SELECT FROM queue.call WHERE state = '{state}' LIMIT {COUNTED} + 1) c"
            )
        })
        .collect();
    sqlx::query_as(sqlx::AssertSqlSafe(parts.join(" UNION ALL ")))
        .fetch_all(pool)
        .await
}

/// Makes dead calls due at once: those that the filter finds among the newest up to this id, [`AT_ONCE`] at most. Those
/// that must not be repeated are left for a person to decide one by one. One statement, one act in `queue.audit`.
pub async fn retry_all(pool: &PgPool, filter: &Filter, up_to: i64, who: &str) -> sqlx::Result<i64> {
    let sql = format!(
        "WITH matching AS (
             SELECT DISTINCT ON (key) id FROM ({}) c WHERE class <> 'guarded' AND {MATCHES} ORDER BY key, id DESC
         ), free AS (
             SELECT id FROM queue.call d JOIN matching USING (id)
              WHERE state = 'dead' AND NOT EXISTS (
                    SELECT FROM queue.call o
                     WHERE o.key = d.key AND o.state IN ('pending', 'running', 'unknown', 'quarantined'))
              ORDER BY id DESC LIMIT $7 FOR UPDATE OF d SKIP LOCKED
         )
         UPDATE queue.call c SET {AGAIN} FROM free f WHERE f.id = c.id RETURNING c.id",
        window(Some("dead"), "id <= $1")
    );
    let mut tx = pool.begin().await?;
    let retried: Vec<i64> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .bind(up_to)
        .bind(filter.window().unwrap_or(WINDOW))
        .bind(&filter.upstream)
        .bind(&filter.operation)
        .bind(&filter.about)
        .bind(filter.needles())
        .bind(AT_ONCE)
        .fetch_all(&mut *tx)
        .await?;
    if retried.is_empty() {
        return Ok(0);
    }
    record(&mut tx, filter, &retried, who).await?;
    sqlx::query("SELECT pg_notify('sverka_queue', '')")
        .execute(&mut *tx)
        .await?;
    tx.commit().await?;
    Ok(i64::try_from(retried.len()).unwrap_or(i64::MAX))
}

async fn record(tx: &mut PgConnection, filter: &Filter, retried: &[i64], who: &str) -> sqlx::Result<()> {
    let lowest = retried.iter().min().copied().unwrap_or_default();
    let highest = retried.iter().max().copied().unwrap_or_default();
    let words = format!(
        "{} dead calls from {lowest} to {highest} ({})",
        retried.len(),
        filter.words()
    );
    audit::record(tx, who, "queue retry all", None, Some(&words)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_calls_are_gathered_before_they_are_sorted_and_no_others_are() {
        for state in STATES {
            assert_eq!(
                window(Some(state), "id < $1").contains("OFFSET 0"),
                OPEN.contains(&state),
                "{state}"
            );
        }
        assert_eq!(window(None, "id < $1").matches("OFFSET 0").count(), 1);
    }
}
