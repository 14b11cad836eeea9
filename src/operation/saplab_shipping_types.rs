//! Saplab's ways of delivery added, replaced, removed (panel document, /panel/order/shipping_type and
//! /panel/order/remove_shipping_type).

use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::saplab_reference::ListShippingTypes;
use super::saplab_seen::{added, removed, same_name, unreadable};
use super::saplab_statuses::saplab;
use super::{Applied, ApplyError, Arg, Kind, Look, Operation, Sight, look_up, new_call};
use crate::context::Context;
use crate::mirror::saplab_reference::{self, Removed};
use crate::queue::enqueue::NewCall;
use crate::queue::outcome::ReadBack;
use crate::queue::{Class, Priority};
use crate::upstream::saplab::{Listed, ShippingType, Success};
use crate::upstream::{Fault, Upstream};

const WHAT: &str = "way of delivery";
const NAME: Arg = Arg::required("name", Kind::Text, "its name");
const MIN_PRICE: Arg = Arg::required(
    "min_price",
    Kind::Integer,
    "from which price of an order it can be chosen, whole roubles",
);
const ID: Arg = Arg::required("id", Kind::Integer, "its id");

/// Adds one. Saplab does not tell its id, and added twice there would be two: so it is known by its name.
#[derive(Debug, Serialize, Deserialize)]
pub struct AddShippingType {
    /// Its name.
    pub name: String,
    /// From which price of an order it can be chosen, roubles.
    pub min_price: i64,
}

/// Replaces one whole.
#[derive(Debug, Serialize, Deserialize)]
pub struct EditShippingType {
    /// Its id.
    pub id: i64,
    /// Its name from now on.
    pub name: String,
    /// From which price of an order it can be chosen, roubles.
    pub min_price: i64,
}

/// Removes one; when it is not there, that is done already.
#[derive(Debug, Serialize, Deserialize)]
pub struct RemoveShippingType {
    /// Its id.
    pub id: i64,
}

impl Operation for AddShippingType {
    const NAME: &'static str = "saplab.shipping_types.add";
    const ABOUT: &'static str = "Add a way of delivery (POST /panel/order/shipping_type)";
    const ARGS: &'static [Arg] = &[NAME, MIN_PRICE];
    const UPSTREAM: Upstream = Upstream::Saplab;
    const CLASS: Class = Class::Guarded;
    const PRIORITY: Priority = Priority::High;
    const READ_BACK: ReadBack = ReadBack::Always;
    type Request = ();
    type Answer = Success;

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<Success, Fault> {
        saplab(context)?.add_shipping_type(&self.name, self.min_price).await
    }

    async fn apply(&self, _: &mut PgConnection, _: &Context, (): &(), _: &Success) -> Result<Applied, ApplyError> {
        Ok(written(new_call(&ListShippingTypes {}, false)))
    }

    fn read_back(&self) -> Option<NewCall> {
        look_up(&ListShippingTypes {})
    }

    async fn sight(&self, _: &PgPool, look: &Look<'_>) -> sqlx::Result<Sight> {
        let Some(list) = look.read::<Listed<ShippingType>>() else {
            return Ok(unreadable());
        };
        let same = |one: &ShippingType| one.min_price == Some(self.min_price.into());
        let named = |one: &ShippingType| same_name(&one.name, &self.name);
        Ok(added(WHAT, &list.rows, &list.rejected, named, same, |one| one.id))
    }
}

impl Operation for EditShippingType {
    const NAME: &'static str = "saplab.shipping_types.edit";
    const ABOUT: &'static str = "Replace a way of delivery (POST /panel/order/shipping_type/$ID)";
    const ARGS: &'static [Arg] = &[ID, NAME, MIN_PRICE];
    const UPSTREAM: Upstream = Upstream::Saplab;
    const CLASS: Class = Class::Idempotent;
    const PRIORITY: Priority = Priority::High;
    type Request = ();
    type Answer = Success;

    fn intent(&self) -> Option<String> {
        Some(format!("{} {}", Self::NAME, self.id))
    }

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<Success, Fault> {
        saplab(context)?
            .edit_shipping_type(self.id, &self.name, self.min_price)
            .await
    }

    async fn apply(&self, _: &mut PgConnection, _: &Context, (): &(), _: &Success) -> Result<Applied, ApplyError> {
        Ok(written(new_call(&ListShippingTypes {}, false)))
    }
}

impl Operation for RemoveShippingType {
    const NAME: &'static str = "saplab.shipping_types.remove";
    const ABOUT: &'static str = "Remove a way of delivery (POST /panel/order/remove_shipping_type)";
    const ARGS: &'static [Arg] = &[ID];
    const UPSTREAM: Upstream = Upstream::Saplab;
    const CLASS: Class = Class::Idempotent;
    const PRIORITY: Priority = Priority::High;
    const READ_BACK: ReadBack = ReadBack::Always;
    type Request = ();
    type Answer = Success;

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<Success, Fault> {
        saplab(context)?.remove_shipping_type(self.id).await
    }

    async fn apply(&self, tx: &mut PgConnection, _: &Context, (): &(), _: &Success) -> Result<Applied, ApplyError> {
        saplab_reference::remove(tx, Removed::ShippingType, self.id).await?;
        Ok(Applied {
            pushed: 1,
            ..Applied::default()
        })
    }

    fn read_back(&self) -> Option<NewCall> {
        look_up(&ListShippingTypes {})
    }

    async fn sight(&self, _: &PgPool, look: &Look<'_>) -> sqlx::Result<Sight> {
        Ok(match look.read::<Listed<ShippingType>>() {
            Some(list) => removed(WHAT, list.rows.iter().any(|one| one.id == self.id), &list.rejected),
            None => unreadable(),
        })
    }
}

/// One row was written; the list shows it with its id.
pub(super) fn written(list: NewCall) -> Applied {
    Applied {
        pushed: 1,
        next: vec![list],
        ..Applied::default()
    }
}
