//! Saplab's discount groups of clients added, replaced, removed (panel document, /panel/client/group_form and
//! /panel/client/remove_group).

use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::saplab_reference::ListGroups;
use super::saplab_seen::{added, removed, same_name, unreadable};
use super::saplab_shipping_types::written;
use super::saplab_statuses::saplab;
use super::{Applied, ApplyError, Arg, Kind, Look, Operation, Sight, look_up, new_call};
use crate::context::Context;
use crate::mirror::saplab_reference::{self, Removed};
use crate::queue::enqueue::NewCall;
use crate::queue::outcome::ReadBack;
use crate::queue::{Class, Priority};
use crate::upstream::saplab::{Group, Listed, Success};
use crate::upstream::{Fault, Upstream};

const WHAT: &str = "discount group";
const NAME: Arg = Arg::required("name", Kind::Text, "its name");
const DISCOUNT: Arg = Arg::required("discount", Kind::Integer, "the discount, whole per cent");
const COMMENT: Arg = Arg::required("comment", Kind::Text, "the comment; may be empty");
const ID: Arg = Arg::required("id", Kind::Integer, "its id");

/// Adds one. Saplab does not tell its id, and added twice there would be two: so it is known by its name.
#[derive(Debug, Serialize, Deserialize)]
pub struct AddGroup {
    /// Its name.
    pub name: String,
    /// The discount, per cent.
    pub discount: i64,
    /// The comment.
    #[serde(default)]
    pub comment: String,
}

/// Replaces one whole.
#[derive(Debug, Serialize, Deserialize)]
pub struct EditGroup {
    /// Its id.
    pub id: i64,
    /// Its name from now on.
    pub name: String,
    /// The discount, per cent.
    pub discount: i64,
    /// The comment.
    pub comment: String,
}

/// Removes one; when it is not there, that is done already.
#[derive(Debug, Serialize, Deserialize)]
pub struct RemoveGroup {
    /// Its id.
    pub id: i64,
}

impl Operation for AddGroup {
    const NAME: &'static str = "saplab.groups.add";
    const ABOUT: &'static str = "Add a discount group of clients (POST /panel/client/group_form)";
    const ARGS: &'static [Arg] = &[NAME, DISCOUNT, Arg::new("comment", Kind::Text, "the comment")];
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
            .add_group(&self.name, self.discount, &self.comment)
            .await
    }

    async fn apply(&self, _: &mut PgConnection, _: &Context, (): &(), _: &Success) -> Result<Applied, ApplyError> {
        Ok(written(new_call(&ListGroups {}, false)))
    }

    fn read_back(&self) -> Option<NewCall> {
        look_up(&ListGroups {})
    }

    async fn sight(&self, _: &PgPool, look: &Look<'_>) -> sqlx::Result<Sight> {
        let Some(list) = look.read::<Listed<Group>>() else {
            return Ok(unreadable());
        };
        let same = |one: &Group| one.discount == Some(self.discount.into());
        // The list shows the discount behind the name: "Розница - 0%".
        let shown = |one: &Group| {
            one.discount
                .map(|discount| format!("{} - {discount}%", self.name.trim()))
        };
        let named = |one: &Group| {
            same_name(&one.name, &self.name) || shown(one).is_some_and(|shown| same_name(&one.name, &shown))
        };
        Ok(added(WHAT, &list.rows, &list.rejected, named, same, |one| one.id))
    }
}

impl Operation for EditGroup {
    const NAME: &'static str = "saplab.groups.edit";
    const ABOUT: &'static str = "Replace a discount group of clients (POST /panel/client/group_form/$ID)";
    const ARGS: &'static [Arg] = &[ID, NAME, DISCOUNT, COMMENT];
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
            .edit_group(self.id, &self.name, self.discount, &self.comment)
            .await
    }

    async fn apply(&self, _: &mut PgConnection, _: &Context, (): &(), _: &Success) -> Result<Applied, ApplyError> {
        Ok(written(new_call(&ListGroups {}, false)))
    }
}

impl Operation for RemoveGroup {
    const NAME: &'static str = "saplab.groups.remove";
    const ABOUT: &'static str = "Remove a discount group of clients (POST /panel/client/remove_group)";
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
        saplab(context)?.remove_group(self.id).await
    }

    async fn apply(&self, tx: &mut PgConnection, _: &Context, (): &(), _: &Success) -> Result<Applied, ApplyError> {
        saplab_reference::remove(tx, Removed::Group, self.id).await?;
        Ok(Applied {
            pushed: 1,
            ..Applied::default()
        })
    }

    fn read_back(&self) -> Option<NewCall> {
        look_up(&ListGroups {})
    }

    async fn sight(&self, _: &PgPool, look: &Look<'_>) -> sqlx::Result<Sight> {
        Ok(match look.read::<Listed<Group>>() {
            Some(list) => removed(WHAT, list.rows.iter().any(|one| one.id == self.id), &list.rejected),
            None => unreadable(),
        })
    }
}
