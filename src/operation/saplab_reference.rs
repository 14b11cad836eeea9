//! Saplab's reference lists but the statuses (panel document, /panel/manager, /panel/order/shipping_type,
//! /panel/client/group): each replaces its mirror.

use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::saplab_statuses::saplab;
use super::{Applied, ApplyError, Operation};
use crate::context::Context;
use crate::mirror::saplab_reference;
use crate::mirror::snapshot::{self, List};
use crate::queue::{Class, Priority};
use crate::upstream::saplab::{Group, Listed, Manager, ShippingType};
use crate::upstream::{Fault, Upstream};

/// Replaces `mirror.saplab_manager`.
#[derive(Debug, Serialize, Deserialize)]
pub struct ListManagers {}

/// Replaces `mirror.saplab_shipping_type`.
#[derive(Debug, Serialize, Deserialize)]
pub struct ListShippingTypes {}

/// Replaces `mirror.saplab_group`.
#[derive(Debug, Serialize, Deserialize)]
pub struct ListGroups {}

impl Operation for ListManagers {
    const NAME: &'static str = "saplab.managers.list";
    const ABOUT: &'static str = "List the shop's employees (GET /panel/manager)";
    const UPSTREAM: Upstream = Upstream::Saplab;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    type Request = ();
    type Answer = Listed<Manager>;

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<Self::Answer, Fault> {
        saplab(context)?.managers().await
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        context: &Context,
        (): &(),
        list: &Self::Answer,
    ) -> Result<Applied, ApplyError> {
        snapshot::accept(tx, &context.settings.guard, List::Managers, list.rows.len()).await?;
        saplab_reference::replace_managers(tx, list).await?;
        Ok(pulled(list.rows.len(), &list.rejected))
    }
}

impl Operation for ListShippingTypes {
    const NAME: &'static str = "saplab.shipping_types.list";
    const ABOUT: &'static str = "List the shop's ways of delivery (GET /panel/order/shipping_type)";
    const UPSTREAM: Upstream = Upstream::Saplab;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    type Request = ();
    type Answer = Listed<ShippingType>;

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<Self::Answer, Fault> {
        saplab(context)?.shipping_types().await
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        context: &Context,
        (): &(),
        list: &Self::Answer,
    ) -> Result<Applied, ApplyError> {
        snapshot::accept(tx, &context.settings.guard, List::ShippingTypes, list.rows.len()).await?;
        saplab_reference::replace_shipping_types(tx, list).await?;
        Ok(pulled(list.rows.len(), &list.rejected))
    }
}

impl Operation for ListGroups {
    const NAME: &'static str = "saplab.groups.list";
    const ABOUT: &'static str = "List the discount groups of clients (GET /panel/client/group)";
    const UPSTREAM: Upstream = Upstream::Saplab;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::Normal;
    type Request = ();
    type Answer = Listed<Group>;

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<Self::Answer, Fault> {
        saplab(context)?.groups().await
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        context: &Context,
        (): &(),
        list: &Self::Answer,
    ) -> Result<Applied, ApplyError> {
        snapshot::accept(tx, &context.settings.guard, List::Groups, list.rows.len()).await?;
        saplab_reference::replace_groups(tx, list).await?;
        Ok(pulled(list.rows.len(), &list.rejected))
    }
}

/// What an admin should know of a list.
pub(super) fn noted(rejected: &[String], words: Option<&str>) -> Option<String> {
    let all: Vec<&str> = rejected.iter().map(String::as_str).chain(words).collect();
    Some(all.join("; ")).filter(|note| !note.is_empty())
}

/// What a list brought, and which of its rows nobody could read.
pub(super) fn pulled(rows: usize, rejected: &[String]) -> Applied {
    Applied {
        pulled: i64::try_from(rows).unwrap_or_default(),
        refused: i64::try_from(rejected.len()).unwrap_or_default(),
        note: noted(rejected, None),
        ..Applied::default()
    }
}
