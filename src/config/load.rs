//! Makes the settings: finds the file, lays the layers on each other, and refuses what is wrong, all of it at once.
//!
//! The layers, each winning over the one before: the embedded `config/sverka.toml`, the admin's file, the environment;
//! secrets are found by `secrets`. The process environment is a parameter, so that nothing here is global. Called at
//! the start of every command, and again when the daemon is told to reload.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use ::config::{Config, ConfigError as MergeError, Source as MergeSource, Value, ValueKind};

use super::finding::Finding;
use super::layer::{self, Tree};
use super::problem::{ConfigError, Problem};
use super::show::{self, Entry};

use super::{Settings, check, secrets, validate};

/// The commented default file: every key with its default. It is the documentation too.
pub const DEFAULT_FILE: &str = include_str!("../../config/sverka.toml");

/// Where a file is looked for when none is named; either may be absent.
const USUAL_FILES: [&str; 2] = ["/etc/sverka/sverka.toml", "config/sverka.toml"];

/// No configuration file is longer, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// Which file the configuration is read from.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// `--config`; without it `$SVERKA_CONFIG`, then `/etc/sverka/sverka.toml`, then `config/sverka.toml`.
    pub path: Option<PathBuf>,
}

/// A configuration that passed every check.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The settings themselves.
    pub settings: Settings,
    /// The file that was read, if there was one.
    pub file: Option<PathBuf>,
    /// Every value in effect with its source, in the order of the default file; secrets are `***`.
    pub entries: Vec<Entry>,
}

/// The environment of this process, for [`load`]. What is not Unicode holds replacement characters.
pub fn environment() -> BTreeMap<String, String> {
    let text = |os: std::ffi::OsString| os.to_string_lossy().into_owned();
    std::env::vars_os()
        .map(|(name, value)| (text(name), text(value)))
        .collect()
}

/// Reads, checks and validates the configuration.
///
/// `env` is the process environment ([`environment`]); `SVERKA_CONFIG`, `SVERKA__*` and `CREDENTIALS_DIRECTORY` are
/// looked at. Blocks on reading the file and the secret files.
///
/// # Errors
/// Every problem that was found, each with its key and source, and none with the value of a secret.
pub fn load(source: &Source, env: impl IntoIterator<Item = (String, String)>) -> Result<Loaded, ConfigError> {
    let env: BTreeMap<String, String> = env.into_iter().collect();
    let alone = |problem| ConfigError {
        problems: vec![problem],
    };
    let (path, file) = match find(source, &env).map_err(alone)? {
        Some((path, text)) => {
            let tree = layer::from_toml(&text, &path.display().to_string(), true).map_err(alone)?;
            (Some(path), tree)
        }
        None => (None, Tree::new()),
    };
    let mut problems = Vec::new();
    let defaults = layer::from_toml(DEFAULT_FILE, "default", false).map_err(alone)?;
    let folders = secret_folders(path.as_deref(), &env);
    let layers = layers(defaults, file, &env, &folders, &mut problems);
    let merged = merge(layers).map_err(|error| alone(unreadable(&error)))?;
    let entries = show::entries(&merged);
    let settings: Settings = Value::new(None, merged)
        .try_deserialize()
        .map_err(|error| alone(unreadable(&error)))?;
    report(validate::validate(&settings), &entries, &mut problems);
    if problems.is_empty() {
        Ok(Loaded {
            settings,
            file: path,
            entries,
        })
    } else {
        Err(ConfigError { problems })
    }
}

/// Default, file, environment and secrets, each without what is wrong in it.
fn layers(
    defaults: Tree,
    file: Tree,
    env: &BTreeMap<String, String>,
    folders: &[PathBuf],
    problems: &mut Vec<Problem>,
) -> [Tree; 4] {
    let defaults = check::check(defaults, problems);
    let mut file = check::check(file, problems);
    let environment = layer::from_environment(env, &statuses(&file), problems);
    let mut environment = check::check(environment, problems);
    let secrets = secrets::resolve(&mut environment, &mut file, folders, problems);
    [defaults, file, environment, secrets]
}

