//! A person's pause of an upstream on its card of the overview: what is said of it, and the buttons that begin and end it.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::door::{Asked, Visitor};
use super::show::Reader;
use super::{PageError, Site, frame, look, part};
use crate::queue::pause::{self, Pause};
use crate::say;
use crate::upstream::Upstream;

/// The one word about it.
pub(super) fn light(reader: &Reader<'_>, pause: Option<&Pause>) -> Markup {
    let lang = reader.lang;
    html! {
        @match pause {
            Some(pause) if pause.only_pushes => span.state.warn { (say!(lang, "pause-state-pushes")) },
            Some(_) => span.state.warn { (say!(lang, "pause-state")) },
            None => {}
        }
    }
}

/// What is in force, and the buttons.
pub(super) fn acts(reader: &Reader<'_>, upstream: &str, pause: Option<&Pause>) -> Markup {
    let lang = reader.lang;
    let button = |id: &str, words: String| {
        let named = format!("{words}: {}", lang.site(upstream));
        html! { button.plain.little type="submit" id={ (id) "-" (upstream) } aria-label=(named) { (words) } }
    };
    let begin = |only: &str, id: &str, words: String| {
        frame::act(
            reader.visitor,
            "/act/pause",
            &[("upstream", upstream), ("only", only)],
            &button(id, words),
        )
    };
    html! {
        @if let Some(pause) = pause {
            p { (told(reader, pause)) @if let Some(reason) = &pause.reason { " " q { (part::plain(reason)) } } }
            (frame::act(reader.visitor, "/act/resume", &[("upstream", upstream)], &button("resume", say!(lang, "pause-end"))))
        } @else {
            (begin("", "pause", say!(lang, "pause-begin")))
            (begin("pushes", "pause-pushes", say!(lang, "pause-begin-pushes")))
        }
    }
}

fn told(reader: &Reader<'_>, pause: &Pause) -> String {
    let (lang, who) = (reader.lang, part::plain(&pause.who));
    let (since, until) = (reader.clock.brief(pause.since), reader.clock.brief(pause.until));
    if pause.only_pushes {
        say!(lang, "pause-of-pushes", who = who, since = since, until = until)
    } else {
        say!(lang, "pause-of", who = who, since = since, until = until)
    }
}

/// What a button asks for.
#[derive(Deserialize)]
pub(super) struct Whom {
    upstream: String,
    #[serde(default)]
    only: String,
}

impl Whom {
    fn upstream(&self, site: &Site) -> Option<Upstream> {
        Upstream::parse(&self.upstream).filter(|upstream| site.now().serves(*upstream))
    }
}

/// `POST /act/pause`
pub(super) async fn pause(
    State(site): State<Site>,
    visitor: Visitor,
    Asked(whom): Asked<Whom>,
) -> Result<Response, PageError> {
    let Some(upstream) = whom.upstream(&site) else {
        return Ok(unknown(&visitor));
    };
    let only_pushes = whom.only == "pushes";
    let begin = pause::begin(&site.pool, upstream, only_pushes, pause::DEFAULT, None, &visitor.who);
    look(begin).await?;
    Ok(Redirect::to("/").into_response())
}

/// `POST /act/resume`
pub(super) async fn resume(
    State(site): State<Site>,
    visitor: Visitor,
    Asked(whom): Asked<Whom>,
) -> Result<Response, PageError> {
    let Some(upstream) = whom.upstream(&site) else {
        return Ok(unknown(&visitor));
    };
    look(pause::end(&site.pool, upstream, &visitor.who)).await?;
    Ok(Redirect::to("/").into_response())
}

fn unknown(visitor: &Visitor) -> Response {
    let (title, text) = (
        say!(visitor.lang, "pause-cannot"),
        say!(visitor.lang, "pause-cannot-text"),
    );
    (StatusCode::UNPROCESSABLE_ENTITY, frame::message(visitor, &title, &text)).into_response()
}
