//! Our memory of what was bought for the ERP: each row is bought at most once, whatever becomes of the ERP's row.
//!
//! Everything is set-based: a purchase moves on by what the suppliers' lists and its own calls show.

use rust_decimal::Decimal;
use sqlx::PgConnection;

use crate::diff::difference::Difference;
use crate::plan;

/// Refusals of an offer, each followed by a new search, after which a purchase fails.
const TRIES_MAX: i32 = 3;

/// Takes up what `diff.purchase` wants placed. One that failed and is wanted anew begins from the beginning, with the
/// same token: if it was placed after all, it is found. For a plan, what it shows.
pub(crate) async fn adopt(tx: &mut PgConnection, plan: Option<i64>) -> sqlx::Result<()> {
    let planned = plan::shown_by(plan, Difference::Purchase, "$1");
    let sql = format!(
        "INSERT INTO mirror.purchase AS p (id, supplier, token, brand, article, quantity, max_price, plan_id)
         SELECT id, supplier, mirror.purchase_token(id), brand, article, quantity, max_price, $1::bigint
           FROM diff.purchase d WHERE action = 'place' AND held IS NULL AND {planned}
         ON CONFLICT (id) DO UPDATE
            SET supplier = excluded.supplier, brand = excluded.brand, article = excluded.article,
                quantity = excluded.quantity, max_price = excluded.max_price, state = 'placing', tries = 0,
                searched_at = NULL, error = NULL, began_at = now(), plan_id = excluded.plan_id
          WHERE p.state = 'failed'"
    );
    sqlx::query(sqlx::AssertSqlSafe(sql)).bind(plan).execute(tx).await?;
    Ok(())
}

/// Lets every purchase be what the suppliers' lists and its own call say that it is.
pub(crate) async fn reconcile(tx: &mut PgConnection) -> sqlx::Result<()> {
    sqlx::raw_sql(
        "UPDATE mirror.purchase p
            SET state = 'placed', ordered_id = f.ids[1], number = f.number, price = f.price, error = NULL,
                placed_at = coalesce(p.placed_at, f.created, now())
           FROM (SELECT client_comment, array_agg(id ORDER BY id) AS ids, min(number) AS number, min(price) AS price,
                        min(created) AS created
                   FROM mirror.carreta_order WHERE client_comment <> '' GROUP BY client_comment) f
          WHERE p.supplier = 'carreta' AND p.ordered_id IS NULL AND f.client_comment = p.token
            AND cardinality(f.ids) = 1;
         UPDATE mirror.purchase p
            SET state = 'placed', ordered_id = s.id, number = s.invoice, price = s.price, error = NULL,
                placed_at = coalesce(p.placed_at, s.date_added, now())
           FROM mirror.saplab_purchase s
          WHERE p.supplier = 'saplab' AND p.ordered_id IS NULL AND strpos(s.client_comment, p.token) > 0
            AND NOT EXISTS (SELECT FROM mirror.purchase o WHERE o.supplier = 'saplab' AND o.ordered_id = s.id);
         UPDATE mirror.purchase p SET state = 'unknown', error = c.reason
           FROM queue.call c
          WHERE p.state = 'placing' AND c.key = 'purchase:' || p.id AND c.state = 'quarantined';
         UPDATE mirror.purchase p SET state = 'failed', error = c.reason
           FROM queue.call c
          WHERE p.state IN ('placing', 'unknown') AND c.key = 'purchase:' || p.id AND c.state = 'dead'
            AND c.ended_at >= p.began_at
            AND NOT EXISTS (SELECT FROM queue.call o WHERE o.key = c.key
                               AND o.state IN ('pending', 'running', 'unknown', 'quarantined'));
         UPDATE mirror.purchase p SET state = 'placing', error = NULL
           FROM queue.call c
          WHERE p.state IN ('unknown', 'failed') AND c.key = 'purchase:' || p.id
            AND c.state IN ('pending', 'running', 'unknown');
         UPDATE mirror.purchase p
            SET state = 'failed', error = 'a person closed the call that might have placed it: nothing is known of an order'
          WHERE p.state = 'unknown'
            AND NOT EXISTS (SELECT FROM queue.call c WHERE c.key = 'purchase:' || p.id
                               AND c.state IN ('pending', 'running', 'unknown', 'quarantined', 'dead'))",
    )
    .execute(&mut *tx)
    .await?;
    find_doubles(tx).await
}

