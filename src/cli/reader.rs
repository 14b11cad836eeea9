//! Whom a command speaks to: the language of their locale, and the clock of `schedule.timezone`.
//!
//! Scripts read JSON, and that is English whatever the locale. Sentences of our own that the database keeps are told in the
//! reader's language; what it remembers of an upstream's words is quoted as it stands.

use chrono::{DateTime, Utc};

use super::Format;
use crate::config::Settings;
use crate::words::clock::Clock;
use crate::words::{Lang, ours};

/// Whom a command speaks to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reader {
    pub(super) lang: Lang,
    pub(super) clock: Clock,
}

impl Reader {
    pub(super) fn new(settings: &Settings, format: Format) -> Self {
        Self {
            lang: language(format),
            clock: Clock::new(settings.schedule.timezone),
        }
    }

    /// `2026-11-23 14:05:10 MSK`
    pub(super) fn time(&self, at: DateTime<Utc>) -> String {
        self.clock.stamp(at)
    }

    /// The same, or a dash.
    pub(super) fn time_or_dash(&self, at: Option<DateTime<Utc>>) -> String {
        super::output::or_dash(at.map(|at| self.time(at)))
    }

    /// A state, an outcome, an action. In English it is the word that options and JSON have for it.
    pub(super) fn word(&self, family: &str, value: &str) -> String {
        word(self.lang, family, value)
    }

    /// A sentence that the database keeps: why something is held, or what a run has to say. In English as it is kept.
    pub(super) fn told(&self, kept: &str) -> String {
        match self.lang {
            Lang::En => super::output::plain(kept),
            Lang::Ru => ours::told(self.lang, kept),
        }
    }

    /// Headings of a table, by the names of their words.
    pub(super) fn headings<const N: usize>(&self, names: [&str; N]) -> [String; N] {
        names.map(|name| self.lang.say(name, &[]).to_uppercase())
    }
}

/// A state, an outcome, an action, as [`Reader::word`] says it.
pub(super) fn word(lang: Lang, family: &str, value: &str) -> String {
    let words = match lang {
        Lang::En => None,
        Lang::Ru => lang.known(&format!("{family}-{}", value.replace(' ', "-"))),
    };
    words.unwrap_or_else(|| value.to_owned())
}

/// The language for what is printed in that format.
pub(super) fn language(format: Format) -> Lang {
    match format {
        Format::Json => Lang::En,
        Format::Table => Lang::of_environment(),
    }
}
