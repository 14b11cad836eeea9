//! `/queue`: the calls, by state and by what they are about, newest first, a page at a time.

use axum::Json;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::door::Visitor;
use super::{PageError, Site, frame, look, part};
use crate::queue::list::{self, COUNTED, Count, Filter, Found, Line, STATES};
use crate::say;
use crate::upstream::Upstream;
use crate::upstream::transport::clip;
use crate::words::clock::Clock;

/// What the address asks for, as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub(super) state: String,
    pub(super) upstream: String,
    pub(super) operation: String,
    pub(super) about: String,
    id: String,
    before: String,
    said: String,
    count: String,
}

impl Asked {
    pub(super) fn filter(&self) -> Filter {
        Filter::typed(&self.state, &self.upstream, &self.operation, &self.about)
    }

    fn query(&self, before: &str) -> String {
        part::query(&[
            ("state", &self.state),
            ("upstream", &self.upstream),
            ("operation", &self.operation),
            ("about", &self.about),
            ("before", before),
        ])
    }
}

pub(super) async fn page(
    State(site): State<Site>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    if let Ok(id) = asked.id.trim().parse::<i64>() {
        return Ok(Redirect::to(&format!("/queue/{id}")).into_response());
    }
    let filter = asked.filter();
    let (counts, found) = look(async {
        let counts = list::counts(&site.pool).await?;
        Ok((
            counts,
            list::find(&site.pool, &filter, asked.before.parse().ok()).await?,
        ))
    })
    .await?;
    let clock = part::teller(&site, &visitor).clock;
    let content = html! {
        (done(&visitor, &asked))
        (states(&visitor, &asked, &counts))
        (form(&visitor, &asked))
        (calls(&visitor, &clock, &asked, &found))
        (all(&visitor, &asked, &found))
    };
    Ok(frame::page(&visitor, &say!(visitor.lang, "nav-queue"), &content).into_response())
}

/// `GET /api/v1/calls`
pub(super) async fn api(State(site): State<Site>, Query(asked): Query<Asked>) -> Result<Json<Found>, PageError> {
    let before = asked.before.parse().ok();
    Ok(Json(look(list::find(&site.pool, &asked.filter(), before)).await?))
}

fn done(visitor: &Visitor, asked: &Asked) -> Markup {
    let Ok(count) = asked.count.parse::<i64>() else {
        return part::said(visitor.lang, &asked.said);
    };
    html! { p.notice role="status" { (say!(visitor.lang, "queue-retried-all", calls = count)) } }
}

fn states(visitor: &Visitor, asked: &Asked, counts: &[Count]) -> Markup {
    let lang = visitor.lang;
    let of = |state: &str| {
        counts
            .iter()
            .find(|count| count.state == state)
            .map(|count| count.calls)
    };
    html! {
        section #counts data-live {
            ul.counts {
                li { a href="/queue" aria-current=[asked.state.is_empty().then_some("true")] { (say!(lang, "queue-open")) } }
                @for name in STATES {
                    li {
                        a href=(format!("/queue?state={name}")) aria-current=[(asked.state == name).then_some("true")] {
                            (part::state_words(lang, name))
                        }
                        @match of(name) {
                            Some(calls) if calls > COUNTED => { " " (say!(lang, "queue-more-than", calls = COUNTED)) }
                            Some(calls) => { " " (calls) }
                            None => {}
                        }
                    }
                }
                li { a href="/holds" { (say!(lang, "holds-title")) } }
            }
        }
    }
}

fn form(visitor: &Visitor, asked: &Asked) -> Markup {
    let lang = visitor.lang;
    html! {
        form.filter method="get" action="/queue" role="search" {
            label { (say!(lang, "queue-state"))
                select name="state" {
                    option value="" { (say!(lang, "queue-open")) }
                    @for name in STATES { option value=(name) selected[asked.state == name] { (part::state_words(lang, name)) } }
                }
            }
            label { (say!(lang, "queue-upstream"))
                select name="upstream" {
                    option value="" { (say!(lang, "queue-any")) }
                    @for name in Upstream::ALL.map(Upstream::as_str) { option value=(name) selected[asked.upstream == name] { (lang.site(name)) } }
                }
            }
            label { (say!(lang, "queue-operation")) input name="operation" value=(asked.operation) placeholder="keaz.remains"; }
            label { (say!(lang, "queue-about")) input name="about" value=(asked.about); }
            label { (say!(lang, "queue-id")) input name="id" inputmode="numeric" pattern="[0-9]*" size="8"; }
            button type="submit" { (say!(lang, "queue-find")) }
        }
    }
}

fn calls(visitor: &Visitor, clock: &Clock, asked: &Asked, found: &Found) -> Markup {
    let lang = visitor.lang;
    html! {
        section #calls data-live {
            @if found.calls.is_empty() { p { (say!(lang, "queue-none")) } }
            @else {
                div.tablewrap tabindex="0" role="region" aria-label=(say!(lang, "queue-calls")) {
                    table {
                        thead { tr {
                            th.n scope="col" { (say!(lang, "queue-id")) }
                            th scope="col" { (say!(lang, "queue-state")) }
                            th scope="col" { (say!(lang, "queue-operation")) }
                            th scope="col" { (say!(lang, "queue-what")) }
                            th.n scope="col" { (say!(lang, "queue-tries")) }
                            th scope="col" { (say!(lang, "queue-when")) }
                            th scope="col" { (say!(lang, "queue-why")) }
                        } }
                        tbody { @for call in &found.calls { (row(visitor, clock, call)) } }
                    }
                }
            }
            @if let Some(searched) = found.searched { p.hint { (say!(lang, "queue-partial", calls = searched)) } }
            @if let Some(older) = found.older {
                p { a href=(format!("/queue{}", asked.query(&older.to_string()))) rel="next" { (say!(lang, "queue-older")) } }
            }
            (part::zone(lang, clock))
        }
    }
}

fn row(visitor: &Visitor, clock: &Clock, call: &Line) -> Markup {
    let when = match (call.ended_at, call.state.as_str()) {
        (Some(ended), _) => ended,
        (None, "pending") => call.due_at,
        (None, _) => call.created_at,
    };
    html! { tr {
        td.n { (part::call(call.id)) }
        td { (part::state(visitor.lang, &call.state)) }
        td { code { (call.operation) } }
        td.mono { (clip(&call.args, 80)) }
        td.n { (call.attempt) }
        td { (part::time(clock, when)) }
        td.words { (clip(call.reason.as_deref().unwrap_or("–"), 160)) }
    } }
}

/// Dead calls, as many as the filter finds, made due at once: those that were there when the page was made.
fn all(visitor: &Visitor, asked: &Asked, found: &Found) -> Markup {
    let lang = visitor.lang;
    let newest = found.calls.first().map(|call| call.id);
    let Some(newest) = newest.filter(|_| asked.state == "dead") else {
        return html! {};
    };
    let confirm = say!(lang, "queue-retry-all-sure");
    let hidden = [
        ("upstream", asked.upstream.as_str()),
        ("operation", &asked.operation),
        ("about", &asked.about),
        ("up_to", &newest.to_string()),
    ];
    let content = html! {
        button type="submit" data-confirm=(confirm) { (say!(lang, "queue-retry-all")) }
        p.hint { (say!(lang, "queue-retry-all-hint", calls = list::AT_ONCE)) }
    };
    frame::act(visitor, "/queue/retry-all", &hidden, &content)
}
