//! `/goods`: one field for an article or an order's number, which leads to what is known of it.

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::door::Visitor;
use super::{PageError, Site, frame, look, part};
use crate::diff::article::{self, Nowhere};
use crate::diff::explain;
use crate::say;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    q: String,
}

pub(super) async fn page(
    State(site): State<Site>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    let q = asked.q.trim();
    if q.is_empty() {
        return Ok(answer(&visitor, q, &html! {}));
    }
    let (article, order) = look(async {
        let is_article = article::read(&site.pool, q).await?.is_some();
        Ok((is_article, !explain::orders(&site.pool, q).await?.is_empty()))
    })
    .await?;
    Ok(match (article, order) {
        (true, false) => Redirect::to(&part::article_path(q)).into_response(),
        (false, true) => Redirect::to(&part::order_path(q)).into_response(),
        (true, true) => answer(&visitor, q, &both(&visitor, q)),
        (false, false) => {
            let nowhere = look(article::nowhere(&site.pool, q)).await?;
            answer(&visitor, q, &unknown(&site, &visitor, &nowhere))
        }
    })
}

fn answer(visitor: &Visitor, q: &str, found: &Markup) -> Response {
    let content = html! { (form(visitor, q)) (found) };
    frame::page(visitor, &say!(visitor.lang, "nav-goods"), &content).into_response()
}

/// The field, on this page and above what it has found.
pub(super) fn form(visitor: &Visitor, q: &str) -> Markup {
    let lang = visitor.lang;
    html! {
        form.filter method="get" action="/goods" role="search" {
            label { (say!(lang, "goods-what")) input name="q" value=(q) type="search" required; }
            button type="submit" { (say!(lang, "goods-find")) }
        }
    }
}

fn both(visitor: &Visitor, q: &str) -> Markup {
    html! {
        ul {
            li { a href=(part::article_path(q)) { (say!(visitor.lang, "goods-article", article = q)) } }
            li { a href=(part::order_path(q)) { (say!(visitor.lang, "goods-order", number = q)) } }
        }
    }
}

/// Where it was looked for, and what is spelled almost so.
pub(super) fn unknown(site: &Site, visitor: &Visitor, nowhere: &Nowhere) -> Markup {
    let lang = visitor.lang;
    html! {
        p.notice.warn { (part::plain(&part::teller(site, visitor).nowhere(nowhere))) "." }
        @if nowhere.near.is_empty() { p { (say!(lang, "explain-nothing-near")) } }
        @else {
            p { (say!(lang, "explain-near")) }
            ul { @for near in &nowhere.near { li { (part::article(near)) } } }
        }
    }
}
