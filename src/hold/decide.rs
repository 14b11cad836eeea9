//! The two things a person may do about a hold. Called by `sverka hold` and the page; who did it stands in the hold, and in
//! `queue.audit`.

use sqlx::{PgConnection, PgPool};

use crate::queue::audit;

/// Lets exactly the rows of a hold go, once, with the next run. False: there is no such hold, or it is not open.
pub async fn release(pool: &PgPool, id: i64, who: &str) -> sqlx::Result<bool> {
    release_shown(pool, id, None, who).await
}

/// The same, if its rows still are those that were shown, by their mark.
pub async fn release_shown(pool: &PgPool, id: i64, mark: Option<&str>, who: &str) -> sqlx::Result<bool> {
    let mut tx = pool.begin().await?;
    if !decide(&mut tx, id, who, "released", &["held", "refused"], mark).await? {
        return Ok(false);
    }
    sqlx::query(
        "INSERT INTO queue.pass (upstream, place, brand, article, new_value, hold_id)
         SELECT h.upstream, r.place, r.brand, r.article, r.new_value, h.id
           FROM queue.hold h JOIN queue.hold_row r ON r.hold_id = h.id WHERE h.id = $1
         ON CONFLICT (upstream, place, brand, article) DO UPDATE
            SET new_value = excluded.new_value, hold_id = excluded.hold_id, run_id = NULL, passed_at = now(), used_at = NULL",
    )
    .bind(id)
    .execute(&mut *tx)
    .await?;
    record(&mut tx, who, "hold release", id).await?;
    tx.commit().await?;
    tracing::info!(hold = id, who, "a hold was released");
    Ok(true)
}

/// Keeps the rows of a hold where they are until the ERP, or the list, is mended. False: it waits for no decision.
pub async fn refuse(pool: &PgPool, id: i64, who: &str) -> sqlx::Result<bool> {
    let mut tx = pool.begin().await?;
    if !decide(&mut tx, id, who, "refused", &["held"], None).await? {
        return Ok(false);
    }
    record(&mut tx, who, "hold refuse", id).await?;
    tx.commit().await?;
    tracing::info!(hold = id, who, "a hold was refused");
    Ok(true)
}

async fn decide(
    tx: &mut PgConnection,
    id: i64,
    who: &str,
    state: &str,
    from: &[&str],
    mark: Option<&str>,
) -> sqlx::Result<bool> {
    let decided = sqlx::query(
        "UPDATE queue.hold h SET state = $2, decided_at = now(), decided_by = $3
          WHERE id = $1 AND state = ANY($4) AND ($5::text IS NULL OR coalesce(h.mark, queue.hold_mark(id)) = $5)",
    )
    .bind(id)
    .bind(state)
    .bind(who)
    .bind(from)
    .bind(mark)
    .execute(tx)
    .await?;
    Ok(decided.rows_affected() == 1)
}

async fn record(tx: &mut PgConnection, who: &str, command: &str, id: i64) -> sqlx::Result<()> {
    let words: String =
        sqlx::query_scalar("SELECT format('hold %s, %s rows: %s', id, rows, why) FROM queue.hold WHERE id = $1")
            .bind(id)
            .fetch_one(&mut *tx)
            .await?;
    audit::record(tx, who, command, None, Some(&words)).await
}
