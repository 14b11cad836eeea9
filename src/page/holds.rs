//! `/holds`: what `[guard]` keeps back; `/holds/{id}`: its rows, and the two decisions about them.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::door::Visitor;
use super::{PageError, Site, frame, look, ours, part};
use crate::hold::look::{self as hold, HeldRow, HoldView};
use crate::say;
use crate::words::Lang;
use crate::words::clock::Clock;

/// So many holds are listed.
const HOLDS: i64 = 100;
/// So many rows stand on a page.
const ROWS: i64 = 200;

/// From which row on a hold is shown, and what has just been done.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    said: String,
    place: String,
    brand: String,
    article: String,
}

pub(super) async fn list(State(site): State<Site>, visitor: Visitor) -> Result<Markup, PageError> {
    let holds = look(hold::newest(&site.pool, HOLDS)).await?;
    let clock = part::teller(&site, &visitor).clock;
    let lang = visitor.lang;
    let content = html! {
        p { (say!(lang, "holds-text")) }
        section #holds data-live {
            @if holds.is_empty() { p { (say!(lang, "holds-none")) } }
            @else { (table(&visitor, &clock, &holds)) }
            (part::zone(lang, &clock))
        }
    };
    Ok(frame::page(&visitor, &say!(lang, "holds-title"), &content))
}

/// `GET /api/v1/holds`
pub(super) async fn api_list(State(site): State<Site>) -> Result<Json<Vec<HoldView>>, PageError> {
    Ok(Json(look(hold::newest(&site.pool, HOLDS)).await?))
}

fn table(visitor: &Visitor, clock: &Clock, holds: &[HoldView]) -> Markup {
    let lang = visitor.lang;
    html! {
        div.tablewrap tabindex="0" role="region" aria-label=(say!(lang, "holds-title")) {
            table {
                thead { tr {
                    th.n scope="col" { (say!(lang, "holds-id")) }
                    th scope="col" { (say!(lang, "holds-state")) }
                    th scope="col" { (say!(lang, "holds-where")) }
                    th.n scope="col" { (say!(lang, "holds-rows")) }
                    th scope="col" { (say!(lang, "holds-since")) }
                    th scope="col" { (say!(lang, "holds-why")) }
                } }
                tbody { @for hold in holds { tr {
                    td.n { a href=(format!("/holds/{}", hold.id)) { (hold.id) } }
                    td { (state(visitor, hold)) }
                    td { (place(lang, hold)) }
                    td.n { (hold.rows) " / " (hold.of) }
                    td { (part::time(clock, hold.created_at)) }
                    td.words { (ours::told(lang, &hold.why)) }
                } } }
            }
        }
    }
}

pub(super) async fn page(
    State(site): State<Site>,
    visitor: Visitor,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let Some((hold, rows)) = read(&site, id, &asked).await? else {
        let title = say!(visitor.lang, "holds-unknown", id = id);
        let text = say!(visitor.lang, "holds-unknown-text");
        return Ok((StatusCode::NOT_FOUND, frame::message(&visitor, &title, &text)).into_response());
    };
    let clock = part::teller(&site, &visitor).clock;
    // The buttons stand in the live part, so that they are about the rows that are shown.
    let content = html! {
        (part::said(visitor.lang, &asked.said))
        section #hold data-live {
            (facts(&visitor, &clock, &hold))
            (buttons(&visitor, &hold))
            (held(&visitor, &hold, &rows))
            (part::zone(visitor.lang, &clock))
        }
    };
    let title = say!(visitor.lang, "holds-one", id = id);
    Ok(frame::page(&visitor, &title, &content).into_response())
}

/// `GET /api/v1/holds/{id}`: what `sverka hold show --format json` prints.
pub(super) async fn api(
    State(site): State<Site>,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let Some((hold, rows)) = read(&site, id, &asked).await? else {
        return Ok((StatusCode::NOT_FOUND, Json(Value::Null)).into_response());
    };
    Ok(Json(json!({ "hold": hold, "rows": rows })).into_response())
}

