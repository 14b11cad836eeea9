//! Rows of Saplab's reference lists added, replaced and removed: what ways of delivery, statuses and discount groups have
//! in common. Each list's own file says what a row of it is ([`ListRow`]).
//!
//! Saplab does not tell the id of a new row, and added twice there would be two: so a row is known by its name, and a
//! second one of a name is never made.

use std::future::Future;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::saplab_seen::{removed, unreadable};
use super::saplab_statuses::saplab;
use super::{Applied, ApplyError, Arg, Kind, Look, Operation, Sight, look_up, new_call};
use crate::context::Context;
use crate::mirror::saplab_reference::{self, Removed};
use crate::queue::enqueue::NewCall;
use crate::queue::outcome::ReadBack;
use crate::queue::{Class, Priority};
use crate::upstream::saplab::{Panel, Success};
use crate::upstream::{Fault, Upstream};

/// The one argument of a removal, and the first of a replacement.
pub(super) const ID: Arg = Arg::required("id", Kind::Integer, "its id");

/// What an operation is called, and what it does.
pub(super) struct Title {
    /// `saplab.resource.action`
    pub(super) name: &'static str,
    /// In one line.
    pub(super) about: &'static str,
}

/// What a person gives for a row of one list.
pub(super) trait ListRow: Serialize + DeserializeOwned + Send + Sync {
    /// What a row is, for people.
    const WHAT: &'static str;
    /// Where the mirror keeps it.
    const KIND: Removed;
    /// Adding one.
    const ADD: Title;
    /// Replacing one.
    const EDIT: Title;
    /// Removing one.
    const REMOVE: Title;
    /// What adding takes.
    const ADD_ARGS: &'static [Arg];
    /// What replacing takes.
    const EDIT_ARGS: &'static [Arg];
    /// The read that shows all rows.
    type List: Operation<Answer: DeserializeOwned>;

    /// That read.
    fn list() -> Self::List;

    /// Makes the request that adds it.
    fn add(&self, panel: &Panel) -> impl Future<Output = Result<Success, Fault>> + Send;

    /// Makes the request that puts it in the place of another.
    fn edit(&self, panel: &Panel, id: i64) -> impl Future<Output = Result<Success, Fault>> + Send;

    /// Makes the request that removes one.
    fn remove(panel: &Panel, id: i64) -> impl Future<Output = Result<Success, Fault>> + Send;

    /// Whether the list shows it.
    fn is_added(&self, list: &<Self::List as Operation>::Answer) -> Sight;

    /// The rows' ids, and what of the list could not be read.
    fn ids(list: &<Self::List as Operation>::Answer) -> (Vec<i64>, &[String]);
}

/// Adds a row.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "R: ListRow")]
pub(super) struct Add<R> {
    #[serde(flatten)]
    row: R,
}

/// Replaces a row whole.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "R: ListRow")]
pub(super) struct Edit<R> {
    id: i64,
    #[serde(flatten)]
    row: R,
}

/// Removes a row; when it is not there, that is done already.
#[derive(Debug, Serialize, Deserialize)]
#[serde(bound = "R: ListRow")]
pub(super) struct Remove<R> {
    id: i64,
    #[serde(skip)]
    of: std::marker::PhantomData<R>,
}

impl<R: ListRow> Operation for Add<R> {
    const NAME: &'static str = R::ADD.name;
    const ABOUT: &'static str = R::ADD.about;
    const ARGS: &'static [Arg] = R::ADD_ARGS;
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
        self.row.add(saplab(context)?).await
    }

    async fn apply(&self, _: &mut PgConnection, _: &Context, (): &(), _: &Success) -> Result<Applied, ApplyError> {
        Ok(written(new_call(&R::list(), false)))
    }

    fn read_back(&self) -> Option<NewCall> {
        look_up(&R::list())
    }

    async fn sight(&self, _: &PgPool, look: &Look<'_>) -> sqlx::Result<Sight> {
        Ok(look.read().map_or_else(unreadable, |list| self.row.is_added(&list)))
    }
}

impl<R: ListRow> Operation for Edit<R> {
    const NAME: &'static str = R::EDIT.name;
    const ABOUT: &'static str = R::EDIT.about;
    const ARGS: &'static [Arg] = R::EDIT_ARGS;
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
        self.row.edit(saplab(context)?, self.id).await
    }

    async fn apply(&self, _: &mut PgConnection, _: &Context, (): &(), _: &Success) -> Result<Applied, ApplyError> {
        Ok(written(new_call(&R::list(), false)))
    }
}

impl<R: ListRow> Operation for Remove<R> {
    const NAME: &'static str = R::REMOVE.name;
    const ABOUT: &'static str = R::REMOVE.about;
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
        R::remove(saplab(context)?, self.id).await
    }

    async fn apply(&self, tx: &mut PgConnection, _: &Context, (): &(), _: &Success) -> Result<Applied, ApplyError> {
        saplab_reference::remove(tx, R::KIND, self.id).await?;
        Ok(Applied {
            pushed: 1,
            ..Applied::default()
        })
    }

    fn read_back(&self) -> Option<NewCall> {
        look_up(&R::list())
    }

    async fn sight(&self, _: &PgPool, look: &Look<'_>) -> sqlx::Result<Sight> {
        let Some(list) = look.read() else {
            return Ok(unreadable());
        };
        let (ids, rejected) = R::ids(&list);
        Ok(removed(R::WHAT, ids.contains(&self.id), rejected))
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
