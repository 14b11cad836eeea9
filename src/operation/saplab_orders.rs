//! Saplab `orders.list` (panel document, /panel/order): one page of positions, into the mirror and into `erp.orders`.

use chrono::{DateTime, Days, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::paging::{self, Trail};
use super::saplab_reference::noted;
use super::saplab_statuses::saplab;
use super::{Applied, ApplyError, Arg, Kind, Operation, new_call};
use crate::config;
use crate::context::Context;
use crate::queue::{Class, Priority};
use crate::upstream::saplab::{MAX_PER_PAGE, OrderFilter, OrderPage};
use crate::upstream::{Fault, Upstream};
use crate::{erp, mirror, value};

/// Whatever a shop says of its length, one listing ends after so many pages.
const PAGES_MAX: u32 = 10_000;

/// Lists positions: a page of those that a filter lets pass, or all pages from there on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ListPositions {
    /// The filters; the default = what is not archived.
    #[serde(flatten)]
    pub filter: OrderFilter,
    /// Only positions ordered in the last so many days; 0 = all.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub window_days: u32,
    /// Whether the pages after this one are read too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub all: bool,
    /// A read-back: positions that we do not know yet are left alone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub known_only: bool,
    /// What the pages before showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trail: Option<Trail>,
}

impl ListPositions {
    /// The beginning of a listing of all that is not archived.
    pub fn first_page(settings: &config::Saplab) -> Self {
        Self {
            filter: OrderFilter {
                page: Some(1),
                per_page: Some(settings.per_page),
                ..OrderFilter::default()
            },
            window_days: settings.window_days,
            all: true,
            known_only: false,
            trail: None,
        }
    }

    /// Certain positions, archived or not.
    pub fn certain(ids: &[i64]) -> Self {
        Self {
            filter: OrderFilter {
                order_ids: ids.to_vec(),
                unignore_archived: true,
                per_page: Some(MAX_PER_PAGE),
                ..OrderFilter::default()
            },
            ..Self::default()
        }
    }

    /// The next page of the listing, if there is more to see; and what an admin should know.
    fn next(&self, page: &OrderPage) -> (Option<Self>, Option<&'static str>) {
        if !self.all {
            return (None, None);
        }
        let ids = page.positions.iter().map(|position| position.id);
        let pages = page.pages.min(PAGES_MAX);
        let (next, words) = paging::after(self.trail.as_ref(), self.filter.page, pages, ids, &page.rejected);
        let next = next.map(|(number, trail)| {
            let mut next = self.clone();
            next.filter.page = Some(number);
            next.trail = Some(trail);
            next
        });
        (next, words)
    }

    /// One position, archived or not.
    pub fn one(id: i64) -> Self {
        Self::certain(&[id])
    }
}

fn is_zero(number: &u32) -> bool {
    *number == 0
}

impl Operation for ListPositions {
    const NAME: &'static str = "saplab.orders.list";
    const ABOUT: &'static str = "List positions of customers' orders (GET /panel/order)";
    const ARGS: &'static [Arg] = &[
        Arg::new("order_ids", Kind::Integers, "positions with these ids"),
        Arg::new("invoice", Kind::Text, "the order's label"),
        Arg::new("article", Kind::Text, "the article"),
        Arg::new("name", Kind::Text, "a part of the article's name"),
        Arg::new("manager_id", Kind::Integer, "the manager"),
        Arg::new("shipping_id", Kind::Integer, "the way of delivery"),
        Arg::new("point_id", Kind::Integer, "the office"),
        Arg::new("distributor_id", Kind::Integer, "the distributor"),
        Arg::new("order_status", Kind::Integer, "the status' id"),
        Arg::new("is_payed", Kind::Flag, "only paid, or only unpaid ones"),
        Arg::new("unignore_archived", Kind::Flag, "archived ones too"),
        Arg::new("brand", Kind::Text, "the brand"),
        Arg::new("client_name", Kind::Text, "a part of the client's or company's name"),
        Arg::new("client_group", Kind::Integer, "the client's discount group"),
        Arg::new("date_from", Kind::Date, "ordered on this day or later"),
        Arg::new("date_to", Kind::Date, "ordered until this day"),
        Arg::new("page", Kind::Integer, "the page, from 1"),
        Arg::new("per_page", Kind::Integer, "positions on a page, at most 150"),
        Arg::new("all", Kind::Flag, "bring the pages after this one into the mirror too"),
    ];
    const UPSTREAM: Upstream = Upstream::Saplab;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    /// And when it was asked, by the database's clock.
    type Request = (OrderFilter, DateTime<Utc>);
    type Answer = OrderPage;

    async fn prepare(&self, pool: &PgPool, _: &Context) -> sqlx::Result<Option<Self::Request>> {
        let mut filter = self.filter.clone();
        if self.window_days > 0 {
            // A day more than asked: the shop's clock and day are its own.
            let from = Utc::now().checked_sub_days(Days::new(u64::from(self.window_days) + 1));
            filter.date_from = from.map(value::time::moscow_date);
        }
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
        let known = mirror::saplab::worth_keeping(tx, &page.positions, self.known_only).await?;
        let drifted = mirror::saplab::set_positions(tx, &known, *asked_at).await?;
        let ids: Vec<i64> = known.iter().map(|position| position.id).collect();
        erp::orders::write(tx, &ids).await?;
        let (next, words) = self.next(page);
        for why in &page.rejected {
            tracing::warn!(
                operation = Self::NAME,
                why,
                "a position cannot be read; the others are not held up by it"
            );
        }
        Ok(Applied {
            drifted,
            pulled: i64::try_from(page.positions.len()).unwrap_or_default(),
            refused: i64::try_from(page.rejected.len()).unwrap_or_default(),
            next: next.iter().map(|next| new_call(next, true)).collect(),
            note: noted(&page.rejected, words),
            ..Applied::default()
        })
    }
}

/// Enqueues reads of the positions whose status a plan sets, a hundred at a time. Those of which it writes more into the ERP
/// are not read: a read would write what it finds. The reads are the plan's own: another's may have been asked before. Returns
/// how many calls.
pub(crate) async fn enqueue_planned(tx: &mut PgConnection, run_id: i64, plan: i64) -> sqlx::Result<u64> {
    let enqueued = sqlx::query(
        "INSERT INTO queue.call (run_id, upstream, operation, args, key, class, priority)
         SELECT $1, 'saplab', 'saplab.orders.list',
                jsonb_build_object('order_ids', jsonb_agg(id ORDER BY id), 'unignore_archived', true, 'per_page', $3::bigint,
                                   'known_only', true),
                'plan ' || $2::bigint || ': positions ' || batch, 'read', 2
           FROM (SELECT row::bigint AS id, (row_number() OVER (ORDER BY row::bigint) - 1) / 100 AS batch
                   FROM queue.plan_row p
                  WHERE plan_id = $2 AND kind = 'status' AND held IS NULL
                    AND NOT EXISTS (SELECT FROM queue.plan_row o
                                     WHERE o.plan_id = $2 AND o.kind = 'order' AND o.row = p.row AND o.held IS NULL)) x
          GROUP BY batch
         ON CONFLICT (key) WHERE state IN ('pending', 'running', 'unknown') DO NOTHING",
    )
    .bind(run_id)
    .bind(plan)
    .bind(i64::from(MAX_PER_PAGE))
    .execute(tx)
    .await?;
    Ok(enqueued.rows_affected())
}