/// Hold and rows of one moment: a release goes by the mark of just these.
async fn read(site: &Site, id: i64, asked: &Asked) -> Result<Option<(HoldView, Vec<HeldRow>)>, PageError> {
    let after = (asked.place.as_str(), asked.brand.as_str(), asked.article.as_str());
    look(hold::with_rows(&site.pool, id, after, ROWS)).await
}

fn facts(visitor: &Visitor, clock: &Clock, hold: &HoldView) -> Markup {
    let lang = visitor.lang;
    html! {
        dl.facts {
            dt { (say!(lang, "holds-state")) } dd { (state(visitor, hold))
                @if let (Some(who), Some(at)) = (&hold.decided_by, hold.decided_at) { " " (part::plain(who)) ", " (part::time(clock, at)) }
            }
            dt { (say!(lang, "holds-where")) } dd { (place(lang, hold)) }
            dt { (say!(lang, "holds-why")) } dd { (ours::told(lang, &hold.why)) }
            dt { (say!(lang, "holds-since")) } dd { (part::time(clock, hold.created_at)) }
            dt { (say!(lang, "holds-seen")) } dd { (part::time(clock, hold.seen_at)) }
            @if let Some(run) = hold.run_id { dt { (say!(lang, "holds-run")) } dd { a href=(format!("/runs/{run}")) { (run) } } }
        }
    }
}

fn buttons(visitor: &Visitor, hold: &HoldView) -> Markup {
    let lang = visitor.lang;
    let (id, rows) = (hold.id, hold.rows);
    let sure = say!(lang, "holds-release-sure", rows = rows);
    html! {
        @if matches!(hold.state.as_str(), "held" | "refused") {
            p { (say!(lang, "holds-decide", job = lang.job(&hold.job))) }
            (frame::act(visitor, &format!("/holds/{id}/release"), &[("mark", hold.mark.as_str())], &html! {
                button.grave #release type="submit" data-confirm=(sure) { (say!(lang, "holds-release", rows = rows)) }
            }))
        }
        @if hold.state == "held" {
            (frame::act(visitor, &format!("/holds/{id}/refuse"), &[], &html! {
                button.plain #refuse type="submit" { (say!(lang, "holds-refuse")) }
            }))
        }
    }
}

fn held(visitor: &Visitor, hold: &HoldView, rows: &[HeldRow]) -> Markup {
    let lang = visitor.lang;
    let more = rows.last().filter(|_| i64::try_from(rows.len()) == Ok(ROWS));
    html! {
        div.tablewrap tabindex="0" role="region" aria-label=(say!(lang, "holds-rows")) {
            table {
                caption { (say!(lang, "holds-rows-of", rows = hold.rows, of = hold.of)) }
                thead { tr {
                    th scope="col" { (say!(lang, "holds-place")) }
                    th scope="col" { (say!(lang, "holds-article")) }
                    th.n scope="col" { (say!(lang, "holds-old")) }
                    th.n scope="col" { (say!(lang, "holds-new")) }
                } }
                tbody { @for row in rows { tr {
                    td { (part::plain(&row.place)) }
                    td { @if !row.brand.is_empty() { (part::plain(&row.brand)) " " } (part::article(&row.article)) }
                    td.n.old { (part::or_dash(row.old_value.as_deref())) }
                    td.n { @match row.new_value.as_deref() { Some(new) => { (part::plain(new)) } None => { (say!(lang, "holds-gone")) } } }
                } } }
            }
        }
        @if let Some(last) = more {
            @let query = part::query(&[("place", &last.place), ("brand", &last.brand), ("article", &last.article)]);
            p { a href=(format!("/holds/{}{query}", hold.id)) rel="next" { (say!(lang, "holds-more")) } }
        }
    }
}

fn state(visitor: &Visitor, hold: &HoldView) -> Markup {
    let class = match hold.state.as_str() {
        "held" | "refused" => "state warn",
        _ => "state",
    };
    let words = visitor.lang.known(&format!("hold-state-{}", hold.state));
    html! { span class=(class) { (words.unwrap_or_else(|| hold.state.clone())) } }
}

fn place(lang: Lang, hold: &HoldView) -> String {
    let upstream = lang.site(&hold.upstream);
    if hold.scope.is_empty() {
        return upstream;
    }
    format!("{upstream}, {}", part::plain(&hold.scope))
}
