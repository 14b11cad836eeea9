//! What an admin may rely on when loading a configuration. Every test gives its own file and environment.

mod layers;
mod reference;
mod rules;
mod secrets;

use std::io::Write;

use ::config::{Value, ValueKind};

use super::layer::{self, Tree};
use super::schema::{KEYS, Kind};
use super::{ConfigError, DEFAULT_FILE, Loaded, Settings, Source, load};

/// A text that must appear nowhere.
const CANARY: &str = "c4n4ry-Ж-0001";

/// Loads a file with this text in this environment.
fn loaded(text: &str, env: &[(&str, &str)]) -> Result<Loaded, ConfigError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let source = Source {
        path: Some(file.path().to_owned()),
    };
    load(
        &source,
        env.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned())),
    )
}

/// The refusal of a file with this text, with the file's name replaced by FILE.
fn refusal(text: &str, env: &[(&str, &str)]) -> String {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let source = Source {
        path: Some(file.path().to_owned()),
    };
    let env = env
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let error = load(&source, env).expect_err(text);
    error.to_string().replace(&file.path().display().to_string(), "FILE")
}

#[test]
fn the_embedded_default_is_a_valid_configuration_by_itself() {
    let settings = loaded("", &[]).unwrap().settings;
    assert_eq!(settings.keaz.batch_rows, 500);
    assert_eq!(settings.schedule.timezone, chrono_tz::Europe::Moscow);
    assert!(settings.keaz.base_url.is_none() && settings.database.url.is_none());
    assert!(settings.carreta.price_lists.is_empty() && settings.saplab.status_map.is_empty());
}

#[test]
fn the_default_file_itself_may_be_copied_and_used() {
    let copy = format!("{DEFAULT_FILE}\n[[carreta.price_lists]]\nname = \"a\"\nurl = \"https://l.example.com/a\"\n");
    // The section [carreta] stands above; a list of tables may follow anywhere.
    assert_eq!(loaded(&copy, &[]).unwrap().settings.carreta.price_lists.len(), 1);
}

#[test]
fn the_list_of_keys_and_the_structs_hold_the_same_keys() {
    let mut tree = Tree::new();
    for key in KEYS {
        let path: Vec<&str> = key.path.split('.').collect();
        assert!(
            layer::insert(&mut tree, &path, Value::new(None, sample(key.kind))),
            "{} twice",
            key.path
        );
    }
    let mut ignored = Vec::new();
    let value = Value::new(None, tree);
    let settings: Settings = serde_ignored::deserialize(value, |path| ignored.push(path.to_string())).unwrap();
    assert!(ignored.is_empty(), "keys that no struct reads: {ignored:?}");
    let url = format!("{:?}", settings.keaz.base_url);
    let text = format!("{settings:?}").replace(&url, "");
    assert!(!text.contains("None"), "an optional field is no key: {text}");
}

fn sample(kind: Kind) -> ValueKind {
    match kind {
        Kind::Text | Kind::Secret | Kind::SecretFile => "x".into(),
        Kind::Url => "https://example.com".into(),
        Kind::Bool => true.into(),
        Kind::Integer(from, _) => from.into(),
        Kind::Share => 0.5.into(),
        Kind::Duration => "1s".into(),
        Kind::List | Kind::PriceLists => ValueKind::Array(Vec::new()),
        Kind::Choice(words) => words[0].into(),
        Kind::Zone => "Europe/Moscow".into(),
        Kind::StatusMap => ValueKind::Table(Tree::new()),
    }
}

#[test]
fn every_key_stands_in_the_default_file_with_a_comment_above_it() {
    let keys = documented(DEFAULT_FILE);
    for key in KEYS
        .iter()
        .filter(|key| !matches!(key.kind, Kind::StatusMap | Kind::PriceLists))
    {
        let found = keys.iter().find(|(path, _)| path == key.path);
        assert!(
            found.is_some_and(|(_, comment)| *comment),
            "{} is missing or has no comment",
            key.path
        );
    }
    for section in ["[saplab.status_map]", "[[carreta.price_lists]]"] {
        assert!(DEFAULT_FILE.contains(section), "{section}");
    }
}

/// The keys of a commented file, commented out or not, and whether a comment stands above each.
fn documented(text: &str) -> Vec<(String, bool)> {
    let (mut section, mut comment, mut keys) = (String::new(), false, Vec::new());
    for line in text.lines() {
        let bare = line.trim_start_matches("# ");
        let name = bare.split(" = ").next().unwrap_or_default();
        let is_key = bare.contains(" = ") && name.chars().all(|c| c.is_ascii_lowercase() || c == '_');
        if line.starts_with('[') {
            section = format!("{}.", line.trim_matches(['[', ']']));
        } else if is_key {
            keys.push((format!("{section}{name}").trim_start_matches('.').to_owned(), comment));
        }
        comment = line.starts_with('#') && !is_key || is_key && comment && line.starts_with('#');
    }
    keys
}

#[test]
fn what_is_shown_is_a_configuration_again_with_the_source_of_every_value() {
    let file = "[keaz]\nbase_url = \"https://keaz.example.com\"\napi_key = \"k\"\nbrands = [\"A \\\"B\\\"\", \"C\"]\n\
                [saplab.status_map]\n\"В работе. Ждём\" = 3\n\
                [[carreta.price_lists]]\nname = \"a\"\nurl = \"https://l.example.com/a\"\ncolumns = { price = \"Цена\" }\n";
    let loaded = loaded(
        file,
        &[("SVERKA__QUEUE__MAX_ATTEMPTS", "7"), ("SVERKA__LOG__LEVEL", "debug")],
    )
    .unwrap();
    let path = loaded.file.clone().unwrap().display().to_string();
    let shown = super::show(&loaded).replace(&path, "FILE");
    for line in [
        "base_url = \"https://keaz.example.com\"  # FILE:2",
        "api_key = \"***\"  # FILE:3",
        "brands = [\"A \\\"B\\\"\", \"C\"]  # FILE:4",
        "\"В работе. Ждём\" = 3  # FILE:6",
        "[[carreta.price_lists]]",
        "url = \"***\"  # FILE:9",
        "columns = { price = \"Цена\" }  # FILE:10",
        "max_attempts = 7  # environment SVERKA__QUEUE__MAX_ATTEMPTS",
        "timezone = \"Europe/Moscow\"  # default",
        "# token is not set",
    ] {
        assert!(shown.lines().any(|shown| shown == line), "{line} is not in\n{shown}");
    }
    let again = shown.replace("url = \"***\"", "url = \"https://l.example.com/a\"");
    let again = super::tests::loaded(&again, &[]).unwrap();
    let values = |loaded: &Loaded| {
        loaded
            .entries
            .iter()
            .map(|e| (e.key(), e.value.clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(values(&again), values(&loaded));
}
