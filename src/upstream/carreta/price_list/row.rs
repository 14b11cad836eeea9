//! One record of a list as a typed row, or the reason why it is none.
//!
//! Brand, article and price must be there; everything else may be unknown. Called by `reader`.

use rust_decimal::Decimal;

use super::field::Field;
use super::header::Header;
use crate::value::{Quantity, money};

/// No brand and no article is longer, in characters.
const MAX_KEY: usize = 200;
/// No name and no quantity's text is kept longer, in characters.
const MAX_TEXT: usize = 2000;

/// One offer of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceRow {
    /// The manufacturer, as written.
    pub brand: String,
    /// The part's number, as written.
    pub article: String,
    /// What it is; `""` when not given.
    pub name: String,
    /// Roubles for one unit, above 0.
    pub price: Decimal,
    /// What the supplier says it has.
    pub quantity: Quantity,
    /// The same in the supplier's own words: `<10`, `>50`, `Есть`; `""` when not given.
    pub quantity_text: String,
    /// Orders must be a multiple of it, at least 1; `None` = not said.
    pub min_quantity: Option<i32>,
    /// Days until delivery, at least; `None` = not said.
    pub days_min: Option<i32>,
    /// Days until delivery, at most; `None` = not said.
    pub days_max: Option<i32>,
    /// The line of the list on which it begins; the heading's is 1.
    pub line: u64,
}

/// A record that is no row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {why}")]
pub struct RowError {
    /// The line on which the record begins.
    pub line: u64,
    /// Why, for a person.
    pub why: String,
}

impl PriceRow {
    /// Reads a record whose number of fields is right.
    ///
    /// # Errors
    /// Says which required field is missing or unusable.
    pub(super) fn read<S: AsRef<str>>(header: &Header, record: &[S], line: u64) -> Result<Self, RowError> {
        let text = |field| header.get(record, field);
        let refuse = |why: String| RowError { line, why };
        let quantity_text = clean(text(Field::Quantity));
        let (days_min, days_max) = days(text(Field::DaysMin), text(Field::DaysMax));
        Ok(Self {
            brand: key(text(Field::Brand), "brand").map_err(refuse)?,
            article: key(text(Field::Article), "article").map_err(refuse)?,
            name: clean(text(Field::Name)),
            price: price(text(Field::Price)).map_err(refuse)?,
            quantity: Quantity::parse(&quantity_text),
            quantity_text,
            min_quantity: whole(text(Field::MinQuantity)).filter(|n| *n > 0),
            days_min,
            days_max,
            line,
        })
    }
}

/// A text by which the row is found again: it must be whole.
fn key(text: &str, what: &str) -> Result<String, String> {
    if text.is_empty() {
        return Err(format!("the {what} is empty"));
    }
    if text.chars().count() > MAX_KEY {
        return Err(format!("the {what} is longer than {MAX_KEY} characters"));
    }
    if text.chars().any(|c| c.is_control() || c == '\u{fffd}') {
        return Err(format!(
            "the {what} holds a control character or one that could not be decoded"
        ));
    }
    Ok(text.to_owned())
}

fn price(text: &str) -> Result<Decimal, String> {
    match money::parse(text) {
        Ok(price) if price > Decimal::ZERO => Ok(price),
        Ok(_) => Err("the price is not above 0".into()),
        Err(_) if text.is_empty() => Err("the price is empty".into()),
        Err(_) => Err(format!(
            "the price is not a sum of money: {:?}",
            text.chars().take(40).collect::<String>()
        )),
    }
}

/// Control characters become spaces: PostgreSQL refuses NUL, and the rest has no place in a name.
fn clean(text: &str) -> String {
    text.chars()
        .take(MAX_TEXT)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Two columns of days, or one that holds `3-5`.
fn days(min: &str, max: &str) -> (Option<i32>, Option<i32>) {
    match min.split_once('-') {
        Some((from, to)) if max.is_empty() => match (whole(from), whole(to)) {
            (Some(from), Some(to)) => (Some(from), Some(to)),
            _ => (None, None),
        },
        _ => (whole(min), whole(max)),
    }
}

fn whole(text: &str) -> Option<i32> {
    Quantity::parse(text).exact()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn row(record: &[&str]) -> Result<PriceRow, RowError> {
        let titles = [
            "Бренд",
            "Артикул",
            "Название",
            "Цена",
            "Наличие",
            "Кратность",
            "Срок",
            "Срок макс",
        ];
        PriceRow::read(&Header::read(&titles, &BTreeMap::new()).unwrap(), record, 7)
    }

    #[test]
    fn a_full_record_is_a_typed_row() {
        let row = row(&["KNECHT/MAHLE", " OC47 ", "Фильтр", "1 234,50", "<10", "2", "3", "5"]).unwrap();
        assert_eq!(
            (row.brand.as_str(), row.article.as_str(), row.name.as_str()),
            ("KNECHT/MAHLE", "OC47", "Фильтр")
        );
        assert_eq!(row.price, "1234.50".parse().unwrap());
        assert_eq!(
            (row.quantity, row.quantity_text.as_str()),
            (Quantity::LessThan(10.into()), "<10")
        );
        assert_eq!(
            (row.min_quantity, row.days_min, row.days_max),
            (Some(2), Some(3), Some(5))
        );
        assert_eq!(row.line, 7);
    }

    #[test]
    fn what_is_not_said_is_unknown_and_not_zero() {
        let row = row(&["A", "B", "", "1", "", "", "", ""]).unwrap();
        assert_eq!(
            (row.quantity, row.min_quantity, row.days_min, row.days_max),
            (Quantity::Unknown, None, None, None)
        );
    }

    #[test]
    fn one_column_may_hold_both_ends_of_the_delivery_time() {
        let days = |min, max| {
            let row = row(&["A", "B", "", "1", "", "0", min, max]).unwrap();
            (row.days_min, row.days_max)
        };
        assert_eq!(days("3-5", ""), (Some(3), Some(5)));
        assert_eq!(days("3", ""), (Some(3), None));
        assert_eq!(days("-1", "x"), (None, None));
        assert_eq!(days("99999999999", ""), (None, None));
    }

    #[test]
    fn a_record_without_a_usable_key_or_price_is_refused_with_the_reason() {
        let why = |record: &[&str]| row(record).unwrap_err().why;
        assert_eq!(why(&["", "B", "", "1", "", "", "", ""]), "the brand is empty");
        assert_eq!(why(&["A", " ", "", "1", "", "", "", ""]), "the article is empty");
        assert_eq!(why(&["A", "B", "", "", "", "", "", ""]), "the price is empty");
        assert_eq!(why(&["A", "B", "", "0", "", "", "", ""]), "the price is not above 0");
        assert_eq!(why(&["A", "B", "", "-5", "", "", "", ""]), "the price is not above 0");
        assert_eq!(
            why(&["A", "B", "", "дог.", "", "", "", ""]),
            "the price is not a sum of money: \"дог.\""
        );
        assert!(why(&["A\0", "B", "", "1", "", "", "", ""]).contains("control character"));
        assert!(why(&["A", &"x".repeat(201), "", "1", "", "", "", ""]).contains("longer than 200"));
    }
}
