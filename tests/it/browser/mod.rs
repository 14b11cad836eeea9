//! The admin page in a real browser: headless Chromium from Debian's packages `chromium` and `chromium-driver`. Where
//! they are missing, each test says so and is skipped.

mod driver;
mod hand;
mod looks;
mod pictures;
mod still;
mod walk;
mod wire;

use driver::{Browser, Size, programs};
use hand::Hand;

use crate::page::TOKEN;
use crate::support::Daemon;

impl Browser {
    /// Lets itself in, without caring how that is done.
    async fn log_in(&self) {
        self.go("/login").await;
        Hand::Pointer.fill(self, "#token", TOKEN).await;
        Hand::Pointer.press(self, "form.login button").await;
        self.arrives("the overview", |path| path == "/").await;
    }

    /// Speaks this language from now on, whatever the browser likes.
    async fn speak(&self, lang: &str) {
        let cookie = serde_json::json!({ "name": "sverka_lang", "value": lang, "path": "/", "httpOnly": true });
        let set = self.session.post("/cookie", serde_json::json!({ "cookie": cookie }));
        set.await.unwrap();
    }
}

/// A browser at this daemon's page, or nothing where there is no browser.
async fn browser(daemon: &Daemon, lang: &str) -> Option<(Browser, driver::Turn)> {
    let (chromium, chromedriver, turn) = programs().await?;
    Some((Browser::open((&chromium, &chromedriver), daemon, lang).await, turn))
}