/// An order that took effect after its repetition, or that somebody made a second time: two orders with one token. It is
/// told once, in the ERP's row too, until all but one are cancelled there.
async fn find_doubles(tx: &mut PgConnection) -> sqlx::Result<()> {
    let doubled: Vec<(i64, String)> = sqlx::query_as(
        "WITH doubled AS (
             SELECT p.id, 'Carreta has ' || count(*) || ' orders with our comment ' || p.token || ': '
                          || string_agg(o.number, ', ' ORDER BY o.id) || '; cancel all but one there' AS error
               FROM mirror.purchase p
               JOIN mirror.carreta_order o ON o.client_comment = p.token AND o.status NOT IN (8, 10)
              WHERE p.supplier = 'carreta'
              GROUP BY p.id HAVING count(*) > 1
         ), mended AS (
             UPDATE mirror.purchase p SET error = NULL
              WHERE p.state = 'placed' AND p.error LIKE 'Carreta has % orders with our comment %'
                AND p.id NOT IN (SELECT id FROM doubled)
         )
         UPDATE mirror.purchase p SET error = d.error
           FROM doubled d WHERE p.id = d.id AND p.error IS DISTINCT FROM d.error
         RETURNING p.id, d.error",
    )
    .fetch_all(tx)
    .await?;
    for (purchase, why) in doubled {
        tracing::error!(purchase, why, "a purchase stands more than once at the supplier");
    }
    Ok(())
}

/// Enqueues a search for every purchase whose offers must be read (again); once for each article. Returns how many.
pub(crate) async fn search(
    tx: &mut PgConnection,
    run_id: i64,
    suppliers: &[&str],
    plan: Option<i64>,
) -> sqlx::Result<u64> {
    let enqueued = sqlx::query(
        "INSERT INTO queue.call (run_id, upstream, operation, args, class, priority, gating)
         SELECT DISTINCT ON (supplier, mirror.searched(supplier, article, brand)) $1,
                CASE supplier WHEN 'saplab' THEN 'saplab.client' ELSE supplier END,
                CASE supplier WHEN 'saplab' THEN 'saplab.parts.search' ELSE 'carreta.parts.search' END,
                CASE supplier WHEN 'saplab' THEN jsonb_build_object('article', article, 'brand', brand)
                                            ELSE jsonb_build_object('q', article) END,
                'read', 1, true
           FROM mirror.purchase p
          WHERE p.state = 'placing' AND p.supplier = ANY($2) AND ($3::bigint IS NULL OR p.plan_id = $3)
            AND (p.searched_at IS NULL OR p.searched_at < now() - interval '10 minutes')
            AND NOT EXISTS (SELECT FROM queue.call c WHERE c.key = 'purchase:' || p.id
                               AND c.state IN ('pending', 'running', 'unknown', 'quarantined'))
          ORDER BY supplier, mirror.searched(supplier, article, brand)
         ON CONFLICT (key) WHERE state IN ('pending', 'running', 'unknown') DO NOTHING",
    )
    .bind(run_id)
    .bind(suppliers)
    .bind(plan)
    .execute(tx)
    .await?;
    Ok(enqueued.rows_affected())
}

