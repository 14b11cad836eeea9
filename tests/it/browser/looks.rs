//! Every page is looked at in both languages, light and dark, wide and narrow: axe-core finds no serious fault, nothing
//! is wider than its window, and the browser has nothing to complain about.

use serde_json::{Value, json};

use super::{Browser, Size, browser};
use crate::page::company::{Company, company};

/// See tests/axe/README.md.
const AXE: &str = include_str!("../../axe/axe.min.js");

impl Browser {
    /// What axe-core finds that shuts people out.
    async fn faults(&self) -> Vec<Value> {
        self.script(AXE, &[]).await;
        let script = "
            return axe.run(document, { resultTypes: ['violations'] }).then((found) => found.violations
                .filter((one) => ['serious', 'critical'].includes(one.impact))
                .map((one) => ({ id: one.id, help: one.help, at: one.nodes.map((node) => node.html).slice(0, 3) })))";
        let found = self.script(script, &[]).await;
        found.as_array().unwrap().clone()
    }

    /// Axe's own look, the width, and the log.
    async fn assert_is_well(&self, page: &str, is_unknown: bool) {
        let faults = self.faults().await;
        assert!(
            faults.is_empty(),
            "{page}: {}",
            serde_json::to_string_pretty(&faults).unwrap()
        );
        self.assert_fits().await;
        let mut complaints = self.complaints().await;
        // Chromium itself says so of a page that answers 404.
        complaints.retain(|words| !(is_unknown && words.contains("404")));
        assert_eq!(complaints, [""; 0], "{page}");
    }
}

async fn look_at_all(company: &Company, browser: &Browser, lang: &str, size: Size, scheme: &str) {
    browser.resize(size).await;
    browser.scheme(scheme).await;
    browser.speak(lang).await;
    for (name, path) in company.pages() {
        browser.go(&path).await;
        browser.find("main h1").await;
        let spoken = browser.script("return document.documentElement.lang", &[]).await;
        assert_eq!(spoken, json!(lang), "{path}");
        let is_unknown = matches!(name, "nothing" | "goods-unknown");
        browser
            .assert_is_well(&format!("{path} ({lang}, {size:?}, {scheme})"), is_unknown)
            .await;
    }
}

#[tokio::test]
#[ignore = "in a browser, some minutes: make browser"]
async fn every_page_is_for_everybody_in_both_languages_light_and_dark_wide_and_narrow() {
    let company = company().await;
    let Some((browser, _turn)) = browser(&company.daemon, "en").await else {
        return;
    };
    browser.go("/login").await;
    for (scheme, lang) in [("light", "en"), ("dark", "ru")] {
        browser.scheme(scheme).await;
        browser.speak(lang).await;
        browser.go("/login").await;
        browser
            .assert_is_well(&format!("/login ({lang}, {scheme})"), false)
            .await;
    }
    browser.log_in().await;
    for (lang, size, scheme) in [
        ("en", Size::Desktop, "light"),
        ("ru", Size::Desktop, "dark"),
        ("ru", Size::Phone, "light"),
        ("en", Size::Phone, "dark"),
    ] {
        look_at_all(&company, &browser, lang, size, scheme).await;
    }
    browser.close().await;
}
