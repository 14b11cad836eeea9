//! Saplab `statuses.list` (panel document, /panel/order/status): the shop's own order statuses.

use serde::{Deserialize, Serialize};
use sqlx::{PgConnection, PgPool};

use super::{Applied, ApplyError, Operation};
use crate::context::Context;
use crate::mirror::snapshot::{self, List};
use crate::queue::{Class, Priority};
use crate::upstream::saplab::{Panel, Status};
use crate::upstream::{Fault, Upstream};
use crate::{diff, mirror};

/// Replaces `mirror.saplab_status`.
#[derive(Debug, Serialize, Deserialize)]
pub struct ListStatuses {}

impl Operation for ListStatuses {
    const NAME: &'static str = "saplab.statuses.list";
    const ABOUT: &'static str = "List the shop's order statuses (GET /panel/order/status)";
    const UPSTREAM: Upstream = Upstream::Saplab;
    const CLASS: Class = Class::Read;
    const PRIORITY: Priority = Priority::High;
    type Request = ();
    type Answer = Vec<Status>;

    async fn prepare(&self, _: &PgPool, _: &Context) -> sqlx::Result<Option<()>> {
        Ok(Some(()))
    }

    async fn send(&self, context: &Context, (): &()) -> Result<Self::Answer, Fault> {
        saplab(context)?.statuses().await
    }

    async fn apply(
        &self,
        tx: &mut PgConnection,
        context: &Context,
        (): &(),
        statuses: &Self::Answer,
    ) -> Result<Applied, ApplyError> {
        if statuses.is_empty() {
            return Err(ApplyError::Refused(
                "Saplab listed no order status at all: refused, the last list stays".into(),
            ));
        }
        snapshot::accept(tx, &context.settings.guard, List::Statuses, statuses.len()).await?;
        mirror::saplab::replace_statuses(tx, statuses).await?;
        for hole in diff::status_map_holes(&mut *tx).await? {
            tracing::warn!(
                operation = Self::NAME,
                "{hole}: orders that need it are held (sverka plan orders)"
            );
        }
        Ok(Applied {
            pulled: i64::try_from(statuses.len()).unwrap_or_default(),
            ..Applied::default()
        })
    }
}

/// The client; calls are only claimed for configured upstreams, so this fails only during a reload.
pub(super) fn saplab(context: &Context) -> Result<&Panel, Fault> {
    context
        .saplab
        .as_ref()
        .ok_or_else(|| Fault::NotSent("Saplab's panel is not configured any more".into()))
}