/// Orders the cheapest offer that fits for every purchase whose offers have just been read, and fails those that none
/// fits, saying why. At Saplab one goes after the other for each article: its one cart adds equal goods up.
pub(crate) async fn order(
    tx: &mut PgConnection,
    run_id: i64,
    suppliers: &[&str],
    test: bool,
    plan: Option<i64>,
) -> sqlx::Result<u64> {
    sqlx::query(
        "UPDATE mirror.purchase p SET state = 'failed', error = f.error
           FROM mirror.purchase_offer f
          WHERE f.purchase = p.id AND f.offer IS NULL AND p.supplier = ANY($1)
            AND ($2::bigint IS NULL OR p.plan_id = $2)",
    )
    .bind(suppliers)
    .bind(plan)
    .execute(&mut *tx)
    .await?;
    let enqueued = sqlx::query(
        "INSERT INTO queue.call (run_id, upstream, operation, args, key, class, priority, gating)
         SELECT $1, CASE supplier WHEN 'saplab' THEN 'saplab.client' ELSE supplier END,
                CASE supplier WHEN 'saplab' THEN 'saplab.cart.add' ELSE 'carreta.orders.create' END,
                jsonb_build_object('purchase', purchase, 'offer', offer, 'quantity', quantity, 'comment', token,
                                   'since', began_at)
                || CASE WHEN supplier = 'saplab' THEN jsonb_build_object('brand', brand, 'article', article)
                        WHEN $3 THEN '{\"test\": true}' ELSE '{}' END,
                'purchase:' || purchase, 'guarded', 1, true
           FROM mirror.purchase_offer
          WHERE offer IS NOT NULL AND turn = 1 AND supplier = ANY($2)
            AND ($4::bigint IS NULL OR purchase IN (SELECT id FROM mirror.purchase WHERE plan_id = $4))
          ORDER BY purchase
         ON CONFLICT (key) WHERE state IN ('pending', 'running', 'unknown') DO NOTHING",
    )
    .bind(run_id)
    .bind(suppliers)
    .bind(test)
    .bind(plan)
    .execute(tx)
    .await?;
    Ok(enqueued.rows_affected())
}

/// The supplier has said yes.
pub(crate) async fn placed(
    tx: &mut PgConnection,
    id: i64,
    ordered_id: Option<i64>,
    number: Option<&str>,
    price: Option<Decimal>,
) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE mirror.purchase
            SET state = 'placed', placed_at = coalesce(placed_at, now()), error = NULL,
                ordered_id = coalesce(ordered_id, $2), number = coalesce($3, number), price = coalesce($4, price)
          WHERE id = $1",
    )
    .bind(id)
    .bind(ordered_id)
    .bind(number)
    .bind(price)
    .execute(tx)
    .await?;
    Ok(())
}

/// The supplier refused the offer: it is searched anew, a few times.
pub(crate) async fn refused(tx: &mut PgConnection, id: i64, words: &str) -> sqlx::Result<()> {
    sqlx::query(
        "UPDATE mirror.purchase
            SET tries = tries + 1, searched_at = NULL, error = $2,
                state = CASE WHEN tries + 1 >= $3 THEN 'failed' ELSE state END
          WHERE id = $1",
    )
    .bind(id)
    .bind(words)
    .bind(TRIES_MAX)
    .execute(tx)
    .await?;
    Ok(())
}

/// Enqueues reads of what we bought through Saplab's client API lately, a hundred positions at a time.
pub(crate) async fn follow_saplab(tx: &mut PgConnection, run_id: i64) -> sqlx::Result<u64> {
    let enqueued = sqlx::query(
        "INSERT INTO queue.call (run_id, upstream, operation, args, class, priority, gating)
         SELECT $1, 'saplab.client', 'saplab.purchases.list',
                jsonb_build_object('order_ids', jsonb_agg(ordered_id), 'unignore_archived', true, 'page', 1,
                                   'per_page', 150, 'follow', true),
                'read', 2, true
           FROM (SELECT ordered_id, row_number() OVER (ORDER BY ordered_id) / 100 AS batch
                   FROM mirror.purchase
                  WHERE supplier = 'saplab' AND ordered_id IS NOT NULL AND placed_at > now() - interval '180 days') p
          GROUP BY batch
         ON CONFLICT (key) WHERE state IN ('pending', 'running', 'unknown') DO NOTHING",
    )
    .bind(run_id)
    .execute(tx)
    .await?;
    Ok(enqueued.rows_affected())
}

/// Enqueues the history of every Carreta order of ours whose status has changed since it was last read.
pub(crate) async fn histories(tx: &mut PgConnection, run_id: i64) -> sqlx::Result<u64> {
    let enqueued = sqlx::query(
        "INSERT INTO queue.call (run_id, upstream, operation, args, class, priority, gating)
         SELECT $1, 'carreta', 'carreta.orders.history', jsonb_build_object('id', o.id), 'read', 2, true
           FROM mirror.purchase p JOIN mirror.carreta_order o ON o.id = p.ordered_id
          WHERE p.supplier = 'carreta' AND p.history_of IS DISTINCT FROM o.status::text
          ORDER BY o.id
         ON CONFLICT (key) WHERE state IN ('pending', 'running', 'unknown') DO NOTHING",
    )
    .bind(run_id)
    .execute(tx)
    .await?;
    Ok(enqueued.rows_affected())
}
