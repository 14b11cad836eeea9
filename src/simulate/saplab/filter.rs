//! `filter/key1/value1/key2/value2`: the filters of a list, and the pages of what passes them.

use chrono::{DateTime, NaiveDate, Utc};
use serde_json::{Map, Value};

use crate::simulate::clock;
use crate::simulate::options::Paging;

const DEFAULT_PER_PAGE: u64 = 20;
const MAX_PER_PAGE: u64 = 150;

/// Keys and values in the order of the path.
#[derive(Debug, Default)]
pub(super) struct Filter(Vec<(String, String)>);

impl Filter {
    /// None when a key has no value.
    pub(super) fn read(segments: &[&str]) -> Option<Self> {
        let pairs = segments.chunks(2).map(|pair| match pair {
            [key, value] if !key.is_empty() => Some(((*key).to_owned(), (*value).to_owned())),
            _ => None,
        });
        pairs.collect::<Option<Vec<_>>>().map(Self)
    }

    /// The first key that is not among the documented ones.
    pub(super) fn unknown(&self, documented: &[&str]) -> Option<&str> {
        self.0
            .iter()
            .map(|(key, _)| key.as_str())
            .find(|key| !documented.contains(key))
    }

    pub(super) fn get(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .rev()
            .find(|(given, _)| given == key)
            .map(|(_, value)| value.as_str())
    }

    /// Whether `value` is what the filter wants, ignoring case; true without such a filter.
    pub(super) fn is(&self, key: &str, value: &str) -> bool {
        self.get(key)
            .is_none_or(|wanted| wanted.to_lowercase() == value.to_lowercase())
    }

    /// Whether `value` is among the comma-separated ids of the filter; true without such a filter.
    pub(super) fn has(&self, key: &str, value: u64) -> bool {
        self.get(key)
            .is_none_or(|wanted| wanted.split(',').any(|id| id.trim().parse() == Ok(value)))
    }

    /// Whether a `0`/`1` filter wants `value`; true without such a filter.
    pub(super) fn flag(&self, key: &str, value: bool) -> bool {
        self.get(key).is_none_or(|wanted| (wanted == "1") == value)
    }

    /// Whether one of the texts contains the filter's text, ignoring case; true without such a filter.
    pub(super) fn part(&self, key: &str, texts: &[&str]) -> bool {
        let within = |wanted: &str| {
            texts
                .iter()
                .any(|text| text.to_lowercase().contains(&wanted.to_lowercase()))
        };
        self.get(key).is_none_or(within)
    }

    /// Whether the Moscow date lies within `date_from` and `date_to`, both included.
    pub(super) fn dates(&self, at: DateTime<Utc>) -> bool {
        let date = clock::moscow_date(at);
        let bound = |key: &str| self.get(key).and_then(|text| text.parse::<NaiveDate>().ok());
        bound("date_from").is_none_or(|from| date >= from) && bound("date_to").is_none_or(|to| date <= to)
    }

    /// How many rows a page has.
    pub(super) fn per_page(&self) -> u64 {
        let given = self.get("per_page").and_then(|text| text.parse().ok());
        given
            .filter(|rows| *rows > 0)
            .unwrap_or(DEFAULT_PER_PAGE)
            .min(MAX_PER_PAGE)
    }

    /// The page asked for, from 1.
    pub(super) fn page(&self) -> u64 {
        self.get("page").and_then(|text| text.parse().ok()).unwrap_or(1)
    }

    /// What the answer says under `filters`.
    pub(super) fn applied(&self) -> Value {
        let mut applied: Map<String, Value> = self
            .0
            .iter()
            .map(|(key, value)| (key.clone(), Value::from(value.as_str())))
            .collect();
        applied.insert("per_page".into(), self.per_page().into());
        Value::Object(applied)
    }
}

/// One page of the rows and the number of pages, as the shop's ways are.
pub(super) fn page<T>(rows: Vec<T>, page: u64, per_page: u64, paging: Paging) -> (Vec<T>, u64) {
    let count = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let last = count.div_ceil(per_page);
    let begins_anew = matches!(paging, Paging::BeginsAnew | Paging::SaysThereIsMoreAndBeginsAnew);
    let shown = match page {
        _ if paging == Paging::KnowsOnlyTheFirst => 1,
        page if page > last && begins_anew => 1,
        page => page.clamp(1, last.max(1)),
    };
    let says_more = matches!(paging, Paging::SaysThereIsMore | Paging::SaysThereIsMoreAndBeginsAnew);
    let pages = if says_more { page.max(1) + 1 } else { last };
    let take = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    let first = take((shown - 1) * per_page);
    (rows.into_iter().skip(first).take(take(per_page)).collect(), pages)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_past_the_end_is_the_last_one() {
        let rows: Vec<u32> = (0..45).collect();
        assert_eq!(page(rows.clone(), 3, 20, Paging::default()), ((40..45).collect(), 3));
        assert_eq!(page(rows.clone(), 9, 20, Paging::default()), ((40..45).collect(), 3));
        assert_eq!(page(rows, 0, 20, Paging::default()).0[0], 0);
        assert_eq!(page(Vec::<u32>::new(), 1, 20, Paging::default()), (vec![], 0));
    }

    #[test]
    fn a_page_has_150_rows_at_most() {
        let filter = Filter::read(&["per_page", "1000"]).unwrap();
        assert_eq!((filter.per_page(), Filter::default().per_page()), (150, 20));
        assert!(Filter::read(&["brand"]).is_none());
    }
}
