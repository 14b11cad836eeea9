//! The client API's orders: placing the chosen lines of the cart, and the list of the client's own positions.

use chrono::{TimeDelta, Utc};
use serde_json::{Value, json};

use super::cart::failure;
use super::filter::page;
use super::{Call, position};
use crate::simulate::answer::Answer;
use crate::simulate::exchange::Cx;
use crate::simulate::world::{CartLine, Position, PositionEvent, Saplab};

const FILTERS: [&str; 12] = [
    "order_ids",
    "invoice",
    "brand",
    "article",
    "shipping_id",
    "point_id",
    "order_status",
    "unignore_archived",
    "date_from",
    "date_to",
    "page",
    "per_page",
];

/// `POST /account/order/create` with `products[]`, as the document's example has it; the `product` of its table
/// orders nothing.
pub(super) fn create(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let chosen = call.form.list("products");
    let client_id = cx.options.client_id;
    let shop = &mut cx.world.saplab;
    if chosen.is_empty()
        || !chosen
            .iter()
            .all(|token| shop.cart.iter().any(|line| line.to_order == *token))
    {
        return failure("Не выбраны товары для заказа.");
    }
    let (lines, rest): (Vec<CartLine>, _) = std::mem::take(&mut shop.cart)
        .into_iter()
        .partition(|line| chosen.contains(&line.to_order.as_str()));
    shop.cart = rest;
    shop.last_invoice += 1;
    let invoice = format!("{:05}", shop.last_invoice);
    let ids: Vec<u64> = lines
        .into_iter()
        .map(|line| place(line, client_id, &invoice, shop))
        .collect();
    let mut data: Vec<Value> = ids
        .iter()
        .map(|id| position::client(&shop.positions[id], shop))
        .collect();
    for position in &mut data {
        // The document's own example of a fresh order: no name of the status, but a number.
        position["status_name"] = 0.into();
    }
    cx.effect("saplab.client.order.create", &invoice, json!(ids));
    Answer::json(200, &json!({"status": "ok", "message": invoice, "data": data}))
}

fn place(line: CartLine, client_id: u64, invoice: &str, shop: &mut Saplab) -> u64 {
    let now = Utc::now();
    let event = |status_id, at| {
        let (color, status) = shop
            .status(status_id)
            .map(|status| (status.color.clone(), status.name.clone()))
            .unwrap_or_default();
        PositionEvent {
            at,
            color,
            status,
            manager: "Автоматически".into(),
        }
    };
    let history = vec![event(1, now), event(6, now + TimeDelta::seconds(8))];
    let part = line.part;
    shop.add_position(Position {
        invoice: invoice.to_owned(),
        client_id,
        brand: part.brand,
        article: part.article,
        name: part.name,
        delivery_min: part.days,
        delivery_max: part.days,
        initial_price: part.price,
        price: part.price,
        quantity: line.quantity,
        status_id: 6,
        client_comment: line.comment,
        added: now,
        modified: now,
        history,
        ..Position::default()
    })
}

/// `GET /account/order`: newest first.
pub(super) fn list(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let filter = &call.filter;
    if filter.unknown(&FILTERS).is_some() {
        return Answer::page(400, "400 Bad Request");
    }
    let shop = &cx.world.saplab;
    let point = shop
        .clients
        .get(&cx.options.client_id)
        .map(|client| client.point_id)
        .unwrap_or_default();
    let passes = |one: &&Position| {
        one.client_id == cx.options.client_id
            && (!one.is_archived || filter.get("unignore_archived") == Some("1"))
            && filter.has("order_ids", one.id)
            && filter.is("invoice", &one.invoice)
            && filter.is("brand", &one.brand)
            && filter.is("article", &one.article)
            && filter.has("shipping_id", one.shipping_id)
            && filter.has("point_id", point)
            && filter.has("order_status", one.status_id)
            && filter.dates(one.added)
    };
    let passing = shop.positions.values().rev().filter(passes).collect();
    let (rows, pages) = page(passing, filter.page(), filter.per_page(), cx.options.saplab_paging);
    let orders: Vec<Value> = rows.into_iter().map(|one| position::client(one, shop)).collect();
    Answer::json(200, &json!({"orders": orders, "pages": pages}))
}
