//! The names of the metrics: those that are told, those of the documentation, and those that dashboard and alerts ask for.

use std::collections::BTreeSet;
use std::path::Path;

use nix::sys::signal::Signal;
use serde_json::Value;

use super::scraped;
use crate::support::Setup;

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every name in a text; a histogram by its own name, not by those of its parts.
fn names(text: &str) -> BTreeSet<String> {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let mut names = BTreeSet::new();
    for (at, _) in text.match_indices("sverka_") {
        if text[..at].ends_with(is_part) {
            continue;
        }
        let name: String = text[at..].chars().take_while(|c| is_part(*c)).collect();
        let whole = ["_bucket", "_count", "_sum"]
            .iter()
            .find_map(|part| name.strip_suffix(part));
        names.insert(whole.map_or(name.clone(), ToOwned::to_owned));
    }
    names
}

/// The types of what is told, by name.
fn told(scrape: &str) -> BTreeSet<String> {
    let types = scrape.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

/// All that a daemon tells that has done a bit of everything.
async fn everything() -> BTreeSet<String> {
    let fixture = Setup::new().start().await;
    fixture.fill(1, 3).await;
    let mut daemon = fixture.daemon().await;
    daemon.signal(Signal::SIGUSR1);
    let stock = "sverka_runs_total{job=\"stock\",outcome=\"done\"}";
    scraped(&daemon, stock, |runs| runs > 0.0).await;
    let scrape = scraped(&daemon, "sverka_diff_counted_timestamp_seconds", |at| at > 0.0).await;
    daemon.stop().await;
    told(&scrape.text)
}

#[tokio::test]
async fn what_is_told_is_documented_and_what_is_asked_for_is_told() {
    let told = everything().await;
    assert!(told.len() > 40, "{told:?}");
    let documentation = read("docs/OPERATIONS.md");
    let table = documentation
        .split("### Metrics")
        .nth(1)
        .unwrap()
        .split("\n## ")
        .next()
        .unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `sverka_"));
    let documented: BTreeSet<String> = rows.flat_map(|line| names(line.split(" | ").next().unwrap())).collect();
    assert_eq!(documented, told, "documented (left) and told (right)");
    let shown = names(&read("deploy/grafana/sverka.json"));
    assert_eq!(shown, told, "on the dashboard (left) and told (right)");
    for file in ["deploy/prometheus/alerts.yml", "deploy/prometheus/alerts_test.yml"] {
        let asked = names(&read(file));
        let unknown: Vec<&String> = asked.difference(&told).collect();
        assert!(!asked.is_empty() && unknown.is_empty(), "{file} asks for {unknown:?}");
    }
}

#[test]
fn the_dashboard_is_one_that_grafana_reads_with_a_data_source_of_choice() {
    let dashboard: Value = serde_json::from_str(&read("deploy/grafana/sverka.json")).unwrap();
    assert_eq!(dashboard["templating"]["list"][0]["type"], "datasource");
    let panels = dashboard["panels"].as_array().unwrap();
    let ids: BTreeSet<u64> = panels.iter().map(|panel| panel["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), panels.len(), "each panel has an id of its own");
    let mut asked = 0;
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        assert_eq!(panel["datasource"]["uid"], "${datasource}", "{}", panel["title"]);
        for target in panel["targets"].as_array().unwrap() {
            assert!(target["expr"].as_str().unwrap().contains("sverka_"), "{target}");
            asked += 1;
        }
    }
    assert!(asked > 40, "{asked}");
}

#[test]
fn every_alert_says_what_is_broken_and_what_to_do_and_is_tested() {
    let text = read("deploy/prometheus/alerts.yml");
    let document: Value = serde_saphyr::from_str(&text).unwrap();
    let rules = document["groups"][0]["rules"].as_array().unwrap();
    assert!(rules.len() >= 8);
    let tests = read("deploy/prometheus/alerts_test.yml");
    for rule in rules {
        let name = rule["alert"].as_str().unwrap();
        let word = |section: &str, key: &str| {
            rule[section][key]
                .as_str()
                .unwrap_or_else(|| panic!("{name}: {section}.{key}"))
        };
        assert!(["critical", "warning"].contains(&word("labels", "severity")), "{name}");
        assert!(
            !word("annotations", "summary").is_empty() && word("annotations", "description").contains(": "),
            "{name}"
        );
        assert!(rule["expr"].as_str().is_some_and(|expr| !expr.is_empty()), "{name}");
        let fires = tests.split("alertname: ").any(|part| {
            part.split_whitespace().next().map(|found| found.trim_end_matches('}')) == Some(name)
                && part.contains("exp_alerts")
        });
        assert!(
            fires || name == "SverkaWorkerStill",
            "{name} is never made to fire in alerts_test.yml"
        );
    }
    let _: Value = serde_saphyr::from_str(&tests).unwrap();
}
