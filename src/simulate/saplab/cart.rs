//! The one cart of the client login: what is in it, and adding. The same goods added again are summed in one line.

use serde_json::{Value, json};

use super::Call;
use super::parts::{long_token, token};
use super::position::number;
use crate::simulate::answer::Answer;
use crate::simulate::exchange::Cx;
use crate::simulate::world::CartLine;

/// `GET /account/cart`.
pub(super) fn list(_: &Call, cx: &mut Cx<'_>) -> Answer {
    let contents: Vec<Value> = cx.world.saplab.cart.iter().map(show).collect();
    Answer::json(200, &json!({"contents": contents}))
}

fn show(line: &CartLine) -> Value {
    let part = &line.part;
    json!({
        "to_order": line.to_order,
        "article": part.article,
        "brand": part.brand,
        "name": part.name,
        "multiplicity": part.multiplicity,
        "quantity": line.quantity,
        "price": number(part.price),
        "total": number(part.price * rust_decimal::Decimal::from(line.quantity)),
        "warehouse": null,
        "comment": line.comment,
        "deliverytime": {"min": part.days, "max": part.days},
    })
}

/// `POST /account/cart/add`. Without `quantity`, as in the document's example, it adds the least one.
pub(super) fn add(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let wanted = call.form.text("product");
    let shop = &mut cx.world.saplab;
    let Some(part) = shop.parts.iter().find(|part| token(part) == wanted).cloned() else {
        return failure("Товар не найден.");
    };
    let quantity = match call.form.get("quantity") {
        None => Some(part.multiplicity),
        Some(text) => text.parse().ok().filter(|quantity: &u32| *quantity > 0),
    };
    let Some(quantity) = quantity.filter(|quantity| quantity.is_multiple_of(part.multiplicity.max(1))) else {
        return failure("Количество не кратно упаковке.");
    };
    let place = shop.cart.iter().position(|line| token(&line.part) == wanted);
    let present = place.map_or(0, |place| shop.cart[place].quantity);
    let sum = present.saturating_add(quantity);
    if part.stock >= 0 && i64::from(sum) > part.stock {
        return failure("Недостаточно товара на складе.");
    }
    let to_order = long_token(&wanted);
    let message = format!(
        "Товар {} {} {} добавлен в корзину.",
        part.brand, part.article, part.name
    );
    let key = format!("{}/{}", part.brand, part.article);
    match place {
        Some(place) => shop.cart[place].quantity = sum,
        None => {
            let comment = call.form.text("comment");
            shop.cart.push(CartLine {
                to_order: to_order.clone(),
                part,
                quantity,
                comment,
            });
        }
    }
    cx.effect("saplab.client.cart.add", key, quantity.into());
    Answer::json(200, &json!({"data": to_order, "status": "ok", "message": message}))
}

pub(super) fn failure(message: &str) -> Answer {
    Answer::json(200, &json!({"status": "error", "message": message}))
}
