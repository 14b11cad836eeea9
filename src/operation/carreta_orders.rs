//! Carreta `orders.list`, `orders.get` and `orders.history` (Carreta document, Получение списка заказов, Получение
//! информации по заказу, Получение истории действий по заказу): our purchase orders and what happened to them.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::paging::{self, Trail};
use super::{Applied, ApplyError, Arg, Kind, Operation, new_call};
use crate::context::Context;
use crate::mirror;
use crate::queue::{Class, Priority};
use crate::upstream::carreta::{Carreta, History, Order, OrderPage, PAGE_SIZE};
use crate::upstream::{Fault, Upstream};

/// Whatever Carreta answers, one listing ends after so many pages.
const PAGES_MAX: u32 = 1_000;
/// So far back one order is looked for: a server that does not know our filter shows everything.
const LOOK_PAGES_MAX: u32 = 50;

/// Lists orders, the latest first.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct ListOrders {
    /// `None` = the latest 100. The document does not say how pages are counted, so page 1 follows, which may be the
    /// same hundred again.
    #[serde(default)]
    pub page: Option<u32>,
    /// Only orders with one of these comments; empty = all. Whether Carreta compares them whole is not documented.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub client_comment: Vec<String>,
    /// Whether the next page is asked for too.
    #[serde(default)]
    pub follow: bool,
    /// Then as far as to this moment, whatever is known already; otherwise to the first page without anything new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// What the page before showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trail: Option<Trail>,
}

impl ListOrders {
    /// The next page of the listing, if there is more to see.
    fn next(&self, page: &OrderPage, changed: u64) -> Option<Self> {
        let full = page.orders.len() + page.rejected.len() >= PAGE_SIZE;
        let number = self.page.map_or(1, |page| page + 1);
        let younger = |since| {
            page.orders
                .iter()
                .all(|order| order.created.is_none_or(|created| created >= since))
        };
        let more = match self.since {
            Some(since) => number <= LOOK_PAGES_MAX && younger(since),
            // A full page without anything new: what is older has been read before.
            None => number <= PAGES_MAX && (number <= 2 || changed > 0),
        };
        let rows: Vec<u64> = page.orders.iter().map(|order| order.id.cast_unsigned()).collect();
        // Page 1 may be the latest hundred again; after that, a page that shows the same is no page of its own.
        let repeats = number > 2 && self.trail.as_ref().is_some_and(|trail| paging::repeats(trail, &rows));
        (self.follow && full && more && !repeats).then(|| Self {
            page: Some(number),
            client_comment: self.client_comment.clone(),
            trail: Some(paging::behind(&rows)),
            ..*self
        })
    }
}

impl Operation for ListOrders {
    const NAME: &'static str = "carreta.orders.list";
    const ABOUT: &'static str = "List our purchase orders (GET /v1/order/)";
    const ARGS: &'static [Arg] = &[
        Arg::new("page", Kind::Integer, "The page; otherwise the latest 100"),
        Arg::new(
            "client_comment",
            Kind::Texts,
            "Only orders with this comment, or one of these",
        ),
    ];
    const UPSTREAM: Upstream = Upstream::Carreta;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    type Request = ();
    type Answer = OrderPage;

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<OrderPage, Fault> {
        carreta(context)?.orders(self.page, &self.client_comment).await
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
        let next = self.next(page, changed).map(|next| new_call(&next, false));
        Ok(Applied {
            pulled: i64::try_from(page.orders.len()).unwrap_or_default(),
            refused: i64::try_from(page.rejected.len()).unwrap_or_default(),
            next: next.into_iter().collect(),
            note: Some(page.rejected.join("; ")).filter(|note| !note.is_empty()),
            ..Applied::default()
        })
    }
}

/// Reads one order.
#[derive(Debug, Serialize, Deserialize)]
pub struct GetOrder {
    /// Carreta's id, which is not the number that people see.
    pub id: i64,
}

impl Operation for GetOrder {
    const NAME: &'static str = "carreta.orders.get";
    const ABOUT: &'static str = "Show one of our orders (GET /v1/order/$ID/)";
    const ARGS: &'static [Arg] = &[ID];
    const UPSTREAM: Upstream = Upstream::Carreta;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    type Request = ();
    type Answer = Order;

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<Order, Fault> {
        carreta(context)?.order(self.id).await
    }

    async fn apply(&self, tx: &mut PgConnection, _: &Context, (): &(), order: &Order) -> Result<Applied, ApplyError> {
        mirror::carreta::set_orders(tx, std::slice::from_ref(order)).await?;
        Ok(Applied {
            pulled: 1,
            ..Applied::default()
        })
    }
}

/// Reads what happened to one order.
#[derive(Debug, Serialize, Deserialize)]
pub struct GetHistory {
    /// Carreta's id, which is not the number that people see.
    pub id: i64,
}

impl Operation for GetHistory {
    const NAME: &'static str = "carreta.orders.history";
    const ABOUT: &'static str = "Show what happened to one of our orders (GET /v1/order/$ID/history/)";
    const ARGS: &'static [Arg] = &[ID];
    const UPSTREAM: Upstream = Upstream::Carreta;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    type Request = ();
    type Answer = History;

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<History, Fault> {
        carreta(context)?.history(self.id).await
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Context,
        (): &(),
        history: &History,
    ) -> Result<Applied, ApplyError> {
        mirror::carreta::set_history(tx, self.id, &history.lines).await?;
        Ok(Applied {
            pulled: i64::try_from(history.lines.len()).unwrap_or_default(),
            refused: i64::try_from(history.rejected.len()).unwrap_or_default(),
            note: Some(history.rejected.join("; ")).filter(|note| !note.is_empty()),
            ..Applied::default()
        })
    }
}

const ID: Arg = Arg::required("id", Kind::Integer, "Carreta's id of the order (not its number)");

/// The client; calls are only claimed for configured upstreams, so this fails only during a reload.
pub(super) fn carreta(context: &Context) -> Result<&Carreta, Fault> {
    context
        .carreta
        .as_ref()
        .ok_or_else(|| Fault::NotSent("Carreta is not configured any more".into()))
}
