//! `/order/{number}`: all that is known of an order, by any of its numbers: what `sverka explain --order` tells.

use axum::Json;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::article::Asked;
use super::door::Visitor;
use super::{PageError, Site, frame, goods, look, part};
use crate::diff::article::told::Teller;
use crate::diff::explain::{self, Kind, Order};
use crate::queue::look::Sent;
use crate::say;
use crate::words::Lang;

pub(super) async fn page(
    site: State<Site>,
    visitor: Visitor,
    Path(number): Path<String>,
) -> Result<Response, PageError> {
    show(&site, &visitor, &number).await
}

pub(super) async fn by_query(
    site: State<Site>,
    visitor: Visitor,
    Query(asked): Query<Asked>,
) -> Result<Response, PageError> {
    show(&site, &visitor, &asked.is).await
}

/// `GET /api/v1/order/{number}`: what `sverka explain --order N --format json` prints.
pub(super) async fn api(State(site): State<Site>, Path(number): Path<String>) -> Result<Response, PageError> {
    let orders = look(explain::orders(&site.pool, number.trim())).await?;
    let status = if orders.is_empty() {
        StatusCode::NOT_FOUND
    } else {
        StatusCode::OK
    };
    Ok((status, Json(orders)).into_response())
}

async fn show(site: &Site, visitor: &Visitor, number: &str) -> Result<Response, PageError> {
    let number = number.trim();
    let lang = visitor.lang;
    let orders = look(explain::orders(&site.pool, number)).await?;
    let title = say!(lang, "order-title", number = part::plain(number));
    if orders.is_empty() {
        let content = html! { (goods::form(visitor, number)) p.notice.warn { (say!(lang, "order-unknown")) } };
        return Ok((StatusCode::NOT_FOUND, frame::page(visitor, &title, &content)).into_response());
    }
    let teller = part::teller(site, visitor);
    let content = html! {
        section #order data-live {
            @for order in &orders { (one(&teller, order)) }
            (part::zone(lang, &teller.clock))
        }
    };
    Ok(frame::page(visitor, &title, &content).into_response())
}

fn one(teller: &Teller, order: &Order) -> Markup {
    let lang = teller.lang;
    let kind = match order.kind {
        Kind::SaplabOrder => say!(lang, "order-of-saplab", id = order.id),
        Kind::CarretaOrder => say!(lang, "order-of-carreta", id = order.id),
        Kind::SaplabPurchase => say!(lang, "order-of-shop", id = order.id),
        Kind::Purchase => say!(lang, "order-of-erp", id = order.id),
    };
    html! {
        h2 { (kind) }
        @if let Some(next) = &order.next { p.notice { (part::plain(&explain::in_words(lang, next))) } }
        @if let Some(held) = &order.held { p.notice.warn { (say!(lang, "order-held")) " " (part::plain(&explain::in_words(lang, held))) } }
        @if let Some(error) = &order.error { p.notice.bad { (part::plain(error)) } }
        dl.facts {
            @for (label, value) in facts(lang, order) {
                @if let Some(value) = value.filter(|value| !value.is_empty()) { dt { (label) } dd { (part::plain(&value)) } }
            }
            @if let Some(article) = &order.article { dt { (say!(lang, "order-article")) } dd { @if let Some(brand) = &order.brand { (part::plain(brand)) " " } (part::article(article)) } }
            @if let Some(at) = order.ordered_at { dt { (say!(lang, "order-ordered")) } dd { (part::time(&teller.clock, at)) } }
            @if let Some(at) = order.changed_at { dt { (say!(lang, "order-changed")) } dd { (part::time(&teller.clock, at)) } }
            dt { (say!(lang, "order-seen")) }
            dd { @if let Some(at) = order.seen_at { (part::time(&teller.clock, at)) } @else { (say!(lang, "order-never-seen")) } }
        }
        (history(teller, order))
        (changes(teller, order))
        (sent(teller, order))
    }
}

