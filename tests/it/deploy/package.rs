//! The Debian package: its files are there, its configuration is good and starts nothing, its pages tell of every command.

use std::path::Path;

use sverka::job::Job;
use toml::Value;

use super::{path, settings, sverka, text};

/// Source, destination and mode of everything that is installed.
fn assets() -> Vec<[String; 3]> {
    let manifest: Value = toml::from_str(&text("Cargo.toml")).unwrap();
    let assets = manifest["package"]["metadata"]["deb"]["assets"].as_array().unwrap();
    let asset = |asset: &Value| {
        let parts: Vec<_> = asset
            .as_array()
            .unwrap()
            .iter()
            .map(|part| part.as_str().unwrap().to_owned())
            .collect();
        parts.try_into().unwrap()
    };
    assets.iter().map(asset).collect()
}

/// `folder/*.end`, or one file.
fn exists(pattern: &str) -> bool {
    let Some((before, end)) = pattern.split_once('*') else {
        return path(pattern).is_file();
    };
    let mut entries = std::fs::read_dir(path(before)).unwrap_or_else(|error| panic!("{before}: {error}"));
    entries.any(|entry| entry.unwrap().file_name().to_string_lossy().ends_with(end))
}

#[test]
fn what_the_package_installs_is_there_and_what_may_hold_a_secret_is_not_for_everybody() {
    let assets = assets();
    for [source, _, _] in &assets {
        assert!(source.starts_with("target/release/") || exists(source), "{source}");
    }
    // Where two files would lie in one place, one of them would be lost.
    let mut targets = std::collections::BTreeSet::new();
    for [source, to, _] in &assets {
        assert!(!source.ends_with("*.md") || targets.insert(to), "{to} is filled twice");
    }
    let mode = |target: &str| {
        let found = assets.iter().find(|[_, to, _]| to.starts_with(target));
        found.map(|[_, _, mode]| mode.as_str())
    };
    assert_eq!(mode("etc/sverka/"), Some("640"));
    assert_eq!(mode("usr/bin/"), Some("755"));
    for script in ["postinst", "prerm", "postrm", "templates", "triggers"] {
        assert!(path("deploy/debian").join(script).is_file(), "{script}");
    }
}

#[test]
fn its_configuration_is_good_as_it_is_and_starts_nothing() {
    let settings = settings(&path("deploy/debian/sverka.toml"), &[]);
    for job in Job::ALL {
        assert_eq!(job.cron(&settings.schedule), None, "{job}");
    }
}

#[test]
fn its_configuration_is_good_with_every_example_taken_and_the_secrets_that_it_names() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("sverka.toml");
    let mut taken = String::new();
    let secrets = folder.path().join("secrets");
    std::fs::create_dir(&secrets).unwrap();
    let mut named = 0;
    for line in text("deploy/debian/sverka.toml").lines() {
        if let Some((_, name)) = line.split_once("# secret: ") {
            std::fs::write(secrets.join(name), "https://lists.example.com/secret").unwrap();
            named += 1;
        }
        let example = line.strip_prefix('#').filter(|rest| !rest.starts_with(' '));
        taken.push_str(example.unwrap_or(line));
        taken.push('\n');
    }
    assert_eq!(named, 5);
    std::fs::write(&file, taken).unwrap();
    let settings = settings(&file, &[]);
    assert!(settings.keaz.base_url.is_some() && settings.carreta.base_url.is_some());
    assert!(settings.saplab.panel.base_url.is_some() && settings.saplab.client.base_url.is_some());
    assert_eq!(settings.carreta.price_lists.len(), 1);
}

#[test]
fn every_command_has_a_manual_page_and_the_file_has_one_too() {
    let folder = tempfile::tempdir().unwrap();
    let output = sverka(&["man", folder.path().to_str().unwrap()], &[]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let page = |name: &str| {
        std::fs::read_to_string(folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let whole = page("man1/sverka.1");
    for words in ["SIGUSR1", "EXIT STATUS", "/etc/sverka/secrets", "sverka\\-sync(1)"] {
        assert!(whole.contains(words), "{words}: {whole}");
    }
    assert!(page("man1/sverka-sync.1").contains("\\-\\-only"));
    assert!(page("man1/sverka-queue-show.1").contains("\\-\\-curl"));
    let hidden = folder.path().join("man1/sverka-healthcheck.1");
    assert!(!hidden.exists());
    let default = text("config/sverka.toml");
    let file = page("man5/sverka.toml.5");
    let keys = default
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()));
    let mut count = 0;
    for (key, _) in keys.filter_map(|line| line.split_once(" = ")) {
        assert!(file.contains(&key.replace('-', "\\-")), "{key}");
        count += 1;
    }
    assert!(count > 50, "{count} keys");
    assert!(Path::new(&folder.path().join("man1/sverka-run.1")).exists());
}
