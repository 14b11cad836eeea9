//! One layer of the configuration: a TOML text, or the environment, as a tree whose values know where they stand.
//!
//! Nothing is judged here but syntax and names of variables; `check` looks at keys and values, `load` lays the layers
//! on each other.

use std::collections::BTreeMap;

use ::config::{Map, Value, ValueKind};
use toml::de::{DeTable, DeValue};

use super::problem::Problem;
use super::schema::{self, Kind, Place};

/// A tree of sections and values.
pub(super) type Tree = Map<String, Value>;

const PREFIX: &str = "SVERKA__";
const STATUS_MAP: &str = "saplab__status_map__";

/// Reads a TOML text; `name` is how its values name their origin, followed by the line where `lines` is set.
///
/// The refusal holds the line and the kind of mistake, never the text: it could be a password without quotes.
pub(super) fn from_toml(text: &str, name: &str, lines: bool) -> Result<Tree, Problem> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let reader = Reader { text, name, lines };
    match DeTable::parse(text) {
        Ok(table) => reader.table(table.into_inner()),
        Err(error) => {
            let source = error
                .span()
                .map_or_else(|| name.to_owned(), |span| format!("{name}:{}", reader.line(span.start)));
            Err(Problem::new(
                "",
                format!("not TOML: {}", error.message()),
                Some(&source),
            ))
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    name: &'a str,
    lines: bool,
}

impl Reader<'_> {
    fn line(&self, offset: usize) -> usize {
        let before = self.text.as_bytes().iter().take(offset);
        1 + before.filter(|byte| **byte == b'\n').count()
    }

    fn origin(&self, offset: usize) -> String {
        if self.lines {
            format!("{}:{}", self.name, self.line(offset))
        } else {
            self.name.to_owned()
        }
    }

    fn table(&self, table: DeTable<'_>) -> Result<Tree, Problem> {
        let mut tree = Tree::new();
        for (key, value) in table {
            let origin = self.origin(key.span().start);
            let kind = self.value(value.into_inner(), &origin)?;
            tree.insert(key.into_inner().into_owned(), Value::new(Some(&origin), kind));
        }
        Ok(tree)
    }

    fn value(&self, value: DeValue<'_>, origin: &str) -> Result<ValueKind, Problem> {
        let too_large = || Problem::new("", "a number is too large", Some(origin));
        Ok(match value {
            DeValue::String(text) => ValueKind::String(text.into_owned()),
            DeValue::Boolean(yes) => ValueKind::Boolean(yes),
            DeValue::Datetime(time) => ValueKind::String(time.to_string()),
            DeValue::Integer(number) => {
                ValueKind::I64(i64::from_str_radix(number.as_str(), number.radix()).map_err(|_| too_large())?)
            }
            DeValue::Float(number) => ValueKind::Float(number.as_str().parse().map_err(|_| too_large())?),
            DeValue::Table(table) => ValueKind::Table(self.table(table)?),
            DeValue::Array(items) => {
                let mut values = Vec::new();
                for item in items {
                    let origin = self.origin(item.span().start);
                    values.push(Value::new(Some(&origin), self.value(item.into_inner(), &origin)?));
                }
                ValueKind::Array(values)
            }
        })
    }
}

/// Reads `SVERKA__SECTION__KEY`, in any case; everything stays text, so that a password of digits keeps its zeros.
///
/// `statuses` are the names that the file gives in `[saplab.status_map]`: a variable that differs from one of them in
/// case only means that one.
pub(super) fn from_environment(
    env: &BTreeMap<String, String>,
    statuses: &[String],
    problems: &mut Vec<Problem>,
) -> Tree {
    let mut tree = Tree::new();
    for (name, text) in env {
        let Some(prefix) = name.get(..PREFIX.len()) else {
            continue;
        };
        if !prefix.eq_ignore_ascii_case(PREFIX) {
            continue;
        }
        let origin = format!("environment {name}");
        let key = name.get(PREFIX.len()..).unwrap_or_default();
        match variable(key, statuses) {
            Ok(_) if text.contains(char::REPLACEMENT_CHARACTER) => {
                problems.push(Problem::new(dotted(key), "the value is not UTF-8", Some(&origin)));
            }
            Ok(path) => {
                if !insert(&mut tree, &path, Value::new(Some(&origin), text.clone())) {
                    problems.push(Problem::new(
                        path.join("."),
                        "given twice in the environment",
                        Some(&origin),
                    ));
                }
            }
            Err(message) => problems.push(Problem::new(dotted(key), message, Some(&origin))),
        }
    }
    tree
}

fn dotted(key: &str) -> String {
    key.to_lowercase().replace("__", ".")
}

/// The path that a variable's name (without its prefix) means.
fn variable(key: &str, statuses: &[String]) -> Result<Vec<String>, String> {
    let path = dotted(key);
    if key
        .get(..STATUS_MAP.len())
        .is_some_and(|start| start.eq_ignore_ascii_case(STATUS_MAP))
    {
        let name = key.get(STATUS_MAP.len()..).unwrap_or_default();
        let same = |known: &&String| known.as_str() == name;
        let alike = |known: &&String| known.to_lowercase() == name.to_lowercase();
        let known = statuses.iter().find(same).or_else(|| statuses.iter().find(alike));
        return Ok(vec![
            "saplab".into(),
            "status_map".into(),
            known.cloned().unwrap_or_else(|| name.to_owned()),
        ]);
    }
    match schema::place(&path) {
        Place::Key(key) => match key.kind {
            Kind::PriceLists => Err("can be set in the file only".into()),
            Kind::StatusMap => Err("is a section: use SVERKA__SAPLAB__STATUS_MAP__NAME".into()),
            _ => Ok(path.split('.').map(String::from).collect()),
        },
        Place::Section => Err("is a section, not a key".into()),
        Place::Nothing => Err(match schema::similar(&path) {
            Some(known) => {
                format!(
                    "unknown key; did you mean {PREFIX}{}?",
                    known.replace('.', "__").to_uppercase()
                )
            }
            None => "unknown key".into(),
        }),
    }
}

/// Puts a value at a path; false when something stands there already.
pub(super) fn insert(tree: &mut Tree, path: &[impl AsRef<str>], value: Value) -> bool {
    let Some((first, rest)) = path.split_first() else {
        return false;
    };
    let name = first.as_ref().to_owned();
    if rest.is_empty() {
        return tree.insert(name, value).is_none();
    }
    let section = tree.entry(name).or_insert_with(|| Value::new(None, Tree::new()));
    match &mut section.kind {
        ValueKind::Table(inner) => insert(inner, rest, value),
        _ => false,
    }
}

/// What stands at `section.key`.
pub(super) fn get<'a>(tree: &'a Tree, path: &str) -> Option<&'a Value> {
    match path.split_once('.') {
        None => tree.get(path),
        Some((section, rest)) => match &tree.get(section)?.kind {
            ValueKind::Table(inner) => get(inner, rest),
            _ => None,
        },
    }
}

/// Takes out what stands at `section.key`.
pub(super) fn take(tree: &mut Tree, path: &str) -> Option<Value> {
    match path.split_once('.') {
        None => tree.shift_remove(path),
        Some((section, rest)) => match &mut tree.get_mut(section)?.kind {
            ValueKind::Table(inner) => take(inner, rest),
            _ => None,
        },
    }
}
