//! KEAZ remains: list, update, delete. The KEAZ document does not give the resource; its name and fields are settings.

use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::keaz_verdicts::{self, Buried, Split};
use super::keaz_warehouses::keaz;
use super::{Apart, Applied, ApplyError, Arg, Kind, Operation, new_call};
use crate::context::Context;
use crate::diff::difference::Difference;
use crate::hold;
use crate::mirror;
use crate::mirror::snapshot::{self, List};
use crate::plan;
use crate::queue::enqueue::NewCall;
use crate::queue::outcome::ReadBack;
use crate::queue::{Class, Priority};
use crate::upstream::keaz::{Remain, Verdicts};
use crate::upstream::{Fault, Upstream};

/// `remains.list`: replaces the mirror.
#[derive(Debug, Serialize, Deserialize)]
pub struct ListRemains {}

impl Operation for ListRemains {
    const NAME: &'static str = "keaz.remains.list";
    const ABOUT: &'static str = "List our remains at KEAZ (remains.list)";
    const UPSTREAM: Upstream = Upstream::Keaz;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    /// When it was asked, by the database's clock.
    type Request = DateTime<Utc>;
    /// `Err`: KEAZ's words, where it does not answer this; the mirror stays what it acknowledged.
    type Answer = Result<Vec<Remain>, String>;

    async fn prepare(&self, pool: &PgPool, _: &Context) -> sqlx::Result<Option<DateTime<Utc>>> {
        mirror::clock(pool).await.map(Some)
    }

    async fn send(&self, context: &Context, _: &DateTime<Utc>) -> Result<Self::Answer, Fault> {
        match keaz(context)?.list_remains().await {
            Err(fault @ (Fault::Unsupported { .. } | Fault::Refused { .. })) => Ok(Err(fault.to_string())),
            listed => listed.map(Ok),
        }
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        context: &Context,
        asked_at: &DateTime<Utc>,
        listed: &Self::Answer,
    ) -> Result<Applied, ApplyError> {
        let rows = match listed {
            Ok(rows) => rows,
            Err(words) => {
                let note = format!("KEAZ does not list its remains, so what it acknowledged counts ({words})");
                return Ok(Applied {
                    note: Some(note),
                    ..Applied::default()
                });
            }
        };
        let before = snapshot::accept(tx, &context.settings.guard, List::Remains, rows.len()).await?;
        let drifted = mirror::keaz::replace_remains(tx, rows, *asked_at, before).await?;
        Ok(Applied {
            drifted,
            pulled: i64::try_from(rows.len()).unwrap_or_default(),
            ..Applied::default()
        })
    }
}

const WAREHOUSE: Arg = Arg::required("warehouse", Kind::Text, "The warehouse's code");
const ARTICLES: Arg = Arg::required("articles", Kind::Texts, "Articles: those that differ are sent");

/// `remains.update`: these articles of this warehouse.
#[derive(Debug, Serialize, Deserialize)]
pub struct UpdateRemains {
    /// The warehouse's code.
    pub warehouse: String,
    /// Articles.
    pub articles: Vec<String>,
    /// A person named them: the guard has nothing to say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asked: bool,
    /// Only those that still are as this plan shows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<i64>,
}

impl Operation for UpdateRemains {
    const NAME: &'static str = "keaz.remains.update";
    const ABOUT: &'static str = "Set remains of one warehouse at KEAZ as the ERP has them (remains.update)";
    const ARGS: &'static [Arg] = &[WAREHOUSE, ARTICLES];
    const UPSTREAM: Upstream = Upstream::Keaz;
    const CLASS: Class = Class::Idempotent;
    const PRIORITY: Priority = Priority::Bulk;
    const READ_BACK: ReadBack = ReadBack::WhenLost;
    type Request = Vec<Remain>;
    type Answer = Verdicts;

    fn complete(&mut self) {
        self.asked = true;
    }

    async fn prepare(&self, pool: &PgPool, _: &Context) -> sqlx::Result<Option<Self::Request>> {
        differing(pool, "update", &self.warehouse, &self.articles, self.asked, self.plan).await
    }

    async fn send(&self, context: &Context, rows: &Self::Request) -> Result<Verdicts, Fault> {
        keaz(context)?.update_remains(rows).await
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Context,
        rows: &Self::Request,
        verdicts: &Verdicts,
    ) -> Result<Applied, ApplyError> {
        let split = Split::of(rows, verdicts);
        mirror::keaz::set_remains(tx, split.good.iter().copied()).await?;
        let emptied = split
            .good
            .iter()
            .filter(|row| row.quantity.is_some_and(|units| units.is_zero()));
        let emptied: Vec<_> = emptied.map(|row| row.article.as_str()).collect();
        hold::remains::taken(tx, &self.warehouse, &emptied).await?;
        put_aside(tx, Self::NAME, &split).await?;
        planned(tx, self.plan, &self.warehouse, &split).await?;
        Ok(split.applied(verdicts))
    }

