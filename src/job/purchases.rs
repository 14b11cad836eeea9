//! Job `purchases`: what the ERP wants bought is searched, ordered once, and kept current in `erp.purchase_orders`.
//!
//! The first stage goes round: search, order, and search again what was refused because an offer had changed. The next
//! ones read what the suppliers show of all our orders, and what happened to those that moved.

use sqlx::PgConnection;

use super::{Fill, ask, pushed};
use crate::context::Context;
use crate::db::suppliers;
use crate::operation::carreta_orders::ListOrders;
use crate::operation::saplab_purchases::ListPurchaseStatuses;
use crate::queue::run::Stand;
use crate::{erp, mirror};

pub(super) async fn fill(tx: &mut PgConnection, context: &Context, run: &Stand) -> sqlx::Result<Fill> {
    if run.stage == 0 {
        mirror::purchases::adopt(tx, None).await?;
    }
    mirror::purchases::reconcile(tx).await?;
    erp::purchases::write(tx).await?;
    match run.stage {
        0 => {
            let suppliers = suppliers(&context.settings);
            let searches = mirror::purchases::search(tx, run.id, &suppliers, None).await?;
            let test = context.settings.carreta.test_orders;
            let orders = mirror::purchases::order(tx, run.id, &suppliers, test, None).await?;
            erp::purchases::write(tx).await?;
            Ok(pushed(searches + orders))
        }
        1 if run.rounds == 0 => {
            if context.carreta.is_some() {
                let all = ListOrders {
                    follow: true,
                    ..ListOrders::default()
                };
                ask(tx, run, &all, true).await?;
            }
            if context.shop.is_some() {
                ask(tx, run, &ListPurchaseStatuses {}, true).await?;
                mirror::purchases::follow_saplab(tx, run.id).await?;
            }
            Ok(Fill::Calls)
        }
        2 if run.rounds == 0 && context.carreta.is_some() => mirror::purchases::histories(tx, run.id).await.map(pushed),
        1 | 2 => Ok(Fill::Next),
        _ => Ok(Fill::End),
    }
}
