use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::POINTS;
use super::armed::Armed;

/// Every source file but this module's own.
fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, into: &mut Vec<(PathBuf, String)>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, into);
            } else if path.extension().is_some_and(|end| end == "rs") {
                into.push((path.clone(), std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let mut files = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    files.retain(|(path, _)| !path.ends_with("src/kill.rs") && !path.ends_with("src/kill/tests.rs"));
    files
}

#[test]
fn every_point_of_the_list_stands_in_the_source_once() {
    let files = sources();
    let mut places = BTreeMap::new();
    for name in POINTS {
        let quoted = format!("\"{name}\"");
        let times: usize = files.iter().map(|(_, text)| text.matches(&quoted).count()).sum();
        places.insert(*name, times);
    }
    places.retain(|_, times| *times != 1);
    assert!(places.is_empty(), "not in the source exactly once: {places:?}");
    assert!(POINTS.len() >= 40);
}

#[test]
fn every_point_of_the_source_is_in_the_list() {
    for (path, text) in sources() {
        for (at, call) in text
            .match_indices("kill::point(\"")
            .chain(text.match_indices("kill::about(\""))
        {
            let name = text[at + call.len()..].split('"').next().unwrap();
            assert!(POINTS.contains(&name), "{name} in {}", path.display());
        }
    }
}

/// The variable's name stands in this one module only, which a release build does not compile.
#[test]
fn a_release_build_has_nothing_to_arm() {
    let own = include_str!("../kill.rs");
    let code = own.split_once("use std::future::Future;").unwrap().1;
    let (before, armed) = code.split_once("#[cfg(debug_assertions)]\nmod armed {").unwrap();
    let (armed, after) = armed.split_once("\n}\n").unwrap();
    assert!(armed.contains("SVERKA_KILL") && armed.contains("SIGKILL"));
    assert!(!before.contains("SVERKA_KILL") && !after.contains("SVERKA_KILL"));
    for (at, _) in after.match_indices("armed::") {
        let function = after[..at].rsplit("\n\n").next().unwrap();
        assert!(function.contains("#[cfg(debug_assertions)]"), "{function}");
    }
    for (path, text) in sources() {
        assert!(!text.contains("SVERKA_KILL"), "{}", path.display());
    }
}

#[test]
fn a_point_fires_once_at_the_passing_that_was_asked_for() {
    let armed = Armed::parse("claim.before:2@saplab.orders").unwrap();
    let passings = [
        ("claim.committed", Some("saplab.orders.pay")),
        ("claim.before", Some("keaz.remains.list")),
        ("claim.before", None),
        ("claim.before", Some("saplab.orders.pay")),
        ("claim.before", Some("saplab.orders.list")),
        ("claim.before", Some("saplab.orders.list")),
    ];
    let fired: Vec<bool> = passings
        .iter()
        .map(|(name, subject)| armed.fires(name, *subject))
        .collect();
    assert_eq!(fired, [false, false, false, false, true, false]);
    for nonsense in [
        "",
        "claim",
        "claim.before:",
        "claim.before:0",
        "claim.before:x",
        ":1@keaz",
    ] {
        assert!(Armed::parse(nonsense).is_none(), "{nonsense}");
    }
}
