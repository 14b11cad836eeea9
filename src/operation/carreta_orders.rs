//! Carreta `orders.list` (Carreta document, Получение списка заказов): one page of our purchase orders.

use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::{Applied, ApplyError, Operation, new_call};
use crate::context::Context;
use crate::mirror;
use crate::queue::{Class, Priority};
use crate::upstream::carreta::{Carreta, OrderPage, PAGE_SIZE};
use crate::upstream::{Fault, Upstream};

/// Whatever Carreta answers, one listing ends after so many pages.
const PAGES_MAX: u32 = 1_000;

/// Lists orders, the latest first.
#[derive(Debug, Serialize, Deserialize)]
pub struct ListOrders {
    /// `None` = the latest 100. The document does not say how pages are counted, so page 1 follows, which may be the
    /// same hundred again.
    pub page: Option<u32>,
}

impl Operation for ListOrders {
    const NAME: &'static str = "carreta.orders.list";
    const ABOUT: &'static str = "List our purchase orders (GET /v1/order/)";
    const UPSTREAM: Upstream = Upstream::Carreta;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    type Request = ();
    type Answer = OrderPage;

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<OrderPage, Fault> {
        carreta(context)?.orders(self.page, &[]).await
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Context,
        (): &(),
        page: &OrderPage,
    ) -> Result<Applied, ApplyError> {
        let changed = mirror::carreta::set_orders(tx, &page.orders).await?;
        for why in &page.rejected {
            tracing::warn!(
                operation = Self::NAME,
                why,
                "an order cannot be read; the others are not held up by it"
            );
        }
        let full = page.orders.len() + page.rejected.len() >= PAGE_SIZE;
        let next = match self.page {
            None => Some(1),
            // A full page without anything new: what is older has been read before.
            Some(page) if page > 1 && changed == 0 => None,
            Some(page) => Some(page + 1).filter(|page| *page <= PAGES_MAX),
        };
        let next = next
            .filter(|_| full)
            .map(|page| new_call(&Self { page: Some(page) }, false));
        Ok(Applied {
            pulled: i64::try_from(page.orders.len()).unwrap_or_default(),
            refused: i64::try_from(page.rejected.len()).unwrap_or_default(),
            next: next.into_iter().collect(),
            note: Some(page.rejected.join("; ")).filter(|note| !note.is_empty()),
            ..Applied::default()
        })
    }
}

/// The client; calls are only claimed for configured upstreams, so this fails only during a reload.
pub(super) fn carreta(context: &Context) -> Result<&Carreta, Fault> {
    context
        .carreta
        .as_ref()
        .ok_or_else(|| Fault::NotSent("Carreta is not configured any more".into()))
}
