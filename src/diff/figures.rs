//! What differs, in figures: how many rows of each job and action, and the first rows of each.
//!
//! The same rows as `sverka plan`, in columns of their own so that a page can filter by warehouse, brand and article. Read
//! by [`super::tally`] in the background.

use std::fmt::Write;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgPool;

use super::difference::Difference;
use super::plan::Total;
use crate::job::Job;

/// So many rows of each job and action are read.
const ROWS: i64 = 100;
/// So many letters of a value.
const LETTERS: usize = 200;

/// Which rows are asked for; the default is all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(crate) job: Option<Job>,
    /// Its code; only jobs that push to KEAZ have rows then.
    pub(crate) warehouse: Option<String>,
    /// In any case of letters.
    pub(crate) brand: Option<String>,
    pub(crate) article: Option<String>,
}

impl Filter {
    /// Asks for so little that indexes lead to it.
    pub(crate) fn is_narrow(&self) -> bool {
        self.article.is_some()
    }
}

/// A row that differs.
#[derive(Clone, Debug, Serialize, sqlx::FromRow)]
pub(crate) struct Row {
    pub(crate) job: String,
    pub(crate) action: String,
    /// As `sverka plan` names it.
    pub(crate) row: String,
    /// The warehouse, or the source of a price.
    pub(crate) place: Option<String>,
    pub(crate) brand: Option<String>,
    pub(crate) article: Option<String>,
    /// Of an order's position.
    pub(crate) position: Option<i64>,
    pub(crate) old: Option<String>,
    pub(crate) new: Option<String>,
    /// Why it is not written although it differs.
    pub(crate) held: Option<String>,
    /// The hold that it is in.
    pub(crate) hold_id: Option<i64>,
}

/// What was found.
#[derive(Clone, Debug)]
pub(crate) struct Figures {
    /// When, by the database's clock.
    pub(crate) at: DateTime<Utc>,
    pub(crate) totals: Vec<Total>,
    /// The first of each job and action.
    pub(crate) rows: Vec<Row>,
}

#[derive(sqlx::FromRow)]
struct Found {
    #[sqlx(flatten)]
    row: Row,
    goes: i64,
    held_rows: i64,
}

/// Which of `$1` (warehouse), `$2` (brand), `$3` (article) a view can be asked by, as conditions.
pub(crate) struct By {
    warehouse: Option<&'static str>,
    brand: Option<&'static str>,
    article: Option<&'static str>,
}

/// A view of schema `diff`: its job, what its rows are, its columns in the order of [`Row`], itself, and what it can be
/// asked by.
type View = (Job, Difference, &'static str, &'static str, By);

const PRICE_OF_LIST: &str = "d.action, d.supplier || '/' || d.source || '/' || d.brand || '/' || d.article,
    d.supplier || '/' || d.source, d.brand, d.article, NULL::bigint, d.old_price::text, d.price::text, d.held,
    CASE WHEN d.held IS NOT NULL
         THEN (SELECT max(h.id) FROM queue.hold h
                WHERE h.upstream = d.supplier AND h.scope = d.source AND h.state IN ('held', 'refused')) END";
const PRICE_FOUND: &str = "d.action, d.supplier || '/' || d.source || '/' || d.brand || '/' || d.article,
    d.supplier || '/' || d.source, d.brand, d.article, NULL::bigint, d.old_price::text, d.price::text, d.held, NULL::bigint";

const OF_GOODS: By = By {
    warehouse: None,
    brand: Some("upper(d.brand) = upper($2)"),
    article: Some("d.article = $3"),
};

