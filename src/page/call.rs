//! `/queue/{id}`: one call with its attempts, what was said on the wire, what people did about it, and what they may do.
//!
//! A quarantined call may have happened: both decisions about it have a page of their own that shows what the upstream
//! holds, with or without a script.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::door::Visitor;
use super::{PageError, Site, frame, look, part};
use crate::cli::curl;
use crate::operation;
use crate::queue::audit::{self, Act};
use crate::queue::journal::{self, ExchangeRow};
use crate::queue::look::{self as queue, AttemptRow, CallRow};
use crate::say;
use crate::words::clock::Clock;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    said: String,
}

/// A call and all that is kept of it.
struct Kept {
    call: CallRow,
    attempts: Vec<AttemptRow>,
    exchanges: Vec<ExchangeRow>,
    acts: Vec<Act>,
}

async fn kept(site: &Site, id: i64) -> Result<Option<Kept>, PageError> {
    let kept = look(async {
        let Some((call, attempts)) = queue::call(&site.pool, id).await? else {
            return Ok(None);
        };
        Ok(Some(Kept {
            call,
            attempts,
            exchanges: journal::of(&site.pool, id).await?,
            acts: audit::of_call(&site.pool, id).await?,
        }))
    });
    kept.await
}

pub(super) async fn page(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let Some(kept) = kept(&site, id).await? else {
        return Ok(unknown(&visitor, id));
    };
    let clock = part::teller(&site, &visitor).clock;
    let content = html! {
        (part::said(visitor.lang, &asked.said))
        section #call data-live {
            (facts(&visitor, &clock, &kept.call))
            @if kept.call.state == "quarantined" { (quarantined(&visitor, &clock, &kept.call)) } @else { (buttons(&visitor, &kept.call)) }
        }
        section #attempts data-live { (attempts(&visitor, &clock, &kept)) }
        section #acts data-live { (acts(&visitor, &clock, &kept.acts)) }
        (part::zone(visitor.lang, &clock))
    };
    let title = say!(visitor.lang, "queue-call", id = id);
    Ok(frame::page(&visitor, &title, &content).into_response())
}

/// `GET /api/v1/calls/{id}`: what `sverka queue show --format json` prints.
pub(super) async fn api(State(site): State<Site>, Path(id): Path<i64>) -> Result<Response, PageError> {
    let Some(kept) = kept(&site, id).await? else {
        return Ok((StatusCode::NOT_FOUND, Json(Value::Null)).into_response());
    };
    Ok(Json(json!({
        "call": kept.call, "attempts": kept.attempts, "exchanges": kept.exchanges, "acts": kept.acts,
    }))
    .into_response())
}

/// The two decisions about a call that may have happened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Decision {
    Retry,
    Cancel,
}

pub(super) async fn confirm_retry(
    site: State<Site>,
    visitor: Visitor,
    Path(id): Path<i64>,
) -> Result<Response, PageError> {
    confirm(&site, &visitor, id, Decision::Retry).await
}

pub(super) async fn confirm_cancel(
    site: State<Site>,
    visitor: Visitor,
    Path(id): Path<i64>,
) -> Result<Response, PageError> {
    confirm(&site, &visitor, id, Decision::Cancel).await
}

/// Asks once more, beside what the upstream holds.
async fn confirm(site: &Site, visitor: &Visitor, id: i64, decision: Decision) -> Result<Response, PageError> {
    let Some((call, _)) = look(queue::call(&site.pool, id)).await? else {
        return Ok(unknown(visitor, id));
    };
    let clock = part::teller(site, visitor).clock;
    let lang = visitor.lang;
    let (title, text) = match decision {
        Decision::Retry => (
            say!(lang, "queue-sure-retry", id = id),
            say!(lang, "queue-sure-retry-text"),
        ),
        Decision::Cancel => (
            say!(lang, "queue-sure-cancel", id = id),
            say!(lang, "queue-sure-cancel-text"),
        ),
    };
    let (name, button) = match decision {
        Decision::Retry => (
            "retry",
            html! { button.grave type="submit" { (say!(lang, "queue-make")) } },
        ),
        Decision::Cancel => (
            "cancel",
            html! { button type="submit" { (say!(lang, "queue-take-out")) } },
        ),
    };
    let consequence = operation::entry(&call.operation).and_then(|entry| entry.consequence);
    let content = html! {
        (facts(visitor, &clock, &call))
        (held(visitor, &clock, &call))
        p { (text) }
        @if let Some(consequence) = consequence.filter(|_| decision == Decision::Retry) {
            p.notice.warn { (call.operation) " " (consequence) }
        }
        (decide(visitor, &call, name, true, &button))
        p { a href=(format!("/queue/{id}")) { (say!(lang, "queue-back")) } }
        (part::zone(lang, &clock))
    };
    Ok(frame::page(visitor, &title, &content).into_response())
}