    fn apart(&self, rows: &Self::Request, words: &str) -> Apart<Self, Verdicts> {
        keaz_verdicts::apart(rows, words, |rows| Self {
            warehouse: self.warehouse.clone(),
            articles: rows.iter().map(|row| row.article.clone()).collect(),
            asked: self.asked,
            plan: self.plan,
        })
    }

    fn read_back(&self) -> Option<NewCall> {
        read_back()
    }
}

/// `remains.delete`: these articles of this warehouse.
#[derive(Debug, Serialize, Deserialize)]
pub struct DeleteRemains {
    /// The warehouse's code.
    pub warehouse: String,
    /// Articles.
    pub articles: Vec<String>,
    /// A person named them: the guard has nothing to say.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub asked: bool,
    /// Only those that still are as this plan shows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<i64>,
}

impl Operation for DeleteRemains {
    const NAME: &'static str = "keaz.remains.delete";
    const ABOUT: &'static str = "Delete remains of one warehouse that the ERP no longer has (remains.delete)";
    const ARGS: &'static [Arg] = &[WAREHOUSE, ARTICLES];
    const UPSTREAM: Upstream = Upstream::Keaz;
    const CLASS: Class = Class::Idempotent;
    const PRIORITY: Priority = Priority::Bulk;
    const READ_BACK: ReadBack = ReadBack::WhenLost;
    type Request = Vec<Remain>;
    type Answer = Verdicts;

    fn complete(&mut self) {
        self.asked = true;
    }

    async fn prepare(&self, pool: &PgPool, _: &Context) -> sqlx::Result<Option<Self::Request>> {
        differing(pool, "delete", &self.warehouse, &self.articles, self.asked, self.plan).await
    }

    async fn send(&self, context: &Context, rows: &Self::Request) -> Result<Verdicts, Fault> {
        let keys: Vec<_> = rows
            .iter()
            .map(|row| (row.warehouse.clone(), row.article.clone()))
            .collect();
        keaz(context)?.delete_remains(&keys).await
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Context,
        rows: &Self::Request,
        verdicts: &Verdicts,
    ) -> Result<Applied, ApplyError> {
        let split = Split::of(rows, verdicts);
        let articles: Vec<_> = split.good.iter().map(|row| row.article.as_str()).collect();
        mirror::keaz::delete_remains(tx, &self.warehouse, &articles).await?;
        hold::remains::taken(tx, &self.warehouse, &articles).await?;
        put_aside(tx, Self::NAME, &split).await?;
        planned(tx, self.plan, &self.warehouse, &split).await?;
        Ok(split.applied(verdicts))
    }

    fn apart(&self, rows: &Self::Request, words: &str) -> Apart<Self, Verdicts> {
        keaz_verdicts::apart(rows, words, |rows| Self {
            warehouse: self.warehouse.clone(),
            articles: rows.iter().map(|row| row.article.clone()).collect(),
            asked: self.asked,
            plan: self.plan,
        })
    }

    fn read_back(&self) -> Option<NewCall> {
        read_back()
    }
}

/// Enqueues what `diff.remain` shows and nothing holds, a batch of articles of one warehouse to a call. A row that an
/// open call names already is left to it. Returns how many calls.
pub(crate) async fn enqueue_differing(
    tx: &mut PgConnection,
    context: &Context,
    run_id: i64,
    article: Option<&str>,
) -> sqlx::Result<u64> {
    match article {
        Some(article) => hold::remains::let_go(tx, article).await?,
        None => hold::remains::judge(tx, &context.settings.guard, run_id).await?,
    }
    enqueue(tx, context, run_id, article, None).await
}

/// The same of what a plan shows. If it is of one article, which a person named, what is not held already may go.
pub(crate) async fn enqueue_planned(
    tx: &mut PgConnection,
    context: &Context,
    run_id: i64,
    plan: i64,
    article: Option<&str>,
) -> sqlx::Result<u64> {
    match article {
        Some(article) => hold::remains::let_plan_go(tx, article, run_id, plan).await?,
        None => hold::remains::judge(tx, &context.settings.guard, run_id).await?,
    }
    enqueue(tx, context, run_id, article, Some(plan)).await
}

