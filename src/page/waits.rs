//! What waits for a person's decision, on the overview: each with its reason and the way to where it is decided.

use maud::{Markup, html};

use super::ours;
use super::show::Reader;
use crate::queue::waits::Wait;
use crate::say;

pub(super) fn list(reader: &Reader<'_>, waits: &[Wait]) -> Markup {
    html! {
        @if !waits.is_empty() {
            h2 { (say!(reader.lang, "waits-title")) }
            ul { @for wait in waits { li { (one(reader, wait)) } } }
        }
    }
}

fn one(reader: &Reader<'_>, wait: &Wait) -> Markup {
    let (lang, id, what) = (reader.lang, wait.id.to_string(), wait.what.clone());
    let (path, words) = match wait.kind.as_str() {
        "held" => (
            "/holds",
            say!(lang, "waits-held", id = id, what = what, rows = wait.rows),
        ),
        "quarantined" => ("/queue", say!(lang, "waits-quarantined", id = id, what = what)),
        _ => ("/queue", say!(lang, "waits-dead", id = id, what = what)),
    };
    html! {
        a href=(format!("{path}/{}", wait.id)) { (words) }
        @if let Some(why) = &wait.why { ": " (ours::told(lang, why)) }
        " " span.faint { "(" (reader.time(wait.since)) ")" }
    }
}
