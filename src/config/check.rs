//! Looks through one layer: keys that do not exist, sections that are none, values of the wrong form. What is wrong is
//! reported and taken out, so that the rest can still be judged; what is right leaves in its normal form.

use ::config::{Value, ValueKind};

use super::kind;
use super::layer::Tree;
use super::problem::Problem;
use super::schema::{self, Key, Kind, Place};
use super::show::toml_key;

/// The fields of a price list that `columns` may name.
pub(super) const COLUMNS: &[&str] = &[
    "brand",
    "article",
    "name",
    "price",
    "quantity",
    "min_quantity",
    "days_min",
    "days_max",
];

/// The layer without what is wrong.
pub(super) fn check(tree: Tree, problems: &mut Vec<Problem>) -> Tree {
    section("", tree, problems)
}

fn section(prefix: &str, tree: Tree, problems: &mut Vec<Problem>) -> Tree {
    let mut good = Tree::new();
    for (name, value) in tree {
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        // A dot inside a quoted name is not a path.
        let place = if name.contains('.') {
            Place::Nothing
        } else {
            schema::place(&path)
        };
        let checked = match place {
            Place::Nothing => {
                problems.push(unknown(&path, value.origin()));
                None
            }
            Place::Section => subsection(&path, value, problems),
            Place::Key(key) => leaf(key, &path, value, problems),
        };
        if let Some(value) = checked {
            good.insert(name, value);
        }
    }
    good
}

fn unknown(path: &str, source: Option<&str>) -> Problem {
    let message = match schema::similar(path) {
        Some(known) => format!("unknown key; did you mean {known}?"),
        None => "unknown key".to_owned(),
    };
    Problem::new(path, message, source)
}

fn subsection(path: &str, value: Value, problems: &mut Vec<Problem>) -> Option<Value> {
    let origin = origin(&value);
    if let ValueKind::Table(inner) = value.kind {
        return Some(Value::new(origin.as_ref(), section(path, inner, problems)));
    }
    problems.push(Problem::new(
        path,
        format!("expected a section [{path}]"),
        origin.as_deref(),
    ));
    None
}

fn leaf(key: Key, path: &str, value: Value, problems: &mut Vec<Problem>) -> Option<Value> {
    let origin = origin(&value);
    match key.kind {
        Kind::StatusMap => return status_map(path, value, problems),
        Kind::PriceLists => return price_lists(path, value, problems),
        _ => {}
    }
    let empty = matches!(&value.kind, ValueKind::String(text) if text.is_empty());
    match key.kind {
        // An empty secret is not given; any other empty optional key is switched off.
        Kind::Secret | Kind::SecretFile if empty => return None,
        _ if empty && key.optional => return Some(Value::new(origin.as_ref(), ValueKind::Nil)),
        _ => {}
    }
    match kind::normal(key.kind, value.kind) {
        Ok(kind) => Some(Value::new(origin.as_ref(), kind)),
        Err(message) => {
            problems.push(Problem::new(path, message, origin.as_deref()));
            None
        }
    }
}

fn status_map(path: &str, value: Value, problems: &mut Vec<Problem>) -> Option<Value> {
    let origin = origin(&value);
    let ValueKind::Table(pairs) = value.kind else {
        problems.push(Problem::new(
            path,
            format!("expected a section [{path}]"),
            origin.as_deref(),
        ));
        return None;
    };
    let mut good = Tree::new();
    for (erp, saplab) in pairs {
        match saplab.kind {
            ValueKind::String(_) | ValueKind::I64(_) => {
                good.insert(erp, saplab);
            }
            ref other => {
                let message = format!(
                    "expected a Saplab status (its id, or its name in quotes), got {}",
                    kind::seen(other)
                );
                problems.push(Problem::new(
                    format!("{path}.{}", toml_key(&erp)),
                    message,
                    saplab.origin(),
                ));
            }
        }
    }
    Some(Value::new(origin.as_ref(), good))
}

fn price_lists(path: &str, value: Value, problems: &mut Vec<Problem>) -> Option<Value> {
    let whole = origin(&value);
    let ValueKind::Array(items) = value.kind else {
        problems.push(Problem::new(
            path,
            format!("expected sections [[{path}]]"),
            whole.as_deref(),
        ));
        return None;
    };
    let mut good = Vec::new();
    for (index, item) in items.into_iter().enumerate() {
        let path = format!("{path}[{index}]");
        let origin = origin(&item);
        let before = problems.len();
        let ValueKind::Table(fields) = item.kind else {
            problems.push(Problem::new(
                path,
                "expected a section [[carreta.price_lists]]",
                origin.as_deref(),
            ));
            continue;
        };
        let fields = price_list(&path, fields, origin.as_deref(), problems);
        if problems.len() == before {
            good.push(Value::new(origin.as_ref(), fields));
        }
    }
    Some(Value::new(whole.as_ref(), good))
}

fn price_list(path: &str, fields: Tree, source: Option<&str>, problems: &mut Vec<Problem>) -> Tree {
    // Its url may be a credential: whoever resolves the secrets misses it.
    if !fields.contains_key("name") {
        problems.push(Problem::new(format!("{path}.name"), "missing", source));
    }
    let mut good = Tree::new();
    for (name, value) in fields {
        let path = format!("{path}.{name}");
        let origin = origin(&value);
        let checked = match name.as_str() {
            "name" => kind::normal(Kind::Text, value.kind),
            "url" => kind::normal(Kind::Secret, value.kind),
            "url_file" => kind::normal(Kind::SecretFile, value.kind),
            "columns" => columns(value.kind),
            _ => Err("unknown key; a price list has name, url (or url_file) and columns".into()),
        };
        match checked {
            Ok(kind) => {
                good.insert(name, Value::new(origin.as_ref(), kind));
            }
            Err(message) => problems.push(Problem::new(path, message, origin.as_deref())),
        }
    }
    good
}

fn columns(value: ValueKind) -> Result<ValueKind, String> {
    let ValueKind::Table(columns) = &value else {
        return Err("expected a table of field = heading".into());
    };
    for (field, heading) in columns {
        if !COLUMNS.contains(&field.as_str()) {
            return Err(format!(
                "unknown field {field:?}; the fields are {}",
                COLUMNS.join(", ")
            ));
        }
        if !matches!(&heading.kind, ValueKind::String(text) if !text.trim().is_empty()) {
            return Err(format!("the heading of {field} must be a text in quotes, not empty"));
        }
    }
    Ok(value)
}

fn origin(value: &Value) -> Option<String> {
    value.origin().map(String::from)
}
