//! Which column of a list holds which field: the usual Russian and English headings, in any order and spelling.
//!
//! Carreta's document does not name the columns. Headings are compared by their letters and digits only; the
//! configuration's `columns` win. Called by `reader`.

use std::collections::BTreeMap;

use super::check::ListError;
use super::decode::is_mojibake;
use super::field::Field;

/// Where each field stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Header {
    /// Columns in every record.
    pub(super) columns: usize,
    places: BTreeMap<Field, usize>,
}

impl Header {
    /// Reads the heading line.
    ///
    /// # Errors
    /// Mojibake, an unknown field in the configuration, a heading that is missing or stands there twice.
    pub(super) fn read<S: AsRef<str>>(titles: &[S], columns: &BTreeMap<String, String>) -> Result<Self, ListError> {
        if let Some(unknown) = columns
            .keys()
            .find(|name| Field::ALL.iter().all(|field| field.as_str() != name.as_str()))
        {
            return Err(ListError::UnknownField(unknown.clone()));
        }
        let line: String = titles.iter().map(AsRef::as_ref).collect();
        let titles: Vec<String> = titles.iter().map(|title| plain(title.as_ref())).collect();
        let mut places = BTreeMap::new();
        for field in Field::ALL {
            let found = match columns.get(field.as_str()) {
                Some(title) => place(&titles, &plain(title), field)?,
                None => usual_place(&titles, field)?,
            };
            match found {
                Some(place) => _ = places.insert(field, place),
                None if field.is_required() || columns.contains_key(field.as_str()) => {
                    let is_mangled = is_mojibake(&line);
                    return Err(if is_mangled {
                        ListError::Mojibake
                    } else {
                        ListError::MissingColumn(field)
                    });
                }
                None => {}
            }
        }
        Ok(Self {
            columns: titles.len(),
            places,
        })
    }

    /// A field's text in a record, without the spaces around it; `""` where the list has no such column.
    pub(super) fn get<'a, S: AsRef<str>>(&self, record: &'a [S], field: Field) -> &'a str {
        self.places
            .get(&field)
            .and_then(|place| record.get(*place))
            .map_or("", |text| text.as_ref().trim())
    }
}

/// Lower case, letters and digits only: `Цена, руб.` -> `ценаруб`.
fn plain(title: &str) -> String {
    let kept = title
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase);
    kept.map(|c| if c == 'ё' { 'е' } else { c }).collect()
}

fn usual_place(titles: &[String], field: Field) -> Result<Option<usize>, ListError> {
    for heading in field.headings() {
        if let Some(found) = place(titles, heading, field)? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// The only column with this heading.
fn place(titles: &[String], heading: &str, field: Field) -> Result<Option<usize>, ListError> {
    let mut found = titles
        .iter()
        .enumerate()
        .filter(|(_, title)| *title == heading)
        .map(|(place, _)| place);
    match (found.next(), found.next()) {
        (Some(_), Some(_)) => Err(ListError::AmbiguousColumn(field)),
        (found, _) => Ok(found),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(titles: &str, columns: &[(&str, &str)]) -> Result<Header, ListError> {
        let columns = columns
            .iter()
            .map(|(field, title)| ((*field).into(), (*title).into()))
            .collect();
        Header::read(&titles.split(';').collect::<Vec<_>>(), &columns)
    }

    #[test]
    fn usual_headings_are_recognised_in_any_order_case_and_punctuation() {
        for titles in [
            "Производитель;Артикул;Наименование;Цена;Количество;Кратность;Срок мин;Срок макс",
            "БРЕНД; Каталожный номер ;название;Цена, руб.;Кол-во;Мин. кол-во;Срок поставки;Срок макс.",
            "Brand;Part number;Description;Price;Qty;min_qty;period_min;period_max",
            "Vendor;SKU;Name;PRICE;Stock;Multiplicity;days_min;days_max",
            "Марка;Код;Описание;Цена;Наличие;Минимальное количество;Срок, дней;Макс. срок",
        ] {
            let header = header(titles, &[]).unwrap();
            let record = ["0", "1", "2", "3", "4", "5", "6", " 7 "];
            let found: Vec<&str> = Field::ALL.iter().map(|field| header.get(&record, *field)).collect();
            assert_eq!(found, ["0", "1", "2", "3", "4", "5", "6", "7"], "{titles}");
        }
        let shuffled = header("Цена;Лишнее;Артикул;Бренд;", &[]).unwrap();
        assert_eq!(shuffled.columns, 5);
        assert_eq!(shuffled.get(&["10", "x", "OC47", "KNECHT", ""], Field::Article), "OC47");
        assert_eq!(shuffled.get(&["10", "x", "OC47", "KNECHT", ""], Field::Name), "");
    }

    #[test]
    fn the_more_telling_heading_wins_and_the_configuration_wins_over_it() {
        let record = ["KNECHT", "777", "OC47", "10"];
        let usual = header("Бренд;Код;Артикул;Цена", &[]).unwrap();
        assert_eq!(usual.get(&record, Field::Article), "OC47");
        let configured = header("Бренд;Код;Артикул;Цена", &[("article", "код ")]).unwrap();
        assert_eq!(configured.get(&record, Field::Article), "777");
    }

    #[test]
    fn a_heading_line_that_cannot_be_used_is_refused() {
        assert_eq!(header("Артикул;Цена", &[]), Err(ListError::MissingColumn(Field::Brand)));
        assert_eq!(
            header("Бренд;Цена;Артикул;Цена", &[]),
            Err(ListError::AmbiguousColumn(Field::Price))
        );
        assert_eq!(
            header("Бренд;Артикул;Цена", &[("quantity", "Склад 2")]),
            Err(ListError::MissingColumn(Field::Quantity))
        );
        assert_eq!(
            header("Бренд;Артикул;Цена", &[("colour", "Цвет")]),
            Err(ListError::UnknownField("colour".into()))
        );
        let (mojibake, _, _) = encoding_rs::WINDOWS_1251.decode("Бренд;Артикул;Цена".as_bytes());
        assert_eq!(header(&mojibake, &[]), Err(ListError::Mojibake));
    }
}
