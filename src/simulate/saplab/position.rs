//! One position of an order as the panel shows it (every number a text) and as the client API does (numbers).

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::verdict::bit;
use crate::simulate::clock;
use crate::simulate::options::Options;
use crate::simulate::world::{Position, Saplab};

/// Price times quantity, without trailing zeros.
pub(super) fn total(position: &Position) -> Decimal {
    (position.price * Decimal::from(position.quantity)).normalize()
}

/// An amount as the panel writes it: `3959`, `3958.07`.
pub(super) fn amount(value: Decimal) -> String {
    value.normalize().to_string()
}

/// An amount as the client API writes it: a JSON number with the same digits.
pub(super) fn number(value: Decimal) -> Value {
    serde_json::from_str(&amount(value)).unwrap_or(Value::Null)
}

/// As in the panel document, "Получить список заказов". The table there says `delivarytime_*`; the example is right.
pub(super) fn panel(position: &Position, shop: &Saplab, options: &Options) -> Value {
    let client = shop.clients.get(&position.client_id);
    let status = shop.status(position.status_id);
    let shipping = shop.shipping_types.iter().find(|kind| kind.id == position.shipping_id);
    json!({
        "id": position.id.to_string(),
        "client_id": position.client_id.to_string(),
        "client_name": client.map(|client| client.name.as_str()),
        "wholesaler_info": client.map(|client| client.wholesaler_info()).unwrap_or_default(),
        "is_wholesaler": bit(client.is_some_and(|client| client.is_wholesaler)),
        "date_added": clock::panel(position.added),
        "date_modified": clock::panel(position.modified),
        "distributor_id": position.distributor_id.to_string(),
        "distributor_name": position.distributor_name,
        "invoice": position.invoice,
        "brand": position.brand,
        "article": position.article,
        "comment": comment(position, options.saplab_empty_comment_as_array),
        "name": position.name,
        "status_name": status.map(|status| status.name.as_str()),
        "deny_request": bit(position.deny_request),
        "status_color": status.map(|status| status.color.as_str()),
        "shipping_id": position.shipping_id.to_string(),
        "shipping_address": position.shipping_address,
        "shipping_name": shipping.map(|kind| kind.name.as_str()),
        "deliverytime_max": position.delivery_max.to_string(),
        "deliverytime_min": position.delivery_min.to_string(),
        "initial_price": amount(position.initial_price),
        "price": amount(position.price),
        "doc_id": position.doc_id.map(|id| id.to_string()),
        "total": amount(total(position)),
        "quantity": position.quantity.to_string(),
        "is_archived": bit(position.is_archived),
        "status_id": position.status_id.to_string(),
        "is_payed": bit(position.is_payed),
        "history": history(position),
        "is_denied": bit(position.is_denied),
    })
}

/// As in the client document, "Получить список заказов".
pub(super) fn client(position: &Position, shop: &Saplab) -> Value {
    let shipping = shop.shipping_types.iter().find(|kind| kind.id == position.shipping_id);
    json!({
        "id": position.id,
        "invoice": position.invoice,
        "article": position.article,
        "brand": position.brand,
        "name": position.name,
        "status_id": position.status_id,
        "status_name": shop.status(position.status_id).map(|status| status.name.as_str()),
        "shipping_id": position.shipping_id,
        "shipping_name": shipping.map_or("Самовывоз", |kind| kind.name.as_str()),
        "shipping_address": position.shipping_address,
        "deliverytime": {"min": position.delivery_min, "max": position.delivery_max},
        "price": number(position.price),
        "quantity": position.quantity,
        "total": number(total(position)),
        "document": position.doc_id.map(|id| format!("Документ {id}")),
        "is_payed": position.is_payed,
        "is_denied": position.is_denied,
        "is_archived": position.is_archived,
        "history": history(position),
        "comment": comment(position, false),
        "date_added": clock::client(position.added),
        "date_modified": clock::client(position.modified),
    })
}

fn comment(position: &Position, empty_as_array: bool) -> Value {
    match &position.manager_comment {
        Some(text) => json!({"client_comment": position.client_comment, "manager_comment": text}),
        None if empty_as_array && position.client_comment.is_empty() => json!([]),
        None => json!({"client_comment": position.client_comment}),
    }
}

fn history(position: &Position) -> Value {
    let line = |event: &crate::simulate::world::PositionEvent| {
        json!({
            "date": clock::history(event.at),
            "color": event.color,
            "status": event.status,
            "manager": event.manager,
        })
    };
    position.history.iter().map(line).collect()
}
