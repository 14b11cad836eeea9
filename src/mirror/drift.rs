//! What somebody else has changed at an upstream: a list that has just been read shows other than was acknowledged.
//!
//! Called with a list in hand, before and after it replaces the mirror. Nothing is repaired here: the mirror takes the
//! list in, and what differs from the ERP then goes out by the ordinary path. What we ourselves have sent and had no
//! answer to, or one that came while the list was under way, is not drift. A deleted position of the shop is not noticed:
//! its lists may leave out what is archived.

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::{Connection, PgConnection, PgPool};

/// Pushes of these operations whose effect a list may show although the mirror does not: open ones that have been tried;
/// done since the list was asked for; dead, or cancelled of late, since the mirror was last told otherwise (`ended_at`).
const OURS: &str = "
    SELECT c.args, c.state, c.ended_at FROM queue.call c
     WHERE c.operation = ANY($2) AND c.state IN ('pending', 'running', 'unknown') AND c.attempt > 0
    UNION ALL
    SELECT c.args, c.state, c.ended_at FROM queue.call c
     WHERE c.operation = ANY($2) AND c.state IN ('done', 'cancelled') AND c.attempt > 0
       AND c.ended_at >= $1 - CASE c.state WHEN 'done' THEN interval '0' ELSE interval '1 day' END
       AND c.ended_at >= $1 - interval '1 day'
    UNION ALL
    SELECT c.args, c.state, c.ended_at FROM queue.call c
     WHERE c.operation = ANY($2) AND c.state IN ('dead', 'quarantined') AND c.attempt > 0";

/// Writes down which remains of the temporary table `listed` are not what `mirror.keaz_remain` has. `before`: when the
/// list before this one was taken; of a first list, a row that the mirror does not know says nothing.
pub(crate) async fn of_remains(
    tx: &mut PgConnection,
    asked_at: DateTime<Utc>,
    before: Option<DateTime<Utc>>,
) -> sqlx::Result<i64> {
    let sql = format!(
        "WITH ours AS MATERIALIZED (
             SELECT o.args ->> 'warehouse' AS warehouse, a.article, max(coalesce(o.ended_at, 'infinity')) AS ended_at
               FROM ({OURS}) o CROSS JOIN LATERAL jsonb_array_elements_text(o.args -> 'articles') AS a (article)
              GROUP BY 1, 2
         ), closed AS MATERIALIZED (
             SELECT a.code FROM queue.call c CROSS JOIN LATERAL jsonb_array_elements_text(c.args -> 'codes') AS a (code)
              WHERE c.operation = 'keaz.warehouses.delete' AND c.state = 'done' AND c.ended_at >= $3
         ), changed AS MATERIALIZED (
             SELECT warehouse, article, m.quantity AS acknowledged, l.quantity AS remote, coalesce(m.seen_at, $3) AS seen_at
               FROM mirror.keaz_remain m FULL JOIN listed l USING (warehouse, article)
              WHERE m.quantity IS DISTINCT FROM l.quantity
                AND CASE WHEN m.warehouse IS NULL THEN $3 IS NOT NULL AND warehouse NOT IN (SELECT code FROM closed)
                         ELSE m.seen_at < $1 END
         )
         INSERT INTO mirror.drift AS d (upstream, kind, key, erp, acknowledged, remote)
         SELECT 'keaz', 'remain', c.warehouse || '/' || c.article, p.quantity::text, c.acknowledged::text, c.remote::text
           FROM changed c
           LEFT JOIN erp.published p ON p.warehouse = c.warehouse AND p.article = c.article
          WHERE NOT EXISTS (SELECT FROM ours o
                             WHERE o.warehouse = c.warehouse AND o.article = c.article AND o.ended_at >= c.seen_at)
         ON CONFLICT (upstream, kind, key) WHERE mended_at IS NULL DO UPDATE
            SET erp = excluded.erp, acknowledged = excluded.acknowledged, remote = excluded.remote, run_id = NULL,
                found_at = now()"
    );
    record(
        tx,
        asked_at,
        before,
        &["keaz.remains.update", "keaz.remains.delete"],
        sql,
    )
    .await
}

