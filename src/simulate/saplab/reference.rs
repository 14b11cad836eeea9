//! Reference lists of the shop: employees, statuses and ways of delivery; the last two can be edited.

use serde_json::{Value, json};

use super::Call;
use super::verdict::{INCOMPLETE, bit, done, error, failed};
use crate::simulate::answer::Answer;
use crate::simulate::exchange::Cx;
use crate::simulate::world::{Manager, ShippingType, Status};

/// `GET /panel/manager`. The document has no example: numbers are texts as everywhere in the panel.
pub(super) fn managers(_: &Call, cx: &mut Cx<'_>) -> Answer {
    let shop = &cx.world.saplab;
    let show = |manager: &Manager| {
        let clients = shop
            .clients
            .values()
            .filter(|client| client.manager_id == manager.id)
            .count();
        json!({
            "id": manager.id.to_string(), "phone": manager.phone, "name": manager.name, "seat": "Менеджер",
            "email": "manager@example.com", "point_id": "1", "point_name": "Главный офис",
            "point_address": "ул. Примерная, 1", "manager_group_id": "1", "manager_group_name": "Менеджеры",
            "client_count": clients.to_string(), "status": "1", "client_use": "1", "contact_show": "0",
            "backup": "[]",
        })
    };
    let managers: Vec<Value> = shop.managers.iter().map(show).collect();
    Answer::json(200, &json!({"managers": managers}))
}

/// `GET /panel/order/status`.
pub(super) fn statuses(_: &Call, cx: &mut Cx<'_>) -> Answer {
    let show = |status: &Status| {
        json!({
            "id": status.id.to_string(),
            "name": status.name,
            "color": status.color,
            "sms": bit(status.sms),
            "email": bit(status.email),
        })
    };
    let statuses: Vec<Value> = cx.world.saplab.statuses.iter().map(show).collect();
    Answer::json(200, &json!({"statuses": statuses}))
}

/// `GET /misc/order_statuses` of the client API: a bare array, as far as its document tells.
pub(super) fn shop_statuses(_: &Call, cx: &mut Cx<'_>) -> Answer {
    let show = |status: &Status| json!({"id": status.id, "name": status.name, "color": status.color});
    Answer::json(200, &cx.world.saplab.statuses.iter().map(show).collect())
}

fn read_status(call: &Call, id: u64) -> Option<Status> {
    let (name, color) = (
        call.form.filled("name")?.to_owned(),
        call.form.filled("color")?.to_owned(),
    );
    Some(Status {
        id,
        name,
        color,
        sms: call.form.is_on("sms"),
        email: call.form.is_on("email"),
    })
}

fn status_value(status: &Status) -> Value {
    json!({"name": status.name, "color": status.color, "sms": status.sms, "email": status.email})
}

pub(super) fn add_status(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let id = cx
        .world
        .saplab
        .statuses
        .iter()
        .map(|status| status.id)
        .max()
        .unwrap_or_default()
        + 1;
    let Some(status) = read_status(call, id) else {
        return error(INCOMPLETE);
    };
    cx.effect("saplab.panel.status.add", id, status_value(&status));
    cx.world.saplab.statuses.push(status);
    done()
}

pub(super) fn edit_status(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let id = call.id().unwrap_or_default();
    let Some(place) = cx.world.saplab.statuses.iter().position(|status| status.id == id) else {
        return failed();
    };
    let Some(status) = read_status(call, id) else {
        return error(INCOMPLETE);
    };
    cx.effect("saplab.panel.status.edit", id, status_value(&status));
    cx.world.saplab.statuses[place] = status;
    done()
}

pub(super) fn remove_status(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let shop = &mut cx.world.saplab;
    let Some(id) = call.form.number::<u64>("id") else {
        return failed();
    };
    let Some(place) = shop.statuses.iter().position(|status| status.id == id) else {
        return failed();
    };
    if shop.protected_statuses.contains(&id) {
        return error("Статус используется в настройках магазина.");
    }
    shop.statuses.remove(place);
    cx.effect("saplab.panel.status.remove", id, Value::Null);
    done()
}

/// `GET /panel/order/shipping_type`.
pub(super) fn shipping_types(_: &Call, cx: &mut Cx<'_>) -> Answer {
    let show = |kind: &ShippingType| json!({"id": kind.id.to_string(), "name": kind.name, "min_price": kind.min_price.to_string()});
    let kinds: Vec<Value> = cx.world.saplab.shipping_types.iter().map(show).collect();
    Answer::json(200, &json!({"shipping_types": kinds}))
}

fn read_shipping_type(call: &Call, id: u64) -> Option<ShippingType> {
    Some(ShippingType {
        id,
        name: call.form.filled("name")?.to_owned(),
        min_price: call.form.number("min_price")?,
    })
}

pub(super) fn add_shipping_type(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let id = cx
        .world
        .saplab
        .shipping_types
        .iter()
        .map(|kind| kind.id)
        .max()
        .unwrap_or_default()
        + 1;
    let Some(kind) = read_shipping_type(call, id) else {
        return error(INCOMPLETE);
    };
    cx.effect(
        "saplab.panel.shipping_type.add",
        id,
        json!({"name": kind.name, "min_price": kind.min_price}),
    );
    cx.world.saplab.shipping_types.push(kind);
    done()
}

pub(super) fn edit_shipping_type(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let id = call.id().unwrap_or_default();
    let Some(place) = cx.world.saplab.shipping_types.iter().position(|kind| kind.id == id) else {
        return failed();
    };
    let Some(kind) = read_shipping_type(call, id) else {
        return error(INCOMPLETE);
    };
    cx.effect(
        "saplab.panel.shipping_type.edit",
        id,
        json!({"name": kind.name, "min_price": kind.min_price}),
    );
    cx.world.saplab.shipping_types[place] = kind;
    done()
}

pub(super) fn remove_shipping_type(call: &Call, cx: &mut Cx<'_>) -> Answer {
    let kinds = &mut cx.world.saplab.shipping_types;
    let id = call.form.number::<u64>("id");
    let Some(place) = kinds.iter().position(|kind| Some(kind.id) == id) else {
        return failed();
    };
    let kind = kinds.remove(place);
    cx.effect("saplab.panel.shipping_type.remove", kind.id, Value::Null);
    done()
}
