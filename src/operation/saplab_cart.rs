//! Saplab's client API, the cart (client document, /account/cart): there is one for the login, whoever fills it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::saplab_parts::shop;
use super::saplab_reference::pulled;
use super::{Applied, ApplyError, Operation};
use crate::context::Context;
use crate::mirror;
use crate::queue::{Class, Priority};
use crate::upstream::saplab::Cart;
use crate::upstream::{Fault, Upstream};

/// Replaces `mirror.saplab_cart`.
#[derive(Debug, Serialize, Deserialize)]
pub struct ListCart {}

impl Operation for ListCart {
    const NAME: &'static str = "saplab.cart.list";
    const ABOUT: &'static str = "List what is in the cart of our login (GET /account/cart)";
    const UPSTREAM: Upstream = Upstream::SaplabClient;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    /// When it was asked, by the database's clock.
    type Request = DateTime<Utc>;
    type Answer = Cart;

    async fn prepare(&self, pool: &PgPool, _: &Context) -> sqlx::Result<Option<DateTime<Utc>>> {
        mirror::clock(pool).await.map(Some)
    }

    async fn send(&self, context: &Context, _: &DateTime<Utc>) -> Result<Cart, Fault> {
        shop(context)?.cart().await
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        _: &Context,
        asked_at: &DateTime<Utc>,
        cart: &Cart,
    ) -> Result<Applied, ApplyError> {
        mirror::shop::replace_cart(tx, &cart.lines, *asked_at).await?;
        Ok(pulled(cart.lines.len(), &cart.rejected))
    }
}
