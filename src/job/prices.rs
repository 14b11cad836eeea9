//! Job `prices`: every configured price list, and a search of every watched article at every supplier that has an API;
//! each by itself: one that fails does not hold up the others.

use sqlx::PgConnection;

use super::{Fill, ask};
use crate::context::Context;
use crate::db::suppliers;
use crate::mirror;
use crate::operation::carreta_prices::FetchPrices;
use crate::queue::run::Stand;

pub(super) async fn fill(tx: &mut PgConnection, context: &Context, run: &Stand) -> sqlx::Result<Fill> {
    if run.stage > 0 || run.rounds > 0 {
        return Ok(Fill::End);
    }
    for list in &context.settings.carreta.price_lists {
        ask(
            tx,
            run,
            &FetchPrices {
                list: list.name.clone(),
            },
            true,
        )
        .await?;
    }
    mirror::offers::watch(tx, run.id, &suppliers(&context.settings)).await?;
    Ok(Fill::Calls)
}
