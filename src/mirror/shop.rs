//! What Saplab's client API showed: the one cart of our login, the positions that we ordered, the statuses' names.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::upstream::saplab::{CartLine, ShopPosition, ShopStatus};

/// Whether two spellings name the same goods: the shop compares articles without case and punctuation (`.sg-4540.` is
/// `SG4540`).
pub(crate) fn same_goods(article: &str, brand: &str, other_article: &str, other_brand: &str) -> bool {
    let plain = |text: &str| -> String {
        let letters = text.chars().filter(|c| c.is_alphanumeric());
        letters.flat_map(char::to_uppercase).collect()
    };
    plain(article) == plain(other_article) && plain(brand) == plain(other_brand)
}

/// The whole cart, as it was when it was asked for.
pub(crate) async fn replace_cart(
    tx: &mut PgConnection,
    lines: &[CartLine],
    asked_at: DateTime<Utc>,
) -> sqlx::Result<()> {
    sqlx::query("DELETE FROM mirror.saplab_cart WHERE seen_at < $1")
        .bind(asked_at)
        .execute(&mut *tx)
        .await?;
    set_cart_lines(tx, lines).await
}

/// Lines of the cart; of one that stands there twice, the last.
async fn set_cart_lines(tx: &mut PgConnection, lines: &[CartLine]) -> sqlx::Result<()> {
    let rows: Vec<_> = lines.iter().map(cart_row).collect();
    sqlx::query(
        "INSERT INTO mirror.saplab_cart (to_order, brand, article, name, quantity, price, total, comment)
         SELECT DISTINCT ON (x.to_order) x.to_order, x.brand, x.article, x.name, x.quantity, x.price, x.total, x.comment
           FROM ROWS FROM (jsonb_to_recordset($1) AS (
                    to_order text, brand text, article text, name text, quantity int, price numeric, total numeric,
                    comment text)) WITH ORDINALITY AS x
          ORDER BY x.to_order, x.ordinality DESC
         ON CONFLICT (to_order) DO UPDATE SET
             brand = excluded.brand, article = excluded.article, name = excluded.name, quantity = excluded.quantity,
             price = excluded.price, total = excluded.total, comment = excluded.comment, seen_at = now()",
    )
    .bind(Json(rows))
    .execute(tx)
    .await?;
    Ok(())
}

fn cart_row(line: &CartLine) -> serde_json::Value {
    serde_json::json!({
        "to_order": line.to_order,
        "brand": line.brand,
        "article": line.article,
        "name": line.name,
        "quantity": units(line.quantity),
        "price": line.price,
        "total": line.total,
        "comment": line.comment,
    })
}

/// Positions that we ordered, as a page or the answer to an order showed them. Returns how many were new or have
/// changed.
pub(crate) async fn set_purchases(tx: &mut PgConnection, positions: &[ShopPosition]) -> sqlx::Result<u64> {
    let rows: Vec<_> = positions.iter().map(purchase_row).collect();
    let changed = sqlx::query(
        "INSERT INTO mirror.saplab_purchase AS m (
             id, invoice, brand, article, name, quantity, price, total, status_id, status_name, is_paid, is_denied,
             is_archived, client_comment, manager_comment, history, date_added, date_modified)
         SELECT DISTINCT ON (x.id) x.id, x.invoice, x.brand, x.article, x.name, x.quantity, x.price, x.total,
             x.status_id, x.status_name, x.is_paid, x.is_denied, x.is_archived, x.client_comment, x.manager_comment,
             x.history, x.date_added, x.date_modified
           FROM ROWS FROM (jsonb_to_recordset($1) AS (
                    id bigint, invoice text, brand text, article text, name text, quantity int, price numeric,
                    total numeric, status_id bigint, status_name text, is_paid bool, is_denied bool, is_archived bool,
                    client_comment text, manager_comment text, history jsonb, date_added timestamptz,
                    date_modified timestamptz)) WITH ORDINALITY AS x
          ORDER BY x.id, x.ordinality DESC
         ON CONFLICT (id) DO UPDATE SET
             invoice = excluded.invoice, brand = excluded.brand, article = excluded.article, name = excluded.name,
             quantity = excluded.quantity, price = excluded.price, total = excluded.total,
             status_id = excluded.status_id, status_name = excluded.status_name, is_paid = excluded.is_paid,
             is_denied = excluded.is_denied, is_archived = excluded.is_archived,
             client_comment = excluded.client_comment, manager_comment = excluded.manager_comment,
             history = excluded.history, date_added = excluded.date_added, date_modified = excluded.date_modified,
             seen_at = now()
          WHERE to_jsonb(m) - 'seen_at' IS DISTINCT FROM to_jsonb(excluded) - 'seen_at'",
    )
    .bind(Json(rows))
    .execute(tx)
    .await?;
    Ok(changed.rows_affected())
}

