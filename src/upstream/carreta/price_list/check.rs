//! The verdict on a list as a whole: a list that was cut, mangled or came back much shorter is refused entirely.
//!
//! A price list whose connection closed early looks complete to HTTP when it had no `Content-Length`: only the missing
//! last line break, the column count and the number of rows tell. Called by the prices job after reading a list.

use rust_decimal::Decimal;

use super::field::Field;
use super::reader::Totals;
use crate::config::Guard;

/// A list with more than one rejected row in so many is refused.
const MAX_REJECTED_ONE_IN: u64 = 5;

/// Why a list is refused whole.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// It could not be read to its end.
    #[error("the list could not be read: {0}")]
    Io(String),
    /// There is nothing in it, not even a heading line.
    #[error("the list is empty")]
    Empty,
    /// The heading line is not one.
    #[error("the first line is not a heading line")]
    NoHeader,
    /// A required (or configured) column is not there.
    #[error("the list has no column for `{}`; name its heading under `columns`", .0.as_str())]
    MissingColumn(Field),
    /// Two columns have the same heading.
    #[error("two columns of the list could be `{}`; name its heading under `columns`", .0.as_str())]
    AmbiguousColumn(Field),
    /// `columns` names a field that does not exist.
    #[error("`columns` names an unknown field `{0}`")]
    UnknownField(String),
    /// UTF-8 without its mark read as cp1251, or bytes that are no characters.
    #[error("the list's letters are mangled: it is not in cp1251, or it is UTF-8 without a byte order mark")]
    Mojibake,
    /// It does not end with a line break: it was cut.
    #[error("the list does not end with a line break: it was cut short")]
    NoFinalNewline,
    /// It has a heading line and no row that can be used.
    #[error("the list has no usable row")]
    NoRows,
    /// Too many rows could not be read.
    #[error("{rejected} of {read} rows cannot be read; the first: {first}")]
    TooManyRejected {
        /// Rows that could not be read.
        rejected: u64,
        /// Rows in all.
        read: u64,
        /// The first reason.
        first: String,
    },
    /// Much shorter than the last good one.
    #[error("the list has {accepted} rows, the last good one had {last_good}")]
    TooShort {
        /// Usable rows now.
        accepted: u64,
        /// Usable rows then.
        last_good: u64,
    },
}

/// Judges a list that was read to its end. `last_good_rows` is how many usable rows the last accepted version had.
///
/// # Errors
/// The first reason to refuse it.
pub fn check(totals: &Totals, last_good_rows: Option<u64>, guard: &Guard) -> Result<(), ListError> {
    if let Some(broken) = &totals.broken {
        return Err(ListError::Io(broken.clone()));
    }
    if totals.mangled * 2 > totals.foreign {
        return Err(ListError::Mojibake);
    }
    if !totals.final_newline {
        return Err(ListError::NoFinalNewline);
    }
    if totals.rejected * MAX_REJECTED_ONE_IN > totals.read {
        return Err(ListError::TooManyRejected {
            rejected: totals.rejected,
            read: totals.read,
            first: totals.first_errors.first().map(ToString::to_string).unwrap_or_default(),
        });
    }
    if totals.accepted() == 0 {
        return Err(ListError::NoRows);
    }
    match last_good_rows {
        Some(last_good) if is_too_short(totals.accepted(), last_good, guard) => Err(ListError::TooShort {
            accepted: totals.accepted(),
            last_good,
        }),
        _ => Ok(()),
    }
}

fn is_too_short(accepted: u64, last_good: u64, guard: &Guard) -> bool {
    let is_judged = i64::try_from(last_good).is_ok_and(|rows| rows >= guard.min_snapshot_rows);
    // A share that is not a number would switch the check off: it counts as 1 instead.
    let share = Decimal::try_from(guard.min_snapshot_share).unwrap_or(Decimal::ONE);
    is_judged && Decimal::from(accepted) < share * Decimal::from(last_good)
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUARD: Guard = Guard {
        min_snapshot_share: 0.5,
        min_snapshot_rows: 100,
        max_zero_share: 1.0,
        max_delete_share: 1.0,
        max_reprice_share: 1.0,
        reprice_percent: 20,
        max_rows: 0,
        small: 10,
    };

    fn totals(read: u64, rejected: u64) -> Totals {
        Totals {
            read,
            rejected,
            final_newline: true,
            ..Totals::default()
        }
    }

    #[test]
    fn a_good_list_passes_with_or_without_a_predecessor() {
        assert_eq!(check(&totals(1000, 200), None, &GUARD), Ok(()));
        assert_eq!(check(&totals(1000, 0), Some(2000), &GUARD), Ok(()));
    }

    #[test]
    fn a_list_without_usable_rows_is_refused() {
        assert_eq!(check(&totals(0, 0), None, &GUARD), Err(ListError::NoRows));
    }

    #[test]
    fn a_list_that_does_not_end_or_broke_off_is_refused() {
        let cut = Totals {
            final_newline: false,
            ..totals(1000, 0)
        };
        assert_eq!(check(&cut, None, &GUARD), Err(ListError::NoFinalNewline));
        let broken = Totals {
            broken: Some("corrupt deflate stream".into()),
            ..totals(1000, 0)
        };
        assert_eq!(
            check(&broken, None, &GUARD),
            Err(ListError::Io("corrupt deflate stream".into()))
        );
    }

    #[test]
    fn a_list_with_more_than_a_fifth_rejected_is_refused() {
        assert!(matches!(
            check(&totals(1000, 201), None, &GUARD),
            Err(ListError::TooManyRejected {
                rejected: 201,
                read: 1000,
                ..
            })
        ));
    }

    #[test]
    fn a_list_much_shorter_than_the_last_good_one_is_refused() {
        let too_short = ListError::TooShort {
            accepted: 499,
            last_good: 1000,
        };
        assert_eq!(check(&totals(499, 0), Some(1000), &GUARD), Err(too_short));
        assert_eq!(check(&totals(500, 0), Some(1000), &GUARD), Ok(()));
        assert_eq!(check(&totals(1, 0), Some(99), &GUARD), Ok(()));
        let off = Guard {
            min_snapshot_share: 0.0,
            ..GUARD
        };
        assert_eq!(check(&totals(1, 0), Some(1000), &off), Ok(()));
        let nonsense = Guard {
            min_snapshot_share: f64::NAN,
            ..GUARD
        };
        assert!(check(&totals(999, 0), Some(1000), &nonsense).is_err());
    }
}
