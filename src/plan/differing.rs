//! The views of schema `diff` as one, in the columns of `queue.plan_row`.

use std::fmt::Write;

use crate::diff::figures::VIEWS;
use crate::job::Job;

/// A statement that gives what differs of these jobs; with `scoped`, only what is named by `$1`: an article, or a position.
pub(super) fn statement(jobs: &[Job], scoped: bool) -> String {
    let mut union = String::new();
    for (job, kind, columns, view, _) in VIEWS.iter().filter(|view| jobs.contains(&view.0)) {
        let named = match (scoped, job) {
            (false, _) => "true",
            (true, Job::Stock) => "d.article = $1",
            (true, Job::Orders) => "d.saplab_id::text = $1",
            (true, _) => continue,
        };
        if !union.is_empty() {
            union += " UNION ALL ";
        }
        // Writing into a String does not fail.
        let _ = write!(
            union,
            "SELECT '{job}', '{kind}', {columns}, {mark} FROM {view} d WHERE {named}",
            mark = kind.mark()
        );
    }
    if union.is_empty() {
        union += "SELECT '', '', '', '', '', '', '', 0::bigint, '', '', '', 0::bigint, 0::bigint WHERE false";
    }
    format!(
        "WITH differing (job, kind, action, row, place, brand, article, position, old, new, held, hold_id, mark) AS ({union})
         SELECT job, kind, action, row, coalesce(place, '') AS place, old, new, held, mark FROM differing
          WHERE $1::text IS NULL OR true"
    )
}
