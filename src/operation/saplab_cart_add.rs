//! Saplab's client API, `cart.add` (client document, /account/cart/add): puts an offer into the one cart of our login.
//!
//! Whether a second call adds the units up is not documented, and other people may use the same cart. So the cart is read
//! before and after: a line that is not exactly ours, with exactly our units, is never ordered.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sqlx::{PgConnection, PgPool};

use super::saplab_cart::ListCart;
use super::saplab_parts::shop;
use super::saplab_purchase_create::CreatePurchase;
use super::{Applied, ApplyError, Arg, Kind, Look, Operation, Sight, look_up, new_call};
use crate::config::Secret;
use crate::context::Context;
use crate::mirror;
use crate::mirror::shop::same_goods;
use crate::queue::enqueue::NewCall;
use crate::queue::outcome::ReadBack;
use crate::queue::{Class, Priority};
use crate::upstream::saplab::{Cart, CartLine};
use crate::upstream::{Fault, Upstream};

/// Puts so many units of an offer into the cart.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AddToCart {
    /// `mirror.offer.id`, as a search printed it.
    pub offer: i64,
    /// Units.
    pub quantity: i64,
    /// Our token, unique: the line's comment.
    #[serde(default)]
    pub comment: String,
    /// The offer's brand and article, by which the line is known where the shop keeps no comment.
    #[serde(default)]
    pub brand: String,
    /// See `brand`.
    #[serde(default)]
    pub article: String,
    /// `erp.purchase_orders.id`, where the ERP asked for it: then the line is ordered next.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase: Option<i64>,
    /// When it was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
}

impl AddToCart {
    /// The lines that are ours, or as good as.
    fn lines<'a>(&self, cart: &'a Cart) -> Vec<&'a CartLine> {
        let with = |test: &dyn Fn(&CartLine) -> bool| cart.lines.iter().filter(|line| test(line)).collect::<Vec<_>>();
        let ours = with(&|line| !self.comment.is_empty() && line.comment.contains(&self.comment));
        if ours.is_empty() && !self.article.is_empty() {
            with(&|line| same_goods(&line.article, &line.brand, &self.article, &self.brand))
        } else {
            ours
        }
    }

    fn is_ours(&self, line: &CartLine) -> bool {
        !self.comment.is_empty() && line.comment.contains(&self.comment)
    }

    /// The call that orders the line.
    fn order(&self, purchase: i64, line: &CartLine) -> NewCall {
        let order = CreatePurchase {
            to_order: vec![line.to_order.clone()],
            comment: self.comment.clone(),
            brand: self.brand.clone(),
            article: self.article.clone(),
            quantity: Some(self.quantity),
            purchase: Some(purchase),
            since: self.since,
        };
        NewCall {
            key: format!("purchase:{purchase}"),
            ..new_call(&order, true)
        }
    }
}

impl Operation for AddToCart {
    const NAME: &'static str = "saplab.cart.add";
    const ABOUT: &'static str =
        "Put an offer that saplab.parts.search has found into the cart (POST /account/cart/add)";
    const ARGS: &'static [Arg] = &[
        Arg::required("offer", Kind::Integer, "the offer's number, from saplab.parts.search"),
        Arg::required("quantity", Kind::Integer, "units"),
        Arg::required(
            "article",
            Kind::Text,
            "the offer's article, by which the line is found in the cart",
        ),
        Arg::required("brand", Kind::Text, "the offer's brand"),
        Arg::new(
            "comment",
            Kind::Text,
            "the line's comment, unique; otherwise a token of ours",
        ),
    ];
    const UPSTREAM: Upstream = Upstream::SaplabClient;
    const CLASS: Class = Class::Guarded;
    const PRIORITY: Priority = Priority::High;
    const READ_BACK: ReadBack = ReadBack::Always;
    const POST_CHECK: bool = true;
    /// The offer's token, or why there is none.
    type Request = Result<Secret, String>;
    /// The line's identifier.
    type Answer = String;

    fn complete(&mut self) {
        if self.comment.is_empty() {
            self.comment = format!("SV-{:016X}", fastrand::u64(..));
        }
        self.since = Some(Utc::now());
    }

    async fn prepare(&self, pool: &PgPool, _: &Context) -> sqlx::Result<Option<Self::Request>> {
        let offer = mirror::offers::get(pool, self.offer).await?;
        let token = offer
            .as_ref()
            .and_then(|offer| offer.ticket.as_ref()?.get("to_cart").and_then(Value::as_str))
            .map(Secret::new);
        Ok(Some(token.ok_or_else(|| match offer {
            None => format!("offer {} is not kept any more: search again", self.offer),
            Some(_) => format!("the shop gave no token to put offer {} into the cart", self.offer),
        })))
    }

    async fn send(&self, context: &Context, token: &Self::Request) -> Result<String, Fault> {
        let refused = |words: String| Fault::Refused { status: 0, words };
        let token = token.as_ref().map_err(|words| refused(words.clone()))?;
        let quantity = u32::try_from(self.quantity)
            .map_err(|_| refused(format!("quantity {} is no number of units", self.quantity)))?;
        shop(context)?.add_to_cart(token, quantity, &self.comment).await
    }

    async fn apply(
        &self,
        _: &mut PgConnection,
        _: &Context,
        _: &Self::Request,
        _: &String,
    ) -> Result<Applied, ApplyError> {
        // The cart, read afterwards, decides.
        Ok(Applied::default())
    }

    fn read_back(&self) -> Option<NewCall> {
        look_up(&ListCart {})
    }

    async fn sight(&self, _: &PgPool, look: &Look<'_>) -> sqlx::Result<Sight> {
        let Some(cart) = look.read::<Cart>() else {
            return Ok(Sight::Doubt("what is in the cart cannot be read".into()));
        };
        let lines = self.lines(&cart);
        let holds = || {
            let of = |line: &&CartLine| {
                format!(
                    "{} of {} {}",
                    line.quantity.unwrap_or_default(),
                    line.brand,
                    line.article
                )
            };
            lines.iter().map(of).collect::<Vec<_>>().join(", ")
        };
        Ok(match lines.as_slice() {
            [] => Sight::Absent,
            [line] if line.quantity == Some(self.quantity) && (look.sent || self.is_ours(line)) => {
                Sight::Done(format!("the cart holds {}", holds()))
            }
            _ if look.sent => Sight::Doubt(format!("the cart holds {} where {} were added", holds(), self.quantity)),
            _ => Sight::Doubt(format!(
                "the cart holds {} already, put there by somebody else, and would add them up: take it out of the cart in \
                 the shop",
                holds()
            )),
        })
    }

    async fn finished(&self, _: &mut PgConnection, _: &Context, look: &Look<'_>) -> sqlx::Result<Applied> {
        let cart = look.read::<Cart>().unwrap_or_default();
        let line = self.lines(&cart).first().copied();
        let order = self
            .purchase
            .zip(line)
            .map(|(purchase, line)| self.order(purchase, line));
        Ok(Applied {
            next: order.into_iter().collect(),
            ..Applied::default()
        })
    }
}
