//! Lists that move while they are read page by page: rows come and go, the number of pages changes, and what is answered
//! past the last page no document says. Pure, with a table. Called by the operations that list in pages.
//!
//! Rows are written by their id, so reading one twice is harmless. What is to be prevented: an endless list, and rows that
//! slipped past between two pages. Where that shows, the list is read once more from its first page.

use std::hash::Hasher;

use serde::{Deserialize, Serialize};

/// What the pages before showed. It travels in the arguments of the next page's call.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// The rows of the first page, as one number.
    #[serde(default)]
    first: u64,
    /// The same of the page before.
    #[serde(default)]
    before: u64,
    /// The last row of the page before.
    #[serde(default)]
    tail: u64,
    /// How many pages there were then.
    #[serde(default)]
    pages: u32,
    /// Whether rows have moved from page to page.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    moved: bool,
    /// Whether this is the second reading.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    again: bool,
}

/// A page, as far as paging goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Page<'a> {
    /// From 1.
    pub(super) number: u32,
    /// How many there are, as this answer says.
    pub(super) pages: u32,
    /// What its rows are known by, in their order.
    pub(super) rows: &'a [u64],
    /// Whether there was nothing on it at all, not even rows that cannot be read.
    pub(super) is_empty: bool,
}

/// What is read next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// This page.
    Page(u32, Trail),
    /// Nothing; and what an admin should know.
    End(Option<&'static str>),
}

const REPEATS: &str = "a page showed the same rows as one before it: the list is taken to end there";
const MOVED: &str = "rows moved from page to page during both readings: the next reading sees what slipped past";

/// Decides after a page. `trail` is that of the pages before it; of the first page it matters only whether it is read
/// once more.
pub(super) fn next(trail: &Trail, page: Page<'_>) -> Next {
    let shown = digest(page.rows);
    let is_first = page.number <= 1;
    let known = !is_first && !page.rows.is_empty();
    let repeats = known && (shown == trail.before || shown == trail.first);
    let overlaps = known && !repeats && page.rows.contains(&trail.tail);
    let shrunk = !is_first && page.pages < trail.pages;
    let moved = !is_first && (trail.moved || overlaps || shrunk);
    if page.number < page.pages && !repeats && !page.is_empty {
        let trail = Trail {
            first: if is_first { shown } else { trail.first },
            before: shown,
            tail: page.rows.last().copied().unwrap_or(trail.tail),
            pages: page.pages,
            moved,
            again: trail.again,
        };
        return Next::Page(page.number + 1, trail);
    }
    match (moved, trail.again) {
        (true, false) => Next::Page(
            1,
            Trail {
                again: true,
                ..Trail::default()
            },
        ),
        (true, true) => Next::End(Some(MOVED)),
        (false, _) => Next::End(repeats.then_some(REPEATS)),
    }
}

/// The same, of rows with ids: the page after this one and the trail to it; and what an admin should know.
pub(super) fn after(
    trail: Option<&Trail>,
    number: Option<u32>,
    pages: u32,
    ids: impl Iterator<Item = i64>,
    rejected: &[String],
) -> (Option<(u32, Trail)>, Option<&'static str>) {
    let rows: Vec<u64> = ids.map(i64::cast_unsigned).collect();
    let page = Page {
        number: number.unwrap_or(1),
        pages,
        rows: &rows,
        is_empty: rows.is_empty() && rejected.is_empty(),
    };
    match next(trail.unwrap_or(&Trail::default()), page) {
        Next::Page(number, trail) => (Some((number, trail)), None),
        Next::End(words) => (None, words),
    }
}

/// Whether a page shows what the one before it showed.
pub(super) fn repeats(trail: &Trail, rows: &[u64]) -> bool {
    !rows.is_empty() && digest(rows) == trail.before
}

/// The trail behind a page of a list that says nothing of its length.
pub(super) fn behind(rows: &[u64]) -> Trail {
    Trail {
        before: digest(rows),
        ..Trail::default()
    }
}

