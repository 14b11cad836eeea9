//! Job `warehouses`: read what KEAZ has, then add and change what differs.

use sqlx::PgConnection;

use super::{Fill, ask, pushed};
use crate::context::Context;
use crate::operation::keaz_warehouses::{self, ListWarehouses};
use crate::queue::run::Stand;

pub(super) async fn fill(tx: &mut PgConnection, context: &Context, run: &Stand) -> sqlx::Result<Fill> {
    match run.stage {
        0 if run.rounds == 0 => {
            ask(tx, run, &ListWarehouses {}, true).await?;
            Ok(Fill::Calls)
        }
        0 => Ok(Fill::Next),
        1 => keaz_warehouses::enqueue_differing(tx, context, run.id, None)
            .await
            .map(pushed),
        _ => Ok(Fill::End),
    }
}
