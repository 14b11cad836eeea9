//! `/history`: what happened, newest first, with a filter by time, job, and whether a person did it. What `sverka history`
//! prints.

use axum::Json;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::Utc;
use maud::{Markup, html};
use serde::Deserialize;

use super::door::Visitor;
use super::show::Reader;
use super::{PageError, Site, frame, look, part};
use crate::history::told::Teller;
use crate::history::when::{Bad, Typed, Window};
use crate::history::{self, Entry, Filter, History, What};
use crate::job::Job;
use crate::say;

/// So many entries stand on a page.
const ON_A_PAGE: i64 = 200;

/// What was typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    at: String,
    since: String,
    until: String,
    job: String,
    by_hand: String,
}

impl Asked {
    fn filter(&self, site: &Site) -> Result<Filter, Bad> {
        let typed = Typed {
            at: Some(&self.at),
            since: Some(&self.since),
            until: Some(&self.until),
        };
        Ok(Filter {
            window: Window::of(typed, site.now().settings.schedule.timezone, Utc::now())?,
            job: Job::parse(&self.job),
            by_hand: !self.by_hand.is_empty(),
            limit: ON_A_PAGE,
        })
    }

    /// The same, but of another time.
    fn of_time(&self, since: &str, until: &str) -> String {
        let query = part::query(&[
            ("since", since),
            ("until", until),
            ("job", &self.job),
            ("by_hand", &self.by_hand),
        ]);
        format!("/history{query}")
    }
}

pub(super) async fn page(
    State(site): State<Site>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let context = site.now();
    let reader = Reader::new(&visitor, &context);
    let title = say!(reader.lang, "nav-history");
    let filter = match asked.filter(&site) {
        Ok(filter) => filter,
        Err(bad) => {
            let content = html! { (form(&reader, &asked)) p.notice.warn role="alert" { (said(&reader, &bad)) } };
            let page = frame::page(&visitor, &title, &content);
            return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
        }
    };
    let history = look(history::read(&site.pool, &context, &filter)).await?;
    let content = html! {
        (form(&reader, &asked))
        section #history data-live { (lines(&reader, &asked, &history)) }
        (reader.zone())
    };
    Ok(frame::page(&visitor, &title, &content).into_response())
}

/// `GET /api/v1/history`
pub(super) async fn api(State(site): State<Site>, Query(asked): Query<Asked>) -> Result<Response, PageError> {
    let filter = match asked.filter(&site) {
        Ok(filter) => filter,
        Err(bad) => return Ok((StatusCode::UNPROCESSABLE_ENTITY, format!("{bad}\n")).into_response()),
    };
    let history = look(history::read(&site.pool, &site.now(), &filter)).await?;
    Ok(Json(history).into_response())
}

fn said(reader: &Reader<'_>, bad: &Bad) -> String {
    match bad {
        Bad::Unknown(text) => say!(reader.lang, "history-bad", text = part::plain(text)),
        Bad::Backwards => say!(reader.lang, "history-backwards"),
    }
}

fn form(reader: &Reader<'_>, asked: &Asked) -> Markup {
    let lang = reader.lang;
    html! {
        form.filter method="get" action="/history" role="search" {
            @for (name, words, value) in [
                ("at", say!(lang, "history-around"), &asked.at),
                ("since", say!(lang, "history-since"), &asked.since),
                ("until", say!(lang, "history-until"), &asked.until),
            ] {
                label { (words) input name=(name) value=(value) size="16" aria-describedby="history-hint"; }
            }
            label { (say!(lang, "runs-job"))
                select name="job" {
                    option value="" { (say!(lang, "diff-all-jobs")) }
                    @for job in Job::ALL.map(Job::as_str) {
                        option value=(job) selected[asked.job == job] { (reader.job(job)) }
                    }
                }
            }
            label { (say!(lang, "history-by-hand"))
                input type="checkbox" name="by_hand" value="yes" checked[!asked.by_hand.is_empty()];
            }
            button type="submit" { (say!(lang, "diff-show")) }
        }
        p.hint #history-hint { (say!(lang, "history-hint")) }
        ul.counts {
            @for (since, words) in [
                ("1h", say!(lang, "history-hour")),
                ("1d", say!(lang, "history-day")),
                ("7d", say!(lang, "history-week")),
            ] { li { a href=(asked.of_time(since, "")) { (words) } } }
        }
    }
}

fn lines(reader: &Reader<'_>, asked: &Asked, history: &History) -> Markup {
    let lang = reader.lang;
    let teller = Teller {
        lang,
        clock: reader.clock,
    };
    html! {
        p { (say!(lang, "history-from-to", since = reader.clock.brief(history.since), until = reader.clock.brief(history.until))) }
        @if history.entries.is_empty() { p { (say!(lang, "history-none")) } } @else {
            div.tablewrap tabindex="0" role="region" aria-label=(say!(lang, "nav-history")) {
                table {
                    thead { tr {
                        th scope="col" { (say!(lang, "history-time")) }
                        th scope="col" { (say!(lang, "history-what")) }
                    } }
                    tbody { @for entry in history.entries.iter().rev() { tr {
                        td { (reader.time(entry.at)) }
                        td { (line(&teller, entry)) }
                    } } }
                }
            }
        }
        @if history.is_cut && let Some(first) = history.entries.first() {
            p {
                (say!(lang, "history-cut", entries = history.entries.len())) " "
                a href=(asked.of_time(&history.since.to_rfc3339(), &first.at.to_rfc3339())) rel="next" { (say!(lang, "history-earlier")) }
            }
        }
        @if !history.jobs.is_empty() {
            h2 { (say!(lang, "history-sums")) }
            ul { @for sum in &history.jobs { li { a href={ "/runs?job=" (sum.job) } { (teller.sum(sum)) } } } }
        }
    }
}

/// In words, in the colour of how bad it is, with the way to where more is known.
fn line(teller: &Teller, entry: &Entry) -> Markup {
    let words = part::plain(&teller.line(entry));
    let class = match &entry.what {
        What::Run(run) => match run.outcome.as_deref() {
            Some("failed") => "wrong",
            _ => "",
        },
        What::LeftAlone { .. } | What::GivenUp { .. } | What::DaemonGone(_) | What::Restored { .. } => "wrong",
        _ => "",
    };
    let path = match &entry.what {
        What::Run(run) => Some(format!("/runs/{}", run.run)),
        What::GivenUp { call, .. } | What::Refused { call, .. } | What::Act { call: Some(call), .. } => {
            Some(format!("/queue/{call}"))
        }
        What::Held { hold, .. } => Some(format!("/holds/{hold}")),
        What::Drift { run: Some(run), .. } => Some(format!("/runs/{run}")),
        _ => None,
    };
    html! {
        span class=(class) {
            @match path { Some(path) => a href=(path) { (words) }, None => (words) }
        }
    }
}
