use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use fluent_bundle::FluentResource;

use super::*;

/// Each name of a file with the variables that its words use.
fn names(source: &str) -> BTreeMap<String, BTreeSet<String>> {
    let resource = FluentResource::try_new(source.to_owned());
    let resource = resource.unwrap_or_else(|(_, errors)| panic!("{errors:?}"));
    let mut names = BTreeMap::new();
    let mut current = String::new();
    for line in resource.source().lines().filter(|line| !line.starts_with('#')) {
        if !line.starts_with(' ')
            && let Some((name, _)) = line.split_once(" =")
        {
            assert!(!names.contains_key(name), "{name} stands twice");
            current = name.to_owned();
            names.insert(current.clone(), BTreeSet::new());
        }
        let variables = line.split('$').skip(1).map(|rest| {
            rest.chars()
                .take_while(|c| c.is_ascii_alphanumeric() || *c == '_')
                .collect::<String>()
        });
        if let Some(known) = names.get_mut(&current) {
            known.extend(variables);
        }
    }
    names
}

#[test]
fn both_languages_say_the_same_things_about_the_same_values() {
    for (subject, en, ru) in SUBJECTS.iter().copied() {
        assert_eq!(names(en), names(ru), "{subject}.ftl");
    }
}

#[test]
fn every_name_in_the_code_has_words_and_all_words_are_used() {
    let mut known = BTreeMap::new();
    for (subject, en, _) in SUBJECTS.iter().copied() {
        for (name, variables) in names(en) {
            assert!(
                known.insert(name.clone(), variables).is_none(),
                "{name} again in {subject}"
            );
        }
    }
    let mut code = String::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut code);
    for call in code.split("say!(").skip(1) {
        // A name that is not written out is checked by where it stands.
        if let Some(name) = call.split(',').nth(1).and_then(|rest| rest.trim().strip_prefix('"')) {
            let name = name.split('"').next().unwrap_or_default();
            assert!(known.contains_key(name), "say!(…, {name:?}): no such words");
        }
    }
    for headings in code.split("headings([").skip(1) {
        let names = headings
            .split(']')
            .next()
            .unwrap_or_default()
            .split('"')
            .skip(1)
            .step_by(2);
        for name in names {
            assert!(known.contains_key(name), "headings([{name:?}]): no such words");
        }
    }
    for name in known.keys() {
        // `state-dead` may be put together of "state-" and a state.
        let put_together = |at: usize| {
            code.contains(&format!("\"{}-{{", &name[..at])) || code.contains(&format!("word(\"{}\"", &name[..at]))
        };
        let is_said = code.contains(&format!("\"{name}\"")) || name.match_indices('-').any(|(at, _)| put_together(at));
        assert!(is_said, "{name} is never said");
    }
}

fn read(folder: &Path, code: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, code);
        } else if path.extension().is_some_and(|end| end == "rs") && !path.ends_with("words/tests.rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let lines = text.lines().filter(|line| !line.trim_start().starts_with("//"));
            lines.for_each(|line| *code += &format!("{line}\n"));
        }
    }
}

#[test]
fn a_browser_gets_the_language_that_it_likes_best() {
    for (accept, lang) in [
        ("ru-RU,ru;q=0.9,en-US;q=0.8,en;q=0.7", Lang::Ru),
        ("en-US,en;q=0.9,ru;q=0.8", Lang::En),
        ("de, ru;q=0.5, en;q=0.4", Lang::Ru),
        ("", Lang::En),
        ("de", Lang::En),
        ("ru;q=x, en", Lang::En),
    ] {
        assert_eq!(Lang::of_browser(accept), lang, "{accept}");
    }
}

#[test]
fn a_terminal_gets_the_language_of_its_locale() {
    for (tag, lang) in [
        ("ru_RU.UTF-8", Some(Lang::Ru)),
        ("en_GB.UTF-8", Some(Lang::En)),
        ("C.UTF-8", Some(Lang::En)),
        ("POSIX", Some(Lang::En)),
        ("de_DE", None),
    ] {
        assert_eq!(Lang::parse(tag), lang, "{tag}");
    }
}
