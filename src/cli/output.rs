//! Lists for people and for scripts.

use std::io::{IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};
use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use serde::Serialize;

use super::lines::Line;
use super::{CliError, Format};

/// What follows of a line that is too wide for the terminal begins here.
const INDENT: usize = 4;

/// Prints rows as a table under the given headings, or as a JSON array.
pub(super) fn list<T: Serialize>(
    format: Format,
    rows: &[T],
    headings: &[impl AsRef<str>],
    cells: impl Fn(&T) -> Vec<String>,
) -> Result<(), CliError> {
    match format {
        Format::Json => json(&rows),
        Format::Table => line(&table(headings, rows.iter().map(cells)).to_string()),
    }
}

/// Prints JSON objects as a table: a column for each field of theirs that is no list or object.
pub(super) fn objects(rows: &[serde_json::Value]) -> Result<(), CliError> {
    let mut headings: Vec<&str> = Vec::new();
    for (name, value) in rows.iter().filter_map(serde_json::Value::as_object).flatten() {
        if !value.is_object() && !value.is_array() && !headings.contains(&name.as_str()) {
            headings.push(name);
        }
    }
    let cell = |value: &serde_json::Value| match value {
        serde_json::Value::Null => "-".to_owned(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if headings.is_empty() {
        return rows.iter().try_for_each(|row| line(&cell(row)));
    }
    let cells = rows
        .iter()
        .map(|row| headings.iter().map(|name| cell(&row[*name])).collect());
    line(&table(&headings, cells).to_string())
}

/// Prints a value as JSON.
pub(super) fn json(value: &impl Serialize) -> Result<(), CliError> {
    line(&escaped(
        &serde_json::to_string_pretty(value).map_err(std::io::Error::other)?,
    ))
}

/// JSON in which nothing acts upon a terminal: it escapes only some control characters by itself.
fn escaped(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || is_plain(c) {
            out.push(c);
        } else {
            out.push_str(&format!("\\u{:04x}", u32::from(c)));
        }
    }
    out
}

/// Prints a line, or several; a reader that has gone away (`| head`) is no failure.
pub(super) fn line(text: &str) -> Result<(), CliError> {
    let text: String = text.chars().filter(|c| *c == '\n' || is_plain(*c)).collect();
    print(&text)
}

/// Prints lines in their tones: in colour and as wide as it is on a terminal, as they are elsewhere.
pub(super) fn lines(lines: Vec<Line>) -> Result<(), CliError> {
    let (colour, width) = (is_coloured(), width());
    let fold = |line: Line| match width {
        Some(width) => line.folded(width, INDENT),
        None => vec![line],
    };
    let text: Vec<String> = lines
        .into_iter()
        .flat_map(fold)
        .map(|line| line.painted(colour))
        .collect();
    print(&text.join("\n"))
}

/// Whether standard output is a terminal that shows colours to somebody who wants them (`NO_COLOR`, `TERM=dumb`).
pub(super) fn is_coloured() -> bool {
    AutoStream::choice(&std::io::stdout()) != ColorChoice::Never
}

/// The columns of the terminal; `None`: it is none.
fn width() -> Option<usize> {
    let (columns, _) = crossterm::terminal::size()
        .ok()
        .filter(|_| std::io::stdout().is_terminal())?;
    Some(usize::from(columns)).filter(|columns| *columns >= 20)
}

fn print(text: &str) -> Result<(), CliError> {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

fn table(headings: &[impl AsRef<str>], rows: impl Iterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(headings.iter().map(AsRef::as_ref));
    if let Some(width) = width() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    }
    for row in rows {
        table.add_row(row.iter().map(|cell| plain(cell)));
    }
    table
}

/// What upstreams send is data: what acts upon a terminal must not reach it, and a cell has no lines of its own.
pub(crate) fn plain(text: &str) -> String {
    text.chars().filter(|c| *c != '\t' && is_plain(*c)).collect()
}

/// Whether a terminal shows it and does nothing else. Some change the direction in which others are shown.
pub(crate) fn is_plain(c: char) -> bool {
    let turns = matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}');
    c == '\t' || !(c.is_control() || turns)
}

/// An optional value, or a dash.
pub(super) fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".into(), |value| value.to_string())
}
