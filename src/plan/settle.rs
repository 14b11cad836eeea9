//! Writes down what became of the rows of a plan: those that were written, in the transaction that records it; the others
//! when the run that applies them is over.

use sqlx::PgConnection;

use super::differing;
use crate::diff::difference::Difference;
use crate::job::Job;

/// These rows have been acknowledged for the plan; where a row's name may be that of two, all of one place.
pub(crate) async fn done(
    tx: &mut PgConnection,
    plan: Option<i64>,
    kind: Difference,
    place: Option<&str>,
    rows: &[String],
) -> sqlx::Result<()> {
    let Some(plan) = plan.filter(|_| !rows.is_empty()) else {
        return Ok(());
    };
    sqlx::query(
        "UPDATE queue.plan_row SET state = 'done', why = NULL
          WHERE plan_id = $1 AND kind = $2 AND ($3::text IS NULL OR place = $3) AND row = ANY($4) AND held IS NULL",
    )
    .bind(plan)
    .bind(kind.as_str())
    .bind(place)
    .bind(rows)
    .execute(tx)
    .await?;
    Ok(())
}

/// The job of a plan that cannot be done here.
pub(super) async fn leave(tx: &mut PgConnection, plan: i64, job: Job, why: &str) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE queue.plan_row SET state = 'left', why = $3
          WHERE plan_id = $1 AND job = $2 AND held IS NULL AND state IS NULL",
    )
    .bind(plan)
    .bind(job.as_str())
    .bind(why)
    .execute(tx)
    .await?;
    Ok(())
}

/// What the place of a row shows now, as `old` and `new` say it. SQL over the row `p` of the plan.
const PRESENT: &str = "CASE p.kind
    WHEN 'warehouse' THEN (SELECT concat_ws('; ', m.address, m.contacts) FROM mirror.keaz_warehouse m WHERE m.code = p.row)
    WHEN 'remain' THEN (SELECT m.quantity::text FROM mirror.keaz_remain m
                         WHERE m.warehouse = p.place AND m.article = substr(p.row, length(p.place) + 2))
    WHEN 'status' THEN (SELECT m.status_name FROM mirror.saplab_order m WHERE m.id = p.row::bigint)
    WHEN 'purchase' THEN (SELECT m.state FROM mirror.purchase m WHERE m.id = p.row::bigint) END";

/// Says of every row of a job that has not been written why it was not. Its run is over, or as good as.
pub(crate) async fn settle(tx: &mut PgConnection, plan: i64, job: Job) -> sqlx::Result<()> {
    let open: Option<Option<String>> = sqlx::query_scalar(
        "SELECT l.scope FROM queue.plan l
          WHERE l.id = $1 AND EXISTS (SELECT FROM queue.plan_row p
                                       WHERE p.plan_id = $1 AND p.job = $2 AND p.held IS NULL AND p.state IS NULL)",
    )
    .bind(plan)
    .bind(job.as_str())
    .fetch_optional(&mut *tx)
    .await?;
    let Some(scope) = open else { return Ok(()) };
    let differing = differing::statement(&[job], scope.is_some());
    // What is not in the view any more was written by somebody else, or is not wanted any more.
    let sql = format!(
        "UPDATE queue.plan_row r
            SET state = x.state,
                now_old = CASE WHEN x.state = 'moved' THEN x.old END, now_new = CASE WHEN x.state = 'moved' THEN x.new END,
                why = CASE x.state WHEN 'held' THEN x.held END
           FROM (SELECT p.n, d.held, coalesce(d.old, {PRESENT}) AS old, d.new,
                        CASE WHEN d.mark IS NULL THEN
                                  CASE WHEN p.kind IN ('order', 'price', 'spot')
                                         OR p.kind = 'remain' AND starts_with(p.new || ' (', {PRESENT} || ' (')
                                         OR p.new IS NOT DISTINCT FROM {PRESENT} THEN 'there' ELSE 'moved' END
                             WHEN d.mark <> p.mark THEN 'moved'
                             WHEN d.held IS NOT NULL THEN 'held'
                             ELSE 'left' END AS state
                   FROM queue.plan_row p
                   LEFT JOIN ({differing}) d ON d.kind = p.kind AND d.place = p.place AND d.row = p.row
                  WHERE p.plan_id = $2 AND p.job = $3 AND p.held IS NULL AND p.state IS NULL) x
          WHERE r.plan_id = $2 AND r.n = x.n"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(scope)
        .bind(plan)
        .bind(job.as_str())
        .persistent(false)
        .execute(&mut *tx)
        .await?;
    if job == Job::Purchases {
        settle_purchases(tx, plan).await?;
    }
    Ok(())
}

/// What was taken up is not bought yet.
async fn settle_purchases(tx: &mut PgConnection, plan: i64) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE queue.plan_row r
            SET state = CASE m.state WHEN 'placed' THEN 'done' ELSE 'left' END,
                why = CASE m.state WHEN 'placed' THEN NULL ELSE coalesce(m.error, 'it is ' || m.state) END,
                now_old = NULL, now_new = NULL
           FROM mirror.purchase m
          WHERE r.plan_id = $1 AND r.kind = 'purchase' AND r.action = 'place' AND r.held IS NULL
            AND m.id::text = r.row AND m.plan_id = $1",
    )
    .bind(plan)
    .execute(tx)
    .await?;
    Ok(())
}