/// A row without an id is known by all that it shows.
pub(super) fn known_by(texts: &[&str]) -> u64 {
    let mut hash = Fnv::default();
    for text in texts {
        hash.write(text.as_bytes());
        hash.write(&[0]);
    }
    hash.finish()
}

fn digest(rows: &[u64]) -> u64 {
    let mut hash = Fnv::default();
    for row in rows {
        hash.write(&row.to_le_bytes());
    }
    hash.finish()
}

/// FNV-1a: the same number in every version of this binary, which the library's own hasher does not promise.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads a list whose pages come from `server`: asked for a page, it answers rows and the number of pages. Returns
    /// the pages asked for, and the words at the end.
    fn read(server: impl Fn(usize, u32) -> (Vec<u64>, u32)) -> (Vec<u32>, Option<&'static str>) {
        let (mut asked, mut number, mut trail) = (Vec::new(), 1, Trail::default());
        loop {
            let (rows, pages) = server(asked.len(), number);
            asked.push(number);
            assert!(asked.len() < 50, "endless: {asked:?}");
            let page = Page {
                number,
                pages,
                rows: &rows,
                is_empty: rows.is_empty(),
            };
            match next(&trail, page) {
                Next::Page(after, behind) => (number, trail) = (after, behind),
                Next::End(words) => return (asked, words),
            }
        }
    }

    /// Ten rows on a page, counted from the newest.
    fn rows(page: u32) -> Vec<u64> {
        let first = u64::from(page) * 10;
        (first..first + 10).rev().collect()
    }

    #[test]
    fn a_list_that_stands_still_is_read_once() {
        assert_eq!(read(|_, page| (rows(page), 3)), (vec![1, 2, 3], None));
        assert_eq!(read(|_, page| (rows(page), 1)), (vec![1], None));
        assert_eq!(read(|_, _| (Vec::new(), 0)), (vec![1], None));
    }

    #[test]
    fn a_list_whose_length_is_a_lie_ends_where_it_repeats_itself_or_is_empty() {
        let repeats_the_last = |_, page: u32| (rows(page.min(3)), page + 1);
        assert_eq!(read(repeats_the_last), (vec![1, 2, 3, 4], Some(REPEATS)));
        let begins_anew = |_, page: u32| (rows(if page > 3 { 1 } else { page }), page + 1);
        assert_eq!(read(begins_anew), (vec![1, 2, 3, 4], Some(REPEATS)));
        let knows_only_the_first = |_, _| (rows(1), 9);
        assert_eq!(read(knows_only_the_first), (vec![1, 2], Some(REPEATS)));
        let empty = |_, page: u32| (if page > 2 { Vec::new() } else { rows(page) }, page + 1);
        assert_eq!(read(empty), (vec![1, 2, 3], None));
    }

    #[test]
    fn rows_that_moved_are_read_once_more_and_no_third_time() {
        // After the first page a row came in front: the last of page 1 is the first of page 2.
        let comes_in = |asked: usize, page: u32| {
            let mut moving = rows(page);
            if asked == 1 {
                moving.insert(0, 10);
            }
            (moving, 2)
        };
        assert_eq!(read(comes_in), (vec![1, 2, 1, 2], None));
        let shrinks = |asked: usize, page: u32| (rows(page.min(2)), if asked < 2 { 3 } else { 2 });
        assert_eq!(read(shrinks), (vec![1, 2, 3, 1, 2], None));
        let never_still = |_, page: u32| {
            let mut moving = rows(page);
            if page == 2 {
                moving.insert(0, 10);
            }
            (moving, 2)
        };
        assert_eq!(read(never_still), (vec![1, 2, 1, 2], Some(MOVED)));
    }

    #[test]
    fn the_trail_comes_back_from_the_queue_as_it_went_in() {
        let page = Page {
            number: 1,
            pages: 2,
            rows: &[u64::MAX, 1],
            is_empty: false,
        };
        let Next::Page(2, trail) = next(&Trail::default(), page) else {
            panic!("there is a second page")
        };
        let written = serde_json::to_string(&trail).unwrap();
        assert_eq!(serde_json::from_str::<Trail>(&written).unwrap(), trail);
    }
}
