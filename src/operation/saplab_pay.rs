//! A position paid from its client's balance, or its payment taken back (panel document, /panel/order/pay/$ID).
//!
//! The method is a toggle whose two answers differ by their words alone. So the call says which state is wanted: the
//! position is read before, nothing is sent when it stands so already, and only what it shows afterwards counts.

use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::saplab_orders::ListPositions;
use super::saplab_position_acts::{acted, stands};
use super::saplab_statuses::saplab;
use super::{Applied, ApplyError, Arg, Kind, Look, Operation, Sight, look_up};
use crate::context::Context;
use crate::queue::enqueue::NewCall;
use crate::queue::outcome::ReadBack;
use crate::queue::{Class, Priority};
use crate::upstream::saplab::Success;
use crate::upstream::{Fault, Upstream};

/// Makes a position paid, or unpaid.
#[derive(Debug, Serialize, Deserialize)]
pub struct Pay {
    /// The position's id.
    pub position: i64,
    /// What it is to be.
    #[serde(default = "paid")]
    pub paid: bool,
}

fn paid() -> bool {
    true
}

impl Operation for Pay {
    const NAME: &'static str = "saplab.orders.pay";
    const ABOUT: &'static str = "Pay a position, or take its payment back (GET /panel/order/pay/$ID)";
    const ARGS: &'static [Arg] = &[
        Arg::required("position", Kind::Integer, "the position's id"),
        Arg::new(
            "paid",
            Kind::Flag,
            "what it is to be: true (without it) pays, false takes back",
        ),
    ];
    const UPSTREAM: Upstream = Upstream::Saplab;
    const CLASS: Class = Class::Guarded;
    const PRIORITY: Priority = Priority::High;
    const READ_BACK: ReadBack = ReadBack::Always;
    const POST_CHECK: bool = true;
    const CONSEQUENCE: Option<&'static str> = Some("moves money between a client's balance and an order");
    type Request = ();
    type Answer = Success;

    /// Paying and taking back are never under way at once.
    fn intent(&self) -> Option<String> {
        Some(format!("{} {}", Self::NAME, self.position))
    }

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<Success, Fault> {
        saplab(context)?.pay(self.position).await
    }

    async fn apply(&self, _: &mut PgConnection, _: &Context, (): &(), _: &Success) -> Result<Applied, ApplyError> {
        Ok(acted(&[self.position]))
    }

    fn read_back(&self) -> Option<NewCall> {
        look_up(&ListPositions::one(self.position))
    }

    async fn sight(&self, _: &PgPool, look: &Look<'_>) -> sqlx::Result<Sight> {
        let words = if self.paid { "paid" } else { "not paid" };
        Ok(stands(look, self.position, |one| one.is_payed, self.paid, words))
    }
}
