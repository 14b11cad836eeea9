//! Whole lists replace the last good one, unless they came back empty or much shorter: then they are refused whole.

use sqlx::PgConnection;

use crate::config::Guard;
use crate::operation::ApplyError;

/// Refuses a list that is suspiciously shorter than the last good one, else remembers its length.
pub(crate) async fn accept(tx: &mut PgConnection, guard: &Guard, name: &str, rows: usize) -> Result<(), ApplyError> {
    let rows = i64::try_from(rows).unwrap_or(i64::MAX);
    let last: Option<i64> = sqlx::query_scalar("SELECT rows FROM mirror.snapshot WHERE name = $1")
        .bind(name)
        .fetch_optional(&mut *tx)
        .await?;
    if let Some(last) = last
        && last >= guard.min_snapshot_rows
        && too_short(rows, last, guard.min_snapshot_share)
    {
        return Err(ApplyError::Refused(format!(
            "the list {name} came back with {rows} rows where the last good one had {last}: refused whole, the last \
             good one stays in force. If the new length is right, lower guard.min_snapshot_share for one run"
        )));
    }
    sqlx::query(
        "INSERT INTO mirror.snapshot (name, rows, taken_at) VALUES ($1, $2, now())
         ON CONFLICT (name) DO UPDATE SET rows = excluded.rows, taken_at = excluded.taken_at",
    )
    .bind(name)
    .bind(rows)
    .execute(tx)
    .await?;
    Ok(())
}

/// Rows were deleted on our own demand: the next list may be shorter by so many.
pub(crate) async fn shrink(tx: &mut PgConnection, name: &str, rows: usize) -> sqlx::Result<()> {
    sqlx::query("UPDATE mirror.snapshot SET rows = greatest(rows - $2, 0) WHERE name = $1")
        .bind(name)
        .bind(i64::try_from(rows).unwrap_or(i64::MAX))
        .execute(tx)
        .await?;
    Ok(())
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
