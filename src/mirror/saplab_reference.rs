//! The panel's reference lists, its clients and their money.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::upstream::saplab::{ClientRow, Group, Listed, Manager, ShippingType, Transaction};

/// The whole list of employees. While a row could not be read, nobody is taken out.
pub(crate) async fn replace_managers(tx: &mut PgConnection, list: &Listed<Manager>) -> sqlx::Result<()> {
    keep(tx, "mirror.saplab_manager", list, |one| one.id).await?;
    sqlx::query(
        "INSERT INTO mirror.saplab_manager AS m (
             id, phone, name, seat, email, point_id, point_name, point_address, group_id, group_name, client_count,
             is_active, takes_clients, is_shown)
         SELECT DISTINCT ON (id) id, phone, name, seat, email, point_id, point_name, point_address, manager_group_id,
                manager_group_name, CASE WHEN client_count BETWEEN 0 AND 2147483647 THEN client_count END, status,
                client_use, contact_show
           FROM jsonb_to_recordset($1) AS x (
                id bigint, phone text, name text, seat text, email text, point_id bigint, point_name text,
                point_address text, manager_group_id bigint, manager_group_name text, client_count bigint, status bool,
                client_use bool, contact_show bool)
          ORDER BY id
         ON CONFLICT (id) DO UPDATE SET
             phone = excluded.phone, name = excluded.name, seat = excluded.seat, email = excluded.email,
             point_id = excluded.point_id, point_name = excluded.point_name, point_address = excluded.point_address,
             group_id = excluded.group_id, group_name = excluded.group_name, client_count = excluded.client_count,
             is_active = excluded.is_active, takes_clients = excluded.takes_clients, is_shown = excluded.is_shown
          WHERE m IS DISTINCT FROM excluded",
    )
    .bind(Json(&list.rows))
    .execute(tx)
    .await?;
    Ok(())
}

/// The whole list of ways of delivery. While a row could not be read, none is taken out.
pub(crate) async fn replace_shipping_types(tx: &mut PgConnection, list: &Listed<ShippingType>) -> sqlx::Result<()> {
    keep(tx, "mirror.saplab_shipping_type", list, |one| one.id).await?;
    sqlx::query(
        "INSERT INTO mirror.saplab_shipping_type AS m (id, name, min_price)
         SELECT DISTINCT ON (id) id, name, min_price
           FROM jsonb_to_recordset($1) AS x (id bigint, name text, min_price numeric) ORDER BY id
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, min_price = excluded.min_price
          WHERE m IS DISTINCT FROM excluded",
    )
    .bind(Json(&list.rows))
    .execute(tx)
    .await?;
    Ok(())
}

/// The whole list of discount groups. While a row could not be read, none is taken out.
pub(crate) async fn replace_groups(tx: &mut PgConnection, list: &Listed<Group>) -> sqlx::Result<()> {
    keep(tx, "mirror.saplab_group", list, |one| one.id).await?;
    sqlx::query(
        "INSERT INTO mirror.saplab_group AS m (id, name, discount, comment)
         SELECT DISTINCT ON (id) id, name, discount, comment
           FROM jsonb_to_recordset($1) AS x (id bigint, name text, discount numeric, comment text) ORDER BY id
         ON CONFLICT (id) DO UPDATE
            SET name = excluded.name, discount = excluded.discount, comment = excluded.comment
          WHERE m IS DISTINCT FROM excluded",
    )
    .bind(Json(&list.rows))
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes out of a mirror of a whole list what the list no longer has.
async fn keep<T>(tx: &mut PgConnection, table: &str, list: &Listed<T>, id: fn(&T) -> i64) -> sqlx::Result<()> {
    if !list.rejected.is_empty() {
        return Ok(());
    }
    let ids: Vec<i64> = list.rows.iter().map(id).collect();
    sqlx::query(sqlx::AssertSqlSafe(format!("DELETE FROM {table} WHERE id <> ALL($1)")))
        .bind(ids)
        .execute(tx)
        .await?;
    Ok(())
}

/// A row of a reference list, of which Saplab acknowledged that it is removed.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Removed {
    /// `mirror.saplab_shipping_type`
    ShippingType,
    /// `mirror.saplab_status`
    Status,
    /// `mirror.saplab_group`
    Group,
}

