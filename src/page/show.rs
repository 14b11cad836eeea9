//! How pages show what they all have: times, spans of time, numbers, jobs, how a run ended.
//!
//! Words of the upstreams stay as they are; times are in `schedule.timezone`, the exact one is in the title.

use chrono::{DateTime, Utc};
use maud::{Markup, html};

use super::door::Visitor;
use super::part;
use crate::context::Context;
use crate::queue::look::RunRow;
use crate::words::Lang;
use crate::words::clock::Clock;
pub(super) use crate::words::clock::{number, span};

/// Whom a page is written for.
pub(super) struct Reader<'a> {
    pub(super) visitor: &'a Visitor,
    pub(super) lang: Lang,
    pub(super) clock: Clock,
    pub(super) now: DateTime<Utc>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(visitor: &'a Visitor, context: &Context) -> Self {
        Self {
            visitor,
            lang: visitor.lang,
            clock: Clock::new(context.settings.schedule.timezone),
            now: Utc::now(),
        }
    }

    pub(super) fn time(&self, at: DateTime<Utc>) -> Markup {
        part::time(&self.clock, at)
    }

    /// The time, or a dash.
    pub(super) fn time_or_dash(&self, at: Option<DateTime<Utc>>) -> Markup {
        part::time_or_dash(&self.clock, at)
    }

    /// The zone of all times on the page.
    pub(super) fn zone(&self) -> Markup {
        part::zone(self.lang, &self.clock)
    }

    /// How long ago that was.
    pub(super) fn since(&self, at: DateTime<Utc>) -> String {
        span(self.lang, (self.now - at).as_seconds_f64())
    }

    pub(super) fn job(&self, job: &str) -> String {
        self.lang.job(job)
    }

    /// What a run is doing, or how it ended.
    pub(super) fn outcome(&self, run: &RunRow) -> Markup {
        let state = run.outcome.as_deref().unwrap_or(&run.state);
        let class = match state {
            "done" if run.rows_refused > 0 => "warn",
            "done" => "good",
            "partial" | "superseded" => "warn",
            "failed" => "bad",
            "running" => "busy",
            _ => "",
        };
        let words = self.lang.known(&format!("outcome-{state}"));
        html! { span.state.(class) { (words.as_deref().unwrap_or(state)) } }
    }
}

/// In a table, where nothing is not looked at.
pub(super) fn count(n: i64) -> Markup {
    html! { @if n == 0 { span.faint { "0" } } @else { (number(n)) } }
}