pub(crate) const VIEWS: [View; 7] = [
    (
        Job::Warehouses,
        Difference::Warehouse,
        "d.action, d.code, d.code, NULL, NULL, NULL::bigint, concat_ws('; ', d.old_address, d.old_contacts),
         concat_ws('; ', d.new_address, d.new_contacts), d.held, NULL::bigint",
        "diff.warehouse",
        By {
            warehouse: Some("d.code = $1"),
            brand: None,
            article: None,
        },
    ),
    (
        Job::Stock,
        Difference::Remain,
        "d.action, d.warehouse || '/' || d.article, d.warehouse, NULL, d.article, NULL::bigint, d.old_quantity::text,
         d.new_quantity::text || CASE WHEN d.reserved <> 0 OR d.held_back <> 0
              THEN ' (ERP ' || d.on_hand || ', reserved ' || d.reserved || ', held back ' || d.held_back || ')' ELSE '' END,
         d.held, d.hold_id",
        "diff.remain",
        By {
            warehouse: Some("d.warehouse = $1"),
            brand: Some(
                "EXISTS (SELECT FROM erp.stock b WHERE b.warehouse_code = d.warehouse AND b.article = d.article
                                                   AND upper(b.brand) = upper($2))",
            ),
            article: Some("d.article = $3"),
        },
    ),
    (
        Job::Orders,
        Difference::Status,
        "'update', d.saplab_id::text, NULL, d.brand, d.article, d.saplab_id, d.old_status, coalesce(d.new_status, d.erp_status),
         d.held, NULL::bigint",
        "(SELECT s.*, o.brand FROM diff.order_status s JOIN mirror.saplab_order o ON o.id = s.saplab_id)",
        OF_GOODS,
    ),
    (
        Job::Orders,
        Difference::Order,
        "d.action, d.saplab_id::text, NULL, d.brand, d.article, d.saplab_id, NULL,
         concat_ws(' ', d.invoice, d.brand, d.article), d.held, NULL::bigint",
        "diff.\"order\"",
        OF_GOODS,
    ),
    (Job::Prices, Difference::Price, PRICE_OF_LIST, "diff.supplier_price", OF_GOODS),
    (Job::Prices, Difference::Spot, PRICE_FOUND, "diff.spot_price", OF_GOODS),
    (
        Job::Purchases,
        Difference::Purchase,
        "d.action, d.id::text, NULL, d.brand, d.article, NULL::bigint, NULL,
         concat_ws(' ', d.supplier, d.brand, d.article, d.quantity || ' pcs', d.status, d.supplier_number, d.supplier_status,
                   d.error), d.held, NULL::bigint",
        "diff.purchase",
        OF_GOODS,
    ),
];

/// What differs now.
pub(crate) async fn read(pool: &PgPool, filter: &Filter) -> sqlx::Result<Figures> {
    let mut tx = super::roomy(pool).await?;
    // On one core: who looks at a page, and the work, need the others.
    let alone = "SET LOCAL max_parallel_workers_per_gather = 0";
    sqlx::query(alone).execute(&mut *tx).await?;
    let at = sqlx::query_scalar("SELECT now()").fetch_one(&mut *tx).await?;
    let found: Vec<Found> = sqlx::query_as(sqlx::AssertSqlSafe(statement(filter)))
        .bind(&filter.warehouse)
        .bind(&filter.brand)
        .bind(&filter.article)
        .bind(ROWS)
        .persistent(false)
        .fetch_all(&mut *tx)
        .await?;
    tx.rollback().await?;
    let mut totals: Vec<Total> = Vec::new();
    for found in &found {
        let Row { job, action, .. } = &found.row;
        if totals
            .last()
            .is_none_or(|total| (&total.job, &total.action) != (job, action))
        {
            totals.push(Total {
                job: job.clone(),
                action: action.clone(),
                rows: found.goes,
                held: found.held_rows,
            });
        }
    }
    let rows = found.into_iter().map(|found| found.row).collect();
    Ok(Figures { at, totals, rows })
}

/// Only views that can have such rows, only conditions that are asked for: so each can use its indexes.
fn statement(filter: &Filter) -> String {
    let mut union = String::new();
    for (job, _, columns, view, by) in &VIEWS {
        if filter.job.is_some_and(|wanted| wanted != *job) {
            continue;
        }
        let asked = [
            (&filter.warehouse, by.warehouse),
            (&filter.brand, by.brand),
            (&filter.article, by.article),
        ];
        if asked.iter().any(|(wanted, by)| wanted.is_some() && by.is_none()) {
            continue;
        }
        let conditions = asked.iter().filter(|(wanted, _)| wanted.is_some());
        let conditions: Vec<&str> = conditions.filter_map(|(_, by)| *by).collect();
        let conditions = if conditions.is_empty() {
            "true".to_owned()
        } else {
            conditions.join(" AND ")
        };
        if !union.is_empty() {
            union += " UNION ALL ";
        }
        // Writing into a String does not fail.
        let _ = write!(union, "SELECT '{job}', {columns} FROM {view} d WHERE {conditions}");
    }
    if union.is_empty() {
        union += "SELECT '', '', '', '', '', '', 0::bigint, '', '', '', 0::bigint WHERE false";
    }
    format!(
        "WITH differing (job, action, row, place, brand, article, position, old, new, held, hold_id) AS ({union})
         SELECT job, action, row, place, brand, article, position, left(old, {LETTERS}) AS old, left(new, {LETTERS}) AS new,
                held, hold_id, goes, held_rows
           FROM (SELECT *, row_number() OVER (PARTITION BY job, action ORDER BY row) AS n,
                        count(*) FILTER (WHERE held IS NULL) OVER (PARTITION BY job, action) AS goes,
                        count(held) OVER (PARTITION BY job, action) AS held_rows
                   FROM differing) numbered
          WHERE n <= $4 AND concat($1::text, $2::text, $3::text) IS NOT NULL
          ORDER BY job, action, n"
    )
}
