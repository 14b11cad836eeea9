//! What an admin installs: the units, the Debian package, the image, compose and Kubernetes. The files are held against each
//! other and against the program: names of settings, paths, users, ports, commands. What only an engine can show is not here.

mod commands;
mod image;
mod kubernetes;
mod package;
mod units;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use sverka::config::{self, ConfigError, Settings, Source};

/// The user of the image; nobody's on any host.
const IMAGE_USER: u64 = 65532;

/// A file of the project.
fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn text(name: &str) -> String {
    std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn yaml(name: &str) -> Value {
    serde_saphyr::from_str(&text(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The texts of a list.
fn strings(list: &Value) -> Vec<&str> {
    let list = list.as_array().unwrap_or_else(|| panic!("{list} is no list"));
    list.iter().map(|text| text.as_str().unwrap()).collect()
}

/// The binary in an environment of nothing but this.
fn sverka(args: &[&str], environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sverka"));
    command.env_clear().envs(environment.iter().copied());
    command.current_dir("/").args(args).output().unwrap()
}

/// The settings in force with that file and environment.
fn load(file: &Path, environment: &[(&str, &str)]) -> Result<Settings, ConfigError> {
    let source = Source {
        path: Some(file.to_owned()),
    };
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    config::load(&source, environment.iter().map(owned)).map(|loaded| loaded.settings)
}

/// The same where they are good.
fn settings(file: &Path, environment: &[(&str, &str)]) -> Settings {
    load(file, environment).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// No file of its own: what the environment alone makes.
fn nothing() -> &'static Path {
    Path::new("/dev/null")
}

/// Whether the configuration takes a secret from a file of this name in `$CREDENTIALS_DIRECTORY`: an empty one is refused.
fn is_credential(name: &str) -> bool {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join(name), "").unwrap();
    let folder = folder.path().to_str().unwrap();
    load(nothing(), &[("CREDENTIALS_DIRECTORY", folder)])
        .is_err_and(|error| error.to_string().contains("cannot use the credential: it is empty"))
}

#[test]
fn a_name_that_is_no_setting_is_no_credential() {
    assert!(is_credential("keaz.api_key") && is_credential("database_url"));
    assert!(!is_credential("keaz.api-key") && !is_credential("postgres_password"));
}
