//! The path of a filtered list: `/filter/key/value/key/value` behind the method, percent-encoded (panel document: keys
//! and values are URL-encoded). Only filters that are given appear. Called by the filters of each list.

use std::fmt::Display;

use chrono::NaiveDate;

use crate::upstream::{Fault, address};

/// No page may have more rows (panel document: `per_page <= 150`).
pub const MAX_PER_PAGE: u32 = 150;

/// A path that grows by pairs of segments.
pub(super) struct FilterPath {
    path: String,
    filtered: bool,
}

impl FilterPath {
    /// The path of the method, without a filter yet.
    pub(super) fn new(method: &str) -> Self {
        Self {
            path: method.to_owned(),
            filtered: false,
        }
    }

    /// A number.
    pub(super) fn number<T: Display>(self, key: &str, value: Option<T>) -> Self {
        match value {
            Some(value) => self.pair(key, &value.to_string()),
            None => self,
        }
    }

    /// `0` or `1`.
    pub(super) fn flag(self, key: &str, value: Option<bool>) -> Self {
        self.number(key, value.map(u8::from))
    }

    /// A calendar day, `2016-12-31`.
    pub(super) fn day(self, key: &str, value: Option<NaiveDate>) -> Self {
        self.number(key, value)
    }

    /// One or several ids; the document separates them by bare commas.
    pub(super) fn ids(self, key: &str, ids: &[i64]) -> Self {
        self.number(key, (!ids.is_empty()).then(|| id_list(ids)))
    }

    /// A text.
    ///
    /// # Errors
    /// [`Fault::Refused`] (status 0: nothing was sent) for a value that cannot stand in a path: `""`, `"."`, `".."`.
    pub(super) fn text(self, key: &str, value: Option<&str>) -> Result<Self, Fault> {
        match value {
            Some(value) => {
                let segment = address::segment(key, value)?;
                Ok(self.pair(key, &segment))
            }
            None => Ok(self),
        }
    }

    /// Which page, from 1, and how many rows on it, at most [`MAX_PER_PAGE`].
    pub(super) fn page(self, page: Option<u32>, per_page: Option<u32>) -> Self {
        self.number("page", page.map(|page| page.max(1)))
            .number("per_page", per_page.map(|count| count.clamp(1, MAX_PER_PAGE)))
    }

    /// The whole path.
    pub(super) fn finish(self) -> String {
        self.path
    }

    fn pair(mut self, key: &str, segment: &str) -> Self {
        if !self.filtered {
            self.path.push_str("/filter");
            self.filtered = true;
        }
        self.path.push_str(&format!("/{key}/{segment}"));
        self
    }
}

/// `19,20,21`
pub(super) fn id_list(ids: &[i64]) -> String {
    ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",")
}
