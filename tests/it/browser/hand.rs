//! The two ways to use a page: a pointer, and the keyboard alone.

use serde_json::{Value, json};

use super::driver::Browser;
use crate::support::until;

/// Keys that have no letter, as the standard writes them.
pub(super) const TAB: &str = "\u{e004}";
pub(super) const ENTER: &str = "\u{e007}";

/// How somebody uses the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hand {
    Pointer,
    Keyboard,
}

/// More than any page has to tab through.
const TABS: usize = 400;

impl Hand {
    /// Presses a button, or follows a link.
    pub(super) async fn press(self, browser: &Browser, css: &str) {
        match self {
            // A live part may be put in place of another one at any moment: then it is looked for again.
            Self::Pointer => {
                until(&format!("a click on {css}"), async || {
                    let element = browser.session.find(css).await.ok()?;
                    let clicked = browser.session.tell(&element, "click", json!({})).await;
                    // Where the page asks once more, the click is done and the question is open.
                    (clicked.is_ok() || clicked.is_err_and(|why| why.contains("alert open"))).then_some(())
                })
                .await;
            }
            Self::Keyboard => {
                tab_to(browser, css).await;
                keys(browser, ENTER).await;
            }
        }
    }

    /// Writes into a field.
    pub(super) async fn fill(self, browser: &Browser, css: &str, text: &str) {
        match self {
            Self::Pointer => {
                let field = browser.find(css).await;
                browser
                    .session
                    .tell(&field, "value", json!({ "text": text }))
                    .await
                    .unwrap();
            }
            Self::Keyboard => {
                tab_to(browser, css).await;
                keys(browser, text).await;
            }
        }
    }
}

/// Presses one key, or writes where the focus is.
pub(super) async fn keys(browser: &Browser, keys: &str) {
    browser.session.keys(keys).await.unwrap();
}

/// Tab by tab until that element has the focus; wherever the focus goes, it is seen.
async fn tab_to(browser: &Browser, css: &str) {
    browser.find(css).await;
    let mut way = Vec::new();
    for _ in 0..TABS {
        let at = focus(browser, css).await;
        if at["there"] == true {
            return;
        }
        way.push(at["name"].as_str().unwrap_or_default().to_owned());
        keys(browser, TAB).await;
    }
    way.dedup();
    panic!("Tab does not lead to {css}; it leads to {way:?}");
}

/// Where the focus is, and that it can be seen there.
pub(super) async fn focus(browser: &Browser, css: &str) -> Value {
    let script = "
        const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
        const name = at.tagName + (at.id ? '#' + at.id : '') + ' ' + (at.innerText || at.name || '').slice(0, 30);
        const nowhere = at === document.body || at === document.documentElement;
        const seen = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 && box.width > 0
            && box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight;
        return { there: at.matches(arguments[0]), name, seen: nowhere || at.matches(':not(:focus-visible)') || seen };";
    let at = browser.script(script, &[json!(css)]).await;
    assert_eq!(at["seen"], true, "the focus cannot be seen at {at}");
    at
}
