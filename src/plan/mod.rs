//! Plans: what differed when somebody looked, stored row by row, so that exactly that can be applied, once.
//!
//! [`make`] stores, [`look`] shows, [`begin`] asks for the runs that apply it; those fill their stages in `job/planned.rs`.
//! A row goes only while the view shows it as the plan did: its key, its old and its new value (`shown`), asked again
//! when a call is made. `settle` writes down what became of each row. Nothing passes through the process but what is
//! printed.

pub mod begin;
mod differing;
pub mod look;
pub mod make;
pub(crate) mod settle;

use crate::diff::difference::Difference;

/// [`shown`], where there is a plan; without one `$n` is NULL, and every row will do.
pub(crate) fn shown_by(plan: Option<i64>, kind: Difference, parameter: &str) -> String {
    match plan {
        Some(_) => shown(kind, parameter),
        None => format!("{parameter}::bigint IS NULL"),
    }
}

/// As SQL: whether the row `d` of a view stands in the plan `$n` as it is now, and was not held then.
pub(crate) fn shown(kind: Difference, plan: &str) -> String {
    let (row, mark) = (kind.row(), kind.mark());
    format!(
        "EXISTS (SELECT FROM queue.plan_row p
                  WHERE p.plan_id = {plan} AND p.kind = '{kind}' AND p.held IS NULL AND p.row = {row} AND p.mark = {mark})"
    )
}
