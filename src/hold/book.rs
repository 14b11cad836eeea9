//! Keeps `queue.hold` equal to what was judged: a new hold is told once, an old one is refreshed, a mended one is over.
//!
//! Both judges leave the rows in question in the temporary table `suspect`, under the scope by which they are held.

use sqlx::PgConnection;

/// Which holds a judgement is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page<'a> {
    pub(super) job: &'a str,
    pub(super) run_id: Option<i64>,
    pub(super) upstream: &'a str,
    /// One price list; `None`: all scopes of the upstream.
    pub(super) scope: Option<&'a str>,
    /// The states of holds that are judged anew: at KEAZ refused rows are a closed chapter, a refused list is not.
    pub(super) states: &'a [&'a str],
    /// `guard.small`
    pub(super) small: i64,
}

/// Makes whoever decides about these holds wait for the judgement, and the judgement wait for them. True: there are any.
pub(super) async fn lock(tx: &mut PgConnection, upstream: &str, scope: Option<&str>) -> sqlx::Result<bool> {
    let open = sqlx::query(
        "SELECT FROM queue.hold
          WHERE upstream = $1 AND state IN ('held', 'refused') AND ($2::text IS NULL OR scope = $2) FOR UPDATE",
    )
    .bind(upstream)
    .bind(scope)
    .execute(tx)
    .await?;
    Ok(open.rows_affected() > 0)
}

/// Writes down what `suspect` holds now.
pub(super) async fn keep(tx: &mut PgConnection, page: &Page<'_>) -> sqlx::Result<()> {
    refresh(tx, page).await?;
    open(tx, page).await?;
    copy_rows(tx, page).await?;
    mark(tx, page.upstream).await
}

/// Gives each open hold the mark of its rows, so that nobody has to read them all to know whether they are the same.
pub(super) async fn mark(tx: &mut PgConnection, upstream: &str) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE queue.hold SET mark = queue.hold_mark(id) WHERE upstream = $1 AND state IN ('held', 'refused')",
    )
    .bind(upstream)
    .execute(tx)
    .await?;
    Ok(())
}

/// Holds whose rows are mended are over, and so are those that have grown by more than a few: what a person releases
/// must be what they were shown.
async fn refresh(tx: &mut PgConnection, page: &Page<'_>) -> sqlx::Result<()> {
    let refreshed: Vec<(i64, String, i64)> = sqlx::query_as(
        "UPDATE queue.hold h
            SET state = CASE WHEN x.rows = 0 OR h.added + x.fresh > $4 THEN 'over' ELSE h.state END,
                rows = CASE WHEN x.rows = 0 THEN h.rows ELSE x.rows END, added = h.added + x.fresh,
                of = coalesce(x.of, h.of), why = coalesce(x.why, h.why), kind = coalesce(x.kind, h.kind), seen_at = now()
           FROM (SELECT o.id, count(s.article) AS rows, count(s.article) FILTER (WHERE r.hold_id IS NULL) AS fresh,
                        max(s.of) AS of, max(s.why) AS why, string_agg(DISTINCT s.kind, ', ') AS kind
                   FROM queue.hold o
                   LEFT JOIN suspect s ON s.scope = o.scope
                   LEFT JOIN queue.hold_row r ON r.hold_id = o.id AND r.place = s.place AND r.brand = s.brand
                         AND r.article = s.article
                  WHERE o.upstream = $1 AND o.state = ANY($2) AND ($3::text IS NULL OR o.scope = $3)
                  GROUP BY o.id) x
          WHERE h.id = x.id
         RETURNING h.id, h.state, x.rows",
    )
    .bind(page.upstream)
    .bind(page.states)
    .bind(page.scope)
    .bind(page.small)
    .fetch_all(tx)
    .await?;
    for (hold, _, rows) in refreshed.iter().filter(|(_, state, _)| state == "over") {
        let how = if *rows == 0 {
            "mended"
        } else {
            "replaced by a larger one"
        };
        tracing::info!(hold, upstream = page.upstream, how, "a hold is over");
    }
    Ok(())
}

/// Opens a hold for each scope that has none: the only place that tells of it.
async fn open(tx: &mut PgConnection, page: &Page<'_>) -> sqlx::Result<()> {
    let opened: Vec<(i64, String, i64, String)> = sqlx::query_as(
        "INSERT INTO queue.hold (job, run_id, upstream, scope, kind, rows, of, why)
         SELECT $1, $2, $3, s.scope, string_agg(DISTINCT s.kind, ', '), count(*), max(s.of), max(s.why)
           FROM suspect s
          WHERE NOT EXISTS (SELECT FROM queue.hold o
                             WHERE o.upstream = $3 AND o.scope = s.scope AND o.state = ANY($4))
          GROUP BY s.scope ORDER BY s.scope
         RETURNING id, scope, rows, why",
    )
    .bind(page.job)
    .bind(page.run_id)
    .bind(page.upstream)
    .bind(page.states)
    .fetch_all(tx)
    .await?;
    for (hold, scope, rows, why) in opened {
        tracing::error!(
            hold,
            job = page.job,
            run = page.run_id,
            upstream = page.upstream,
            scope,
            rows,
            why,
            "held until a person decides: sverka hold show {hold}, then hold release or hold refuse"
        );
    }
    Ok(())
}

async fn copy_rows(tx: &mut PgConnection, page: &Page<'_>) -> sqlx::Result<()> {
    let about = "h.upstream = $1 AND h.state = ANY($2) AND ($3::text IS NULL OR h.scope = $3)";
    let forget = format!(
        "DELETE FROM queue.hold_row r USING queue.hold h
          WHERE h.id = r.hold_id AND {about}
            AND NOT EXISTS (SELECT FROM suspect s
                             WHERE s.scope = h.scope AND s.place = r.place AND s.brand = r.brand AND s.article = r.article)"
    );
    let copy = format!(
        "INSERT INTO queue.hold_row AS r (hold_id, place, brand, article, kind, old_value, new_value)
         SELECT h.id, s.place, s.brand, s.article, s.kind, s.old_value, s.new_value
           FROM suspect s JOIN queue.hold h ON h.scope = s.scope AND {about}
         ON CONFLICT (hold_id, place, brand, article) DO UPDATE
            SET kind = excluded.kind, old_value = excluded.old_value, new_value = excluded.new_value
          WHERE (r.kind, r.old_value, r.new_value) IS DISTINCT FROM (excluded.kind, excluded.old_value, excluded.new_value)"
    );
    for sql in [forget, copy] {
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(page.upstream)
            .bind(page.states)
            .bind(page.scope)
            .execute(&mut *tx)
            .await?;
    }
    Ok(())
}
