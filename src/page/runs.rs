//! `/runs` and `/runs/{id}`: what is under way, how it went before, and what went wrong in one run. And the button that
//! starts a job.

use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::door::{Asked, Visitor};
use super::overview::sync_now;
use super::plot::{self, Bar};
use super::show::{Reader, count, number, span};
use super::{PageError, Site, frame, look, ours, part};
use crate::db::deadline::{ORDINARY, within};
use crate::job::Job;
use crate::queue::look::{self as queue, RunRow};
use crate::queue::run::history::{self, Part, Point, Trouble};
use crate::queue::run::{self, Trigger};
use crate::say;

/// So many past runs stand on a page.
pub(super) const ON_A_PAGE: i64 = 50;

/// Which past runs.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Which {
    job: Option<String>,
    /// Runs older than this one.
    before: Option<i64>,
}

impl Which {
    /// The job, also one that nobody asks for by name.
    pub(super) fn job(&self) -> Option<&'static str> {
        self.job.as_deref().and_then(Job::of_run).map(Job::as_str)
    }

    pub(super) fn before(&self) -> Option<i64> {
        self.before
    }
}

pub(super) async fn page(
    State(site): State<Site>,
    visitor: Visitor,
    Query(which): Query<Which>,
) -> Result<Markup, PageError> {
    let context = site.now();
    let configured = Job::ALL.into_iter().filter(|job| job.is_configured(&context));
    let drawn: Vec<&str> = match which.job() {
        Some(job) => vec![job],
        None => configured.map(Job::as_str).collect(),
    };
    let pool = &site.pool;
    let open = look(history::open(pool)).await?;
    let points = look(history::points(pool, &drawn)).await?;
    let past = look(history::ended(pool, which.job(), which.before, ON_A_PAGE)).await?;
    let reader = Reader::new(&visitor, &context);
    let lang = reader.lang;
    let content = html! {
        (filter(&reader, which.job()))
        section #open data-live {
            h2 { (say!(lang, "runs-open")) }
            @if open.is_empty() { p { (say!(lang, "runs-none-open")) } }
            ul.cards { @for run in &open { li.card { (under_way(&reader, run)) } } }
        }
        section #plots data-live {
            h2 { (say!(lang, "runs-plots")) }
            @if points.is_empty() { p { (say!(lang, "runs-none")) } }
            ul.cards {
                @for job in &drawn {
                    @let points: Vec<&Point> = points.iter().filter(|point| point.job == *job).collect();
                    @if !points.is_empty() { li.card { (plots(&reader, job, &points)) } }
                }
            }
        }
        section #past data-live {
            h2 { (say!(lang, "runs-past")) }
            @if past.is_empty() { p { (say!(lang, "runs-none")) } } @else { (table(&reader, &past)) }
            @if past.len() as i64 == ON_A_PAGE && let Some(last) = past.last() { (older(&reader, &which, last.id)) }
        }
        (reader.zone())
    };
    Ok(frame::page(&visitor, &say!(lang, "nav-runs"), &content))
}

fn filter(reader: &Reader<'_>, job: Option<&str>) -> Markup {
    let lang = reader.lang;
    html! {
        form.filter method="get" action="/runs" role="search" {
            label { (say!(lang, "runs-job"))
                select name="job" {
                    option value="" { (say!(lang, "diff-all-jobs")) }
                    @for one in Job::ALL.map(Job::as_str) {
                        option value=(one) selected[job == Some(one)] { (reader.job(one)) }
                    }
                }
            }
            button type="submit" { (say!(lang, "diff-show")) }
        }
        @if let Some(job) = job.filter(|job| Job::parse(job).is_some()) { p { (sync_now(reader, job)) } }
    }
}

fn older(reader: &Reader<'_>, which: &Which, last: i64) -> Markup {
    let job = which.job().map(|job| format!("job={job}&")).unwrap_or_default();
    html! { p { a href={ "/runs?" (job) "before=" (last) } rel="next" { (say!(reader.lang, "runs-older")) } } }
}