/// The same for warehouses, listed in the temporary table `listed_warehouse`.
pub(crate) async fn of_warehouses(
    tx: &mut PgConnection,
    asked_at: DateTime<Utc>,
    before: Option<DateTime<Utc>>,
) -> sqlx::Result<i64> {
    let sql = format!(
        "WITH ours AS MATERIALIZED (
             SELECT a.code, max(coalesce(o.ended_at, 'infinity')) AS ended_at
               FROM ({OURS}) o CROSS JOIN LATERAL jsonb_array_elements_text(o.args -> 'codes') AS a (code)
              GROUP BY 1
         )
         INSERT INTO mirror.drift AS d (upstream, kind, key, erp, acknowledged, remote)
         SELECT 'keaz', 'warehouse', code, concat_ws('; ', e.address::text, e.contacts::text),
                CASE WHEN m.code IS NOT NULL THEN concat_ws('; ', m.address, m.contacts) END,
                CASE WHEN l.code IS NOT NULL THEN concat_ws('; ', l.address, l.contacts) END
           FROM mirror.keaz_warehouse m FULL JOIN listed_warehouse l USING (code)
           LEFT JOIN erp.warehouses e USING (code)
          WHERE (m.code IS NULL OR l.code IS NULL OR (m.address, m.contacts) IS DISTINCT FROM
                 (coalesce(l.address, m.address), coalesce(l.contacts, m.contacts)))
            AND CASE WHEN m.code IS NULL THEN $3 IS NOT NULL ELSE m.seen_at < $1 END
            AND NOT EXISTS (SELECT FROM ours o WHERE o.code = coalesce(m.code, l.code) AND o.ended_at >= coalesce(m.seen_at, $3))
         ON CONFLICT (upstream, kind, key) WHERE mended_at IS NULL DO UPDATE
            SET erp = excluded.erp, acknowledged = excluded.acknowledged, remote = excluded.remote, run_id = NULL,
                found_at = now()"
    );
    let pushes = [
        "keaz.warehouses.add",
        "keaz.warehouses.update",
        "keaz.warehouses.delete",
    ];
    record(tx, asked_at, before, &pushes, sql).await
}

/// The same for the statuses of positions, as far as the ERP wants one of them: in the temporary table `listed_status`.
pub(crate) async fn of_statuses(tx: &mut PgConnection, asked_at: DateTime<Utc>) -> sqlx::Result<i64> {
    let sql = format!(
        "WITH ours AS MATERIALIZED (
             SELECT o.args -> 'position' AS position, max(coalesce(o.ended_at, 'infinity')) AS ended_at
               FROM ({OURS}) o GROUP BY 1
         )
         INSERT INTO mirror.drift AS d (upstream, kind, key, erp, acknowledged, remote)
         SELECT 'saplab', 'status', m.id::text, w.saplab_name, coalesce(m.status_name, m.status_id::text),
                coalesce(l.status_name, l.status_id::text)
           FROM listed_status l
           JOIN mirror.saplab_order m ON m.id = l.id
           JOIN erp.orders e ON e.saplab_id = m.id
           JOIN mirror.saplab_status_map w ON w.erp_status = e.status AND w.saplab_status_id IS NOT NULL
          WHERE l.status_id <> m.status_id AND m.seen_at < $1 AND $3::timestamptz IS NULL
            AND NOT EXISTS (SELECT FROM ours o WHERE o.position = to_jsonb(m.id) AND o.ended_at >= m.seen_at)
         ON CONFLICT (upstream, kind, key) WHERE mended_at IS NULL DO UPDATE
            SET erp = excluded.erp, acknowledged = excluded.acknowledged, remote = excluded.remote, run_id = NULL,
                found_at = now()"
    );
    record(tx, asked_at, None, &["saplab.orders.set_status"], sql).await
}

/// Under a savepoint: a company's view that is broken fails the run that needs it, not the list that was read.
async fn record(
    tx: &mut PgConnection,
    asked_at: DateTime<Utc>,
    before: Option<DateTime<Utc>>,
    operations: &[&str],
    sql: String,
) -> sqlx::Result<i64> {
    let mut savepoint = tx.begin().await?;
    let found = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(asked_at)
        .bind(operations)
        .bind(before)
        .execute(&mut *savepoint)
        .await;
    match found {
        Ok(found) => {
            savepoint.commit().await?;
            Ok(i64::try_from(found.rows_affected()).unwrap_or(i64::MAX))
        }
        Err(sqlx::Error::Database(error)) => {
            savepoint.rollback().await?;
            tracing::warn!(%error, "what was changed at the upstream cannot be told");
            Ok(0)
        }
        Err(error) => Err(error),
    }
}

