//! Saplab's client API, `purchases.create` (client document, /account/order/create): orders chosen lines of the cart.
//!
//! The shop knows no key against repetition. The order is looked for before it is sent, and after its answer was lost, by
//! our token in the position's comment; where the shop does not carry the cart's comment over, by brand, article and units
//! of what has appeared since. It is never sent twice by itself.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::saplab_parts::shop;
use super::saplab_purchases::ListPurchases;
use super::{Applied, ApplyError, Arg, Kind, Look, Operation, Sight, look_up};
use crate::context::Context;
use crate::mirror;
use crate::mirror::shop::{Wanted, same_goods};
use crate::queue::enqueue::NewCall;
use crate::queue::outcome::ReadBack;
use crate::queue::{Class, Priority};
use crate::upstream::saplab::{PlacedOrder, ShopOrderFilter};
use crate::upstream::{Fault, Upstream};
use crate::value;

/// Orders these lines of the cart, and nothing else of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CreatePurchase {
    /// The lines' identifiers, from the cart.
    pub to_order: Vec<String>,
    /// Our token, as it stands in the line's comment.
    #[serde(default)]
    pub comment: String,
    /// The line's brand.
    #[serde(default)]
    pub brand: String,
    /// The line's article.
    #[serde(default)]
    pub article: String,
    /// Its units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<i64>,
    /// `erp.purchase_orders.id`, where the ERP asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase: Option<i64>,
    /// When it was asked for: no position of it is older.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
}

impl CreatePurchase {
    fn wanted(&self) -> Wanted<'_> {
        Wanted {
            comment: &self.comment,
            brand: &self.brand,
            article: &self.article,
            quantity: self.quantity,
            since: self.since,
        }
    }
}

impl Operation for CreatePurchase {
    const NAME: &'static str = "saplab.purchases.create";
    const ABOUT: &'static str = "Order lines of the cart (POST /account/order/create)";
    const ARGS: &'static [Arg] = &[
        Arg::required(
            "to_order",
            Kind::Texts,
            "identifier of a line, from saplab.cart.list; once for each line",
        ),
        Arg::new(
            "comment",
            Kind::Text,
            "the line's comment, by which the order is found again",
        ),
        Arg::new(
            "brand",
            Kind::Text,
            "the line's brand, by which it is found where the shop keeps no comment",
        ),
        Arg::new("article", Kind::Text, "the line's article, likewise"),
        Arg::new("quantity", Kind::Integer, "the line's units, likewise"),
    ];
    const UPSTREAM: Upstream = Upstream::SaplabClient;
    const CLASS: Class = Class::Guarded;
    const PRIORITY: Priority = Priority::High;
    const READ_BACK: ReadBack = ReadBack::Always;
    const CONSEQUENCE: Option<&'static str> = Some("places an order that must be paid");
    type Request = ();
    type Answer = PlacedOrder;

    fn complete(&mut self) {
        self.since = Some(Utc::now());
    }

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<PlacedOrder, Fault> {
        shop(context)?.create_order(&self.to_order).await
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Context,
        (): &(),
        order: &PlacedOrder,
    ) -> Result<Applied, ApplyError> {
        mirror::shop::set_purchases(tx, &order.positions).await?;
        if let Some(purchase) = self.purchase {
            let is_it = |brand: &str, article: &str| same_goods(article, brand, &self.article, &self.brand);
            let position = order.positions.iter().find(|one| is_it(&one.brand, &one.article));
            let (id, price) = (position.map(|one| one.id), position.and_then(|one| one.price));
            mirror::purchases::placed(tx, purchase, id, Some(&order.invoice), price).await?;
        }
        Ok(Applied {
            pushed: 1,
            note: Some(format!("ordered as {}", order.invoice)),
            ..Applied::default()
        })
    }

    fn read_back(&self) -> Option<NewCall> {
        let from = self
            .since
            .map(|since| value::time::moscow_date(since - TimeDelta::days(1)));
        look_up(&ListPurchases::all(ShopOrderFilter {
            unignore_archived: true,
            date_from: from,
            ..ShopOrderFilter::default()
        }))
    }

    async fn sight(&self, pool: &PgPool, look: &Look<'_>) -> sqlx::Result<Sight> {
        let found = mirror::shop::find(&mut *pool.acquire().await?, &self.wanted(), look.sent).await?;
        Ok(match found.as_slice() {
            [] => Sight::Absent,
            [one] => Sight::Done(format!("it is position {} of order {}", one.id, one.invoice)),
            several => {
                let ids: Vec<String> = several.iter().map(|one| one.id.to_string()).collect();
                Sight::Doubt(format!("several positions may be it: {}", ids.join(", ")))
            }
        })
    }

    async fn finished(&self, tx: &mut PgConnection, _: &Context, look: &Look<'_>) -> sqlx::Result<Applied> {
        let found = mirror::shop::find(tx, &self.wanted(), look.sent).await?;
        if let (Some(purchase), [one]) = (self.purchase, found.as_slice()) {
            mirror::purchases::placed(tx, purchase, Some(one.id), Some(&one.invoice), one.price).await?;
        }
        Ok(Applied::default())
    }
}
