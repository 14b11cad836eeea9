//! KEAZ `warehouses`: list, add, update (KEAZ document, «Общий вид запросов»).

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::{Apart, Applied, ApplyError, Arg, Kind, Operation, keaz_verdicts, new_call};
use crate::context::Context;
use crate::diff::difference::Difference;
use crate::mirror;
use crate::mirror::snapshot::{self, List};
use crate::plan;
use crate::queue::enqueue::NewCall;
use crate::queue::outcome::ReadBack;
use crate::queue::{Class, Priority};
use crate::upstream::keaz::{Keaz, Verdicts, Warehouse};
use crate::upstream::{Fault, Upstream};

/// `warehouses.list`: replaces the mirror, keeping what the list does not say.
#[derive(Debug, Serialize, Deserialize)]
pub struct ListWarehouses {}

impl Operation for ListWarehouses {
    const NAME: &'static str = "keaz.warehouses.list";
    const ABOUT: &'static str = "List our warehouses at KEAZ (warehouses.list)";
    const UPSTREAM: Upstream = Upstream::Keaz;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    /// When it was asked, by the database's clock.
    type Request = DateTime<Utc>;
    /// `None`: KEAZ has no such method, the mirror stays what it acknowledged.
    type Answer = Option<Vec<Warehouse>>;

    async fn prepare(&self, pool: &PgPool, _: &Context) -> sqlx::Result<Option<DateTime<Utc>>> {
        mirror::clock(pool).await.map(Some)
    }

    async fn send(&self, context: &Context, _: &DateTime<Utc>) -> Result<Self::Answer, Fault> {
        match keaz(context)?.list_warehouses().await {
            Err(Fault::Unsupported { .. }) => Ok(None),
            listed => listed.map(Some),
        }
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        context: &Context,
        asked_at: &DateTime<Utc>,
        listed: &Self::Answer,
    ) -> Result<Applied, ApplyError> {
        let Some(rows) = listed else {
            let note = "KEAZ does not list its warehouses; what it acknowledged counts";
            return Ok(Applied {
                note: Some(note.into()),
                ..Applied::default()
            });
        };
        let before = snapshot::accept(tx, &context.settings.guard, List::Warehouses, rows.len()).await?;
        let drifted = mirror::keaz::replace_warehouses(tx, rows, *asked_at, before).await?;
        Ok(Applied {
            drifted,
            pulled: i64::try_from(rows.len()).unwrap_or_default(),
            ..Applied::default()
        })
    }
}

/// `warehouses.add`: these codes of `erp.warehouses`.
#[derive(Debug, Serialize, Deserialize)]
pub struct AddWarehouses {
    /// Codes.
    pub codes: Vec<String>,
    /// Only those that still are as this plan shows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<i64>,
}

/// `warehouses.update`: these codes of `erp.warehouses`.
#[derive(Debug, Serialize, Deserialize)]
pub struct UpdateWarehouses {
    /// Codes.
    pub codes: Vec<String>,
    /// Only those that still are as this plan shows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<i64>,
}

macro_rules! push_warehouses {
    ($operation:ident, $name:literal, $about:literal, $action:literal, $method:ident) => {
        impl Operation for $operation {
            const NAME: &'static str = $name;
            const ABOUT: &'static str = $about;
            const ARGS: &'static [Arg] = &[Arg::required("codes", Kind::Texts, "Codes in erp.warehouses")];
            const UPSTREAM: Upstream = Upstream::Keaz;
            const CLASS: Class = Class::Idempotent;
            const PRIORITY: Priority = Priority::High;
            const READ_BACK: ReadBack = ReadBack::WhenLost;
            type Request = Vec<Warehouse>;
            type Answer = Verdicts;

            async fn prepare(&self, pool: &PgPool, _: &Context) -> sqlx::Result<Option<Self::Request>> {
                differing(pool, $action, &self.codes, self.plan).await
            }

            async fn send(&self, context: &Context, rows: &Self::Request) -> Result<Verdicts, Fault> {
                keaz(context)?.$method(rows).await
            }

            async fn apply(
                &self,
                tx: &mut PgConnection,
                _: &Context,
                rows: &Self::Request,
                verdicts: &Verdicts,
            ) -> Result<Applied, ApplyError> {
                record(tx, Self::NAME, rows, verdicts, self.plan).await
            }

            fn apart(&self, rows: &Self::Request, words: &str) -> Apart<Self, Verdicts> {
                keaz_verdicts::apart(rows, words, |rows| Self {
                    codes: rows.iter().map(|row| row.code.clone()).collect(),
                    plan: self.plan,
                })
            }

            fn read_back(&self) -> Option<NewCall> {
                Some(NewCall {
                    priority: Priority::Urgent,
                    ..new_call(&ListWarehouses {}, false)
                })
            }
        }
    };
}

