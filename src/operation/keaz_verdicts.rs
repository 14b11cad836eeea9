//! KEAZ judges row by row: good rows are done, a bad row becomes a dead call of its own and never stops the others.

use serde_json::Value;
use sqlx::PgConnection;

use super::{Apart, Applied};
use crate::upstream::keaz::{Verdict, Verdicts};

/// The rows of a push, parted by KEAZ's verdicts.
pub(super) struct Split<'a, Row> {
    pub(super) good: Vec<&'a Row>,
    /// With KEAZ's own words.
    pub(super) bad: Vec<(&'a Row, &'a str)>,
}

impl<'a, Row> Split<'a, Row> {
    pub(super) fn of(rows: &'a [Row], verdicts: &'a Verdicts) -> Self {
        let mut split = Self {
            good: Vec::with_capacity(rows.len()),
            bad: Vec::new(),
        };
        for (row, verdict) in rows.iter().zip(&verdicts.rows) {
            match verdict {
                Verdict::Done => split.good.push(row),
                Verdict::Refused(words) => split.bad.push((row, words)),
            }
        }
        split
    }

    pub(super) fn applied(&self, verdicts: &Verdicts) -> Applied {
        Applied {
            pushed: i64::try_from(self.good.len()).unwrap_or_default(),
            refused: i64::try_from(self.bad.len()).unwrap_or_default(),
            note: Some(verdicts.notes.join("; ")).filter(|note| !note.is_empty()),
            ..Applied::default()
        }
    }
}

/// KEAZ refused these rows and named none of them: half of them each time, until one stands alone.
pub(super) fn apart<Row, Call>(rows: &[Row], words: &str, call: impl Fn(&[Row]) -> Call) -> Apart<Call, Verdicts> {
    match rows {
        [] => Apart::Indivisible,
        [_] => Apart::Alone(Verdicts {
            rows: vec![Verdict::Refused(words.to_owned())],
            notes: Vec::new(),
        }),
        rows => {
            let (first, second) = rows.split_at(rows.len() / 2);
            Apart::Halves([call(first), call(second)])
        }
    }
}

/// A refused row: a dead call that names it, the value that was refused, and why.
pub(super) struct Buried {
    pub(super) key: String,
    /// Arguments that `queue retry` can send again, and `refused`: the diff view holds this very value back.
    pub(super) args: Value,
    pub(super) words: String,
}

/// Writes the dead calls, in place of older ones about the same rows.
pub(super) async fn bury(
    tx: &mut PgConnection,
    operation: &str,
    rows: impl Iterator<Item = Buried>,
) -> sqlx::Result<()> {
    let (mut keys, mut args, mut words) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        tracing::warn!(
            operation,
            row = row.key,
            words = row.words,
            "KEAZ refused a row; it is put aside until its value changes (sverka queue list --state dead)"
        );
        keys.push(row.key);
        args.push(row.args);
        words.push(row.words);
    }
    if keys.is_empty() {
        return Ok(());
    }
    exhume(tx, keys.iter().cloned()).await?;
    sqlx::query(
        "INSERT INTO queue.call (upstream, operation, args, key, class, priority, gating, state, ended_at, reason)
         SELECT 'keaz', $1, args, key, 'idempotent', 1, false, 'dead', now(), words
           FROM unnest($2::text[], $3::jsonb[], $4::text[]) AS x (key, args, words)",
    )
    .bind(operation)
    .bind(keys)
    .bind(args)
    .bind(words)
    .execute(tx)
    .await?;
    Ok(())
}

/// Closes the dead calls about these rows: KEAZ has taken them, or has refused them anew.
pub(super) async fn exhume(tx: &mut PgConnection, keys: impl Iterator<Item = String>) -> sqlx::Result<()> {
    let keys: Vec<String> = keys.collect();
    sqlx::query(
        "UPDATE queue.call SET state = 'cancelled', ended_at = now()
          WHERE state = 'dead' AND key = ANY($1)",
    )
    .bind(keys)
    .execute(tx)
    .await?;
    Ok(())
}
