use std::cell::Cell;
use std::io;
use std::rc::Rc;

use super::*;
use crate::config::Guard;
use crate::upstream::carreta::price_list::{Field, check};
use crate::value::Quantity;

const GUARD: Guard = Guard {
    min_snapshot_share: 0.5,
    min_snapshot_rows: 100,
    max_zero_share: 1.0,
    max_delete_share: 1.0,
    max_reprice_share: 1.0,
    reprice_percent: 20,
    max_rows: 0,
    small: 10,
};
const HEADER: &str = "Производитель;Артикул;Наименование;Цена;Количество;Кратность;Срок мин;Срок макс\r\n";

fn cp1251(text: &str) -> Vec<u8> {
    encoding_rs::WINDOWS_1251.encode(text).0.into_owned()
}

fn reader<R: Read>(input: R) -> Reader<R> {
    Reader::new(input, &BTreeMap::new()).unwrap()
}

/// Articles of the rows, lines of the errors, totals.
fn read(rows: &str) -> (Vec<String>, Vec<u64>, Totals) {
    let bytes = cp1251(&format!("{HEADER}{rows}"));
    let mut reader = reader(bytes.as_slice());
    let (mut articles, mut errors) = (Vec::new(), Vec::new());
    for row in reader.by_ref() {
        match row {
            Ok(row) => articles.push(row.article),
            Err(error) => errors.push(error.line),
        }
    }
    (articles, errors, reader.totals().clone())
}

#[test]
fn a_cp1251_list_with_russian_headings_is_read() {
    let list = include_bytes!("../../../../../tests/fixtures/carreta/price_list_cp1251.csv");
    let mut reader = reader(list.as_slice());
    let rows: Vec<PriceRow> = reader.by_ref().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 5);
    assert_eq!(rows[0].name, "Фильтр масляный");
    assert_eq!(rows[0].price, "152.02".parse().unwrap());
    let quantities: Vec<Quantity> = rows.iter().map(|row| row.quantity).collect();
    assert_eq!(
        quantities,
        [
            Quantity::Exact(500.into()),
            Quantity::LessThan(10.into()),
            Quantity::MoreThan(50.into()),
            Quantity::Available,
            Quantity::Unknown
        ]
    );
    assert_eq!(rows[3].name, "Болт 5\" с «шайбой»; комплект");
    assert_eq!(rows[4].line, 6);
    assert_eq!(check(reader.totals(), None, &GUARD), Ok(()));
}

#[test]
fn a_stray_quote_costs_its_own_line_and_no_other() {
    for (rows, articles, errors) in [
        (
            "A;1;\"Болт;1;1;1;1;1\nA;2;b;1;1;1;1;1\nA;3;b;1;1;1;1;1\n",
            vec!["2", "3"],
            vec![2],
        ),
        (
            "A;1;\"Болт;1;1;1;1;1\nA;2;Гайка 5\";1;1;1;1;1\nA;3;b;1;1;1;1;1\n",
            vec!["2", "3"],
            vec![2],
        ),
        (
            "A;1;b;1;1;1;1;\"1\nA;2;b;1;1;1;1;1\nA\";3;b;1;1;1;1;1\n",
            vec!["2", "3"],
            vec![2],
        ),
        (
            "A;1;b;1;1;1;1;\"1\nA\";2;b;1;1;1;1;1\nA;3;b;1;1;1;1;1\n",
            vec!["2", "3"],
            vec![2],
        ),
        ("A;1;b;1;1;1;1;1\nA;2;b;1;1;1;1;\"1", vec!["1"], vec![3]),
    ] {
        let (read_articles, read_errors, _) = read(rows);
        assert_eq!(
            (&read_articles, &read_errors),
            (&articles.iter().map(ToString::to_string).collect(), &errors),
            "{rows}"
        );
    }
}

#[test]
fn a_quoted_name_may_span_lines() {
    let (articles, errors, totals) = read("A;1;\"Болт\r\n\r\nдлинный\";1;1;1;1;1\nA;2;b;1;1;1;1;1\n");
    assert_eq!((articles, errors), (vec!["1".to_owned(), "2".to_owned()], vec![]));
    assert_eq!(totals.read, 2);
}

#[test]
fn an_endless_run_of_open_lines_is_cut_and_the_rows_behind_it_are_read() {
    let (articles, errors, _) = read(&format!("\"{}\nA;2;b;1;1;1;1;1\n", "x\n".repeat(200)));
    assert_eq!(articles, ["2"]);
    assert!(errors.len() > 1 && errors.len() <= 200);
}

#[test]
fn a_wrong_number_of_columns_rejects_the_row_and_empty_lines_do_not_count() {
    let (articles, errors, totals) = read("A;1;b;1;1;1;1\n\nA;2;b;1;1;1;1;1\nA;3;b;1;1;1;1;1;x\n  \n");
    assert_eq!((articles, errors), (vec!["2".to_owned()], vec![2, 5]));
    assert_eq!((totals.read, totals.rejected, totals.accepted()), (3, 2, 1));
    assert_eq!(
        totals.first_errors[0].to_string(),
        "line 2: 7 fields, the heading line has 8"
    );
}

