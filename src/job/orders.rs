//! Job `orders`: Saplab positions in, ERP statuses out; Carreta orders in beside them, without holding them up.
//!
//! The shop's statuses come first: a new position enters the ERP with the status that the map gives for it.

use sqlx::PgConnection;

use super::{Fill, ask, pushed};
use crate::config::OnDrift;
use crate::context::Context;
use crate::erp;
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
                ask(
                    tx,
                    run,
                    &ListOrders {
                        follow: true,
                        ..ListOrders::default()
                    },
                    false,
                )
                .await?;
            }
            Ok(Fill::Calls)
        }
        1 if run.rounds == 0 && saplab => {
            let one = run
                .scope
                .as_deref()
                .and_then(|id| id.parse().ok())
                .map(ListPositions::one);
            let read = one.unwrap_or_else(|| ListPositions::first_page(&context.settings.saplab));
            ask(tx, run, &read, true).await?;
            Ok(Fill::Calls)
        }
        0 | 1 => Ok(Fill::Next),
        2 if saplab => {
            // What was written page by page is no longer in the diff; what is left was deleted from the ERP since.
            erp::orders::write_all(tx).await?;
            erp::orders::agree(tx, context.settings.saplab.on_drift == OnDrift::Accept).await?;
            saplab_set_status::enqueue_differing(tx, run.id, run.scope.as_deref())
                .await
                .map(pushed)
        }
        2 => Ok(Fill::Next),
        _ => Ok(Fill::End),
    }
}
