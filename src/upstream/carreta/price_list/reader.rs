//! Reads a list row by row with flat memory: at most one record, and no record is longer than a megabyte.
//!
//! A bad record is an item of its own and never takes its neighbours with it. When the iterator has ended,
//! [`Reader::totals`] has what `check` needs for the verdict on the list. Called by the prices job (blocking).

use std::collections::BTreeMap;
use std::io::Read;

use super::check::ListError;
use super::decode::{Decode, is_mojibake};
use super::header::Header;
use super::lines::{Line, Lines, MAX_LINE};
use super::record::{Split, split};
use super::row::{PriceRow, RowError};

/// A quoted field may go on over so many lines.
const MAX_SPAN: usize = 20;
/// So many reasons are kept for a person.
const KEPT_ERRORS: usize = 10;

/// What was in a list, once it has been read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Records, without the heading and empty lines.
    pub read: u64,
    /// Records that are no rows.
    pub rejected: u64,
    /// The first few reasons.
    pub first_errors: Vec<RowError>,
    /// Whether the last line ended with a line break.
    pub final_newline: bool,
    /// Rows whose texts have letters other than Latin.
    pub foreign: u64,
    /// Those among them whose letters are mangled.
    pub mangled: u64,
    /// Why reading ended before the end.
    pub broken: Option<String>,
}

impl Totals {
    /// Usable rows.
    pub fn accepted(&self) -> u64 {
        self.read - self.rejected
    }
}

/// An iterator over the rows of a list.
pub struct Reader<R> {
    lines: Lines<Decode<R>>,
    header: Header,
    /// A line that was looked at and belongs to the next record.
    pending: Option<Line>,
    totals: Totals,
}

impl<R: Read> Reader<R> {
    /// Reads the heading line. `columns`: field = heading, as configured.
    ///
    /// # Errors
    /// The list cannot be read, is empty, or its heading line cannot be used.
    pub fn new(input: R, columns: &BTreeMap<String, String>) -> Result<Self, ListError> {
        let decode = Decode::new(input).map_err(|error| ListError::Io(error.to_string()))?;
        let mut lines = Lines::new(decode);
        let header = loop {
            match lines.next().map_err(|error| ListError::Io(error.to_string()))? {
                None => return Err(ListError::Empty),
                Some(Line::TooLong) => return Err(ListError::NoHeader),
                Some(Line::Text(line)) if line.trim().is_empty() => {}
                Some(Line::Text(line)) => match split(&line) {
                    Split::Fields(titles) => break Header::read(&titles, columns)?,
                    Split::Open | Split::Stray => return Err(ListError::NoHeader),
                },
            }
        };
        let totals = Totals {
            final_newline: lines.ended,
            ..Totals::default()
        };
        Ok(Self {
            lines,
            header,
            pending: None,
            totals,
        })
    }

    /// What has been read so far; whole once the iterator has ended.
    pub fn totals(&self) -> &Totals {
        &self.totals
    }

    /// The next line; a failure ends the list and is kept in the totals.
    fn next_line(&mut self) -> Option<Line> {
        if let Some(line) = self.pending.take() {
            return Some(line);
        }
        if self.totals.broken.is_some() {
            return None;
        }
        match self.lines.next() {
            Ok(line) => {
                self.totals.final_newline = self.lines.ended;
                line
            }
            Err(error) => {
                self.totals.broken = Some(error.to_string());
                None
            }
        }
    }

    /// Reads the record that begins with this line.
    fn record(&mut self, first: String) -> Result<PriceRow, RowError> {
        let line = self.lines.number;
        let mut record = first;
        let mut spans = 1;
        let mut last_line_at = 0;
        loop {
            match split(&record) {
                Split::Fields(fields) if fields.len() == self.header.columns => {
                    let row = PriceRow::read(&self.header, &fields, line);
                    return row.inspect(|row| self.totals.note_letters(row));
                }
                Split::Fields(fields) if spans == 1 => {
                    let why = format!("{} fields, the heading line has {}", fields.len(), self.header.columns);
                    return Err(RowError { line, why });
                }
                Split::Open if spans < MAX_SPAN => match self.next_line() {
                    Some(Line::Text(next)) if record.len() + next.len() < MAX_LINE => {
                        spans += 1;
                        last_line_at = record.len() + 1;
                        record.push('\n');
                        record.push_str(&next);
                        continue;
                    }
                    other => self.pending = other,
                },
                // The lines do not belong together: the last one is a record of its own.
                _ if spans > 1 => self.pending = Some(Line::Text(record.split_off(last_line_at))),
                _ => {}
            }
            return Err(RowError {
                line,
                why: "a quote is opened and not closed".into(),
            });
        }
    }
}

impl Totals {
    fn note_letters(&mut self, row: &PriceRow) {
        let texts = [&row.brand, &row.article, &row.name, &row.quantity_text];
        self.foreign += u64::from(texts.iter().any(|text| !text.is_ascii()));
        self.mangled += u64::from(texts.iter().any(|text| is_mojibake(text)));
    }

    fn note_error(&mut self, error: &RowError) {
        self.rejected += 1;
        if self.first_errors.len() < KEPT_ERRORS {
            self.first_errors.push(error.clone());
        }
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<PriceRow, RowError>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = loop {
            match self.next_line()? {
                Line::Text(line) if line.trim().is_empty() => {}
                Line::Text(line) => break self.record(line),
                Line::TooLong => {
                    let why = format!("the line is longer than {MAX_LINE} bytes");
                    break Err(RowError {
                        line: self.lines.number,
                        why,
                    });
                }
            }
        };
        self.totals.read += 1;
        if let Err(error) = &row {
            self.totals.note_error(error);
        }
        Some(row)
    }
}

#[cfg(test)]
mod tests;
