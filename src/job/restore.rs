//! Job `restore`: after the database was restored, one site (the run's scope) is read whole, and what it shows of the
//! lost time comes home. Asked for by `queue::restore` alone; it pushes nothing.

use sqlx::PgConnection;

use super::{Fill, ask};
use crate::context::Context;
use crate::operation::carreta_orders::ListOrders;
use crate::operation::keaz_remains::ListRemains;
use crate::operation::keaz_warehouses::ListWarehouses;
use crate::operation::saplab_orders::ListPositions;
use crate::operation::saplab_purchases::{ListPurchaseStatuses, ListPurchases};
use crate::operation::saplab_statuses::ListStatuses;
use crate::queue::run::Stand;
use crate::upstream::Upstream;
use crate::upstream::saplab::ShopOrderFilter;
use crate::{erp, mirror};

/// Positions asked for at once.
const AT_ONCE: usize = 100;

pub(super) async fn fill(tx: &mut PgConnection, context: &Context, run: &Stand) -> sqlx::Result<Fill> {
    let site = Upstream::ALL
        .into_iter()
        .find(|site| run.scope.as_deref() == Some(site.as_str()));
    match (site, run.stage) {
        (_, 0..=2) if run.rounds > 0 => Ok(Fill::Next),
        (Some(Upstream::Keaz), 0) => {
            ask(tx, run, &ListWarehouses {}, true).await?;
            ask(tx, run, &ListRemains {}, true).await?;
            Ok(Fill::Calls)
        }
        (Some(Upstream::Saplab), stage) => saplab(tx, context, run, stage).await,
        (Some(Upstream::SaplabClient), 0) => {
            let all = ShopOrderFilter {
                unignore_archived: true,
                ..ShopOrderFilter::default()
            };
            ask(tx, run, &ListPurchaseStatuses {}, true).await?;
            ask(tx, run, &ListPurchases::all(all), true).await?;
            Ok(Fill::Calls)
        }
        (Some(Upstream::Carreta), 0) if context.carreta.is_some() => {
            let all = ListOrders {
                follow: true,
                ..ListOrders::default()
            };
            ask(tx, run, &all, true).await?;
            Ok(Fill::Calls)
        }
        (Some(Upstream::SaplabClient | Upstream::Carreta), 1) => {
            mirror::purchases::reconcile(tx).await?;
            erp::purchases::write(tx).await?;
            Ok(Fill::Next)
        }
        (_, 0..=3) => Ok(Fill::Next),
        _ => Ok(Fill::End),
    }
}

/// All positions; then those with a status to set that the list did not show, archived ones too; then the statuses that
/// were set in the lost time become the restored ERP's.
async fn saplab(tx: &mut PgConnection, context: &Context, run: &Stand, stage: i16) -> sqlx::Result<Fill> {
    match stage {
        0 => ask(tx, run, &ListStatuses {}, true).await?,
        1 => ask(tx, run, &ListPositions::first_page(&context.settings.saplab), true).await?,
        2 => {
            let unseen: Vec<i64> = sqlx::query_scalar(
                "SELECT d.saplab_id FROM diff.order_status d JOIN mirror.saplab_order m ON m.id = d.saplab_id
                  WHERE m.seen_at < (SELECT requested_at FROM queue.run WHERE id = $1) ORDER BY 1",
            )
            .bind(run.id)
            .fetch_all(&mut *tx)
            .await?;
            for some in unseen.chunks(AT_ONCE) {
                ask(tx, run, &ListPositions::certain(some), true).await?;
            }
        }
        3 => {
            erp::orders::write_all(tx).await?;
            let is_ours = erp::orders::can_be_set(tx).await?;
            erp::orders::agree(tx, is_ours).await?;
            return Ok(Fill::Next);
        }
        _ => return Ok(Fill::End),
    }
    Ok(Fill::Calls)
}
