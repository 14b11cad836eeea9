//! Lists for people and for scripts.

use std::io::{IsTerminal, Write};

use comfy_table::presets::NOTHING;
use comfy_table::{ContentArrangement, Table};
use serde::Serialize;

use super::{CliError, Format};

/// Prints rows as a table under the given headings, or as a JSON array.
pub(super) fn list<T: Serialize>(
    format: Format,
    rows: &[T],
    headings: &[&str],
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
    line(&serde_json::to_string_pretty(value).map_err(std::io::Error::other)?)
}

/// Prints a line; a reader that has gone away (`| head`) is no failure.
pub(super) fn line(text: &str) -> Result<(), CliError> {
    match writeln!(std::io::stdout().lock(), "{text}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        written => Ok(written?),
    }
}

fn table(headings: &[&str], rows: impl Iterator<Item = Vec<String>>) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING).set_header(headings);
    if std::io::stdout().is_terminal() {
        table.set_content_arrangement(ContentArrangement::Dynamic);
    }
    for row in rows {
        table.add_row(row.iter().map(|cell| plain(cell)));
    }
    table
}

/// What upstreams send is data: control characters in it must not reach the terminal, nor those that turn the writing.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !turns_writing(*c)).collect()
}

/// Whether it changes the direction in which other characters are shown.
pub(super) fn turns_writing(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// An optional value, or a dash.
pub(super) fn or_dash(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".into(), |value| value.to_string())
}
