//! `POST /v1/order/`: places one order. 201 without a body, or 400.
//!
//! The signature must come from a search, the offer must still stand, the fields must be those of the search, and
//! the quantity must pass the document's checks.

use chrono::Utc;
use serde_json::{Value, json};

use super::error;
use super::search::money;
use crate::simulate::answer::Answer;
use crate::simulate::exchange::Cx;
use crate::simulate::request::Request;
use crate::simulate::world::{HistoryLine, Offer, Order};

/// The greatest quantity of an order, whatever is in stock.
const MOST: u32 = 10_000;
/// The greatest length of a comment, in characters.
const COMMENT: usize = 50;

pub(super) fn place(request: &Request, cx: &mut Cx<'_>) -> Answer {
    match read(request, cx) {
        Err(reason) => error(400, &reason),
        Ok(order) => {
            let value = json!({
                "id": order.id, "maker": order.maker, "code": order.code, "order_qty": order.order_qty,
                "price": money(order.price), "client_comment": order.client_comment, "test": order.test,
            });
            cx.effect("carreta.order.create", &order.client_comment, value);
            cx.world.carreta.orders.push(order);
            Answer::empty(201)
        }
    }
}

fn read(request: &Request, cx: &Cx<'_>) -> Result<Order, String> {
    if request.content_type() != "application/json" {
        return Err("JSON expected.".into());
    }
    let body: Value = serde_json::from_slice(&request.body).map_err(|_| "Invalid JSON.".to_owned())?;
    let test = match request.query_all("test").as_slice() {
        [] => false,
        [on] if on == "on" => true,
        _ => return Err("test: only `on` is allowed.".into()),
    };
    let offer = offer(&body, cx)?;
    let order_qty = body["order_qty"]
        .as_u64()
        .and_then(|quantity| u32::try_from(quantity).ok());
    let order_qty = order_qty.ok_or("order_qty: a whole number is required.")?;
    check_quantity(order_qty, &offer.qty, offer.min_qty)?;
    let client_comment = match &body["client_comment"] {
        Value::Null => String::new(),
        Value::String(text) if text.chars().count() <= COMMENT => text.clone(),
        _ => return Err("client_comment: up to 50 characters.".into()),
    };
    Ok(order(offer, order_qty, client_comment, test, cx))
}

/// The signed offer, if the fields are those of the search and the offer still stands.
fn offer<'a>(body: &Value, cx: &'a Cx<'_>) -> Result<&'a Offer, String> {
    let carreta = &cx.world.carreta;
    let signature = body["_"].as_str().ok_or("_: required.")?;
    let offer = carreta.signatures.get(signature).ok_or("_: invalid signature.")?;
    let signed = [
        ("code", json!(offer.code)),
        ("maker", json!(offer.maker)),
        ("name", json!(offer.name)),
        ("price", json!(money(offer.price))),
        ("period_min", json!(offer.period_min)),
        ("period_max", json!(offer.period_max)),
        ("min_qty", json!(offer.min_qty)),
        ("qty", json!(offer.qty)),
    ];
    if let Some((field, _)) = signed.iter().find(|(field, value)| body[*field] != *value) {
        return Err(format!("{field}: does not match the search."));
    }
    if !carreta.offers.contains(offer) {
        return Err("The offer is out of date.".into());
    }
    Ok(offer)
}

/// The checks of "Создание заказа": against `qty` (`500`, `<10`, `>50`, `Есть`) and against `min_qty`.
fn check_quantity(wanted: u32, qty: &str, step: u32) -> Result<(), String> {
    let number = |text: &str| text.trim().parse::<u32>().ok();
    let most = match (qty.strip_prefix('<'), qty.strip_prefix('>')) {
        (Some(bound), _) => number(bound).unwrap_or(1).saturating_sub(1),
        (_, Some(_)) => MOST,
        _ if qty.contains("Есть") => MOST,
        _ => number(qty).unwrap_or(0),
    };
    if !(1..=most.min(MOST)).contains(&wanted) {
        return Err(format!("order_qty: must be in [1..{most}]."));
    }
    if !wanted.is_multiple_of(step.max(1)) {
        return Err(format!("order_qty: must be a multiple of {step}."));
    }
    Ok(())
}

fn order(offer: &Offer, order_qty: u32, client_comment: String, test: bool, cx: &Cx<'_>) -> Order {
    let id = cx
        .world
        .carreta
        .orders
        .iter()
        .map(|order| order.id)
        .max()
        .unwrap_or(189_329)
        + 1;
    let created = Utc::now();
    let sum = money(offer.price * rust_decimal::Decimal::from(order_qty));
    let comment = format!("Создан со статусом \"Холд\" на сумму {sum} руб.");
    Order {
        id,
        number: format!("A{}-1", id.wrapping_sub(77_988)),
        status: 2,
        comment: String::new(),
        client_comment,
        created,
        code: offer.code.clone(),
        maker: offer.maker.clone(),
        name: offer.name.clone(),
        price: offer.price,
        period_min: offer.period_min,
        period_max: offer.period_max,
        order_qty,
        test,
        history: vec![HistoryLine { comment, created }],
    }
}

#[cfg(test)]
mod tests {
    use super::check_quantity;

    #[test]
    fn the_quantity_passes_the_documents_checks() {
        let table = [
            ("<10", 1, 9, true),
            ("<10", 1, 10, false),
            (">50", 1, 10_000, true),
            (">50", 1, 10_001, false),
            ("10", 1, 10, true),
            ("10", 1, 11, false),
            ("Есть", 1, 10_000, true),
            ("Есть", 1, 0, false),
            ("10", 2, 3, false),
            ("10", 2, 4, true),
            ("<2", 2, 1, false),
            ("<2", 2, 2, false),
            ("", 1, 1, false),
        ];
        for (qty, step, wanted, allowed) in table {
            assert_eq!(
                check_quantity(wanted, qty, step).is_ok(),
                allowed,
                "{qty} {step} {wanted}"
            );
        }
    }
}
