//! What Saplab's own lists show of an effect: the judgements that its operations share. Pure.

use super::Sight;

/// What the rows of a reference list say about a row that was, or is to be, added: Saplab tells no id of a new row, so
/// it is known by its name, and a second one of a name is never made.
pub(super) fn added<T>(
    what: &str,
    rows: &[T],
    rejected: &[String],
    is_named_so: impl Fn(&T) -> bool,
    is_the_same: impl Fn(&T) -> bool,
    id: impl Fn(&T) -> i64,
) -> Sight {
    let named: Vec<&T> = rows.iter().filter(|row| is_named_so(row)).collect();
    match named.as_slice() {
        [] if rejected.is_empty() => Sight::Absent,
        [] => Sight::Doubt(format!("a row of the list cannot be read: {}", rejected.join("; "))),
        [one] if is_the_same(one) => Sight::Done(format!("the {what} is there, with id {}", id(one))),
        [one] => Sight::Doubt(format!(
            "there is another {what} of that name already, with id {}",
            id(one)
        )),
        several => Sight::Doubt(format!("there are {} of that name already", several.len())),
    }
}

/// What they say about a row that was, or is to be, removed. A list that cannot be read whole cannot say that it is gone.
pub(super) fn removed(what: &str, is_there: bool, rejected: &[String]) -> Sight {
    if is_there || !rejected.is_empty() {
        Sight::Absent
    } else {
        Sight::Done(format!("there is no such {what} (any more)"))
    }
}

/// The look did not bring what can be judged.
pub(super) fn unreadable() -> Sight {
    Sight::Doubt("what Saplab holds cannot be judged by what it answered".into())
}

/// Names as people compare them: Saplab keeps spaces at their ends.
pub(super) fn same_name(left: &str, right: &str) -> bool {
    left.trim() == right.trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sight(rows: &[(i64, &str, i64)], rejected: &[String]) -> Sight {
        added(
            "group",
            rows,
            rejected,
            |row| same_name(row.1, "Web "),
            |row| row.2 == 1,
            |row| row.0,
        )
    }

    #[test]
    fn an_added_row_is_known_by_its_name_and_values() {
        let bad = ["row 1 of 2: it has no usable id".to_owned()];
        assert_eq!(sight(&[(1, "Опт", 5)], &[]), Sight::Absent);
        assert!(matches!(sight(&[(1, "Опт", 5)], &bad), Sight::Doubt(_)));
        assert_eq!(
            sight(&[(8, " Web", 1)], &bad),
            Sight::Done("the group is there, with id 8".into())
        );
        assert!(matches!(sight(&[(8, "Web", 2)], &[]), Sight::Doubt(_)));
        assert!(matches!(sight(&[(8, "Web", 1), (9, "Web", 1)], &[]), Sight::Doubt(_)));
    }

    #[test]
    fn a_removed_row_is_gone_when_a_whole_list_lacks_it() {
        let bad = ["row 1 of 2: it has no usable id".to_owned()];
        assert!(matches!(removed("group", false, &[]), Sight::Done(_)));
        assert_eq!(removed("group", true, &[]), Sight::Absent);
        assert_eq!(removed("group", false, &bad), Sight::Absent);
    }
}
