//! The two things a person may do about a hold. Called by `sverka hold`.

use sqlx::PgPool;

/// Lets exactly the rows of a hold go, once, with the next run. False: there is no such hold, or it is not open.
pub async fn release(pool: &PgPool, id: i64, who: &str) -> sqlx::Result<bool> {
    let mut tx = pool.begin().await?;
    let released = sqlx::query(
        "UPDATE queue.hold SET state = 'released', decided_at = now(), decided_by = $2
          WHERE id = $1 AND state IN ('held', 'refused')",
    )
    .bind(id)
    .bind(who)
    .execute(&mut *tx)
    .await?;
    if released.rows_affected() == 0 {
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
    tx.commit().await?;
    tracing::info!(hold = id, who, "a hold was released");
    Ok(true)
}

/// Keeps the rows of a hold where they are until the ERP, or the list, is mended. False: it waits for no decision.
pub async fn refuse(pool: &PgPool, id: i64, who: &str) -> sqlx::Result<bool> {
    let refused = sqlx::query(
        "UPDATE queue.hold SET state = 'refused', decided_at = now(), decided_by = $2 WHERE id = $1 AND state = 'held'",
    )
    .bind(id)
    .bind(who)
    .execute(pool)
    .await?;
    let refused = refused.rows_affected() == 1;
    if refused {
        tracing::info!(hold = id, who, "a hold was refused");
    }
    Ok(refused)
}
