//! Job `orders`: Saplab positions in, ERP statuses out; Carreta orders in beside them, without holding them up.
//!
//! The shop's statuses are read before its positions: a new position enters the ERP with the word that the map gives
//! for its status, once and for good, and the map can only be looked up in statuses that are known.

use sqlx::PgConnection;

use super::{Fill, ask, pushed};
use crate::context::Context;
use crate::operation::carreta_orders::ListOrders;
use crate::operation::saplab_orders::ListPositions;
use crate::operation::saplab_set_status;
use crate::operation::saplab_statuses::ListStatuses;
use crate::queue::run::Stand;

pub(super) async fn fill(tx: &mut PgConnection, context: &Context, run: &Stand) -> sqlx::Result<Fill> {
    let saplab = context.saplab.is_some();
    match run.stage {
        0 if run.rounds == 0 => {
            if saplab {
                ask(tx, run, &ListStatuses {}, true).await?;
            }
            if context.carreta.is_some() && run.scope.is_none() {
                ask(tx, run, &ListOrders { page: None }, false).await?;
            }
            Ok(Fill::Calls)
        }
        1 if run.rounds == 0 && saplab && statuses_are_known(tx).await? => {
            let read = run.scope.as_deref().and_then(|id| id.parse().ok()).map_or_else(
                || ListPositions::first_page(&context.settings.saplab),
                |id| ListPositions::one(id),
            );
            ask(tx, run, &read, true).await?;
            Ok(Fill::Calls)
        }
        0 | 1 => Ok(Fill::Next),
        2 if saplab => saplab_set_status::enqueue_differing(tx, run.id, run.scope.as_deref())
            .await
            .map(pushed),
        2 => Ok(Fill::Next),
        _ => Ok(Fill::End),
    }
}

/// Whether the shop's statuses have been read, by this run or an earlier one.
async fn statuses_are_known(tx: &mut PgConnection) -> sqlx::Result<bool> {
    sqlx::query_scalar("SELECT EXISTS (SELECT FROM mirror.saplab_status)")
        .fetch_one(tx)
        .await
}