/// How far a run is: a bar and the same in words.
pub(super) fn progress(reader: &Reader<'_>, run: &RunRow) -> Markup {
    let done = (run.calls - run.open_calls).max(0);
    let words = say!(reader.lang, "runs-progress", done = done, calls = run.calls);
    html! {
        progress max=(run.calls.max(1)) value=(done) aria-label=(words) {}
        span.hint { (words) }
    }
}

fn under_way(reader: &Reader<'_>, run: &RunRow) -> Markup {
    let lang = reader.lang;
    html! {
        h3 { a href={ "/runs/" (run.id) } { (reader.job(&run.job)) " " (run.id) } " " (reader.outcome(run)) }
        (progress(reader, run))
        p {
            (say!(lang, "runs-rows", pulled = run.rows_pulled, pushed = run.rows_pushed, refused = run.rows_refused))
            @if let Some(at) = run.started_at { br; (say!(lang, "runs-for", span = reader.since(at))) }
        }
    }
}

fn plots(reader: &Reader<'_>, job: &str, points: &[&Point]) -> Markup {
    let lang = reader.lang;
    let bars = |value: fn(&Point) -> f64, said: &dyn Fn(f64) -> String| -> Vec<Bar> {
        let bar = |point: &&Point| Bar {
            value: value(point),
            class: match point.outcome.as_deref() {
                Some("failed") => "bad",
                Some("partial" | "superseded") => "warn",
                _ => "",
            },
            title: format!(
                "{} {}: {}",
                point.id,
                reader.clock.brief(point.started_at),
                said(value(point))
            ),
        };
        points.iter().map(bar).collect()
    };
    let most = |bars: &[Bar]| bars.iter().map(|bar| bar.value).fold(0.0, f64::max);
    let in_time = |seconds: f64| span(lang, seconds);
    let in_rows = |rows: f64| number(rows as i64);
    let took = bars(|point| point.seconds, &in_time);
    let rows = bars(|point| point.rows as f64, &in_rows);
    let last = |bars: &[Bar]| bars.last().map_or(0.0, |bar| bar.value);
    let of_time = say!(
        lang,
        "runs-plot-time",
        last = in_time(last(&took)),
        most = in_time(most(&took))
    );
    let of_rows = say!(
        lang,
        "runs-plot-rows",
        last = in_rows(last(&rows)),
        most = in_rows(most(&rows))
    );
    html! {
        h3 { a href={ "/runs?job=" (job) } { (reader.job(job)) } }
        p.small { (of_time) }
        (plot::bars(&of_time, &took))
        p.small { (of_rows) }
        (plot::bars(&of_rows, &rows))
    }
}

fn table(reader: &Reader<'_>, runs: &[RunRow]) -> Markup {
    let lang = reader.lang;
    html! {
        div.tablewrap tabindex="0" role="region" aria-label=(say!(lang, "runs-past")) {
            table {
                thead { tr {
                    th scope="col" { (say!(lang, "runs-run")) }
                    th scope="col" { (say!(lang, "runs-job")) }
                    th scope="col" { (say!(lang, "runs-outcome")) }
                    th scope="col" { (say!(lang, "runs-began")) }
                    th.n scope="col" { (say!(lang, "runs-took")) }
                    th.n scope="col" { (say!(lang, "runs-pulled")) }
                    th.n scope="col" { (say!(lang, "runs-pushed")) }
                    th.n scope="col" { (say!(lang, "runs-refused")) }
                    th.n scope="col" { (say!(lang, "runs-dead")) }
                    th scope="col" { (say!(lang, "runs-note")) }
                } }
                tbody { @for run in runs { (row(reader, run)) } }
            }
        }
    }
}