/// What stands on one line each.
fn facts(lang: Lang, order: &Order) -> Vec<(String, Option<String>)> {
    let join = |parts: &[Option<String>], between: &str| -> Option<String> {
        let there: Vec<String> = parts.iter().flatten().cloned().collect();
        Some(there.join(between))
    };
    let id = order.status_id.map(|id| format!("({id})"));
    let status = join(&[order.status.clone(), id], " ").filter(|status| !status.is_empty());
    let paid = order.is_paid.map(|paid| {
        if paid {
            say!(lang, "order-paid")
        } else {
            say!(lang, "order-not-paid")
        }
    });
    let denied = order.is_denied.filter(|yes| *yes).map(|_| say!(lang, "order-denied"));
    let archived = order
        .is_archived
        .filter(|yes| *yes)
        .map(|_| say!(lang, "order-archived"));
    let total = order
        .total
        .map(|total| say!(lang, "order-total", total = total.to_string()));
    let most = order
        .max_price
        .map(|most| say!(lang, "order-most", price = most.to_string()));
    let days = match (order.days_min, order.days_max) {
        (Some(min), Some(max)) if min != max => Some(format!("{min}-{max}")),
        (min, max) => min.or(max).map(|days| days.to_string()),
    };
    let days = days.map(|days| say!(lang, "order-days", days = days));
    let erp = order.erp_status.as_ref().map(|status| match &order.erp_means {
        Some(means) => say!(lang, "order-erp-means", status = status.clone(), means = means.clone()),
        None => format!("«{status}»"),
    });
    vec![
        (say!(lang, "order-number"), order.number.clone()),
        (
            say!(lang, "order-status"),
            join(&[status, paid, denied, archived], ", "),
        ),
        (say!(lang, "order-erp"), erp),
        (say!(lang, "order-name"), order.name.clone()),
        (
            say!(lang, "order-quantity"),
            order.quantity.map(|units| units.to_string()),
        ),
        (
            say!(lang, "order-price"),
            join(&[order.price.map(|price| price.to_string()), total, most], ", "),
        ),
        (
            say!(lang, "order-supplier"),
            join(&[order.supplier.clone(), order.supplier_order_id.clone()], ", "),
        ),
        (say!(lang, "order-client"), order.client.clone()),
        (say!(lang, "order-comment"), order.comment.clone()),
        (
            say!(lang, "order-delivery"),
            join(&[order.shipping.clone(), order.address.clone(), days], ", "),
        ),
        (
            say!(lang, "order-purchase"),
            order
                .purchase
                .filter(|_| order.kind != Kind::Purchase)
                .map(|id| id.to_string()),
        ),
    ]
}

fn history(teller: &Teller, order: &Order) -> Markup {
    html! {
        @if !order.history.is_empty() {
            h3 { (say!(teller.lang, "order-history")) }
            ul { @for event in order.history.iter() { li {
                (part::time_or_dash(&teller.clock, event.at)) " " (part::or_dash(event.what.as_deref()))
                @if let Some(who) = &event.who { " (" (part::plain(who)) ")" }
            } } }
        }
    }
}

fn changes(teller: &Teller, order: &Order) -> Markup {
    let lang = teller.lang;
    html! {
        @if !order.changes.is_empty() {
            h3 { (say!(lang, "order-changes")) }
            ul { @for change in &order.changes { li {
                (part::time(&teller.clock, change.at)) " " (part::or_dash(change.old.as_deref())) " → " (part::or_dash(change.new.as_deref())) ", "
                @if change.by == "pushed" { (say!(lang, "order-by-pushed")) } @else { (say!(lang, "order-by-seen")) }
                @if let Some(call) = change.call { ", " (part::call(call)) }
            } } }
        }
    }
}

fn sent(teller: &Teller, order: &Order) -> Markup {
    let lang = teller.lang;
    html! {
        h3 { (say!(lang, "order-sent")) }
        @if order.sent.is_empty() { p { (say!(lang, "order-nothing-sent")) } }
        @else { ul { @for sent in &order.sent { li { (one_sent(teller, sent)) } } } }
    }
}

fn one_sent(teller: &Teller, sent: &Sent) -> Markup {
    let lang = teller.lang;
    html! {
        (part::time(&teller.clock, sent.ended_at.unwrap_or(sent.created_at))) " " (part::call(sent.call)) " " (sent.operation) " "
        (part::state(lang, &sent.state))
        @if let Some(due) = sent.due_at { ", " (say!(lang, "order-next-try")) " " (part::time(&teller.clock, due)) }
        @if sent.state == "done" && sent.http_status.is_none() { ", " (say!(lang, "order-unsent")) }
        @if let Some(status) = sent.http_status { ", HTTP " (status) }
        @if let Some(reason) = &sent.reason { ": " (part::plain(reason)) }
    }
}
