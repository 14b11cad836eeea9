//! The stages of a run that applies a plan, for every job: read what KEAZ and Saplab show now, write what the plan shows
//! and still is so, say what became of the rest.

use sqlx::PgConnection;

use super::{Fill, Job, ask, pushed};
use crate::context::Context;
use crate::db::suppliers;
use crate::operation::keaz_remains::{self, ListRemains};
use crate::operation::keaz_warehouses::{self, ListWarehouses};
use crate::operation::saplab_statuses::ListStatuses;
use crate::operation::{saplab_orders, saplab_set_status};
use crate::queue::run::Stand;
use crate::{erp, mirror, plan};

pub(super) async fn fill(
    tx: &mut PgConnection,
    context: &Context,
    run: &Stand,
    job: Job,
    plan: i64,
) -> sqlx::Result<Fill> {
    match run.stage {
        0 if run.rounds == 0 => read(tx, context, run, job, plan).await,
        0 => Ok(Fill::Next),
        1 => write(tx, context, run, job, plan).await,
        _ => {
            plan::settle::settle(tx, plan, job).await?;
            Ok(Fill::End)
        }
    }
}

/// What somebody changed there since it was shown is to be seen before anything is sent. As for `sync --only`, KEAZ's whole
/// lists are not read for one article.
async fn read(tx: &mut PgConnection, context: &Context, run: &Stand, job: Job, plan: i64) -> sqlx::Result<Fill> {
    match job {
        Job::Warehouses => ask(tx, run, &ListWarehouses {}, true).await?,
        Job::Stock if scope(tx, plan).await?.is_none() => {
            ask(tx, run, &ListWarehouses {}, true).await?;
            ask(tx, run, &ListRemains {}, true).await?;
        }
        Job::Orders if context.saplab.is_some() && saplab_orders::enqueue_planned(tx, run.id, plan).await? > 0 => {
            ask(tx, run, &ListStatuses {}, true).await?;
        }
        _ => return Ok(Fill::Next),
    }
    Ok(Fill::Calls)
}

/// What leaves for a site is enqueued; what comes into the ERP is written here.
async fn write(tx: &mut PgConnection, context: &Context, run: &Stand, job: Job, plan: i64) -> sqlx::Result<Fill> {
    let calls = match job {
        Job::Warehouses => keaz_warehouses::enqueue_differing(tx, context, run.id, Some(plan)).await?,
        Job::Stock => {
            let article = scope(tx, plan).await?;
            keaz_remains::enqueue_planned(tx, context, run.id, plan, article.as_deref()).await?
        }
        Job::Orders => {
            erp::orders::write_planned(tx, plan).await?;
            match context.saplab {
                Some(_) => saplab_set_status::enqueue_planned(tx, run.id, plan).await?,
                None => 0,
            }
        }
        Job::Prices => {
            erp::prices::write_planned(tx, &context.settings.guard, plan).await?;
            0
        }
        Job::Purchases => buy(tx, context, run, plan).await?,
        Job::Reference | Job::Restore => 0,
    };
    Ok(pushed(calls))
}

/// As the job does, with the purchases of the plan alone.
async fn buy(tx: &mut PgConnection, context: &Context, run: &Stand, plan: i64) -> sqlx::Result<u64> {
    if run.rounds == 0 {
        erp::purchases::write_planned(tx, plan).await?;
        mirror::purchases::adopt(tx, Some(plan)).await?;
    }
    mirror::purchases::reconcile(tx).await?;
    let suppliers = suppliers(&context.settings);
    let searches = mirror::purchases::search(tx, run.id, &suppliers, Some(plan)).await?;
    let test = context.settings.carreta.test_orders;
    let orders = mirror::purchases::order(tx, run.id, &suppliers, test, Some(plan)).await?;
    erp::purchases::write_of_plan(tx, plan).await?;
    Ok(searches + orders)
}

/// The one article or order that the plan is of: a person named it.
async fn scope(tx: &mut PgConnection, plan: i64) -> sqlx::Result<Option<String>> {
    let scope: Option<Option<String>> = sqlx::query_scalar("SELECT scope FROM queue.plan WHERE id = $1")
        .bind(plan)
        .fetch_optional(tx)
        .await?;
    Ok(scope.flatten())
}
