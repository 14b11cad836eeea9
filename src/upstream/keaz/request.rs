//! The body of a request in the three formats of the KEAZ document: the key, the filter, and the rows as a list under
//! the name of the resource.
//!
//! What is written here is strict: UTF-8 without a byte order mark, everything escaped, fields in a fixed order.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::ser::{Serialize, SerializeMap, Serializer};

use super::field::{Field, Filter};
use crate::config::{KeazFormat, Secret};

/// What a form leaves as it is.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// One row: names and values in the order in which they are written; the first field is the key.
pub(super) type Row = Vec<(String, Field)>;

/// Whether a row or a filter can be written in this format at all.
pub(super) fn check<'a>(
    format: KeazFormat,
    pairs: impl Iterator<Item = (&'a String, &'a Field)>,
) -> Result<(), String> {
    let fits =
        |c: char| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    for (name, field) in pairs {
        if format == KeazFormat::Xml && !field.text().chars().all(fits) {
            return Err(format!("not sent: XML cannot carry the control characters in `{name}`"));
        }
    }
    Ok(())
}

/// What a request is about. What is empty is not written: without filter and rows there is only the key.
#[derive(Clone, Copy)]
pub(super) struct Content<'a> {
    pub(super) resource: &'a str,
    pub(super) filter: &'a Filter,
    pub(super) rows: &'a [&'a Row],
}

/// Content type and body.
pub(super) fn body(format: KeazFormat, key: &Secret, content: Content<'_>) -> (&'static str, Vec<u8>) {
    match format {
        KeazFormat::Json => ("application/json", json(key, content)),
        KeazFormat::Xml => ("application/xml", xml(key, content).into_bytes()),
        KeazFormat::Form => ("application/x-www-form-urlencoded", form(key, content).into_bytes()),
    }
}

/// How many variables the content is in a form, the key included.
pub(super) fn form_variables(content: Content<'_>) -> usize {
    1 + content.filter.pairs().count() + content.rows.iter().map(|row| row.len()).sum::<usize>()
}

/// The filter is a list of maps, one for each wanted value.
fn json(key: &Secret, content: Content<'_>) -> Vec<u8> {
    struct Object<'a>(&'a Row);
    impl Serialize for Object<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(name, field)| (name, field)))
        }
    }
    struct Body<'a>(&'a Secret, Content<'a>);
    impl Serialize for Body<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let Self(key, content) = self;
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("hash", key.reveal())?;
            let wanted: Vec<_> = content.filter.pairs().map(|pair| BTreeMap::from([pair])).collect();
            if !wanted.is_empty() {
                map.serialize_entry("filter", &wanted)?;
            }
            if !content.rows.is_empty() {
                let rows: Vec<_> = content.rows.iter().map(|row| Object(row)).collect();
                map.serialize_entry(content.resource, &rows)?;
            }
            map.end()
        }
    }
    // Texts and numbers under text keys cannot fail to be written; an empty body would be refused by KEAZ.
    serde_json::to_vec(&Body(key, content)).unwrap_or_default()
}

/// The filter is an element for each wanted value.
fn xml(key: &Secret, content: Content<'_>) -> String {
    let Content { resource, filter, rows } = content;
    let mut out = String::from("<request>");
    element(&mut out, "hash", key.reveal());
    if filter.pairs().next().is_some() {
        out.push_str("<filter>");
        filter
            .pairs()
            .for_each(|(name, field)| element(&mut out, name, &field.text()));
        out.push_str("</filter>");
    }
    if !rows.is_empty() {
        let _ = write!(out, "<{resource}>");
        for row in rows {
            out.push_str("<item>");
            row.iter()
                .for_each(|(name, field)| element(&mut out, name, &field.text()));
            out.push_str("</item>");
        }
        let _ = write!(out, "</{resource}>");
    }
    out.push_str("</request>");
    out
}

fn element(out: &mut String, name: &str, text: &str) {
    // A bare carriage return would come out of the parser as a line feed.
    let text = quick_xml::escape::escape(text).replace('\r', "&#13;");
    let _ = write!(out, "<{name}>{text}</{name}>");
}

/// The filter is a list of values for each field.
fn form(key: &Secret, content: Content<'_>) -> String {
    let encode = |text: &str| utf8_percent_encode(text, FORM).to_string();
    let mut out = format!("hash={}", encode(key.reveal()));
    for (name, fields) in content.filter.lists() {
        for (index, field) in fields.iter().enumerate() {
            let name = encode(&format!("filter[{name}][{index}]"));
            let _ = write!(out, "&{name}={}", encode(&field.text()));
        }
    }
    for (index, row) in content.rows.iter().enumerate() {
        for (name, field) in *row {
            let name = encode(&format!("{}[{index}][{name}]", content.resource));
            let _ = write!(out, "&{name}={}", encode(&field.text()));
        }
    }
    out
}

#[cfg(test)]
mod tests;
