//! A row of a list as one line of PostgreSQL's text COPY format.
//!
//! Columns: brand, article, name, price, quantity (an exact whole number or NULL), quantity_text, min_quantity,
//! days_min, days_max, line. Called by the prices job, which owns the connection.

use std::fmt::Display;
use std::io::Write;

use super::row::PriceRow;

/// Appends the row with its line break.
pub fn copy_line(row: &PriceRow, into: &mut Vec<u8>) {
    text(&row.brand, into);
    text(&row.article, into);
    text(&row.name, into);
    value(Some(row.price), into);
    value(row.quantity.exact().filter(|units| i32::try_from(*units).is_ok()), into);
    text(&row.quantity_text, into);
    value(row.min_quantity, into);
    value(row.days_min, into);
    value(row.days_max, into);
    value(Some(row.line), into);
    if let Some(last) = into.last_mut() {
        *last = b'\n';
    }
}

/// A text and a tab. Only four characters mean something to COPY; NUL cannot be stored and is left out.
fn text(text: &str, into: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'\\' => into.extend_from_slice(b"\\\\"),
            b'\t' => into.extend_from_slice(b"\\t"),
            b'\n' => into.extend_from_slice(b"\\n"),
            b'\r' => into.extend_from_slice(b"\\r"),
            0 => {}
            other => into.push(other),
        }
    }
    into.push(b'\t');
}

/// A number and a tab; unknown is NULL.
fn value<T: Display>(value: Option<T>, into: &mut Vec<u8>) {
    match value {
        // Writing to a vector cannot fail.
        Some(value) => _ = write!(into, "{value}\t"),
        None => into.extend_from_slice(b"\\N\t"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::Quantity;

    fn line(quantity: &str, name: &str) -> String {
        let row = PriceRow {
            brand: "KNECHT/MAHLE".into(),
            article: r"\N".into(),
            name: name.into(),
            price: "152.02".parse().unwrap(),
            quantity: Quantity::parse(quantity),
            quantity_text: quantity.into(),
            min_quantity: Some(1),
            days_min: None,
            days_max: Some(7),
            line: 2,
        };
        let mut bytes = Vec::new();
        copy_line(&row, &mut bytes);
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_row_is_one_line_with_tabs_and_unknown_is_null() {
        assert_eq!(
            line("500", "Фильтр"),
            "KNECHT/MAHLE\t\\\\N\tФильтр\t152.02\t500\t500\t1\t\\N\t7\t2\n"
        );
        assert_eq!(
            line("<10", ""),
            "KNECHT/MAHLE\t\\\\N\t\t152.02\t\\N\t<10\t1\t\\N\t7\t2\n"
        );
        assert_eq!(line("0", ""), "KNECHT/MAHLE\t\\\\N\t\t152.02\t0\t0\t1\t\\N\t7\t2\n");
        assert_eq!(
            line("9999999999", ""),
            "KNECHT/MAHLE\t\\\\N\t\t152.02\t\\N\t9999999999\t1\t\\N\t7\t2\n"
        );
    }

    #[test]
    fn characters_that_mean_something_to_copy_are_escaped() {
        assert!(line("1", "a\tb\nc\rd\\.\0").contains("\ta\\tb\\nc\\rd\\\\.\t"));
    }
}
