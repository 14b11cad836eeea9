//! Job `reference`: the lists that the others, and the ERP, look things up in; Saplab's clients with their balances;
//! and the positions that are too old for the job `orders`, to see whether anybody has changed them.

use sqlx::PgConnection;

use super::{Fill, ask};
use crate::context::Context;
use crate::operation::carreta_profile::GetProfile;
use crate::operation::saplab_clients::ListClients;
use crate::operation::saplab_orders::ListPositions;
use crate::operation::saplab_reference::{ListGroups, ListManagers, ListShippingTypes};
use crate::operation::saplab_statuses::ListStatuses;
use crate::queue::run::Stand;

pub(super) async fn fill(tx: &mut PgConnection, context: &Context, run: &Stand) -> sqlx::Result<Fill> {
    if run.stage > 0 || run.rounds > 0 {
        return Ok(Fill::End);
    }
    if context.saplab.is_some() {
        ask(tx, run, &ListStatuses {}, true).await?;
        ask(tx, run, &ListManagers {}, true).await?;
        ask(tx, run, &ListShippingTypes {}, true).await?;
        ask(tx, run, &ListGroups {}, true).await?;
        ask(tx, run, &ListClients::first_page(), true).await?;
        // What the job `orders` does not read any more is read back here.
        if context.settings.saplab.window_days > 0 {
            let all = ListPositions {
                window_days: 0,
                known_only: true,
                ..ListPositions::first_page(&context.settings.saplab)
            };
            ask(tx, run, &all, true).await?;
        }
    }
    if context.carreta.is_some() {
        ask(tx, run, &GetProfile::default(), true).await?;
    }
    Ok(Fill::Calls)
}
