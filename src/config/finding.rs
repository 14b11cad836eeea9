//! The notes of validation: which rules are broken, and the few shapes in which rules come. Used by `validate` only.

use std::time::Duration;

use url::Url;

use super::address;

/// An hour: nothing that waits for one answer may wait longer.
pub(super) const HOUR: Duration = Duration::from_secs(3600);

/// A rule that is broken.
#[derive(Debug)]
pub(super) struct Finding {
    /// The key that is wrong.
    pub key: String,
    /// What is wrong with it.
    pub message: String,
    /// The key that asks for it: its source is named when the wrong key is missing.
    pub asked_by: Option<String>,
}

/// Collects what is wrong.
#[derive(Debug, Default)]
pub(super) struct Wrong {
    /// In the order in which it was found.
    pub findings: Vec<Finding>,
}

impl Wrong {
    pub(super) fn add(&mut self, key: &str, message: impl Into<String>) {
        self.findings.push(Finding {
            key: key.to_owned(),
            message: message.into(),
            asked_by: None,
        });
    }

    /// A key that is not there, though another one asks for it.
    pub(super) fn missing(&mut self, key: &str, asked_by: &str, message: String) {
        self.findings.push(Finding {
            key: key.to_owned(),
            message,
            asked_by: Some(asked_by.to_owned()),
        });
    }

    pub(super) fn unless(&mut self, good: bool, key: &str, message: &str) {
        if !good {
            self.add(key, message);
        }
    }

    pub(super) fn base_url(&mut self, section: &str, url: Option<&Url>, allow_http: bool) {
        if let Some(Err(why)) = url.map(|url| address::base(url, allow_http)) {
            self.add(&format!("{section}.base_url"), why);
        }
    }

    /// Something that an API cannot be used without.
    pub(super) fn needed(&mut self, section: &str, key: &str, given: bool) {
        if !given {
            let message = format!("missing, and {section}.base_url is given: {section} cannot be used without it");
            self.missing(&format!("{section}.{key}"), &format!("{section}.base_url"), message);
        }
    }

    /// A length of time with limits.
    pub(super) fn between(&mut self, key: &str, value: Duration, from: Duration, to: Duration) {
        if value < from || value > to {
            let text = humantime::format_duration;
            self.add(
                key,
                format!("expected {} to {}, got {}", text(from), text(to), text(value)),
            );
        }
    }

    /// The time that one answer may take.
    pub(super) fn timeout(&mut self, key: &str, value: Duration) {
        self.between(key, value, Duration::from_millis(10), HOUR);
    }
}
