//! `/diff`: what would be pushed, old and new; by job, warehouse, brand and article. And the holds of the guard.
//!
//! The figures are those of `diff/tally.rs`: the page never waits for the views.

use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;

use super::door::Visitor;
use super::show::{Reader, count};
use super::{PageError, Site, frame, look, ours, part};
use crate::diff::figures::{Figures, Filter, Row};
use crate::diff::plan::Total;
use crate::diff::tally::Known;
use crate::hold::look::{self as holds, HoldView};
use crate::job::Job;
use crate::say;

/// What the form asks for.
#[derive(Clone, Debug, Default, Deserialize)]
pub(super) struct Asked {
    job: Option<String>,
    warehouse: Option<String>,
    brand: Option<String>,
    article: Option<String>,
}

/// Longer than any code, brand or article.
const LETTERS: usize = 200;

impl Asked {
    /// A job that there is none of asks for all of them.
    pub(super) fn filter(&self) -> Filter {
        let text = |field: &Option<String>| {
            let text = field.as_deref().map(str::trim).filter(|text| !text.is_empty())?;
            Some(text.chars().take(LETTERS).collect())
        };
        Filter {
            job: self.job.as_deref().and_then(Job::parse),
            warehouse: text(&self.warehouse),
            brand: text(&self.brand),
            article: text(&self.article),
        }
    }
}

pub(super) async fn page(
    State(site): State<Site>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Markup, PageError> {
    let held = look(holds::list(&site.pool, false)).await?;
    let filter = asked.filter();
    let known = site.tally.ask(&filter).await;
    let context = site.now();
    let reader = Reader::new(&visitor, &context);
    let lang = reader.lang;
    let content = html! {
        p { (say!(lang, "diff-about")) }
        (form(&reader, &filter))
        section #holds data-live { (holds_of(&reader, &held)) }
        section #rows data-live {
            h2 { (say!(lang, "diff-rows")) }
            (as_of(&reader, &known))
            @if let Some(found) = &known.found {
                (totals(&reader, &found.totals))
                (rows(&reader, found))
            }
        }
        (reader.zone())
    };
    Ok(frame::page(&visitor, &say!(lang, "nav-diff"), &content))
}

fn form(reader: &Reader<'_>, filter: &Filter) -> Markup {
    let lang = reader.lang;
    let fields = [
        ("warehouse", say!(lang, "diff-warehouse"), &filter.warehouse),
        ("brand", say!(lang, "diff-brand"), &filter.brand),
        ("article", say!(lang, "diff-article"), &filter.article),
    ];
    html! {
        form.filter method="get" action="/diff" role="search" {
            label { (say!(lang, "runs-job"))
                select name="job" {
                    option value="" { (say!(lang, "diff-all-jobs")) }
                    @for job in Job::ALL {
                        option value=(job.as_str()) selected[filter.job == Some(job)] { (reader.job(job.as_str())) }
                    }
                }
            }
            @for (name, words, value) in fields {
                label { (words) input type="search" name=(name) value=[value.as_deref()] maxlength=(LETTERS) autocomplete="off"; }
            }
            button type="submit" { (say!(lang, "diff-show")) }
            @if *filter != Filter::default() { a href="/diff" { (say!(lang, "diff-clear")) } }
        }
    }
}

fn holds_of(reader: &Reader<'_>, held: &[HoldView]) -> Markup {
    let lang = reader.lang;
    html! {
        @if !held.is_empty() {
            h2 { (say!(lang, "diff-holds")) }
            p { (say!(lang, "diff-holds-about")) }
            ul.cards {
                @for hold in held {
                    li.card {
                        h3 {
                            a href={ "/holds/" (hold.id) } {
                                (say!(lang, "diff-hold", id = hold.id.to_string(), job = reader.job(&hold.job), rows = hold.rows))
                                @if !hold.scope.is_empty() { ", " (part::plain(&hold.scope)) }
                            }
                            @if hold.state == "refused" { " " span.state.warn { (say!(lang, "diff-hold-refused")) } }
                        }
                        p { (ours::told(lang, &hold.why)) "; " (reader.time(hold.created_at)) }
                        p.small { (part::plain(&hold.samples.join("; "))) }
                    }
                }
            }
        }
    }
}