/// Money is written as text by its type: JSON numbers would be floats on the way.
fn purchase_row(position: &ShopPosition) -> serde_json::Value {
    serde_json::json!({
        "id": position.id,
        "invoice": position.invoice,
        "brand": position.brand,
        "article": position.article,
        "name": position.name,
        "quantity": units(position.quantity),
        "price": position.price,
        "total": position.total,
        "status_id": position.status_id,
        "status_name": position.status_name,
        "is_paid": position.is_payed,
        "is_denied": position.is_denied,
        "is_archived": position.is_archived,
        "client_comment": position.client_comment,
        "manager_comment": position.manager_comment,
        "history": position.history,
        "date_added": position.date_added,
        "date_modified": position.date_modified,
    })
}

/// What does not fit into the column is unknown.
fn units(quantity: Option<i64>) -> Option<i32> {
    quantity.and_then(|units| i32::try_from(units).ok())
}

/// The whole list of statuses.
pub(crate) async fn replace_statuses(tx: &mut PgConnection, statuses: &[ShopStatus]) -> sqlx::Result<()> {
    let ids: Vec<_> = statuses.iter().map(|status| status.id).collect();
    let names: Vec<_> = statuses.iter().map(|status| status.name.as_str()).collect();
    let colors: Vec<_> = statuses.iter().map(|status| status.color.as_str()).collect();
    sqlx::query("DELETE FROM mirror.saplab_purchase_status WHERE id <> ALL($1)")
        .bind(&ids)
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "INSERT INTO mirror.saplab_purchase_status (id, name, color)
         SELECT DISTINCT ON (id) * FROM unnest($1::bigint[], $2::text[], $3::text[]) AS x (id) ORDER BY id
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, color = excluded.color",
    )
    .bind(ids)
    .bind(names)
    .bind(colors)
    .execute(tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::same_goods;

    #[test]
    fn goods_are_the_same_without_case_and_punctuation() {
        assert!(same_goods(".sg-4540.", "Zekkert", "SG4540", "ZEKKERT"));
        assert!(same_goods("9054", "MEAT&DORIA;", "9054", "MEAT & DORIA"));
        assert!(!same_goods("9054", "MEAT&DORIA;", "9054", "MEAT"));
        assert!(!same_goods("9054", "MEAT", "9055", "MEAT"));
    }
}

/// A position of ours that is looked for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// Our token in its comment.
    pub(crate) comment: &'a str,
    pub(crate) brand: &'a str,
    pub(crate) article: &'a str,
    pub(crate) quantity: Option<i64>,
    /// It is not older.
    pub(crate) since: Option<DateTime<Utc>>,
}

/// A position that was found.
#[derive(Debug, sqlx::FromRow)]
pub(crate) struct Found {
    pub(crate) id: i64,
    pub(crate) invoice: String,
    pub(crate) price: Option<Decimal>,
}

/// The positions that carry our token. When the order may have been `sent`, and none does: those of the same goods that
/// have appeared since without any comment, and are no other purchase of ours. The two clocks may differ by ten minutes.
pub(crate) async fn find(conn: &mut PgConnection, wanted: &Wanted<'_>, sent: bool) -> sqlx::Result<Vec<Found>> {
    let ours: Vec<Found> = sqlx::query_as(
        "SELECT id, coalesce(invoice, '') AS invoice, price FROM mirror.saplab_purchase
          WHERE $1 <> '' AND strpos(client_comment, $1) > 0 ORDER BY id",
    )
    .bind(wanted.comment)
    .fetch_all(&mut *conn)
    .await?;
    if !ours.is_empty() || !sent || wanted.article.is_empty() {
        return Ok(ours);
    }
    sqlx::query_as(
        "SELECT id, coalesce(invoice, '') AS invoice, price FROM mirror.saplab_purchase s
          WHERE upper(btrim(brand)) = upper(btrim($1)) AND upper(btrim(article)) = upper(btrim($2))
            AND quantity = $3 AND date_added >= $4 - interval '10 minutes' AND coalesce(client_comment, '') = ''
            AND NOT EXISTS (SELECT FROM mirror.purchase p WHERE p.supplier = 'saplab' AND p.ordered_id = s.id)
          ORDER BY id",
    )
    .bind(wanted.brand)
    .bind(wanted.article)
    .bind(wanted.quantity)
    .bind(wanted.since)
    .fetch_all(conn)
    .await
}
