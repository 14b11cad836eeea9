//! Small parts that pages are made of: times, states, upstreams' words, links to calls and articles.

use chrono::{DateTime, SecondsFormat, Utc};
use maud::{Markup, html};

use super::Site;
use super::door::Visitor;
use crate::cli::output::is_plain;
use crate::diff::article::told::Teller;
use crate::say;
use crate::upstream::address::component;
use crate::words::Lang;
use crate::words::clock::Clock;

/// Whoever looks is told in their language and by the clock of the settings.
pub(super) fn teller(site: &Site, visitor: &Visitor) -> Teller {
    Teller {
        lang: visitor.lang,
        clock: Clock::new(site.now().settings.schedule.timezone),
    }
}

/// A time of day, with its day where it is not today; the exact one where somebody points at it.
pub(super) fn time(clock: &Clock, at: DateTime<Utc>) -> Markup {
    html! { time datetime=(at.to_rfc3339_opts(SecondsFormat::Secs, true)) title=(clock.exact(at)) { (clock.brief(at)) } }
}

/// The same, or a dash.
pub(super) fn time_or_dash(clock: &Clock, at: Option<DateTime<Utc>>) -> Markup {
    html! { @if let Some(at) = at { (time(clock, at)) } @else { "–" } }
}

/// In which zone all times of a page are.
pub(super) fn zone(lang: Lang, clock: &Clock) -> Markup {
    html! { p.hint { (say!(lang, "time-zone", zone = clock.zone())) } }
}

/// The state of a call, in words and in a colour.
pub(super) fn state(lang: Lang, state: &str) -> Markup {
    let class = match state {
        "done" => "state good",
        "unknown" | "quarantined" => "state warn",
        "dead" => "state bad",
        "running" => "state busy",
        _ => "state",
    };
    html! { span class=(class) { (state_words(lang, state)) } }
}

/// A state's name; a word that we do not know, as it is.
pub(super) fn state_words(lang: Lang, state: &str) -> String {
    lang.known(&format!("state-{state}"))
        .unwrap_or_else(|| state.to_owned())
}

/// What somebody else said: nothing in it acts upon what is around it.
pub(super) fn plain(text: &str) -> String {
    text.chars().filter(|c| *c == '\n' || is_plain(*c)).collect()
}

/// The same, or a dash.
pub(super) fn or_dash(text: Option<&str>) -> String {
    text.map_or_else(|| "–".to_owned(), plain)
}

/// A link to a call.
pub(super) fn call(id: i64) -> Markup {
    html! { a href=(format!("/queue/{id}")) { (id) } }
}

/// One path segment. Browsers take `.` and `..` for a way through folders, however they are written: those go by query.
fn segment(base: &str, text: &str) -> String {
    let encoded = component(text);
    if matches!(text, "." | ".." | "") {
        return format!("{base}?is={encoded}");
    }
    format!("{base}/{encoded}")
}

/// Where an article's page is.
pub(super) fn article_path(article: &str) -> String {
    segment("/article", article)
}

/// Where an order's page is.
pub(super) fn order_path(number: &str) -> String {
    segment("/order", number)
}

/// A link to an article.
pub(super) fn article(article: &str) -> Markup {
    html! { a href=(article_path(article)) { (plain(article)) } }
}

/// A query of an address, with what has a value.
pub(super) fn query(pairs: &[(&str, &str)]) -> String {
    let pairs: Vec<String> = pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| format!("{name}={}", component(value)))
        .collect();
    if pairs.is_empty() {
        return String::new();
    }
    format!("?{}", pairs.join("&"))
}

/// What has just been done, or not: named in the address by the act that leads here.
pub(super) fn said(lang: Lang, name: &str) -> Markup {
    let Some(words) = lang.known(&format!("said-{name}")) else {
        return html! {};
    };
    let class = if matches!(name, "moved" | "nothing") {
        "notice warn"
    } else {
        "notice"
    };
    html! { p class=(class) role="status" { (words) } }
}
