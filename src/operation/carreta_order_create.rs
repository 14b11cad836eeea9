//! Carreta `orders.create` (Carreta document, Создание заказа): orders an offer that a search has found.
//!
//! Carreta answers 201 and no id, and knows no key against repetition. So every order carries a token of ours in
//! `client_comment`; the order is looked for by it before it is sent and after its answer was lost.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{PgConnection, PgPool};

use super::carreta_orders::{ListOrders, carreta};
use super::{Applied, ApplyError, Arg, Kind, Look, Operation, Sight, look_up};
use crate::context::Context;
use crate::mirror;
use crate::queue::enqueue::NewCall;
use crate::queue::outcome::ReadBack;
use crate::queue::{Class, Priority};
use crate::upstream::carreta::{OrderBody, order_qty};
use crate::upstream::{Fault, Upstream};
use crate::value::Quantity;

/// Orders so many units of an offer.
#[derive(Debug, Serialize, Deserialize)]
pub struct CreateOrder {
    /// `mirror.offer.id`, as a search printed it.
    pub offer: i64,
    /// Units.
    pub quantity: i64,
    /// Our token, unique; at most 50 characters.
    #[serde(default)]
    pub comment: String,
    /// A test order; otherwise what `carreta.test_orders` says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<bool>,
    /// `erp.purchase_orders.id`, where the ERP asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purchase: Option<i64>,
    /// When it was asked for: no order of ours is older.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
}

impl Operation for CreateOrder {
    const NAME: &'static str = "carreta.orders.create";
    const ABOUT: &'static str = "Order an offer that carreta.parts.search has found (POST /v1/order/)";
    const ARGS: &'static [Arg] = &[
        Arg::required("offer", Kind::Integer, "The offer's number, from carreta.parts.search"),
        Arg::required("quantity", Kind::Integer, "Units"),
        Arg::new(
            "comment",
            Kind::Text,
            "client_comment, by which the order is found again; unique, up to 50 characters",
        ),
        Arg::new(
            "test",
            Kind::Flag,
            "A test order; otherwise as carreta.test_orders says",
        ),
    ];
    const UPSTREAM: Upstream = Upstream::Carreta;
    const CLASS: Class = Class::Guarded;
    const PRIORITY: Priority = Priority::High;
    const READ_BACK: ReadBack = ReadBack::Always;
    const RESENDS: bool = true;
    const CONSEQUENCE: Option<&'static str> = Some("places an order that must be paid");
    /// The offer's fields as they must be sent, or why it cannot be ordered.
    type Request = Result<OrderBody, String>;
    /// `Err`: Carreta's own words, refusing.
    type Answer = Result<(), String>;

    fn complete(&mut self) {
        if self.comment.is_empty() {
            self.comment = format!("SV-{:016X}", fastrand::u64(..));
        }
        self.since = Some(Utc::now());
    }

    async fn prepare(&self, pool: &PgPool, _: &Context) -> sqlx::Result<Option<Self::Request>> {
        let offer = mirror::offers::get(pool, self.offer).await?;
        Ok(Some(self.body(offer.as_ref())))
    }

    async fn send(&self, context: &Context, body: &Self::Request) -> Result<Self::Answer, Fault> {
        let refused = |words: &String| Fault::Refused {
            status: 0,
            words: words.clone(),
        };
        let test = self.test.unwrap_or(context.settings.carreta.test_orders);
        let sent = match body {
            Ok(body) => {
                carreta(context)?
                    .create_order(body, self.quantity, Some(&self.comment), test)
                    .await
            }
            Err(words) => Err(refused(words)),
        };
        match sent {
            // A purchase of the ERP goes on with a new search.
            Err(Fault::Refused { words, .. }) if self.purchase.is_some() => Ok(Err(words)),
            sent => sent.map(Ok),
        }
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Context,
        _: &Self::Request,
        answer: &Self::Answer,
    ) -> Result<Applied, ApplyError> {
        match (answer, self.purchase) {
            (Ok(()), Some(purchase)) => mirror::purchases::placed(tx, purchase, None, None, None).await?,
            (Err(words), Some(purchase)) => mirror::purchases::refused(tx, purchase, words).await?,
            (_, None) => {}
        }
        Ok(Applied {
            pushed: i64::from(answer.is_ok()),
            refused: i64::from(answer.is_err()),
            note: Some(match answer {
                Ok(()) => format!("ordered; Carreta shows it under client_comment {}", self.comment),
                Err(words) => words.clone(),
            }),
            answer: Some(json!({ "client_comment": self.comment, "offer": self.offer, "quantity": self.quantity })),
            // Its id is only in the list.
            next: answer
                .as_ref()
                .ok()
                .and_then(|()| self.read_back())
                .into_iter()
                .collect(),
            ..Applied::default()
        })
    }

    fn read_back(&self) -> Option<NewCall> {
        look_up(&ListOrders {
            client_comment: vec![self.comment.clone()],
            follow: true,
            since: self.since.map(|since| since - TimeDelta::days(1)),
            ..ListOrders::default()
        })
    }

    async fn sight(&self, pool: &PgPool, _: &Look<'_>) -> sqlx::Result<Sight> {
        let numbers = mirror::carreta::with_comment(pool, &self.comment).await?;
        Ok(match numbers.as_slice() {
            [] => Sight::Absent,
            [number] => Sight::Done(format!("it is order {number}")),
            several => Sight::Doubt(format!(
                "{} orders carry our comment {}: {}",
                several.len(),
                self.comment,
                several.join(", ")
            )),
        })
    }

    async fn finished(&self, tx: &mut PgConnection, _: &Context, _: &Look<'_>) -> sqlx::Result<Applied> {
        if let Some(purchase) = self.purchase {
            mirror::purchases::placed(tx, purchase, None, None, None).await?;
        }
        Ok(Applied::default())
    }
}

impl CreateOrder {
    /// The offer's fields, if it still stands and so many may be ordered.
    fn body(&self, offer: Option<&mirror::offers::Chosen>) -> Result<OrderBody, String> {
        let offer = offer.ok_or_else(|| format!("offer {} is not kept any more: search again", self.offer))?;
        let quantity = Quantity::parse(offer.quantity_text.as_deref().unwrap_or_default());
        let min_quantity = offer.min_quantity.ok_or(order_qty::Rule::UnknownMinimum);
        min_quantity
            .and_then(|min| order_qty::check(self.quantity, &quantity, i64::from(min)))
            .map_err(|rule| format!("{} {}: {rule}", offer.brand, offer.article))?;
        let body = offer.ticket.as_ref().and_then(OrderBody::from_ticket);
        body.ok_or_else(|| format!("offer {} came without a signature: it cannot be ordered", self.offer))
    }
}
