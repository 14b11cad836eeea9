//! Carreta: `/v1/...` with the key in the query, and its price lists, after the Carreta document.
//!
//! Every path of the API ends with a slash; without it the answer is a redirect, before anything else is looked at.

mod orders;
mod place;
mod search;

use axum::http::{Method, header};
use serde_json::json;

use super::answer::Answer;
use super::exchange::Cx;
use super::price_list;
use super::request::Request;

#[derive(Clone, Copy)]
enum Route<'a> {
    PriceList(&'a str),
    Profile,
    Search,
    Orders,
    Place,
    Order(&'a str),
    History(&'a str),
    NoSlash,
}

fn route(request: &Request) -> Option<Route<'_>> {
    let get = request.method == Method::GET;
    if let Some(name) = request
        .path
        .strip_prefix("/price/")
        .and_then(|file| file.strip_suffix(".csv"))
    {
        return get.then_some(Route::PriceList(name));
    }
    let path = request.path.strip_prefix("/v1/")?;
    let Some(path) = path.strip_suffix('/') else {
        return Some(Route::NoSlash);
    };
    let parts: Vec<&str> = path.split('/').collect();
    Some(match parts.as_slice() {
        ["profile"] if get => Route::Profile,
        ["search"] if get => Route::Search,
        ["order"] if get => Route::Orders,
        ["order"] if request.method == Method::POST => Route::Place,
        ["order", id] if get => Route::Order(id),
        ["order", id, "history"] if get => Route::History(id),
        _ => return None,
    })
}

/// The operation of a request, `carreta.unknown` when there is none on that path.
pub(super) fn operation(request: &Request) -> String {
    let name = match route(request) {
        Some(Route::PriceList(_)) => "price_list",
        Some(Route::Profile) => "profile",
        Some(Route::Search) => "search",
        Some(Route::Orders) => "order.list",
        Some(Route::Place) => "order.create",
        Some(Route::Order(_)) => "order.read",
        Some(Route::History(_)) => "order.history",
        Some(Route::NoSlash) => "redirect",
        None => "unknown",
    };
    format!("carreta.{name}")
}

/// Answers one request.
pub(super) fn answer(request: &Request, cx: &mut Cx<'_>) -> Answer {
    let Some(route) = route(request) else {
        return Answer::page(404, "404 Not Found");
    };
    match route {
        Route::PriceList(name) => match cx.world.carreta.price_lists.get(name) {
            Some(list) => return price_list::answer(list, request),
            None => return Answer::page(404, "404 Not Found"),
        },
        Route::NoSlash => return slashed(request),
        _ => {}
    }
    if request.query_all("api_key") != [cx.options.carreta_key.clone()] {
        return error(401, "Unauthorized.");
    }
    match route {
        Route::Profile => search::profile(request, cx),
        Route::Search => search::search(request, cx),
        Route::Orders => orders::list(request, cx),
        Route::Place => place::place(request, cx),
        Route::Order(id) => orders::read(id, cx),
        Route::History(id) => orders::history(id, cx),
        Route::PriceList(_) | Route::NoSlash => Answer::empty(500),
    }
}

/// The redirect to the same path with a slash, the query (and the key in it) carried along.
fn slashed(request: &Request) -> Answer {
    let query = if request.query.is_empty() {
        String::new()
    } else {
        format!("?{}", request.query)
    };
    Answer::page(301, "301 Moved Permanently").with(header::LOCATION, &format!("{}/{query}", request.path))
}

fn error(status: u16, text: &str) -> Answer {
    Answer::json(status, &json!({"error": text}))
}
