//! Job `stock`: read what KEAZ has, publish new warehouses first, then every remain that differs.

use sqlx::PgConnection;

use super::{Fill, ask, pushed};
use crate::context::Context;
use crate::operation::keaz_remains::{self, ListRemains};
use crate::operation::keaz_warehouses::{self, ListWarehouses};
use crate::queue::run::Stand;

pub(super) async fn fill(tx: &mut PgConnection, context: &Context, run: &Stand) -> sqlx::Result<Fill> {
    match run.stage {
        // One article: what KEAZ acknowledged is known well enough, its whole list is not read for that.
        0 if run.rounds == 0 && run.scope.is_none() => {
            ask(tx, run, &ListWarehouses {}, true).await?;
            ask(tx, run, &ListRemains {}, true).await?;
            Ok(Fill::Calls)
        }
        0 => Ok(Fill::Next),
        1 => keaz_warehouses::enqueue_differing(tx, context, run.id, None)
            .await
            .map(pushed),
        2 => keaz_remains::enqueue_differing(tx, context, run.id, run.scope.as_deref())
            .await
            .map(pushed),
        _ => Ok(Fill::End),
    }
}