/// How old the figures are, and what becomes of them.
pub(super) fn as_of(reader: &Reader<'_>, known: &Known) -> Markup {
    let lang = reader.lang;
    html! {
        p.hint {
            @match known.at() {
                Some(at) => { (say!(lang, "diff-as-of")) " " (reader.time(at)) }
                None if known.failed.is_none() => (say!(lang, "diff-counting")),
                None => {}
            }
            @if known.at().is_some() && known.is_under_way { "; " (say!(lang, "diff-counting-anew")) }
        }
        @if let Some(failed) = &known.failed { p.notice.warn { (say!(lang, "diff-failed")) " " q { (failed) } } }
    }
}

/// How many rows, by job and action.
pub(super) fn totals(reader: &Reader<'_>, totals: &[Total]) -> Markup {
    let lang = reader.lang;
    html! {
        @if totals.is_empty() { p { (say!(lang, "diff-nothing")) } } @else {
            div.tablewrap tabindex="0" role="region" aria-label=(say!(lang, "diff-totals")) {
                table {
                    thead { tr {
                        th scope="col" { (say!(lang, "runs-job")) }
                        th scope="col" { (say!(lang, "diff-action")) }
                        th.n scope="col" { (say!(lang, "diff-goes")) }
                        th.n scope="col" { (say!(lang, "diff-is-held")) }
                    } }
                    tbody {
                        @for total in totals {
                            tr {
                                th scope="row" { a href={ "/diff?job=" (total.job) } { (reader.job(&total.job)) } }
                                td { (action(reader, &total.action)) }
                                td.n { (count(total.rows)) }
                                td.n { (count(total.held)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn action(reader: &Reader<'_>, action: &str) -> String {
    reader
        .lang
        .known(&format!("action-{action}"))
        .unwrap_or_else(|| action.to_owned())
}

fn rows(reader: &Reader<'_>, found: &Figures) -> Markup {
    let lang = reader.lang;
    let of: i64 = found.totals.iter().map(|total| total.rows + total.held).sum();
    html! {
        @if !found.rows.is_empty() {
            div.tablewrap tabindex="0" role="region" aria-label=(say!(lang, "diff-rows")) {
                table {
                    @if (found.rows.len() as i64) < of {
                        caption { (say!(lang, "diff-first", rows = found.rows.len(), of = of)) }
                    }
                    thead { tr {
                        th scope="col" { (say!(lang, "runs-job")) }
                        th scope="col" { (say!(lang, "diff-action")) }
                        th scope="col" { (say!(lang, "diff-row")) }
                        th scope="col" { (say!(lang, "diff-old")) }
                        th scope="col" { (say!(lang, "diff-new")) }
                        th scope="col" { (say!(lang, "diff-why-held")) }
                    } }
                    tbody { @for row in &found.rows { (line(reader, row)) } }
                }
            }
        }
    }
}

fn line(reader: &Reader<'_>, row: &Row) -> Markup {
    html! {
        tr {
            td { (reader.job(&row.job)) }
            td { (action(reader, &row.action)) }
            th scope="row" { (name(row)) }
            td.old { (part::or_dash(row.old.as_deref())) }
            td { (part::or_dash(row.new.as_deref())) }
            td.words {
                @if let Some(held) = &row.held {
                    @let words = ours::told(reader.lang, held);
                    @match row.hold_id {
                        Some(id) => a href={ "/holds/" (id) } { (words) },
                        None => (words),
                    }
                }
            }
        }
    }
}

/// The row's name, leading to why it is what it is.
fn name(row: &Row) -> Markup {
    let path = match (&row.article, row.position) {
        (_, Some(position)) => part::order_path(&position.to_string()),
        (Some(article), None) => part::article_path(article),
        (None, None) => return html! { (part::plain(&row.row)) },
    };
    html! { a href=(path) { (part::plain(&row.row)) } }
}
