//! Stores what differs now as a plan. What was shown before, and nobody has applied, is the same plan again.

use sqlx::{PgConnection, PgPool};

use super::differing;
use crate::job::Job;

/// So many plans that nobody has applied are kept.
const KEPT: i64 = 20;

/// Stores what differs of these jobs, of all of it or of one article or position. Returns the plan's number; `None`:
/// nothing differs.
pub async fn make(pool: &PgPool, jobs: &[Job], scope: Option<&str>, who: &str) -> sqlx::Result<Option<i64>> {
    let mut tx = pool.begin().await?;
    collect(&mut tx, jobs, scope).await?;
    let (rows, mark): (i64, String) = sqlx::query_as(
        "SELECT count(*), count(*) || '.' || coalesce(sum(hashtextextended(r::text, 0)), 0) FROM planned r",
    )
    .fetch_one(&mut *tx)
    .await?;
    if rows == 0 {
        return Ok(None);
    }
    let plan = match same(&mut tx, scope, &mark).await? {
        Some(plan) => plan,
        None => {
            let plan = store(&mut tx, scope, &mark, who).await?;
            forget(&mut tx).await?;
            plan
        }
    };
    tx.commit().await?;
    Ok(Some(plan))
}

/// `planned`: the rows, in the order in which they are shown.
async fn collect(tx: &mut PgConnection, jobs: &[Job], scope: Option<&str>) -> sqlx::Result<()> {
    // Over a whole catalogue the views sort and hash it all: better not on the disk.
    sqlx::query("SET LOCAL work_mem = '64MB'").execute(&mut *tx).await?;
    let differing = differing::statement(jobs, scope.is_some());
    let sql = format!(
        "CREATE TEMP TABLE planned ON COMMIT DROP AS
         SELECT row_number() OVER (ORDER BY job, row, action, place) AS n, x.* FROM ({differing}) x"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(scope)
        .persistent(false)
        .execute(&mut *tx)
        .await?;
    // The plan itself brings the warehouse: its remains follow it.
    sqlx::query(
        "UPDATE planned r SET held = NULL
          WHERE r.kind = 'remain' AND r.held = 'the warehouse is not at KEAZ yet'
            AND r.place = ANY(ARRAY(SELECT w.row FROM planned w WHERE w.kind = 'warehouse' AND w.held IS NULL))",
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// The plan that has these rows already, if nobody has applied it.
async fn same(tx: &mut PgConnection, scope: Option<&str>, mark: &str) -> sqlx::Result<Option<i64>> {
    sqlx::query_scalar(
        "UPDATE queue.plan SET seen_at = now()
          WHERE id = (SELECT max(id) FROM queue.plan
                       WHERE mark = $1 AND scope IS NOT DISTINCT FROM $2 AND applied_at IS NULL)
         RETURNING id",
    )
    .bind(mark)
    .bind(scope)
    .fetch_optional(tx)
    .await
}

async fn store(tx: &mut PgConnection, scope: Option<&str>, mark: &str, who: &str) -> sqlx::Result<i64> {
    let plan = sqlx::query_scalar(
        "WITH total AS (
             SELECT job, action, count(*) FILTER (WHERE held IS NULL) AS rows, count(held) AS held
               FROM planned GROUP BY job, action
         )
         INSERT INTO queue.plan (scope, rows, held, totals, mark, made_by)
         SELECT $1, sum(rows), sum(held), jsonb_agg(to_jsonb(t) ORDER BY job, action), $2, $3 FROM total t
         RETURNING id",
    )
    .bind(scope)
    .bind(mark)
    .bind(who)
    .fetch_one(&mut *tx)
    .await?;
    sqlx::query(
        "INSERT INTO queue.plan_row (plan_id, n, job, kind, action, place, row, old, new, held, mark)
         SELECT $1, n, job, kind, action, place, row, old, new, held, mark FROM planned ORDER BY n",
    )
    .bind(plan)
    .execute(&mut *tx)
    .await?;
    // What became of its rows is looked up soon: without statistics a plan of many would be joined row by row.
    sqlx::raw_sql("ANALYZE queue.plan_row").execute(tx).await?;
    Ok(plan)
}

/// Whoever makes plans all day long and applies none does not fill the disk.
async fn forget(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::query(
        "DELETE FROM queue.plan
          WHERE applied_at IS NULL
            AND id < (SELECT min(id) FROM (SELECT id FROM queue.plan WHERE applied_at IS NULL ORDER BY id DESC LIMIT $1) kept)",
    )
    .bind(KEPT)
    .execute(tx)
    .await?;
    Ok(())
}