/// Takes out what Saplab removed.
pub(crate) async fn remove(tx: &mut PgConnection, what: Removed, id: i64) -> sqlx::Result<()> {
    let sql = match what {
        Removed::ShippingType => "DELETE FROM mirror.saplab_shipping_type WHERE id = $1",
        Removed::Status => "DELETE FROM mirror.saplab_status WHERE id = $1",
        Removed::Group => "DELETE FROM mirror.saplab_group WHERE id = $1",
    };
    sqlx::query(sql).bind(id).execute(tx).await?;
    Ok(())
}

/// Clients as a page showed them; of one that stands there twice, the last.
pub(crate) async fn set_clients(
    tx: &mut PgConnection,
    clients: &[ClientRow],
    asked_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO mirror.saplab_client AS m (
             id, phone, name, address, email, is_wholesaler, wholesaler_info, group_id, group_name, manager_id,
             manager_name, point_id, point_name, shipping_id, is_active, comment, balance, debt, blocked_debt,
             credit_limit, date_added, date_modified, seen_at)
         SELECT DISTINCT ON (x.id) x.id, x.phone, x.name, x.address, x.email, x.is_wholesaler, x.wholesaler_info,
                x.group_id, x.\"group\", x.manager_id, x.manager, x.point_id, x.point, x.shipping_id, x.status, x.comment,
                x.balance, x.debt, x.blocked_debt, x.\"limit\", x.date_added, x.date_modified, now()
           FROM ROWS FROM (jsonb_to_recordset($1) AS (
                    id bigint, phone text, name text, address text, email text, is_wholesaler bool,
                    wholesaler_info text, group_id bigint, \"group\" text, manager_id bigint, manager text,
                    point_id bigint, point text, shipping_id bigint, status bool, comment text, balance numeric,
                    debt numeric, blocked_debt numeric, \"limit\" numeric, date_added timestamptz,
                    date_modified timestamptz)) WITH ORDINALITY AS x
          ORDER BY x.id, x.ordinality DESC
         ON CONFLICT (id) DO UPDATE SET
             phone = excluded.phone, name = excluded.name, address = excluded.address, email = excluded.email,
             is_wholesaler = excluded.is_wholesaler, wholesaler_info = excluded.wholesaler_info,
             group_id = excluded.group_id, group_name = excluded.group_name, manager_id = excluded.manager_id,
             manager_name = excluded.manager_name, point_id = excluded.point_id, point_name = excluded.point_name,
             shipping_id = excluded.shipping_id, is_active = excluded.is_active, comment = excluded.comment,
             balance = excluded.balance, debt = excluded.debt, blocked_debt = excluded.blocked_debt,
             credit_limit = excluded.credit_limit, date_added = excluded.date_added,
             date_modified = excluded.date_modified, seen_at = excluded.seen_at
          WHERE m.seen_at < $2",
    )
    .bind(Json(clients))
    .bind(asked_at)
    .execute(tx)
    .await?;
    Ok(())
}

/// Operations with one client's balance as a page showed them. What has no date or no sum cannot be kept.
pub(crate) async fn set_transactions(
    tx: &mut PgConnection,
    client: i64,
    transactions: &[Transaction],
) -> sqlx::Result<()> {
    sqlx::query(
        "INSERT INTO mirror.saplab_transaction AS m (client_id, date, amount, comment, copies)
         SELECT $1, date, amount, coalesce(comment, ''), count(*)
           FROM jsonb_to_recordset($2) AS x (date timestamptz, amount numeric, comment text)
          WHERE date IS NOT NULL AND amount IS NOT NULL
          GROUP BY date, amount, coalesce(comment, '')
         ON CONFLICT (client_id, date, amount, comment) DO UPDATE
            SET copies = greatest(m.copies, excluded.copies), seen_at = now()",
    )
    .bind(client)
    .bind(Json(transactions))
    .execute(tx)
    .await?;
    Ok(())
}

/// Whether an operation with this text in its comment was ever listed.
pub(crate) async fn has_transaction(pool: &sqlx::PgPool, client: i64, text: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM mirror.saplab_transaction WHERE client_id = $1 AND position($2 IN comment) > 0)",
    )
    .bind(client)
    .bind(text)
    .fetch_one(pool)
    .await
}
