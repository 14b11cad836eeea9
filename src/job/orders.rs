//! Job `orders`: Saplab positions in, ERP statuses out; Carreta orders in beside them, without holding them up.

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
    match (run.stage, run.rounds) {
        // The shop's statuses first: a new position is written with the ERP status that they give.
        (0, 0) => {
            if saplab {
                ask(tx, run, &ListStatuses {}, true).await?;
            }
            if context.carreta.is_some() && run.scope.is_none() {
                ask(tx, run, &ListOrders { page: None }, false).await?;
            }
            Ok(Fill::Calls)
        }
        (1, 0) if saplab => {
            let read = run.scope.as_deref().and_then(|id| id.parse().ok()).map_or_else(
                || ListPositions::first_page(&context.settings.saplab),
                ListPositions::one,
            );
            ask(tx, run, &read, true).await?;
            Ok(Fill::Calls)
        }
        (0 | 1, _) => Ok(Fill::Next),
        (2, _) if saplab => saplab_set_status::enqueue_differing(tx, run.id, run.scope.as_deref())
            .await
            .map(pushed),
        (2, _) => Ok(Fill::Next),
        _ => Ok(Fill::End),
    }
}
