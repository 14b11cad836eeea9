//! Statuses and positions in Saplab.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

use super::drift;
use crate::upstream::saplab::{Position, Status};

/// The whole list of statuses.
pub(crate) async fn replace_statuses(tx: &mut PgConnection, statuses: &[Status]) -> sqlx::Result<()> {
    let ids: Vec<_> = statuses.iter().map(|status| status.id).collect();
    let names: Vec<_> = statuses.iter().map(|status| status.name.as_str()).collect();
    let colors: Vec<_> = statuses.iter().map(|status| status.color.as_str()).collect();
    let sms: Vec<_> = statuses.iter().map(|status| status.sms).collect();
    let email: Vec<_> = statuses.iter().map(|status| status.email).collect();
    sqlx::query("DELETE FROM mirror.saplab_status WHERE id <> ALL($1)")
        .bind(&ids)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "INSERT INTO mirror.saplab_status (id, name, color, sms, email)
         SELECT DISTINCT ON (id) * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bool[], $5::bool[]) AS x (id)
          ORDER BY id
         ON CONFLICT (id) DO UPDATE
            SET name = excluded.name, color = excluded.color, sms = excluded.sms, email = excluded.email",
    )
    .bind(ids)
    .bind(names)
    .bind(colors)
    .bind(sms)
    .bind(email)
    .execute(tx)
    .await?;
    Ok(())
}

/// Those of a page that belong in the mirror, and so in the ERP: an archived position that we never knew is shown to
/// who asked for it and no more; with `known_only` that goes for all.
pub(crate) async fn worth_keeping(
    tx: &mut PgConnection,
    positions: &[Position],
    known_only: bool,
) -> sqlx::Result<Vec<Position>> {
    let doubtful: Vec<i64> = positions
        .iter()
        .filter(|position| known_only || position.is_archived == Some(true))
        .map(|position| position.id)
        .collect();
    let known: HashSet<i64> = sqlx::query_scalar("SELECT id FROM mirror.saplab_order WHERE id = ANY($1)")
        .bind(&doubtful)
        .fetch_all(tx)
        .await?
        .into_iter()
        .collect();
    let unknown: HashSet<i64> = doubtful.into_iter().filter(|id| !known.contains(id)).collect();
    Ok(positions
        .iter()
        .filter(|position| !unknown.contains(&position.id))
        .cloned()
        .collect())
}

/// Positions as a page showed them; of one that stands there twice, the last. A page shows how things stood while it
/// was made: a status that was acknowledged since it was asked for is newer. Were it overwritten, it would be sent, and
/// the customer told, once more. Returns how many statuses somebody else had changed.
pub(crate) async fn set_positions(
    tx: &mut PgConnection,
    positions: &[Position],
    asked_at: DateTime<Utc>,
) -> sqlx::Result<i64> {
    list_statuses(tx, positions).await?;
    let drifted = drift::of_statuses(tx, asked_at).await?;
    remember_statuses(tx, asked_at).await?;
    let rows: Vec<_> = positions.iter().map(row).collect();
    sqlx::query(
        "INSERT INTO mirror.saplab_order AS m (
             id, invoice, client_id, client_name, brand, article, name, quantity, price, total, initial_price,
             status_id, status_name, distributor_id, distributor_name, client_comment, manager_comment, deny_request,
             is_paid, is_denied, is_archived, doc_id, date_added, date_modified, shipping_name, shipping_address, days_min, days_max,
             history)
         SELECT DISTINCT ON (x.id) x.id, x.invoice, x.client_id, x.client_name, x.brand, x.article, x.name,
             x.quantity, x.price, x.total, x.initial_price, x.status_id, x.status_name, x.distributor_id,
             x.distributor_name, x.client_comment, x.manager_comment, x.deny_request, x.is_paid, x.is_denied,
             x.is_archived, x.doc_id, x.date_added, x.date_modified, x.shipping_name, x.shipping_address, x.days_min,
             x.days_max, x.history
           FROM ROWS FROM (jsonb_to_recordset($1) AS (
                    id bigint, invoice text, client_id bigint, client_name text, brand text, article text, name text,
                    quantity int, price numeric, total numeric, initial_price numeric, status_id bigint,
                    status_name text, distributor_id bigint, distributor_name text, client_comment text,
                    manager_comment text, deny_request bool, is_paid bool, is_denied bool, is_archived bool,
                    doc_id bigint, date_added timestamptz, date_modified timestamptz, shipping_name text,
                    shipping_address text, days_min int, days_max int, history jsonb)) WITH ORDINALITY AS x
          ORDER BY x.id, x.ordinality DESC
         ON CONFLICT (id) DO UPDATE SET
             invoice = excluded.invoice, client_id = excluded.client_id, client_name = excluded.client_name,
             brand = excluded.brand, article = excluded.article, name = excluded.name, quantity = excluded.quantity,
             price = excluded.price, total = excluded.total, initial_price = excluded.initial_price,
             status_id = excluded.status_id, status_name = excluded.status_name,
             distributor_id = excluded.distributor_id, distributor_name = excluded.distributor_name,
             client_comment = excluded.client_comment, manager_comment = excluded.manager_comment,
             deny_request = excluded.deny_request, is_paid = excluded.is_paid, is_denied = excluded.is_denied,
             is_archived = excluded.is_archived, doc_id = excluded.doc_id, date_added = excluded.date_added,
             date_modified = excluded.date_modified, shipping_name = excluded.shipping_name,
             shipping_address = excluded.shipping_address, days_min = excluded.days_min,
             days_max = excluded.days_max, history = excluded.history, seen_at = now()
          WHERE to_jsonb(m) - '{seen_at,agreed_status_id}'::text[]
                IS DISTINCT FROM to_jsonb(excluded) - '{seen_at,agreed_status_id}'::text[]
            AND m.seen_at < $2",
    )
    .bind(Json(rows))
    .bind(asked_at)
    .execute(&mut *tx)
    .await?;
    drift::mend(tx, "status").await?;
    sqlx::raw_sql("DROP TABLE listed_status").execute(tx).await?;
    Ok(drifted)
}

