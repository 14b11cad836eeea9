//! The tables of docs/CONFIGURATION.md are made of the embedded file, its comments, and the list of keys.
//!
//! `make reference` writes them anew; the test fails while they are out of step.

use std::path::Path;

use super::loaded;
use crate::config::DEFAULT_FILE;
use crate::config::schema::{KEYS, Key, Kind};

const PAGE: &str = "docs/CONFIGURATION.md";
const BEGIN: &str = "<!-- From here on written by `make reference`, from config/sverka.toml: change it there. -->\n";
const END: &str = "<!-- To here. -->\n";

#[test]
fn the_reference_of_all_keys_is_what_the_embedded_file_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).expect("the marker where the tables begin");
    let (written, after) = rest.split_once(END).expect("the marker where the tables end");
    let wanted = reference();
    if std::env::var_os("SVERKA_WRITE_REFERENCE").is_some() {
        std::fs::write(&path, format!("{before}{BEGIN}{wanted}{END}{after}")).unwrap();
        return;
    }
    assert!(
        written == wanted,
        "{PAGE} is out of step with config/sverka.toml: `make reference` writes it anew. It should say\n{wanted}"
    );
}

#[test]
fn a_comment_stands_in_its_table_as_one_line_with_what_is_typed_set_apart() {
    let text =
        "[a]\n# Secret: also key_file, or the credential a.key.\n# How, \"fast\"\n# or `\"slow\"` | not.\n# key = 1\n";
    assert_eq!(
        comments(text, &["a.key"]),
        [("a.key".to_owned(), "How, \"fast\" or `\"slow\"` | not.".to_owned())]
    );
    assert_eq!(
        cell("How, \"fast\" or `\"slow\"` | not."),
        "How, `\"fast\"` or `\"slow\"` \\| not."
    );
}

/// All sections, each with its table.
fn reference() -> String {
    let names: Vec<&str> = KEYS.iter().map(|key| key.path).collect();
    let comments = comments(DEFAULT_FILE, &names);
    let about = |path: &str| {
        comments
            .iter()
            .find(|(name, _)| name == path)
            .map(|(_, text)| text.as_str())
            .filter(|text| !text.is_empty())
    };
    let defaults = loaded("", &[]).unwrap().entries;
    let mut text = String::new();
    let mut section = None;
    for key in KEYS {
        let of = key.path.split_once('.').map(|(section, _)| section);
        if text.is_empty() || of != section {
            section = of;
            text.push_str(&heading(of, &comments));
        }
        let meaning = about(key.path).unwrap_or_else(|| panic!("{} has no comment in config/sverka.toml", key.path));
        let default = defaults.iter().find(|entry| entry.key() == key.path);
        let default = default.and_then(|entry| entry.value.as_ref());
        let default = default.map_or_else(|| "—".to_owned(), |value| format!("`{value}`"));
        text.push_str(&format!(
            "| `{}` | {} | {default} | {} |\n",
            key.path,
            form(key),
            cell(meaning)
        ));
    }
    text.push('\n');
    text
}

/// What stands above a table: its name, what its section and their parts are about, and the head of the table.
fn heading(section: Option<&str>, comments: &[(String, String)]) -> String {
    let mut text = match section {
        None => "\n## Top of the file\n\n".to_owned(),
        Some(section) => format!("\n## `[{section}]`\n\n"),
    };
    for (name, about) in comments {
        let part = section
            .and_then(|section| name.strip_prefix(section))
            .and_then(|rest| rest.strip_suffix(".*"));
        match part {
            Some("") => text.push_str(&format!("{}\n\n", cell(about))),
            Some(_) => text.push_str(&format!("`[{}]`: {}\n\n", name.trim_end_matches(".*"), cell(about))),
            None => {}
        }
    }
    text.push_str("| key | form | default | meaning |\n| --- | --- | --- | --- |\n");
    text
}

/// Every key, commented out or not, and every section as `section.*`, with the comment above it.
fn comments(text: &str, keys: &[&str]) -> Vec<(String, String)> {
    let (mut section, mut comment, mut found) = (String::new(), Vec::new(), Vec::new());
    for line in text.lines() {
        let bare = line.strip_prefix("# ").unwrap_or(line);
        let table = bare.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
        let table = table
            .map(|name| name.trim_matches(['[', ']']))
            .filter(|name| !name.contains(' '));
        let name = match (table, bare.split_once(" = ")) {
            (Some(table), _) => Some(table.to_owned()),
            (None, Some((name, _))) if section.is_empty() => Some(name.to_owned()),
            (None, Some((name, _))) => Some(format!("{section}.{name}")),
            (None, None) => None,
        };
        let is_key = name.as_deref().is_some_and(|name| keys.contains(&name));
        match name {
            Some(name) if is_key => found.push((name, comment.join(" "))),
            Some(name) if table.is_some() && !comment.is_empty() => {
                found.push((format!("{name}.*"), comment.join(" ")))
            }
            _ => {}
        }
        if let Some(table) = table {
            table.clone_into(&mut section);
        }
        match line.strip_prefix('#') {
            Some(said) if !is_key && table.is_none() => {
                let said = said.trim();
                if !said.is_empty() && !said.starts_with("Secret: ") {
                    comment.push(said);
                }
            }
            _ => comment.clear(),
        }
    }
    found
}

fn form(key: &Key) -> String {
    match key.kind {
        Kind::Text => "text".into(),
        Kind::Secret | Kind::SecretFile => "secret".into(),
        Kind::Url => "address".into(),
        Kind::Bool => "true/false".into(),
        Kind::Integer(from, to) if to >= i64::from(u32::MAX) => format!("{from} or more"),
        Kind::Integer(from, to) => format!("{from} to {to}"),
        Kind::Share => "number 0 to 1".into(),
        Kind::Duration => "duration".into(),
        Kind::List => "list of texts".into(),
        Kind::Choice(words) => words
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(" / "),
        Kind::Zone => "time zone".into(),
        Kind::StatusMap => "table".into(),
        Kind::PriceLists => "list of tables".into(),
    }
}

/// A comment as it stands in a table: what is in quotes is something to type, and an upright line would end the cell.
fn cell(text: &str) -> String {
    let (mut out, mut ticked, mut quoted) = (String::new(), false, false);
    for c in text.chars() {
        match c {
            '`' => {
                ticked = !ticked;
                out.push(c);
            }
            '"' if !ticked => {
                quoted = !quoted;
                out.push_str(if quoted { "`\"" } else { "\"`" });
            }
            '|' => out.push_str("\\|"),
            c => out.push(c),
        }
    }
    out
}
