//! A collection of an answer, row by row: a row that cannot be read is named and does not lose the others.
//! Called by the rows of the lists.

use serde::{Deserialize, Serialize};
use serde_json::Deserializer;
use serde_json::value::RawValue;

use crate::upstream::json;
use crate::upstream::object::Object;

/// So many rows that cannot be read are named; more of them say nothing new.
const MAX_REJECTED: usize = 1000;

/// A whole list, in Saplab's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Listed<T> {
    /// Those that could be read.
    pub rows: Vec<T>,
    /// Which rows could not be read, and why.
    pub rejected: Vec<String>,
}

impl<T> Listed<T> {
    /// Reads the collection of this name, or a bare list. `None` when there is neither.
    pub(super) fn read(
        raw: &RawValue,
        name: &'static str,
        read: impl Fn(&RawValue) -> Result<T, String>,
    ) -> Option<Self> {
        let items = match raw.get().trim_start().starts_with('[') {
            true => json::items(&mut Deserializer::from_str(raw.get())).ok()?,
            false => Object::read(raw)?.items(name)?,
        };
        Some(Self::of(&items, read))
    }

    /// Reads these rows.
    pub(super) fn of(items: &[Box<RawValue>], read: impl Fn(&RawValue) -> Result<T, String>) -> Self {
        let mut listed = Self {
            rows: Vec::with_capacity(items.len()),
            rejected: Vec::new(),
        };
        for (index, item) in items.iter().enumerate() {
            match read(item) {
                Ok(row) => listed.rows.push(row),
                Err(_) if listed.rejected.len() >= MAX_REJECTED => {}
                Err(why) => listed
                    .rejected
                    .push(format!("row {} of {}: {why}", index + 1, items.len())),
            }
        }
        listed
    }
}

/// The object of a row and its id, the first of these names that is a usable number.
///
/// # Errors
/// Why it is no row.
pub(super) fn row<'a>(raw: &'a RawValue, ids: &[&'static str]) -> Result<(Object<'a>, i64), String> {
    let row = Object::read(raw).ok_or("it is not an object")?;
    let id = ids.iter().find_map(|name| row.integer(name)).filter(|id| *id > 0);
    let id = id.ok_or("it has no usable id")?;
    Ok((row, id))
}

/// A number of pages or of a page, at least 1.
pub(super) fn page_number(number: Option<i64>) -> Option<u32> {
    number.and_then(|number| u32::try_from(number).ok()).filter(|n| *n > 0)
}
