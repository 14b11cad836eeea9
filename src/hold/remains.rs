//! What goes out to KEAZ: remains that it shows now, and that would become 0 or vanish.
//!
//! The job `stock` has them judged before it enqueues. A row may go with a pass only, since values are read when a call
//! is made: what has turned to 0 since it was judged is left out of the call and judged by the next round. So an ERP that
//! is emptied while its calls wait zeroes nothing.

use sqlx::PgConnection;

use super::book::{self, Page};
use crate::config::Guard;
use crate::diff::difference::Difference;
use crate::plan;

/// Gives passes to the rows that `diff.remain` would take away from KEAZ, or holds them: those of a warehouse, or of
/// all of KEAZ, when they are more than the settings allow. What this run has already taken away counts too.
pub(crate) async fn judge(tx: &mut PgConnection, guard: &Guard, run_id: i64) -> sqlx::Result<()> {
    let has_holds = book::lock(tx, "keaz", None).await?;
    // An ERP without any stock is held by the view itself, and mends nothing.
    if has_holds && !publishes_anything(tx).await? {
        return Ok(());
    }
    collect(tx).await?;
    forget_passes(tx, run_id).await?;
    suspect(tx, guard, run_id).await?;
    let page = Page {
        job: "stock",
        run_id: Some(run_id),
        upstream: "keaz",
        scope: None,
        states: &["held"],
        small: guard.small,
    };
    book::keep(tx, &page).await?;
    end_refused(tx).await?;
    give_passes(tx, run_id).await?;
    sqlx::raw_sql("DROP TABLE loss; DROP TABLE suspect").execute(tx).await?;
    Ok(())
}

/// A person named this article: it goes, whatever the rest of the ERP looks like.
pub(crate) async fn let_go(tx: &mut PgConnection, article: &str) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO queue.pass (upstream, place, article)
         SELECT 'keaz', warehouse, article FROM diff.remain WHERE loses AND article = $1
         ON CONFLICT (upstream, place, brand, article) DO UPDATE
            SET run_id = NULL, hold_id = NULL, passed_at = now(), used_at = NULL",
    )
    .bind(article)
    .execute(tx)
    .await?;
    Ok(())
}

/// A person named this article, and was shown these rows: they go, while the run is under way, unless they are held.
pub(crate) async fn let_plan_go(tx: &mut PgConnection, article: &str, run_id: i64, plan: i64) -> sqlx::Result<()> {
    let sql = format!(
        "INSERT INTO queue.pass (upstream, place, article, run_id)
         SELECT 'keaz', warehouse, article, $1
           FROM diff.remain d WHERE article = $3 AND loses AND NOT passed AND held IS NULL AND {}
         ON CONFLICT (upstream, place, brand, article) DO UPDATE
            SET run_id = excluded.run_id, hold_id = NULL, passed_at = now(), used_at = NULL",
        plan::shown(Difference::Remain, "$2")
    );
    sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(run_id)
        .bind(plan)
        .bind(article)
        .execute(tx)
        .await?;
    Ok(())
}

/// KEAZ has taken these rows away: their passes are used up.
pub(crate) async fn taken(tx: &mut PgConnection, warehouse: &str, articles: &[&str]) -> sqlx::Result<()> {
    if articles.is_empty() {
        return Ok(());
    }
    sqlx::query(
        "UPDATE queue.pass SET used_at = now()
          WHERE upstream = 'keaz' AND place = $1 AND brand = '' AND article = ANY($2) AND used_at IS NULL",
    )
    .bind(warehouse)
    .bind(articles)
    .execute(tx)
    .await?;
    Ok(())
}

async fn publishes_anything(tx: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM erp.published)")
        .fetch_one(tx)
        .await
}

/// `loss`: every row that KEAZ would lose. Those that something else holds back do not count: they do not go out.
async fn collect(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "CREATE TEMP TABLE loss ON COMMIT DROP AS
         SELECT d.warehouse AS place, d.article, CASE d.action WHEN 'delete' THEN 'delete' ELSE 'zero' END AS kind,
                d.old_quantity::text AS old_value, d.new_quantity::text AS new_value,
                d.held IS NULL OR starts_with(d.held, '[guard]') AS counts,
                d.passed AND p.run_id IS NULL AS released, coalesce(h.state = 'refused', false) AS refused
           FROM diff.remain d
           LEFT JOIN queue.pass p ON p.upstream = 'keaz' AND p.place = d.warehouse AND p.brand = '' AND p.article = d.article
           LEFT JOIN queue.hold h ON h.id = d.hold_id
          WHERE d.loses;
         ANALYZE loss",
    )
    .execute(tx)
    .await?;
    Ok(())
}

/// A pass is for once: one of an earlier run goes when it has been used, or when the row has been mended.
async fn forget_passes(tx: &mut PgConnection, run_id: i64) -> sqlx::Result<()> {
    sqlx::query(
        "DELETE FROM queue.pass p
          WHERE p.upstream = 'keaz' AND p.run_id IS DISTINCT FROM $1
            AND (p.used_at IS NOT NULL
                 OR NOT EXISTS (SELECT FROM loss l WHERE l.place = p.place AND l.article = p.article))",
    )
    .bind(run_id)
    .execute(tx)
    .await?;
    Ok(())
}