async fn enqueue(
    tx: &mut PgConnection,
    context: &Context,
    run_id: i64,
    article: Option<&str>,
    plan: Option<i64>,
) -> sqlx::Result<u64> {
    let planned = plan::shown_by(plan, Difference::Remain, "$4");
    let sql = format!(
        "WITH busy AS (
             SELECT c.args ->> 'warehouse' AS warehouse, a.article
               FROM queue.call c CROSS JOIN LATERAL jsonb_array_elements_text(c.args -> 'articles') AS a (article)
              WHERE c.operation IN ('keaz.remains.update', 'keaz.remains.delete')
                AND c.state IN ('pending', 'running', 'unknown')
         ), free AS (
             SELECT action, warehouse, article,
                    (row_number() OVER (PARTITION BY action, warehouse ORDER BY article) - 1) / $2 AS batch
               FROM diff.remain d
              WHERE held IS NULL AND ($3::text IS NULL OR article = $3) AND {planned}
                AND NOT EXISTS (SELECT FROM busy b WHERE b.warehouse = d.warehouse AND b.article = d.article)
         )
         INSERT INTO queue.call (run_id, upstream, operation, args, class, priority)
         SELECT $1, 'keaz', 'keaz.remains.' || action,
                jsonb_strip_nulls(jsonb_build_object(
                    'warehouse', warehouse, 'articles', jsonb_agg(article ORDER BY article), 'plan', $4::bigint)),
                'idempotent', CASE WHEN $3 IS NULL THEN 3 ELSE 0 END
           FROM free GROUP BY action, warehouse, batch
         ON CONFLICT (key) WHERE state IN ('pending', 'running', 'unknown') DO NOTHING"
    );
    let enqueued = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(run_id)
        .bind(i64::try_from(context.settings.keaz.batch_rows).unwrap_or(i64::MAX))
        .bind(article)
        .bind(plan)
        .execute(tx)
        .await?;
    Ok(enqueued.rows_affected())
}

/// Reads what of these articles still differs. What would be taken away from KEAZ needs a pass: what has turned to 0
/// since the run was judged waits for its next round. A person who names articles has asked for just that. For a plan, only
/// what still is as it was shown.
async fn differing(
    pool: &PgPool,
    action: &str,
    warehouse: &str,
    articles: &[String],
    asked: bool,
    plan: Option<i64>,
) -> sqlx::Result<Option<Vec<Remain>>> {
    let planned = plan::shown_by(plan, Difference::Remain, "$5");
    let sql = format!(
        "SELECT article, new_quantity FROM diff.remain d
          WHERE action = $1 AND warehouse = $2 AND article = ANY($3) AND (passed OR NOT loses OR $4) AND {planned}
          ORDER BY article"
    );
    let rows: Vec<(String, Option<Decimal>)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(action)
        .bind(warehouse)
        .bind(articles)
        .bind(asked)
        .bind(plan)
        .fetch_all(pool)
        .await?;
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(article, quantity)| Remain {
            warehouse: warehouse.to_owned(),
            article,
            quantity,
        })
        .collect();
    Ok(Some(rows).filter(|rows| !rows.is_empty()))
}

/// What KEAZ has acknowledged of a plan.
async fn planned(
    tx: &mut PgConnection,
    plan: Option<i64>,
    warehouse: &str,
    split: &Split<'_, Remain>,
) -> sqlx::Result<()> {
    let rows: Vec<_> = split
        .good
        .iter()
        .map(|row| format!("{}/{}", row.warehouse, row.article))
        .collect();
    plan::settle::done(tx, plan, Difference::Remain, Some(warehouse), &rows).await
}

/// Refused rows become dead calls that `diff.remain` looks for; accepted ones close theirs.
async fn put_aside(tx: &mut PgConnection, operation: &str, split: &Split<'_, Remain>) -> sqlx::Result<()> {
    keaz_verdicts::exhume(tx, split.good.iter().map(|row| row_key(row))).await?;
    let bad = split.bad.iter().map(|(row, words)| Buried {
        key: row_key(row),
        args: json!({
            "warehouse": row.warehouse,
            "articles": [row.article],
            "refused": row.quantity.map(|quantity| serde_json::Number::from(whole(quantity))),
        }),
        words: (*words).to_owned(),
    });
    keaz_verdicts::bury(tx, operation, bad).await
}

fn row_key(row: &Remain) -> String {
    format!("keaz.remain:{}/{}", row.warehouse, row.article)
}

/// Published quantities are whole units; `diff.remain` makes them so.
fn whole(quantity: Decimal) -> i64 {
    i64::try_from(quantity).unwrap_or(i64::MAX)
}

fn read_back() -> Option<NewCall> {
    Some(NewCall {
        priority: Priority::Urgent,
        ..new_call(&ListRemains {}, false)
    })
}
