//! The pages under docs/: every link leads somewhere, on a code host and in the book; a page and its translation are built
//! alike; a command that they name is one; what the worked exchange says is what PostgreSQL says.

mod commands;
mod exchange;
mod page;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use page::Page;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The pages of a folder, `docs/` or the top.
fn pages(folder: &str) -> Vec<Page> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| path.extension().is_some_and(|kind| kind == "md"));
    paths.sort();
    assert!(!paths.is_empty(), "no pages in {folder}");
    paths.iter().map(|path| Page::read(path)).collect()
}

/// Why this link leads nowhere.
fn fault(page: &Page, link: &str, within: Option<&Path>) -> Option<String> {
    let (path, anchor) = link
        .split_once('#')
        .map_or((link, None), |(path, anchor)| (path, Some(anchor)));
    let path = if path.is_empty() {
        page.path.clone()
    } else {
        page.path.parent().unwrap().join(path)
    };
    let Ok(path) = path.canonicalize() else {
        return Some("there is no such file".into());
    };
    if within.is_some_and(|within| !path.starts_with(within)) {
        return Some("it leads out of docs/, where the book cannot follow: name the file instead".into());
    }
    let anchor = anchor?;
    if path.extension().is_none_or(|kind| kind != "md") {
        return Some("an anchor in what is no page".into());
    }
    let there = Page::read(&path).anchors();
    (!there.iter().any(|known| known == anchor)).then(|| format!("no such heading; there are {there:?}"))
}

#[test]
fn every_link_of_every_page_leads_to_a_file_and_a_heading_that_exist() {
    let mut faults = Vec::new();
    let docs = root().join("docs").canonicalize().unwrap();
    for (folder, within) in [(".", None), ("docs", Some(docs.as_path()))] {
        for page in pages(folder) {
            let ours = page
                .links
                .iter()
                .filter(|link| !link.contains("://") && !link.starts_with("mailto:"));
            faults.extend(
                ours.filter_map(|link| Some(format!("{}: {link}: {}", page.name(), fault(&page, link, within)?))),
            );
        }
    }
    assert!(faults.is_empty(), "links that lead nowhere:\n{}", faults.join("\n"));
}

#[test]
fn a_link_that_leads_nowhere_is_noticed() {
    let page = Page::of(&root().join("docs/ERP.md"), "# Head `a.b`: yours\n\n## Äh\n\n## Äh\n");
    assert_eq!(page.anchors(), ["head-ab-yours", "äh", "äh-1"]);
    let docs = root().join("docs").canonicalize().unwrap();
    let fault = |link: &str| super::docs::fault(&page, link, Some(&docs));
    assert!(fault("OPERATIONS.md").is_none());
    assert!(fault("NOWHERE.md").unwrap().contains("no such file"));
    assert!(fault("OPERATIONS.md#nowhere").unwrap().contains("no such heading"));
    assert!(fault("../README.md").unwrap().contains("out of docs/"));
}

#[test]
fn the_book_holds_every_page_once() {
    let summary = Page::read(&root().join("docs/SUMMARY.md"));
    let listed: BTreeSet<&str> = summary.links.iter().map(String::as_str).collect();
    assert_eq!(
        listed.len(),
        summary.links.len(),
        "a page stands twice in docs/SUMMARY.md"
    );
    let pages = pages("docs");
    let there: BTreeSet<String> = pages
        .iter()
        .map(Page::name)
        .filter(|name| name != "SUMMARY.md")
        .collect();
    assert_eq!(
        listed,
        there.iter().map(String::as_str).collect(),
        "docs/SUMMARY.md (left) and the folder (right)"
    );
}

#[test]
fn a_page_and_its_translation_are_built_alike() {
    let mut compared = 0;
    for folder in [".", "docs"] {
        for russian in pages(folder) {
            let Some(stem) = russian.name().strip_suffix(".ru.md").map(str::to_owned) else {
                continue;
            };
            let english = Page::read(&russian.path.with_file_name(format!("{stem}.md")));
            let (left, right) = (english.skeleton(), russian.skeleton());
            let same = left
                .iter()
                .zip(&right)
                .take_while(|(left, right)| left.kind == right.kind)
                .count();
            let told = |parts: &[page::Part]| {
                parts
                    .get(same)
                    .map_or_else(|| "nothing more".to_owned(), ToString::to_string)
            };
            assert!(
                left.len() == same && right.len() == same,
                "{} and {} part ways after {same} parts: {} / {}",
                english.name(),
                russian.name(),
                told(&left),
                told(&right)
            );
            compared += 1;
        }
    }
    assert!(compared >= 6, "only {compared} translations were found");
}
