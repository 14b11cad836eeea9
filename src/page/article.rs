//! `/article/{article}`: why KEAZ shows what it shows of an article, in the sentences of `sverka explain`.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::door::Visitor;
use super::{PageError, Site, frame, goods, look, part};
use crate::diff::article::told::Teller;
use crate::diff::article::verdict::Verdict;
use crate::diff::article::{self, Article, Change, Place};
use crate::say;

/// `?is=`, for what a path cannot hold.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub(super) is: String,
}

pub(super) async fn page(
    site: State<Site>,
    visitor: Visitor,
    Path(article): Path<String>,
) -> Result<Response, PageError> {
    show(&site, &visitor, &article).await
}

pub(super) async fn by_query(
    site: State<Site>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    show(&site, &visitor, &asked.is).await
}

/// `GET /api/v1/article/{article}`: what `sverka explain ARTICLE --format json` prints.
pub(super) async fn api(State(site): State<Site>, Path(name): Path<String>) -> Result<Response, PageError> {
    if let Some(found) = look(article::read(&site.pool, &name)).await? {
        return Ok(Json(found).into_response());
    }
    let nowhere = look(article::nowhere(&site.pool, &name)).await?;
    Ok((StatusCode::NOT_FOUND, Json(nowhere)).into_response())
}

async fn show(site: &Site, visitor: &Visitor, name: &str) -> Result<Response, PageError> {
    let Some(found) = look(article::read(&site.pool, name)).await? else {
        let nowhere = look(article::nowhere(&site.pool, name)).await?;
        let content = html! { (goods::form(visitor, name)) (goods::unknown(site, visitor, &nowhere)) };
        let page = frame::page(visitor, &part::plain(name), &content);
        return Ok((StatusCode::NOT_FOUND, page).into_response());
    };
    let teller = part::teller(site, visitor);
    let lang = visitor.lang;
    let content = html! {
        (goods::form(visitor, ""))
        section #article data-live {
            ul.cards { @for place in &found.places { li.card { (warehouse(&teller, &found, place)) } } }
            @if !found.prices.is_empty() {
                h2 { (say!(lang, "explain-prices")) }
                ul { @for price in &found.prices { li { (part::plain(&teller.price(price))) } } }
            }
            @if !found.offers.is_empty() {
                h2 { (say!(lang, "explain-offers")) }
                ul { @for offer in &found.offers { li { (part::plain(&teller.offer(offer))) } } }
            }
            @if !found.places.is_empty() { (history(&teller, &found)) }
            (part::zone(lang, &teller.clock))
        }
    };
    let title = say!(lang, "goods-article", article = part::plain(&found.article));
    Ok(frame::page(visitor, &title, &content).into_response())
}

fn warehouse(teller: &Teller, article: &Article, place: &Place) -> Markup {
    let class = match place.verdict {
        Verdict::Equal | Verdict::Gone => "notice good",
        Verdict::Refused | Verdict::Dead => "notice bad",
        _ => "notice warn",
    };
    html! {
        h2 { (part::plain(&place.warehouse)) @if let Some(name) = &place.name { ", " (part::plain(name)) } }
        p class=(class) { (part::plain(&teller.headline(article, place))) }
        ul.small {
            @for line in teller.details(article, place) { li { (part::plain(&line)) } }
            @if let Some(call) = &place.call {
                li { a href=(format!("/queue/{}", call.id)) { (say!(teller.lang, "explain-to-call", call = call.id)) } " " (part::state(teller.lang, &call.state)) }
            }
            @if let Some(hold) = place.hold { li { a href=(format!("/holds/{hold}")) { (say!(teller.lang, "explain-to-hold", hold = hold)) } } }
        }
    }
}

fn history(teller: &Teller, article: &Article) -> Markup {
    let lang = teller.lang;
    html! {
        h2 { (say!(lang, "explain-history")) }
        @if article.changes.is_empty() { p { (say!(lang, "explain-no-history")) } }
        @else {
            div.tablewrap tabindex="0" role="region" aria-label=(say!(lang, "explain-history")) {
                table {
                    thead { tr {
                        th scope="col" { (say!(lang, "explain-at")) }
                        th scope="col" { (say!(lang, "explain-warehouse")) }
                        th.n scope="col" { (say!(lang, "explain-old")) }
                        th.n scope="col" { (say!(lang, "explain-new")) }
                        th scope="col" { (say!(lang, "explain-how")) }
                    } }
                    tbody { @for change in &article.changes { (changed(teller, change)) } }
                }
            }
        }
    }
}

fn changed(teller: &Teller, change: &Change) -> Markup {
    html! { tr {
        td { (part::time(&teller.clock, change.at)) }
        td { (part::plain(&change.warehouse)) }
        td.n.old { (teller.value(change.old)) }
        td.n { (teller.value(change.new)) }
        td { (teller.by(change)) @if let Some(call) = change.call { ", " (part::call(call)) } }
    } }
}