/// Where secrets lie as files of their names: what systemd has loaded, then `secrets` beside the configuration file, so
/// that an admin's command finds what the service was given.
fn secret_folders(file: Option<&Path>, env: &BTreeMap<String, String>) -> Vec<PathBuf> {
    let credentials = env.get("CREDENTIALS_DIRECTORY").filter(|folder| !folder.is_empty());
    let beside = file.and_then(Path::parent).map(|folder| folder.join("secrets"));
    credentials.map(PathBuf::from).into_iter().chain(beside).collect()
}

fn statuses(file: &Tree) -> Vec<String> {
    match layer::get(file, "saplab.status_map").map(|map| &map.kind) {
        Some(ValueKind::Table(map)) => map.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

/// Adds what validation found, except about keys that are in the list for a more direct reason already.
fn report(found: Vec<Finding>, entries: &[Entry], problems: &mut Vec<Problem>) {
    let known: Vec<String> = problems.iter().map(|problem| problem.key.clone()).collect();
    let source = |key: &str| {
        let entry = entries.iter().find(|entry| entry.key() == key);
        entry
            .map(|entry| entry.source.as_str())
            .filter(|source| !source.is_empty())
    };
    for finding in found.into_iter().filter(|finding| !known.contains(&finding.key)) {
        let at = source(&finding.key).or_else(|| finding.asked_by.as_deref().and_then(source));
        problems.push(Problem::new(finding.key, finding.message, at));
    }
}

/// Only the key and the source: the library's message may repeat the value.
fn unreadable(error: &MergeError) -> Problem {
    let (key, source) = match error {
        MergeError::At { key, origin, .. } | MergeError::Type { key, origin, .. } => (key.clone(), origin.clone()),
        MergeError::NotFound(key) => (Some(key.clone()), None),
        _ => (None, None),
    };
    Problem::new(
        key.unwrap_or_default(),
        "missing, or not of the expected form",
        source.as_deref(),
    )
}

/// The file to read, with its text.
fn find(source: &Source, env: &BTreeMap<String, String>) -> Result<Option<(PathBuf, String)>, Problem> {
    let variable = env
        .get("SVERKA_CONFIG")
        .filter(|path| !path.is_empty())
        .map(PathBuf::from);
    let named = match &source.path {
        Some(path) => Some((path.clone(), "--config")),
        None => variable.map(|path| (path, "environment SVERKA_CONFIG")),
    };
    if let Some((path, origin)) = named {
        return match read(&path) {
            Ok(text) => Ok(Some((path, text))),
            Err(error) => Err(cannot_read(&path, &error, Some(origin))),
        };
    }
    for path in USUAL_FILES.map(PathBuf::from) {
        match read(&path) {
            Ok(text) => return Ok(Some((path, text))),
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {}
            Err(error) => return Err(cannot_read(&path, &error, None)),
        }
    }
    Ok(None)
}

fn cannot_read(path: &Path, error: &std::io::Error, origin: Option<&str>) -> Problem {
    Problem::new("", format!("cannot read {}: {error}", path.display()), origin)
}

fn read(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    File::open(path)?.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        return Err(std::io::Error::other(format!("longer than {LONGEST} bytes")));
    }
    Ok(text)
}

/// Lays the layers on each other; the last wins.
fn merge(layers: [Tree; 4]) -> Result<Tree, MergeError> {
    let builder = layers
        .into_iter()
        .fold(Config::builder(), |builder, tree| builder.add_source(Layer(tree)));
    builder.build()?.collect()
}

/// One layer, as the merging library wants it.
#[derive(Clone)]
struct Layer(Tree);

impl fmt::Debug for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Layer(***)")
    }
}

impl MergeSource for Layer {
    fn clone_into_box(&self) -> Box<dyn MergeSource + Send + Sync> {
        Box::new(self.clone())
    }

    fn collect(&self) -> Result<Tree, MergeError> {
        Ok(self.0.clone())
    }
}
