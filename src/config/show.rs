//! The configuration in effect, as TOML with the source of every value: what `sverka config show` prints.
//!
//! Made from the merged layers, with secrets masked before they are kept, so that nothing printed later can hold one.

use ::config::{Value, ValueKind};

use super::layer::{self, Tree};
use super::load::Loaded;
use super::schema::{KEYS, Kind};

/// One value in effect.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Entry {
    /// The section: `keaz.remains`, `carreta.price_lists[0]`; empty for the keys at the top.
    pub section: String,
    /// The key inside its section, as TOML writes it.
    pub name: String,
    /// The value as TOML; `None` = not set; secrets are `"***"`.
    pub value: Option<String>,
    /// Where it comes from: `default`, `/etc/sverka/sverka.toml:12`, `environment SVERKA__KEAZ__FORMAT`.
    pub source: String,
}

impl Entry {
    /// `section.key`
    pub fn key(&self) -> String {
        if self.section.is_empty() {
            self.name.clone()
        } else {
            format!("{}.{}", self.section, self.name)
        }
    }

    fn new(section: &str, name: &str, kind: Kind, value: Option<&Value>) -> Self {
        let source = value.and_then(Value::origin).unwrap_or_default().to_owned();
        let value = value
            .filter(|value| value.kind != ValueKind::Nil)
            .map(|value| match kind {
                Kind::Secret => "\"***\"".to_owned(),
                _ => toml_value(&value.kind),
            });
        Self {
            section: section.to_owned(),
            name: toml_key(name),
            value,
            source,
        }
    }
}

/// The effective configuration as TOML, the source of each value beside it, secrets as `***`.
pub fn show(loaded: &Loaded) -> String {
    let mut text = match &loaded.file {
        Some(path) => format!("# The configuration in effect, from {}\n", path.display()),
        None => "# The configuration in effect; no file was found\n".to_owned(),
    };
    let mut section = "";
    for entry in &loaded.entries {
        if entry.section != section {
            section = &entry.section;
            text.push_str(&format!("\n{}\n", header(section)));
        }
        text.push_str(&match (&entry.value, entry.source.as_str()) {
            (Some(value), source) => format!("{} = {value}  # {source}\n", entry.name),
            (None, "") => format!("# {} is not set\n", entry.name),
            (None, source) => format!("# {} is not set  # {source}\n", entry.name),
        });
    }
    text
}

fn header(section: &str) -> String {
    match section.split_once('[') {
        Some((list, _)) => format!("[[{list}]]"),
        None => format!("[{section}]"),
    }
}

/// Every value of a merged tree, in the order of the default file.
pub(super) fn entries(merged: &Tree) -> Vec<Entry> {
    let mut entries = Vec::new();
    for key in KEYS {
        let value = layer::get(merged, key.path);
        match (key.kind, value.map(|value| &value.kind)) {
            (Kind::StatusMap, Some(ValueKind::Table(map))) => {
                entries.extend(
                    map.iter()
                        .map(|(erp, status)| Entry::new(key.path, erp, Kind::Text, Some(status))),
                );
            }
            (Kind::PriceLists, Some(ValueKind::Array(lists))) => {
                for (index, list) in lists.iter().enumerate() {
                    price_list(&format!("{}[{index}]", key.path), list, &mut entries);
                }
            }
            (Kind::StatusMap | Kind::PriceLists, _) => {}
            _ => {
                let (section, name) = key.path.rsplit_once('.').unwrap_or(("", key.path));
                entries.push(Entry::new(section, name, key.kind, value));
            }
        }
    }
    entries
}

fn price_list(section: &str, list: &Value, entries: &mut Vec<Entry>) {
    if let ValueKind::Table(fields) = &list.kind {
        for (name, kind) in [("name", Kind::Text), ("url", Kind::Secret), ("columns", Kind::Text)] {
            if let Some(value) = fields.get(name) {
                entries.push(Entry::new(section, name, kind, Some(value)));
            }
        }
    }
}

/// A name as it stands in a TOML key.
pub(super) fn toml_key(name: &str) -> String {
    let bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
    if bare { name.to_owned() } else { quoted(name) }
}

fn toml_value(kind: &ValueKind) -> String {
    match kind {
        ValueKind::String(text) => quoted(text),
        ValueKind::Float(number) => format!("{number:?}"),
        ValueKind::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| toml_value(&item.kind)).collect();
            format!("[{}]", items.join(", "))
        }
        ValueKind::Table(fields) => {
            let pair = |(name, value): (&String, &Value)| format!("{} = {}", toml_key(name), toml_value(&value.kind));
            let fields: Vec<String> = fields.iter().map(pair).collect();
            if fields.is_empty() {
                "{}".to_owned()
            } else {
                format!("{{ {} }}", fields.join(", "))
            }
        }
        other => other.to_string(),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
