//! Saplab's client API, our own positions and the names of their statuses (client document, /account/order and
//! /misc/order_statuses).

use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::paging::{self, Trail};
use super::saplab_parts::shop;
use super::saplab_reference::{noted, pulled};
use super::{Applied, ApplyError, Arg, Kind, Operation, new_call};
use crate::context::Context;
use crate::mirror;
use crate::mirror::snapshot::{self, List};
use crate::queue::{Class, Priority};
use crate::upstream::saplab::{MAX_PER_PAGE, ShopOrderFilter, ShopOrderPage, ShopStatus};
use crate::upstream::{Fault, Upstream};

/// Whatever a shop says of its length, one listing ends after so many pages.
const PAGES_MAX: u32 = 10_000;

/// Lists our positions: a page of those that a filter lets pass, or all pages from there on.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct ListPurchases {
    /// The filters; the default = all that are not archived.
    #[serde(flatten)]
    pub filter: ShopOrderFilter,
    /// Whether the pages after this one are read too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub follow: bool,
    /// What the pages before showed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trail: Option<Trail>,
}

impl ListPurchases {
    /// All pages of what a filter lets pass.
    pub fn all(filter: ShopOrderFilter) -> Self {
        let filter = ShopOrderFilter {
            page: Some(1),
            per_page: Some(MAX_PER_PAGE),
            ..filter
        };
        Self {
            filter,
            follow: true,
            trail: None,
        }
    }

    /// The next page of the listing, if there is more to see; and what an admin should know.
    fn next(&self, page: &ShopOrderPage) -> (Option<Self>, Option<&'static str>) {
        if !self.follow {
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
}

impl Operation for ListPurchases {
    const NAME: &'static str = "saplab.purchases.list";
    const ABOUT: &'static str = "List positions that we ordered ourselves (GET /account/order)";
    const ARGS: &'static [Arg] = &[
        Arg::new("order_ids", Kind::Integers, "positions with these ids"),
        Arg::new("invoice", Kind::Text, "the order's label"),
        Arg::new("brand", Kind::Text, "the brand"),
        Arg::new("article", Kind::Text, "the article"),
        Arg::new("shipping_id", Kind::Integer, "the way of delivery; 0 = pickup"),
        Arg::new("point_id", Kind::Integer, "the office"),
        Arg::new("order_status", Kind::Integer, "the status' id"),
        Arg::new("unignore_archived", Kind::Flag, "archived positions too"),
        Arg::new("date_from", Kind::Date, "ordered on this day or later"),
        Arg::new("date_to", Kind::Date, "ordered until this day"),
        Arg::new("page", Kind::Integer, "the page, from 1"),
        Arg::new("per_page", Kind::Integer, "positions on a page, at most 150"),
    ];
    const UPSTREAM: Upstream = Upstream::SaplabClient;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    type Request = ();
    type Answer = ShopOrderPage;

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<ShopOrderPage, Fault> {
        shop(context)?.orders(&self.filter).await
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Context,
        (): &(),
        page: &ShopOrderPage,
    ) -> Result<Applied, ApplyError> {
        mirror::shop::set_purchases(tx, &page.positions).await?;
        let (next, words) = self.next(page);
        Ok(Applied {
            next: next.iter().map(|next| new_call(next, true)).collect(),
            note: noted(&page.rejected, words),
            ..pulled(page.positions.len(), &page.rejected)
        })
    }
}

/// Replaces `mirror.saplab_purchase_status`.
#[derive(Debug, Serialize, Deserialize)]
pub struct ListPurchaseStatuses {}

impl Operation for ListPurchaseStatuses {
    const NAME: &'static str = "saplab.purchases.statuses";
    const ABOUT: &'static str = "List order statuses as the shop shows them to its clients (GET /misc/order_statuses)";
    const UPSTREAM: Upstream = Upstream::SaplabClient;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    type Request = ();
    type Answer = Vec<ShopStatus>;

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<Self::Answer, Fault> {
        shop(context)?.statuses().await
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        context: &Context,
        (): &(),
        statuses: &Self::Answer,
    ) -> Result<Applied, ApplyError> {
        if statuses.is_empty() {
            return Err(ApplyError::Refused(
                "Saplab's client API listed no order status at all: refused, the last list stays".into(),
            ));
        }
        snapshot::accept(tx, &context.settings.guard, List::PurchaseStatuses, statuses.len()).await?;
        mirror::shop::replace_statuses(tx, statuses).await?;
        Ok(pulled(statuses.len(), &[]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_listing_of_all_goes_on_and_ends_with_the_last_page() {
        let page = |pages| ShopOrderPage {
            positions: Vec::new(),
            rejected: vec!["row 1 of 1: it has no usable id".into()],
            pages,
        };
        let mut list = ListPurchases::all(ShopOrderFilter::default());
        assert_eq!(list.next(&page(2)).0.unwrap().filter.page, Some(2));
        assert!(list.next(&page(1)).0.is_none());
        list.filter.page = Some(2);
        assert!(list.next(&page(2)).0.is_none());
        assert!(
            ListPurchases::default().next(&page(9)).0.is_none(),
            "a person asked for one page"
        );
    }

    #[test]
    fn the_arguments_are_the_documents_filters() {
        let given = r#"{"order_ids":[1,2],"invoice":"NO-005","page":2}"#;
        let list: ListPurchases = serde_json::from_str(given).unwrap();
        assert_eq!((list.filter.order_ids.len(), list.filter.page), (2, Some(2)));
        assert_eq!(serde_json::to_string(&list).unwrap(), given);
        let named: Vec<&str> = ListPurchases::ARGS.iter().map(|arg| arg.name).collect();
        assert_eq!(named.len(), 12);
    }
}
