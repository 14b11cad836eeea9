//! Whole lists replace the last good one, unless they came back empty or much shorter: then they are refused whole.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::config::Guard;
use crate::kill;
use crate::operation::ApplyError;

/// A kind of list: its name, and the mirror that it replaces.
#[derive(Clone, Copy, Debug)]
pub(crate) enum List {
    /// `mirror.keaz_warehouse`
    Warehouses,
    /// `mirror.keaz_remain`
    Remains,
    /// `mirror.saplab_status`
    Statuses,
    /// `mirror.saplab_manager`
    Managers,
    /// `mirror.saplab_shipping_type`
    ShippingTypes,
    /// `mirror.saplab_group`
    Groups,
    /// `mirror.saplab_purchase_status`
    PurchaseStatuses,
}

impl List {
    fn name(self) -> &'static str {
        match self {
            Self::Warehouses => "keaz.warehouses.list",
            Self::Remains => "keaz.remains.list",
            Self::Statuses => "saplab.statuses.list",
            Self::Managers => "saplab.managers.list",
            Self::ShippingTypes => "saplab.shipping_types.list",
            Self::Groups => "saplab.groups.list",
            Self::PurchaseStatuses => "saplab.purchases.statuses",
        }
    }

    /// We log in as an employee, and every client is in a group.
    fn is_never_empty(self) -> bool {
        matches!(self, Self::Managers | Self::Groups)
    }

    fn known(self) -> &'static str {
        match self {
            Self::Warehouses => "SELECT count(*) FROM mirror.keaz_warehouse",
            Self::Remains => "SELECT count(*) FROM mirror.keaz_remain",
            Self::Statuses => "SELECT count(*) FROM mirror.saplab_status",
            Self::Managers => "SELECT count(*) FROM mirror.saplab_manager",
            Self::ShippingTypes => "SELECT count(*) FROM mirror.saplab_shipping_type",
            Self::Groups => "SELECT count(*) FROM mirror.saplab_group",
            Self::PurchaseStatuses => "SELECT count(*) FROM mirror.saplab_purchase_status",
        }
    }
}

/// Refuses a list that is suspiciously shorter than what is known, by the last good one and by what was acknowledged
/// (added, deleted) since; else remembers its length. Returns when the last good one was taken.
pub(crate) async fn accept(
    tx: &mut PgConnection,
    guard: &Guard,
    list: List,
    rows: usize,
) -> Result<Option<DateTime<Utc>>, ApplyError> {
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    let name = list.name();
    let known: i64 = sqlx::query_scalar(list.known()).fetch_one(&mut *tx).await?;
    if rows == 0 && known > 0 && list.is_never_empty() {
        return Err(ApplyError::Refused(format!(
            "the list {name} came back empty where {known} rows were known: refused, what is known stays in force"
        )));
    }
    if known >= guard.min_snapshot_rows && too_short(rows, known, guard.min_snapshot_share) {
        return Err(ApplyError::Refused(format!(
            "the list {name} came back with {rows} rows where {known} were known: refused whole, what is known stays \
             in force. If the new length is right, lower guard.min_snapshot_share for one run"
        )));
    }
    let before = sqlx::query_scalar("SELECT taken_at FROM mirror.snapshot WHERE name = $1")
        .bind(name)
        .fetch_optional(&mut *tx)
        .await?;
    sqlx::query(
        "INSERT INTO mirror.snapshot (name, rows, taken_at) VALUES ($1, $2, now())
         ON CONFLICT (name) DO UPDATE SET rows = excluded.rows, taken_at = excluded.taken_at",
    )
    .bind(name)
    .bind(rows)
    .execute(tx)
    .await?;
    kill::point("snapshot.accepted");
    Ok(before)
}

/// Whether `rows` is less than the given share of `last`.
#[allow(clippy::float_arithmetic, clippy::cast_precision_loss)] // a share of a count, not money
fn too_short(rows: i64, last: i64, share: f64) -> bool {
    (rows as f64) < (last as f64) * share
}

#[cfg(test)]
mod tests {
    use super::too_short;

    #[test]
    fn a_list_is_too_short_below_its_share_of_the_last_one() {
        for (rows, last, share, expected) in [
            (0, 100, 0.5, true),
            (49, 100, 0.5, true),
            (50, 100, 0.5, false),
            (0, 100, 0.0, false),
            (200, 100, 0.5, false),
        ] {
            assert_eq!(too_short(rows, last, share), expected, "{rows} of {last} at {share}");
        }
    }
}
