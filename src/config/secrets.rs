//! Finds the text of every secret: the key itself, its `_file`, or a file of its name in a folder of secrets.
//!
//! The order is: environment, key in the file, `_file` in the file, then the folders: systemd's credentials, and `secrets`
//! beside the configuration file. Only the file that wins is read. A refusal names the key and the path, never what stands
//! in the file.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use ::config::{Value, ValueKind};

use super::layer::{self, Tree};
use super::problem::Problem;
use super::schema::{KEYS, Kind};

/// No secret is longer, in bytes.
const LONGEST: u64 = 64 * 1024;

/// Takes all secrets out of the two layers and returns a layer of those that were found.
pub(super) fn resolve(
    environment: &mut Tree,
    file: &mut Tree,
    folders: &[PathBuf],
    problems: &mut Vec<Problem>,
) -> Tree {
    price_lists(file, folders, problems);
    let mut found = Tree::new();
    for key in KEYS.iter().filter(|key| matches!(key.kind, Kind::Secret)) {
        let candidates = [take(environment, key.path, problems), take(file, key.path, problems)];
        let value = match candidates.into_iter().flatten().next() {
            Some(Given::Text(value)) => Some(value),
            Some(Given::InFile(path)) => in_file(key.path, &path, problems),
            Some(Given::Wrong) => None,
            None => credential(key.path, folders, problems),
        };
        if let Some(value) = value {
            let path: Vec<&str> = key.path.split('.').collect();
            layer::insert(&mut found, &path, value);
        }
    }
    found
}

/// How one layer gives a secret.
enum Given {
    Text(Value),
    InFile(Value),
    Wrong,
}

fn take(tree: &mut Tree, key: &str, problems: &mut Vec<Problem>) -> Option<Given> {
    let text = layer::take(tree, key);
    let file = layer::take(tree, &format!("{key}_file"));
    match (text, file) {
        (Some(_), Some(file)) => {
            problems.push(both(key, &file));
            Some(Given::Wrong)
        }
        (Some(text), None) => Some(Given::Text(text)),
        (None, Some(file)) => Some(Given::InFile(file)),
        (None, None) => None,
    }
}

fn both(key: &str, file: &Value) -> Problem {
    Problem::new(key, format!("given twice: as {key} and as {key}_file"), file.origin())
}

fn in_file(key: &str, path: &Value, problems: &mut Vec<Problem>) -> Option<Value> {
    let ValueKind::String(name) = &path.kind else {
        return None;
    };
    let given = path.origin().unwrap_or_default();
    match read(Path::new(name)) {
        Ok(text) => Some(Value::new(Some(&format!("file {name}, {given}")), text)),
        Err(why) => {
            problems.push(Problem::new(
                key,
                format!("cannot use the secret file {name}: {why}"),
                path.origin(),
            ));
            None
        }
    }
}

/// The names under which a credential is looked for. systemd gives the last one to a file of a folder that is loaded whole
/// (`LoadCredential=sverka:/etc/sverka/secrets`).
fn names(key: &str) -> [String; 5] {
    let long = key.replace('.', "__");
    [
        key.to_owned(),
        key.replace('.', "_"),
        long.clone(),
        format!("SVERKA__{}", long.to_uppercase()),
        format!("sverka_{key}"),
    ]
}

/// What is in a folder that this user may not enter counts as not there.
fn credential(key: &str, folders: &[PathBuf], problems: &mut Vec<Problem>) -> Option<Value> {
    let names = names(key);
    let path = folders
        .iter()
        .flat_map(|folder| names.iter().map(|name| folder.join(name)))
        .find(|path| path.symlink_metadata().is_ok())?;
    let source = format!("credential {}", path.display());
    match read(&path) {
        Ok(text) => Some(Value::new(Some(&source), text)),
        Err(why) => {
            problems.push(Problem::new(
                key,
                format!("cannot use the credential: {why}"),
                Some(&source),
            ));
            None
        }
    }
}

/// The secret in a file, without the line's end; the error never holds it.
fn read(path: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(|error| error.to_string())?;
    file.take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!("longer than {LONGEST} bytes"));
    }
    let text = String::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())?;
    let text = text.trim_start_matches('\u{feff}').trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        Err("it is empty".into())
    } else {
        Ok(text.to_owned())
    }
}

/// Gives each price list that has none its `url`, from its `url_file` or from `carreta.price_lists.NAME.url` in a folder.
fn price_lists(file: &mut Tree, folders: &[PathBuf], problems: &mut Vec<Problem>) {
    let Some(ValueKind::Table(carreta)) = file.get_mut("carreta").map(|section| &mut section.kind) else {
        return;
    };
    let Some(ValueKind::Array(lists)) = carreta.get_mut("price_lists").map(|lists| &mut lists.kind) else {
        return;
    };
    for (index, list) in lists.iter_mut().enumerate() {
        let key = format!("carreta.price_lists[{index}].url");
        let origin = list.origin().map(String::from);
        let ValueKind::Table(list) = &mut list.kind else {
            continue;
        };
        let given = list.shift_remove("url_file");
        let url = match (list.contains_key("url"), given) {
            (true, Some(path)) => {
                problems.push(both(&key, &path));
                continue;
            }
            (true, None) => continue,
            (false, Some(path)) => in_file(&key, &path, problems),
            (false, None) => address_of(list, &key, folders, origin.as_deref(), problems),
        };
        // What cannot be found is reported; the list keeps an empty address, so that it can still be looked at.
        list.insert("url".into(), url.unwrap_or_else(|| Value::new(None, String::new())));
    }
}

/// The address that lies in one of the folders under the name of the list.
fn address_of(
    list: &Tree,
    key: &str,
    folders: &[PathBuf],
    origin: Option<&str>,
    problems: &mut Vec<Problem>,
) -> Option<Value> {
    let name = match list.get("name").map(|name| &name.kind) {
        Some(ValueKind::String(name)) => name.as_str(),
        _ => "",
    };
    let before = problems.len();
    let found = is_file_name(name)
        .then(|| credential(&format!("carreta.price_lists.{name}.url"), folders, problems))
        .flatten();
    if found.is_none() && problems.len() == before {
        problems.push(Problem::new(key, "missing", origin));
    }
    found
}

/// The name of a price list may hold anything; a path it must not become.
fn is_file_name(name: &str) -> bool {
    !name.contains(['/', '\0'])
}
