//! docs/RELIABILITY.md: it names sixty faults, and the tests that it names exist.

use std::path::{Path, PathBuf};

const PAGE: &str = include_str!("../../docs/RELIABILITY.md");

/// Number of the fault and its tests, in the order of the page.
fn faults() -> Vec<(usize, Vec<&'static str>)> {
    let rows = PAGE.lines().filter_map(|line| {
        let mut cells = line.strip_prefix("| ")?.split(" | ");
        let number = cells.next()?.parse().ok()?;
        Some((number, ticked(cells.last()?)))
    });
    rows.collect()
}

/// What stands in backticks.
fn ticked(text: &str) -> Vec<&str> {
    text.split('`').skip(1).step_by(2).collect()
}

/// Whether the test stands in the file that its path names.
fn exists(path: &str) -> bool {
    let (module, name) = path.rsplit_once("::").unwrap_or_default();
    let beside = module.strip_suffix("::tests").unwrap_or(module).replace("::", "/");
    let module = module.replace("::", "/");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = [&module, &beside].into_iter().flat_map(|module| {
        ["tests/it", "src"]
            .into_iter()
            .flat_map(move |folder| [format!("{folder}/{module}.rs"), format!("{folder}/{module}/mod.rs")])
    });
    let mut texts = files
        .map(|file| PathBuf::from(root).join(file))
        .filter_map(|file| std::fs::read_to_string(file).ok());
    // As a function, or as a line of a macro that makes one.
    texts.any(|text| text.contains(&format!("fn {name}(")) || text.contains(&format!("    {name}: \"")))
}

#[test]
fn the_page_names_sixty_faults_and_a_test_that_exists_for_each() {
    let faults = faults();
    let numbers: Vec<usize> = faults.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, (1..=60).collect::<Vec<_>>());
    for (number, tests) in faults {
        assert!(!tests.is_empty(), "fault {number} has no test");
        for test in tests {
            assert!(exists(test), "fault {number}: there is no test {test}");
        }
    }
}
