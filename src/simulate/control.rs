//! `/_sim/...` on each of the three servers: what out-of-process tests may read and set, as JSON.
//!
//! Not subject to faults, and not recorded among the requests.

use std::sync::Arc;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::Answer;
use super::faults::Rule;
use super::request::Request;
use super::shared::{Shared, lock};
use super::world::{Client, Position, Warehouse};

/// Answers one request of a test.
pub(super) fn answer(shared: &Arc<Shared>, request: &Request) -> Answer {
    let path = request.path.trim_start_matches("/_sim/");
    match (request.method.as_str(), path) {
        ("GET", "ledger") => show(lock(&shared.ledger).effects()),
        ("GET", "requests") => show(&lock(&shared.traffic).last()),
        ("GET", "counts") => show(&lock(&shared.traffic).counts()),
        ("GET", "state") => Answer::json(200, &state(shared)),
        ("GET", "keaz/warehouses") => show(
            &lock(&shared.world)
                .keaz
                .warehouses
                .values()
                .collect::<Vec<&Warehouse>>(),
        ),
        ("GET", "keaz/remains") => Answer::json(200, &remains(shared)),
        ("GET", "saplab/positions") => Answer::json(200, &positions(shared)),
        ("POST", "saplab/positions") => add_position(shared, request),
        ("GET", "carreta/orders") => Answer::json(200, &carreta_orders(shared)),
        ("GET", "faults") => show(lock(&shared.faults).rules()),
        ("POST", "faults") => match serde_json::from_slice::<Rule>(&request.body) {
            Ok(rule) => {
                lock(&shared.faults).inject(rule);
                Answer::empty(204)
            }
            Err(error) => refused(&error),
        },
        ("DELETE", "faults") => {
            shared.clear_faults();
            Answer::empty(204)
        }
        ("POST", _) if path.starts_with("gates/") => {
            shared.open(path.trim_start_matches("gates/"));
            Answer::empty(204)
        }
        _ => Answer::json(404, &json!({"error": "not found"})),
    }
}

fn show<T: Serialize + ?Sized>(value: &T) -> Answer {
    match serde_json::to_value(value) {
        Ok(value) => Answer::json(200, &value),
        Err(error) => Answer::json(500, &json!({"error": error.to_string()})),
    }
}

fn refused(error: &serde_json::Error) -> Answer {
    Answer::json(400, &json!({"error": error.to_string()}))
}

/// How much there is of everything.
fn state(shared: &Shared) -> Value {
    let world = lock(&shared.world);
    let effects = lock(&shared.ledger).effects().len();
    json!({
        "keaz": {"warehouses": world.keaz.warehouses.len(), "remains": world.keaz.remains.len()},
        "saplab": {
            "positions": world.saplab.positions.len(),
            "clients": world.saplab.clients.len(),
            "statuses": world.saplab.statuses.len(),
            "cart": world.saplab.cart.len(),
        },
        "carreta": {
            "orders": world.carreta.orders.len(),
            "offers": world.carreta.offers.len(),
            "price_lists": world.carreta.price_lists.keys().collect::<Vec<_>>(),
        },
        "effects": effects,
    })
}

fn remains(shared: &Shared) -> Value {
    let world = lock(&shared.world);
    let show = |((warehouse, article), quantity): (&(String, String), &u64)| json!({"warehouse": warehouse, "article": article, "quantity": quantity});
    world.keaz.remains.iter().map(show).collect()
}

fn positions(shared: &Shared) -> Value {
    let world = lock(&shared.world);
    let show = |position: &Position| {
        json!({
            "id": position.id,
            "invoice": position.invoice,
            "status_id": position.status_id,
            "is_payed": position.is_payed,
            "is_denied": position.is_denied,
            "is_archived": position.is_archived,
        })
    };
    world.saplab.positions.values().map(show).collect()
}

fn carreta_orders(shared: &Shared) -> Value {
    let world = lock(&shared.world);
    let show = |order: &super::world::Order| {
        json!({
            "id": order.id, "maker": order.maker, "code": order.code, "order_qty": order.order_qty,
            "status": order.status, "client_comment": order.client_comment, "test": order.test,
        })
    };
    world.carreta.orders.iter().map(show).collect()
}

/// A position that a test adds; everything has a usual value.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewPosition {
    invoice: Option<String>,
    client_id: Option<u64>,
    brand: Option<String>,
    article: Option<String>,
    name: Option<String>,
    price: Option<Decimal>,
    quantity: Option<u32>,
    status_id: Option<u64>,
}

fn add_position(shared: &Shared, request: &Request) -> Answer {
    let new: NewPosition = match serde_json::from_slice(&request.body) {
        Ok(new) => new,
        Err(error) => return refused(&error),
    };
    let usual = Position::default();
    let mut world = lock(&shared.world);
    let first_client = world
        .saplab
        .clients
        .values()
        .next()
        .map_or(usual.client_id, |client: &Client| client.id);
    let id = world.saplab.add_position(Position {
        invoice: new.invoice.unwrap_or(usual.invoice),
        client_id: new.client_id.unwrap_or(first_client),
        brand: new.brand.unwrap_or(usual.brand),
        article: new.article.unwrap_or(usual.article),
        name: new.name.unwrap_or(usual.name),
        price: new.price.unwrap_or(usual.price),
        quantity: new.quantity.unwrap_or(usual.quantity),
        status_id: new.status_id.unwrap_or(usual.status_id),
        ..Position::default()
    });
    Answer::json(201, &json!({"id": id}))
}