/// Statuses that are about to change, into the history.
async fn remember_statuses(tx: &mut PgConnection, asked_at: DateTime<Utc>) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO mirror.status_change (saplab_id, old_id, old, new_id, new, by)
         SELECT m.id, m.status_id, m.status_name, l.status_id, l.status_name, 'seen'
           FROM listed_status l JOIN mirror.saplab_order m ON m.id = l.id
          WHERE l.status_id IS DISTINCT FROM m.status_id AND m.seen_at < $1",
    )
    .bind(asked_at)
    .execute(tx)
    .await?;
    Ok(())
}

/// The statuses of a page, for the comparison with what was acknowledged.
async fn list_statuses(tx: &mut PgConnection, positions: &[Position]) -> sqlx::Result<()> {
    let ids: Vec<_> = positions.iter().map(|position| position.id).collect();
    let statuses: Vec<_> = positions.iter().map(|position| position.status_id).collect();
    let names: Vec<_> = positions
        .iter()
        .map(|position| position.status_name.as_deref())
        .collect();
    sqlx::query(
        "CREATE TEMP TABLE listed_status ON COMMIT DROP AS
         SELECT DISTINCT ON (id) id, status_id, status_name
           FROM unnest($1::bigint[], $2::bigint[], $3::text[]) WITH ORDINALITY AS x (id, status_id, status_name, number)
          ORDER BY id, number DESC",
    )
    .bind(ids)
    .bind(statuses)
    .bind(names)
    .execute(tx)
    .await?;
    Ok(())
}

/// Money and quantities travel as text: JSON numbers would be floats on the way.
fn row(position: &Position) -> serde_json::Value {
    let decimal = |value: Option<rust_decimal::Decimal>| value.map(|value| value.to_string());
    // What does not fit into the column is unknown.
    let days = |days: Option<i64>| days.and_then(|days| i32::try_from(days).ok());
    serde_json::json!({
        "id": position.id,
        "invoice": position.invoice,
        "client_id": position.client_id,
        "client_name": position.client_name,
        "brand": position.brand,
        "article": position.article,
        "name": position.name,
        "quantity": position.quantity.filter(rust_decimal::Decimal::is_integer).and_then(|units| i32::try_from(units).ok()),
        "price": decimal(position.price),
        "total": decimal(position.total),
        "initial_price": decimal(position.initial_price),
        "status_id": position.status_id,
        "status_name": position.status_name,
        "distributor_id": position.distributor_id,
        "distributor_name": position.distributor_name,
        "client_comment": position.client_comment,
        "manager_comment": position.manager_comment,
        "deny_request": position.deny_request,
        "is_paid": position.is_payed,
        "is_denied": position.is_denied,
        "is_archived": position.is_archived,
        "doc_id": position.doc_id,
        "date_added": position.date_added,
        "date_modified": position.date_modified,
        "shipping_name": position.shipping_name,
        "shipping_address": position.shipping_address,
        "days_min": days(position.delivery_min),
        "days_max": days(position.delivery_max),
        "history": position.history,
    })
}

/// A status that Saplab acknowledged.
pub(crate) async fn set_status(tx: &mut PgConnection, position: i64, status: i64) -> sqlx::Result<()> {
    sqlx::query(
        "WITH known AS MATERIALIZED (
             SELECT id, status_id, status_name FROM mirror.saplab_order WHERE id = $1
         ), set AS (
             UPDATE mirror.saplab_order o
                SET status_id = $2, status_name = (SELECT name FROM mirror.saplab_status WHERE id = $2), seen_at = now(),
                    agreed_status_id = $2
              WHERE o.id = $1
             RETURNING o.status_name
         )
         INSERT INTO mirror.status_change (saplab_id, old_id, old, new_id, new, by)
         SELECT k.id, k.status_id, k.status_name, $2, s.status_name, 'pushed'
           FROM known k CROSS JOIN set s WHERE k.status_id IS DISTINCT FROM $2",
    )
    .bind(position)
    .bind(status)
    .execute(tx)
    .await?;
    Ok(())
}