fn unknown(visitor: &Visitor, id: i64) -> Response {
    let title = say!(visitor.lang, "queue-unknown", id = id);
    let text = say!(visitor.lang, "queue-unknown-text");
    (StatusCode::NOT_FOUND, frame::message(visitor, &title, &text)).into_response()
}

fn facts(visitor: &Visitor, clock: &Clock, call: &CallRow) -> Markup {
    let lang = visitor.lang;
    let about = entry_about(call);
    html! {
        dl.facts {
            dt { (say!(lang, "queue-state")) } dd { (part::state(lang, &call.state)) " " (say!(lang, "queue-tries-so-far", tries = call.attempt)) }
            dt { (say!(lang, "queue-operation")) } dd { (call.operation) @if let Some(about) = about { span.hint { " " (about) } } }
            dt { (say!(lang, "queue-what")) } dd { code { (part::plain(&call.args.to_string())) } (named(call)) }
            dt { (say!(lang, "queue-since")) } dd { (part::time(clock, call.created_at)) }
            @if call.state == "pending" { dt { (say!(lang, "queue-next")) } dd { (part::time(clock, call.due_at)) } }
            @if let Some(ended) = call.ended_at { dt { (say!(lang, "queue-ended")) } dd { (part::time(clock, ended)) } }
            @if let Some(run) = call.run_id { dt { (say!(lang, "queue-run")) } dd { a href=(format!("/runs/{run}")) { (run) } } }
            @if let Some(reason) = &call.reason { dt { (say!(lang, "queue-why")) } dd { (part::plain(reason)) } }
            @if let Some(answer) = &call.answer {
                dt { (say!(lang, "queue-answer")) } dd { details #answer { summary { (say!(lang, "queue-show")) } pre { (pretty(answer)) } } }
            }
        }
    }
}

fn entry_about(call: &CallRow) -> Option<&'static str> {
    operation::entry(&call.operation).map(|entry| entry.about)
}

/// The pages of what it names: the first articles, a position, a purchase.
fn named(call: &CallRow) -> Markup {
    let articles = call.args.get("articles").and_then(Value::as_array);
    let articles: Vec<&str> = articles
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .take(5)
        .collect();
    let numbers = ["position", "purchase"].map(|name| call.args.get(name).and_then(Value::as_i64));
    html! {
        @for article in articles { " " (part::article(article)) }
        @for number in numbers.into_iter().flatten() { " " a href=(part::order_path(&number.to_string())) { (number) } }
    }
}

/// What may be done to a call that has not happened.
fn buttons(visitor: &Visitor, call: &CallRow) -> Markup {
    let lang = visitor.lang;
    let may_retry = matches!(call.state.as_str(), "dead" | "pending");
    let may_cancel = matches!(call.state.as_str(), "dead" | "pending" | "unknown");
    html! {
        @if may_retry { (decide(visitor, call, "retry", false, &html! { button type="submit" { (say!(lang, "queue-retry")) } })) }
        @if may_cancel {
            (decide(visitor, call, "cancel", false, &html! { button.plain type="submit" { (say!(lang, "queue-cancel")) } }))
        }
    }
}

/// The form of a decision, about the call as it is shown.
fn decide(visitor: &Visitor, call: &CallRow, decision: &str, sure: bool, button: &Markup) -> Markup {
    let attempt = call.attempt.to_string();
    let mut hidden = vec![("state", call.state.as_str()), ("attempt", &attempt)];
    if sure {
        hidden.push(("sure", "yes"));
    }
    frame::act(visitor, &format!("/queue/{}/{decision}", call.id), &hidden, button)
}

/// A call that may have happened: what the upstream holds, and the two ways on.
fn quarantined(visitor: &Visitor, clock: &Clock, call: &CallRow) -> Markup {
    let (lang, id) = (visitor.lang, call.id);
    let can_look = operation::entry(&call.operation).is_some_and(|entry| entry.read_back(&call.args).is_some());
    html! {
        h2 { (say!(lang, "queue-quarantined")) }
        p { (say!(lang, "queue-quarantined-text")) }
        (held(visitor, clock, call))
        @if can_look {
            (frame::act(visitor, &format!("/queue/{id}/look"), &[], &html! { button.plain type="submit" { (say!(lang, "queue-look")) } }))
        }
        ul.decisions {
            li { a.button href=(format!("/queue/{id}/cancel")) { (say!(lang, "queue-happened")) } }
            li { a.button href=(format!("/queue/{id}/retry")) { (say!(lang, "queue-did-not-happen")) } }
        }
    }
}

