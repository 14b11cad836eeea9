//! `GET /v1/order/`, `/v1/order/<id>/`, `/v1/order/<id>/history/`: newest first, a hundred a page.

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::error;
use super::search::money;
use crate::simulate::answer::Answer;
use crate::simulate::clock;
use crate::simulate::exchange::Cx;
use crate::simulate::options::{CommentMatch, Options};
use crate::simulate::request::Request;
use crate::simulate::world::{CARRETA_STATUSES, Order};

const PER_PAGE: usize = 100;

/// Pages count from 1; past the last one the list is empty. Several `client_comment` mean any of them.
pub(super) fn list(request: &Request, cx: &Cx<'_>) -> Answer {
    let page = match request.query_first("page").map(|page| page.parse::<usize>()) {
        None => 1,
        Some(Ok(_)) if cx.options.carreta_knows_no_pages => 1,
        Some(Ok(page)) if page > 0 => page,
        Some(_) => return error(400, "page: a number from 1 is required."),
    };
    let comments = request.query_all("client_comment");
    let passing = cx
        .world
        .carreta
        .orders
        .iter()
        .rev()
        .filter(|order| passes(order, &comments, cx.options));
    let objects: Vec<Value> = passing
        .skip((page - 1).saturating_mul(PER_PAGE))
        .take(PER_PAGE)
        .map(show)
        .collect();
    Answer::json(200, &json!({"objects": objects}))
}

fn passes(order: &Order, comments: &[String], options: &Options) -> bool {
    let own = order.client_comment.as_str();
    let matches = |wanted: &String| match options.carreta_comment_match {
        CommentMatch::Exact => own == wanted,
        CommentMatch::Prefix => own.starts_with(wanted),
        CommentMatch::Substring => own.contains(wanted.as_str()),
    };
    (!order.test || options.carreta_lists_test_orders) && (comments.is_empty() || comments.iter().any(matches))
}

pub(super) fn read(id: &str, cx: &Cx<'_>) -> Answer {
    find(id, cx).map_or_else(|| error(404, "Not found."), |order| Answer::json(200, &show(order)))
}

pub(super) fn history(id: &str, cx: &Cx<'_>) -> Answer {
    let Some(order) = find(id, cx) else {
        return error(404, "Not found.");
    };
    let lines = order.history.iter();
    let objects: Vec<Value> = lines
        .map(|line| json!({"comment": line.comment, "created": clock::carreta(line.created)}))
        .collect();
    Answer::json(200, &json!({"objects": objects}))
}

fn find<'a>(id: &str, cx: &'a Cx<'_>) -> Option<&'a Order> {
    let id: u64 = id.parse().ok()?;
    cx.world.carreta.orders.iter().find(|order| order.id == id)
}

fn show(order: &Order) -> Value {
    // The table of the document says "Выдан (Отправлен)", its example "Выдан".
    let status = CARRETA_STATUSES
        .iter()
        .find(|(id, _)| *id == order.status)
        .map(|(_, name)| *name);
    let status = if order.status == 7 { Some("Выдан") } else { status };
    json!({
        "code": order.code,
        "comment": order.comment,
        "client_comment": order.client_comment,
        "created": clock::carreta(order.created),
        "id": order.id,
        "maker": order.maker,
        "name": order.name,
        "number": order.number,
        "order_qty": order.order_qty,
        "period_max": order.period_max,
        "period_min": order.period_min,
        "price": money(order.price),
        "status": order.status,
        "status_display": status.unwrap_or("Неизвестен"),
        "total": money(order.price * Decimal::from(order.order_qty)),
    })
}