#[test]
fn a_list_that_was_cut_has_no_final_newline() {
    assert!(read("A;1;b;1;1;1;1;1\r\n").2.final_newline);
    let (_, _, cut) = read("A;1;b;1;1;1;1;1\nA;2;b;1;1;1;1;");
    assert_eq!(check(&cut, None, &GUARD), Err(ListError::NoFinalNewline));
}

#[test]
fn a_line_without_end_is_skipped_with_flat_memory() {
    let (articles, errors, _) = read(&format!("{}\nA;2;b;1;1;1;1;1\n", "x".repeat(MAX_LINE + 1)));
    assert_eq!((articles, errors), (vec!["2".to_owned()], vec![2]));
}

#[test]
fn utf_8_is_read_with_its_mark_and_refused_without() {
    let text = format!("{HEADER}A;1;Фильтр;1;Есть;1;1;1\n");
    let mut marked = reader(io::Cursor::new(format!("\u{feff}{text}")));
    assert_eq!(marked.next().unwrap().unwrap().name, "Фильтр");
    let unmarked = Reader::new(text.as_bytes(), &BTreeMap::new());
    assert_eq!(unmarked.err(), Some(ListError::Mojibake));
}

#[test]
fn mangled_names_under_english_headings_are_noticed() {
    let text = "brand;code;name;price\nKNECHT;OC47;Фильтр масляный;152.02\nUFI;1;oil filter;10\n";
    let mut reader = reader(text.as_bytes());
    assert_eq!(reader.by_ref().filter(Result::is_ok).count(), 2);
    assert_eq!(check(reader.totals(), None, &GUARD), Err(ListError::Mojibake));
}

#[test]
fn a_page_or_nothing_is_no_list() {
    let error = |bytes: &[u8]| Reader::new(bytes, &BTreeMap::new()).err();
    assert_eq!(error(b""), Some(ListError::Empty));
    assert_eq!(error(b"\n\r\n"), Some(ListError::Empty));
    assert_eq!(
        error(b"<html><body>login</body></html>\n"),
        Some(ListError::MissingColumn(Field::Brand))
    );
    assert_eq!(error(b"\"Brand;Code;Price\n"), Some(ListError::NoHeader));
}

/// Gives good rows, then fails.
struct Breaking(io::Cursor<Vec<u8>>);

impl Read for Breaking {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.0.read(into)? {
            0 => Err(io::Error::other("corrupt deflate stream")),
            count => Ok(count),
        }
    }
}

#[test]
fn a_list_that_breaks_off_ends_and_is_refused() {
    let mut reader = reader(Breaking(io::Cursor::new(cp1251(&format!("{HEADER}A;1;b;1;1;1;1;1\n")))));
    assert_eq!(reader.by_ref().count(), 1);
    assert_eq!(
        check(reader.totals(), None, &GUARD),
        Err(ListError::Io("corrupt deflate stream".into()))
    );
}

/// A list made row by row, so that the source takes no memory either; it counts what was taken from it.
struct Generated {
    rows: u64,
    next: u64,
    rest: io::Cursor<Vec<u8>>,
    given: Rc<Cell<usize>>,
}

fn generated_row(n: u64) -> Vec<u8> {
    cp1251(&format!("MANN;W{n};Фильтр № {n};{}.50;{n};1;1;7\r\n", n + 1))
}

impl Read for Generated {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let mut count = self.rest.read(into)?;
        if count == 0 && self.next < self.rows {
            self.rest = io::Cursor::new(generated_row(self.next));
            self.next += 1;
            count = self.rest.read(into)?;
        }
        self.given.set(self.given.get() + count);
        Ok(count)
    }
}

#[test]
fn a_hundred_thousand_rows_are_read_in_order_and_never_far_ahead() {
    let given = Rc::new(Cell::new(0));
    let source = Generated {
        rows: 100_000,
        next: 0,
        rest: io::Cursor::new(cp1251(HEADER)),
        given: Rc::clone(&given),
    };
    let mut reader = reader(source);
    let mut used = HEADER.chars().count();
    for (n, row) in (0..).zip(reader.by_ref()) {
        let row = row.unwrap();
        assert_eq!((row.article, row.line), (format!("W{n}"), n + 2));
        used += generated_row(n).len();
        assert!(
            given.get() - used <= 256 * 1024,
            "{} bytes are held",
            given.get() - used
        );
    }
    assert_eq!(reader.totals().read, 100_000);
    assert_eq!(check(reader.totals(), Some(100_000), &GUARD), Ok(()));
}

#[test]
fn whatever_stands_before_it_a_plain_row_is_never_lost() {
    let mut state = 0x9e37_79b9_u32;
    let mut random = |below: u32| {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state % below
    };
    for _ in 0..1000 {
        let noise: String = (0..random(120))
            .map(|_| ['"', '"', ';', ';', '\n', 'a', '1', '\r'][random(8) as usize])
            .collect();
        let (articles, errors, totals) = read(&format!("{noise}\nMANN;W712;Фильтр;10;5;1;1;7\n{noise}"));
        assert!(articles.contains(&"W712".to_owned()), "{noise:?}");
        assert_eq!(totals.read, (articles.len() + errors.len()) as u64);
    }
}
