//! Our profile, our purchase orders at Carreta, and what happened to them.

use sqlx::types::Json;
use sqlx::{PgConnection, PgPool};

use crate::upstream::carreta::{HistoryLine, Order, Profile};

/// The profile of an account; empty = the default one.
pub(crate) async fn set_profile(tx: &mut PgConnection, account: &str, profile: &Profile) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO mirror.carreta_profile (account, balance, name, city, email, phone)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (account) DO UPDATE
            SET balance = excluded.balance, name = excluded.name, city = excluded.city, email = excluded.email,
                phone = excluded.phone, seen_at = now()",
    )
    .bind(account)
    .bind(profile.balance)
    .bind(&profile.name)
    .bind(&profile.city)
    .bind(&profile.email)
    .bind(&profile.phone)
    .execute(tx)
    .await?;
    Ok(())
}

/// Orders as a page showed them. Returns how many were new or have changed.
pub(crate) async fn set_orders(tx: &mut PgConnection, orders: &[Order]) -> sqlx::Result<u64> {
    let rows: Vec<_> = orders.iter().map(row).collect();
    let changed = sqlx::query(
        "INSERT INTO mirror.carreta_order AS m (
             id, number, status, status_display, comment, client_comment, created, code, maker, name, price, total,
             order_qty, period_min, period_max)
         SELECT DISTINCT ON (x.id) x.*
           FROM jsonb_to_recordset($1) AS x (
                id bigint, number text, status int, status_display text, comment text, client_comment text,
                created timestamptz, code text, maker text, name text, price numeric, total numeric, order_qty int,
                period_min int, period_max int)
          ORDER BY x.id
         ON CONFLICT (id) DO UPDATE SET
             number = excluded.number, status = excluded.status, status_display = excluded.status_display,
             comment = excluded.comment, client_comment = excluded.client_comment, created = excluded.created,
             code = excluded.code, maker = excluded.maker, name = excluded.name, price = excluded.price,
             total = excluded.total, order_qty = excluded.order_qty, period_min = excluded.period_min,
             period_max = excluded.period_max, seen_at = now()
          WHERE to_jsonb(m) - 'seen_at' IS DISTINCT FROM to_jsonb(excluded) - 'seen_at'",
    )
    .bind(Json(rows))
    .execute(tx)
    .await?;
    Ok(changed.rows_affected())
}

/// The history of an order, as a whole. An empty one is no news: every order was created at least.
pub(crate) async fn set_history(tx: &mut PgConnection, order_id: i64, lines: &[HistoryLine]) -> sqlx::Result<()> {
    if lines.is_empty() {
        return Ok(());
    }
    let created: Vec<_> = lines.iter().map(|line| line.created).collect();
    let comments: Vec<_> = lines.iter().map(|line| line.comment.as_str()).collect();
    sqlx::query("DELETE FROM mirror.carreta_history WHERE order_id = $1")
        .bind(order_id)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "INSERT INTO mirror.carreta_history (order_id, line, created, comment)
         SELECT $1, line, created, comment
           FROM unnest($2::timestamptz[], $3::text[]) WITH ORDINALITY AS x (created, comment, line)",
    )
    .bind(order_id)
    .bind(created)
    .bind(comments)
    .execute(tx)
    .await?;
    Ok(())
}

/// Money travels as text: JSON numbers would be floats on the way.
fn row(order: &Order) -> serde_json::Value {
    let decimal = |value: Option<rust_decimal::Decimal>| value.map(|value| value.to_string());
    serde_json::json!({
        "id": order.id,
        "number": order.number,
        "status": order.status,
        "status_display": order.status_display,
        "comment": order.comment,
        "client_comment": order.client_comment,
        "created": order.created,
        "code": order.code,
        "maker": order.maker,
        "name": order.name,
        "price": decimal(order.price),
        "total": decimal(order.total),
        "order_qty": order.order_qty,
        "period_min": order.period_min,
        "period_max": order.period_max,
    })
}

/// The numbers of our orders with this comment.
pub(crate) async fn with_comment(pool: &PgPool, comment: &str) -> sqlx::Result<Vec<String>> {
    sqlx::query_scalar(
        "SELECT coalesce(nullif(number, ''), id::text) FROM mirror.carreta_order
          WHERE client_comment = $1 AND client_comment <> '' ORDER BY id",
    )
    .bind(comment)
    .fetch_all(pool)
    .await
}