/// `suspect`: of `loss`, what is more than may go. What a person has decided about does not count. What is held already
/// stays so, unless all but a few rows of it are mended: a hold does not end because another run begins to count anew.
async fn suspect(tx: &mut PgConnection, guard: &Guard, run_id: i64) -> sqlx::Result<()> {
    sqlx::query(
        "CREATE TEMP TABLE suspect ON COMMIT DROP AS
         WITH asked AS (
             SELECT place, count(*) AS n FROM loss WHERE counts AND NOT refused AND NOT released GROUP BY place
         ), spent AS (
             SELECT place, count(*) AS n FROM queue.pass
              WHERE upstream = 'keaz' AND run_id = $1 AND used_at IS NOT NULL GROUP BY place
         ), shown AS (
             SELECT warehouse AS place, count(*) AS n FROM mirror.keaz_remain
              WHERE quantity IS DISTINCT FROM 0 GROUP BY warehouse
         ), tally AS (
             SELECT place, coalesce(a.n, 0) AS asked, coalesce(a.n, 0) + coalesce(s.n, 0) AS n,
                    coalesce(m.n, 0) + coalesce(s.n, 0) AS of
               FROM asked a FULL JOIN spent s USING (place) FULL JOIN shown m USING (place)
         ), counted AS (
             SELECT place, n, of, asked > $4 AND n > $2 * of AS over, asked > $4 AND place = ANY(h.scopes) AS stays,
                    sum(n) OVER () AS all_n, sum(of) OVER () AS all_of, sum(asked) OVER () > $4 AS all_many,
                    '' = ANY(h.scopes) AS all_held
               FROM tally CROSS JOIN (SELECT coalesce(array_agg(scope), '{}') AS scopes FROM queue.hold
                                       WHERE upstream = 'keaz' AND state = 'held') h
         ), judged AS (
             SELECT place, n, of, over, stays, all_n, all_of,
                    all_many AND $3::bigint > 0 AND all_n > $3 AS all_long, all_many AND all_n > $2 * all_of AS all_over,
                    all_many AND all_held AS all_stay
               FROM counted
         )
         SELECT CASE WHEN all_long OR all_over OR all_stay THEN '' ELSE place END AS scope, place, ''::text AS brand,
                l.article, l.kind, l.old_value, l.new_value,
                (CASE WHEN all_long OR all_over OR all_stay THEN all_of ELSE of END)::bigint AS of,
                CASE WHEN all_long THEN format('of %s remains that KEAZ shows above 0, %s would become 0 or vanish; guard.max_rows allows %s', all_of, all_n, $3)
                     WHEN all_over THEN format('of %s remains that KEAZ shows above 0, %s would become 0 or vanish; guard.max_zero_share allows %s', all_of, all_n, floor($2 * all_of))
                     WHEN over AND NOT all_stay THEN format('of %s remains of warehouse %s that KEAZ shows above 0, %s would become 0 or vanish; guard.max_zero_share allows %s', of, place, n, floor($2 * of))
                END AS why
           FROM loss l JOIN judged USING (place)
          WHERE l.counts AND NOT l.refused AND NOT l.released AND (over OR stays OR all_long OR all_over OR all_stay)",
    )
    .bind(run_id)
    .bind(guard.max_zero_share)
    .bind(guard.max_rows)
    .bind(guard.small)
    .execute(tx)
    .await?;
    Ok(())
}

/// Of a refused hold, what has been mended is free again.
async fn end_refused(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "DELETE FROM queue.hold_row r USING queue.hold h
          WHERE h.id = r.hold_id AND h.upstream = 'keaz' AND h.state = 'refused'
            AND NOT EXISTS (SELECT FROM loss l WHERE l.place = r.place AND l.article = r.article);
         UPDATE queue.hold h SET state = 'over', seen_at = now()
          WHERE upstream = 'keaz' AND state = 'refused'
            AND NOT EXISTS (SELECT FROM queue.hold_row r WHERE r.hold_id = h.id)",
    )
    .execute(&mut *tx)
    .await?;
    book::mark(tx, "keaz").await
}

/// What is not suspect may go; what has become suspect may not any more.
async fn give_passes(tx: &mut PgConnection, run_id: i64) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO queue.pass (upstream, place, article, run_id)
         SELECT 'keaz', place, article, $1 FROM loss l
          WHERE counts AND NOT refused AND NOT released
            AND NOT EXISTS (SELECT FROM suspect s WHERE s.place = l.place AND s.article = l.article)
         ON CONFLICT (upstream, place, brand, article) DO UPDATE
            SET run_id = excluded.run_id, hold_id = NULL, passed_at = now(), used_at = NULL",
    )
    .bind(run_id)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "DELETE FROM queue.pass p USING suspect s
          WHERE p.upstream = 'keaz' AND p.place = s.place AND p.brand = '' AND p.article = s.article AND p.used_at IS NULL",
    )
    .execute(tx)
    .await?;
    Ok(())
}