fn row(reader: &Reader<'_>, run: &RunRow) -> Markup {
    html! {
        tr {
            th scope="row" { a href={ "/runs/" (run.id) } { (run.id) } }
            td { (reader.job(&run.job)) @if let Some(scope) = &run.scope { ", " (scope) } }
            td { (reader.outcome(run)) }
            td { (reader.time(run.started_at.unwrap_or(run.requested_at))) }
            td.n { @match took(run) { Some(seconds) => (span(reader.lang, seconds)), None => "–" } }
            td.n { (count(run.rows_pulled)) }
            td.n { (count(run.rows_pushed)) }
            td.n { (count(run.rows_refused)) }
            td.n { (count(run.dead_calls.into())) }
            td.words { @if let Some(note) = &run.note { (ours::told(reader.lang, note)) } }
        }
    }
}

fn took(run: &RunRow) -> Option<f64> {
    let (began, ended) = (run.started_at?, run.ended_at?);
    Some((ended - began).as_seconds_f64())
}

/// One run, as it stands.
pub(super) struct Whole {
    pub(super) run: RunRow,
    pub(super) parts: Vec<Part>,
    pub(super) troubles: Vec<Trouble>,
}

/// `None`: there is no such run, or not any more.
pub(super) async fn read(site: &Site, id: i64) -> Result<Option<Whole>, PageError> {
    let pool = &site.pool;
    let Some(run) = look(history::run(pool, id)).await? else {
        return Ok(None);
    };
    Ok(Some(Whole {
        parts: look(history::parts(pool, id)).await?,
        troubles: look(history::troubles(pool, &run)).await?,
        run,
    }))
}

pub(super) async fn one(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<i64>,
) -> Result<Response, PageError> {
    let Some(whole) = read(&site, id).await? else {
        return Ok(super::nothing_here(visitor).await);
    };
    let run = &whole.run;
    let waiting = if run.state == "ended" {
        None
    } else {
        look(queue::waiting(&site.pool, &[id])).await?
    };
    let context = site.now();
    let reader = Reader::new(&visitor, &context);
    let lang = reader.lang;
    let content = html! {
        section #run data-live {
            p { (reader.outcome(run)) " " @if run.state != "ended" { (progress(&reader, run)) } }
            @if let Some(waiting) = &waiting {
                p.notice.warn {
                    (say!(lang, "runs-waiting", calls = waiting.calls, upstream = lang.site(&waiting.upstream),
                          span = span(lang, waiting.next_try.as_secs_f64())))
                    @if let Some(reason) = &waiting.reason { " " q { (reason) } }
                }
            }
            (facts(&reader, run))
            (parts(&reader, &whole.parts))
            (troubles(&reader, &whole.troubles))
        }
        @if let Some(job) = Job::parse(&run.job) { p { (sync_now(&reader, job.as_str())) } }
        p { a href={ "/runs?job=" (run.job) } { (say!(lang, "runs-all-of-job")) } }
        (reader.zone())
    };
    let title = say!(lang, "runs-title", id = id.to_string(), job = reader.job(&run.job));
    Ok(frame::page(&visitor, &title, &content).into_response())
}

fn facts(reader: &Reader<'_>, run: &RunRow) -> Markup {
    let lang = reader.lang;
    let asked = lang.known(&format!("trigger-{}", run.trigger));
    html! {
        dl.facts {
            dt { (say!(lang, "runs-asked")) }
            dd { (reader.time(run.requested_at)) ", " (asked.as_deref().unwrap_or(&run.trigger)) }
            @if let Some(scope) = &run.scope { dt { (say!(lang, "runs-only")) } dd { (scope) } }
            dt { (say!(lang, "runs-began")) } dd { (reader.time_or_dash(run.started_at)) }
            dt { (say!(lang, "runs-ended")) }
            dd { (reader.time_or_dash(run.ended_at)) @if let Some(seconds) = took(run) { ", " (span(lang, seconds)) } }
            dt { (say!(lang, "runs-pulled")) } dd { (number(run.rows_pulled)) }
            dt { (say!(lang, "runs-pushed")) } dd { (number(run.rows_pushed)) }
            dt { (say!(lang, "runs-refused")) } dd { (number(run.rows_refused)) }
            dt { (say!(lang, "runs-calls")) }
            dd { (say!(lang, "runs-progress", done = (run.calls - run.open_calls).max(0), calls = run.calls)) }
            dt { (say!(lang, "runs-dead")) } dd { (number(run.dead_calls.into())) }
            @if let Some(note) = &run.note { dt { (say!(lang, "runs-note")) } dd { (ours::told(lang, note)) } }
        }
    }
}