/// What the upstream held when it was last looked at.
fn held(visitor: &Visitor, clock: &Clock, call: &CallRow) -> Markup {
    let lang = visitor.lang;
    if call.state != "quarantined" {
        return html! {};
    }
    let upstream = lang.site(&call.upstream);
    html! {
        @match (call.look_state.as_deref(), &call.look) {
            (Some("done"), Some(look)) => {
                p { (say!(lang, "queue-held", upstream = upstream.clone())) " " (part::time_or_dash(clock, call.looked_at)) }
                pre { (pretty(look)) }
            }
            (Some("done"), None) | (None, _) => { p.notice { (say!(lang, "queue-never-looked")) } }
            (Some("dead" | "cancelled"), _) => {
                p.notice.warn { (say!(lang, "queue-look-failed", upstream = upstream.clone())) " " (part::or_dash(call.look_reason.as_deref())) }
            }
            (Some(_), _) => { p.notice { (say!(lang, "queue-looking", upstream = upstream.clone())) } }
        }
    }
}

fn attempts(visitor: &Visitor, clock: &Clock, kept: &Kept) -> Markup {
    let lang = visitor.lang;
    html! {
        h2 { (say!(lang, "queue-attempts")) }
        @if kept.attempts.is_empty() { p { (say!(lang, "queue-no-attempts")) } }
        @else {
            div.tablewrap tabindex="0" role="region" aria-label=(say!(lang, "queue-attempts")) {
                table {
                    thead { tr {
                        th.n scope="col" { (say!(lang, "queue-try")) }
                        th scope="col" { (say!(lang, "queue-started")) }
                        th scope="col" { (say!(lang, "queue-ended")) }
                        th scope="col" { (say!(lang, "queue-outcome")) }
                        th.n scope="col" { "HTTP" }
                        th scope="col" { (say!(lang, "queue-next")) }
                        th scope="col" { (say!(lang, "queue-words")) }
                    } }
                    tbody { @for attempt in &kept.attempts { tr {
                        td.n { (attempt.attempt) }
                        td { (part::time(clock, attempt.started_at)) }
                        td { (part::time_or_dash(clock, attempt.ended_at)) }
                        td { (outcome(visitor, attempt.outcome.as_deref())) }
                        td.n { @if let Some(status) = attempt.http_status { (status) } @else { "–" } }
                        td { (part::time_or_dash(clock, attempt.retry_at)) }
                        td.words { (part::or_dash(attempt.words.as_deref())) }
                    } } }
                }
            }
        }
        @for exchange in &kept.exchanges { (said(visitor, exchange)) }
        @if kept.exchanges.is_empty() && !kept.attempts.is_empty() { p.hint { (say!(lang, "queue-no-exchanges")) } }
    }
}

fn outcome(visitor: &Visitor, outcome: Option<&str>) -> String {
    let name = outcome.unwrap_or("none").replace(' ', "-");
    let known = visitor.lang.known(&format!("attempt-{name}"));
    known.unwrap_or(name)
}

/// One request and its answer, as a command for a shell.
fn said(visitor: &Visitor, exchange: &ExchangeRow) -> Markup {
    let status = exchange.status.map_or_else(|| "-".into(), |status| status.to_string());
    let id = format!("exchange-{}-{}", exchange.attempt, exchange.number);
    html! {
        details id=(id) {
            summary {
                (say!(visitor.lang, "queue-exchange", number = exchange.attempt, method = exchange.method.clone(),
                    status = status, took = exchange.took_ms))
            }
            pre { (part::plain(&curl::command(exchange))) }
        }
    }
}

fn acts(visitor: &Visitor, clock: &Clock, acts: &[Act]) -> Markup {
    html! {
        @if !acts.is_empty() {
            h2 { (say!(visitor.lang, "queue-acts")) }
            ul { @for act in acts { li {
                (part::time(clock, act.at)) " " (part::plain(&act.who)) ": " code { (act.command) }
                @if let Some(words) = &act.words { " (" (part::plain(words)) ")" }
            } } }
        }
    }
}

fn pretty(value: &Value) -> String {
    part::plain(&serde_json::to_string_pretty(value).unwrap_or_default())
}
