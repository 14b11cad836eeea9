//! The body of a request in the three formats of the KEAZ document: the key, and the rows as a list under the name of
//! the resource.
//!
//! What is written here is strict: UTF-8 without a byte order mark, everything escaped, fields in a fixed order.

use std::fmt::Write as _;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::config::{KeazFormat, Secret};

/// What a form leaves as it is.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.');

/// One row: names and values in the order in which they are written; the first field is the key.
pub(super) type Row = Vec<(String, Field)>;

/// A value on its way out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Text(String),
    Whole(u64),
}

impl Field {
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Whole(number) => number.to_string(),
        }
    }
}

impl Serialize for Field {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(text) => serializer.serialize_str(text),
            Self::Whole(number) => serializer.serialize_u64(*number),
        }
    }
}

/// Whether the row can be written in this format at all.
pub(super) fn check(format: KeazFormat, row: &Row) -> Result<(), String> {
    let fits =
        |c: char| !matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}');
    for (name, field) in row {
        if format == KeazFormat::Xml && !field.text().chars().all(fits) {
            return Err(format!("not sent: XML cannot carry the control characters in `{name}`"));
        }
    }
    Ok(())
}

/// Content type and body. Without rows there is only the key, as for a list.
pub(super) fn body(format: KeazFormat, key: &Secret, resource: &str, rows: &[&Row]) -> (&'static str, Vec<u8>) {
    match format {
        KeazFormat::Json => ("application/json", json(key, resource, rows)),
        KeazFormat::Xml => ("application/xml", xml(key, resource, rows).into_bytes()),
        KeazFormat::Form => (
            "application/x-www-form-urlencoded",
            form(key, resource, rows).into_bytes(),
        ),
    }
}

fn json(key: &Secret, resource: &str, rows: &[&Row]) -> Vec<u8> {
    struct Object<'a>(&'a Row);
    impl Serialize for Object<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_map(self.0.iter().map(|(name, field)| (name, field)))
        }
    }
    struct Body<'a>(&'a Secret, &'a str, &'a [&'a Row]);
    impl Serialize for Body<'_> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut map = serializer.serialize_map(None)?;
            map.serialize_entry("hash", self.0.reveal())?;
            if !self.2.is_empty() {
                map.serialize_entry(self.1, &self.2.iter().map(|row| Object(row)).collect::<Vec<_>>())?;
            }
            map.end()
        }
    }
    // Texts and whole numbers under text keys cannot fail to be written; an empty body would be refused by KEAZ.
    serde_json::to_vec(&Body(key, resource, rows)).unwrap_or_default()
}

fn xml(key: &Secret, resource: &str, rows: &[&Row]) -> String {
    let mut out = String::from("<request>");
    element(&mut out, "hash", key.reveal());
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

fn form(key: &Secret, resource: &str, rows: &[&Row]) -> String {
    let encode = |text: &str| utf8_percent_encode(text, FORM).to_string();
    let mut out = format!("hash={}", encode(key.reveal()));
    for (index, row) in rows.iter().enumerate() {
        for (name, field) in *row {
            let name = encode(&format!("{resource}[{index}][{name}]"));
            let _ = write!(out, "&{name}={}", encode(&field.text()));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes(format: KeazFormat, rows: &[Row]) -> (&'static str, String) {
        let rows: Vec<&Row> = rows.iter().collect();
        let (content_type, body) = body(format, &Secret::new("made-up-key"), "remains", &rows);
        (content_type, String::from_utf8(body).unwrap())
    }

    fn row(warehouse: &str, article: &str, quantity: u64) -> Row {
        let text = |name: &str, value: &str| (name.to_owned(), Field::Text(value.to_owned()));
        vec![
            text("warehouse", warehouse),
            text("article", article),
            ("quantity".to_owned(), Field::Whole(quantity)),
        ]
    }

    #[test]
    fn json_rows_travel_as_a_list_under_the_name_of_the_resource() {
        let (content_type, body) = bytes(
            KeazFormat::Json,
            &[row("D4R7WE", "ВА47-29 \"C\"", 12), row("007", "A/1", 0)],
        );
        assert_eq!(content_type, "application/json");
        insta::assert_snapshot!(body, @r#"{"hash":"made-up-key","remains":[{"warehouse":"D4R7WE","article":"ВА47-29 \"C\"","quantity":12},{"warehouse":"007","article":"A/1","quantity":0}]}"#);
    }

    #[test]
    fn xml_rows_travel_as_items_and_are_escaped() {
        let (content_type, body) = bytes(KeazFormat::Xml, &[row("D4R7WE", "<A&B>\"'\r]]>", 12)]);
        assert_eq!(content_type, "application/xml");
        insta::assert_snapshot!(body, @"<request><hash>made-up-key</hash><remains><item><warehouse>D4R7WE</warehouse><article>&lt;A&amp;B&gt;&quot;&apos;&#13;]]&gt;</article><quantity>12</quantity></item></remains></request>");
    }

    #[test]
    fn form_rows_travel_with_their_index_and_everything_is_percent_encoded() {
        let (content_type, body) = bytes(KeazFormat::Form, &[row("D4R7WE", "A&1=+%я ", 12), row("0", "b", 1)]);
        assert_eq!(content_type, "application/x-www-form-urlencoded");
        insta::assert_snapshot!(body, @"hash=made-up-key&remains%5B0%5D%5Bwarehouse%5D=D4R7WE&remains%5B0%5D%5Barticle%5D=A%261%3D%2B%25%D1%8F%20&remains%5B0%5D%5Bquantity%5D=12&remains%5B1%5D%5Bwarehouse%5D=0&remains%5B1%5D%5Barticle%5D=b&remains%5B1%5D%5Bquantity%5D=1");
    }

    #[test]
    fn a_list_is_asked_for_with_the_key_alone() {
        assert_eq!(bytes(KeazFormat::Json, &[]).1, r#"{"hash":"made-up-key"}"#);
        assert_eq!(bytes(KeazFormat::Form, &[]).1, "hash=made-up-key");
        assert_eq!(
            bytes(KeazFormat::Xml, &[]).1,
            "<request><hash>made-up-key</hash></request>"
        );
    }

    #[test]
    fn control_characters_do_not_fit_into_xml_alone() {
        let row = row("D4R7WE", "a\u{1}", 1);
        assert!(check(KeazFormat::Xml, &row).unwrap_err().contains("`article`"));
        assert!(check(KeazFormat::Json, &row).is_ok() && check(KeazFormat::Form, &row).is_ok());
    }
}
