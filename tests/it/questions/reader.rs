//! Somebody at the admin page who reads what stands there, in their language, and presses buttons.

use reqwest::header::{ACCEPT_LANGUAGE, COOKIE};

use crate::page::guest::Guest;
use crate::support::Daemon;

/// Somebody who looks at the pages of a daemon on loopback.
pub(super) struct Reader {
    guest: Guest,
    form_token: String,
}

impl Reader {
    /// Opens the overview, which gives a session.
    pub(super) async fn of(daemon: &Daemon, language: &str) -> Self {
        let stranger = Guest::of(daemon).with(ACCEPT_LANGUAGE, language);
        let answer = stranger.get("/").await;
        let guest = stranger.with(COOKIE, answer.cookie().split(';').next().unwrap());
        let form_token = guest.get("/").await.form_token();
        assert!(!form_token.is_empty(), "no form on the overview");
        Self { guest, form_token }
    }

    /// The words of a page.
    pub(super) async fn page(&self, path: &str) -> String {
        let (status, words) = self.answer(path).await;
        assert_eq!(status, 200, "{path}: {words}");
        words
    }

    /// The same, whatever its status.
    pub(super) async fn answer(&self, path: &str) -> (u16, String) {
        let answer = self.guest.get(path).await;
        (answer.status, words(&answer.body))
    }

    /// Presses a button: where it leads.
    pub(super) async fn press(&self, path: &str, fields: &[(&str, &str)]) -> String {
        let fields = [&[("form_token", self.form_token.as_str())], fields].concat();
        let answer = self.guest.post(path, &fields).await;
        assert_eq!(answer.status, 303, "{path}: {}", answer.body);
        answer.location().to_owned()
    }

    /// Sends a form without the session's token: its status.
    pub(super) async fn forge(&self, path: &str, fields: &[(&str, &str)]) -> u16 {
        self.guest.post(path, fields).await.status
    }
}

/// What a person reads of a page: no tags, one space between words, none before a mark.
fn words(page: &str) -> String {
    let mut text = String::new();
    for part in page.split('<') {
        text.push_str(part.split_once('>').map_or(part, |(_, after)| after));
        // Two elements are two words.
        text.push(' ');
    }
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&amp;", "&"),
    ];
    for (entity, sign) in entities {
        text = text.replace(entity, sign);
    }
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let marks = [" .", " ,", " :", " ;", " )"];
    marks.iter().fold(text, |text, mark| text.replace(mark, mark.trim()))
}
