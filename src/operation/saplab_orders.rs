//! Saplab `orders.list` (panel document, /panel/order): one page of positions, into the mirror and into `erp.orders`.

use chrono::{DateTime, Days, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::saplab_statuses::saplab;
use super::{Applied, ApplyError, Operation, new_call};
use crate::config;
use crate::context::Context;
use crate::queue::{Class, Priority};
use crate::upstream::saplab::{OrderFilter, OrderPage};
use crate::upstream::{Fault, Upstream};
use crate::{erp, mirror, value};

/// Whatever a shop says of its length, one listing ends after so many pages.
const PAGES_MAX: u32 = 10_000;

/// Lists positions: a page of all that are not archived, or certain ones.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ListPositions {
    /// Only these positions, archived or not; empty = all that are not archived.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ids: Vec<i64>,
    /// From 1; each page asks for the next.
    pub page: u32,
    /// Positions on a page.
    pub per_page: u32,
    /// Only positions ordered in the last so many days; 0 = all.
    #[serde(default)]
    pub window_days: u32,
}

impl ListPositions {
    /// The beginning of a listing.
    pub fn first_page(settings: &config::Saplab) -> Self {
        Self {
            ids: Vec::new(),
            page: 1,
            per_page: settings.per_page,
            window_days: settings.window_days,
        }
    }

    /// One position, archived or not.
    pub fn one(id: i64) -> Self {
        Self {
            ids: vec![id],
            page: 1,
            per_page: 20,
            window_days: 0,
        }
    }
}

impl Operation for ListPositions {
    const NAME: &'static str = "saplab.orders.list";
    const ABOUT: &'static str = "List positions of customers' orders (GET /panel/order)";
    const UPSTREAM: Upstream = Upstream::Saplab;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    /// And when it was asked, by the database's clock.
    type Request = (OrderFilter, DateTime<Utc>);
    type Answer = OrderPage;

    async fn prepare(&self, pool: &PgPool, _: &Context) -> sqlx::Result<Option<Self::Request>> {
        // A day more than asked: the shop's clock and day are its own.
        let from = Utc::now().checked_sub_days(Days::new(u64::from(self.window_days) + 1));
        let filter = OrderFilter {
            order_ids: self.ids.clone(),
            unignore_archived: !self.ids.is_empty(),
            date_from: from.filter(|_| self.window_days > 0).map(value::time::moscow_date),
            page: Some(self.page),
            per_page: Some(self.per_page),
            ..OrderFilter::default()
        };
        Ok(Some((filter, mirror::clock(pool).await?)))
    }

    async fn send(&self, context: &Context, (filter, _): &Self::Request) -> Result<OrderPage, Fault> {
        saplab(context)?.orders(filter).await
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Context,
        (_, asked_at): &Self::Request,
        page: &OrderPage,
    ) -> Result<Applied, ApplyError> {
        mirror::saplab::set_positions(tx, &page.positions, *asked_at).await?;
        let ids: Vec<i64> = page.positions.iter().map(|position| position.id).collect();
        erp::orders::write(tx, &ids).await?;
        let more = self.page < page.pages.min(PAGES_MAX);
        let next = Self {
            page: self.page + 1,
            ..self.clone()
        };
        for why in &page.rejected {
            tracing::warn!(
                operation = Self::NAME,
                why,
                "a position cannot be read; the others are not held up by it"
            );
        }
        Ok(Applied {
            pulled: i64::try_from(ids.len()).unwrap_or_default(),
            refused: i64::try_from(page.rejected.len()).unwrap_or_default(),
            next: more.then(|| new_call(&next, true)).into_iter().collect(),
            note: Some(page.rejected.join("; ")).filter(|note| !note.is_empty()),
            ..Applied::default()
        })
    }
}
