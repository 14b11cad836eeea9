//! Saplab's order statuses added, replaced, removed (panel document, /panel/order/status and
//! /panel/order/remove_status).

use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::saplab_seen::{added, removed, same_name, unreadable};
use super::saplab_shipping_types::written;
use super::saplab_statuses::{ListStatuses, saplab};
use super::{Applied, ApplyError, Arg, Kind, Look, Operation, Sight, look_up, new_call};
use crate::context::Context;
use crate::mirror::saplab_reference::{self, Removed};
use crate::queue::enqueue::NewCall;
use crate::queue::outcome::ReadBack;
use crate::queue::{Class, Priority};
use crate::upstream::saplab::{Status, Success};
use crate::upstream::{Fault, Upstream};

const WHAT: &str = "order status";
const NAME: Arg = Arg::required("name", Kind::Text, "its name");
const COLOR: Arg = Arg::required("color", Kind::Text, "its colour, RRGGBB");
const SMS: Arg = Arg::required("sms", Kind::Flag, "whether setting it sends the client an SMS");
const EMAIL: Arg = Arg::required("email", Kind::Flag, "whether setting it sends the client an e-mail");
const ID: Arg = Arg::required("id", Kind::Integer, "its id");

/// Adds one. Saplab does not tell its id, and added twice there would be two: so it is known by its name.
#[derive(Debug, Serialize, Deserialize)]
pub struct AddStatus {
    /// Its name.
    pub name: String,
    /// Its colour, RRGGBB.
    pub color: String,
    /// Whether setting it sends the client an SMS.
    pub sms: bool,
    /// Whether setting it sends the client an e-mail.
    pub email: bool,
}

/// Replaces one whole.
#[derive(Debug, Serialize, Deserialize)]
pub struct EditStatus {
    /// Its id.
    pub id: i64,
    /// Its name from now on.
    pub name: String,
    /// Its colour, RRGGBB.
    pub color: String,
    /// Whether setting it sends the client an SMS.
    pub sms: bool,
    /// Whether setting it sends the client an e-mail.
    pub email: bool,
}

/// Removes one; when it is not there, that is done already.
#[derive(Debug, Serialize, Deserialize)]
pub struct RemoveStatus {
    /// Its id.
    pub id: i64,
}

impl Operation for AddStatus {
    const NAME: &'static str = "saplab.statuses.add";
    const ABOUT: &'static str = "Add an order status (POST /panel/order/status)";
    const ARGS: &'static [Arg] = &[NAME, COLOR, SMS, EMAIL];
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
        saplab(context)?
            .add_status(&self.name, &self.color, self.sms, self.email)
            .await
    }

    async fn apply(&self, _: &mut PgConnection, _: &Context, (): &(), _: &Success) -> Result<Applied, ApplyError> {
        Ok(written(new_call(&ListStatuses {}, false)))
    }

    fn read_back(&self) -> Option<NewCall> {
        look_up(&ListStatuses {})
    }

    async fn sight(&self, _: &PgPool, look: &Look<'_>) -> sqlx::Result<Sight> {
        let Some(list) = look.read::<Vec<Status>>() else {
            return Ok(unreadable());
        };
        let same = |one: &Status| {
            one.color.eq_ignore_ascii_case(&self.color) && one.sms == Some(self.sms) && one.email == Some(self.email)
        };
        let named = |one: &Status| same_name(&one.name, &self.name);
        Ok(added(WHAT, &list, &[], named, same, |one| one.id))
    }
}

impl Operation for EditStatus {
    const NAME: &'static str = "saplab.statuses.edit";
    const ABOUT: &'static str = "Replace an order status (POST /panel/order/status/$ID)";
    const ARGS: &'static [Arg] = &[ID, NAME, COLOR, SMS, EMAIL];
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
            .edit_status(self.id, &self.name, &self.color, self.sms, self.email)
            .await
    }

    async fn apply(&self, _: &mut PgConnection, _: &Context, (): &(), _: &Success) -> Result<Applied, ApplyError> {
        Ok(written(new_call(&ListStatuses {}, false)))
    }
}

impl Operation for RemoveStatus {
    const NAME: &'static str = "saplab.statuses.remove";
    const ABOUT: &'static str = "Remove an order status (POST /panel/order/remove_status)";
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
        saplab(context)?.remove_status(self.id).await
    }

    async fn apply(&self, tx: &mut PgConnection, _: &Context, (): &(), _: &Success) -> Result<Applied, ApplyError> {
        saplab_reference::remove(tx, Removed::Status, self.id).await?;
        Ok(Applied {
            pushed: 1,
            ..Applied::default()
        })
    }

    fn read_back(&self) -> Option<NewCall> {
        look_up(&ListStatuses {})
    }

    async fn sight(&self, _: &PgPool, look: &Look<'_>) -> sqlx::Result<Sight> {
        Ok(match look.read::<Vec<Status>>() {
            Some(list) => removed(WHAT, list.iter().any(|one| one.id == self.id), &[]),
            None => unreadable(),
        })
    }
}
