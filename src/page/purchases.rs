//! `/purchases`: what the ERP wants bought and what became of it, newest first.

use axum::Json;
use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;

use super::door::Visitor;
use super::{PageError, Site, frame, look, ours, part};
use crate::diff::purchases::{self, Page, Purchase};
use crate::say;
use crate::words::Lang;
use crate::words::clock::Clock;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    only: String,
    before: String,
}

impl Asked {
    fn in_trouble(&self) -> bool {
        self.only == "trouble"
    }
}

pub(super) async fn page(
    State(site): State<Site>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Markup, PageError> {
    let before = asked.before.parse().ok();
    let page = look(purchases::page(&site.pool, asked.in_trouble(), before)).await?;
    let clock = part::teller(&site, &visitor).clock;
    let lang = visitor.lang;
    let content = html! {
        ul.counts {
            li { a href="/purchases" aria-current=[(!asked.in_trouble()).then_some("true")] { (say!(lang, "purchases-all")) } }
            li { a href="/purchases?only=trouble" aria-current=[asked.in_trouble().then_some("true")] { (say!(lang, "purchases-trouble")) } }
        }
        section #purchases data-live {
            @if page.purchases.is_empty() { p { (say!(lang, "purchases-none")) } }
            @else { (table(lang, &clock, &page)) }
            @if let Some(older) = page.older {
                @let query = part::query(&[("only", &asked.only), ("before", &older.to_string())]);
                p { a href=(format!("/purchases{query}")) rel="next" { (say!(lang, "purchases-older")) } }
            }
            (part::zone(lang, &clock))
        }
    };
    Ok(frame::page(&visitor, &say!(lang, "nav-purchases"), &content))
}

/// `GET /api/v1/purchases`
pub(super) async fn api(State(site): State<Site>, Query(asked): Query<Asked>) -> Result<Json<Page>, PageError> {
    let before = asked.before.parse().ok();
    Ok(Json(
        look(purchases::page(&site.pool, asked.in_trouble(), before)).await?,
    ))
}

fn table(lang: Lang, clock: &Clock, page: &Page) -> Markup {
    html! {
        div.tablewrap tabindex="0" role="region" aria-label=(say!(lang, "nav-purchases")) {
            table {
                thead { tr {
                    th.n scope="col" { (say!(lang, "purchases-id")) }
                    th scope="col" { (say!(lang, "purchases-what")) }
                    th scope="col" { (say!(lang, "purchases-supplier")) }
                    th scope="col" { (say!(lang, "purchases-status")) }
                    th.n scope="col" { (say!(lang, "purchases-price")) }
                    th scope="col" { (say!(lang, "purchases-changed")) }
                    th scope="col" { (say!(lang, "purchases-error")) }
                } }
                tbody { @for purchase in &page.purchases { (row(lang, clock, purchase)) } }
            }
        }
    }
}

fn row(lang: Lang, clock: &Clock, one: &Purchase) -> Markup {
    let class = match one.status.as_deref() {
        Some("placed") => "state good",
        Some("failed") => "state bad",
        Some("unknown") => "state warn",
        _ => "state",
    };
    let status = one.status.as_deref().unwrap_or("wanted");
    let words = lang
        .known(&format!("purchase-{status}"))
        .unwrap_or_else(|| part::plain(status));
    let price = one.price.map(|price| price.to_string());
    html! { tr {
        td.n { a href=(part::order_path(&one.id.to_string())) { (one.id) } }
        td {
            (part::or_dash(one.quantity.as_deref())) " × " (part::or_dash(one.brand.as_deref())) " "
            @if let Some(article) = &one.article { (part::article(article)) }
        }
        td {
            (part::or_dash(one.supplier.as_deref()))
            @if let Some(number) = &one.supplier_number { " " (part::plain(number)) }
            @if let Some(status) = &one.supplier_status { ", " (part::plain(status)) }
        }
        td {
            span class=(class) { (words) }
            @if let Some(call) = one.call { " " (part::call(call)) " " (part::state(lang, one.call_state.as_deref().unwrap_or_default())) }
        }
        td.n { (part::or_dash(price.as_deref())) @if let Some(most) = one.max_price { " ≤ " (most) } }
        td { (part::time_or_dash(clock, one.updated_at)) }
        td.words { @if let Some(error) = &one.error { (ours::told(lang, error)) } }
    } }
}