push_warehouses!(
    AddWarehouses,
    "keaz.warehouses.add",
    "Publish warehouses of the ERP at KEAZ (warehouses.add)",
    "add",
    add_warehouses
);
push_warehouses!(
    UpdateWarehouses,
    "keaz.warehouses.update",
    "Set address and contacts of warehouses at KEAZ as the ERP has them (warehouses.update)",
    "update",
    update_warehouses
);

/// Enqueues what `diff.warehouse` shows and nothing holds, in batches; of a plan, what it shows. Returns how many calls.
pub(crate) async fn enqueue_differing(
    tx: &mut PgConnection,
    context: &Context,
    run_id: i64,
    plan: Option<i64>,
) -> sqlx::Result<u64> {
    let planned = plan::shown_by(plan, Difference::Warehouse, "$3");
    let sql = format!(
        "INSERT INTO queue.call (run_id, upstream, operation, args, class, priority)
         SELECT $1, 'keaz', 'keaz.warehouses.' || action,
                jsonb_strip_nulls(jsonb_build_object('codes', jsonb_agg(code ORDER BY code), 'plan', $3::bigint)), 'idempotent', 1
           FROM (SELECT action, code, (row_number() OVER (PARTITION BY action ORDER BY code) - 1) / $2 AS batch
                   FROM diff.warehouse d
                  WHERE held IS NULL AND {planned}
                    AND NOT EXISTS (SELECT FROM queue.call c
                                     WHERE c.operation IN ('keaz.warehouses.add', 'keaz.warehouses.update')
                                       AND c.state IN ('pending', 'running', 'unknown') AND c.args -> 'codes' ? code)) x
          GROUP BY action, batch
         ON CONFLICT (key) WHERE state IN ('pending', 'running', 'unknown') DO NOTHING"
    );
    let enqueued = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(run_id)
        .bind(i64::try_from(context.settings.keaz.batch_rows).unwrap_or(i64::MAX))
        .bind(plan)
        .execute(tx)
        .await?;
    Ok(enqueued.rows_affected())
}

/// Reads what of these codes still differs; for a plan, as it shows it.
async fn differing(
    pool: &PgPool,
    action: &str,
    codes: &[String],
    plan: Option<i64>,
) -> sqlx::Result<Option<Vec<Warehouse>>> {
    let sql = format!(
        "SELECT code, new_address, new_contacts FROM diff.warehouse d
          WHERE action = $1 AND code = ANY($2) AND {} ORDER BY code",
        plan::shown_by(plan, Difference::Warehouse, "$3")
    );
    let rows: Vec<(String, Option<String>, Option<String>)> = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(action)
        .bind(codes)
        .bind(plan)
        .fetch_all(pool)
        .await?;
    let rows: Vec<_> = rows
        .into_iter()
        .map(|(code, address, contacts)| Warehouse {
            code,
            name: None,
            address,
            contacts,
        })
        .collect();
    Ok(Some(rows).filter(|rows| !rows.is_empty()))
}

/// Good rows are acknowledged; each bad row becomes a dead call of its own, with KEAZ's words.
async fn record(
    tx: &mut PgConnection,
    operation: &str,
    rows: &[Warehouse],
    verdicts: &Verdicts,
    plan: Option<i64>,
) -> Result<Applied, ApplyError> {
    let split = keaz_verdicts::Split::of(rows, verdicts);
    let good: Vec<Warehouse> = split.good.iter().map(|row| (*row).clone()).collect();
    mirror::keaz::set_warehouses(tx, &good).await?;
    let codes: Vec<_> = good.iter().map(|row| row.code.clone()).collect();
    plan::settle::done(tx, plan, Difference::Warehouse, None, &codes).await?;
    keaz_verdicts::bury(
        tx,
        operation,
        split.bad.iter().map(|(row, words)| keaz_verdicts::Buried {
            key: row_key(&row.code),
            args: serde_json::json!({
                "codes": [row.code],
                "refused": { "address": row.address, "contacts": row.contacts },
            }),
            words: (*words).to_owned(),
        }),
    )
    .await?;
    keaz_verdicts::exhume(tx, good.iter().map(|row| row_key(&row.code))).await?;
    Ok(split.applied(verdicts))
}

/// The intent of a single refused row; `diff.warehouse` looks for it.
fn row_key(code: &str) -> String {
    format!("keaz.warehouse:{code}")
}

/// The client; calls are only claimed for configured upstreams, so this fails only during a reload.
pub(super) fn keaz(context: &Context) -> Result<&Keaz, Fault> {
    context
        .keaz
        .as_ref()
        .ok_or_else(|| Fault::NotSent("KEAZ is not configured any more".into()))
}