fn parts(reader: &Reader<'_>, parts: &[Part]) -> Markup {
    let lang = reader.lang;
    html! {
        h2 { (say!(lang, "runs-calls")) }
        @if parts.is_empty() { p { (say!(lang, "runs-no-calls")) } } @else {
            div.tablewrap tabindex="0" role="region" aria-label=(say!(lang, "runs-calls")) {
                table {
                    thead { tr {
                        th scope="col" { (say!(lang, "runs-operation")) }
                        th scope="col" { (say!(lang, "overview-state")) }
                        th.n scope="col" { (say!(lang, "overview-calls")) }
                    } }
                    tbody {
                        @for one in parts {
                            tr {
                                th scope="row" { code { (one.operation) } }
                                td { (part::state(lang, &one.state)) }
                                td.n { (number(one.calls)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn troubles(reader: &Reader<'_>, troubles: &[Trouble]) -> Markup {
    let lang = reader.lang;
    html! {
        @if !troubles.is_empty() {
            h2 { (say!(lang, "runs-troubles")) }
            div.tablewrap tabindex="0" role="region" aria-label=(say!(lang, "runs-troubles")) {
                table {
                    thead { tr {
                        th scope="col" { (say!(lang, "runs-call")) }
                        th scope="col" { (say!(lang, "overview-state")) }
                        th scope="col" { (say!(lang, "runs-what")) }
                        th scope="col" { (say!(lang, "runs-reason")) }
                        th scope="col" { (say!(lang, "runs-next-try")) }
                    } }
                    tbody {
                        @for trouble in troubles {
                            tr {
                                th scope="row" { a href={ "/queue/" (trouble.id) } { (trouble.id) } }
                                td { (part::state(lang, &trouble.state)) }
                                td { code { (trouble.operation) } " " span.faint.mono { (clipped(&trouble.args.to_string())) } }
                                td.words { (part::or_dash(trouble.reason.as_deref())) }
                                td { (reader.time_or_dash(trouble.due_at)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn clipped(text: &str) -> String {
    const LETTERS: usize = 160;
    let mut clipped: String = text.chars().take(LETTERS).collect();
    if clipped.len() < text.len() {
        clipped.push('…');
    }
    clipped
}

/// What the button asks for.
#[derive(Deserialize)]
pub(super) struct Sync {
    job: String,
}

/// `POST /act/sync`: starts a job, or joins the run that is under way, and shows that run.
pub(super) async fn sync(
    State(site): State<Site>,
    visitor: Visitor,
    Asked(Sync { job }): Asked<Sync>,
) -> Result<Response, PageError> {
    let context = site.now();
    let job = Job::parse(&job).filter(|job| job.is_configured(&context));
    let Some(job) = job else {
        let (title, text) = (
            say!(visitor.lang, "sync-cannot"),
            say!(visitor.lang, "sync-cannot-text"),
        );
        let page = frame::message(&visitor, &title, &text);
        return Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response());
    };
    let request = async {
        // Somebody sits there and asks: an upstream that rests is tried at once.
        queue::resume(&site.pool, None).await?;
        run::request_by(&site.pool, &context, job, Trigger::Page, None, &visitor.who).await
    };
    let requested = within(ORDINARY, request).await?;
    Ok(Redirect::to(&format!("/runs/{}", requested.run_id())).into_response())
}
