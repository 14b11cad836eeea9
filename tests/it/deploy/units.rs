//! systemd's files: the two units have one sandbox, and user, folders and settings are those that are made and known.

use std::path::Path;

use super::{nothing, settings, text};

type Lines = Vec<(String, String)>;

/// `key=value` of a unit, sections and comments left out.
fn lines(name: &str) -> Lines {
    let all = text(name);
    let pairs = all.lines().filter(|line| !line.starts_with('#'));
    let pairs = pairs.filter_map(|line| line.split_once('='));
    pairs.map(|(key, value)| (key.into(), value.into())).collect()
}

fn values<'a>(lines: &'a [(String, String)], key: &str) -> Vec<&'a str> {
    let found = lines.iter().filter(|(name, _)| name == key);
    found.map(|(_, value)| value.as_str()).collect()
}

/// From the credentials on, both say the same.
fn sandbox(name: &str) -> Lines {
    let lines = lines(name);
    let start = lines.iter().position(|(key, _)| key == "LoadCredential");
    let rest = lines.into_iter().skip(start.expect("LoadCredential"));
    rest.filter(|(key, _)| key != "WantedBy").collect()
}

#[test]
fn both_units_have_one_sandbox() {
    let daemon = sandbox("systemd/sverka.service");
    assert!(daemon.len() > 35, "{daemon:?}");
    assert_eq!(daemon, sandbox("systemd/sverka-sync@.service"));
    assert!(
        values(&daemon, "RemoveIPC").is_empty(),
        "one unit would take the other's shared memory"
    );
}

#[test]
fn what_the_units_rely_on_is_made_by_sysusers_and_tmpfiles() {
    let unit = lines("systemd/sverka.service");
    let user = values(&unit, "User")[0];
    assert!(text("systemd/sysusers.d/sverka.conf").contains(&format!("\nu {user} ")));
    let made = text("systemd/tmpfiles.d/sverka.conf");
    let state = format!("d /var/lib/{} 0700 {user} {user} -", values(&unit, "StateDirectory")[0]);
    assert!(made.contains(&state), "{state}");
    assert_eq!(values(&unit, "StateDirectoryMode"), ["0700"]);
    let (_, secrets) = values(&unit, "LoadCredential")[0].split_once(':').unwrap();
    assert!(made.contains(&format!("d {secrets} 0700 root root -")));
}

#[test]
fn what_the_units_set_is_taken_by_the_program() {
    let unit = lines("systemd/sverka.service");
    let environment: Vec<_> = values(&unit, "Environment")
        .into_iter()
        .filter_map(|pair| pair.split_once('='))
        .collect();
    let config = environment.iter().find(|(name, _)| *name == "SVERKA_CONFIG").unwrap().1;
    let (_, secrets) = values(&unit, "LoadCredential")[0].split_once(':').unwrap();
    assert_eq!(
        Path::new(config).with_file_name("secrets").to_str(),
        Some(secrets),
        "where root's commands look for them"
    );
    let set: Vec<_> = environment
        .into_iter()
        .filter(|(name, _)| name.starts_with("SVERKA__"))
        .collect();
    assert_eq!(set.len(), 1);
    let state = Path::new("/var/lib").join(values(&unit, "StateDirectory")[0]);
    assert_eq!(settings(nothing(), &set).data_dir, state);
}

#[test]
fn reloads_are_told_by_a_signal_or_by_the_drop_in() {
    let unit = lines("systemd/sverka.service");
    assert_eq!(values(&unit, "Type"), ["notify"]);
    let reload = values(&unit, "ExecReload");
    assert_eq!(reload, ["+sverka config check", "sh -c 'kill -HUP $MAINPID'"]);
    let drop_in = lines("systemd/notify-reload.conf");
    assert_eq!(values(&drop_in, "Type"), ["notify-reload"]);
    assert_eq!(values(&drop_in, "ExecReload"), [""], "else it would be told twice");
}
