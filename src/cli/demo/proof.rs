//! What the demo claims, looked up: in the diff views, and in the upstreams' own state.

use std::collections::BTreeSet;

use sqlx::PgPool;

use super::super::CliError;
use crate::diff::plan::Change;
use crate::simulate::{Effect, Simulator};

/// The upstreams' ledgers show the planned rows, each once, and nothing else.
pub(super) fn sent_exactly(planned: &[Change], sent: &[Effect]) -> Result<(), CliError> {
    let wanted: BTreeSet<&str> = planned.iter().map(|change| change.row.as_str()).collect();
    let found: BTreeSet<&str> = sent.iter().map(|effect| effect.key.as_str()).collect();
    if wanted == found && planned.len() == sent.len() {
        return Ok(());
    }
    Err(CliError::Failed(format!("sent {found:?} where {wanted:?} was planned")))
}

/// Every view of schema `diff` is empty.
pub(super) async fn in_sync(pool: &PgPool) -> Result<(), CliError> {
    let views: Vec<String> =
        sqlx::query_scalar("SELECT format('%I.%I', schemaname, viewname) FROM pg_views WHERE schemaname = 'diff'")
            .fetch_all(pool)
            .await?;
    for view in views {
        let sql = format!("SELECT count(*) FROM {view}");
        let rows: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(pool).await?;
        if rows > 0 {
            return Err(CliError::Failed(format!("{view} still shows {rows} rows")));
        }
    }
    Ok(())
}

/// The simulated KEAZ and Saplab hold what the ERP says.
pub(super) async fn upstreams_equal_erp(pool: &PgPool, simulator: &Simulator) -> Result<(), CliError> {
    let remains: Vec<(String, String, i64)> = sqlx::query_as(
        "SELECT warehouse_code, article, greatest(floor(quantity - reserved), 0)::bigint FROM erp.stock
          ORDER BY warehouse_code COLLATE \"C\", article COLLATE \"C\"",
    )
    .fetch_all(pool)
    .await?;
    let warehouses: Vec<(String, String, String)> =
        sqlx::query_as("SELECT code, address, contacts FROM erp.warehouses ORDER BY code COLLATE \"C\"")
            .fetch_all(pool)
            .await?;
    let statuses: Vec<(i64, String)> = sqlx::query_as(
        "SELECT o.saplab_id, m.saplab_text FROM erp.orders o
           JOIN mirror.saplab_status_map m ON m.erp_status = o.status ORDER BY o.saplab_id",
    )
    .fetch_all(pool)
    .await?;
    let world = simulator.world();
    let at_keaz =
        world.keaz.remains.iter().map(|((warehouse, article), units)| {
            (warehouse.clone(), article.clone(), i64::try_from(*units).unwrap_or(-1))
        });
    let known = world
        .keaz
        .warehouses
        .values()
        .map(|w| (w.code.clone(), w.address.clone(), w.contacts.clone()));
    let in_saplab = world.saplab.positions.values().map(|position| {
        let status = world
            .saplab
            .statuses
            .iter()
            .find(|status| status.id == position.status_id);
        (
            i64::try_from(position.id).unwrap_or(-1),
            status.map_or_else(String::new, |status| status.name.clone()),
        )
    });
    for (what, equal) in [
        ("remains at KEAZ", at_keaz.eq(remains)),
        ("warehouses at KEAZ", known.eq(warehouses)),
        ("statuses in Saplab", in_saplab.eq(statuses)),
    ] {
        if !equal {
            return Err(CliError::Failed(format!("the {what} do not equal the ERP")));
        }
    }
    Ok(())
}