/// What an earlier list showed to be changed, and this one, which the mirror has taken in, shows as the ERP wants it.
const MENDED: [(&str, &str); 3] = [
    (
        "remain",
        "UPDATE mirror.drift d SET mended_at = now()
          WHERE d.kind = 'remain' AND d.mended_at IS NULL AND d.found_at < now()
            AND NOT EXISTS (SELECT FROM (SELECT warehouse || '/' || article AS key FROM diff.remain) r WHERE r.key = d.key)
            AND NOT EXISTS (SELECT FROM mirror.keaz_remain m FULL JOIN listed l USING (warehouse, article)
                             WHERE warehouse || '/' || article = d.key AND m.quantity IS DISTINCT FROM l.quantity)",
    ),
    (
        "warehouse",
        "UPDATE mirror.drift d SET mended_at = now()
          WHERE d.kind = 'warehouse' AND d.mended_at IS NULL AND d.found_at < now()
            AND NOT EXISTS (SELECT FROM diff.warehouse w WHERE w.code = d.key)",
    ),
    (
        "status",
        "UPDATE mirror.drift d SET mended_at = now()
           FROM listed_status l JOIN mirror.saplab_order m ON m.id = l.id AND m.status_id = l.status_id
          WHERE d.kind = 'status' AND d.key = l.id::text AND d.mended_at IS NULL AND d.found_at < now()
            AND NOT EXISTS (SELECT FROM diff.order_status s WHERE s.saplab_id = l.id)",
    ),
];

/// Closes what agrees again; the temporary table of the list is still there.
pub(crate) async fn mend(tx: &mut PgConnection, kind: &str) -> sqlx::Result<()> {
    let open: bool = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM mirror.drift WHERE kind = $1 AND mended_at IS NULL AND found_at < now())",
    )
    .bind(kind)
    .fetch_one(&mut *tx)
    .await?;
    let Some((_, sql)) = MENDED.iter().find(|(mended, _)| open && *mended == kind) else {
        return Ok(());
    };
    let mut savepoint = tx.begin().await?;
    match sqlx::query(*sql).execute(&mut *savepoint).await {
        Ok(_) => savepoint.commit().await,
        Err(sqlx::Error::Database(_)) => savepoint.rollback().await,
        Err(error) => Err(error),
    }
}

/// Ascribes what this transaction has found to its run.
pub(crate) async fn belongs_to(tx: &mut PgConnection, run_id: i64) -> sqlx::Result<()> {
    sqlx::query("UPDATE mirror.drift SET run_id = $1 WHERE run_id IS NULL AND found_at = now()")
        .bind(run_id)
        .execute(tx)
        .await?;
    Ok(())
}

/// What a run has found, in one sentence; said in the log too, once.
pub(crate) async fn note(tx: &mut PgConnection, run_id: i64, job: &str) -> sqlx::Result<Option<String>> {
    let (rows, sample): (i64, Option<String>) = sqlx::query_as(
        "SELECT count(*), (array_agg(format('%s %s: ERP %s, acknowledged %s, found %s', kind, key, coalesce(erp, '-'),
                                            coalesce(acknowledged, '-'), coalesce(remote, '-')) ORDER BY kind, key))[1]
           FROM mirror.drift WHERE run_id = $1",
    )
    .bind(run_id)
    .fetch_one(tx)
    .await?;
    let Some(sample) = sample else { return Ok(None) };
    tracing::warn!(
        run = run_id,
        job,
        rows,
        sample,
        "somebody else has changed rows upstream"
    );
    Ok(Some(format!("changed there by somebody else: {rows} rows ({sample})")))
}

/// Drift of one kind, for people.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub(crate) struct Drift {
    /// Where.
    pub upstream: String,
    /// remain, warehouse, status
    pub kind: String,
    /// Found, as far back as `queue.keep` reaches.
    pub found: i64,
    /// Not yet seen to agree with the ERP again.
    pub open: i64,
    /// When the last was found.
    pub last_found_at: DateTime<Utc>,
    /// The last ones: which row, what the ERP wanted, what was acknowledged, what was found.
    pub samples: Vec<String>,
}

/// All that is remembered, by kind.
pub(crate) async fn summary(pool: &PgPool) -> sqlx::Result<Vec<Drift>> {
    sqlx::query_as(
        "SELECT d.*, s.samples
           FROM (SELECT upstream, kind, count(*) AS found, count(*) FILTER (WHERE mended_at IS NULL) AS open,
                        max(found_at) AS last_found_at
                   FROM mirror.drift GROUP BY upstream, kind) d
          CROSS JOIN LATERAL (
                SELECT array_agg(format('%s: ERP %s, acknowledged %s, found %s', key, coalesce(erp, '-'),
                                        coalesce(acknowledged, '-'), coalesce(remote, '-'))
                                 ORDER BY mended_at IS NULL DESC, found_at DESC, id) AS samples
                  FROM (SELECT * FROM mirror.drift x WHERE x.upstream = d.upstream AND x.kind = d.kind
                         ORDER BY (mended_at IS NULL) DESC, found_at DESC, id LIMIT 3) newest) s
          ORDER BY d.upstream, d.kind",
    )
    .fetch_all(pool)
    .await
}
